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
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
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
	r := reporttest.LeakThenStorm()
	for i := range 12 {
		r.Causes[0].Evidence = append(r.Causes[0].Evidence, finding.Evidence{Ref: fmt.Sprint("E", 20+i), Claim: "more", At: []string{"a", "b", "c", "d", "e"}, For: true})
	}
	list, total := words.CitedEvidence(r, 8, 12)
	var refs []string
	for _, e := range list {
		refs = append(refs, e.Ref)
	}
	if got := strings.Join(refs, " "); got != "E1 E2 E5 E6 E7 E20 E3 E4" || total != 19 {
		t.Errorf("got %s of %d", got, total)
	}
	got := render(t, "text", r, Options{})
	mustHave(t, got, "  E6  speaks against: a deploy", "at a, b, c, d, e\n", "  E31 more", "This is all of it: no list is cut.\n",
		"Look at a place: connbox export redis-prod-3.connbox --at PLACE\n")
	for i := range r.Causes {
		r.Causes[i].Evidence = nil
	}
	mustLack(t, render(t, "text", r, Options{}), "EVIDENCE", "--at PLACE")
}

// TestStandardInput: a pipe has a name for people and "-" for a command.
func TestStandardInput(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Input.Name = "-"
	for _, o := range []Options{{}, {SourceName: "-"}} {
		mustHave(t, render(t, "text", r, o), "standard input   2026-11-20", "connbox report -\n")
		mustHave(t, render(t, "md", r, o), "# standard input: Connection leak")
		mustHave(t, render(t, "html", r, o), "<title>standard input: ", "<code>connbox report -</code>")
	}
}

func TestStepsAreShown(t *testing.T) {
	r := reporttest.LeakThenStorm()
	long := "lower the pool size of checkout-api (MaxTotal, PoolSize and the like) to what its traffic needs, on each of its hosts"
	r.Actions = append(r.Actions, finding.Action{Risk: finding.Changes, Command: long, Effect: "frees slots", Check: "idle falls"},
		finding.Action{Risk: finding.Changes, Command: "redis-cli ACL SETUSER app -@dangerous", Effect: "refuses KEYS"})
	text := render(t, "text", r, Options{})
	mustLack(t, text, `\`)
	mustHave(t, text, "  3  CODE OR SETUP\n     lower the pool size of checkout-api")
	md := render(t, "md", r, Options{})
	mustHave(t, md, "3. Tonight: **CODE OR SETUP** (a change to an application, its deployment or the server's setup). Lower the pool size",
		"1. Tonight: **CHANGES CONFIG** (lost at a restart unless written to the file). Buys 15 min", "5. Tonight: **CHANGES CONFIG** (changes the running server).",
		"What to look for: idle grows", "It worked if: idle falls.", "  - candidate, no owner yet: lower the pool size", "  - candidate, no owner yet: `redis-cli CONFIG SET maxclients 20000`")
	mustLack(t, md, "```sh\n   lower", "```sh\n   restart")
	page := render(t, "html", r, Options{})
	mustHave(t, page, `<p class="do">lower the pool size`, "<li>lower the pool size", "<li><code>redis-cli CONFIG SET maxclients 20000</code></li>",
		`<pre class="cmd"><code>redis-cli CONFIG SET maxclients 20000</code></pre>`, "What to look for: idle grows", "It worked if: idle falls")
	mustLack(t, page, "<code>restart", "<li>frees about 680", "It worked if: idle grows")
	u := reporttest.Undetermined()
	u.Next = append(u.Next, finding.Step{Command: "ask the owners what was deployed", Why: "a deploy explains a step."})
	mustHave(t, render(t, "md", u, Options{}), "3. Ask the owners what was deployed. a deploy explains a step.")
	mustHave(t, render(t, "html", u, Options{}), `<p class="do">ask the owners`)
}

// TestNotAssessedIsNotRuledOut: what nobody could look at stands apart, with what it needs.
func TestNotAssessedIsNotRuledOut(t *testing.T) {
	const want = "Connection leak, Oversized connection pools (needs CLIENT LIST)"
	text := render(t, "text", reporttest.Undetermined(), Options{Width: 160})
	mustHave(t, text, "RULED OUT\n  Protected-mode refusals: refusals come with the limit reached\n",
		"\nNOT ASSESSED: "+want+"; Application pool exhausted (needs application pool metrics (--app))\n")
	mustHave(t, render(t, "md", reporttest.Undetermined(), Options{}), "## Not assessed\n\n- Connection leak, Oversized connection pools (needs CLIENT LIST)\n")
	mustHave(t, render(t, "html", reporttest.Undetermined(), Options{}), "<summary>Not assessed: 2</summary>\n<ul><li>"+want+"</li>")
	for _, format := range []string{"text", "md", "html"} {
		r := reporttest.Undetermined()
		r.RuledOut = nil
		mustLack(t, strings.ToLower(render(t, format, r, Options{})), "ruled out")
		mustLack(t, strings.ToLower(render(t, format, reporttest.LeakThenStorm(), Options{})), "not assessed")
	}
}

func TestHealthySaysItOnce(t *testing.T) {
	got := render(t, "text", reporttest.Healthy(), Options{})
	if n := strings.Count(got, "No incident"); n != 1 {
		t.Errorf("said %d times:\n%s", n, got)
	}
}

// TestZoneNoteAtTheVerdict: the note stands between the verdict and its table of answers.
func TestZoneNoteAtTheVerdict(t *testing.T) {
	india := Options{Location: time.FixedZone("", 5*3600+1800), Width: 100}
	for _, format := range []string{"text", "md", "html"} {
		got := html.UnescapeString(render(t, format, reporttest.LeakThenStorm(), india))
		note := strings.Index(got, "Times in sentences are UTC; times in tables and charts are UTC+05:30.")
		if v := strings.Index(strings.ToLower(got), "the rate before"); note < v || v < 0 || note > strings.Index(got, "Runner-up") {
			t.Errorf("%s: the note is at %d, the verdict's last sentence at %d", format, note, v)
		}
		mustLack(t, render(t, format, reporttest.LeakThenStorm(), Options{}), "Times in sentences")
	}
}

func TestAlarmsAreShown(t *testing.T) {
	page := html.UnescapeString(render(t, "html", reporttest.LeakThenStorm(), Options{}))
	mustHave(t, page, "connections over 80 % of the limit for 60 s<br/><code>RedisConnectionsOver80Percent</code>",
		"- alert: RedisConnectionsOver80Percent\n  expr: redis_connected_clients / redis_config_maxclients > 0.8\n  for: 1m\n",
		"- alert: RedisConnectionsOver90Percent\n  expr: redis_connected_clients / redis_config_maxclients > 0.9\n  for: 1m\n",
		"<dt>from the first sign to the limit</dt><dd>11 min 30 s</dd>")
}

// TestGlossary: a unit few people know is explained beside it and in the appendix.
func TestGlossary(t *testing.T) {
	page := render(t, "html", reporttest.LeakThenStorm(), Options{})
	mustHave(t, page, `<abbr title="Kolmogorov-Smirnov distance:`, `<details id="glossary">`, "<dt>KS distance</dt>")
	mustLack(t, page, "<dt>τ-b</dt>", "<dt>score</dt>")
	mustLack(t, render(t, "html", reporttest.Undetermined(), Options{}), "glossary")
	mustLack(t, render(t, "md", reporttest.LeakThenStorm(), Options{}), "Kolmogorov")
}

// TestOneConfidence: the root has the verdict's, the others their own.
func TestOneConfidence(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Verdict.Confidence, r.Causes[0].Confidence = 0.71, 0.98
	for _, format := range []string{"text", "md", "html"} {
		got := render(t, format, r, Options{})
		mustHave(t, got, "0.71")
		mustLack(t, got, "0.98")
	}
	mustHave(t, render(t, "md", r, Options{}), "**Connection leak** (root, 0.71)", "**Retry storm** (amplifier, 0.91)")
	r.Causes = r.Causes[1:]
	if got := words.ConfidenceOf(r, 0); got != 0.91 {
		t.Errorf("another cause: %v", got)
	}
}

func TestRefusalsUnknown(t *testing.T) {
	nan := math.NaN()
	if got := render(t, "text", reporttest.Undetermined(), Options{}); !regexp.MustCompile(`(?m)^refused {40,}unknown$`).MatchString(got) {
		t.Errorf("no blank row in:\n%s", got)
	}
	// A stretch of which nothing is known is blank, not a row of zeros.
	r := reporttest.LeakThenStorm()
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
	mustHave(t, render(t, "html", reporttest.Healthy(), Options{}), "0 throughout")
	line := regexp.MustCompile(`(?m)^refused  ·+ ·+ {20,}unknown$`)
	if got := render(t, "text", r, Options{}); !line.MatchString(got) {
		t.Errorf("no blank stretch in:\n%s", got)
	}
}

// TestHoldersAtThePeak: who held nothing at the peak is no holder of slots; one host is
// not counted, it is the label.
func TestHoldersAtThePeak(t *testing.T) {
	r := reporttest.LeakThenStorm()
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
}

// TestCulpritAmongHolders: whose connections the verdict names is among the holders of the screen, however few they are.
func TestCulpritAmongHolders(t *testing.T) {
	r := reporttest.LeakThenStorm()
	mustHave(t, written(t, "text", r, Options{}), "TOP 3 OF 7 HOLDERS", "search (4 hosts)")
	r.Held.Groups[0].Blamed, r.Held.Groups[4].Blamed = false, true
	got := written(t, "text", r, Options{})
	mustHave(t, got, "\n3 OF 7 HOLDERS", "cart (8 hosts)", "feed (6 hosts)")
	mustLack(t, got, "TOP 3", "search (4 hosts)")
}

// TestHintsBreak: a command at the end that is too long for the screen can still be copied.
func TestHintsBreak(t *testing.T) {
	name := "/var/log/incidents/2026-09-21/" + strings.Repeat("x", 45) + ".zst"
	got := render(t, "text", reporttest.LeakThenStorm(), Options{Width: 80, SourceName: name})
	mustHave(t, got, "\nLook at a place:\n  connbox export \\\n", "\nAs a page:\n  connbox report \\\n", "--at PLACE\n")
	for _, l := range strings.Split(got, "\n") {
		if cells.Width(l) > 80 {
			t.Errorf("%d cells: %s", cells.Width(l), l)
		}
	}
}

// TestUndeterminedHasNoConfidence: its number is about the strongest candidate, which words
// say where it is worth a word; only the JSON report has it bare.
func TestUndeterminedHasNoConfidence(t *testing.T) {
	r := reporttest.Undetermined()
	for _, c := range []struct {
		p    float64
		want string
	}{{0.02, ""}, {0.36, "he strongest candidate is 36 % likely"}} {
		r.Verdict.Confidence = c.p
		for _, f := range []string{"text", "md", "html"} {
			got := render(t, f, r, Options{})
			mustLack(t, got, "confidence 0.", "Confidence 0.")
			if c.want != "" {
				mustHave(t, got, c.want)
			} else {
				mustLack(t, got, " % likely")
			}
		}
	}
	mustHave(t, render(t, "json", r, Options{}), `"confidence": 0.36`)
	mustHave(t, render(t, "text", reporttest.LeakThenStorm(), Options{}), "confidence 0.9")
}
