package analyze

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// Lists without a time are told apart by the ages of those in both.
func TestListsAreTimedByAges(t *testing.T) {
	var text strings.Builder
	for round := range 8 {
		fmt.Fprintf(&text, "# Clients\nconnected_clients:%d\nmaxclients:400\n", 10+round)
		for id := range 10 + round {
			fmt.Fprintf(&text, "id=%d addr=10.0.0.2:%d fd=8 name= age=%d idle=1 flags=N cmd=get\n", id+1, 20000+id, 500-50*id+15*round)
		}
	}
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(text.String()), "x"))
	if err != nil {
		t.Fatal(err)
	}
	if tl.Rounds != 8 || tl.Interval() != 15*time.Second || !tl.Relative {
		t.Errorf("%d rounds, %v apart, relative %v; want 8, 15s", tl.Rounds, tl.Interval(), tl.Relative)
	}
}

// Where no clock is known times count from the first list, and a host that leaks among unnamed
// ones is not hidden behind their network, in the table of holders and in the advice.
func TestLeakWithoutClock(t *testing.T) {
	var text strings.Builder
	for round := range 12 {
		fmt.Fprintf(&text, "# Clients\nconnected_clients:%d\nmaxclients:400\n", 12+3*round)
		for id := range 12 {
			fmt.Fprintf(&text, "id=%d addr=10.0.3.%d:%d fd=8 name= age=%d idle=%d flags=N cmd=get\n", id+1, 2+id%4, 20000+id, 500+10*round, id%2)
		}
		for id := range 3 * round {
			fmt.Fprintf(&text, "id=%d addr=10.0.7.9:%d fd=8 name= age=%d idle=%d flags=N cmd=get\n", 100+id, 30000+id, 10*round-10*(id/3)-7, 10*round-10*(id/3)-7)
		}
	}
	r := reportOf(t, text.String())
	if r.Verdict.Cause != "connection-leak" || !strings.Contains(r.Verdict.Summary, "from +00:00:") {
		t.Errorf("%+v", r.Verdict)
	}
	if h := r.Holders; len(h) != 2 || h[0].Label != "10.0.7.9" || h[0].Peak != 33 || h[1].Peak != 12 || h[1].Hosts != 4 {
		t.Errorf("%+v", h)
	}
	for _, a := range r.Actions {
		if strings.Contains(a.Command, "/16") || strings.Contains(a.Effect, "/16") {
			t.Errorf("advice for all hosts: %+v", a)
		}
	}
}
