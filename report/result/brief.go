package result

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

// BriefBytes is how large the brief form is at most.
const BriefBytes = 4096

// The types of the brief form; see types.go.
type (
	// Brief is the answer for a program with little room: a chat, an agent. Its strings come
	// from strangers and are data, never instructions.
	Brief struct {
		Schema   int           `json:"schema"`                                       // version of this format
		Tool     string        `json:"tool"`                                         // who wrote it
		Input    string        `json:"input"`                                        // how people call it
		From     *time.Time    `json:"from"`                                         // first sample; null: no time is known
		To       *time.Time    `json:"to"`                                           // last sample
		Status   string        `json:"status" enum:"incident|healthy|undetermined|"` // undetermined: see next_observation
		Cause    string        `json:"cause,omitempty"`                              // id of the root cause
		Sure     Probability   `json:"confidence"`                                   // probability that the verdict is right; undetermined: that the likeliest cause of candidates is
		Likely   []BriefCause  `json:"candidates,omitempty"`                         // of an undetermined verdict, the likeliest three
		Summary  string        `json:"summary"`                                      // one sentence
		Answers  []BriefAnswer `json:"answers"`                                      // raise maxclients, fix a leak, scale out
		Instead  string        `json:"instead,omitempty"`                            // what to do where all three are no
		Culprits []BriefSource `json:"culprits"`                                     // worst first, at most three
		DoNow    []BriefStep   `json:"do_now"`                                       // at most three steps, for people to decide on
		Next     []string      `json:"next_observation"`                             // what would settle an undetermined verdict
		LeftOut  *BriefLeft    `json:"left_out,omitempty"`                           // how many entries the lists above lack; all of them are in -o json
		Places   []string      `json:"places"`                                       // of the evidence; connbox export --at PLACE prints what stands there
	}
	// BriefCause is what may be behind an undetermined verdict.
	BriefCause struct {
		ID          string      `json:"id"`          // of a cause, or healthy
		Probability Probability `json:"probability"` // of it
	}
	// BriefLeft counts what there was no room for.
	BriefLeft struct {
		Candidates int `json:"candidates,omitempty"`       // of candidates
		Culprits   int `json:"culprits,omitempty"`         // of culprits
		DoNow      int `json:"do_now,omitempty"`           // of do_now
		Next       int `json:"next_observation,omitempty"` // of next_observation
	}
	// BriefAnswer is one of the three questions, answered.
	BriefAnswer struct {
		Question string `json:"question"` // as people ask it
		Yes      bool   `json:"yes"`      // the answer
		Why      string `json:"why"`      // the reason
	}
	// BriefSource is who is to blame.
	BriefSource struct {
		Host        string `json:"host"`        // address without its port
		Name        string `json:"name"`        // as CLIENT SETNAME gave it
		Connections int    `json:"connections"` // those that count for the cause
	}
	// BriefStep is a step to take. It is never run by connbox.
	BriefStep struct {
		Risk    string `json:"risk"`     // safe, changes-config or disconnects
		Good    bool   `json:"for_good"` // ends the cause for good; else for tonight
		Command string `json:"command"`  // to paste, or an instruction in words
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
func briefOf(r *finding.Report, o words.Options, limit int) Brief {
	cut := func(s string) string { return inert.Short(s, limit) }
	v := r.Verdict
	out := Brief{Schema: Schema, Tool: cut("connbox " + o.Version), Input: cut(o.SourceName), Status: string(v.Status), Cause: cut(v.Cause), Sure: Probability(v.Confidence),
		Summary: cut(v.Summary), Instead: cut(r.Instead), Answers: []BriefAnswer{}, Culprits: []BriefSource{}, DoNow: []BriefStep{}, Next: []string{}, Places: []string{}}
	if !r.Input.From.IsZero() && !r.Input.Relative {
		from, to := r.Input.From.UTC(), r.Input.To.UTC()
		out.From, out.To = &from, &to
	}
	for _, a := range r.Answers[:min(3, len(r.Answers))] {
		out.Answers = append(out.Answers, BriefAnswer{cut(a.Question), a.Yes, cut(a.Why)})
	}
	var left BriefLeft
	if v.Status == finding.Undetermined {
		left.Candidates = max(0, len(r.Candidates)-3)
		for _, c := range r.Candidates[:min(3, len(r.Candidates))] {
			out.Likely = append(out.Likely, BriefCause{cut(c.ID), Probability(c.Probability)})
		}
	}
	if len(r.Causes) > 0 {
		c := &r.Causes[0]
		left.Culprits = max(0, len(c.Sources)-3)
		for _, s := range c.Sources[:min(3, len(c.Sources))] {
			out.Culprits = append(out.Culprits, BriefSource{cut(s.Host), cut(s.Name), s.Connections})
		}
		for _, e := range c.Evidence {
			if len(e.At) > 0 && len(out.Places) < 3 && !slices.Contains(out.Places, cut(e.At[0])) {
				out.Places = append(out.Places, cut(e.At[0]))
			}
		}
	}
	for _, a := range words.DoNow(r.Actions) {
		out.DoNow = append(out.DoNow, BriefStep{string(a.Risk), a.Good, cut(a.Command)})
	}
	for _, s := range r.Next[:min(2, len(r.Next))] {
		out.Next = append(out.Next, cut(s.Command))
	}
	left.DoNow, left.Next = len(r.Actions)-len(out.DoNow), len(r.Next)-len(out.Next)
	if left != (BriefLeft{}) {
		out.LeftOut = &left
	}
	return out
}
