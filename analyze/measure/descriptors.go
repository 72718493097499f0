package measure

import "math/bits"

// Descriptors finds the usual descriptor limit that leaves n, and how sure that is.
func Descriptors(n uint64) (limit uint64, sure float64) {
	if n < fewestFDs || n > mostFDs {
		return 0, 0
	}
	if bits.OnesCount64(n) == 1 {
		return n, 0.95
	}
	if bits.OnesCount64(n+1) == 1 || round(n) {
		return n, RoundSure // soft and hard limit are the same: what it finds stays
	}
	step := uint64(StepFDs)
	chosen := n - ReservedFDs
	if n%step != 0 || chosen%chosenFDs == 0 || bits.OnesCount64(chosen) == 1 && n%(2*chosenFDs) >= step {
		return 0, 0
	}
	for h := n; h < n+step; h++ {
		if bits.OnesCount64(h+1) == 1 || round(h) {
			return h, RoundSure
		}
	}
	return 0, 0
}

// round tells whether a number is one digit and noughts, as people set limits.
func round(n uint64) bool {
	d := uint64(1)
	for n/d >= decimal {
		d *= decimal
	}
	return n%d == 0
}
