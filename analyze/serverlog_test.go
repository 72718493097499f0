package analyze

import (
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// analysed analyses a dump.
func analysed(t *testing.T, text string) *finding.Report {
	t.Helper()
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(text), "x.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return Run(tl, Options{})
}

const (
	logFull = "7:M 21 Nov 2026 04:00:05.000 # Accepting client connection: accept: Too many open files\n"
	logCut  = "7:M 21 Nov 2026 04:00:05.000 # Client id=5 addr=10.0.0.1:5000 fd=9 name= flags=P db=0 sub=4 omem=8388648 cmd=subscribe scheduled to be closed ASAP for overcoming of output buffer limits.\n"
	logInfo = "2026-11-21T04:00:00Z\n# Server\r\nredis_version:7.0.0\r\nrun_id:0123456789012345678901234567890123456789\r\n# Clients\r\nconnected_clients:5\r\nmaxclients:100\r\n"
)

// TestClientLog: a refusal is what a client was told, and no line of the server's own log.
func TestClientLog(t *testing.T) {
	r := analysed(t, "worker: ERR max number of clients reached\n"+logCut)
	if r.Input.LogLines != 1 || r.Input.ClientLog != 1 {
		t.Errorf("%d of the server, %d of clients", r.Input.LogLines, r.Input.ClientLog)
	}
}

func TestServerLogAlone(t *testing.T) {
	r := analysed(t, logFull)
	if r.Verdict.Status != finding.Incident || r.Verdict.Cause != "fd-limit" || len(r.Causes) != 1 || r.Input.LogLines != 1 {
		t.Fatalf("got %+v", r.Verdict)
	}
	f := r.Causes[0]
	if f.Role != finding.Root || f.Onset.IsZero() || f.Confidence != r.Verdict.Confidence || len(f.Evidence) == 0 || f.Evidence[0].Ref != "E1" ||
		f.Evidence[0].At[0] != "x.txt:1" {
		t.Errorf("got %+v", f)
	}
	if r.Input.From.IsZero() || len(r.Actions) == 0 || len(r.Next) != 0 {
		t.Errorf("from %v, %d actions, %d steps", r.Input.From, len(r.Actions), len(r.Next))
	}
	for _, x := range r.RuledOut {
		if x.ID == "fd-limit" {
			t.Errorf("both found and ruled out: %s", x.Why)
		}
	}
}

func TestServerLogThatSettlesNothing(t *testing.T) {
	r := analysed(t, logCut)
	if r.Verdict.Status != finding.Undetermined || len(r.Causes) != 0 || !strings.Contains(r.Verdict.Summary, "8388648 bytes") {
		t.Errorf("got %+v", r.Verdict)
	}
	if len(r.Next) == 0 || !strings.Contains(r.Next[0].Command, "10.0.0.1") {
		t.Errorf("steps %+v", r.Next)
	}
}

// One snapshot says too little; the log beside it says the rest.
func TestServerLogBesideOneSnapshot(t *testing.T) {
	r := analysed(t, logInfo+logFull)
	if r.Verdict.Cause != "fd-limit" || r.Input.Samples != 1 || len(r.Observations) != 0 {
		t.Errorf("got %+v, %v", r.Verdict, r.Observations)
	}
}

// What a snapshot and a log leave open is said of both; the candidates are one list.
func TestServerLogBesideAnOpenSnapshot(t *testing.T) {
	r := analysed(t, logInfo+logCut)
	if r.Verdict.Status != finding.Undetermined || !strings.Contains(r.Verdict.Summary, "of 100 connections") || !strings.Contains(r.Verdict.Summary, "8388648") {
		t.Errorf("got %q", r.Verdict.Summary)
	}
	sum := 0.0
	for _, c := range r.Candidates {
		sum += c.Probability
	}
	if r.Candidates[0].ID != "output-buffer-loop" || r.Candidates[0].Probability != r.Verdict.Confidence || len(r.Candidates[0].For) == 0 || sum > 1.0001 {
		t.Errorf("candidates %+v, sum %v, confidence %v", r.Candidates[0], sum, r.Verdict.Confidence)
	}
}

// What the log tells beside the cause that it settles is said, in the verdict and among the remarks.
func TestServerLogOfTwoStories(t *testing.T) {
	const sentinel = "9:X 21 Nov 2026 04:02:00.000 # +switch-master shop 10.0.0.9 6379 10.0.0.1 6379\n"
	for name, text := range map[string]string{"one text": logCut + sentinel, "the other order": sentinel + logCut} {
		r := analysed(t, text)
		if r.Verdict.Cause != "server-outage" || len(r.Causes) != 1 || !strings.Contains(r.Verdict.Summary, "8388648 bytes waiting") {
			t.Errorf("%s: got %+v", name, r.Verdict)
		}
		if len(r.Observations) == 0 || !strings.Contains(r.Observations[0], "8388648 bytes waiting") {
			t.Errorf("%s: remarks %q", name, r.Observations)
		}
	}
	if r := analysed(t, logCut); strings.Count(r.Verdict.Summary, "8388648") != 1 || strings.Contains(strings.Join(r.Observations, " "), "bytes waiting") {
		t.Errorf("said twice: %q, %q", r.Verdict.Summary, r.Observations)
	}
}

// A cause that the catalog does not have yet is named all the same.
func TestServerLogOfACauseOutsideTheCatalog(t *testing.T) {
	const line = "7:M 21 Nov 2026 04:00:05.000 # Closing client that reached max query buffer length: id=5 addr=10.0.0.1:5 fd=9 qbuf=1073741900 cmd=NULL (qbuf initial bytes: \"x\")\n"
	for _, n := range []int{1, 3} {
		r := analysed(t, strings.Repeat(line, n))
		if (r.Verdict.Cause == "query-buffer-growth") != (n == 3) {
			t.Errorf("%d lines: got %+v", n, r.Verdict)
		}
	}
}

func TestServerLogWithoutYear(t *testing.T) {
	r := analysed(t, strings.ReplaceAll(logFull, " 2026", ""))
	if !r.Input.From.IsZero() || !r.Causes[0].Onset.IsZero() {
		t.Errorf("a year that nobody told: %v, %v", r.Input.From, r.Causes[0].Onset)
	}
	if len(r.DataQuality) == 0 || !strings.Contains(r.DataQuality[0].What, "21 Nov 04:00:05") {
		t.Errorf("got %+v", r.DataQuality)
	}
}

// What the samples show stands; the log adds evidence where it says the same, and a remark
// where it does not.
func TestServerLogBesideARecording(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{}}
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(logFull+"7:M 21 Nov 2026 04:00:06.000 # Connection with replica 10.0.0.2:6379 lost.\n"), "x.txt"))
	if err != nil {
		t.Fatal(err)
	}
	m.TL.Log = tl.Log
	same := &finding.Report{Verdict: finding.Verdict{Status: finding.Incident, Cause: "fd-limit", Confidence: 0.7}, Causes: []finding.Finding{{ID: "fd-limit", Evidence: []finding.Evidence{finding.New("x", 1, "")}}}}
	takeLog(m, same, false)
	if len(same.Causes) != 1 || len(same.Causes[0].Evidence) != 2 || same.Verdict.Confidence != 0.7 {
		t.Errorf("got %+v", same.Causes)
	}
	other := &finding.Report{Verdict: finding.Verdict{Status: finding.Incident, Cause: "connection-leak"}, Causes: []finding.Finding{{ID: "connection-leak"}}}
	takeLog(m, other, false)
	if len(other.Causes) != 1 || other.Verdict.Cause != "connection-leak" {
		t.Errorf("got %+v", other.Causes)
	}
	healthy := &finding.Report{Verdict: finding.Verdict{Status: finding.Healthy}}
	takeLog(m, healthy, false)
	if healthy.Verdict.Status != finding.Healthy || len(healthy.Causes) != 0 || len(m.LogNotes) == 0 || len(m.LogEvents) == 0 {
		t.Errorf("got %+v, notes %v", healthy.Verdict, m.LogNotes)
	}
}
