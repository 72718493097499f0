package report

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"connbox/analyze"
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
		r.Causes[0].Evidence = append(r.Causes[0].Evidence, analyze.Evidence{Ref: fmt.Sprint("E", 20+i), Claim: "more", At: []string{"a", "b", "c", "d", "e"}, For: true})
	}
	list, total := citedEvidence(r, 8, textTimeline)
	var refs []string
	for _, e := range list {
		refs = append(refs, e.Ref)
	}
	if got := strings.Join(refs, " "); got != "E1 E2 E5 E6 E20 E21 E3 E4" || total != 18 {
		t.Errorf("got %s of %d", got, total)
	}
	got := render(t, "text", r, Options{})
	mustHave(t, got, "  E6  speaks against: a deploy", "at a, b, c and 2 more\n", "  10 more in the full report\n",
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
	r.Actions = append(r.Actions, analyze.Action{Risk: analyze.Changes, Command: long, Effect: "frees slots", Check: "idle falls"},
		analyze.Action{Risk: analyze.Changes, Command: "redis-cli ACL SETUSER app -@dangerous", Effect: "refuses KEYS"})
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
	u.Next = append(u.Next, analyze.Step{Command: "ask the owners what was deployed", Why: "a deploy explains a step."})
	mustHave(t, render(t, "md", u, Options{}), "3. Ask the owners what was deployed. a deploy explains a step.")
	mustHave(t, render(t, "html", u, Options{}), `<p class="do">ask the owners`)
}

// TestNotAssessedIsNotRuledOut: what nobody could look at stands apart, with what it needs.
func TestNotAssessedIsNotRuledOut(t *testing.T) {
	const want = "Connection leak, Oversized connection pools (needs CLIENT LIST)"
	text := render(t, "text", undetermined(), Options{Width: 160})
	mustHave(t, text, "RULED OUT\n  Protected-mode refusals: refusals come with the limit reached\n",
		"\nNOT ASSESSED: "+want+"; Application pool exhausted (needs application metrics)\n")
	mustHave(t, render(t, "md", undetermined(), Options{}), "## Not assessed\n\n- Connection leak, Oversized connection pools (needs CLIENT LIST)\n")
	mustHave(t, render(t, "html", undetermined(), Options{}), "<h3>Not assessed</h3>\n<ul><li>"+want+"</li>")
	for _, format := range []string{"text", "md", "html"} {
		r := undetermined()
		r.RuledOut = r.RuledOut[:1]
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
