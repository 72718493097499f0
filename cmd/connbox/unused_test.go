package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// What of a text was of no use is counted and named everywhere, and stays in the bundle
// without its passwords.
func TestUnused(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "i.txt"), filepath.Join(dir, "i.connbox")
	write(t, in, "Dear all, it broke again.\n$ redis-cli -a CANARY info\n```\n"+dump(1)+
		"```\nWe restarted it with redis://app:CANARY@10.0.0.1/0\nand it went on.\n")
	for name, args := range map[string][]string{
		"terminal": {"analyze", "--full", in}, "page": {"report", "-o", "html", in}, "Markdown": {"report", "-o", "md", in}, "inspect": {"inspect", in},
	} {
		got := strings.ReplaceAll(want(t, 0, args...).out, "\\", "")
		for _, word := range [...]string{"3 lines", "i.txt:1", "Dear all", "i.txt:45"} {
			if !strings.Contains(got, word) {
				t.Errorf("%s does not have %q:\n%s", name, word, got)
			}
		}
		if strings.Contains(got, "CANARY") {
			t.Errorf("%s shows a password", name)
		}
	}
	var r struct {
		Unused struct {
			Lines int
			At    []string
		}
	}
	for _, args := range [...][]string{{"analyze", "-o", "json", in}, {"inspect", "-o", "json", in}} {
		if err := json.Unmarshal([]byte(want(t, 0, args...).out), &r); err != nil || r.Unused.Lines != 3 || len(r.Unused.At) != 2 || r.Unused.At[0] != "i.txt:1" {
			t.Errorf("%v: %+v %v", args, r, err)
		}
	}
	want(t, 0, "import", in, "-o", out)
	got := want(t, 0, "inspect", out).out
	if !strings.Contains(got, "3 lines") || !strings.Contains(got, "i.connbox#1 Dear all") || strings.Contains(got, "CANARY") {
		t.Errorf("the bundle: %s", got)
	}
	want(t, 0, "import", "--force", "--hide-text", in, "-o", out)
	if got := want(t, 0, "inspect", out).out; strings.Contains(got, "Dear") || !strings.Contains(got, "3 lines that were no reply") {
		t.Errorf("--hide-text: %s", got)
	}
}
