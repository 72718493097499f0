package snapshot

import (
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// contrary are what speaks against one cause by what it is, whatever the model made of the rest: at the far
// end of its ramp it leaves the cause so much of the probability. A snapshot that looks like a cause and
// like something harmless, too, is not enough to name it.
var contrary = []struct {
	cause string
	most  float64
	two   bool // said of two snapshots as well
	Sign
}{
	// In a list cut short by a timeout the longest rest is some minutes, whatever the oldest is: an
	// eighth to a fifth in what the simulator plays.
	{"idle-cut", 0.1, true, Sign{ID: "rests", Name: "longest idle by oldest age", None: 0.35, Full: 0.7, Unit: "%",
		Why: "where idle connections are cut none rests for as long as another lives", Claim: "connections rest for up to %s of the age of the oldest: no idle time is too long",
		Value: longestRest}},
	{"idle-cut", 0.65, false, Sign{ID: "who_closed", Name: "who closed them", None: -1, Full: 0,
		Why:   "pools that shrink by themselves leave the same list as a server or a middlebox that cuts them",
		Claim: "a list does not tell whether the idle were cut or closed by their own pools", Value: func(*Facts, *Pair) float64 { return 0 }}},
	{"query-buffer-growth", 0.65, true, Sign{ID: "arriving", Name: "largest query buffer of a client that sends", None: 1 << 18, Full: 1 << 20, Log: true, Unit: "bytes",
		Why: "a large value on its way fills the buffer, too, for moments", Claim: "the %s are of a client that sends at this moment: a large value arrives in the same way",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Rows < many || f.QueryStuck >= 1<<18 {
				return math.NaN()
			}
			return f.QueryMax
		}}},
	{"reconnect-wave", 0.2, true, Sign{ID: "no_burst", Name: "opened at once", None: 0.3, Full: 0.2, Unit: "%",
		Why: "in a wave everybody comes back at once", Claim: "no more than %s of the connections were opened at once",
		Value: burst}},
	{"protected-mode-refusals", 0.5, false, Sign{ID: "was_full", Name: "slots in use of a server that may have been full", None: 0.4, Full: 0.6, Unit: "%",
		Why: "what was refused since the start may be of an hour when it was full", Claim: "%s of the slots are in use, and it may have been full before",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Accepted < f.Limit {
				return 0 // it never was
			}
			return share(f.Occupied, f.Limit)
		}}},
	{"output-buffer-loop", 0.65, true, Sign{ID: "resync", Name: "output waiting for a replica alone", None: 1 << 14, Full: 1 << 18, Log: true, Unit: "bytes",
		Why: "a replica that syncs anew is waited for in the same way, and is not cut", Claim: "%s of output wait for a replica, and nothing was cut as far as INFO tells",
		Value: func(f *Facts, _ *Pair) float64 {
			if !(f.Internal > 0) || f.OutMax >= 1<<14 || f.OutCuts > 0 {
				return math.NaN()
			}
			return f.OutLongest
		}}},
}

// longestRest is the longest idle time of a client that neither subscribes nor waits, but for one in
// fifty, by the age of the oldest.
func longestRest(f *Facts, _ *Pair) float64 {
	if f.Ageless {
		return math.NaN()
	}
	var idle []float64
	for _, c := range f.rows {
		if !subscribes(c) && !strings.ContainsRune(c.Flags, 'b') {
			idle = append(idle, float64(c.Idle))
		}
	}
	if len(idle) < newLeast {
		return math.NaN()
	}
	slices.Sort(idle)
	return share(idle[len(idle)-1-len(idle)/50], f.OldestAge)
}

func subscribes(c *record.Client) bool {
	return c.Sub > 0 || c.PSub > 0 || c.SSub > 0 || strings.ContainsRune(c.Flags, 'P')
}

// contradict lets causes keep what the contrary signs leave them, and says so.
func contradict(f *Facts, p *Pair, cands []Candidate) {
	for i := range contrary {
		s := &contrary[i]
		k := slices.IndexFunc(cands, func(c Candidate) bool { return c.ID == s.cause })
		if k < 0 || p != nil && !s.two {
			continue
		}
		v := s.Value(f, p)
		if math.IsNaN(v) {
			continue
		}
		prob := make([]float64, len(cands))
		for j := range cands {
			prob[j] = cands[j].Probability
		}
		before := prob[k]
		if leave(prob, k, 1-(1-s.most)*s.on(v)); prob[k] == before {
			continue
		}
		for j := range cands {
			cands[j].Probability = prob[j]
		}
		cands[k].Against = slices.Insert(cands[k].Against, 0, Statement{Sign: &s.Sign, Value: v, At: f.placeOf(&s.Sign), Weight: -math.Log(before / prob[k])})
	}
}
