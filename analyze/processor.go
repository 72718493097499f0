package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// byProcessor judges slow commands where no SLOWLOG was taken: the main thread's processor
// time (used_cpu_*_main_thread) against the commands processed. Commands of one kind cost
// the same; from the first long one on, some samples cost many times that, and pools grow
// behind it though no more is asked of the server. Waiting (for a disk, a fork's pages)
// takes no processor time.
func (p *pass) byProcessor() assessment {
	var cost []float64
	for i := range p.s {
		if s := &p.s[i]; s.Busy >= 0 && s.Commands > 0 {
			cost = append(cost, s.Busy/s.Commands)
		}
	}
	if len(cost) < 16 {
		return no(0, "no SLOWLOG was taken")
	}
	// The beginning: a fifth of the recording, the first sample left out, in which a fleet
	// may have started.
	usual := stat.Median(cost[1:max(8, len(cost)/5)])
	var most float64
	extra := make([]float64, len(p.s))
	for i := range p.s {
		extra[i] = known(p.s[i].Busy - usual*p.s[i].Commands)
		most = max(most, extra[i])
	}
	slot, bursts := -1, 0.0
	var spent, ordinary float64
	for i := range p.s {
		s := &p.s[i]
		if long := extra[i] >= 2*usual*s.Commands && extra[i] >= most/4; long {
			bursts++
			if slot < 0 {
				slot = i
			}
		}
		if slot >= 0 {
			spent, ordinary = spent+extra[i], ordinary+known(usual*s.Commands)
		}
	}
	if x := p.heldThroughout(cost); x.score >= active {
		return x
	}
	if slot < 1 {
		return no(0, "no SLOWLOG was taken, and commands cost the processor about the same throughout")
	}
	end := len(p.s) // at the limit, refused clients and retries change what commands there are
	if p.satFirst >= slot+5 {
		end = p.satFirst
	}
	before := stat.Median(p.occ[max(slot-10, 0):slot])
	after := stat.Quantile(p.occ[slot:min(end+1, len(p.s))], 0.9)
	growth := after / max(before, 1)
	rate := p.rate(commandsOf)
	more := math.Log(stat.Median(rate[slot:end])/stat.Median(rate[max(slot-10, 1):max(slot, 2)])) / math.Log(max(growth, 1.05))
	score := 0.85 * stat.Ramp(spent/max(ordinary, 1e-9), 0.25, p.val("dearer")) * stat.Ramp(bursts, 1, p.val("bursts")) *
		stat.Ramp(growth, 1.1, p.val("growth")) * stat.Ramp(more, p.val("traffic")+0.3, p.val("traffic"))
	if p.satFirst < len(p.s) && slot > p.satFirst {
		score *= 0.3
	}
	if !(score >= active) {
		return no(known(score), "no SLOWLOG was taken; commands cost the processor %.1f times as much as at the beginning, and connections went from %.0f to %.0f", 1+spent/max(ordinary, 1e-9), before, after)
	}
	a := assessment{score: score, onset: slot, onsetLo: max(slot-1, 0), end: -1}
	a.claim = fmt.Sprintf("From %s on commands cost the processor %.1f times as much as before, in bursts, and connections went from %.0f to %.0f behind them.",
		hhmmss(p.timeOf(slot)), 1+spent/max(ordinary, 1e-9), before, after)
	a.evidence = []Evidence{
		ev("processor time of the main thread beyond what the commands cost before, of that", spent/max(ordinary, 1e-9), "times", p.pos(slot, false), p.pos(len(p.s)-1, false)),
		ev("samples at three times the ordinary cost of a command and more", bursts, "samples", p.pos(slot, false), p.pos(len(p.s)-1, false)),
		ev("connections after the first of them, against before", growth, "times", p.pos(max(slot-1, 0), false), p.pos(p.peakSlot, false)),
	}
	return a
}

// heldThroughout judges long commands that ran from before the recording on: the processor
// time beyond what commands cost in the cheapest tenth of the samples, of all time, where it
// comes in bursts.
func (p *pass) heldThroughout(cost []float64) assessment {
	usual := stat.Quantile(cost, 0.1)
	var spent, bursts, n float64
	for i := range p.s {
		s := &p.s[i]
		if !(s.Busy >= 0) || !(s.Commands > 0) {
			continue
		}
		n++
		if extra := s.Busy - usual*s.Commands; extra >= 4*usual*s.Commands {
			bursts++
			spent += extra
		}
	}
	held := spent / max(p.span, 1)
	score := 0.75 * stat.Ramp(held, 0.02, p.val("held")) * stat.Ramp(bursts, 3, 10) * stat.Ramp(bursts/max(n, 1), 0.9, 0.7)
	if score < active {
		return no(score, "commands took %.1f %% of the time in bursts", held*100)
	}
	last := len(p.s) - 1
	a := assessment{score: score, onset: 0, onsetLo: -1, end: -1}
	a.claim = fmt.Sprintf("Commands held the server for %.0f %% of the time, in bursts: %.0f samples cost five times as much a command as the others.", held*100, bursts)
	a.evidence = []Evidence{
		ev("processor time of the main thread in bursts, of all time", held, "share", p.pos(0, false), p.pos(last, false)),
		ev("samples at five times the cost of a command in the cheapest tenth", bursts, "samples", p.pos(0, false), p.pos(last, false)),
	}
	return a
}
