package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/reporttest"
)

// TestSnapshotFirstScreen: what a snapshot shows stands on the first screen, nothing that
// only a course has, and no time that nobody knows.
func TestSnapshotFirstScreen(t *testing.T) {
	text := render(t, "text", reporttest.PastedList(), Options{})
	lines := strings.Split(text, "\n")
	screen := strings.Join(lines[:min(35, len(lines))], "\n")
	mustHave(t, screen, "paste.txt   time unknown   1 sample\n", "HOW FULL        3 in a blocking command.", "WHO             2 hosts: 10.1.4.21 310 (82 %)",
		"HOW THEY LIVE   10.1.4.21: opened one after the other", "  0.72  Connection leak\n        for: 82 % of the connections", "        against: none was refused",
		"  0.20  Healthy: no incident\n", "WHAT WOULD SETTLE IT\n  1  redis-cli INFO", "NOT ASSESSED: Retry storm (needs INFO)")
	mustLack(t, text, "1970", "RULED OUT", "refused   ", "\x1b", "growth/min", "gaps")
	if n := strings.Count(text, "376 connections in the list"); n != 1 {
		t.Errorf("said %d times", n)
	}
	for _, l := range lines {
		if cells.Width(l) > 80 {
			t.Errorf("%d cells: %s", cells.Width(l), l)
		}
	}
}

// TestSnapshotPages: the page and Markdown have the same, and no empty charts.
func TestSnapshotPages(t *testing.T) {
	page := render(t, "html", reporttest.PastedList(), Options{})
	mustHave(t, page, "What the snapshot shows", "<h3>How they live</h3>", `<td data-h="Probability">0.72</td><th scope="row">Connection leak</th>`, "<code>paste.txt:1</code>")
	mustLack(t, page, "1970", "no series to draw", `id="signals"`, "-1 s")
	md := render(t, "md", reporttest.PastedList(), Options{})
	mustHave(t, md, "## What the snapshot shows\n", "## Candidates\n\n- **0.72** Connection leak; for: 82 % of", "- **0.20** Healthy")
	mustLack(t, md, "1970", "## Ruled out")
}

// TestSnapshotJSON: no time is null, candidates refer to their evidence, and what is not
// assessed is not ruled out.
func TestSnapshotJSON(t *testing.T) {
	var j struct {
		Input struct {
			From, To  *string
			IntervalS *float64 `json:"interval_s"`
		}
		Candidates []struct {
			ID           string
			Probability  float64
			For, Against []string
			Evidence     []struct{ Ref string }
		}
		RuledOut    []any                      `json:"ruled_out"`
		NotAssessed []struct{ ID, Why string } `json:"not_assessed"`
		Snapshot    *struct{ Taken int }
	}
	if err := json.Unmarshal([]byte(render(t, "json", reporttest.PastedList(), Options{})), &j); err != nil {
		t.Fatal(err)
	}
	if j.Input.From != nil || j.Input.To != nil || j.Input.IntervalS != nil {
		t.Errorf("times nobody knows: %+v", j.Input)
	}
	if len(j.Candidates) != 3 || j.Candidates[0].For[0] != "E1" || j.Candidates[0].Against[0] != "E2" || len(j.Candidates[0].Evidence) != 2 {
		t.Errorf("candidates %+v", j.Candidates)
	}
	if len(j.RuledOut) > 0 || len(j.NotAssessed) != 1 || j.NotAssessed[0].Why != "needs INFO" || j.Snapshot == nil || j.Snapshot.Taken != 1 {
		t.Errorf("%+v", j)
	}
	if err := json.Unmarshal([]byte(render(t, "json", reporttest.LeakThenStorm(), Options{})), &j); err != nil || j.Input.From == nil || j.Snapshot != nil {
		t.Errorf("a recording with a course: %+v, %v", j, err)
	}
}
