package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// TestThreeQuestions: "should I increase maxclients, fix connection leaks, or scale out?" is answered
// of every recorded incident in one call, each answer with its reason, and three times no with
// what to do instead.
func TestThreeQuestions(t *testing.T) {
	incidents, err := filepath.Glob(filepath.Join(workDir(t), "..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(incidents) < 20 {
		t.Fatalf("%d recordings, %v", len(incidents), err)
	}
	answered := map[string]string{} // per cause, y or n for each question
	for _, in := range incidents {
		r := want(t, 0, "analyze", "-o", "brief", in)
		var b struct {
			Status, Cause, Instead string
			Confidence             float64
			Answers                []struct {
				Question, Why string
				Yes           bool
			}
			DoNow  []any `json:"do_now"`
			Next   []any `json:"next_observation"`
			Places []any
		}
		if err := json.Unmarshal([]byte(r.out), &b); err != nil || len(r.out) > 4096 || b.Confidence <= 0 {
			t.Errorf("%s: %v, %d bytes, confidence %v", in, err, len(r.out), b.Confidence)
		}
		if b.Status == "undetermined" {
			if len(b.Next) == 0 {
				t.Errorf("%s: undetermined, and no observation that would settle it", in)
			}
			continue
		}
		if len(b.Answers) != 3 {
			t.Errorf("%s: %d answers", in, len(b.Answers))
			continue
		}
		yes := ""
		for i, word := range []string{"maxclients", "leak", "cale out"} {
			a := b.Answers[i]
			if !strings.Contains(a.Question, word) || a.Why == "" {
				t.Errorf("%s: answer %d is %+v", in, i+1, a)
			}
			yes += map[bool]string{true: "y", false: "n"}[a.Yes]
		}
		if b.Status == "incident" {
			answered[b.Cause] = yes
			if yes == "nnn" && b.Instead == "" || len(b.DoNow) == 0 || len(b.Places) == 0 {
				t.Errorf("%s: %s and %q to do instead, %d steps, %d places", in, yes, b.Instead, len(b.DoNow), len(b.Places))
			}
		} else if yes != "nnn" {
			t.Errorf("%s: healthy, and %s", in, yes)
		}
	}
	for cause, yes := range map[string]string{"connection-leak": "nyn", "maxclients-too-low": "yny", "oversized-pool": "nnn", "retry-storm": "nnn"} {
		if answered[cause] != yes {
			t.Errorf("%s: %s, want %s", cause, answered[cause], yes)
		}
	}
}

var fenced = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestSkillIsTrue: the commands of SKILL.md exist with their flags, and what it names is there.
func TestSkillIsTrue(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "SKILL.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "---\nname: connbox\ndescription: ") {
		t.Error("no front matter")
	}
	root, n := newRoot(&cli.App{}), 0
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "connbox" {
				t.Errorf("no command of connbox: %q", line)
				continue
			}
			c := find(root, words[1])
			if c == nil {
				t.Errorf("no such command: %q", line)
				continue
			}
			n++
			for _, w := range words[2:] {
				if name, long := strings.CutPrefix(w, "--"); long && c.Flag(name) == nil || len(w) == 2 && w[0] == '-' && c.Flags().ShorthandLookup(w[1:]) == nil {
					t.Errorf("%s has no flag %s", c.Name(), w)
				}
			}
		}
	}
	if n < 6 {
		t.Errorf("%d commands: the test has gone blind", n)
	}
	for _, path := range regexp.MustCompile(`docs/[a-z./]+[a-z]`).FindAllString(string(text), -1) {
		if _, err := os.Stat(filepath.Join("..", "..", path)); err != nil {
			t.Error(err)
		}
	}
	var b map[string]any
	schema, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", "brief.schema.json"))
	if err != nil || json.Unmarshal(schema, &b) != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`(status|answers|instead|cause|confidence|culprits|do_now|for_good|risk|places|next_observation)`").FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(string(schema), `"`+m[1]+`": {`) {
			t.Errorf("the brief form has no %s", m[1])
		}
	}
}
