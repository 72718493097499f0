package analyze

import (
	"context"
	"errors"
	"fmt"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// ErrNothing is in the error of an input in which nothing is what a server says.
var ErrNothing = errors.New("nothing in it is what a server says: no INFO, CLIENT LIST, SLOWLOG, CONFIG GET or log")

// Recording reads a recording within the bounds of read and analyses it. Where it breaks off, is
// damaged, or reaches a limit after a good part, both come back: the report of what could be read,
// which says so in its DataQuality, and the error. Without a report the error says why. When ctx
// ends there is no report and the error is ctx's; the work between the last record and the report
// is not broken off, which takes some milliseconds, rarely a second.
//
// The report is the caller's. An Input is read twice where it is a short bundle; several may be
// analysed at once, each Input by one goroutine.
func Recording(ctx context.Context, in *parse.Input, read record.Options, o Options) (*finding.Report, error) {
	tl, err := Read(func() (record.Source, error) { return in.Open(ctx, read) })
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	switch {
	case err == nil && !Says(tl):
		return nil, fmt.Errorf("%s: %w", in.Name(), ErrNothing)
	case err != nil && (tl == nil || tl.Rounds == 0):
		return nil, err
	}
	return RunPart(tl, o, err), err
}

// Read reads a recording to its end. It opens it once or, where it is a short bundle, a second
// time. What could be read comes back together with the error; nil where it could not be opened.
func Read(open func() (record.Source, error)) (*timeline.Timeline, error) {
	tl, err := readOnce(open, true)
	if err == nil && tl.WantsRows() {
		return readOnce(open, false)
	}
	return tl, err
}

func readOnce(open func() (record.Source, error), changes bool) (*timeline.Timeline, error) {
	src, err := open()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if !changes {
		src = byRows{src}
	}
	return timeline.Collect(src)
}

// A byRows hides that a Source can tell lists by what changed.
type byRows struct{ record.Source }

// Says tells whether a Timeline has anything to judge by.
func Says(tl *timeline.Timeline) bool {
	return len(tl.Beside) > 0 || tl.Says() || len(tl.Config) > 0
}

// RunPart is Run of what could be read before the error, which the report then names; err may be
// nil.
func RunPart(tl *timeline.Timeline, o Options, err error) *finding.Report {
	r := Run(tl, o)
	if err != nil {
		r.DataQuality = append([]finding.Doubt{{What: fmt.Sprintf("not all of the input could be read: %v", err),
			Effect: "only what could be read is analysed"}}, r.DataQuality...)
	}
	return r
}
