package timeline

import "math"

// maxPlausible is the highest number of connections or limit that is believed: above what
// any kernel gives a process in descriptors (fs.nr_open is at most 2^30).
const maxPlausible = 1 << 30

// plausible gives a number of connections, NaN where it cannot be one.
func plausible(v float64) float64 {
	if v > maxPlausible {
		return math.NaN()
	}
	return v
}

// maxBytes is the most output that is believed to wait for a connection: 64 TiB, more than
// any machine has.
const maxBytes = 1 << 46

// plausibleBytes gives the output that waits for a connection, 0 where it cannot be.
func plausibleBytes(n int64) int64 {
	if n < 0 || n > maxBytes {
		return 0
	}
	return n
}
