package stall

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// byProcessor judges slow commands where no SLOWLOG was taken: the main thread's processor
// time (used_cpu_*_main_thread) against the commands processed. Commands of one kind cost
// the same; from the first long one on, some samples cost many times that, and pools grow
// behind it though no more is asked of the server. Waiting (for a disk, a fork's pages)
// takes no processor time.
func byProcessor(p *cause.Pass) cause.Assessment {
	var cost []float64
	for i := range p.Samples {
		if s := &p.Samples[i]; s.Busy >= 0 && s.Commands > 0 {
			cost = append(cost, s.Busy/s.Commands)
		}
	}
	if len(cost) < 16 {
		return cause.No(0, "no SLOWLOG was taken")
	}
	// The beginning: a fifth of the recording, the first sample left out, in which a fleet
	// may have started.
	usual := stat.Median(cost[1:max(8, len(cost)/5)])
	var most float64
	extra := make([]float64, len(p.Samples))
	for i := range p.Samples {
		extra[i] = timeline.Known(p.Samples[i].Busy - usual*p.Samples[i].Commands)
		most = max(most, extra[i])
	}
	slot, bursts := -1, 0.0
	var spent, ordinary float64
	for i := range p.Samples {
		s := &p.Samples[i]
		if long := extra[i] >= 2*usual*s.Commands && extra[i] >= most/p.Number("most_part"); long {
			bursts++
			if slot < 0 {
				slot = i
			}
		}
		if slot >= 0 {
			spent, ordinary = spent+extra[i], ordinary+timeline.Known(usual*s.Commands)
		}
	}
	if x := heldThroughout(p, cost); x.Score >= cause.Active {
		return x
	}
	if slot < 1 {
		return cause.No(0, "no SLOWLOG was taken, and commands cost the processor about the same throughout")
	}
	end := len(p.Samples) // at the limit, refused clients and retries change what commands there are
	if p.LimitReached >= slot+int(p.Number("to_limit")) {
		end = p.LimitReached
	}
	before := stat.Median(p.Occupancy[max(slot-10, 0):slot])
	after := stat.Quantile(p.Occupancy[slot:min(end+1, len(p.Samples))], 0.9)
	growth := after / max(before, 1)
	rate := p.Rate(measure.CommandsOf)
	more := math.NaN() // of connections that did not grow, there is no elasticity
	if growth > 1 {
		more = math.Log(stat.Median(rate[slot:end])/stat.Median(rate[max(slot-10, 1):max(slot, 2)])) / math.Log(growth)
	}
	x := stalls{dearer: spent / max(ordinary, 1e-9), bursts: bursts, growth: growth, more: more, after: afterLimit(p.Model, slot)}
	score := p.Judge("processor time", "processor time", cause.Span{From: slot, To: len(p.Samples) - 1}, &x)
	if score < cause.Active {
		return cause.No(score, "no SLOWLOG was taken; commands cost the processor %.1f times as much as at the beginning, and connections went from %.0f to %.0f", 1+spent/max(ordinary, 1e-9), before, after)
	}
	a := cause.Assessment{Score: score, Onset: slot, OnsetLo: max(slot-1, 0), End: -1}
	a.Claim = fmt.Sprintf("From %s on commands cost the processor %.1f times as much as before, in bursts, and connections went from %.0f to %.0f behind them.",
		finding.Clock(p.TimeOf(slot)), 1+spent/max(ordinary, 1e-9), before, after)
	a.Evidence = p.Evidence("dearer", "bursts", "growth")
	return a
}

// heldThroughout judges long commands that ran from before the recording on: the processor
// time beyond what commands cost in the cheapest tenth of the samples, of all time, where it
// comes in bursts.
func heldThroughout(p *cause.Pass, cost []float64) cause.Assessment {
	usual := stat.Quantile(cost, 0.1)
	var spent, bursts, n float64
	for i := range p.Samples {
		s := &p.Samples[i]
		if !(s.Busy >= 0) || !(s.Commands > 0) {
			continue
		}
		n++
		if extra := s.Busy - usual*s.Commands; extra >= p.Number("dear")*usual*s.Commands {
			bursts++
			spent += extra
		}
	}
	held := spent / max(p.Span, 1)
	score := p.Judge("processor time, from the beginning on", "held throughout", cause.Span{To: len(p.Samples) - 1}, &stalls{held: held, bursts: bursts, always: bursts / max(n, 1)})
	if score < cause.Active {
		return cause.No(score, "commands took %.1f %% of the time in bursts", held*100)
	}
	a := cause.Assessment{Score: score, Onset: 0, OnsetLo: -1, End: -1}
	a.Claim = fmt.Sprintf("Commands held the server for %.0f %% of the time, in bursts: %.0f samples cost five times as much a command as the others.", held*100, bursts)
	a.Evidence = p.Evidence("held", "bursts")
	return a
}
