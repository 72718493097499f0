package whatif

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
)

// BackOffDoublings is how often a pause is doubled: 64 times the first one at most, as from
// 100 ms to 6.4 s.
const BackOffDoublings = 6

// backOff answers how many refusals a second there would be if every client doubled its
// pause after each refusal, up to 64 times, with jitter about it, instead of keeping it.
//
// Accepted connections thin out the attempts: a = q·α with α = a + r. The number of waiting
// clients and the slots that come free do not change, so a stays, and as a client makes
// 1/q tries of growing distance, the rate of attempts falls by the mean factor. With q′ the
// chance of a try then, 1/Σ (1−q′)^k 2^min(k,6) = q, and refusals are a·(1−q′)/q′. It needs
// neither the number of clients nor their present pause.
func (p *Plan) backOff() finding.WhatIf {
	var now, then []float64
	first, last := -1, 0
	for _, i := range p.AtLimit {
		s := &p.Samples[i]
		if !(s.Refused > 0) || !(s.Span > 0) || math.IsNaN(s.Accepted) {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		now = append(now, s.Refused/s.Span)
		then = append(then, RefusedWithBackOff(s.Accepted/s.Span, s.Refused/s.Span))
	}
	if len(now) < 3 {
		return missing("refusals at the limit lasted %s", finding.Count(len(now), "sample"))
	}
	w := finding.WhatIf{Value: stat.Median(then), Lo: stat.Quantile(then, 0.05), Hi: stat.Quantile(then, 0.95), Unit: "refusals/s",
		At: []string{p.Place(first, false), p.Place(last, false)}}
	w.Answer = fmt.Sprintf("%s refusals a second instead of %s (median at the limit; %s to %s in 90 %% of %d samples), with the pause doubled up to 64 times. Clients get in as fast as now: slots are what they wait for.",
		Rounded(w.Value), Rounded(stat.Median(now)), Rounded(w.Lo), Rounded(w.Hi), len(now))
	w.Gain = fmt.Sprintf("%s refusals a second instead of %s", Rounded(w.Value), Rounded(stat.Median(now)))
	return w
}

// RefusedWithBackOff gives the refusals a second with back-off, from what was accepted and
// refused a second without.
func RefusedWithBackOff(accepted, refused float64) float64 {
	q := accepted / (accepted + refused)
	if !(q > 0) { // nobody gets in: every client is at its longest pause
		return refused / math.Exp2(BackOffDoublings)
	}
	if q >= 1 {
		return 0
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; 1/WaitPerSuccess(mid) < q {
			lo = mid
		} else {
			hi = mid
		}
	}
	return accepted * (1 - hi) / hi
}

// WaitPerSuccess gives the pauses a client waits through until a try succeeds, in first
// pauses: Σ (1−q)^k 2^min(k,6) over k ≥ 0.
func WaitPerSuccess(q float64) float64 {
	sum, x := 0.0, 1.0
	for range BackOffDoublings {
		sum += x
		x *= 2 * (1 - q)
	}
	return sum + x/max(q, 1e-300)
}

// Rounded prints a rate with two digits or as a whole number.
func Rounded(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}
