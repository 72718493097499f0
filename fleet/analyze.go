package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// The words of Row.Reason.
const (
	ReasonUnreadable = "unreadable"   // damaged, encrypted, or of no format that is read
	ReasonNewer      = "newer-format" // written by a newer connbox
	ReasonNothing    = "no-recording" // nothing in it is what a server says
	ReasonFolder     = "folder"       // a folder without a recording
	ReasonNotFile    = "not-a-file"   // a pipe, a device, a socket
	ReasonMissing    = "missing"      // there is nothing at this path
	ReasonTooLarge   = "too-large"    // larger than allowed, packed or unpacked
	ReasonTime       = "time-limit"   // the analysis took longer than allowed
	ReasonInternal   = "internal"     // a defect of connbox
)

// Options bound the work on one input. The zero value bounds nothing but what it unpacks to.
type Options struct {
	Time     time.Duration // wall time
	Bytes    int64         // size as it lies there
	Unpacked int64         // size of text without its compression, and of replies
	// Report, if set, is given the report behind an input's rows. It is called by the goroutine that
	// analyses, for several inputs at once.
	Report func(input string, r *finding.Report) error
}

// grace is how long an analysis that does not look at its context may take on; what it holds
// until it ends by itself is then not waited for.
const grace = 2 * time.Second

// AnalyzeFile makes the rows of what lies at a path. Only regular files and folders that are
// recordings are opened: opening a pipe could wait for ever.
func AnalyzeFile(ctx context.Context, path string, o Options) []Row {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Failure(ReasonMissing, fmt.Errorf("%s: no such file", path))
	case err != nil:
		return Failure(ReasonUnreadable, err)
	case st.IsDir() && !IsRecording(path):
		if _, err := os.ReadDir(path); err != nil {
			return Failure(ReasonUnreadable, err)
		}
		return Failure(ReasonFolder, fmt.Errorf("%s: a folder without a recording", path))
	case !st.IsDir() && !st.Mode().IsRegular():
		return Failure(ReasonNotFile, fmt.Errorf("%s: %s, no regular file", path, kindOf(st.Mode())))
	case !st.IsDir() && o.Bytes > 0 && st.Size() > o.Bytes:
		return Failure(ReasonTooLarge, fmt.Errorf("%s: %d bytes, allowed are %d", path, st.Size(), o.Bytes))
	}
	in := parse.FromFile(path)
	defer in.Close()
	return Analyze(ctx, in, path, o)
}

// IsRecording tells whether a folder is a recording: one being made, or a ring.
func IsRecording(dir string) bool { return bundle.IsFolder(dir) || parse.IsRing(dir) }

func kindOf(m os.FileMode) string {
	switch {
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// Failure is the row of an input without a report.
func Failure(reason string, err error) []Row {
	return []Row{{Status: Failed, Reason: reason, Error: clean(err.Error()), Causes: []Cause{}, Pools: []Pool{}}}
}

// Analyze makes the rows of an input, which name says for Options.Report; at least one, whatever
// happens. It returns when ctx ends, the time is over, or the analysis is done.
func Analyze(ctx context.Context, in *parse.Input, name string, o Options) []Row {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan []Row, 1)
	go func() { done <- analyzed(ctx, in, name, o) }()
	var late <-chan time.Time
	if o.Time > 0 {
		t := time.NewTimer(o.Time + grace)
		defer t.Stop()
		late = t.C
	}
	select {
	case rows := <-done:
		return rows
	case <-late:
		return Failure(ReasonTime, fmt.Errorf("%s: not done within %v", name, o.Time))
	}
}

// analyzed is Analyze in the goroutine of its own.
func analyzed(ctx context.Context, in *parse.Input, name string, o Options) (rows []Row) {
	defer func() {
		if p := recover(); p != nil {
			rows = Failure(ReasonInternal, fmt.Errorf("%s: internal error: %v", name, p))
		}
	}()
	r, err := analyze.Recording(ctx, in, record.Options{MaxTime: o.Time, MaxUnpacked: o.Unpacked, MaxBytes: o.Unpacked}, analyze.Options{})
	reason := reasonOf(err)
	if r == nil || reason == ReasonTime { // what was read by then depends on the machine
		return Failure(reason, cmpErr(err, name))
	}
	if o.Report != nil {
		if err := o.Report(name, r); err != nil {
			return Failure(ReasonInternal, fmt.Errorf("%s: its report: %w", name, err))
		}
	}
	rows = rowsOf(r)
	for i := range rows {
		if err != nil {
			rows[i].Partial, rows[i].Reason, rows[i].Error = true, reason, clean(err.Error())
		}
	}
	return rows
}

func cmpErr(err error, name string) error {
	if err == nil {
		return fmt.Errorf("%s: no report", filepath.Base(name))
	}
	return err
}

// reasonOf finds the word for an error.
func reasonOf(err error) string {
	var limit *record.LimitError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &limit) && limit.What == record.LimitTime, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ReasonTime
	case errors.As(err, &limit):
		return ReasonTooLarge
	case errors.Is(err, record.ErrNewerFormat):
		return ReasonNewer
	case errors.Is(err, analyze.ErrNothing):
		return ReasonNothing
	}
	return ReasonUnreadable
}
