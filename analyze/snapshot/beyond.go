package snapshot

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
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

// contrary are what speaks against one cause by what it is, whatever the model made of the rest: at the far
// end of its ramp it leaves the cause so much of the probability. A snapshot that looks like a cause and
// like something harmless, too, is not enough to name it.
var contrary = []struct {
	cause string
	most  float64
	two   bool // said of two snapshots as well
	Sign
}{
	{"blocking-commands", 0.02, true, Sign{ID: "none_blocked", Name: "clients in a blocking command", None: 0, Full: 1,
		Why: "who holds a slot by a blocking command has flag b, and INFO counts it", Claim: "nobody is in a blocking command",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Blocked == 0 || math.IsNaN(f.Blocked) && f.BlockedNow == 0 && !f.Ageless && !f.Partial() {
				return 1
			}
			return math.NaN()
		}}},
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
	{"connection-leak", 0.05, true, Sign{ID: "all_used", Name: "longest idle time of a short list", None: 300, Full: 60, Log: true, Unit: "s",
		Why: "what leaks is not used again, and rests", Claim: "no connection rests for over %s",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Ageless || !(f.Rows < many) || len(f.idles) < GuessFrom || f.Partial() {
				return math.NaN()
			}
			return slices.Max(f.idles)
		}}},
	{Healthy, 0.15, true, Sign{ID: "all_unused", Name: "connections of a short list that were never used", None: 0.9, Full: 1, Unit: "%",
		Why: "of a pool that somebody uses some connections are", Claim: "%s of the connections were never used after their first moments",
		Value: func(f *Facts, _ *Pair) float64 {
			if f.Ageless || !(f.Rows < many) || len(f.idles) < GuessFrom || slices.Min(f.ages) < 600 {
				return math.NaN()
			}
			return f.NeverUsed
		}}},
	{"slow-commands", 0.1, true, Sign{ID: "none_waits", Name: "clients of a short list with a command waiting", None: 0, Full: 1,
		Why: "behind a slow command the others' commands wait; a command of O(N) of one client in some is no more than what it ran last", Claim: "no command waits to be read",
		Value: func(f *Facts, _ *Pair) float64 {
			waits := func(c *record.Client) bool { return c.QBuf > 0 && c.Cmd != "client" && c.Cmd != "client|list" }
			if f.InfoPos != "" || !(f.Rows < many) || !f.tells(record.FieldQBuf) || slices.ContainsFunc(f.rows, waits) {
				return math.NaN()
			}
			return 1
		}}},
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

// GuessFrom is from how many connections on a cause is guessed at all: of fewer every share is large.
const GuessFrom = 5

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
