package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// TestIdentity: what people call a server goes from the import into the bundle and the report,
// and becomes a pseudonym where the bundle is redacted.
func TestIdentity(t *testing.T) {
	in := filepath.Join(workDir(t), "..", "..", "fixtures", "incidents", "leak-named.dump.zst")
	want(t, 0, "import", in, "-o", "a.connbox", "--label", "cart-cache-1", "--in-cluster", "cart", "--zone", "eu-1a")
	r := want(t, 0, "analyze", "-o", "json", "a.connbox")
	for _, field := range []string{`"label": "cart-cache-1"`, `"cluster": "cart"`, `"zone": "eu-1a"`, `"service": "invoices"`} {
		if !strings.Contains(r.out, field) {
			t.Errorf("the report lacks %s", field)
		}
	}
	want(t, 0, "redact", "a.connbox", "-o", "r.connbox")
	r = want(t, 0, "analyze", "-o", "json", "r.connbox")
	if strings.Contains(r.out, "cart-cache-1") || strings.Contains(r.out, "eu-1a") || strings.Contains(r.out, `"label": ""`) {
		t.Error("the redacted bundle names the server, or has no pseudonym for it")
	}
}

// TestShortBundleFromPipe: a short bundle is read twice, from standard input as well.
func TestShortBundleFromPipe(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	want(t, 0, "import", "i.txt", "-o", "i.connbox")
	data, err := os.ReadFile("i.connbox")
	if err != nil {
		t.Fatal(err)
	}
	file := want(t, 0, "analyze", "-o", "brief", "i.connbox")
	var out, said bytes.Buffer
	world := cli.World{In: bytes.NewReader(data), Out: &out, Err: &said, Env: func(string) (string, bool) { return "", false }}
	if code := run(t.Context(), []string{"analyze", "-o", "brief", "-"}, world); code != 0 {
		t.Fatalf("status %d: %s", code, said.String())
	}
	if strings.ReplaceAll(out.String(), `"input":"standard input"`, `"input":"i.connbox"`) != strings.ReplaceAll(file.out, "i.connbox#", "stdin#") {
		t.Errorf("piped\n%s\nfrom the file\n%s", out.String(), file.out)
	}
}
