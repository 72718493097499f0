package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	if _, set := os.LookupEnv("GOGC"); !set {
		// Four times as often as by default: most of what a recording takes is used again, so
		// that it costs little, and the peak is a third less and hardly depends on luck.
		debug.SetGCPercent(25)
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks to go on without a terminal
		ends = append(ends, syscall.SIGHUP)
	}
	first, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	second, kill := context.WithCancel(context.Background())
	context.AfterFunc(first, func() {
		again := make(chan os.Signal, 1)
		signal.Notify(again, ends...)
		<-again
		kill()
	})
	os.Exit(run(first, os.Args[1:], stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv, Kill: second.Done()}))
}

// stdio is the world outside of a run.
type stdio struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) (string, bool)
	Kill     <-chan struct{} // closed when the user asks a second time to stop; may be nil
}

// An app is one run of the program: what all commands share. Its rules for talking to
// people:
//
//	Results go to standard output, all else to standard error with a "connbox: " prefix,
//	in lower case, without a period at the end.
//	What strangers wrote (names, addresses, files) is printed by way of safe.
//	An error is one line: what is wrong, where, and what to do about it if that is known.
type app struct {
	stdio
	ctx    context.Context
	flags  globalFlags
	window timeRange
	full   bool        // --full
	hidden fs.FileMode // permissions that no output has, as an input lacks them

	mu      sync.Mutex
	sealing bool                // the command ends in its own way when asked to stop
	undo    map[*outFile]func() // removes files that are not whole yet
}

// grace is how long a command that was asked to stop may take to clean up after itself.
const grace = time.Second

// run runs the program with the arguments and gives its exit status. ctx ends when the user
// asks to stop.
func run(ctx context.Context, args []string, world stdio) int {
	a := &app{stdio: world, ctx: ctx, undo: map[*outFile]func(){}}
	done := make(chan status, 1)
	go func() { done <- a.execute(args) }()
	select {
	case code := <-done:
		return int(code)
	case <-ctx.Done():
	}
	var late <-chan time.Time
	if !a.seals() {
		late = time.After(grace)
	}
	select {
	case code := <-done:
		return int(code)
	case <-late:
	case <-a.Kill:
	}
	a.undoAll()
	a.say("interrupted")
	return int(statusInterrupted)
}

// execute runs the command and tells its error.
func (a *app) execute(args []string) (code status) {
	defer func() {
		if p := recover(); p != nil {
			a.undoAll()
			a.say("internal error: %v; please report it with the command line and the output of connbox version%s", p,
				unless(a.flags.debug, " (--debug shows where)"))
			if a.flags.debug {
				a.Err.Write(debug.Stack())
			}
			code = statusInternal
		}
	}()
	root := newRoot(a)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && find(root, args[0]) == nil && !strings.HasPrefix(args[0], "__") {
		a.say("%v", unknownCommand(root, args[0]))
		return statusUsage
	}
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(a.ctx)
	if err == nil {
		return statusDone
	}
	if errors.Is(err, context.Canceled) {
		a.say("interrupted")
		return statusInterrupted
	}
	if msg := err.Error(); msg != "" {
		a.say("%s", msg)
	}
	return statusOf(err)
}

// say tells something on standard error.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.Err, "connbox: %s\n", safe(fmt.Sprintf(format, args...)))
}

// note tells something that -q silences.
func (a *app) note(format string, args ...any) {
	if !a.flags.quiet {
		a.say(format, args...)
	}
}

func (a *app) seals() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sealing
}

// seal tells run that the command ends in its own way when it is asked to stop.
func (a *app) seal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sealing = true
}

// undoAll removes the files that a command which is given up on has not finished.
func (a *app) undoAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fn := range a.undo {
		fn()
	}
	clear(a.undo)
}

func unless(no bool, s string) string {
	if no {
		return ""
	}
	return s
}

func find(root *cobra.Command, name string) *cobra.Command {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}
