package printed

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gatherAll gives the blocks of a text and what stands around them.
func gatherAll(text string) (forms []Form, blocks []string, rest string) {
	var b Block
	open := false
	end := func() {
		lines := string(bytes.Join(b.Lines(), []byte("\n"))) + "\n"
		if r := b.Read(); r != nil {
			forms, blocks = append(forms, r.Form), append(blocks, lines)
		} else {
			rest += lines
		}
		open = false
	}
	for line := range strings.Lines(text) {
		l := []byte(strings.TrimRight(line, "\n"))
		if open && !b.Add(l) {
			end()
		} else if open {
			if b.Whole() {
				end()
			}
			continue
		}
		if Opens(l) {
			b.Begin(l)
			if open = true; b.Whole() {
				end()
			}
		} else {
			rest += line
		}
	}
	if open {
		end()
	}
	return forms, blocks, rest
}

// Data that stand between a server's replies and prose are found, no more and no less.
func TestBlock(t *testing.T) {
	const before = "Hello,\nit's at the limit (see {this}).\n\n# Clients\nconnected_clients:5\n\n"
	const after = "# Stats\nrejected_connections:91\nThanks; that's all [1].\n"
	cases := map[string]struct {
		text string
		form Form
	}{
		"samples": {"# TYPE redis_connected_clients gauge\nredis_connected_clients 5\n\n# TYPE redis_blocked_clients gauge\nredis_blocked_clients 0\n", FormExposition},
		"stat":    {"keys mem clients blocked requests connections\n305 20.70M 605 0 1771418 (+0) 615\n305 20.70M 605 0 1771419 (+1) 615\n", FormStat},
		"sockets": {"ESTAB 0 0 10.0.0.1:6379 10.0.0.9:1\nESTAB 0 0 10.0.0.1:6379 10.0.0.9:2\n", FormSockets},
		"grep -c": {"$ netstat -an | grep -c 12882\n9891\n", FormPeers},
		"count":   {"$ netstat -an | grep 12882 | wc -l\n9891\n", FormPeers},
		"by peer": {"$ ss -tn | awk '{print $5}' | cut -d: -f1 | sort | uniq -c\n  12 10.0.0.1\n 310 10.0.0.9\n", FormPeers},
	}
	for file, form := range map[string]Form{"info.json": FormDictionary, "datadog.json": FormDatadog, "clients-python.txt": FormLiteral,
		"prometheus-range.json": FormPrometheus, "info-java.txt": FormLiteral} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		cases[file] = struct {
			text string
			form Form
		}{strings.TrimRight(string(text), "\n") + "\n", form}
	}
	for name, c := range cases {
		forms, blocks, rest := gatherAll(before + c.text + after)
		if len(forms) != 1 || forms[0] != c.form || strings.TrimSpace(blocks[0]) != strings.TrimSpace(c.text) || rest != before+after {
			t.Errorf("%s: %v %q, around it %q", name, forms, blocks, rest)
		}
	}
	if forms, _, rest := gatherAll(before + "{\nint main() {\n}\n}\n" + after); len(forms) > 0 || !strings.HasPrefix(rest, before) {
		t.Error(forms, rest)
	}
}

// An indent, a quote's marks and Windows' line ends take nothing away.
func TestPrefix(t *testing.T) {
	for _, file := range [...]string{"stat.txt", "exposition.txt", "cloudwatch-statistics.json",
		"info-python.txt", "ss.txt", "uniq.txt", "long.csv", "info-php.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		want := describe(text)
		for _, prefix := range [...]string{"    ", "> ", "\t", "  > > "} {
			quoted := prefix + strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n"+prefix) + "\n"
			if got := describe([]byte(quoted)); got != want {
				t.Errorf("%s behind %q:\n%s\nwant\n%s", file, prefix, got, want)
			}
		}
	}
}
