package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// Broken ends a command whose input broke off; another status, if any, counts as well.
func (a *App) Broken(err error, what string, other Status) error {
	if errors.Is(err, errInterrupted(a)) {
		return err
	}
	return Exitf(Worse(StatusInput, other), "%v; %s", err, what)
}

// errInterrupted is the error of reading that the user has stopped.
func errInterrupted(a *App) error { return a.Ctx.Err() }

// Open opens an input for reading by this run: reading ends when the user asks to stop, and
// a terminal shows how far it is.
func (a *App) Open(path string) (*Input, error) {
	zone, err := a.Flags.Location()
	if err != nil {
		return nil, err
	}
	if err := a.Window.resolve(path); err != nil {
		return nil, err
	}
	window, err := a.Window.options(zone)
	if err != nil {
		return nil, err
	}
	a.tellNextDay(window)
	src, err := a.Input(path).Open(a.Ctx, window)
	if err != nil {
		return nil, InputError(path, err)
	}
	a.keepPrivate(path)
	_, tty := Terminal(a.Err)
	in := &Input{Source: src, a: a, show: tty && !a.Flags.Quiet, began: time.Now()}
	if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
		in.bytes = st.Size()
	}
	return in, nil
}

// Range gives the bounds within which this run reads its input.
func (a *App) Range() (record.Options, error) {
	zone, err := a.Flags.Location()
	if err != nil {
		return record.Options{}, err
	}
	return a.Window.options(zone)
}

// Input gives what lies at a path, the same each time: of a stream, standard input or a pipe with a
// name, a bundle can be read twice, and text that is kept.
func (a *App) Input(path string) *parse.Input {
	in := a.inputs[path]
	if in != nil {
		return in
	}
	if in = parse.FromFile(path); path == "-" {
		in = parse.FromReader(a.In, path)
	}
	if a.inputs == nil {
		a.inputs = map[string]*parse.Input{}
	}
	a.inputs[path] = in
	return in
}

// Close ends what commands have opened for the whole run.
func (a *App) Close() (err error) {
	for _, in := range a.inputs {
		err = errors.Join(err, in.Close())
	}
	return err
}

// InputError words an error of an input that could not be opened or read.
func InputError(path string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var in *record.InputError
	if errors.As(err, &in) && in.Pos.File == "" {
		return Exitf(StatusInput, "%s: %w", path, err)
	}
	return Exitf(StatusInput, "%w", err)
}

// An Input is a Source that stops when the run does.
type Input struct {
	record.Source
	a     *App
	n     int64 // records
	text  int64 // bytes of theirs
	bytes int64 // of the file; 0: not known
	show  bool
	shown bool
	began time.Time
	last  time.Time
}

// Scan implements record.Source.
func (in *Input) Scan() bool {
	ok := in.Source.Scan()
	if !in.show {
		return ok
	}
	if now := time.Now(); ok {
		in.n++
		in.text += int64(in.Record().Base().Size)
		if now.Sub(in.began) > time.Second && now.Sub(in.last) > 200*time.Millisecond {
			in.last, in.shown = now, true
			at := in.Record().Base().At
			fmt.Fprintf(in.a.Err, "\r%s\x1b[K", progress(in.done(at), in.n, now.Sub(in.began), in.a.Clock(at)))
		}
	}
	if !ok && in.shown {
		in.shown = false
		fmt.Fprint(in.a.Err, "\r\x1b[K")
	}
	return ok
}

// done is the share of the input that is read: of a bundle by time, of plain text by its bytes; NaN
// where nothing tells.
func (in *Input) done(at time.Time) float64 {
	o := in.Origin()
	switch from, to := o.Meta.From, o.Meta.To; {
	case o.Kind == record.InputBundle && to.After(from) && !at.IsZero():
		return at.Sub(from).Seconds() / to.Sub(from).Seconds()
	case o.Kind == record.InputDump && in.bytes > 0 && in.text <= in.bytes:
		return float64(in.text) / float64(in.bytes)
	}
	return math.NaN() // compressed, a pipe, a folder
}

// progress is a line on how far reading is: "reading: 42 %, 12345 records, 5100 a second, at TIME".
func progress(done float64, n int64, took time.Duration, at string) string {
	share := ""
	if !math.IsNaN(done) {
		share = fmt.Sprintf("%.0f %%, ", 100*min(max(done, 0), 1))
	}
	rate := ""
	if s := took.Seconds(); s > 0 {
		rate = fmt.Sprintf(", %.0f a second", float64(n)/s)
	}
	return "reading: " + share + Plural(n, "record") + rate + ", at " + at
}

// fastest gives the input as a source of changes where it is one: a bundle replays several
// times faster so.
func (in *Input) fastest() record.Source {
	if c, ok := in.Source.(record.ChangeSource); ok {
		return changing{in, c}
	}
	return in
}

// A changing is an input that can tell lists by what changed.
type changing struct {
	*Input
	from record.ChangeSource
}

// Changes implements record.ChangeSource.
func (c changing) Changes() { c.from.Changes() }

// Analysis reads an input and analyses it. Where the input breaks off after a good part,
// the report of that part comes back together with the error.
func (a *App) Analysis(path string, app AppFlags) (*finding.Report, error) {
	r, _, err := a.AnalysisOf(path, app)
	return r, err
}

// AnalysisOf is Analysis with the timeline that the report is of.
func (a *App) AnalysisOf(path string, app AppFlags) (*finding.Report, *timeline.Timeline, error) {
	var opts analyze.Options
	var err error
	if opts.App, err = app.Read(); err != nil {
		return nil, nil, err
	}
	tl, err := a.Timeline(path)
	if tl == nil {
		return nil, nil, err
	}
	return analyze.RunPart(tl, opts, err), tl, err
}

// Timeline reads an input. Where the input breaks off after a good part, the timeline of that
// part comes back together with the error.
func (a *App) Timeline(path string) (*timeline.Timeline, error) {
	tl, err := analyze.Read(func() (record.Source, error) {
		in, err := a.Open(path)
		if err != nil {
			return nil, err
		}
		return in.fastest(), nil
	})
	if err != nil {
		if tl == nil {
			return nil, err
		}
		err = InputError(path, err)
		if tl.Rounds == 0 || errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	if err == nil && tl.Rounds == 0 && a.Window.Bounded() {
		return nil, cmp.Or(a.Outside(path), Exitf(StatusUsage, "--from and --to leave nothing of %s that says anything", path))
	}
	if err == nil && !analyze.Says(tl) && !a.Window.Bounded() {
		return nil, Exitf(StatusInput, "%s: %w", path, analyze.ErrNothing)
	}
	return tl, err
}

// Outside gives the error of a range that has nothing of the recording, and says what the recording
// has: a time of another zone is the usual reason. It is nil where the two meet, or no range is given.
func (a *App) Outside(path string) error {
	const hint = "--from and --to leave nothing of %s"
	o, err := a.Range()
	switch {
	case err != nil || !a.Window.Bounded():
		return err
	}
	if stream, once := readOnce(path); once {
		return Exitf(StatusUsage, hint, stream)
	}
	first, last, err := a.Window.ends(path)
	if err != nil {
		return Exitf(StatusUsage, hint+": it has no times", path)
	}
	w := record.NewWindow(o)
	if w.Begin(first); !w.Misses(first, last) {
		return nil
	}
	return Exitf(StatusUsage, hint+", which is from %s to %s", path, a.Clock(first), a.Clock(last))
}
