package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// evidenceAt lists the places that the report of an input names.
func evidenceAt(t *testing.T, input string) []string {
	t.Helper()
	var report struct {
		Causes []struct {
			Evidence []struct{ At []string }
		}
	}
	r := want(t, 0, "analyze", "-o", "json", input)
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range report.Causes {
		for _, e := range c.Evidence {
			all = append(all, e.At...)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s: no evidence names a place", input)
	}
	return all
}

// What evidence names, export prints: the reply that begins on that very line, or has that
// number in the bundle.
func TestExportAtEvidence(t *testing.T) {
	workDir(t)
	text := dump(40)
	lines := strings.SplitAfter(text, "\n")
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zw.Write([]byte(text))
	zw.Close()
	os.Mkdir("dumps", 0o755)
	os.Mkdir("dumps/sub", 0o755)
	for _, name := range []string{"i.log", "dumps/sub/i.log"} {
		write(t, name, text)
	}
	write(t, "i.log.gz", packed.String())
	want(t, 0, "import", "-q", "i.log", "-o", "x.connbox")
	for _, input := range []string{"i.log", "i.log.gz", "dumps"} {
		for _, at := range evidenceAt(t, input) {
			n, err := strconv.Atoi(at[strings.LastIndex(at, ":")+1:])
			if err != nil {
				t.Fatal(err)
			}
			r := want(t, 0, "export", input, "--at", at)
			if first, _, _ := strings.Cut(r.out, "\n"); len(r.out) < 100 || first+"\n" != lines[n-1] || r.err != "" {
				t.Errorf("%s at %s: %.80q, want %q; %s", input, at, r.out, lines[n-1], r.err)
			}
		}
	}
	for _, at := range evidenceAt(t, "x.connbox") {
		n := strings.TrimPrefix(at, "x.connbox#")
		by := want(t, 0, "export", "x.connbox", "--sample", n)
		for _, at := range []string{at, "#" + n, n} {
			if r := want(t, 0, "export", "x.connbox", "--at", at); r != by || len(r.out) < 100 {
				t.Errorf("at %s: %.80q, want %.80q", at, r.out, by.out)
			}
		}
	}
}

func TestExportAt(t *testing.T) {
	workDir(t)
	text := dump(6)
	write(t, "i.log", text)
	os.Mkdir("dumps", 0o755)
	write(t, "dumps/a.log", dump(2))
	want(t, 0, "import", "-q", "i.log", "-o", "x.connbox")
	begin := strings.Count(text[:strings.Index(text, "id=100 ")], "\n") + 1
	inside := strconv.Itoa(begin + 3)
	list := want(t, 0, "export", "i.log", "--at", strconv.Itoa(begin))
	if r := want(t, 0, "export", "i.log", "--at", "i.log:"+inside); r.out != list.out || r.err != "connbox: line "+inside+" stands in or behind the record that begins at i.log:"+strconv.Itoa(begin)+"\n" {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "export", "-q", "i.log", "--at", inside, "--times"); r.out != "2026-03-01T12:00:00Z\n"+list.out || r.err != "" {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "export", "i.log", "--at", inside, "--format", "jsonl"); strings.Count(r.out, "\n") != strings.Count(list.out, "\n") {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		code int
		args []string
		want string
	}{
		{2, []string{"i.log", "--at", "here"}, `--at "here" is no place`},
		{2, []string{"i.log", "--at", ""}, `--at "" is no place`},
		{2, []string{"i.log", "--at", "i.log:0"}, "is no place"},
		{2, []string{"i.log", "--at", "#3"}, "i.log is text, whose places are lines: 3"},
		{2, []string{"x.connbox", "--at", "x.connbox:3"}, "whose places are records: #3"},
		{2, []string{"dumps", "--at", "3"}, "whose places are FILE:LINE"},
		{2, []string{"i.log", "--at", "j.log:3"}, "the input is i.log; --at 3 asks for it there"},
		{2, []string{"i.log", "--at", "3", "--sample", "1"}, "do not go with it"},
		{2, []string{"i.log", "--at", "3", "--format", "csv"}, "i.log:2 is info; --format csv"},
		{3, []string{"i.log", "--at", "1"}, "nothing stands at 1: its first record begins at line 2"},
		{3, []string{"x.connbox", "--at", "#99"}, "nothing stands at #99: it holds 12 records"},
		{3, []string{"x.connbox", "--at", "99"}, "nothing stands at 99: it holds 12 records"},
		{3, []string{"dumps", "--at", "b.log:3"}, "it has no records of b.log"},
	} {
		r := want(t, c.code, append([]string{"export"}, c.args...)...)
		if r.out != "" || !strings.Contains(r.err, c.want) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
}
