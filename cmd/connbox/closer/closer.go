// Package closer reads the part of a long recording that matters once more, for a page whose charts
// can be looked at closer: the analysis of the whole folds its samples together.
package closer

import (
	"context"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// samples is how many samples a closer look has: as many again as are seen of the whole would make
// a page too large to mail.
const samples = 900

// Add gives a report the series around the incident with all of their samples, where the recording
// is a bundle, which need not be read as a whole for that, and has more than its analysis kept. o
// has the bounds of the reading of the whole.
func Add(ctx context.Context, in *parse.Input, o record.Options, r *finding.Report) error {
	of := &r.Input
	if of.Kind != string(record.InputBundle) || of.Samples <= timeline.MaxSamples || of.Interval <= 0 || of.Relative {
		return nil
	}
	o.From, o.To = Around(r)
	o.Unhashed = true
	src, err := in.Open(ctx, o)
	if err != nil {
		return err
	}
	defer src.Close()
	tl, err := timeline.Collect(src)
	if err != nil {
		return err
	}
	r.Closer = analyze.Signals(tl)
	return nil
}

// Around gives the stretch of time that is looked at closer: around the moment at which the limit
// was reached, the cause began, or most connections were there.
func Around(r *finding.Report) (from, to time.Time) {
	at := r.Impact.LimitReached
	if at.IsZero() && len(r.Causes) > 0 {
		at = r.Causes[0].Onset
	}
	if at.IsZero() {
		at = r.Impact.FirstSignal
	}
	if at.IsZero() {
		at = busiest(r)
	}
	span := samples * r.Input.Interval
	from = at.Add(-span / 2)
	if last := r.Input.To.Add(-span); from.After(last) {
		from = last
	}
	if from.Before(r.Input.From) {
		from = r.Input.From
	}
	return from, from.Add(span)
}

// busiest is the time of the most connections; the beginning where it is not known.
func busiest(r *finding.Report) time.Time {
	at, most := r.Input.From, -1.0
	for _, s := range r.Signals {
		if s.ID != "connections" {
			continue
		}
		for i, v := range s.Value {
			if v > most {
				at, most = s.At[i], v
			}
		}
	}
	return at
}
