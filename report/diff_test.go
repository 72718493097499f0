package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/comparison"
	"github.com/connbox/connbox/report/reporttest"
)

func renderDiff(t testing.TB, format string, c *finding.Comparison, o Options) string {
	t.Helper()
	for _, f := range DiffFormats() {
		if f.Name != format {
			continue
		}
		var b bytes.Buffer
		if err := f.Write(&b, c, o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	t.Fatalf("no format %q", format)
	return ""
}

func TestDiffGolden(t *testing.T) {
	for _, f := range DiffFormats() {
		golden(t, "fix.diff."+f.Name, renderDiff(t, f.Name, reporttest.Fix(), Options{Version: "0.1.0"}))
	}
	golden(t, "fix.diff.full", renderDiff(t, "text", reporttest.Fix(), Options{Version: "0.1.0", Full: true}))
}

// A stranger's words stay words, in any format and width; the screen stays a screen.
func TestDiffIsInert(t *testing.T) {
	for _, n := range append([]string{"plain"}, reporttest.Nasty...) {
		c := reporttest.StrangersFix(n)
		for _, f := range DiffFormats() {
			got := renderDiff(t, f.Name, c, Options{})
			checkBytes(t, f.Name, got)
			switch f.Name {
			case "json":
				if !json.Valid([]byte(got)) {
					t.Fatalf("%q: no JSON", n)
				}
			case "html":
				if e := checkXML(t, f.Name, got); e["script"] > 0 || e["style"] != 1 || e["img"]+e["iframe"]+e["form"] > 0 {
					t.Fatalf("%q: foreign elements: %v", n, e)
				}
			case "md":
				prose := regexp.MustCompile("(?s)\\\\.|```.*?```|`[^`\n]*`|``[^\n]*?``|```[^\n]*?```").ReplaceAllString(got, "")
				if m := regexp.MustCompile(`<[a-zA-Z/!]|[^\\]\]\(|@\w|https?://|www\.`).FindString(prose); m != "" {
					t.Fatalf("%q: %q is live", n, m)
				}
			}
		}
		for width := 40; width <= 160; width += 17 {
			for _, ascii := range []bool{false, true} {
				for _, full := range []bool{false, true} {
					got := renderDiff(t, "text", c, Options{Width: width, ASCII: ascii, Full: full})
					if lines := strings.Count(got, "\n"); !full && lines > comparison.Lines {
						t.Fatalf("%q: %d lines", n, lines)
					}
					for _, l := range strings.Split(got, "\n") {
						if cells.Width(l) > width {
							t.Fatalf("%q: %d cells at %d: %q", n, cells.Width(l), width, l)
						}
						if ascii && strings.IndexFunc(l, func(r rune) bool { return r > 0x7e }) >= 0 {
							t.Fatalf("%q: not ASCII: %q", n, l)
						}
					}
				}
			}
		}
	}
}

// A number that is not known is null or n/a, and never zero.
func TestDiffOfNothing(t *testing.T) {
	c := &finding.Comparison{Outcome: finding.Outcome{Status: finding.Unknown, Confidence: math.NaN()}}
	got := renderDiff(t, "json", c, Options{})
	mustHave(t, got, `"apps": []`, `"signals": []`, `"key": null`, `"confidence": null`)
	for _, f := range DiffFormats() {
		mustLack(t, renderDiff(t, f.Name, c, Options{}), "NaN", "Inf")
		mustLack(t, renderDiff(t, f.Name, reporttest.Fix(), Options{}), "NaN", "Inf")
		if err := f.Write(failing{errors.New("full")}, c, Options{}); err == nil {
			t.Errorf("%s: no error", f.Name)
		}
	}
}
