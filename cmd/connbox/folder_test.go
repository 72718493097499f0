package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// makeBundle writes a bundle of one note of a server.
func makeBundle(t *testing.T, path, target string) {
	t.Helper()
	w, err := bundle.Create(path, record.Meta{Tool: cli.Tool, Mode: "capture", Target: target})
	if err == nil {
		err = w.Write(&record.Mark{Head: record.Head{At: time.Unix(1_800_000_000, 0).UTC()}, Text: "connected"})
	}
	if err == nil {
		err = w.Close("duration")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestFolderOfBundles: bundles of one server in a folder are one recording, those of two are
// told by name, and what lies beside them is said.
func TestFolderOfBundles(t *testing.T) {
	workDir(t)
	for _, dir := range []string{"day", "mixed"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "i.txt", dump(31)) // 12:00:00 to 12:05:00
	want(t, 0, "cut", "i.txt", "-o", "day/a.connbox", "--to", "2026-03-01T12:02:00Z")
	want(t, 0, "cut", "i.txt", "-o", "day/b", "--from", "2026-03-01T12:02:10Z") // told by its content
	write(t, "day/notes.txt", "deploy at noon\n")
	r := want(t, 0, "analyze", "--full", "day")
	if !strings.Contains(r.out, "31 samples") || !strings.Contains(r.out+r.err, "files beside its 2 bundles that are not read: 1") {
		t.Errorf("%s\n%s", r.out, r.err)
	}
	want(t, 0, "cut", "day", "--last", "1m", "-o", "last.connbox")
	if j := look(t, "last.connbox"); count(j, "info") != 7 || j.Mode != "cut" || j.Sealed != "cut" {
		t.Errorf("%+v", j)
	}
	if r := want(t, 0, "replay", "day", "--at", "12:01"); !strings.Contains(r.out, "AT 2026-03-01 12:01:00 UTC") {
		t.Error(r.out)
	}

	// A damaged one is named once, ends with 3, and what is cut from the rest says so.
	b, err := os.ReadFile("day/a.connbox")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "day/a.connbox", string(b[:len(b)/2]))
	if r := invoke(t, "cut", "day", "-o", "rest.connbox"); r.code != 3 || strings.Count(r.err, "a.connbox: bundle cannot be read") != 1 || !strings.Contains(r.err, "what could be read is in rest.connbox") {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "export", "--format", "text", "rest.connbox"); !strings.Contains(r.out, "made without a part that could not be read: a.connbox") {
		t.Error("the bundle does not say what it lacks")
	}

	for _, target := range []string{"redis-1:6379", "redis-2:6379"} {
		makeBundle(t, "mixed/"+target[:7]+".connbox", target)
	}
	if r := want(t, 3, "analyze", "mixed"); !strings.Contains(r.err, "of 2 servers (redis-1:6379, redis-2:6379") {
		t.Errorf("%+v", r)
	}
}

// TestReplayAtATimeOfDay: a time of day is the last such in the recording.
func TestReplayAtATimeOfDay(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(31)+strings.ReplaceAll(dump(2), "2026-03-01", "2026-03-02")) // noon of two days
	want(t, 0, "import", "i.txt")
	for _, in := range []string{"i.txt", "i.connbox"} {
		for at, want3 := range map[string]string{"12:04": "2026-03-01 12:04:00", "12:00:05": "2026-03-02 12:00:00", "11:59": ""} {
			r := invoke(t, "replay", in, "--at", at)
			if want3 == "" && !strings.Contains(r.out, "AT 2026-03-01 12:05:00") || !strings.Contains(r.out, "AT "+want3) {
				t.Errorf("%s at %s: %+v", in, at, r)
			}
		}
	}
	if r := want(t, 2, "replay", "-", "--at", "12:04"); !strings.Contains(r.err, "give a date") {
		t.Errorf("%+v", r)
	}
}

// TestRepairElsewhere: what a crash left is made a file in another place, and stays.
func TestRepairElsewhere(t *testing.T) {
	workDir(t)
	w, err := bundle.CreateLive("live.connbox", record.Meta{Tool: cli.Tool, Mode: "capture"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := w.Write(&record.Mark{Head: record.Head{At: time.Unix(1_800_000_000+int64(i), 0).UTC()}, Text: "note"}); err != nil {
			t.Fatal(err)
		}
	}
	if r := want(t, 3, "inspect", "--repair", "--to", "o.connbox", "live.connbox"); !strings.Contains(r.err, "still being recorded") {
		t.Error(r.err)
	}
	w.Abort()
	os.Chmod("live.connbox", 0o500) // as on a disk where nothing can be written
	defer os.Chmod("live.connbox", 0o700)
	r := want(t, 0, "inspect", "--repair", "--to", "o.connbox", "live.connbox")
	if !strings.Contains(r.out, "ended by recovered") || !isDir("live.connbox") || look(t, "o.connbox").Records != 5 {
		t.Errorf("%+v", r)
	}
	want(t, 2, "inspect", "--repair", "--to", "o.connbox", "live.connbox")
	want(t, 2, "inspect", "--to", "p.connbox", "live.connbox")
	want(t, 3, "inspect", "--repair", "--to", "p.connbox", "o.connbox")
}
