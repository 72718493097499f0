package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// blank is what a person would have to fill in before running a command.
var blank = regexp.MustCompile(`<[a-z_ -]+>|\b(HOST|PORT|USER|COMMAND|PLACE|INPUT)\b|\{[a-z]+\}`)

// TestScreenOfEveryRecording: the answer to any recording is one screen of 80 columns, says
// what to do second, and has nothing to fill in.
func TestScreenOfEveryRecording(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err, len(paths))
	}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			t.Parallel()
			got := want(t, 0, "--color", "never", "analyze", p)
			lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
			if len(lines) > 35 {
				t.Errorf("%d lines", len(lines))
			}
			for _, l := range lines {
				if utf8.RuneCountInString(l) > 80 {
					t.Errorf("wider than 80: %s", l)
				}
				if b := blank.FindString(l); b != "" {
					t.Errorf("%s is to be filled in: %s", b, l)
				}
			}
			verdict, do := strings.Index(got.out, "VERDICT"), strings.Index(got.out, "DO NOW")
			if strings.Contains(got.out, "confidence") && !strings.Contains(got.out, "No incident") && (do < verdict || do > strings.Index(got.out, "\nclients ")) {
				t.Errorf("DO NOW is not second:\n%s", got.out)
			}
			no := strings.Count(got.out, "\n  NO   ")
			if no == 3 && !strings.Contains(got.out, "DO INSTEAD") {
				t.Errorf("three times No and nothing instead:\n%s", got.out)
			}
		})
	}
}
