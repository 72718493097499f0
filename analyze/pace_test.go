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

// A loop of three redis-cli a round is no churn of the applications: their dials are set aside,
// those of others are not, and a connection that is held takes none.
func TestOperatorsOwnDials(t *testing.T) {
	loop := func(held bool, others int) *timeline.Timeline {
		var text strings.Builder
		accepted, asker, last := 1000, 900, 900
		for round := range 60 {
			at := time.Date(2026, 5, 1, 10, 0, 10*round, 0, time.UTC)
			dial := func() {
				if !held || round == 0 {
					accepted, last = accepted+1, last+1
					asker = last
				}
			}
			accepted += others
			last += others
			dial()
			fmt.Fprintf(&text, "%s\n# Server\nuptime_in_seconds:%d\n# Clients\nconnected_clients:13\nmaxclients:400\n# Stats\ntotal_connections_received:%d\ntotal_commands_processed:%d\nrejected_connections:0\n",
				at.Format(time.RFC3339), 5000+10*round, accepted, 90000+40*round)
			dial()
			for id := range 12 {
				fmt.Fprintf(&text, "id=%d addr=10.0.3.%d:%d fd=8 name= age=%d idle=%d flags=N cmd=get\n", id+1, 2+id%4, 20000+id, 4000+10*round, id%3)
			}
			fmt.Fprintf(&text, "id=%d addr=127.0.0.1:%d fd=9 name= age=0 idle=0 flags=N cmd=client\n", asker, 40000+asker%9000)
			if round%2 == 0 {
				dial()
				text.WriteString("(empty array)\n")
			}
		}
		tl, err := timeline.Collect(dump.NewReader(strings.NewReader(text.String()), "x"))
		if err != nil {
			t.Fatal(err)
		}
		return tl
	}
	for _, c := range []struct {
		held   bool
		others int
	}{{false, 0}, {false, 7}, {true, 0}, {true, 7}} {
		tl := loop(c.held, c.others)
		for i := 3; i < len(tl.Samples); i++ {
			if got := tl.Samples[i].Accepted; got > float64(c.others)+1 || got < float64(c.others) {
				t.Errorf("held %v, %d of others: sample %d has %v accepted", c.held, c.others, i, got)
				break
			}
		}
	}
	if v := Run(loop(false, 0), Options{}).Verdict; v.Cause != "" {
		t.Errorf("%+v", v)
	}
}
