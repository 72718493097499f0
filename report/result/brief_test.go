package result

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/words"
)

// TestBriefFits: whatever strangers called themselves, the whole is at most 4 kB of JSON, and a
// command in it is one of the report's as it is, never a sentence or a part of one.
func TestBriefFits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "\u202e", "<", "\x00", "\"", "\U0001f600", "\x1b[31m", "\xff", "\n", " ", "é", "\u2028", "\U000e0041"}
	text := func() string {
		return strings.Repeat(pieces[rnd.IntN(len(pieces))], rnd.IntN(3)*rnd.IntN(3000)) + pieces[rnd.IntN(len(pieces))]
	}
	shells := 0
	for range 300 {
		r := &finding.Report{Verdict: finding.Verdict{Status: finding.Undetermined, Cause: text(), Summary: text()}, Instead: text()}
		r.Input.Name = text()
		r.Causes = []finding.Finding{{ID: text()}}
		given := map[string]bool{}
		for range 4 {
			r.Answers = append(r.Answers, finding.Answer{Question: text(), Why: text()})
			r.Candidates = append(r.Candidates, finding.Candidate{ID: text()})
			r.Causes[0].Sources = append(r.Causes[0].Sources, finding.Source{Host: text(), Name: text()})
			r.Causes[0].Evidence = append(r.Causes[0].Evidence, finding.Evidence{At: []string{text()}})
			r.Next = append(r.Next, finding.Step{Command: text()})
			command := [...]string{"stop " + text(), "redis-cli CLIENT LIST", "redis-cli CONFIG SET maxclients " + strings.Repeat("9", rnd.IntN(2000))}[rnd.IntN(3)]
			given[command] = true
			r.Actions = append(r.Actions, finding.Action{Risk: finding.Safe, Command: command})
		}
		var b bytes.Buffer
		if err := WriteBrief(&b, r, words.Options{Version: "0.1.0", SourceName: text()}); err != nil {
			t.Fatal(err)
		}
		var got Brief
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || b.Len() > BriefBytes {
			t.Fatalf("%d bytes, %v: %.300q", b.Len(), err, b.String())
		}
		for _, s := range got.DoNow {
			if (s.Command == "") == (s.Words == "") || s.Command != "" && (!given[s.Command] || !words.IsShell(s.Command)) {
				t.Fatalf("%+v", s)
			}
			if s.Command != "" {
				shells++
			}
		}
	}
	if shells == 0 {
		t.Error("no command came through: the test has gone blind")
	}
}
