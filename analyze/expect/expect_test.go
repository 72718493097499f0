package expect

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// told gives the problems of a file as people see them.
func told(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%d:%d: %s\n", p.Line, p.Col, p.Text)
	}
	return b.String()
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"all at once": {"x.expect.yaml", `expect: 1
input: x.connbox
verdict: leak
min_confidence: 60
bogus: 1
onset: noon
onset_within: -2m
counts:
  refused: 10..5
  max_connections: 5 +- -1
  speed: 7
budgets:
  refused: -1
  idle_p95: sixty
`, `3:10: verdict "leak" is neither healthy, undetermined nor a cause
4:17: min_confidence 60 is not from 0 to 1
5:1: unknown field "bogus"
6:8: onset "noon" is no time as 2026-08-18T13:08:00Z
7:15: onset_within "-2m" is no duration as 2m
9:12: counts: refused "10..5": the range ends before it begins
10:20: counts: max_connections "5 +- -1": the tolerance is below 0
11:10: counts: unknown quantity "speed"
13:12: budgets: refused "-1": it cannot be below 0
14:13: budgets: idle_p95 "sixty": no duration as 60s
`},
		"JSON with places": {"x.expect.json", "{\"expect\": 1,\n \"input\": [1],\n \"verdict\": \"healthy\", \"not\": \"x\"}",
			"2:11: input is a list; it wants a text\n3:31: not is \"x\"; it wants a list of texts\n"},
		"JSON that is YAML": {"x.expect.json", "expect: 1\n", "1:1: invalid character 'e' looking for beginning of value\n"},
		"JSON cut":          {"x.expect.json", "{\"expect\": 1,", "1:14: the file ends within the expectation\n"},
		"twice":             {"x.expect.yaml", "expect: 1\ninput: x\nverdict: healthy\nverdict: healthy\n", "4:1: verdict stands here twice: first in line 3\n"},
		"nothing wanted":    {"x.expect.yaml", "expect: 1\ninput: x\n", "1:1: verdict is missing: a cause, healthy or undetermined; or else counts or budgets\n"},
		"budgets alone":     {"x.expect.yaml", "expect: 1\ninput: x\nbudgets: [refused: 0]\n", "3:11: budgets is a mapping; it wants a quantity and its bound, as growth_per_min < 0.5\n"},
		"aliases":           {"x.expect.yaml", "expect: 1\ninput: &a x\nverdict: *a\n", "3:10: verdict is an alias; it wants a text\n"},
		"empty value":       {"x.expect.yaml", "expect: 1\ninput:\nverdict: healthy\n", "2:7: input is empty; it wants a text\n"},
		"empty file":        {"x.expect.yaml", "# nothing\n", "1:1: the file is empty\n"},
		"no mapping":        {"x.expect.yaml", "- a\n", "1:1: an expectation is a mapping, as expect: 1\n"},
		"two documents":     {"x.expect.yaml", "expect: 1\n---\nexpect: 1\n", "3:10: something follows the expectation\n"},
		"no YAML":           {"x.expect.yaml", "expect: 1\n\tinput: [\n", "2:1: neither YAML nor JSON: found a tab character that violates indentation\n"},
		"version":           {"x.expect.yaml", "expect: 2\ninput: x\nverdict: healthy\n", "1:9: expect is 2; this connbox reads version 1\n"},
		"contradictions": {"x.expect.yaml", "expect: 1\ninput: x\nverdict: connection-leak\nnot: [connection-leak]\nsource: a\nnot_sources: [a]\nlimit: never\nlimit_within: 1m\nmin_confidence: 0.9\nmax_confidence: 0.5\n",
			"4:7: not: connection-leak is the verdict that is wanted\n6:15: not_sources: \"a\" is wanted as a source, too\n8:15: limit_within has no meaning beside limit: never\n10:17: max_confidence 0.5 is not from min_confidence to 1\n"},
		"not a number": {"x.expect.yaml", "expect: 1\ninput: x\nverdict: healthy\nmin_confidence: .nan\nbudgets: {refused: .inf}\n",
			"4:17: min_confidence is \".nan\"; it wants a number\n5:20: budgets: refused \".inf\": no number\n"},
		"too large": {"x.expect.yaml", "expect: 1\ninput: x\nverdict: healthy\nmax_confidence: inf\ncounts:\n  refused: ..\n  samples: 1e308 +- 1e308%\n  opened: 5 +- 1e309\nbudgets: {max_output_memory: 1e308GB}\n",
			"4:17: max_confidence +Inf is not from min_confidence to 1\n6:12: counts: refused \"..\": no number\n7:12: counts: samples \"1e308 +- 1e308%\": the tolerance leaves all numbers\n" +
				"8:11: counts: opened \"5 +- 1e309\": no number\n9:30: budgets: max_output_memory \"1e308GB\": no size as 64MB\n"},
		"no time of a recording": {"x.expect.yaml", "expect: 1\ninput: x\nverdict: healthy\nonset: 0001-01-01T00:00:00Z\nonset_within: 1m\n",
			"4:8: onset \"0001-01-01T00:00:00Z\" is no time as 2026-08-18T13:08:00Z\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, problems := Read(c.file, []byte(c.text), Options{}); told(problems) != c.want {
				t.Errorf("got\n%s\nwant\n%s", told(problems), c.want)
			}
		})
	}
}

func TestBound(t *testing.T) {
	for _, c := range []struct {
		id, text string
		exact    bool
		in, out  []float64
	}{
		{"max_connections", "800", false, []float64{0, 800}, []float64{801}},
		{"refused", "0", false, []float64{0}, []float64{1}},
		{"idle_p95", "60s", false, []float64{60}, []float64{60.1}},
		{"idle_p95", "1m30s", false, []float64{90}, []float64{91}},
		{"growth_per_min", "< 0.5", false, []float64{-3, 0.49}, []float64{0.5}},
		{"samples", ">= 20", false, []float64{20}, []float64{19}},
		{"samples", "> 20", false, []float64{21}, []float64{20}},
		{"refused", "12", true, []float64{12}, []float64{11, 13}},
		{"refused", "== 12", false, []float64{12}, []float64{11, 13}},
		{"refused", "10..14", true, []float64{10, 14}, []float64{9, 15}},
		{"refused", "100 +- 5%", true, []float64{95, 105}, []float64{94, 106}},
		{"refused", "100 ± 5", true, []float64{95, 105}, []float64{94, 106}},
		{"limit_used", "90%", false, []float64{0.9}, []float64{0.91}},
		{"limit_used", "50% +- 10%", true, []float64{0.4, 0.6}, []float64{0.39, 0.61}},
		{"max_output_memory", "64MB", false, []float64{64e6}, []float64{64e6 + 1}},
		{"growth_per_min", "-5..5", true, []float64{-5, 5}, []float64{-5.1}},
	} {
		b, err := QuantityByID(c.id).Bound(c.text, c.exact)
		if err != nil {
			t.Errorf("%s %q: %v", c.id, c.text, err)
		}
		for _, v := range c.in {
			if b.side(v) != 0 {
				t.Errorf("%s %q: %v is outside", c.id, c.text, v)
			}
		}
		for _, v := range c.out {
			if b.side(v) == 0 {
				t.Errorf("%s %q: %v is within", c.id, c.text, v)
			}
		}
	}
}

func TestPair(t *testing.T) {
	for text, want := range map[string][2]string{
		"max_connections: 800": {"max_connections", "800"},
		"growth_per_min < 0.5": {"growth_per_min", "< 0.5"},
		"refused=0":            {"refused", "0"},
		"refused == 0":         {"refused", "== 0"},
		"samples>=20":          {"samples", ">=20"},
		"idle_p95 <= 60s":      {"idle_p95", "<= 60s"},
	} {
		name, bound, err := Pair(text)
		if err != nil || name != want[0] || bound != want[1] {
			t.Errorf("%q: %q %q %v", text, name, bound, err)
		}
	}
	for _, text := range []string{"", "refused", "< 5", "REFUSED: 0"} {
		if _, _, err := Pair(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// measured makes a recording of a level at each second, a report of an incident, or a healthy one.
func measured(levels ...float64) *Measured {
	tl := &timeline.Timeline{Rounds: len(levels)}
	for i, n := range levels {
		s := timeline.NewSample(float64(1700000000+i), 0)
		s.HasInfo, s.Connected, s.Limit, s.InfoPos = true, n, 100, record.Pos{File: "x.txt", Line: int64(10 * (i + 1))}
		tl.Samples = append(tl.Samples, s)
	}
	r := &finding.Report{Verdict: finding.Verdict{Status: finding.Healthy, Confidence: 0.9}}
	r.Impact.Refused = -1
	return &Measured{Report: r, Timeline: tl}
}

// ramp gives n levels that rise by step from a level.
func ramp(n int, from, step float64) (out []float64) {
	for i := range n {
		out = append(out, math.Floor(from+step*float64(i)))
	}
	return out
}

func TestBudgets(t *testing.T) {
	flat, rise := measured(ramp(40, 50, 0)...), measured(ramp(40, 10, 1)...)
	short, noisy := measured(1, 2, 3), measured()
	for i := range 40 {
		noisy.Timeline.Samples = append(noisy.Timeline.Samples, measured(float64(50 + i*7919%11)).Timeline.Samples[0])
		noisy.Timeline.Samples[i].T += float64(i)
	}
	for _, c := range []struct {
		m       *Measured
		budget  string
		met     bool
		unknown bool
	}{
		{flat, "max_connections: 50", true, false},
		{flat, "max_connections: 49", false, false},
		{flat, "growth_per_min < 0.5", true, false},
		{flat, "connections_left: 0", true, false},
		{flat, "limit_used: 50%", true, false},
		{flat, "refused: 0", false, true},       // no count of refusals is not none
		{flat, "failed_logins: 0", false, true}, // nor of these
		{rise, "growth_per_min < 0.5", false, false},
		{rise, "growth_per_min > 30", true, false},
		{rise, "connections_left: 0", false, false},
		{short, "growth_per_min < 0.5", false, true},
		{short, "samples: >= 20", false, false},
		{noisy, "max_connections: 60", true, false},
	} {
		e, problems := OfBudgets([]string{c.budget}, false, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		diffs := e.Judge(c.m)
		if met := len(diffs) == 0; met != c.met || !met && diffs[0].Unknown != c.unknown {
			t.Errorf("%s: %+v", c.budget, diffs)
		}
	}
	// Noise of several connections is no growth that is sure.
	e, _ := OfBudgets([]string{"growth_per_min < 0.01"}, false, nil)
	for _, d := range e.Judge(noisy) {
		if !d.Unknown {
			t.Errorf("noise is taken for growth: %+v", d)
		}
	}
	if d := func() []Difference {
		e, _ := OfBudgets([]string{"max_connections: 30"}, false, nil)
		return e.Judge(rise)
	}(); len(d) != 1 || d[0].String() != "max_connections 49, want at most 30" || d[0].Evidence[0].At[0] != "x.txt:400" {
		t.Errorf("%+v", d)
	}
}

// incident makes a report of a leak by a service, with a reached limit.
func incident() *Measured {
	m := measured(ramp(40, 60, 1)...)
	at := time.Date(2026, 8, 18, 13, 8, 0, 0, time.UTC)
	m.Report.Verdict = finding.Verdict{Status: finding.Incident, Cause: "connection-leak", Confidence: 0.93}
	m.Report.Causes = []finding.Finding{{ID: "connection-leak", Role: finding.Root, Onset: at, OnsetLo: at.Add(-time.Minute), OnsetHi: at.Add(time.Second),
		Sources:  []finding.Source{{Host: "10.0.0.1", Name: "cart: #1"}, {Host: "10.0.0.2"}},
		Evidence: []finding.Evidence{finding.New("it rose", 1, "", "x.txt:10")}}}
	m.Report.RuledOut = []finding.RuledOut{{ID: "retry-storm", Why: "nobody was refused"}}
	m.Report.Impact.LimitReached, m.Report.Impact.Refused = at.Add(time.Hour), 4000
	m.Report.Input.Interval = 10 * time.Second
	return m
}

// TestProposeIsMet: what is written of a recording is read without a problem and met by it, and an
// update of it changes nothing.
func TestProposeIsMet(t *testing.T) {
	undetermined := measured(1, 2, 3)
	undetermined.Report.Verdict.Status = finding.Undetermined
	for name, m := range map[string]*Measured{"incident": incident(), "healthy": measured(5, 5, 5), "undetermined": undetermined, "nothing": measured()} {
		for _, input := range []string{"x.connbox", "a b: #{\x1b}\n\u202e'\".txt", "null", "007"} {
			text := Propose(m, input)
			e, problems := Read("x.expect.yaml", text, Options{})
			if len(problems) > 0 || e.Input != input {
				t.Errorf("%s: input %q\n%s\n%s", name, e.Input, told(problems), text)
				continue
			}
			diffs := e.Judge(m)
			if len(diffs) > 0 {
				t.Errorf("%s: %v\n%s", name, diffs, text)
			}
			if again, err := e.Update(text, m, diffs); err != nil || string(again) != string(text) {
				t.Errorf("%s: %v\n%s", name, err, again)
			}
		}
	}
}

// TestAnyNameCanBeWritten: whatever a client calls itself, YAML and JSON read it back as it was, and
// nothing in the file is unseen.
func TestAnyNameCanBeWritten(t *testing.T) {
	for from := rune(0); from < 0x11000; from += 0x100 {
		var s strings.Builder
		s.WriteByte('x')
		for r := from; r < from+0x100; r++ {
			if utf8.ValidRune(r) {
				s.WriteRune(r)
			}
		}
		text := jsonText(s.String())
		for _, name := range []string{"x.expect.yaml", "x.expect.json"} {
			e, problems := Read(name, []byte(`{"expect": 1, "input": `+text+`, "verdict": "healthy"}`), Options{})
			if len(problems) > 0 || e.Input != s.String() {
				t.Fatalf("from %#x: %s", from, told(problems))
			}
		}
		if at := strings.IndexFunc(text, func(r rune) bool { return r < 0x10000 && !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("from %#x: %q cannot be seen", from, text[at:at+1])
		}
	}
	m := incident()
	m.Report.Causes[0].Sources = []finding.Source{{Host: "10.0.0.1", Name: "\xff"}, {Host: "\xfe", Name: "\xff"}}
	e, problems := Read("x.expect.yaml", Propose(m, "x"), Options{})
	if len(problems) > 0 || strings.Join(e.Sources, " ") != "10.0.0.1" || len(e.Judge(m)) > 0 {
		t.Errorf("%s: %q", told(problems), e.Sources)
	}
}

// TestManyProblems: a file of nothing but problems costs no search for what each word may have meant.
func TestManyProblems(t *testing.T) {
	asked := 0
	_, problems := Read("x.expect.yaml", []byte(strings.Repeat("expct: 1\n", 10000)), Options{Near: func(string, []string) string { asked++; return "expect" }})
	if len(problems) != maxProblems+1 || asked > 2*maxProblems || !strings.HasSuffix(problems[0].Text, "did you mean expect?") {
		t.Errorf("%d problems, %d words looked for: %s", len(problems), asked, told(problems[:1]))
	}
}

const wrong = `# kept
expect: 1
input: x.connbox # kept, too
verdict: retry-storm
accept: [blocking-commands]
not:
  - connection-leak
  - oversized-pool
min_confidence: 0.99
sources: [nobody]
not_sources:
  - 10.0.0.2
onset: 2020-01-01T00:00:00Z
onset_within: 1s
limit: never
counts:
  refused: 12 +- 1%
  max_connections: 10..11
budgets:
  max_connections: 50 # a demand
`

func TestUpdate(t *testing.T) {
	m := incident()
	for _, c := range []struct{ name, text string }{{"x.expect.yaml", wrong},
		{"x.expect.json", `{"expect": 1, "input": "x.connbox", "verdict": "healthy", "counts": {"refused": 1}, "max_confidence": 0.5, "not": ["connection-leak"]}`},
		{"x.expect.json", "{\n  \"expect\": 1,\n  \"input\": \"x.connbox\",\n  \"verdict\": \"healthy\",\n  \"source\": \"nobody\",\n  \"counts\": [\n    \"refused: 1\"\n  ]\n}\n"},
	} {
		e, problems := Read(c.name, []byte(c.text), Options{})
		if len(problems) > 0 {
			t.Fatal(told(problems))
		}
		fresh, err := e.Update([]byte(c.text), m, e.Judge(m))
		if err != nil {
			t.Fatal(err)
		}
		e, problems = Read(c.name, fresh, Options{})
		if len(problems) > 0 {
			t.Fatalf("%s\n%s", told(problems), fresh)
		}
		for _, d := range e.Judge(m) {
			if d.Field != "budgets.max_connections" {
				t.Errorf("%s still: %v\n%s", c.name, d, fresh)
			}
		}
		for _, kept := range []string{"# kept\n", "input: x.connbox # kept, too\n", "max_connections: 50 # a demand\n", "- oversized-pool\n", "refused: 4000 +- 1%\n"} {
			if c.text == wrong && !strings.Contains(string(fresh), kept) {
				t.Errorf("%q is lost:\n%s", kept, fresh)
			}
		}
	}
}

// TestUpdateLeavesLines: lines of fields that are not changed stay as they are, byte by byte.
func TestUpdateLeavesLines(t *testing.T) {
	const text = `# yaml-language-server: $schema=expect.schema.json

# ticket 4711
expect: 1
input:   'x.connbox'   # from ops

# what they said
verdict: retry-storm  # at first

accept:   [  blocking-commands]
# before the list
not:
    # within it
    - connection-leak   # first
    - oversized-pool

    # behind it

# who
sources:
    - "nobody"
limit: never
budgets: {max_connections:   50}
# the end`
	m := incident()
	e, problems := Read("x.expect.yaml", []byte(text), Options{})
	if len(problems) > 0 {
		t.Fatal(told(problems))
	}
	fresh, err := e.Update([]byte(text), m, e.Judge(m))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("retry-storm  #", "connection-leak #", "    # within it\n    - connection-leak   # first\n    -", "  -", "    - \"nobody\"", "  - \"cart: #1\"\n  - 10.0.0.2",
		"limit: never", "limit: \""+stamp(m.Report.Impact.LimitReached)+"\"", "# the end", "# the end\nlimit_within: 20s\n").Replace(text)
	if string(fresh) != want {
		t.Errorf("%s\nwant\n%s", fresh, want)
	}
}

func TestDifferencesHaveEvidence(t *testing.T) {
	e, problems := Read("x.expect.yaml", []byte(wrong), Options{})
	if len(problems) > 0 {
		t.Fatal(told(problems))
	}
	diffs := e.Judge(incident())
	var fields []string
	for _, d := range diffs {
		fields = append(fields, d.Field)
		if d.Line == 0 || d.Unknown {
			t.Errorf("%+v", d)
		}
	}
	if got, want := strings.Join(fields, " "), "verdict min_confidence not[0] sources[0] not_sources[0] onset limit counts.max_connections counts.refused budgets.max_connections"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if d := diffs[0]; len(d.Evidence) != 2 || d.Evidence[0].Claim != "not retry-storm: nobody was refused" || d.Evidence[1].At[0] != "x.txt:10" {
		t.Errorf("%+v", d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(wrong)
	f.Add(`{"expect": 1, "input": "a", "verdict": "healthy", "counts": {"refused": "1 +- 5%"}}`)
	f.Add("expect: 1\ninput: &a [*a]\n? {a: b}\n: c\nbudgets: [growth_per_min < 0.5]\n")
	m := incident()
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"x.expect.yaml", "x.expect.json"} {
			e, problems := Read(name, []byte(text), Options{})
			for _, p := range problems {
				if p.Line < 1 || p.Col < 1 || p.Text == "" {
					t.Errorf("%+v", p)
				}
			}
			if len(problems) > 0 {
				continue
			}
			diffs := e.Judge(m)
			fresh, err := e.Update([]byte(text), m, diffs)
			if err != nil {
				t.Fatalf("%v of %q", err, text)
			}
			if _, problems := Read(name, fresh, Options{}); len(problems) > 0 {
				t.Errorf("%q became %q: %s", text, fresh, told(problems))
			}
		}
	})
}

func ExampleOfBudgets() {
	e, problems := OfBudgets([]string{"max_connections: 800", "growth_per_min < 0.5"}, false, nil)
	fmt.Println(len(problems))
	m := measured(ramp(60, 700, 2)...) // 118 connections more within a minute
	for _, d := range e.Judge(m) {
		fmt.Println(d.String())
	}
	// Output:
	// 0
	// max_connections 818, want at most 800
	// growth_per_min 120, want < 0.5
}
