package cut

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// sawtooth looks for the loop in INFO alone, before the server counts the cuts (7.4): much
// output waits for some client (client_recent_max_output_buffer, 5.0 and later), memory
// falls by that much as a connection closes, and where this goes on, connections are
// accepted that otherwise would not be. A client that reads what waits for it makes memory
// fall too, but nobody comes back; one that closes by itself has nothing waiting.
func sawtooth(p *cause.Pass) cause.Assessment {
	for i := range p.Samples {
		if !math.IsNaN(p.Samples[i].ObufCuts) {
			if x := resyncs(p); x.Score >= cause.Active {
				return x
			}
			return cause.No(0, "the server counts the clients it cut at their output-buffer limit: none")
		}
	}
	var falls []int
	var high, calm, falling, other births
	for k := 1; k < len(p.Lists); k++ {
		i, h := p.Lists[k], p.Lists[k-1]
		s, before := &p.Samples[i], &p.Samples[h]
		waiting := max(timeline.Known(before.OutMax), timeline.Known(s.OutMax)) >= p.Number("floor")
		if s.Epoch != before.Epoch || math.IsNaN(s.Accepted) || math.IsNaN(s.OutMax) {
			continue
		}
		closed := s.Accepted - (p.Occupancy[i] - p.Occupancy[h])
		fell := waiting && before.ClientMem-s.ClientMem >= p.Number("floor")*max(closed, 1)
		if fell {
			falls = append(falls, i)
		}
		high.add(waiting, s.Accepted)
		calm.add(!waiting, s.Accepted)
		falling.add(fell, s.Accepted)
		other.add(!fell, s.Accepted)
	}
	if float64(len(calm)) < p.Number("calm") { // it has been going on all the time
		high, calm = falling, other
	}
	n := float64(len(falls))
	expected := calm.usual() * float64(len(high))
	beyond := (high.sum() - expected) / max(n, 1)
	sigma := (high.sum() - expected) / math.Sqrt(max(expected, 1))
	at := cause.Span{To: len(p.Samples) - 1}
	if len(falls) > 0 {
		at = cause.Span{From: falls[0], To: falls[len(falls)-1]}
	}
	score := p.Judge("client memory, INFO alone", "client memory", at, &cuts{n: n, beyond: beyond, sigma: sigma})
	if score < cause.Active {
		if x := resyncs(p); x.Score >= cause.Active {
			return x
		}
		return cause.No(score, "as far as INFO shows, no connection went away with output waiting for it: client memory fell %.0f times while some client had much, with %.1f connections more than usual each", n, beyond)
	}
	first := falls[0]
	a := cause.Assessment{Score: score, Onset: max(first-1, 0), OnsetLo: max(first-2, 0), End: -1}
	a.Claim = fmt.Sprintf("Output waited for some client, and client memory fell %.0f times from %s on as connections closed, while others came: clients are cut and come back.", n, finding.Clock(p.TimeOf(first)))
	a.Evidence = p.Evidence("falls", "beyond", "sigma")
	return a
}

// resyncs looks for a replica that is cut in its first sync and begins anew, by sync_full:
// each full sync beyond the replicas that were added is one that did not last. A link that
// merely breaks is taken up again in part (PSYNC).
func resyncs(p *cause.Pass) cause.Assessment {
	var slots []int
	again, gone := 0.0, 0.0
	for i := 1; i < len(p.Samples); i++ {
		if n := p.Samples[i].FullSyncs; n > 0 && p.Samples[i].Epoch == p.Samples[i-1].Epoch {
			slots = append(slots, i)
			again += n
		}
		gone = max(gone, timeline.Known(p.Samples[i].Replicas)-timeline.Known(p.Samples[0].Replicas))
	}
	again -= gone
	score := p.Judge("full syncs, INFO alone", "full syncs", cause.Span{To: len(p.Samples) - 1}, &cuts{n: again, samples: float64(len(slots))})
	if score < cause.Active {
		return cause.No(score, "%.0f full syncs of replicas that did not last", max(again, 0))
	}
	first, last := slots[0], slots[len(slots)-1]
	a := cause.Assessment{Score: score, Onset: max(first-1, 0), OnsetLo: max(first-2, 0), End: -1}
	a.Claim = fmt.Sprintf("Replicas began %.0f full syncs anew from %s on: they are cut before they are done.", again, finding.Clock(p.TimeOf(first)))
	a.Evidence = []finding.Evidence{finding.New("full syncs (sync_full) beyond the replicas that were added", again, "syncs", p.Place(first, false), p.Place(last, false))}
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
	return stat.Mean(measure.Trimmed(b))
}
