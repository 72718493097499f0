package report

import (
	"bytes"
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t testing.TB, format string, r *finding.Report, o Options) string {
	t.Helper()
	f, ok := Lookup(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	o.Full = !o.Full // tests of the parts look at all of the text; screens ask for them by Full
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

// TestGolden compares every format of every sample with testdata/golden.
func TestGolden(t *testing.T) {
	for _, s := range reporttest.Samples {
		for _, f := range Formats() {
			name := s.Name + "." + f.Name
			t.Run(name, func(t *testing.T) {
				golden(t, name, render(t, f.Name, s.Build(), Options{Version: "0.1.0"}))
			})
		}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"text", "md", "html"} {
		if got := render(t, f, reporttest.LeakThenStorm(), Options{Location: berlin, Width: 100}); !strings.Contains(html.UnescapeString(got), "Times in sentences are UTC; times in tables and charts are CET (UTC+01:00).") || !strings.Contains(got, "04:18:30") {
			t.Errorf("%s: another zone is not told", f)
		}
	}
	for _, s := range reporttest.Samples {
		golden(t, s.Name+".screen", render(t, "text", s.Build(), Options{Version: "0.1.0", Full: true}))
	}
	golden(t, "leak-ascii.text", render(t, "text", reporttest.LeakThenStorm(), Options{Version: "0.1.0", ASCII: true, Width: 64}))
	golden(t, "leak-color.text", render(t, "text", reporttest.LeakThenStorm(), Options{Version: "0.1.0", Color: true, Width: 120, Location: berlin, SourceName: "inc.connbox"}))
}

// styleAndScript are what is the same in every page, and the hashes of them in its policy: pages are
// compared without, for a change of style is seen in the style.
var styleAndScript = regexp.MustCompile(`(?s)(<style>).*?(</style>)|(<script>).*?(</script>)|('sha256-)[^']*`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	if strings.HasSuffix(name, ".html") {
		got = styleAndScript.ReplaceAllString(got, "$1$3$5...$2$4")
	}
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./report -update writes it)", err)
	}
	if string(want) == got {
		return
	}
	if err := os.WriteFile(path+".got", []byte(got), 0o644); err != nil {
		t.Error(err)
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s differs at line %d:\nwant %.300s\ngot  %.300s", path, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s: want %d lines, got %d", path, len(a), len(b))
}
