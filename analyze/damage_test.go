package analyze

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// words gives all text of a report.
func words(r *finding.Report) string {
	return fmt.Sprint(r.Verdict.Summary, r.Verdict.Runner, r.Verdict.Parts, r.RuledOut, r.NotAssessed, r.Timeline, r.Actions, r.DataQuality,
		r.Observations, r.Next, r.Answers, claims(r))
}

func claims(r *finding.Report) string {
	var b strings.Builder
	for _, c := range r.Causes {
		b.WriteString(c.Claim + "\n")
		for _, e := range c.Evidence {
			b.WriteString(e.Claim + "\n")
		}
	}
	for _, w := range r.WhatIf {
		b.WriteString(w.Question + w.Answer + "\n")
	}
	return b.String()
}

var noNumber = regexp.MustCompile(`\bNaN\b|[+-]?\bInf\b`)

// What was not observed is in no sentence, wherever the recording has its hole: the replies
// of one sample come as refusals, one sample after the other.
func TestHolesLeaveNoNaN(t *testing.T) {
	for _, name := range []string{"oversized from the start", "leak, then a storm", "old and new together at a deploy", "traffic grew into the limit"} {
		step, limit, n := storyNamed(t, name)
		w := world.New(limit)
		w.Run(n, step)
		for hole := 0; hole < n; hole += 1 + n/30 {
			at := w.Records[0].Base().At
			sample := -1
			var recs []record.Record
			for _, r := range w.Records {
				if sample < 0 || r.Base().At.After(at.Add(time.Second)) {
					sample, at = sample+1, r.Base().At
				}
				if sample != hole {
					recs = append(recs, r)
				} else if r.Kind() == record.KindInfo {
					recs = append(recs, &record.Failure{Head: *r.Base(), Class: record.FailMaxClients})
				}
			}
			r := report(&world.World{Records: recs})
			if said := words(r); noNumber.MatchString(said) {
				at := noNumber.FindStringIndex(said)[0]
				t.Fatalf("%s without sample %d: …%s", name, hole, said[max(at-100, 0):min(at+40, len(said))])
			}
		}
	}
}

// storyNamed gives a story of the causes' tests.
func storyNamed(t *testing.T, name string) (step func(w *world.World, i int), limit, n int) {
	t.Helper()
	for _, s := range stories {
		if s.name == name && s.setup == nil {
			return s.step, s.limit, s.n
		}
	}
	t.Fatalf("no story %q", name)
	return nil, 0, 0
}

// steady is a fleet at work, with connections that come and go.
func steady(w *world.World, i int) {
	w.Fleet("10.1.0", "web", 8, 12, 0.5)
	for range 3 {
		w.Close(w.Open("10.1.0.9", "job"))
	}
}

// One impossible number in one sample makes no incident and is in no sentence; data quality
// tells of it, and the confidence is lower.
func TestOneNumberIsWrong(t *testing.T) {
	healthy := world.New(400)
	healthy.Run(120, steady)
	clean := report(healthy)
	for key, value := range map[string]string{
		"connected_clients": "100000", "evicted_clients": "50", "rejected_connections": "90000", "total_connections_received": "999999999",
		"client_output_buffer_limit_disconnections": "70", "aof_delayed_fsync": "4000", "sync_full": "44",
	} {
		for _, at := range []int{1, 60, 118} {
			w := world.New(400)
			w.Run(120, steady)
			found := false
			w.Records = infos(func(i, n int, text string) string {
				if i != at {
					return text
				}
				was := text
				text = regexp.MustCompile(`(?m)^`+key+`:\d+`).ReplaceAllString(text, key+":"+value)
				found = text != was
				return text
			})(w.Records)
			if !found {
				continue // this server does not print it
			}
			r := report(w)
			if r.Verdict.Status != finding.Healthy || strings.Contains(r.Verdict.Summary, value) {
				t.Errorf("%s:%s in sample %d: %s %s: %s", key, value, at, r.Verdict.Status, r.Verdict.Cause, r.Verdict.Summary)
			}
			if !(r.Verdict.Confidence < clean.Verdict.Confidence) {
				t.Errorf("%s:%s in sample %d: as sure as without it, %.2f", key, value, at, r.Verdict.Confidence)
			}
		}
	}
}

// Lists that hold far more than INFO counts are of another server, or INFO is.
func TestListsHoldMoreThanInfoCounts(t *testing.T) {
	w := world.New(400)
	w.Run(60, steady)
	w.Records = infos(func(i, n int, text string) string {
		return regexp.MustCompile(`(?m)^connected_clients:\d+`).ReplaceAllString(text, "connected_clients:20")
	})(w.Records)
	if r := report(w); r.Verdict.Status != finding.Undetermined || !strings.Contains(r.Verdict.Summary, "more than twice") {
		t.Errorf("%s: %s", r.Verdict.Status, r.Verdict.Summary)
	}
}

// What data quality lists lowers the confidence.
func TestFlawsLowerTheConfidence(t *testing.T) {
	for name, damage := range map[string]func([]record.Record) []record.Record{
		"two restarts": infos(func(i, n int, text string) string {
			for k, id := range []string{"a", "b", "c"} {
				if i*3/n == k {
					text = regexp.MustCompile(`run_id:\w+`).ReplaceAllString(text, "run_id:"+strings.Repeat(id, 40))
				}
			}
			return text
		}),
		"mixed servers": infos(func(i, n int, text string) string {
			if i == n/2 {
				text = regexp.MustCompile(`run_id:\w+`).ReplaceAllString(text, "run_id:"+strings.Repeat("f", 40))
			}
			return text
		}),
		"a clock set back": setRecorder(-20 * time.Minute),
	} {
		w := world.New(400)
		w.Run(120, steady)
		clean := report(w).Verdict
		w.Records = damage(w.Records)
		if v := report(w).Verdict; v.Status == clean.Status && !(v.Confidence < clean.Confidence) {
			t.Errorf("%s: %s %.2f, without it %.2f", name, v.Status, v.Confidence, clean.Confidence)
		}
	}
}
