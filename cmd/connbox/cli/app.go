// Package cli holds what all commands share: exit statuses, inputs, outputs, ranges of time,
// and how they talk to people.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/parse"
)

// GlobalFlags are the flags of every command.
type GlobalFlags struct {
	Quiet, ASCII, Debug bool
	color, tz           string
}

// Add adds the flags to a command.
func (f *GlobalFlags) Add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.BoolVarP(&f.Quiet, "quiet", "q", false, "nothing on standard error but errors; results are printed all the same")
	flags.StringVar(&f.color, "color", "auto", "colors in text: `WHEN` is auto, always or never")
	flags.BoolVar(&f.ASCII, "ascii", false, "text without characters beyond ASCII")
	flags.StringVar(&f.tz, "tz", "UTC", "time `ZONE` of text: UTC, local, or a name as Europe/Berlin")
	flags.BoolVar(&f.Debug, "debug", false, "show where an internal error occurred")
}

// Check says what is wrong with the flags.
func (f *GlobalFlags) Check() error {
	switch f.color {
	case "auto", "always", "never":
	default:
		return Exitf(StatusUsage, "--color is auto, always or never, not %q", f.color)
	}
	_, err := f.Location()
	return err
}

// World is the world outside of a run.
type World struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) (string, bool)
	Kill     <-chan struct{} // closed when the user asks a second time to stop; may be nil
	// Hangup gives what a SIGHUP does from now on, instead of ending the run; may be nil.
	Hangup func(do func())
}

// An App is one run of the program: what all commands share. Its rules for talking to
// people:
//
//	Results go to standard output, all else to standard error with a "connbox: " prefix,
//	in lower case, without a period at the end.
//	What strangers wrote (names, addresses, files) is printed by way of safe.
//	An error is one line: what is wrong, where, and what to do about it if that is known.
type App struct {
	World
	Ctx    context.Context
	Flags  GlobalFlags
	Window timeRange
	Full   bool                    // --full
	Force  bool                    // --force, of commands that write reports
	Logger *slog.Logger            // takes what Say says, where a program reads it; nil = lines
	inputs map[string]*parse.Input // by path, once asked for
	hidden fs.FileMode             // permissions that no output has, as an input lacks them

	mu      sync.Mutex
	sealing bool                // the command ends in its own way when asked to stop
	undo    map[*OutFile]func() // removes files that are not whole yet
}

// NewApp begins a run. ctx ends when the user asks to stop.
func NewApp(ctx context.Context, world World) *App {
	return &App{World: world, Ctx: ctx, undo: map[*OutFile]func(){}}
}

// Say tells something on standard error.
func (a *App) Say(format string, args ...any) {
	text := Safe(fmt.Sprintf(format, args...))
	if a.Logger != nil {
		a.Logger.Info(text)
		return
	}
	fmt.Fprintf(a.Err, "connbox: %s\n", text)
}

// Note tells something that -q silences.
func (a *App) Note(format string, args ...any) {
	if !a.Flags.Quiet {
		a.Say(format, args...)
	}
}

// Seals tells whether the command ends in its own way when it is asked to stop.
func (a *App) Seals() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sealing
}

// Seal tells run that the command ends in its own way when it is asked to stop.
func (a *App) Seal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sealing = true
}

// UndoAll removes the files that a command which is given up on has not finished.
func (a *App) UndoAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fn := range a.undo {
		fn()
	}
	clear(a.undo)
}

// Unless gives s, but for no.
func Unless(no bool, s string) string {
	if no {
		return ""
	}
	return s
}
