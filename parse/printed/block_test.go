package printed

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Data that stand between a server's replies and prose are found, no more and no less.
func TestBlock(t *testing.T) {
	const before = "Hello,\nit's at the limit (see {this}).\n\n# Clients\nconnected_clients:5\n\n"
	const after = "\n# Stats\nrejected_connections:91\nThanks; that's all [1].\n"
	for file, want := range map[string]Form{"info.json": FormDictionary, "datadog.json": FormDatadog,
		"clients-python.txt":    FormLiteral,
		"prometheus-range.json": FormPrometheus, "info-java.txt": FormLiteral} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		mixed := []byte(before + string(text) + after)
		lo, hi, form := Block(mixed)
		if form != want || !bytes.Equal(mixed[lo:hi], text) {
			t.Errorf("%s: %s, from %d to %d of %d:\n%s", file, form, lo, hi, len(mixed), mixed[lo:hi])
		}
		if _, _, form := Block(mixed[hi:]); form != FormNone {
			t.Errorf("%s: %s behind it", file, form)
		}
	}
	for name, c := range map[string]struct {
		text string
		form Form
	}{
		"samples": {"# TYPE redis_connected_clients gauge\nredis_connected_clients 5\n\n# TYPE redis_blocked_clients gauge\nredis_blocked_clients 0\n", FormExposition},
		"stat":    {"keys mem clients blocked requests connections\n305 20.70M 605 0 1771418 (+0) 615\n305 20.70M 605 0 1771419 (+1) 615\n", FormStat},
		"sockets": {"ESTAB 0 0 10.0.0.1:6379 10.0.0.9:1\nESTAB 0 0 10.0.0.1:6379 10.0.0.9:2\n", FormSockets},
	} {
		mixed := []byte(before + c.text + after)
		if lo, hi, form := Block(mixed); form != c.form || string(mixed[lo:hi]) != c.text {
			t.Errorf("%s: %s\n%s", name, form, mixed[lo:hi])
		}
	}
	if _, _, form := Block([]byte(before + after)); form != FormNone {
		t.Error(form)
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
