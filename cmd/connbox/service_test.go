package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// TestServicesUseFlagsThatExist: the unit and the manifests call the program as it is.
func TestServicesUseFlagsThatExist(t *testing.T) {
	flags := find(newRoot(&cli.App{}), "capture").Flags()
	files, err := filepath.Glob("../../docs/service/*")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	option := regexp.MustCompile(`--([a-z][a-z-]*)`)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "- --") && !strings.HasPrefix(line, "ExecStart=") {
				continue
			}
			line, _, _ = strings.Cut(line, " #")
			for _, m := range option.FindAllStringSubmatch(line, -1) {
				seen++
				if flags.Lookup(m[1]) == nil {
					t.Errorf("%s: capture has no --%s", path, m[1])
				}
			}
		}
		if seen < 3 {
			t.Errorf("%s: %d flags", path, seen)
		}
	}
}

// TestCutToStandardOutput: a bundle goes to standard output whole, also of an input that breaks off.
func TestCutToStandardOutput(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(31))
	r := want(t, 0, "cut", "i.txt", "--since", "1m", "-o", "-")
	write(t, "o.connbox", r.out)
	if j := look(t, "o.connbox"); count(j, "info") != 7 || !strings.Contains(r.err, "wrote standard output") {
		t.Errorf("%+v %s", j, r.err)
	}
	want(t, 0, "inspect", "--verify", "o.connbox")
	write(t, "nothing.txt", "nothing\n")
	if r := want(t, 3, "cut", "nothing.txt", "-o", "-"); r.out != "" {
		t.Errorf("%d bytes of nothing", len(r.out))
	}
}
