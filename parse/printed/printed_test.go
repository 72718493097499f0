package printed

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the goldens anew")

// describe writes all that a text told.
func describe(text []byte) string {
	form := Tell(text[:min(len(text), 64<<10)])
	r, err := Read(bytes.NewReader(text), form)
	var b strings.Builder
	fmt.Fprintf(&b, "form: %s\nlines: %d\nunused: %d\n", form, r.Lines, r.Unused)
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	for _, s := range r.Servers {
		fmt.Fprintf(&b, "server: %s\n", s)
	}
	for _, u := range r.Uses {
		fmt.Fprintf(&b, "name: %s -> %s, %d\n", u.Name, u.Key, u.Values)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for p := range r.Replies() {
		at := "no time"
		if !p.At.IsZero() {
			at = p.At.Format(time.RFC3339Nano)
		} else if p.After >= 0 {
			at = "after " + p.After.String()
		}
		fmt.Fprintf(&b, "\n[%s at %s, line %d, server %q]\n%s", [...]string{"INFO", "CLIENT LIST",
			"sockets"}[p.Kind], at, p.Line, p.Server, strings.ReplaceAll(string(p.Text), "\r\n", "\n"))
	}
	return b.String()
}

func TestForms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, ".want") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		got := describe(text)
		want, err := os.ReadFile(f + ".want")
		if *update {
			if err := os.WriteFile(f+".want", []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if err != nil || got != string(want) {
			t.Errorf("%s: %v\n--- got\n%s\n--- want\n%s", f, err, got, want)
		}
	}
}
