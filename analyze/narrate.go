package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/parse"
)

// impact sums up what the recording cost.
func (m *model) impact(r *Report) Impact {
	im := Impact{Refused: int64(m.refused)}
	im.AppErrors, im.PeakAppErrors = m.appErrors()
	if m.span == 0 || !m.holds(refusedOf) || m.refused == 0 && m.fullProbes > 0 {
		im.Refused = -1 // not counted, or not up to where probes were refused
	}
	if n := m.refused + m.accepted; n > 0 {
		im.RefusedShare = m.refused / n
	}
	for _, i := range m.sat {
		if i > 0 && m.s[i].Epoch == m.s[i-1].Epoch {
			im.TimeAtLimit += time.Duration((m.s[i].T - m.s[i-1].T) * float64(time.Second))
		}
	}
	im.TimeAtLimit = im.TimeAtLimit.Round(time.Second)
	for i, x := range m.rate(refusedOf) {
		if x > im.PeakRefused {
			im.PeakRefused = x
		}
		if x > 0 && im.FirstSignal.IsZero() {
			im.FirstSignal = m.timeOf(i)
		}
	}
	if len(r.Causes) > 0 && !r.Causes[0].OnsetHi.IsZero() {
		im.FirstSignal = r.Causes[0].OnsetHi
		if !r.Causes[0].Onset.IsZero() {
			im.FirstSignal = r.Causes[0].Onset
		}
	}
	if m.satFirst < len(m.s) {
		im.LimitReached = m.timeOf(m.satFirst)
		if last := m.sat[len(m.sat)-1]; last < len(m.s)-2 {
			im.Recovered = m.timeOf(last + 1)
		}
	}
	return im
}

// events writes the timeline: what began, what was reached, what ended.
func (m *model) events(r *Report) []Event {
	var out []Event
	add := func(at time.Time, what string, refs ...string) {
		if !at.IsZero() {
			out = append(out, Event{At: at, What: what, Refs: refs})
		}
	}
	for _, c := range r.Causes {
		var refs []string
		for _, e := range c.Evidence[:min(1, len(c.Evidence))] {
			refs = append(refs, e.Ref)
		}
		if c.Onset.IsZero() && !c.OnsetHi.IsZero() {
			add(c.OnsetHi, fmt.Sprintf("%s was there before the recording: %s", titleOf(c.ID), c.Claim), refs...)
		}
		add(c.Onset, fmt.Sprintf("%s begins: %s", titleOf(c.ID), c.Claim), refs...)
		for k, s := range c.Spells {
			if k > 0 {
				add(s.From, fmt.Sprintf("%s goes on after a pause, at %.1f a minute: %.0f become %.0f", titleOf(c.ID), s.PerMin, s.Begin, s.End))
			}
			if k < len(c.Spells)-1 {
				add(s.To, fmt.Sprintf("%s pauses, at %.0f connections", titleOf(c.ID), s.End))
			}
		}
		add(c.End, fmt.Sprintf("%s ends", titleOf(c.ID)))
	}
	for i := range m.s {
		if u := m.occ[i] / m.s[i].Limit; u >= 0.8 {
			if i >= m.satFirst { // the limit itself tells it
				break
			}
			add(m.timeOf(i), fmt.Sprintf("80 %% of the limit in use: %.0f of %.0f", m.occ[i], m.s[i].Limit))
			break
		}
	}
	if m.satFirst < len(m.s) {
		s := &m.s[m.satFirst]
		if told := s.HasInfo || s.HasList; told && !math.IsNaN(s.Limit) && !s.Full {
			add(m.timeOf(m.satFirst), fmt.Sprintf("limit reached: %.0f of %.0f", m.occ[m.satFirst], s.Limit))
		} else {
			add(m.timeOf(m.satFirst), "limit reached: a probe was refused for want of a slot")
		}
	}
	peak := -1
	for i, x := range m.rate(refusedOf) {
		if x > 0 && peak < 0 {
			add(m.timeOf(i), fmt.Sprintf("first refusals: %.0f since the sample before", m.s[i].Refused))
			peak = i
		}
		if peak >= 0 && x > m.s[peak].Refused/m.s[peak].Span {
			peak = i
		}
	}
	if peak >= 0 {
		add(m.timeOf(peak), fmt.Sprintf("most refusals: %.1f a second", m.s[peak].Refused/m.s[peak].Span))
	}
	for i := 1; i < len(m.s); i++ {
		if m.s[i].Epoch != m.s[i-1].Epoch {
			add(m.timeOf(i), "the server has restarted: another process answers")
		}
	}
	for _, e := range m.logEvents {
		add(e.At, "server log: "+e.What)
	}
	add(r.Impact.Recovered, "below the limit again")
	slices.SortStableFunc(out, func(a, b Event) int { return a.At.Compare(b.At) })
	if len(out) > 40 {
		out = out[:40]
	}
	return out
}

// doubts says where the data is weak and what that did.
func (m *model) doubts() []Doubt {
	var out []Doubt
	add := func(yes bool, effect, format string, args ...any) {
		if yes {
			out = append(out, Doubt{What: fmt.Sprintf(format, args...), Effect: effect})
		}
	}
	tl := m.tl
	if m.logDoubt != nil {
		out = append(out, *m.logDoubt)
	}
	add(m.infoOnly, "who holds the connections is not known; several causes cannot be told apart", "no CLIENT LIST in the recording")
	add(m.oneAddress && len(m.tl.Samples) > 0, "hosts cannot be told apart; the confidence is lowered", "nearly all clients share one address (NAT, a proxy, one machine)")
	add(!tl.Slots.Refused && len(tl.Servers) > 0, "refusals are seen only where the recorder itself was refused", "a %v server does not count refused connections in INFO", tl.Slots.Family)
	few, infos := m.starved() && len(tl.Shots) > 0, m.infos() // of a few snapshots nobody expects a course
	add(!few && infos < 2, "refusals and arrivals are not known", "fewer than two INFO in the recording")
	add(!few && infos >= 2 && m.span == 0, "refusals and arrivals are not known", "no time between the %d INFO in the recording", infos)
	add(!few && tl.Rounds > 0 && tl.Rounds < int(fullRounds), "the confidence is lowered", "only %s", many(tl.Rounds, "sample"))
	add(tl.Gaps() > 0, "counters are exact across gaps; what came and went within them is not seen", "%s of over 2.5 intervals", many(tl.Gaps(), "gap"))
	total := map[parse.FailureClass]int{}
	for i := range m.s {
		for c, n := range m.s[i].Failed {
			total[c] += n
		}
	}
	for _, f := range failureEffects {
		add(total[f.class] > 0, f.effect, "%s without a usable reply: %s", many(total[f.class], "probe"), f.what)
	}
	add(len(tl.Servers) > 1, "counters are taken from each process's start; what the old one did after its last sample is lost", "the server restarted %s", times(len(tl.Servers)-1))
	add(tl.Mixed > 0, "what looks like restarts may be two servers: analyse them apart", "replies of different servers are mixed (run ids that come back, or other ports)")
	add(tl.Resets > 0, "the deltas across it are lower bounds", "counters were reset %s (CONFIG RESETSTAT)", times(tl.Resets))
	add(tl.ClockApart != 0 && !tl.Relative, "the slow log's times are moved to the recorder's clock", "the server's clock and the recorder's are %s apart", duration(math.Abs(tl.ClockApart)))
	add(tl.Torn > 0, "what they lack is taken to be as in the lists around them", "%s cut short, the first at %s: far fewer connections than INFO counted", many(tl.Torn, "client list"), tl.TornPos)
	m.stepWords(add)
	add(tl.OddIdle > 0, "they are not used: these connections count as used and idle as the others of their source", "%d of %d idle times cannot be: below zero, or longer than the connection is old or the server up", tl.OddIdle, tl.IdleSeen)
	add(slices.ContainsFunc(m.apps, (*app).overflows), "those past it stand as one source, (others): their hosts are not told apart", "more than %d sources of connections", maxSources)
	for _, what := range m.contradictions() {
		add(true, "no verdict can rest on this recording", "%s", what)
	}
	add(tl.Relative && !tl.Paced && !few, "times count from the server's start", "no times in the input; INFO's uptime_in_seconds stands in")
	add(tl.Paced, "times count from the first line", "no times in the input")
	if c, info := m.configLimit(); c != info {
		add(true, "INFO's is used, which is of the moment", "CONFIG GET says maxclients %.0f, INFO %.0f", c, info)
	}
	if what := m.limitDoubt(); what != "" {
		effect := "the height of the refusals stands for the limit; the confidence is lowered"
		if !m.limitSeen {
			effect = "how near the limit was is not known; the confidence is lowered"
		}
		add(true, effect, "%s", what)
	}
	add(!few && m.limitTold == 0 && math.IsNaN(m.limitPeak) && m.peakSlot >= 0, "how near the limit was is not known", "the limit is not in the recording (INFO shows it from 6.2; before, CONFIG GET maxclients)")
	for _, w := range tl.Warnings {
		add(true, "what could be read was used", "%s", w)
	}
	return out
}

// failureEffects says of each class of failure what it means for the verdict.
var failureEffects = [...]struct {
	class        parse.FailureClass
	what, effect string
}{
	{parse.FailMaxClients, "refused, no slot free", "each is an observation of the limit; who held the slots then is not known"},
	{parse.FailProtected, "refused by protected mode", "says nothing of the limit"},
	{parse.FailAuth, "not authenticated", "says nothing of the connections; check the password"},
	{parse.FailPerm, "not permitted or not known to the server", "what it would have shown is missing; grant the recorder's user the command"},
	{parse.FailLoading, "the server was loading, busy or without its primary", "nothing is known of these moments"},
	{parse.FailRefused, "nothing listened", "the server was down, or the address is wrong"},
	{parse.FailReset, "the connection was cut", "the server restarted, refused without a word (TLS at the limit), or something between cut it"},
	{parse.FailTimeout, "no answer in time", "the server was stalled or unreachable"},
	{parse.FailTLS, "no TLS connection", "says nothing of the connections"},
	{parse.FailOther, "other errors", "nothing is known of these moments"},
}

// fromTo says how a number moved.
func fromTo(a, b float64) string {
	if from, to := fmt.Sprintf("%.0f", a), fmt.Sprintf("%.0f", b); from != to {
		return "went from " + from + " to " + to
	}
	return fmt.Sprintf("stayed at %.0f", b)
}

// many prints a number of things.
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// observations are remarks that are no findings.
func (m *model) observations(r *Report) []string {
	var out []string
	if len(m.tl.Servers) > 1 && r.Verdict.Status == Healthy {
		out = append(out, fmt.Sprintf("The server restarted; %.0f connections are back, none was refused.", m.occ[len(m.occ)-1]))
	}
	if !math.IsNaN(m.used) && r.Verdict.Status == Healthy {
		out = append(out, fmt.Sprintf("Highest use of the limit: %.0f %% at %s.", m.used*100, hhmmss(m.timeOf(m.peakSlot))))
	}
	for _, a := range m.apps[:min(len(m.apps), 3)] {
		if m.infoOnly || len(m.lists) < 3 || r.Verdict.Status != Healthy {
			break
		}
		stayed, gone, fresh, _, _ := (&pass{model: m}).turnover(a)
		if gone > 0 && fresh > 0 && gone >= stayed {
			out = append(out, fmt.Sprintf("%s replaced its hosts (%d went, %d came) without nearing the limit.", a.label, gone, fresh))
		}
	}
	out = append(out, m.logNotes...)
	return out
}

// nextSteps says which observation would settle an open case.
func (m *model) nextSteps(not []opinion) []Step {
	var out []Step
	add := func(command, why string) {
		for _, s := range out {
			if s.Command == command {
				return
			}
		}
		out = append(out, Step{command, why})
	}
	if len(m.contradictions()) > 0 {
		add("connbox capture -o next.connbox", "a recording of one server, with its own clock, by one recorder")
	}
	if m.tl.Rounds < int(fullRounds) {
		add("connbox capture --duration 15m -o next.connbox", "a course needs at least six samples, a trend about thirty")
	}
	denied := false
	for i := range m.s {
		denied = denied || m.s[i].Failed[parse.FailPerm] > 0
	}
	switch {
	case m.infoOnly && denied:
		add("redis-cli ACL SETUSER USER +info +client|list +slowlog|get +config|get", "the recorder's user may not ask for everything; without CLIENT LIST leak, pool and blocking look alike")
	case m.infoOnly:
		add("redis-cli CLIENT LIST", "in the loop beside INFO: shows who holds the connections; leak, pool and blocking look alike without it")
	}
	if m.span == 0 {
		add("redis-cli INFO", "in the loop: counts accepted and refused connections exactly")
	}
	if math.IsNaN(m.used) {
		add("redis-cli CONFIG GET maxclients", "without the limit, how near it was is not known")
	}
	if m.refused > 0 || m.fullProbes > 0 || m.used >= healthyUsed {
		if m.tl.Slowlogs == 0 {
			add("redis-cli --no-raw SLOWLOG GET 128", "slow commands before the growth would make them the cause")
		}
		add("connbox capture --wait --duration 30m -o next.connbox", "the time before the limit is reached shows what fills it")
		for _, o := range not {
			if slices.Contains(o.missing, NeedApp) {
				add("give the metrics of the applications' pools to connbox analyze --app", "tells whether the applications' own pools were exhausted")
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// holderTable gives the applications at the peak.
func (m *model) holderTable() []Holder {
	if m.infoOnly || len(m.lists) == 0 {
		return m.tl.Sockets.holders()
	}
	tl := m.tl
	owner := map[*series]*app{}
	for _, e := range m.ents {
		for _, s := range e.parts {
			owner[s] = e.app
		}
	}
	idle, cmds := map[*app][]float64{}, map[*app]map[string]int{}
	for i, src := range tl.Peak.src {
		a := owner[tl.Sources[src]]
		idle[a] = append(idle[a], tl.Peak.idle[i])
		if cmds[a] == nil {
			cmds[a] = map[string]int{}
		}
		cmds[a][tl.Peak.cmd[i]]++
	}
	peak := m.lastListBefore(tl.Peak.slot)
	if peak < 0 {
		peak = m.lists[0]
	}
	var out []Holder
	for _, a := range m.apps {
		out = append(out, m.holder(a, peak, idle[a], cmds[a]))
	}
	slices.SortStableFunc(out, func(a, b Holder) int { return -cmp.Compare(a.Peak, b.Peak) })
	return out[:min(len(out), 50)]
}

// mostFrequent gives the key with the highest count, the first by name among equals.
func mostFrequent(n map[string]int) string {
	best := ""
	for k, v := range n {
		if best == "" || v > n[best] || v == n[best] && k < best {
			best = k
		}
	}
	return best
}
