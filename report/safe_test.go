package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/markdown"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// TestWidth: no line of text is wider than asked for, at any width, in any zone or set of
// characters; and ASCII is ASCII.
func TestWidth(t *testing.T) {
	for _, s := range reporttest.Samples {
		for width := 40; width <= 200; width += 3 {
			for _, ascii := range []bool{false, true} {
				got := render(t, "text", s.Build(), Options{Width: width, ASCII: ascii})
				for _, line := range strings.Split(got, "\n") {
					if n := cells.Width(line); n > width {
						t.Fatalf("%s: %d cells at width %d: %q", s.Name, n, width, line)
					}
				}
				if ascii && strings.IndexFunc(got, func(r rune) bool { return r > 0x7e }) >= 0 {
					t.Fatalf("%s: not ASCII: %q", s.Name, got)
				}
			}
		}
	}
}

// TestColor: colours add escapes and nothing else.
func TestColor(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, s := range reporttest.Samples {
		for _, width := range []int{40, 80, 133} {
			plain := render(t, "text", s.Build(), Options{Width: width})
			color := render(t, "text", s.Build(), Options{Width: width, Color: true})
			if !strings.Contains(color, "\x1b[") {
				t.Errorf("%s: no colour", s.Name)
			}
			if got := sgr.ReplaceAllString(color, ""); got != plain {
				t.Errorf("%s at %d: colour changes the text", s.Name, width)
			}
		}
	}
}

// checkBytes finds what a terminal, an editor or a browser could act on.
func checkBytes(t testing.TB, format, got string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Fatalf("%s: not UTF-8", format)
	}
	for i, r := range got {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029) {
			t.Fatalf("%s: control %U at byte %d: %.80q", format, r, i, got[max(0, i-40):])
		}
	}
}

// checkXML parses a document as strict XML: every element closed, every attribute quoted,
// no stray markup. Script and style bodies are not XML and are taken out before.
func checkXML(t testing.TB, format, doc string) (elements map[string]int) {
	t.Helper()
	doc = regexp.MustCompile(`(?s)(<script[^>]*>).*?(</script>)`).ReplaceAllString(doc, "$1$2")
	doc = regexp.MustCompile(`(?s)(<style>).*?(</style>)`).ReplaceAllString(doc, "$1$2")
	elements = map[string]int{}
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			elements[e.Name.Local]++
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("%s: handler %s on <%s>", format, a.Name.Local, e.Name.Local)
				}
				if a.Name.Local == "href" && !regexp.MustCompile(`^#[A-Za-z][A-Za-z0-9]*$`).MatchString(a.Value) {
					t.Fatalf("%s: link to %q", format, a.Value)
				}
			}
		}
	}
}

// checkAll writes r in every format and checks what must hold for any report.
func checkAll(t testing.TB, r *finding.Report) {
	t.Helper()
	for _, f := range Formats() {
		got := render(t, f.Name, r, Options{})
		checkBytes(t, f.Name, got)
		switch f.Name {
		case "json":
			if !json.Valid([]byte(got)) {
				t.Fatalf("json: not valid: %.200s", got)
			}
		case "html":
			// Browsers read and lay out a page sooner that has one byte a character.
			if i := strings.IndexFunc(got, func(r rune) bool { return r >= 0x80 }); i >= 0 {
				t.Fatalf("html: not ASCII: %.80q", got[max(0, i-40):])
			}
			checkBytes(t, f.Name, html.UnescapeString(got))
			e := checkXML(t, f.Name, got)
			if e["script"] != 2 || e["style"] != 1 || e["img"]+e["iframe"]+e["object"]+e["form"] > 0 {
				t.Fatalf("html: foreign elements: %v", e)
			}
			if len(got) > 400<<10 {
				t.Fatalf("html: %d bytes", len(got))
			}
		case "svg":
			checkXML(t, f.Name, got)
		case "md":
			if len(got) > markdown.Cap {
				t.Fatalf("md: %d bytes", len(got))
			}
		}
	}
}

func TestEverySampleIsSafe(t *testing.T) {
	for _, s := range reporttest.Samples {
		t.Run(s.Name, func(t *testing.T) { checkAll(t, s.Build()) })
	}
}

// TestOneNameEverywhere puts each nasty name alone into every field that holds a name.
func TestOneNameEverywhere(t *testing.T) {
	for _, n := range reporttest.Nasty {
		checkAll(t, reporttest.Named(n))
	}
}

// FuzzName: whatever a client calls itself, every format stays whole.
func FuzzName(f *testing.F) {
	for _, n := range reporttest.Nasty[:10] {
		f.Add(n, 80)
	}
	f.Fuzz(func(t *testing.T, name string, width int) {
		r := reporttest.Named(name)
		checkAll(t, r)
		width = max(40, width%300)
		for _, line := range strings.Split(render(t, "text", r, Options{Width: width, SourceName: name}), "\n") {
			if cells.Width(line) > width {
				t.Fatalf("%d cells at width %d: %q", cells.Width(line), width, line)
			}
		}
	})
}

// TestInputUntouched: writers share a report; none may change it.
func TestInputUntouched(t *testing.T) {
	for _, s := range reporttest.Samples {
		r := s.Build()
		before := render(t, "json", r, Options{})
		for _, f := range Formats() {
			if err := f.Write(io.Discard, r, Options{ASCII: true}); err != nil {
				t.Fatal(err)
			}
		}
		if render(t, "json", r, Options{}) != before {
			t.Errorf("%s: a writer changed the report", s.Name)
		}
	}
}

// TestWriteError: the error of the destination comes back, for every format.
func TestWriteError(t *testing.T) {
	want := errors.New("disk full")
	for _, f := range Formats() {
		if err := f.Write(failing{want}, reporttest.LeakThenStorm(), Options{}); !errors.Is(err, want) {
			t.Errorf("%s: got %v", f.Name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestPageSize: a day of noise in every series still fits.
func TestPageSize(t *testing.T) {
	r := reporttest.LeakThenStorm()
	rnd := reporttest.Noise(99)
	n := 17280 // every 5 s
	r.Input.To = reporttest.Start.Add(24 * time.Hour)
	for i := range r.Signals {
		s := &r.Signals[i]
		*s = reporttest.Series(s.ID, s.Title, s.Unit, n, 5*time.Second, func(float64) float64 { return math.Abs(rnd()) * 123456.789 })
		s.Step = i%2 == 0
	}
	got := render(t, "html", r, Options{})
	if len(got) > 400<<10 {
		t.Errorf("a day in eight series: %d bytes", len(got))
	}
	t.Logf("a day in eight series: %d bytes", len(got))
	if v, _, _ := words.Peak(&r.Signals[0]); !strings.Contains(got, units.Plain(v)) {
		t.Errorf("the peak %s is lost", units.Plain(v))
	}
}

// TestMarkdownCap: a report of any length is cut by whole sections, and says so.
func TestMarkdownCap(t *testing.T) {
	r := reporttest.Hostile()
	for i := range r.RuledOut {
		r.RuledOut[i].Why = strings.Repeat("wordy * ", 100)
	}
	for i := range r.WhatIf {
		r.WhatIf[i].Answer = strings.Repeat("| much ", 100)
	}
	for i := range r.Timeline {
		r.Timeline[i].What = strings.Repeat("@someone ", 100)
	}
	for i := range r.Causes {
		for k := range r.Causes[i].Evidence {
			r.Causes[i].Evidence[k].Claim = strings.Repeat("<b>", 200)
		}
	}
	got := render(t, "md", r, Options{})
	if len(got) > markdown.Cap || !strings.Contains(got, "Cut to fit 30 kB: Evidence") || !strings.Contains(got, "## To fill in") {
		t.Errorf("%d bytes, end %q", len(got), got[max(0, len(got)-400):])
	}
}

// TestMarkdownCells: no cell ends its row, opens HTML, or is a link or a mention.
func TestMarkdownCells(t *testing.T) {
	for _, n := range reporttest.Nasty {
		r := reporttest.LeakThenStorm()
		r.Holders[0].Label, r.Holders[0].TopCmd, r.Timeline[0].What = n, n, n
		got := render(t, "md", r, Options{})
		bars := regexp.MustCompile(`(^|[^\\])\|`)
		for _, line := range strings.Split(got, "\n") {
			switch {
			case strings.HasPrefix(line, "| 1 |"):
				if k := len(bars.FindAllString(line, -1)); k != 5 {
					t.Errorf("%q: timeline row of %d bars: %s", n, k, line)
				}
			case strings.Contains(line, "| 81 % |"):
				if k := len(bars.FindAllString(line, -1)); k != 9 {
					t.Errorf("%q: holders row of %d bars: %s", n, k, line)
				}
			}
		}
		prose := regexp.MustCompile("(?s)\\\\.|```.*?```|`[^`\n]*`|``[^\n]*?``|```[^\n]*?```").ReplaceAllString(got, "")
		if m := regexp.MustCompile(`<[a-zA-Z/!]|[^\\]\]\(|@\w|https?://|www\.|(^|\s)#\d`).FindString(prose); m != "" {
			t.Errorf("%q: %q is live in %s", n, m, prose[max(0, strings.Index(prose, m)-60):])
		}
	}
}

func TestSVGAlone(t *testing.T) {
	got := render(t, "svg", reporttest.LeakThenStorm(), Options{})
	if e := checkXML(t, "svg", got); e["path"] < 20 || e["svg"] != 1+7*(3+4) {
		t.Errorf("elements: %v", e)
	}
	if !bytes.Contains([]byte(got), []byte("limit 10 000")) {
		t.Error("no limit line")
	}
}
