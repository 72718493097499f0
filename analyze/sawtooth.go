package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// sawtooth looks for the loop in INFO alone, before the server counts the cuts (7.4): much
// output waits for some client (client_recent_max_output_buffer, 5.0 and later), memory
// falls by that much as a connection closes, and where this goes on, connections are
// accepted that otherwise would not be. A client that reads what waits for it makes memory
// fall too, but nobody comes back; one that closes by itself has nothing waiting.
func (p *pass) sawtooth() assessment {
	for i := range p.s {
		if !math.IsNaN(p.s[i].ObufCuts) {
			if x := p.resyncs(); x.score >= active {
				return x
			}
			return no(0, "the server counts the clients it cut at their output-buffer limit: none")
		}
	}
	var falls []int
	var high, calm, falling, other births
	for k := 1; k < len(p.lists); k++ {
		i, h := p.lists[k], p.lists[k-1]
		s, before := &p.s[i], &p.s[h]
		waiting := max(known(before.OutMax), known(s.OutMax)) >= p.val("floor")
		if s.Epoch != before.Epoch || math.IsNaN(s.Accepted) || math.IsNaN(s.OutMax) {
			continue
		}
		closed := s.Accepted - (p.occ[i] - p.occ[h])
		fell := waiting && before.ClientMem-s.ClientMem >= p.val("floor")*max(closed, 1)
		if fell {
			falls = append(falls, i)
		}
		high.add(waiting, s.Accepted)
		calm.add(!waiting, s.Accepted)
		falling.add(fell, s.Accepted)
		other.add(!fell, s.Accepted)
	}
	if len(calm) < 10 { // it has been going on all the time
		high, calm = falling, other
	}
	n := float64(len(falls))
	expected := calm.usual() * float64(len(high))
	beyond := (high.sum() - expected) / max(n, 1)
	sigma := (high.sum() - expected) / math.Sqrt(max(expected, 1))
	score := 0.9 * stat.Ramp(n, 2, p.val("falls")) * stat.Ramp(beyond, 0.15, p.val("beyond")) * stat.Ramp(sigma, 1.5, p.val("sigma"))
	if score < active {
		if x := p.resyncs(); x.score >= active {
			return x
		}
		return no(score, "as far as INFO shows, no connection went away with output waiting for it: client memory fell %.0f times while some client had much, with %.1f connections more than usual each", n, beyond)
	}
	return p.sawtoothReport(falls, score, beyond, sigma)
}

func (m *model) sawtoothReport(falls []int, score, beyond, sigma float64) assessment {
	n := float64(len(falls))
	first, last := falls[0], falls[len(falls)-1]
	a := assessment{score: score, onset: max(first-1, 0), onsetLo: max(first-2, 0), end: -1}
	a.claim = fmt.Sprintf("Output waited for some client, and client memory fell %.0f times from %s on as connections closed, while others came: clients are cut and come back.", n, hhmmss(m.timeOf(first)))
	a.evidence = []Evidence{
		ev("samples in which client memory fell by more than ordinary connections hold, while output waited", n, "samples", m.pos(first, false), m.pos(last, false)),
		ev("connections accepted for each, beyond those of other samples", beyond, "connections", m.pos(first, false), m.pos(last, false)),
		ev("how far these are from chance", sigma, "standard deviations", m.pos(first, false), m.pos(last, false)),
	}
	return a
}

// resyncs looks for a replica that is cut in its first sync and begins anew, by sync_full:
// each full sync beyond the replicas that were added is one that did not last. A link that
// merely breaks is taken up again in part (PSYNC).
func (p *pass) resyncs() assessment {
	var slots []int
	again, gone := 0.0, 0.0
	for i := 1; i < len(p.s); i++ {
		if n := p.s[i].FullSyncs; n > 0 && p.s[i].Epoch == p.s[i-1].Epoch {
			slots = append(slots, i)
			again += n
		}
		gone = max(gone, known(p.s[i].Replicas)-known(p.s[0].Replicas))
	}
	again -= gone
	score := 0.75 * stat.Ramp(again, 2, p.val("counted")) * stat.Ramp(float64(len(slots)), 2, 5)
	if score < active {
		return no(score, "%.0f full syncs of replicas that did not last", max(again, 0))
	}
	first, last := slots[0], slots[len(slots)-1]
	a := assessment{score: score, onset: max(first-1, 0), onsetLo: max(first-2, 0), end: -1}
	a.claim = fmt.Sprintf("Replicas began %.0f full syncs anew from %s on: they are cut before they are done.", again, hhmmss(p.timeOf(first)))
	a.evidence = []Evidence{ev("full syncs (sync_full) beyond the replicas that were added", again, "syncs", p.pos(first, false), p.pos(last, false))}
	return a
}

// births are accepted connections, by sample.
type births []float64

func (b *births) add(is bool, came float64) {
	if is {
		*b = append(*b, came)
	}
}

func (b births) sum() float64 {
	total := 0.0
	for _, n := range b {
		total += n
	}
	return total
}

// usual is their mean without the highest tenth: a fleet that starts opens all at once.
func (b births) usual() float64 {
	if len(b) == 0 {
		return 0
	}
	return stat.Mean(trimmed(b))
}

// trimmed gives the values without the highest tenth.
func trimmed(v []float64) []float64 {
	s := slices.Sorted(slices.Values(v))
	return s[:max(len(s)*9/10, min(len(s), 1))]
}
