package analyze

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
)

// few are the snapshots of a recording that is too short for a course, and what package
// snapshot makes of them.
type few struct {
	first, last *snapshot.Facts
	pair        *snapshot.Pair // nil where there is one snapshot of the process
	other       bool           // the first snapshot is of another process
	printed     string         // what a printed course shows; may be empty
	slow        string         // what the slow log shows; may be empty
	denied      string         // what ACL LOG shows; may be empty
	settings    string         // lines of configuration beside it; may be empty
	client      string         // what a message of a client's library says; may be empty
	sockets     string         // what a table of sockets beside it shows; may be empty
	counted     int64          // connections that commands beside it counted; 0: none did
	candidates  []snapshot.Candidate
}

// fewShots gives the snapshots of a recording that is too short to be judged by its course;
// nil for a longer one, and where there is neither INFO nor CLIENT LIST.
func fewShots(m *measure.Model) *few {
	shots := m.TL.Shots
	told := slices.ContainsFunc(shots, func(s snapshot.Shot) bool { return s.HasInfo() || s.HasList || s.Limit() > 0 || s.Full })
	if !verdict.Starved(m) || !told {
		return nil
	}
	for i := range shots {
		shots[i].Configured(settingOf(m, "maxclients"))
		shots[i].Documented(float64(m.TL.Origin.Limit))
	}
	w := &few{last: snapshot.FactsOf(&shots[len(shots)-1]), slow: slowSays(m.TL), denied: m.TL.Denied.Summary(), client: clientSaid(m), settings: settingsSay(m), sockets: m.TL.Sockets.Summary(), counted: m.TL.Sockets.Counted()}
	if formOf(&m.TL.Origin) != "" {
		w.printed, w.sockets = printedSays(m), ""
	}
	w.first = w.last
	if len(shots) > 1 {
		w.first = snapshot.FactsOf(&shots[0])
		if p := snapshot.PairOf(w.first, w.last); p.Same {
			w.pair = p
		} else {
			w.other = true
		}
	}
	w.candidates = snapshot.Candidates(w.last, w.pair)
	return w
}

// report completes a report from the snapshots. What only a course shows stays empty: a
// timeline, series, rates of growth, what-ifs. Nothing is ruled out for want of data.
func (w *few) report(m *measure.Model, r *finding.Report) *finding.Report {
	if len(verdict.Contradictions(m)) == 0 {
		r.Verdict = w.verdict()
	}
	if r.Verdict.Status == finding.Incident {
		r.Causes = []finding.Finding{w.finding()}
	}
	takeLog(m, r, true)
	if r.Verdict.Status != finding.Healthy {
		r.Next = append(m.LogNext, w.next()...)
	}
	r.NotAssessed = w.notAssessed()
	r.Snapshot, r.Candidates, r.Holders = w.words(), w.ranked(), w.holders()
	placeLog(m, r)
	numberEvidence(r)
	r.Impact = w.impact()
	r.Actions = whatif.Actions(m, r)
	r.Observations = m.LogNotes
	r.Answers = whatif.ThreeAnswers(m, r)
	whatif.Dial(m, r)
	r.DataQuality = dataQuality(m)
	r.Limit = limitCourse(m)
	if r.Limit.Effective == 0 && w.last.Limit > 0 {
		r.Limit.Effective, r.Limit.From = int64(w.last.Limit), w.last.LimitFrom()
	}
	r.Config = configOf(m.TL)
	return r
}

// notAssessed lists the causes of which the snapshots hold nothing: their signs are in a
// reply that is not there.
func (w *few) notAssessed() []finding.RuledOut {
	have := map[cause.Need]bool{cause.NeedInfo: w.last.InfoPos != "", cause.NeedList: w.last.ListPos != "", cause.NeedCounts: true, cause.NeedConfig: true, cause.NeedSlowlog: true}
	var out []finding.RuledOut
	for _, c := range verdict.Causes {
		for _, n := range c.Needs {
			if !have[n] {
				out = append(out, finding.RuledOut{ID: c.ID, Why: "needs " + string(n)})
				break
			}
		}
	}
	slices.SortStableFunc(out, func(a, b finding.RuledOut) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// impact is what two snapshots count; nothing is known of what one cost but its totals since
// the server's start, which are among the remarks.
func (w *few) impact() finding.Impact {
	im := finding.Impact{Refused: -1, PeakRefused: -1, RefusedShare: -1, TimeAtLimit: -1, Unavailable: -1, AppErrors: -1, PeakAppErrors: -1}
	if w.pair != nil && w.pair.Same && w.pair.Refused >= 0 {
		im.Refused = int64(w.pair.Refused)
		if n := w.pair.Refused + w.pair.Accepted; n > 0 {
			im.RefusedShare = w.pair.Refused / n
		}
	}
	return im
}

// maxHolders bounds the table of who holds the slots.
const maxHolders = 200

// holders lists the hosts of the last list, never a network that hides them.
func (w *few) holders() []finding.Holder {
	before := map[string]int{}
	for i := range w.first.Hosts {
		before[w.first.Hosts[i].Key] = w.first.Hosts[i].Count
	}
	var out []finding.Holder
	for i := range w.last.Hosts[:min(len(w.last.Hosts), maxHolders)] {
		g := &w.last.Hosts[i]
		out = append(out, finding.Holder{Label: g.Key, Hosts: 1, Source: finding.Source{Host: g.Key, Connections: g.Count, Share: float64(g.Count) / w.last.Rows},
			Base: before[g.Key], Peak: g.Count, Last: g.Count, Growth: math.NaN(), IdleP50: g.IdleP50, IdleP95: math.NaN(),
			Blocked: int(math.Round(g.Blocked * float64(g.Count))), OMem: int64(g.OutSum), TopCmd: g.Cmd})
	}
	return out
}

// maxDrawn bounds the connections of a list whose lives a report holds.
const maxDrawn = 2000

// words gives what the snapshots say, for people.
func (w *few) words() finding.Snapshot {
	s := finding.Snapshot{Taken: 1}
	lines := w.last.Say()
	if w.pair != nil {
		s.Taken = max(w.last.Nth(), 2)
		lines = append(lines, w.pair.Say(w.last)...)
	}
	if w.other {
		s.Remarks = append(s.Remarks, finding.Remark{Topic: string(snapshot.Between), At: []string{w.first.InfoPos, w.last.InfoPos},
			Text: "The run ids differ: two servers, or a restart in between. What follows is of the last one."})
	}
	for _, x := range [...]struct{ topic, text string }{{"set", w.settings}, {"client", w.client}, {"sockets", w.sockets}, {"slow log", w.slow}, {"denied", w.denied}} {
		if x.text != "" {
			lines = append(lines, snapshot.Line{Topic: snapshot.Topic(x.topic), Text: x.text})
		}
	}
	s.Ages, s.Idles = w.last.Lives(maxDrawn)
	for _, l := range lines {
		s.Remarks = append(s.Remarks, finding.Remark{Topic: string(l.Topic), Text: l.Text, At: l.At})
	}
	return s
}

// leastProbable is the probability under which a candidate is not worth a line.
const leastProbable = 0.005

// ranked gives the candidates with what speaks for and against them.
func (w *few) ranked() []finding.Candidate {
	var out []finding.Candidate
	for i := range w.candidates {
		c := &w.candidates[i]
		if c.Probability < leastProbable {
			continue
		}
		out = append(out, finding.Candidate{ID: c.ID, Probability: c.Probability, For: evidenceOf(c.For, true), Against: evidenceOf(c.Against, false)})
	}
	return out
}

// maxStatements bounds what is said for a candidate, and against it.
const maxStatements = 5

func evidenceOf(sts []snapshot.Statement, pro bool) []finding.Evidence {
	var out []finding.Evidence
	for i := range sts {
		text, ok := sts[i].Text()
		if !ok || len(out) == maxStatements {
			continue
		}
		e := finding.Evidence{Claim: text, Value: sts[i].Value, Unit: sts[i].Sign.Unit, For: pro}
		switch e.Unit {
		case "%":
			e.Unit = "share"
		case "us":
			e.Value, e.Unit = e.Value/1e6, "s"
		}
		if sts[i].At != "" {
			e.At = []string{sts[i].At}
		}
		out = append(out, e)
	}
	return out
}

// verdict is the verdict of a few snapshots.
func (w *few) verdict() finding.Verdict {
	best := &w.candidates[0]
	v := finding.Verdict{Status: finding.Undetermined, Confidence: best.Probability, Score: best.Probability,
		Parts: []finding.Contribution{{What: "how probable it is by the signs of " + w.many() + ", calibrated on recordings of simulated and real servers", Value: best.Probability}}}
	switch finding.Status(snapshot.Status(w.candidates, w.last, w.pair)) {
	case finding.Healthy:
		v.Status = finding.Healthy
		v.Summary = "No incident found: " + w.fullness()
	case finding.Incident:
		v.Status, v.Cause = finding.Incident, best.ID
		v.Summary = w.claim()
	default:
		v.Summary = join(w.fullness(), w.miscount(), w.guess()+".", w.newcomer(), settles(w))
	}
	return v
}

func (w *few) many() string {
	switch n := w.last.Nth(); {
	case w.pair == nil:
		return "one snapshot"
	case n > 2:
		return fmt.Sprintf("the first and the last of %d snapshots", n)
	}
	return "two snapshots"
}

// fullness is the first thing that is said.
func (w *few) fullness() string {
	if w.printed != "" {
		return w.printed
	}
	return w.last.Say()[0].Text
}

// miscount says that INFO counts far more connections than commands beside it found: some servers
// have missed the end of connections and counted them for ever. Empty where the counts agree.
func (w *few) miscount() string {
	if w.counted == 0 || !(w.last.Connected > farMore*float64(w.counted)) {
		return ""
	}
	return fmt.Sprintf("But %s Either connected_clients is wrong, as in servers that miss the end of connections, or the count is of a part.", finding.LowerFirst(w.sockets))
}

// guess names the likeliest candidates.
func (w *few) guess() string {
	var parts []string
	for i := range w.candidates[:min(3, len(w.candidates))] {
		c := &w.candidates[i]
		if c.Probability >= worthSaying && (c.ID != snapshot.Healthy || len(snapshot.Trouble(w.last, w.pair)) == 0) {
			parts = append(parts, fmt.Sprintf("%s (%.0f%%)", phraseOf(c.ID), c.Probability*100))
		}
	}
	if len(parts) == 0 || !(w.last.Occupied >= snapshot.GuessFrom) {
		return "No cause stands out"
	}
	return "Likeliest: " + strings.Join(parts, ", then ")
}

// newcomer tells of a host that has just opened many connections; empty where none has.
func (w *few) newcomer() string {
	g := w.last.Newcomer()
	if g == nil {
		return ""
	}
	return fmt.Sprintf("%s opened its %d connections within the last %s and has used next to none: the start of a pool, a flood and the beginning of a leak look like this.",
		finding.Plain(g.Key), g.Count, finding.Duration(g.AgeHi))
}

// worthSaying is the probability from which on a candidate is in the summary, farMore from when on a
// count contradicts INFO.
const (
	worthSaying = 0.2
	farMore     = 2 // times as many connections as were counted cannot be a matter of moments
)

// settles says why no cause is named.
func settles(w *few) string {
	s := finding.UpperFirst(w.many())
	if w.pair != nil {
		return s + " do not settle it."
	}
	return s + " does not settle it."
}

// phraseOf is a cause's name within a sentence.
func phraseOf(id string) string {
	if id == snapshot.Healthy {
		return "a healthy server"
	}
	if c := verdict.CauseByID(id); c != nil {
		return c.Phrase
	}
	return strings.ReplaceAll(id, "-", " ")
}

// claim says in a sentence what the named cause rests on.
func (w *few) claim() string {
	best := &w.candidates[0]
	from, parts := w.from(best.ID), strings.Join(w.grounds(best), "; ")
	s := finding.UpperFirst(phraseOf(best.ID)) + from
	switch buffers := snapshot.OfBuffers(best.ID); { // what waits is a sentence of its own
	case parts == "":
		return s + "."
	case buffers && from == "":
		return parts + "."
	case buffers:
		return s + ". " + parts + "."
	}
	return s + ": " + parts + "."
}

// from says where a named cause comes from, within a sentence; empty where hosts tell nothing.
func (w *few) from(id string) string {
	g := w.last.Culprits(id)
	switch {
	case len(g) == 0 || len(w.last.Hosts) < 2:
		return ""
	case 2*float64(g[0].Count) > w.last.Rows:
		return fmt.Sprintf(", most of it from %s (%d of %.0f connections)", g[0].Key, g[0].Count, w.last.Rows)
	case len(g) == 1:
		return fmt.Sprintf(", from %s (%d of %.0f connections)", g[0].Key, g[0].Count, w.last.Rows)
	}
	return fmt.Sprintf(", spread over %d hosts, %s first (%d of %.0f connections)", len(g), g[0].Key, g[0].Count, w.last.Rows)
}

// grounds are what the claim rests on, two at most: what is said of how the connections of the
// culprit live, or of the buffers that a cause is about, else the strongest signs.
func (w *few) grounds(best *snapshot.Candidate) []string {
	var said, signs []string
	topic, of := snapshot.Living, "All: "
	if g := w.last.Culprits(best.ID); len(g) > 0 && len(w.last.Hosts) > 1 {
		of = g[0].Key + ": "
	}
	if snapshot.OfBuffers(best.ID) {
		topic, of = snapshot.Waiting, ""
	}
	for _, l := range w.last.Say() {
		if text, ok := strings.CutPrefix(l.Text, of); ok && l.Topic == topic {
			text, _, _ = strings.Cut(text, ". ")
			said = append(said, strings.TrimSuffix(text, "."))
		}
	}
	for _, e := range evidenceOf(best.For, true) {
		if !slices.Contains(signs, e.Claim) {
			signs = append(signs, e.Claim)
		}
	}
	if len(said) > 0 {
		signs = said
	}
	return signs[:min(2, len(signs))]
}

// finding is the named cause as a report has it.
func (w *few) finding() finding.Finding {
	best := &w.candidates[0]
	f := finding.Finding{ID: best.ID, Role: finding.Root, Confidence: best.Probability, Claim: w.claim()}
	f.Evidence = append(evidenceOf(best.For, true), evidenceOf(best.Against, false)...)
	total := 0.0
	culprits := w.last.Culprits(best.ID)
	for i := range culprits {
		total += float64(culprits[i].Count)
	}
	for i := range culprits {
		f.Sources = append(f.Sources, finding.Source{Host: culprits[i].Key, Connections: culprits[i].Count, Share: float64(culprits[i].Count) / total})
	}
	return f
}
