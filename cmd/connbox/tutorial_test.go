package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTutorial runs the commands of docs/tutorial.md one after the other and compares what they
// print with what stands there.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	workDir(t)
	copied := regexp.MustCompile(`(?m)^cp (fixtures/\S+) (\S+)$`)
	for _, m := range copied.FindAllStringSubmatch(string(text), -1) {
		data, err := os.ReadFile(filepath.Join(top, m[1]))
		if err != nil {
			t.Fatal(err)
		}
		write(t, m[2], string(data))
	}
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			line, printed, _ := strings.Cut(part, "\n")
			args := strings.Fields(line)
			if args[0] != "connbox" {
				t.Fatalf("%q is no command of connbox", line)
			}
			r := invoke(t, args[1:]...)
			if commands++; r.code > 1 { // 1 tells of an incident, where asked
				t.Errorf("%s: status %d: %s", line, r.code, r.err)
			}
			sameLines(t, line, printed, r.out+r.err)
		}
	}
	if commands < 10 {
		t.Errorf("%d commands in the tutorial", commands)
	}
}

// sameLines looks for the lines of a document in what a command printed, in their order; between two
// lines without "…" nothing else stands.
func sameLines(t *testing.T, command, want, got string) {
	t.Helper()
	have := strings.Split(got, "\n")
	at, skip := 0, false
	for _, w := range strings.Split(strings.TrimRight(want, "\n"), "\n") {
		if w == "…" {
			skip = true
			continue
		}
		next := at
		for skip && next < len(have) && have[next] != w {
			next++
		}
		if next >= len(have) || have[next] != w {
			t.Errorf("%s: no line %q at line %d of what it prints:\n%s", command, w, at+1, got)
			return
		}
		at, skip = next+1, false
	}
}
