package analyze

import (
	"fmt"
	"math"
)

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

// lasting gives the seconds that the recording covers; times that run backwards add none.
func (m *model) lasting() float64 {
	sum := 0.0
	for i := 1; i < len(m.s); i++ {
		sum += max(m.s[i].T-m.s[i-1].T, 0)
	}
	return sum
}

// contradictions says where a recording does not agree with itself, so that neither
// health nor a cause can be read from it: each names what and how much.
func (m *model) contradictions() []string {
	var out []string
	tl := m.tl
	if bad := m.clockTrouble(); bad != "" {
		out = append(out, bad)
	}
	if tl.Resets >= 3 && 10*tl.Resets >= 3*tl.Rounds {
		out = append(out, fmt.Sprintf("counters fall %s in %s", times(tl.Resets), many(tl.Rounds, "sample")))
	}
	if tl.Mixed >= 2 {
		out = append(out, "replies of different servers are mixed")
	}
	if tl.Others >= 3 && 10*tl.Others >= tl.Rounds {
		out = append(out, fmt.Sprintf("another process, older than the reply before, answered %s in %s", times(tl.Others), many(tl.Rounds, "sample")))
	}
	if tl.Backwards >= 3 && 10*tl.Backwards >= tl.Rounds {
		out = append(out, fmt.Sprintf("counters run backwards %s without a restart", times(tl.Backwards)))
	}
	if tl.Outlived >= 3 && 10*tl.Outlived >= 3*tl.Rounds {
		out = append(out, fmt.Sprintf("another process came with the connections of the one before, %s in %s", times(tl.Outlived), many(tl.Rounds, "sample")))
	}
	if tl.Ragged >= 3 && 5*tl.Ragged >= tl.Lists {
		out = append(out, fmt.Sprintf("%d of %d client lists hold quite another part of the connections that INFO counts than the list before", tl.Ragged, tl.Lists))
	}
	if tl.Twice >= 3 && 5*tl.Twice >= tl.Lists {
		out = append(out, fmt.Sprintf("many connections share an id in %d of %d client lists", tl.Twice, tl.Lists))
	}
	both, off := 0, 0
	for i := range m.s {
		s := &m.s[i]
		if s.HasInfo && s.HasList && !math.IsNaN(s.Connected) {
			both++
			// A list and a count are not of the same moment; half is far beyond that.
			if s.Listed < s.Connected/2-5 {
				off++
			}
		}
	}
	if both >= 3 && 3*off > both {
		out = append(out, fmt.Sprintf("%d of %d client lists hold less than half of the connections that INFO counts", off, both))
	}
	return out
}
