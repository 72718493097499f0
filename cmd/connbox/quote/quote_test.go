package quote

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

const list = "id=7 addr=10.0.0.1:5 name=web age=50 idle=3 flags=N cmd=get\nid=8 addr=10.0.0.2:6 name=pricing age=90 idle=80 flags=N cmd=get\n" +
	"id=9 addr=10.0.0.2:7 name=pricing age=60 idle=2 flags=N cmd=get\n"

const dump = "2026-03-01T12:00:00Z\n# Clients\r\nconnected_clients:3\r\nmaxclients:10\r\nblocked_clients:0\r\n# Stats\r\nrejected_connections:4\r\n\n" + list +
	"\n2026-03-01T12:00:10Z\n# Clients\r\nconnected_clients:3\r\nmaxclients:10\r\n\n" + list +
	"\n2026-03-01T12:00:20Z\n1) 1) (integer) 14\n   2) (integer) 1772366410\n   3) (integer) 50021\n   4) 1) \"KEYS\"\n      2) \"secret:*\"\n   5) \"10.0.0.1:5\"\n   6) \"web\"\n"

// reportOf gives a report with a piece of evidence for each place.
func reportOf(places ...string) *finding.Report {
	r := &finding.Report{Causes: []finding.Finding{{Sources: []finding.Source{{Name: "pricing", Host: "10.0.0.2"}}}}}
	for _, p := range places {
		r.Causes[0].Evidence = append(r.Causes[0].Evidence, finding.Evidence{At: []string{p}})
	}
	return r
}

// TestAdd: of a text and of the bundle made of it the same is quoted, and no argument of a command.
func TestAdd(t *testing.T) {
	dir := t.TempDir()
	text, packed := filepath.Join(dir, "i.txt"), filepath.Join(dir, "i.connbox")
	if err := os.WriteFile(text, []byte(dump), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := parse.Open(text)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	w, err := bundle.Create(packed, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	var inText, inBundle []string
	n := 0
	for src.Scan() {
		rec := src.Record()
		if rec.Kind() == record.KindChatter {
			continue
		}
		n++
		inText = append(inText, rec.Base().Pos.String())
		inBundle = append(inBundle, record.Pos{File: "i.connbox", Sample: int64(n)}.String())
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil || src.Err() != nil || n != 5 {
		t.Fatal(n, err, src.Err())
	}
	want := []string{
		"connected_clients:3 maxclients:10 rejected_connections:4 (INFO)",
		"id=8 addr=10.0.0.2:6 name=pricing age=90 idle=80 flags=N cmd=get (CLIENT LIST, 3 lines; 2 of the sources of the cause, this one unused for longest)",
		"connected_clients:3 maxclients:10 (INFO)",
		"id=8 addr=10.0.0.2:6 name=pricing age=90 idle=80 flags=N cmd=get (CLIENT LIST, 3 lines; 2 of the sources of the cause, this one unused for longest)",
		"14) 50021 microseconds: KEYS (SLOWLOG, its longest; arguments are not quoted)",
	}
	for path, places := range map[string][]string{text: inText, packed: inBundle} {
		r := reportOf(append(places, filepath.Base(path)+":9999", "elsewhere#1")...)
		if path == packed {
			r.Input.Kind = string(record.InputBundle)
		}
		if err := Add(context.Background(), parse.FromFile(path), record.Options{}, r); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for i, e := range r.Causes[0].Evidence {
			var got []string
			for _, q := range e.Quotes {
				if q.At != e.At[0] {
					t.Errorf("%s: quoted %s", e.At[0], q.At)
				}
				got = append(got, q.Text+" ("+q.Note+")")
			}
			switch {
			case i >= len(want) && len(got) > 0:
				t.Errorf("%s: quoted %q", e.At[0], got)
			case i < len(want) && strings.Join(got, "|") != want[i]:
				t.Errorf("%s: %q, want %q", e.At[0], got, want[i])
			}
		}
	}
	if err := Add(context.Background(), parse.FromFile(filepath.Join(dir, "none")), record.Options{}, &finding.Report{}); err != nil {
		t.Errorf("without evidence the input was opened: %v", err)
	}
	if err := Add(context.Background(), parse.FromFile(filepath.Join(dir, "none")), record.Options{}, reportOf("none:1")); err == nil {
		t.Error("an input that is gone is no error")
	}
}

// TestCut: a line of a stranger is bounded.
func TestCut(t *testing.T) {
	if got := cut(strings.Repeat("é", 5000)); len([]rune(got)) != maxText {
		t.Errorf("%d characters", len([]rune(got)))
	}
}
