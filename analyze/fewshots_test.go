package analyze

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// pasted is a recording without any time: INFO and CLIENT LIST as people paste them.
func pasted(t *testing.T, replies ...string) *finding.Report {
	t.Helper()
	tl, err := timeline.Collect(&world.Tape{Records: replied(replies...)})
	if err != nil {
		t.Fatal(err)
	}
	return Run(tl, Options{})
}

func replied(replies ...string) []record.Record {
	var recs []record.Record
	for i, text := range replies {
		head := record.Head{Pos: record.Pos{File: "paste.txt", Line: int64(10 * (i + 1))}}
		if strings.HasPrefix(text, "id=") {
			list := &record.Clients{Head: head}
			new(reply.ClientParser).Parse([]byte(text), list)
			recs = append(recs, list)
		} else {
			recs = append(recs, &record.Info{Head: head, Text: []byte(strings.ReplaceAll(text, "\n", "\r\n"))})
		}
	}
	return recs
}

// rowsOf makes n rows of a host, the youngest first, one each step seconds; idle tells how
// long one of an age rests.
func rowsOf(id, n int, host string, youngest, step int, idle func(age int) int, cmd, flags string) string {
	var b strings.Builder
	for i := range n {
		age := youngest + i*step
		fmt.Fprintf(&b, "id=%d addr=%s:%d fd=9 name= age=%d idle=%d flags=%s db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=%s user=default\n",
			id+n-i, host, 30000+i, age, idle(age), flags, cmd)
	}
	return b.String()
}

func resting(age int) int { return age }

func working(age int) int { return age % 3 }

// leakedList is the picture of a leak: one host's connections, opened evenly over hours and
// never used, beside three pools at work.
func leakedList() string {
	s := rowsOf(5000, 310, "10.1.4.21", 90000, 60, resting, "get", "N")
	for _, h := range []string{"10.1.4.22", "10.1.4.23", "10.1.7.9"} {
		s += rowsOf(100, 22, h, 200, 900, working, "hset", "N")
	}
	return s
}

// A list alone names a leak, with its host; the same list in use does not.
func TestSnapshotNames(t *testing.T) {
	r := pasted(t, leakedList())
	if r.Verdict.Status != finding.Incident || r.Verdict.Cause != "connection-leak" || r.Causes[0].Sources[0].Host != "10.1.4.21" {
		t.Errorf("%+v", r.Verdict)
	}
	if says := "10.1.4.21 (310 of 376 connections): 310 of 310 were not used"; !strings.Contains(r.Verdict.Summary, says) || !strings.Contains(r.Verdict.Summary, "evenly from") {
		t.Errorf("%q says not how its connections live", r.Verdict.Summary)
	}
	if len(r.Actions) == 0 || !strings.Contains(r.Actions[0].Command, "10.1.4.21") {
		t.Errorf("actions %+v", r.Actions)
	}
	for _, h := range r.Holders {
		if strings.Contains(h.Label, "/") {
			t.Errorf("a network hides the host: %+v", h)
		}
	}
	if r.Holders[0].Label != "10.1.4.21" || r.Holders[0].Peak != 310 {
		t.Errorf("holders %+v", r.Holders[0])
	}
	if r := pasted(t, rowsOf(5000, 310, "10.1.4.21", 90000, 60, working, "get", "N")); r.Verdict.Cause == "connection-leak" {
		t.Errorf("in use, and a leak: %+v", r.Verdict)
	}
}

// A list that is a part of what INFO counts names nothing.
func TestSnapshotOfAPart(t *testing.T) {
	all := strings.ReplaceAll(smallInfo, "connected_clients:412", "connected_clients:376")
	if r := pasted(t, all, leakedList()); r.Verdict.Cause != "connection-leak" {
		t.Errorf("the whole list: %+v", r.Verdict)
	}
	some := strings.ReplaceAll(smallInfo, "connected_clients:412", "connected_clients:1376")
	if r := pasted(t, strings.ReplaceAll(some, "maxclients:500", "maxclients:1500"), leakedList()); r.Verdict.Status != finding.Undetermined ||
		!slices.ContainsFunc(r.Snapshot.Remarks, func(x finding.Remark) bool {
			return strings.Contains(x.Text, "The list holds 376 of the 1376 connections")
		}) {
		t.Errorf("a part: %+v", r.Verdict)
	}
}

const smallInfo = "redis_version:7.2.4\nrun_id:aa\nuptime_in_seconds:4800\nconnected_clients:412\nmaxclients:500\nblocked_clients:3\nmaxmemory:0\ntotal_connections_received:1290231\nrejected_connections:91\ntotal_commands_processed:99887766\n"

// What no course can tell is not ruled out, what the input lacks is not assessed, and no
// time is made up.
func TestSnapshotClaimsNothingMore(t *testing.T) {
	for name, replies := range map[string][]string{
		"INFO": {smallInfo}, "list": {leakedList()}, "both": {smallInfo, leakedList()},
		"two": {smallInfo, leakedList(), strings.ReplaceAll(smallInfo, "uptime_in_seconds:4800", "uptime_in_seconds:4860"), leakedList()},
	} {
		r := pasted(t, replies...)
		if len(r.RuledOut) > 0 || len(r.Signals) > 0 || len(r.Timeline) > 0 || len(r.WhatIf) > 0 {
			t.Errorf("%s: ruled out %v, signals %d, timeline %v, what-ifs %v", name, r.RuledOut, len(r.Signals), r.Timeline, r.WhatIf)
		}
		if !r.Input.From.IsZero() && !r.Input.Relative {
			t.Errorf("%s: from %v", name, r.Input.From)
		}
		if r.Input.Interval == 0 {
			t.Errorf("%s: interval %v", name, r.Input.Interval)
		}
		for _, x := range r.NotAssessed {
			if x.ID == r.Verdict.Cause {
				t.Errorf("%s: %s is named and not assessed", name, x.ID)
			}
			if strings.Contains(x.Why, "INFO") && name != "list" || strings.Contains(x.Why, "CLIENT LIST") && name != "INFO" {
				t.Errorf("%s: %+v, which is there", name, x)
			}
		}
		for _, d := range r.DataQuality {
			if strings.Contains(d.What, "fewer than two") || strings.Contains(d.What, "only 1") {
				t.Errorf("%s: %+v", name, d)
			}
		}
		sum := 0.0
		for _, c := range r.Candidates {
			sum += c.Probability
		}
		if sum <= 0 || sum > 1+1e-9 {
			t.Errorf("%s: candidates sum to %v", name, sum)
		}
		checkReport(t, r)
	}
}

// The next step is never a command whose answer is there.
func TestSnapshotNextStep(t *testing.T) {
	asks := func(r *finding.Report, command string) bool {
		for _, s := range r.Next {
			if s.Command == command && !strings.HasPrefix(s.Why, "once more") {
				return true
			}
		}
		return false
	}
	info, both := pasted(t, smallInfo), pasted(t, smallInfo, rowsOf(1, 9, "10.0.0.1", 40, 9, working, "get", "N"))
	if !asks(info, "redis-cli CLIENT LIST") || asks(info, "redis-cli INFO") || asks(info, "redis-cli CONFIG GET maxclients") {
		t.Errorf("of INFO alone: %+v", info.Next)
	}
	if asks(both, "redis-cli CLIENT LIST") || asks(both, "redis-cli INFO") || asks(both, "redis-cli CONFIG GET maxclients") {
		t.Errorf("of both: %+v", both.Next)
	}
	noLimit := pasted(t, strings.ReplaceAll(smallInfo, "maxclients:500\n", ""))
	if !asks(noLimit, "redis-cli CONFIG GET maxclients") {
		t.Errorf("without a limit: %+v", noLimit.Next)
	}
	if r := pasted(t, smallInfo); r.Limit.Effective != 500 {
		t.Errorf("limit %+v", r.Limit)
	}
}

// Forty replies of INFO without a time are not "fewer than two".
func TestManyInfosWithoutTime(t *testing.T) {
	replies := make([]string, 40)
	for i := range replies {
		replies[i] = strings.ReplaceAll(smallInfo, "uptime_in_seconds:4800\n", "")
	}
	for _, d := range pasted(t, replies...).DataQuality {
		if strings.Contains(d.What, "fewer than two") {
			t.Errorf("%+v", d)
		}
	}
}

// A full server is not called healthy, whatever else is missing.
func TestFullIsNotHealthy(t *testing.T) {
	r := pasted(t, strings.ReplaceAll(smallInfo, "connected_clients:412", "connected_clients:500"))
	if r.Candidates[0].ID == finding.HealthyID || r.Verdict.Status == finding.Healthy {
		t.Errorf("%+v", r.Candidates[0])
	}
	for _, c := range r.Candidates {
		if math.IsNaN(c.Probability) {
			t.Errorf("%+v", c)
		}
	}
}

// candidatesOf gives what the confidence speaks of its probability, and the rest less.
func TestCandidatesOfACourse(t *testing.T) {
	w := world.New(500)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		w.Leak("10.1.0.2", "cart")
	})
	r := report(w)
	if c := r.Candidates; len(c) < 2 || c[0].ID != r.Verdict.Cause || c[0].Probability != r.Verdict.Confidence {
		t.Errorf("verdict %+v, candidates %+v", r.Verdict, c)
	}
}

// TestNobodyIsHealthyWhoRefuses: where clients were refused and no cause can be named, Healthy is no
// candidate.
func TestNobodyIsHealthyWhoRefuses(t *testing.T) {
	weak := []verdict.Opinion{{Cause: verdict.Catalog()[0], Assessment: cause.Assessment{Score: 0.2}}, {Cause: verdict.Catalog()[1], Assessment: cause.Assessment{Score: 0.1}}}
	for _, refused := range []bool{false, true} {
		list := candidatesOf(finding.Verdict{Status: finding.Undetermined, Confidence: 0.02}, nil, weak, refused)
		if healthy := slices.ContainsFunc(list, func(c finding.Candidate) bool { return c.ID == finding.HealthyID }); healthy == refused {
			t.Errorf("refused %t: %+v", refused, list)
		}
	}
}

// A guess is a claim, too: of five connections and more, and not of health where clients were
// refused.
func TestSnapshotGuesses(t *testing.T) {
	info := "# Server\nredis_version:7.2.4\n# Clients\nconnected_clients:%d\nmaxclients:500\n# Stats\ntotal_connections_received:4000\nrejected_connections:%d\n# Replication\nconnected_slaves:%d\n"
	for _, c := range []struct{ clients, refused, replicas int }{{1, 0, 1}, {2, 0, 0}, {412, 91, 0}, {412, 910, 1}} {
		r := pasted(t, fmt.Sprintf(info, c.clients, c.refused, c.replicas))
		if s := r.Verdict.Summary; strings.Contains(s, "a healthy server") && c.refused > 0 || strings.Contains(s, "Likeliest") && c.clients < snapshot.GuessFrom {
			t.Errorf("%+v: %s", c, s)
		}
	}
}

// What is said of buffers names them, not a share of theirs twice.
func TestSnapshotOfBuffers(t *testing.T) {
	list := strings.ReplaceAll(rowsOf(7, 6, "127.0.0.1", 4000, 1, working, "set", "N"), "qbuf=0", "qbuf=46343222")
	r := pasted(t, list)
	if r.Verdict.Cause != "query-buffer-growth" || !strings.Contains(r.Verdict.Summary, "Query buffers: 26") {
		t.Errorf("%+v", r.Verdict)
	}
}

// A host that has just opened its connections and used none is neither healthy nor a leak: one
// snapshot does not tell. Older, or fewer, or used, they are no newcomer's.
func TestNewcomer(t *testing.T) {
	info := "# Server\nrun_id:" + strings.Repeat("a", 40) + "\nuptime_in_seconds:864000\n\n# Clients\nconnected_clients:%d\nmaxclients:1000\n\n# Stats\ntotal_connections_received:5400\ntotal_commands_processed:98765432\nrejected_connections:0\n"
	others := func(n int) string {
		var s string
		for h := range n {
			s += rowsOf(100+30*h, 20, fmt.Sprintf("10.1.4.%d", h+1), 200, 900, working, "hset", "N")
		}
		return s
	}
	for _, c := range []struct {
		name                   string
		hosts, fresh, youngest int
		idle                   func(age int) int
		want                   bool
	}{
		{"thirty of a new host", 3, 30, 12, resting, true},
		{"beside many", 13, 30, 12, resting, true},
		{"too few beside many", 13, 24, 12, resting, false},
		{"nine", 3, 9, 12, resting, false},
		{"in use", 3, 30, 12, working, false},
		{"minutes old", 3, 30, 125, resting, false},
	} {
		text := others(c.hosts) + rowsOf(5000, c.fresh, "10.7.3.9", c.youngest, 2, c.idle, "get", "N")
		r := pasted(t, fmt.Sprintf(info, 20*c.hosts+c.fresh+1), text)
		if got := strings.Contains(r.Verdict.Summary, "within the last"); got != c.want || c.want && r.Verdict.Status != finding.Undetermined {
			t.Errorf("%s: %s %s (%.2f) %s", c.name, r.Verdict.Status, r.Verdict.Cause, r.Verdict.Confidence, r.Verdict.Summary)
		}
	}
}
