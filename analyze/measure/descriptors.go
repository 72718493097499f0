package measure

import "math/bits"

// The arithmetic of adjustOpenFilesLimit.
const (
	ReservedFDs = 32   // descriptors that the server keeps for itself
	StepFDs     = 16   // by which it lowers what it asks for
	RoundSure   = 0.75 // how sure a round limit is; see the parameter
)

// Descriptors finds the usual descriptor limit that leaves n, and how sure that is.
func Descriptors(n uint64) (limit uint64, sure float64) {
	if n < 256 || n > 1<<20 {
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
	if n%step != 0 || chosen%50 == 0 || bits.OnesCount64(chosen) == 1 && n%100 >= step {
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
	for n/d >= 10 {
		d *= 10
	}
	return n%d == 0
}
