package minimize

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/cmd/connbox/export"
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

// slack is by how much the confidence may fall: a recording on the edge of its verdict is no
// fixture.
const slack = 0.05

// A want is what the analysis says of the whole recording and must say of a part.
type want struct {
	app        *appmetrics.Metrics
	text       bool // it is to be written as text, and so it is read
	status     finding.Status
	causes     []string // ids with their roles, the root first
	likely     string   // of what is undetermined: the first candidate
	sources    []source // the first two of the root
	onset      time.Time
	lo, hi     time.Time // within which it must lie
	confidence float64
}

type source struct{ host, name string }

// report analyses a recording. A Source must not be changed by it.
func report(src record.Source, app *appmetrics.Metrics) (*finding.Report, error) {
	tl, err := timeline.Collect(src)
	if err != nil {
		return nil, err
	}
	return analyze.Run(tl, analyze.Options{App: app}), nil
}

// wanted reads off a report what is to be kept.
func wanted(r *finding.Report, app *appmetrics.Metrics) *want {
	w := &want{app: app, status: r.Verdict.Status, causes: causes(r), likely: likely(r), confidence: r.Verdict.Confidence - slack}
	if len(r.Causes) == 0 {
		return w
	}
	c := &r.Causes[0]
	w.sources = sources(c)
	if w.onset = c.Onset; !w.onset.IsZero() {
		by := 2 * max(r.Input.Interval, 0)
		w.lo, w.hi = w.onset.Add(-by), w.onset.Add(by)
		if !c.OnsetLo.IsZero() && c.OnsetLo.Before(w.lo) {
			w.lo = c.OnsetLo
		}
		if c.OnsetHi.After(w.hi) {
			w.hi = c.OnsetHi
		}
	}
	return w
}

func causes(r *finding.Report) (out []string) {
	for _, c := range r.Causes {
		out = append(out, fmt.Sprint(c.ID, " ", c.Role))
	}
	return out
}

func likely(r *finding.Report) string {
	if r.Verdict.Status != finding.Undetermined || len(r.Candidates) == 0 {
		return ""
	}
	return r.Candidates[0].ID
}

func sources(c *finding.Finding) (out []source) {
	for _, s := range c.Sources[:min(2, len(c.Sources))] {
		out = append(out, source{s.Host, s.Name})
	}
	slices.SortFunc(out, bySource)
	return out
}

func bySource(a, b source) int {
	return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.name, b.name))
}

// holds tells whether a report says what is wanted.
func (w *want) holds(r *finding.Report) bool {
	if r.Verdict.Status != w.status || r.Verdict.Confidence < w.confidence || likely(r) != w.likely || !slices.Equal(causes(r), w.causes) {
		return false
	}
	if len(r.Causes) == 0 {
		return true
	}
	c := &r.Causes[0]
	if !slices.Equal(sources(c), w.sources) || c.Onset.IsZero() != w.onset.IsZero() {
		return false
	}
	return w.onset.IsZero() || !c.Onset.Before(w.lo) && !c.Onset.After(w.hi)
}

// same tells whether the analysis says of a part what it says of the whole. A part on which it
// stumbles is none.
func (w *want) same(t *tape) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	var src record.Source = t.play()
	if w.text {
		var b bytes.Buffer
		if err := t.writeText(&b); err != nil {
			return false
		}
		src = dump.NewReader(&b, t.origin.Name)
	}
	r, err := report(src, w.app)
	return err == nil && w.holds(r)
}

// writeText writes a recording as redis-cli prints it.
func (t *tape) writeText(b *bytes.Buffer) error {
	for _, rec := range t.recs {
		if err := export.Text(b, rec); err != nil {
			return err
		}
	}
	return nil
}
