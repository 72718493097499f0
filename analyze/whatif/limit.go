package whatif

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse/record"
)

// TimeToLimit answers when a growth reaches the limit. A counted growth goes by its first
// passage; any other by the slope of occupancy with an interval that allows for
// autocorrelation, and by how far occupancy swings about it.
func (p *Plan) TimeToLimit() finding.WhatIf {
	if math.IsNaN(p.LimitPeak) {
		return missing("the limit is not known")
	}
	if e, o, ok := p.rate(); ok {
		if v, lo, hi, ok := firstPassage(p.Model, max(o.Onset, o.Paced), e.Value); ok {
			return finding.WhatIf{Answer: untilLimit(v, lo, hi), Value: v, Lo: lo, Hi: hi, Unit: "min", At: e.At}
		}
	}
	w := p.afterStep(p.Growing())
	t, ok := trendOf(p.Model, w)
	if !ok {
		return missing("connections move too slowly for %s to tell a trend from a swing", finding.Count(w.Len(), p.ListWord()))
	}
	at := []string{p.Place(p.Lists[w.Lo], false), p.Place(p.Lists[w.Hi-1], false)}
	ahead := farthest * (p.ListTimes[w.Hi-1] - p.ListTimes[w.Lo]) / 60
	v, lo, hi := math.Inf(1), math.Inf(1), math.Inf(1)
	if t.perMin.Hi > 0 {
		lo = max(t.roomHigh, 0) / t.perMin.Hi
	}
	if t.perMin.Lo > 0 {
		v, hi = max(t.room, 0)/t.perMin.Value, max(t.room, 0)/t.perMin.Lo
	}
	if v <= ahead {
		return finding.WhatIf{Answer: untilLimit(v, lo, hi), Value: v, Lo: lo, Hi: hi, Unit: "min", At: at}
	}
	if lo*60 < p.ListEvery() && t.perMin.Hi > 0 {
		return missing("connections swing up to the limit and change by %+.2g to %+.2g a minute: it may be reached at once, or never", t.perMin.Lo, t.perMin.Hi)
	}
	v, lo, hi = math.Inf(1), min(lo, ahead), math.Inf(1)
	answer := fmt.Sprintf("Not within %s of the end if it goes on as in this recording: connections change by %+.2g to %+.2g a minute.",
		minutes(lo), t.perMin.Lo, t.perMin.Hi)
	if !(t.perMin.Hi > 0) {
		answer = "Not in sight: connections do not rise."
	}
	return finding.WhatIf{Answer: answer, Value: v, Lo: lo, Hi: hi, Unit: "min", At: at}
}

// firstPassage gives the minutes from the end of the recording until a stream of
// perMin connections a minute, counted since sample onset, brings occupancy to the limit,
// with a 90 % interval. Three things make it uncertain, and all are in it: the rate, known
// by a count; the stream to come, a Poisson process too (together Fisher's F, see
// stat.TimeTo); and what the other connections do meanwhile, taken from how far occupancy
// swung around the rise so far: the limit is first met at the top of a swing (95 % of the
// levels), or late, by others that go on below their median (20 %). ok is false where
// nothing is left to fill.
func firstPassage(m *measure.Model, onset int, perMin float64) (v, lo, hi float64, ok bool) {
	w := m.Growing()
	if w.Len() < 5 || perMin <= 0 || math.IsNaN(m.LimitPeak) {
		return 0, 0, 0, false
	}
	end := m.Samples[m.Lists[w.Hi-1]].T
	t := (end - m.Samples[min(max(onset, 0), len(m.Samples)-1)].T) / 60
	if t <= 0 {
		return 0, 0, 0, false
	}
	// Occupancy at the end, as each sample since the onset has it.
	var level []float64
	for i := max(onset, 0); i < len(m.Samples) && m.Samples[i].T <= end; i++ {
		level = append(level, m.Occupancy[i]+perMin*(end-m.Samples[i].T)/60)
	}
	room := func(q float64) float64 { return m.LimitPeak - stat.Quantile(level, q) }
	if !(room(0.5) > 0) {
		return 0, 0, 0, false
	}
	count := perMin * t
	lo = stat.TimeTo(max(room(0.95), 1), count, t, 0.05)
	hi = stat.TimeTo(room(0.2), count, t, 0.95)
	return max(room(0.8), 1) / perMin, lo, hi, true
}

// ToLimit is the answer to "When is the limit reached?" among a report's, in numbers.
func ToLimit(answers []finding.WhatIf) finding.Forecast {
	for _, w := range answers {
		if w.ID == "time-to-limit" && !w.Missing {
			return finding.Forecast{Known: true, Value: w.Value, Lo: w.Lo, Hi: w.Hi}
		}
	}
	return finding.Forecast{}
}

// steps are the causes that lift connections at once: a line through the levels before and
// after would rise where nothing does.
var steps = [...]string{"slow-commands", "deploy-overlap", "reconnect-wave", "server-stall"}

// afterStep leaves out what was before the root cause, where that is a step.
func (p *Plan) afterStep(w measure.Window) measure.Window {
	if !slices.Contains(steps[:], p.root()) || len(p.Report.Causes) == 0 {
		return w
	}
	for w.Lo < w.Hi && p.TimeOf(p.Lists[w.Lo]).Before(p.Report.Causes[0].OnsetHi) {
		w.Lo++
	}
	return w
}

// Outlook is what a healthy verdict must not keep quiet: a rise that is certain to fill the
// limit within as long as was watched, if it goes on. Empty where there is none.
func Outlook(m *measure.Model, answers []finding.WhatIf) string {
	for _, w := range answers {
		if w.ID == "time-to-limit" && !w.Missing && w.Hi*60 <= m.Lasting() {
			return fmt.Sprintf(" But connections rise: if that goes on, the limit is reached %s after the end of the recording (%s to %s).",
				minutes(w.Value), minutes(w.Lo), minutes(w.Hi))
		}
	}
	return ""
}

func untilLimit(v, lo, hi float64) string {
	if math.IsInf(hi, 1) {
		return fmt.Sprintf("%s from the end of the recording, not before %s.", minutes(v), minutes(lo))
	}
	return fmt.Sprintf("%s from the end of the recording (%s to %s).", minutes(v), minutes(lo), minutes(hi))
}

// farthest is how far ahead a trend is believed, in lengths of what it was seen for: nobody
// knows tomorrow from ten minutes.
const farthest = 10

// A trend is how occupancy moves over a window.
type trend struct {
	perMin   stat.Estimate // connections a minute, 90 %
	room     float64       // from its level at the end to the limit
	roomHigh float64       // the same from the top of its swings (95 %)
}

// leastTrend is how many samples a trend takes: an interval for autocorrelated samples is
// wide open with fewer.
const leastTrend = 20

func trendOf(m *measure.Model, w measure.Window) (trend, bool) {
	if w.Len() == 0 {
		return trend{}, false
	}
	t, v := m.Levels(m.Lists[w.Lo], m.Lists[w.Hi-1])
	if len(t) < leastTrend {
		return trend{}, false
	}
	e := stat.Slope(t, v, 0.9)
	if math.IsNaN(e.Value) || math.IsInf(e.Lo, -1) {
		return trend{}, false
	}
	end := t[len(t)-1]
	level := make([]float64, len(v))
	for k := range v {
		level[k] = v[k] + e.Value*(end-t[k])
	}
	out := trend{perMin: stat.Estimate{Value: e.Value * 60, Lo: e.Lo * 60, Hi: e.Hi * 60, N: e.N}}
	out.room, out.roomHigh = m.LimitPeak-stat.Quantile(level, 0.5), m.LimitPeak-stat.Quantile(level, 0.95)
	return out, true
}

// Raise answers what a higher limit costs and how long it lasts.
func (p *Plan) Raise() finding.WhatIf {
	from, to := p.LimitPeak, float64(roomyLimit(p.Model))
	w := finding.WhatIf{Question: fmt.Sprintf("What does raising maxclients from %.0f to %.0f buy?", from, to)}
	mem := memoryPerConnection(p.Model)
	cost := "its memory is not in the recording (mem_clients_normal, from Redis 5.0 on; 2 KiB for an idle to 34 KiB for an active connection are usual)"
	if mem.N > 0 {
		cost = fmt.Sprintf("%s of memory if all are taken (%s a connection here, up to %s)",
			byteCount((to-from)*mem.Value), byteCount(mem.Value), byteCount(mem.Hi))
	}
	w.Answer = fmt.Sprintf("It takes %s and %s.", p.descriptorsFor(to), cost)
	w.At = []string{p.Place(p.PeakSlot, false)}
	w.Gain = fmt.Sprintf("with maxclients %.0f, %s more", to, finding.Count(int(to-from), "slot"))
	gain, at, grows := p.growthRate()
	switch {
	case grows:
		w.Value, w.Lo, w.Hi, w.Unit = (to-from)/gain.Value, (to-from)/gain.Hi, math.Inf(1), "min"
		if gain.Lo > 0 {
			w.Hi = (to - from) / gain.Lo
		}
		w.At = append(at, w.At...)
		rest := "then the same again; it does not stop the growth"
		if p.root() == "maxclients-too-low" {
			rest = "if demand goes on growing as before the limit"
		}
		w.Answer = fmt.Sprintf("%s of time, %s. %s", minutes(w.Value), rest, w.Answer)
	case mem.N > 0:
		w.Value, w.Lo, w.Hi, w.Unit = (to-from)*mem.Value, (to-from)*mem.Lo, (to-from)*mem.Hi, "bytes"
		w.Answer = fmt.Sprintf("%.0f slots more. %s", to-from, w.Answer)
	default:
		w.Value, w.Unit = to-from, "connections"
		w.Answer = fmt.Sprintf("%.0f slots more. %s", to-from, w.Answer)
	}
	return w
}

// growthRate gives connections a minute where something grows: counted, or the trend of
// demand up to the limit.
func (p *Plan) growthRate() (stat.Estimate, []string, bool) {
	if e, _, ok := p.rate(); ok {
		return stat.Estimate{Value: e.Value, Lo: e.Lo, Hi: e.Hi}, e.At, true
	}
	w := p.Growing()
	if t, ok := trendOf(p.Model, w); ok && p.root() == "maxclients-too-low" && t.perMin.Lo > 0 {
		return t.perMin, []string{p.Place(p.Lists[w.Lo], false), p.Place(p.Lists[w.Hi-1], false)}, true
	}
	return stat.Estimate{}, nil, false
}

// descriptorsFor does the arithmetic of the server's version for a limit: adjustOpenFilesLimit in
// Redis' server.c wants maxclients + 32 (CONFIG_MIN_RESERVED_FDS), raises the soft limit up to the
// hard one by itself and lowers maxclients where that does not do; KeyDB and Valkey have kept it.
func (p *Plan) descriptorsFor(limit float64) string {
	const reserved = float64(measure.ReservedFDs)
	switch p.TL.Slots.Family {
	case record.FamilyRedis, record.FamilyValkey, record.FamilyKeyDB:
	default:
		return "descriptors, how many is not known for this server"
	}
	s := fmt.Sprintf("a hard descriptor limit of %.0f + %.0f = %.0f", limit, reserved, limit+reserved)
	if fds, _ := measure.Descriptors(uint64(max(p.LimitPeak, 0) + reserved)); fds > 0 {
		s += fmt.Sprintf(" (the limit in force looks like %d less %.0f: it must be raised and the server restarted first)", fds, reserved)
	}
	return s
}

// memoryPerConnection measures what one connection takes, in bytes: median, and 5 and 95 %
// of the samples. INFO's mem_clients_normal leaves replicas out, as connected_clients does.
func memoryPerConnection(m *measure.Model) stat.Estimate {
	var v []float64
	for i := range m.Samples {
		if s := &m.Samples[i]; s.ClientMem > 0 && s.Connected > 0 {
			v = append(v, s.ClientMem/s.Connected)
		}
	}
	return stat.Estimate{Value: stat.Median(v), Lo: stat.Quantile(v, 0.05), Hi: stat.Quantile(v, 0.95), N: len(v)}
}

// byteCount prints bytes in the units of the reports.
func byteCount(v float64) string {
	for _, u := range [...]struct {
		size float64
		unit string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if v >= u.size {
			if v /= u.size; v >= 100 {
				return fmt.Sprintf("%.0f %s", v, u.unit)
			}
			return fmt.Sprintf("%.2g %s", v, u.unit)
		}
	}
	return fmt.Sprintf("%.0f bytes", v)
}
