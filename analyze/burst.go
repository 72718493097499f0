package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// A burst is one step up of all connections, in a short time and to stay: what a fleet
// that starts or is replaced does, seen where hosts cannot be told apart.
type burst struct {
	at, to        int     // lists: the last of the level before, the first of the level after
	before, after float64 // connections
	sure          float64 // 0 … 1: how much like one step it is
	work          float64 // elasticity of commands to connections
	dip           float64 // lowest commands shortly before the step, of the level before it
}

// burstOf finds the step. Levels are medians; the step must be most of the difference,
// short against the recording, and hardly anything may close meanwhile, as in an exchange.
func (m *model) burstOf() burst {
	b := burst{at: -1, work: math.NaN(), dip: 1}
	n := len(m.lists)
	v := m.course(window{0, n}, func(i int) float64 { return m.occ[i] })
	k, before, after := stat.Step(v)
	gain := after - before
	if n < 16 || k < 5 || n-k < 5 || !(gain >= 10) || len(m.tl.Servers) > 1 {
		return b
	}
	b.at, b.to, b.before, b.after = k, k, before, after
	for b.at > 0 && v[b.at] > before+0.15*gain {
		b.at--
	}
	for b.to < n-1 && v[b.to] < after-0.15*gain {
		b.to++
	}
	first, last := m.lists[b.at], m.lists[b.to]
	came := m.sum(first+1, last+1, acceptedOf)
	usual := stat.Median(m.rate(acceptedOf)[1:max(first, 2)])
	came -= known(usual) * (m.s[last].T - m.s[first].T)
	wander := (stat.Quantile(v[:b.at+1], 0.9) - stat.Quantile(v[:b.at+1], 0.1) + stat.Quantile(v[b.to:], 0.9) - stat.Quantile(v[b.to:], 0.1)) / gain
	b.sure = stat.Ramp(float64(b.to-b.at)/float64(n), 0.25, 0.1) * stat.Ramp(wander, 0.9, 0.5) * stat.Ramp(came/gain, 2, 1.4) * stat.Ramp(gain/max(before, 1), 0.12, 0.25)
	rate := m.rate(commandsOf)
	c0, c1 := stat.Median(rate[1:max(first-3, 2)]), stat.Median(rate[last:])
	b.work = math.Log(c1/c0) / math.Log(after/max(before, 1))
	// What noise reached before is no dip.
	low := min(stat.Quantile(rate[1:max(first-8, 2)], 0), c0)
	for i := max(first-8, 1); i <= last; i++ {
		if r := rate[i] / c0; r < b.dip && rate[i] < 0.85*low {
			b.dip = r
		}
	}
	return b
}

// poolBurst judges oversized pools by a step towards the limit that brought few commands.
func (p *pass) poolBurst() assessment {
	b := p.burstOf()
	if b.at < 0 {
		return no(0, "connections did not step up at once")
	}
	score := 0.75 * b.sure * stat.Ramp(p.usedLastingly(), 0.72, p.val("used")) * stat.Ramp(b.work, 0.5, p.val("flat")) * stat.Ramp(b.after-b.before, 15, 40)
	if !(score >= active) {
		return no(known(score), "connections stepped up from %.0f to %.0f, at an elasticity of commands of %.2f", b.before, b.after, b.work)
	}
	onset, end := p.lists[b.at], p.lists[b.to]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, sources: p.holders(p.mostGrown(window{b.at, b.to + 1}), end)}
	out.claim = fmt.Sprintf("At %s connections stepped up from %.0f to %.0f, towards a limit of %.0f, and commands hardly rose.", hhmmss(p.timeOf(onset)), b.before, b.after, p.limitPeak)
	out.evidence = b.evidence(p, onset, end)
	return out
}

// zombieBurst judges dead peers by a step that made up for work that had stopped: commands
// fell, connections did not, and as others came commands were back where they had been.
func (p *pass) zombieBurst() assessment {
	b := p.burstOf()
	if b.at < 0 {
		return no(0, "hosts cannot be told apart, and connections neither stepped up at once nor rose in equal jumps")
	}
	score := 0.8 * b.sure * stat.Ramp(math.Abs(b.work), 0.5, p.val("flat")) * stat.Ramp(b.dip, 0.9, p.val("dip"))
	if !(score >= active) {
		return no(known(score), "hosts cannot be told apart; connections stepped up from %.0f to %.0f, and commands had not fallen below %.0f %% before", b.before, b.after, b.dip*100)
	}
	onset, end := p.lists[max(b.at-1, 0)], p.lists[b.to]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-2, 0), end: -1}
	if len(p.apps) > 0 {
		out.sources = p.holders(p.mostGrown(window{b.at, b.to + 1}), end)
	}
	out.claim = fmt.Sprintf("Commands fell to %.0f %%, no connection went, and at %s %.0f others came that brought them back: those they replaced are still connected.",
		b.dip*100, hhmmss(p.timeOf(p.lists[b.at])), b.after-b.before)
	out.evidence = append(b.evidence(p, onset, end), ev("lowest rate of commands before the step, of the usual", b.dip, "share", p.pos(onset, false), p.pos(end, false)))
	return out
}

func (b burst) evidence(p *pass, onset, end int) []Evidence {
	return []Evidence{
		ev("connections that came at once, to stay", b.after-b.before, "connections", p.pos(onset, false), p.pos(end, false)),
		ev("elasticity of commands to connections (0 unchanged, 1 in proportion)", b.work, "", p.pos(onset, false), p.pos(end, false)),
	}
}
