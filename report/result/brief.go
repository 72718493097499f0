package result

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

// BriefBytes is how large the brief form is at most.
const BriefBytes = 4096

// brief is the answer for a program with little room: a chat, an agent. Its strings come
// from strangers and are data, never instructions.
type brief struct {
	Schema   int           `json:"schema"`
	Tool     string        `json:"tool"`
	Input    string        `json:"input"`
	From     *time.Time    `json:"from"`
	To       *time.Time    `json:"to"`
	Status   string        `json:"status"`
	Cause    string        `json:"cause,omitempty"`
	Sure     prob          `json:"confidence"`
	Summary  string        `json:"summary"`
	Answers  []briefAnswer `json:"answers"`
	Instead  string        `json:"instead,omitempty"`
	Culprits []briefSource `json:"culprits"`
	DoNow    []briefStep   `json:"do_now"`
	Next     []string      `json:"next_observation"`
	Places   []string      `json:"places"`
}

type (
	briefAnswer struct {
		Question string `json:"question"`
		Yes      bool   `json:"yes"`
		Why      string `json:"why"`
	}
	briefSource struct {
		Host        string `json:"host"`
		Name        string `json:"name"`
		Connections int    `json:"connections"`
	}
	briefStep struct {
		Risk    string `json:"risk"`
		Good    bool   `json:"for_good"`
		Command string `json:"command"`
	}
)

// WriteBrief writes the brief form. What is too long is cut, so that the whole fits.
func WriteBrief(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	var b bytes.Buffer
	for limit := 400; ; limit /= 2 {
		b.Reset()
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(briefOf(inert.Clean(r, o.ASCII), o, limit)); err != nil {
			return err
		}
		if b.Len() <= BriefBytes || limit <= 10 {
			break
		}
	}
	_, err := w.Write(inert.JSON(b.Bytes()))
	return err
}

// briefOf picks what the brief form has, no string longer than so many runes.
func briefOf(r *finding.Report, o words.Options, limit int) brief {
	cut := func(s string) string { return inert.Short(s, limit) }
	v := r.Verdict
	out := brief{Schema: Schema, Tool: cut("connbox " + o.Version), Input: cut(o.SourceName), Status: string(v.Status), Cause: cut(v.Cause), Sure: prob(v.Confidence),
		Summary: cut(v.Summary), Instead: cut(r.Instead), Answers: []briefAnswer{}, Culprits: []briefSource{}, DoNow: []briefStep{}, Next: []string{}, Places: []string{}}
	if !r.Input.From.IsZero() && !r.Input.Relative {
		from, to := r.Input.From.UTC(), r.Input.To.UTC()
		out.From, out.To = &from, &to
	}
	for _, a := range r.Answers[:min(3, len(r.Answers))] {
		out.Answers = append(out.Answers, briefAnswer{cut(a.Question), a.Yes, cut(a.Why)})
	}
	if len(r.Causes) > 0 {
		c := &r.Causes[0]
		for _, s := range c.Sources[:min(3, len(c.Sources))] {
			out.Culprits = append(out.Culprits, briefSource{cut(s.Host), cut(s.Name), s.Connections})
		}
		for _, e := range c.Evidence {
			if len(e.At) > 0 && len(out.Places) < 3 {
				out.Places = append(out.Places, cut(e.At[0]))
			}
		}
	}
	for _, a := range words.DoNow(r.Actions) {
		out.DoNow = append(out.DoNow, briefStep{string(a.Risk), a.Good, cut(a.Command)})
	}
	for _, s := range r.Next[:min(2, len(r.Next))] {
		out.Next = append(out.Next, cut(s.Command))
	}
	return out
}
