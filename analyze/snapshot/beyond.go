package snapshot

import (
	"math"
	"slices"
)

// QueryGrowth is a cause that no recording the model was fitted on has.
const QueryGrowth = "query-buffer-growth"

// queryGrowth is its only sign, with the most that it is believed: a query buffer is emptied
// as soon as its command is read, so that of 1 MiB and more few live long; those of a report
// from the field held 46 MB each.
var queryGrowth = Sign{ID: "query_growth", Name: "largest query buffer", None: 1 << 20, Full: 32 << 20, Log: true, Unit: "bytes",
	Why: "a large value is read in some milliseconds, and then its buffer is empty", Claim: "a query buffer holds %s"}

const mostBelieved = 0.8

// A server that has no slot left is healthy in one recording of many: what is left of the
// probability of Healthy then, where the model says more for want of a list.
const (
	fullAt      = 0.98
	healthyFull = 0.1
)

// fullHouse takes from Healthy what a full server leaves it; the others share it by what
// they have.
func fullHouse(f *Facts, id []string, prob []float64) {
	k := slices.Index(id, Healthy)
	if k < 0 || !(share(f.Occupied, f.Limit) >= fullAt) || prob[k] <= healthyFull {
		return
	}
	up := (1 - healthyFull) / (1 - prob[k])
	for i := range prob {
		prob[i] *= up
	}
	prob[k] = healthyFull
}

// beyond gives QueryGrowth its part of the probability, which all others give up alike.
func beyond(f *Facts, cands []Candidate) []Candidate {
	if !(f.QueryMax > queryGrowth.None) {
		return cands
	}
	w := mostBelieved * queryGrowth.on(f.QueryMax)
	for i := range cands {
		cands[i].Probability *= 1 - w
	}
	c := Candidate{ID: QueryGrowth, Probability: w, For: []Statement{{Sign: &queryGrowth, Value: f.QueryMax, At: f.ListPos, Weight: math.Log(w / (1 - w))}}}
	at, _ := slices.BinarySearchFunc(cands, c, func(a, b Candidate) int {
		if a.Probability > b.Probability {
			return -1
		}
		return 1
	})
	return slices.Insert(cands, at, c)
}
