package reduce

import (
	"math"
	"math/rand/v2"
)

// tail is the probability of at least k where mean are expected (Poisson): 1 less the sum of the terms
// below k, or, where that cancels, the sum of those from k on.
func tail(k int, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	lg, _ := math.Lgamma(float64(k) + 1)
	term := math.Exp(float64(k)*math.Log(max(mean, 1e-300)) - mean - lg)
	if float64(k) <= mean { // most of it is above
		below, t := 0.0, term
		for i := k; i > 0; i-- {
			t *= float64(i) / mean
			below += t
			if t < 1e-17*below {
				break
			}
		}
		return max(0, 1-below)
	}
	sum, t := 0.0, term
	for i := k + 1; ; i++ {
		sum += t
		t *= mean / float64(i)
		if t <= 1e-17*sum {
			return sum
		}
	}
}

// shaken is how far, in seconds, an onset is moved in a simulated night: the rate of its hours
// stays, and closeness goes.
const shaken = 45 * 60

// simulate counts the groups found by chance: in so many nights in which every onset that is in no
// group, and the first of each group, is moved at random. The dice are the same each time.
func simulate(all []incident) (falsely float64, nights int) {
	var base []incident
	first := map[int]bool{}
	for i := range all {
		x := all[i]
		if math.IsNaN(x.at) || x.group > 0 && first[x.group] {
			continue
		}
		first[x.group] = true
		x.group = 0
		base = append(base, x)
	}
	if len(base) < least {
		return 0, 0
	}
	nights = min(max(simulated/len(base), 3), 200)
	dice := rand.New(rand.NewPCG(1, 1))
	night, found := make([]incident, len(base)), 0
	for range nights {
		copy(night, base)
		for i := range night {
			by := (2*dice.Float64() - 1) * shaken
			night[i].at += by
			night[i].lo += by
			night[i].hi += by
		}
		found += len(find(night))
	}
	return float64(found) / float64(nights), nights
}

// simulated bounds the incidents of all simulated nights together.
const simulated = 100_000
