package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/cause/stall"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/parse/record"
)

// titleOf gives a cause's title, its id where the catalog does not have it: snapshots and
// logs know causes of their own.
func titleOf(id string) string {
	if c := verdict.CauseByID(id); c != nil {
		return c.Title
	}
	return finding.UpperFirst(strings.ReplaceAll(id, "-", " "))
}

// stepWords say what clocks did, and what became of it.
func stepWords(m *measure.Model, add func(yes bool, effect, format string, args ...any)) {
	tl := m.TL
	for _, s := range tl.Steps[:min(len(tl.Steps), 3)] {
		whose, effect := "recorder's", "intervals are measured by the server's uptime; times from then on are those of the clock before"
		if s.Server {
			whose, effect = "server's", "intervals are the recorder's; idle times around it are off by as much"
		}
		way := "forward"
		if s.By < 0 {
			way = "back"
		}
		add(true, effect, "the %s clock was set %s by %s at %s", whose, way, finding.Duration(math.Abs(s.By)), finding.Clock(finding.UnixTime(s.At)))
	}
	add(tl.StepCount > 3, "each was put right by the other clock", "clocks were set %d times in all", tl.StepCount)
	add(tl.StepCount == 0 && tl.ClockSteps > 0, "the step is taken for one usual interval", "the clock ran backwards %s", finding.Times(tl.ClockSteps))
}

// impact sums up what the recording cost.
func impact(m *measure.Model, r *finding.Report) finding.Impact {
	im := finding.Impact{Refused: int64(m.Refused)}
	im.AppErrors, im.PeakAppErrors = m.AppErrors()
	if m.Span == 0 || !m.Holds(measure.RefusedOf) || m.Refused == 0 && m.FullProbes > 0 {
		im.Refused = -1 // not counted, or not up to where probes were refused
	}
	if n := m.Refused + m.Accepted; n > 0 {
		im.RefusedShare = m.Refused / n
	}
	for _, i := range m.AtLimit {
		if i > 0 && m.Samples[i].Epoch == m.Samples[i-1].Epoch {
			im.TimeAtLimit += time.Duration((m.Samples[i].T - m.Samples[i-1].T) * float64(time.Second))
		}
	}
	im.TimeAtLimit = im.TimeAtLimit.Round(time.Second)
	im.Unavailable = time.Duration(stall.FindOutages(m).Secs * float64(time.Second)).Round(time.Second)
	for i, x := range m.Rate(measure.RefusedOf) {
		if x > im.PeakRefused {
			im.PeakRefused = x
		}
		if x > 0 && im.FirstSignal.IsZero() {
			im.FirstSignal = m.TimeOf(i)
		}
	}
	if len(r.Causes) > 0 && !r.Causes[0].OnsetHi.IsZero() {
		im.FirstSignal = r.Causes[0].OnsetHi
		if !r.Causes[0].Onset.IsZero() {
			im.FirstSignal = r.Causes[0].Onset
		}
	}
	if m.LimitReached < len(m.Samples) {
		im.LimitReached = m.TimeOf(m.LimitReached)
		if last := m.AtLimit[len(m.AtLimit)-1]; last < len(m.Samples)-2 {
			im.Recovered = m.TimeOf(last + 1)
		}
	}
	return im
}

// events writes the timeline: what began, what was reached, what ended.
func events(m *measure.Model, r *finding.Report) []finding.Event {
	var out []finding.Event
	add := func(at time.Time, what string, refs ...string) {
		if !at.IsZero() {
			out = append(out, finding.Event{At: at, What: what, Refs: refs})
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
	for i := range m.Samples {
		if u := m.Occupancy[i] / m.Samples[i].Limit; u >= 0.8 {
			if i >= m.LimitReached { // the limit itself tells it
				break
			}
			add(m.TimeOf(i), fmt.Sprintf("80 %% of the limit in use: %.0f of %.0f", m.Occupancy[i], m.Samples[i].Limit))
			break
		}
	}
	if m.LimitReached < len(m.Samples) {
		s := &m.Samples[m.LimitReached]
		if told := s.HasInfo || s.HasList; told && !math.IsNaN(s.Limit) && !s.Full {
			add(m.TimeOf(m.LimitReached), fmt.Sprintf("limit reached: %.0f of %.0f", m.Occupancy[m.LimitReached], s.Limit))
		} else {
			add(m.TimeOf(m.LimitReached), "limit reached: a probe was refused for want of a slot")
		}
	}
	peak := -1
	for i, x := range m.Rate(measure.RefusedOf) {
		if x > 0 && peak < 0 {
			add(m.TimeOf(i), fmt.Sprintf("first refusals: %.0f since the sample before", m.Samples[i].Refused))
			peak = i
		}
		if peak >= 0 && x > m.Samples[peak].Refused/m.Samples[peak].Span {
			peak = i
		}
	}
	if peak >= 0 {
		add(m.TimeOf(peak), fmt.Sprintf("most refusals: %.1f a second", m.Samples[peak].Refused/m.Samples[peak].Span))
	}
	for i := 1; i < len(m.Samples); i++ {
		if m.Samples[i].Epoch != m.Samples[i-1].Epoch {
			add(m.TimeOf(i), "the server has restarted: another process answers")
		}
	}
	if q := m.ListenQueue(); q.First >= 0 {
		add(m.TimeOf(q.First), fmt.Sprintf("the listen queue overflows: %.0f attempts to connect were dropped by %s", q.Dropped, finding.Clock(m.TimeOf(q.Last))))
	}
	for _, e := range m.LogEvents {
		add(e.At, "server log: "+e.What)
	}
	add(r.Impact.Recovered, "below the limit again")
	slices.SortStableFunc(out, func(a, b finding.Event) int { return a.At.Compare(b.At) })
	if len(out) > 40 {
		out = out[:40]
	}
	return out
}

// dataQuality says where the data is weak and what that did.
func dataQuality(m *measure.Model) []finding.Doubt {
	var out []finding.Doubt
	add := func(yes bool, effect, format string, args ...any) {
		if yes {
			out = append(out, finding.Doubt{What: fmt.Sprintf(format, args...), Effect: effect})
		}
	}
	tl := m.TL
	if m.LogDoubt != nil {
		out = append(out, *m.LogDoubt)
	}
	add(m.InfoOnly, "who holds the connections is not known; several causes cannot be told apart", "no CLIENT LIST in the recording")
	add(m.OneAddress && len(m.TL.Samples) > 0, "hosts cannot be told apart; the confidence is lowered", "nearly all clients share one address (NAT, a proxy, one machine)")
	add(!tl.Slots.Refused && len(tl.Servers) > 0, "refusals are seen only where the recorder itself was refused", "a %v server does not count refused connections in INFO", tl.Slots.Family)
	few, infos := verdict.Starved(m) && len(tl.Shots) > 0, m.Infos // of a few snapshots nobody expects a course
	add(!few && infos < 2, "refusals and arrivals are not known", "fewer than two INFO in the recording")
	add(!few && infos >= 2 && m.Span == 0, "refusals and arrivals are not known", "no time between the %d INFO in the recording", infos)
	add(!few && tl.Rounds > 0 && tl.Rounds < int(verdict.FullRounds), "the confidence is lowered", "only %s", finding.Count(tl.Rounds, "sample"))
	add(tl.Gaps() > 0, "counters are exact across gaps; what came and went within them is not seen", "%s of over 2.5 intervals", finding.Count(tl.Gaps(), "gap"))
	total := map[record.FailureClass]int{}
	for i := range m.Samples {
		for c, n := range m.Samples[i].Failed {
			total[c] += n
		}
	}
	for _, f := range failureEffects {
		add(total[f.class] > 0, f.effect, "%s without a usable reply: %s", finding.Count(total[f.class], "probe"), f.what)
	}
	add(len(tl.Servers) > 1, "counters are taken from each process's start; what the old one did after its last sample is lost", "the server restarted %s", finding.Times(len(tl.Servers)-1))
	add(tl.Mixed > 0, "what looks like restarts may be two servers: analyse them apart", "replies of different servers are mixed (run ids that come back, or other ports)")
	add(tl.Resets > 0, "the deltas across it are lower bounds", "counters were reset %s (CONFIG RESETSTAT)", finding.Times(tl.Resets))
	add(tl.ClockApart != 0 && !tl.Relative, "the slow log's times are moved to the recorder's clock", "the server's clock and the recorder's are %s apart", finding.Duration(math.Abs(tl.ClockApart)))
	add(tl.Torn > 0, "what they lack is taken to be as in the lists around them", "%s cut short, the first at %s: far fewer connections than INFO counted", finding.Count(tl.Torn, "client list"), tl.TornPos)
	add(tl.Spikes > 0, "it is left out", "INFO shows a number of connections that neither its counters nor the samples around it allow, %s", finding.Times(tl.Spikes))
	add(tl.Backwards > 0, "what it rose or fell by wrongly is left out", "a counter fell by itself %s", finding.Times(tl.Backwards))
	stepWords(m, add)
	add(tl.OddIdle > 0, "they are not used: these connections count as used and idle as the others of their source", "%d of %d idle times cannot be: below zero, or longer than the connection is old or the server up", tl.OddIdle, tl.IdleSeen)
	add(slices.ContainsFunc(m.Apps, (*measure.App).Overflows), "those past it stand as one source, (others): their hosts are not told apart", "more than %d sources of connections", timeline.MaxSources)
	for _, what := range verdict.Contradictions(m) {
		add(true, "no verdict can rest on this recording", "%s", what)
	}
	add(tl.Relative && !tl.Paced && !few, "times count from the server's start", "no times in the input; INFO's uptime_in_seconds stands in")
	add(tl.Paced, "times count from the first line", "no times in the input")
	if c, info := m.ConfigLimit(); c != info {
		add(true, "INFO's is used, which is of the moment", "CONFIG GET says maxclients %.0f, INFO %.0f", c, info)
	}
	if what := m.LimitDoubt(); what != "" {
		effect := "the height of the refusals stands for the limit; the confidence is lowered"
		if !m.LimitSeen {
			effect = "how near the limit was is not known; the confidence is lowered"
		}
		add(true, effect, "%s", what)
	}
	add(!few && m.LimitTold == 0 && math.IsNaN(m.LimitPeak) && m.PeakSlot >= 0, "how near the limit was is not known", "the limit is not in the recording (INFO shows it from 6.2; before, CONFIG GET maxclients)")
	for _, w := range tl.Warnings {
		add(true, "what could be read was used", "%s", w)
	}
	return out
}

// failureEffects says of each class of failure what it means for the verdict.
var failureEffects = [...]struct {
	class        record.FailureClass
	what, effect string
}{
	{record.FailMaxClients, "refused, no slot free", "each is an observation of the limit; who held the slots then is not known"},
	{record.FailProtected, "refused by protected mode", "says nothing of the limit"},
	{record.FailAuth, "not authenticated", "says nothing of the connections; check the password"},
	{record.FailPerm, "not permitted or not known to the server", "what it would have shown is missing; grant the recorder's user the command"},
	{record.FailLoading, "the server was loading or without its primary", "nothing is known of these moments"},
	{record.FailBusy, "the server was busy running a script", "it answers nobody meanwhile; who was connected is not known"},
	{record.FailRefused, "nothing listened", "the server was down, or the address is wrong"},
	{record.FailReset, "the connection was cut", "the server restarted, refused without a word (TLS at the limit), or something between cut it"},
	{record.FailTimeout, "no answer in time", "the server was stalled or unreachable"},
	{record.FailTLS, "no TLS connection", "says nothing of the connections"},
	{record.FailOther, "other errors", "nothing is known of these moments"},
}

// observations are remarks that are no findings.
func observations(m *measure.Model, r *finding.Report) []string {
	var out []string
	if n := m.TL.Reserved; n > 0 {
		out = append(out, fmt.Sprintf("%s of maxclients are kept for priority sources (maxclients-reserved): the limit here is what is left for all others, and their connections are counted.", finding.Count(int(n), "slot")))
	}
	if len(m.TL.Servers) > 1 && r.Verdict.Status == finding.Healthy {
		out = append(out, fmt.Sprintf("The server restarted; %.0f connections are back, none was refused.", m.Occupancy[len(m.Occupancy)-1]))
	}
	if !math.IsNaN(m.Used) && r.Verdict.Status == finding.Healthy {
		out = append(out, fmt.Sprintf("Highest use of the limit: %.0f %% at %s.", m.Used*100, finding.Clock(m.TimeOf(m.PeakSlot))))
	}
	for _, a := range m.Apps[:min(len(m.Apps), 3)] {
		if m.InfoOnly || len(m.Lists) < 3 || r.Verdict.Status != finding.Healthy {
			break
		}
		stayed, gone, fresh, _, _ := m.Turnover(a)
		if gone > 0 && fresh > 0 && gone >= stayed {
			out = append(out, fmt.Sprintf("%s replaced its hosts (%d went, %d came) without nearing the limit.", a.Label, gone, fresh))
		}
	}
	if s := clientSaid(m); s != "" && !strings.Contains(r.Verdict.Summary, s) {
		out = append(out, s)
	}
	if s := settingsSay(m); s != "" {
		out = append(out, s)
	}
	return append(out, m.LogNotes...)
}

// nextSteps says which observation would settle an open case.
func nextSteps(m *measure.Model, not []verdict.Opinion) []finding.Step {
	var out []finding.Step
	add := func(command, why string) {
		for _, s := range out {
			if s.Command == command {
				return
			}
		}
		out = append(out, finding.Step{Command: command, Why: why})
	}
	if len(verdict.Contradictions(m)) > 0 {
		add("connbox capture -o next.connbox", "a recording of one server, with its own clock, by one recorder")
	}
	if m.TL.Rounds < int(verdict.FullRounds) {
		add("connbox capture --duration 15m -o next.connbox", "a course needs at least six samples, a trend about thirty")
	}
	if verdict.Unobserved(m) {
		add("connbox capture --wait -o next.connbox", "holds its connections while the server is silent, tries again while it is gone, and records both")
	}
	denied := false
	for i := range m.Samples {
		denied = denied || m.Samples[i].Failed[record.FailPerm] > 0
	}
	switch {
	case m.InfoOnly && denied:
		add("redis-cli ACL SETUSER USER +info +client|list +slowlog|get +config|get", "the recorder's user may not ask for everything; without CLIENT LIST leak, pool and blocking look alike")
	case m.InfoOnly:
		add("redis-cli CLIENT LIST", "in the loop beside INFO: shows who holds the connections; leak, pool and blocking look alike without it")
	}
	if m.Span == 0 {
		add("redis-cli INFO", "in the loop: counts accepted and refused connections exactly")
	}
	if math.IsNaN(m.Used) {
		add("redis-cli CONFIG GET maxclients", "without the limit, how near it was is not known")
	}
	if m.Refused > 0 || m.FullProbes > 0 || m.Used >= verdict.HealthyUsed {
		if m.TL.Slowlogs == 0 {
			add("redis-cli --no-raw SLOWLOG GET 128", "slow commands before the growth would make them the cause")
		}
		add("connbox capture --wait --duration 30m -o next.connbox", "the time before the limit is reached shows what fills it")
		for _, o := range not {
			if slices.Contains(o.Missing, cause.NeedApp) {
				add("give the metrics of the applications' pools to connbox analyze --app", "tells whether the applications' own pools were exhausted")
			}
		}
	}
	if q := m.ListenQueue(); q.First >= 0 {
		add("ss -ltn; nstat -az TcpExtListenOverflows TcpExtListenDrops; sysctl net.core.somaxconn; redis-cli CONFIG GET tcp-backlog",
			"shows whose listen queue is full (Recv-Q at Send-Q), and how much the server's may hold")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// holderRows gives the list at which most slots were in use, or the first, and the applications;
// none without lists. Of one that is a network of hosts without a name the host that holds most of
// its connections then stands by itself, not hidden.
func holderRows(m *measure.Model) (peak int, rows []*measure.App) {
	if m.InfoOnly || len(m.Lists) == 0 {
		return -1, nil
	}
	peak = max(m.LastListBefore(m.TL.Peak.Slot), m.Lists[0])
	for _, a := range m.Apps {
		all := float64(a.At(peak).N)
		i := slices.IndexFunc(a.Entities, func(e *measure.Entity) bool {
			return e.Name == "" && len(a.Entities) > 1 && float64(e.At(peak).N) > all/2
		})
		if i < 0 {
			rows = append(rows, a)
			continue
		}
		rest := slices.Delete(slices.Clone(a.Entities), i, i+1)
		rows = append(rows, &measure.App{Label: a.Entities[i].Host, Entities: a.Entities[i : i+1]},
			(&measure.App{Label: a.Label, Entities: rest}).KeepSums(len(m.Samples)))
	}
	return peak, rows
}

// mostHolders bounds the table of holders.
const mostHolders = 50

// holderTable gives the applications at the peak, the largest first.
func holderTable(m *measure.Model, peak int, rows []*measure.App) []finding.Holder {
	if peak < 0 {
		return m.TL.Sockets.Holders()
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *measure.App) int { return -cmp.Compare(a.At(peak).N, b.At(peak).N) })
	rows = rows[:min(len(rows), mostHolders)]
	row := map[*timeline.Series]int{}
	for k, a := range rows {
		for _, e := range a.Entities {
			for _, s := range e.Parts {
				row[s] = k
			}
		}
	}
	idle, cmds := make([][]float64, len(rows)), make([]map[string]int, len(rows))
	for i, src := range m.TL.Peak.Src {
		k, ok := row[m.TL.Sources[src]]
		if !ok {
			continue
		}
		idle[k] = append(idle[k], m.TL.Peak.Idle[i])
		if cmds[k] == nil {
			cmds[k] = map[string]int{}
		}
		cmds[k][m.TL.Peak.Cmd[i]]++
	}
	var out []finding.Holder
	for k, a := range rows {
		out = append(out, holder(m, a, peak, idle[k], cmds[k]))
	}
	return out
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
