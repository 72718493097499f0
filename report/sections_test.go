package report

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// mustHave tells what a rendering lacks, mustLack what it should not hold.
func mustHave(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in:\n%s", w, got)
		}
	}
}

func mustLack(t *testing.T, got string, bad ...string) {
	t.Helper()
	for _, b := range bad {
		if strings.Contains(got, b) {
			t.Errorf("%q in:\n%s", b, got)
		}
	}
}

// TestEvidenceExplainsTheTimeline: of much evidence the text shows eight pieces, and those
// the timeline refers to are among them, in the report's order.
func TestEvidenceExplainsTheTimeline(t *testing.T) {
	r := leakThenStorm()
	for i := range 12 {
		r.Causes[0].Evidence = append(r.Causes[0].Evidence, finding.Evidence{Ref: fmt.Sprint("E", 20+i), Claim: "more", At: []string{"a", "b", "c", "d", "e"}, For: true})
	}
	list, total := citedEvidence(r, 8, textTimeline)
	var refs []string
	for _, e := range list {
		refs = append(refs, e.Ref)
	}
	if got := strings.Join(refs, " "); got != "E1 E2 E5 E6 E7 E20 E3 E4" || total != 19 {
		t.Errorf("got %s of %d", got, total)
	}
	got := render(t, "text", r, Options{})
	mustHave(t, got, "  E6  speaks against: a deploy", "at a, b, c and 2 more\n", "  11 more in the full report\n",
		"Look at a place: connbox export redis-prod-3.connbox --at PLACE\n")
	for i := range r.Causes {
		r.Causes[i].Evidence = nil
	}
	mustLack(t, render(t, "text", r, Options{}), "EVIDENCE", "--at PLACE")
}

// TestStandardInput: a pipe has a name for people and "-" for a command.
func TestStandardInput(t *testing.T) {
	r := leakThenStorm()
	r.Input.Name = "-"
	for _, o := range []Options{{}, {SourceName: "-"}} {
		mustHave(t, render(t, "text", r, o), "standard input   2026-11-20", "connbox report -\n")
		mustHave(t, render(t, "md", r, o), "# standard input: Connection leak")
		mustHave(t, render(t, "html", r, o), "<title>standard input: ", "<code>connbox report -</code>")
	}
	for name, want := range map[string]string{"a.connbox": "a.connbox", "a b": "INPUT", "$(x)": "INPUT", "-rf": "INPUT", "recording": "INPUT", "x;y": "INPUT"} {
		if got := argument(name); got != want {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

// TestStepsAreCommandsOrProse: only what a shell takes stands as a command; an instruction
// of any length has no fence and no line continuation, and is the candidate printed.
func TestStepsAreCommandsOrProse(t *testing.T) {
	for s, want := range map[string]bool{"redis-cli INFO": true, "connbox capture": true, "grep x y": true, "for i in 1; do :; done": true,
		"while sleep 1; do :; done": true, "redis-client pools": false, "restart cart": false, "": false, "force it": false} {
		if isShell(s) != want {
			t.Errorf("%q: not %v", s, want)
		}
	}
	r := leakThenStorm()
	long := "lower the pool size of checkout-api (MaxTotal, PoolSize and the like) to what its traffic needs, on each of its hosts"
	r.Actions = append(r.Actions, finding.Action{Risk: finding.Changes, Command: long, Effect: "frees slots", Check: "idle falls"},
		finding.Action{Risk: finding.Changes, Command: "redis-cli ACL SETUSER app -@dangerous", Effect: "refuses KEYS"})
	text := render(t, "text", r, Options{})
	mustLack(t, text, `\`)
	mustHave(t, text, "  4  CHANGES CONFIG\n     lower the pool size of checkout-api")
	md := render(t, "md", r, Options{})
	mustHave(t, md, "4. **CHANGES CONFIG** (a change to an application, its deployment or the server's setup). Lower the pool size",
		"2. **CHANGES CONFIG** (lost at a restart unless written to the file). Buys 15 min", "5. **CHANGES CONFIG** (changes the running server).",
		"What to look for: idle grows", "It worked if: idle falls.", "  - candidate, no owner yet: lower the pool size", "  - candidate, no owner yet: `redis-cli CONFIG SET maxclients 20000`")
	mustLack(t, md, "```sh\n   lower", "```sh\n   restart")
	page := render(t, "html", r, Options{})
	mustHave(t, page, `<p class="do">lower the pool size`, "<li>lower the pool size", "<li><code>redis-cli CONFIG SET maxclients 20000</code></li>",
		"<pre><code>redis-cli CONFIG SET maxclients 20000</code></pre>", "What to look for: idle grows", "It worked if: idle falls")
	mustLack(t, page, "<pre><code>restart", "<li>frees about 680", "It worked if: idle grows")
	u := undetermined()
	u.Next = append(u.Next, finding.Step{Command: "ask the owners what was deployed", Why: "a deploy explains a step."})
	mustHave(t, render(t, "md", u, Options{}), "3. Ask the owners what was deployed. a deploy explains a step.")
	mustHave(t, render(t, "html", u, Options{}), `<p class="do">ask the owners`)
}

// TestNotAssessedIsNotRuledOut: what nobody could look at stands apart, with what it needs.
func TestNotAssessedIsNotRuledOut(t *testing.T) {
	const want = "Connection leak, Oversized connection pools (needs CLIENT LIST)"
	text := render(t, "text", undetermined(), Options{Width: 160})
	mustHave(t, text, "RULED OUT\n  Protected-mode refusals: refusals come with the limit reached\n",
		"\nNOT ASSESSED: "+want+"; Application pool exhausted (needs application pool metrics (--app))\n")
	mustHave(t, render(t, "md", undetermined(), Options{}), "## Not assessed\n\n- Connection leak, Oversized connection pools (needs CLIENT LIST)\n")
	mustHave(t, render(t, "html", undetermined(), Options{}), "<h3>Not assessed</h3>\n<ul><li>"+want+"</li>")
	for _, format := range []string{"text", "md", "html"} {
		r := undetermined()
		r.RuledOut = nil
		mustLack(t, strings.ToLower(render(t, format, r, Options{})), "ruled out")
		mustLack(t, strings.ToLower(render(t, format, leakThenStorm(), Options{})), "not assessed")
	}
}

// TestHealthyOnce: the summary of a healthy recording does not say the headline again.
func TestHealthyOnce(t *testing.T) {
	for in, want := range map[string]string{
		"No incident found: at most 3 of 9.": "At most 3 of 9.", "No incident: none refused": "None refused", "No incident found.": "",
		"No incident found": "", "No incidents of note.": "No incidents of note.", "All is well.": "All is well.", "": "",
	} {
		if got := withoutHeadline(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
	got := render(t, "text", healthy(), Options{})
	if n := strings.Count(got, "No incident"); n != 1 {
		t.Errorf("said %d times:\n%s", n, got)
	}
}

// TestZoneNoteAtTheVerdict: the note stands between the verdict and its table of answers.
func TestZoneNoteAtTheVerdict(t *testing.T) {
	india := Options{Location: time.FixedZone("", 5*3600+1800), Width: 100}
	for _, format := range []string{"text", "md", "html"} {
		got := html.UnescapeString(render(t, format, leakThenStorm(), india))
		note := strings.Index(got, "Times in sentences are UTC; times in tables and charts are UTC+05:30.")
		if v := strings.Index(strings.ToLower(got), "the rate before"); note < v || v < 0 || note > strings.Index(got, "Runner-up") {
			t.Errorf("%s: the note is at %d, the verdict's last sentence at %d", format, note, v)
		}
		mustLack(t, render(t, format, leakThenStorm(), Options{}), "Times in sentences")
	}
}

// TestAlarms: an alert fires once its condition has held for a minute of time, whatever the
// cadence, and the rule that is printed is the one that was computed.
func TestAlarms(t *testing.T) {
	nan := math.NaN()
	ramp := func(v ...float64) []float64 { return v }
	for _, c := range []struct {
		name        string
		every       time.Duration
		values      []float64
		limit       time.Duration // when it was reached; negative = never
		fires, lead string        // of the 80 % rule
	}{
		{"fast", 5 * time.Second, ramp(50, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 100), 75 * time.Second, "03:01:05", "10 s"},
		{"too fast to catch", 5 * time.Second, ramp(50, 70, 90, 100, 100, 100), 15 * time.Second, "would not have fired", "not before the limit"},
		{"after the limit", 30 * time.Second, ramp(50, 100, 100, 100), 30 * time.Second, "03:01:30", "not before the limit"},
		{"with the limit", 30 * time.Second, ramp(50, 85, 90, 100), 90 * time.Second, "03:01:30", "with the limit"},
		{"slow", 5 * time.Minute, ramp(50, 85, 90, 100), 15 * time.Minute, "03:10:00", "5 min"},
		{"missing value", 30 * time.Second, ramp(50, 85, nan, 85, 86, 86, 100), 3 * time.Minute, "03:02:30", "30 s"},
		{"a dip", 30 * time.Second, ramp(50, 85, 79, 85, 86, 86, 100), 3 * time.Minute, "03:02:30", "30 s"},
		{"exactly at it", 30 * time.Second, ramp(80, 80, 80, 80), -1, "would not have fired", "limit not reached"},
		{"at the limit from the start", 30 * time.Second, ramp(100, 100, 100), 0, "03:01:00 or before", "not known: over it from the first sample on"},
		{"from the start", 30 * time.Second, ramp(85, 85, 85, 100), 90 * time.Second, "03:01:00 or before", "at least 30 s"},
	} {
		r := &finding.Report{Limit: finding.Limit{Effective: 100}, Input: finding.Input{Interval: c.every}}
		s := finding.Signal{ID: "connections", Value: c.values}
		for i := range c.values {
			s.At = append(s.At, sampleStart.Add(time.Duration(i)*c.every))
		}
		r.Signals = []finding.Signal{s}
		if c.limit >= 0 {
			r.Impact.LimitReached = sampleStart.Add(c.limit)
		}
		a := alarms(r)
		if len(a) != 3 {
			t.Fatalf("%s: %d alarms", c.name, len(a))
		}
		if f, l := a[0].fires(clock{loc: time.UTC}), a[0].lead(r.Impact.LimitReached); f != c.fires || l != c.lead {
			t.Errorf("%s: fires %q, lead %q", c.name, f, l)
		}
	}
	if a := alarms(undetermined()); a[2].fires(clock{loc: time.UTC}) != "not known" || a[2].lead(at(1, 0)) != "not known" {
		t.Errorf("no refusals known: %+v", a[2])
	}
	gap := &finding.Signal{At: []time.Time{at(0, 0), at(0, 30), at(9, 0), at(9, 30), at(10, 0)}, Value: ramp(1, 1, 1, 1, 1)}
	a := alarm{hold: time.Minute}
	if a.fire(gap, 0, 75*time.Second); !a.at.Equal(at(10, 0)) || a.early {
		t.Errorf("across a gap: %v", a)
	}
	if alarms(&finding.Report{Limit: finding.Limit{Effective: 9}}) != nil {
		t.Error("alarms with no series")
	}
	page := html.UnescapeString(render(t, "html", leakThenStorm(), Options{}))
	mustHave(t, page, "connections over 80% of the limit for 60 s<br/><code>RedisConnectionsOver80Percent</code>",
		"- alert: RedisConnectionsOver80Percent\n  expr: redis_connected_clients / redis_config_maxclients > 0.8\n  for: 1m\n",
		"- alert: RedisConnectionsOver90Percent\n  expr: redis_connected_clients / redis_config_maxclients > 0.9\n  for: 1m\n",
		"<dt>from the first sign to the limit</dt><dd>11 min 30 s</dd>")
}

// TestGlossary: a unit few people know is explained beside it and in the appendix.
func TestGlossary(t *testing.T) {
	page := render(t, "html", leakThenStorm(), Options{})
	mustHave(t, page, `<abbr title="Kolmogorov-Smirnov distance:`, `<details open="open" id="glossary">`, "<dt>KS distance</dt>")
	mustLack(t, page, "<dt>τ-b</dt>", "<dt>score</dt>")
	mustLack(t, render(t, "html", undetermined(), Options{}), "glossary")
	mustLack(t, render(t, "md", leakThenStorm(), Options{}), "Kolmogorov")
}

// TestOneConfidence: the root has the verdict's, the others their own.
func TestOneConfidence(t *testing.T) {
	r := leakThenStorm()
	r.Verdict.Confidence, r.Causes[0].Confidence = 0.71, 0.98
	for _, format := range []string{"text", "md", "html"} {
		got := render(t, format, r, Options{})
		mustHave(t, got, "0.71")
		mustLack(t, got, "0.98")
	}
	mustHave(t, render(t, "md", r, Options{}), "**Connection leak** (root, 0.71)", "**Retry storm** (amplifier, 0.91)")
	r.Causes = r.Causes[1:]
	if got := findingConfidence(r, 0); got != 0.91 {
		t.Errorf("another cause: %v", got)
	}
}

// TestRefusedNote: none is said only where refusals would have been seen.
func TestRefusedNote(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values  []float64
		refused int64
		failed  int
		want    string
	}{
		{[]float64{nan, 0, 0}, 0, 0, "none"}, {[]float64{nan, 0, 0}, -1, 0, "unknown"}, {[]float64{nan, 0, 0}, 0, 1, "unknown"},
		{[]float64{nan, nan}, 0, 0, "unknown"}, {nil, 0, 0, "unknown"}, {[]float64{0, 3.5}, 7, 2, "peak 3.5/s"}, {[]float64{nan, 0}, 5, 0, "5 in all"},
	} {
		r := &finding.Report{Impact: finding.Impact{Refused: c.refused}, Input: finding.Input{Failed: c.failed}}
		s := finding.Signal{ID: "refused", Value: c.values}
		for i := range c.values {
			s.At = append(s.At, at(i, 0))
		}
		r.Signals = []finding.Signal{s}
		if got := refusedNote(r); got != c.want {
			t.Errorf("%v, %d refused, %d failed: %q", c.values, c.refused, c.failed, got)
		}
	}
	if got := render(t, "text", undetermined(), Options{}); !regexp.MustCompile(`(?m)^refused {40,}unknown$`).MatchString(got) {
		t.Errorf("no blank row in:\n%s", got)
	}
	// A stretch of which nothing is known is blank, not a row of zeros.
	r := leakThenStorm()
	for i := range r.Signals[1].Value {
		if i >= 180 {
			r.Signals[1].Value[i] = nan
		} else {
			r.Signals[1].Value[i] = 0
		}
	}
	r.Impact.Refused = -1
	mustLack(t, render(t, "md", r, Options{}), "Connections refused | 0")
	mustHave(t, render(t, "html", r, Options{}), "0 where it is known")
	mustHave(t, render(t, "html", healthy(), Options{}), "0 throughout")
	line := regexp.MustCompile(`(?m)^refused  ·+ ·+ {20,}unknown$`)
	if got := render(t, "text", r, Options{}); !line.MatchString(got) {
		t.Errorf("no blank stretch in:\n%s", got)
	}
}

// TestHoldersAtThePeak: who held nothing at the peak is no holder of slots; one host is
// not counted, it is the label.
func TestHoldersAtThePeak(t *testing.T) {
	r := leakThenStorm()
	r.Holders = append(r.Holders[:2:2], finding.Holder{Label: "latecomer", Hosts: 1, Last: 90}, finding.Holder{Label: "single", Hosts: 1, Peak: 4})
	for _, format := range []string{"text", "md"} {
		got := render(t, format, r, Options{})
		mustLack(t, got, "latecomer", "1 host", "more in the full report\n\nRULED")
		mustHave(t, got, "single", "(8 hosts)")
	}
	mustHave(t, render(t, "html", r, Options{}), "latecomer")
	r.Holders = r.Holders[2:3]
	mustLack(t, render(t, "text", r, Options{}), "TOP HOLDERS")
	mustLack(t, render(t, "md", r, Options{}), "Top holders")
	for n, want := range map[int]string{0: "0 hosts", 1: "1 host", 2: "2 hosts"} {
		if got := plural(n, "host"); got != want {
			t.Errorf("got %q", got)
		}
	}
}

// TestOpening: the first sentence whatever its length, then those that fit.
func TestOpening(t *testing.T) {
	for _, c := range []struct {
		s, want string
		limit   int
	}{
		{"", "", 10},
		{"One.", "One.", 1},
		{"One is long. Two.", "One is long.", 5},
		{"One. Two. Three is long.", "One. Two.", 12},
		{"1.5 of 2. Rest", "1.5 of 2.", 9},
		{"One. Two", "One. Two", 100},
	} {
		if got := opening(c.s, c.limit); got != c.want {
			t.Errorf("opening(%q, %d) = %q, want %q", c.s, c.limit, got, c.want)
		}
	}
}

// TestHintsBreak: a command at the end that is too long for the screen can still be copied.
func TestHintsBreak(t *testing.T) {
	name := "/var/log/incidents/2026-09-21/" + strings.Repeat("x", 45) + ".zst"
	got := render(t, "text", leakThenStorm(), Options{Width: 80, SourceName: name})
	mustHave(t, got, "\nLook at a place:\n  connbox export \\\n", "\nFull report:\n  connbox report \\\n", "--at PLACE\n")
	for _, l := range strings.Split(got, "\n") {
		if cellWidth(l) > 80 {
			t.Errorf("%d cells: %s", cellWidth(l), l)
		}
	}
}

// TestUndeterminedHasNoConfidence: its number is about the strongest candidate, which words
// say where it is worth a word; only the JSON report has it bare.
func TestUndeterminedHasNoConfidence(t *testing.T) {
	r := undetermined()
	for _, c := range []struct {
		p    float64
		want string
	}{{0.02, ""}, {0.36, "he strongest candidate is 36% likely"}} {
		r.Verdict.Confidence = c.p
		for _, f := range []string{"text", "md", "html"} {
			got := render(t, f, r, Options{})
			mustLack(t, got, "confidence 0.", "Confidence 0.")
			if c.want != "" {
				mustHave(t, got, c.want)
			} else {
				mustLack(t, got, "% likely")
			}
		}
	}
	mustHave(t, render(t, "json", r, Options{}), `"confidence": 0.36`)
	mustHave(t, render(t, "text", leakThenStorm(), Options{}), "confidence 0.9")
}
