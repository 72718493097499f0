package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeveralServersInABundle: lists of a bundle come as what changed since the list before, which is
// another server's where two are in it; each is judged by itself all the same, and compared.
func TestSeveralServersInABundle(t *testing.T) {
	var texts []string
	for _, name := range []string{"leak-named", "churn"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "incidents", name+".dump.zst"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	workDir(t)
	if err := os.Mkdir("two", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "two/a.dump.zst", texts[0])
	write(t, "two/b.dump.zst", texts[1])
	want(t, 0, "import", "-q", "two", "-o", "two.connbox")
	r := want(t, 0, "analyze", "two.connbox")
	if !strings.Contains(r.out, "2 servers") || !strings.Contains(r.out, "Connection churn") || !strings.Contains(r.out, "invoices") {
		t.Error(r.out)
	}
	want(t, 0, "diff", "two.connbox", "two.connbox")
}
