package expect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// A Difference is a part of an expectation that a report does not meet.
type Difference struct {
	Field     string // as verdict, budgets.refused
	Got, Want string
	Unknown   bool // the recording does not say: not met, and not broken either
	Evidence  []Evidence
	Place     // of the field in the expectation; zero where there is none
}

// An Evidence is what a difference rests on, and where it stands in the recording.
type Evidence struct {
	Claim string
	At    []string
}

// maxEvidence is how many pieces of evidence a difference carries.
const maxEvidence = 3

// String gives the difference in one line.
func (d *Difference) String() string {
	name := strings.TrimPrefix(strings.TrimPrefix(d.Field, "counts."), "budgets.")
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] + ":"
	}
	return fmt.Sprintf("%s %s, want %s", name, d.Got, d.Want)
}

// Judge lists the parts of the expectation that are not met, in the order of its fields.
func (e *Expectation) Judge(m *Measured) []Difference {
	j := &judge{e: e, m: m, r: m.Report}
	j.verdict()
	j.confidence()
	j.absent()
	j.sources()
	j.onset()
	j.limit()
	for i := range e.checked {
		j.quantity(&e.checked[i])
	}
	for i := range j.out {
		d := &j.out[i]
		d.Place = e.at[d.Field]
		if len(d.Evidence) > maxEvidence {
			d.Evidence = d.Evidence[:maxEvidence]
		}
	}
	return j.out
}

type judge struct {
	e   *Expectation
	m   *Measured
	r   *finding.Report
	out []Difference
}

func (j *judge) add(d Difference) { j.out = append(j.out, d) }

// claims gives the evidence for a cause that took part.
func claims(f *finding.Finding) (out []Evidence) {
	for _, e := range f.Evidence {
		if e.For && e.Claim != "" {
			out = append(out, Evidence{e.Claim, e.At})
		}
	}
	return out
}

// why says why a cause is not the answer.
func (j *judge) why(id string) (out []Evidence) {
	for _, list := range [...]struct {
		of   []finding.RuledOut
		said string
	}{{j.r.RuledOut, "not "}, {j.r.NotAssessed, "not assessed: "}} {
		for _, x := range list.of {
			if x.ID == id {
				out = append(out, Evidence{Claim: list.said + id + ": " + x.Why})
			}
		}
	}
	return out
}

func (j *judge) verdict() {
	e, got := j.e, VerdictOf(j.r)
	if e.Verdict == "" || got == e.Verdict || slices.Contains(e.Accept, got) {
		return
	}
	d := Difference{Field: "verdict", Got: got, Want: strings.Join(append([]string{e.Verdict}, e.Accept...), " or "),
		Unknown: j.r.Verdict.Status == finding.Undetermined, Evidence: j.why(e.Verdict)}
	if len(j.r.Causes) > 0 {
		d.Evidence = append(d.Evidence, claims(&j.r.Causes[0])...)
	}
	if len(d.Evidence) == 0 {
		d.Evidence = []Evidence{{Claim: j.r.Verdict.Summary}}
	}
	j.add(d)
}

func (j *judge) confidence() {
	c, e := Confidence(j.r.Verdict.Confidence), j.e
	undetermined := j.r.Verdict.Status == finding.Undetermined
	var parts []Evidence
	for _, p := range j.r.Verdict.Parts {
		if p.Value < 0 {
			parts = append(parts, Evidence{Claim: fmt.Sprintf("%s: %+.2f", p.What, p.Value)})
		}
	}
	switch {
	case e.MinConf != nil && c < *e.MinConf:
		j.add(Difference{Field: "min_confidence", Got: fmt.Sprintf("%.2f", c), Want: fmt.Sprintf("at least %.2f", *e.MinConf),
			Unknown: undetermined, Evidence: parts})
	case e.MaxConf != nil && c > *e.MaxConf:
		j.add(Difference{Field: "max_confidence", Got: fmt.Sprintf("%.2f", c), Want: fmt.Sprintf("at most %.2f", *e.MaxConf)})
	}
}

func (j *judge) absent() {
	for i := range j.r.Causes {
		c := &j.r.Causes[i]
		if k := slices.Index(j.e.Not, c.ID); k >= 0 {
			j.add(Difference{Field: fmt.Sprintf("not[%d]", k), Got: c.ID + " took part as " + string(c.Role), Want: "none of it", Evidence: claims(c)})
		}
	}
}

// isSource tells whether a source is one that an expectation names.
func isSource(s finding.Source, want string) bool {
	return strings.HasSuffix(want, ".") && strings.HasPrefix(s.Host, want) || s.Host == want || s.Name == want
}

func sourceName(s finding.Source) string {
	return strings.TrimSpace(s.Host + " " + s.Name)
}

func (j *judge) sources() {
	var all []finding.Source
	var because []Evidence
	if len(j.r.Causes) > 0 {
		all, because = j.r.Causes[0].Sources, claims(&j.r.Causes[0])
	}
	names := func(of []finding.Source) string {
		var out []string
		for _, s := range of {
			out = append(out, sourceName(s))
		}
		if out == nil {
			return "none"
		}
		return strings.Join(out, ", ")
	}
	has := func(of []finding.Source, want string) bool {
		return slices.ContainsFunc(of, func(s finding.Source) bool { return isSource(s, want) })
	}
	nobody := j.r.Verdict.Status == finding.Undetermined
	if want := j.e.Source; want != "" {
		if two := all[:min(2, len(all))]; !has(two, want) {
			j.add(Difference{Field: "source", Got: names(two), Want: want + " among the first two", Unknown: nobody, Evidence: because})
		}
	}
	for i, want := range j.e.Sources {
		if !has(all, want) {
			j.add(Difference{Field: fmt.Sprintf("sources[%d]", i), Got: names(all[:min(5, len(all))]), Want: want + " among them", Unknown: nobody, Evidence: because})
		}
	}
	for i, no := range j.e.NotSources {
		if has(all, no) {
			j.add(Difference{Field: fmt.Sprintf("not_sources[%d]", i), Got: names(all[:min(5, len(all))]), Want: no + " not among them", Evidence: because})
		}
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (j *judge) onset() {
	e := j.e
	if e.onset.IsZero() {
		return
	}
	d := Difference{Field: "onset", Got: "none", Want: e.Onset + " give or take " + e.OnsetWithin, Unknown: j.r.Verdict.Status == finding.Undetermined}
	if len(j.r.Causes) > 0 {
		c := &j.r.Causes[0]
		if !c.Onset.IsZero() && c.Onset.Sub(e.onset).Abs() <= e.within {
			return
		}
		if d.Evidence = claims(c); !c.Onset.IsZero() {
			d.Got = stamp(c.Onset)
			d.Evidence = append([]Evidence{{Claim: fmt.Sprintf("it began between %s and %s", stamp(c.OnsetLo), stamp(c.OnsetHi))}}, d.Evidence...)
		} else if !c.OnsetHi.IsZero() {
			d.Got = "before the recording"
		}
	}
	j.add(d)
}

func (j *judge) limit() {
	e, at := j.e, j.r.Impact.LimitReached
	switch {
	case e.limitUnwanted && !at.IsZero():
		j.add(Difference{Field: "limit", Got: "reached at " + stamp(at), Want: "never", Evidence: []Evidence{{Claim: "the limit was reached", At: timeAtLimit(j.m).At}}})
	case e.limit.IsZero() || !at.IsZero() && at.Sub(e.limit).Abs() <= e.limitWithin:
	case at.IsZero():
		used := limitUsed(j.m)
		j.add(Difference{Field: "limit", Got: "never reached", Want: e.Limit + " give or take " + e.LimitWithin, Unknown: math.IsNaN(used.Value),
			Evidence: []Evidence{{Claim: "most of the limit in use: " + QuantityByID("limit_used").Text(used.Value), At: used.At}}})
	default:
		j.add(Difference{Field: "limit", Got: "reached at " + stamp(at), Want: e.Limit + " give or take " + e.LimitWithin,
			Evidence: []Evidence{{Claim: "the limit was reached", At: timeAtLimit(j.m).At}}})
	}
}

// quantity holds a reading against its bound. An estimate breaks a bound if its whole interval is
// beyond; where only the estimate itself is, the recording does not say.
func (j *judge) quantity(b *bounded) {
	r := b.q.Read(j.m)
	d := Difference{Field: b.field + "." + b.q.ID, Got: b.q.String(r), Want: b.Text, Evidence: []Evidence{{Claim: b.q.ID + ": " + b.q.Doc, At: r.At}}}
	if math.IsNaN(r.Value) {
		d.Unknown = true
		j.add(d)
		return
	}
	side := b.side(r.Value)
	if side == 0 {
		return
	}
	far := r.Lo
	if side < 0 {
		far = r.Hi
	}
	d.Unknown = b.side(far) != side && !(r.Sure && side > 0)
	j.add(d)
}
