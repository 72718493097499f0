package snapshot

import (
	"cmp"
	"math"
	"slices"
)

// lone are signs that speak for one cause by themselves where the model cannot, with the most
// that each is believed; the last is believed before the others.
var lone = []struct {
	cause string
	most  float64
	Sign
}{
	// Before 5.0 INFO tells the longest list of replies, not its bytes, and none of the recordings
	// that the model was fitted on is of such a server.
	{"output-buffer-loop", 0.5, Sign{ID: "out_list", Info: true, Name: "longest list of replies waiting", None: 1000, Full: 100_000, Log: true,
		Why: "a client that reads is behind by some tens of replies", Claim: "a list of %s replies waits for a client",
		Value: func(f *Facts, _ *Pair) float64 { return f.OutList }}},
	// A query buffer is emptied as soon as its command is read, so that of 1 MiB and more few
	// live long; the six of a report from the field held 46 MB each. Of longer lists the model
	// judges.
	{"query-buffer-growth", 0.8, Sign{ID: "query_growth", Name: "largest query buffer", None: 1 << 20, Full: 32 << 20, Log: true, Unit: "bytes",
		Why: "a large value is read in some milliseconds, and then its buffer is empty", Claim: "a query buffer holds %s",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Rows >= many {
				return math.NaN()
			}
			return f.QueryMax
		}}},
}

// A server that has no slot left is healthy in one recording of many: what is left of the
// probability of Healthy then, where the model says more for want of a list.
const (
	fullAt      = 0.98
	healthyFull = 0.1
)

// fullHouse takes from Healthy what a full server, or a crowd of newcomers, leaves it; the others
// share it by what they have.
func fullHouse(f *Facts, id []string, prob []float64) {
	k, most := slices.Index(id, Healthy), 1.0
	switch {
	case share(f.Occupied, f.Limit) >= fullAt:
		most = healthyFull
	case f.Newcomer() != nil:
		most = healthyNew
	}
	if k >= 0 {
		leave(prob, k, most)
	}
}

// A host that opened many connections within the last minutes and has used none is a start of a
// pool, a flood or the beginning of a leak, which one snapshot does not tell apart.
const (
	newWithin  = 120 // seconds
	newUnused  = 0.5 // share of its connections
	newLeast   = 10  // connections
	newShare   = 0.1 // of all rows
	healthyNew = 0.4 // what is left of the probability of Healthy
	newServer  = 5   // times newWithin that the server has been up: of one just started all are new
)

// Newcomer gives such a host, the largest; nil where there is none.
func (f *Facts) Newcomer() *Group {
	if f.Masked || f.Uptime < newServer*newWithin {
		return nil
	}
	for i := range f.Hosts {
		g := &f.Hosts[i]
		if n := float64(g.Count); n >= newLeast && n >= newShare*f.Rows && g.AgeHi <= newWithin && g.NeverUsed >= newUnused {
			return g
		}
	}
	return nil
}

// beyond takes from the causes that something contradicts, then gives those of the lone signs their part
// of the probability, which all others give up alike.
func beyond(f *Facts, p *Pair, cands []Candidate) []Candidate {
	contradict(f, p, cands)
	for i := range lone {
		s := &lone[i]
		v := s.Value(f, p)
		w := s.most * s.on(v)
		if !(w > 0) {
			continue
		}
		k := slices.IndexFunc(cands, func(c Candidate) bool { return c.ID == s.cause })
		if k < 0 {
			k = len(cands)
			cands = append(cands, Candidate{ID: s.cause})
		}
		for j := range cands {
			cands[j].Probability *= 1 - w
		}
		c := &cands[k]
		c.Probability += w
		c.For = slices.Insert(c.For, 0, Statement{Sign: &s.Sign, Value: v, At: f.placeOf(&s.Sign), Weight: math.Log(w / (1 - w))})
	}
	slices.SortStableFunc(cands, func(a, b Candidate) int { return cmp.Compare(b.Probability, a.Probability) })
	return cands
}
