package finding

import "time"

// Held is who held the slots through time, and for how long the connections had not been used: a
// table a list of clients. It is empty where there is no such list.
type Held struct {
	At     []time.Time // when the lists were taken, rising; at most MaxMoments of them, the largest and the last among them
	Groups []HeldGroup // those to blame first, then by their most; at most MaxHeld, the last may be all others
	Idle   [][]float64 // by the bands of IdleEdges: connections unused for so long, one a moment
}

// A HeldGroup is an application, or a host, through time. All lists have the length of Held.At.
type HeldGroup struct {
	Label       string // as the Holder's
	Others      bool   // all that are in no other group
	Blamed      bool   // the verdict's cause names it among its sources
	Connections []float64
	Hosts       []float64 // with at least one connection; NaN for others
	Unused      []float64 // connections unused for two minutes and more
	Blocked     []float64 // in a blocking command
}

// MaxMoments and MaxHeld bound a Held: more groups cannot be told apart in a drawing.
const (
	MaxMoments = 480
	MaxHeld    = 9
)

// IdleEdges are the idle times, in seconds, at which the bands of Held.Idle begin; the first band
// lies below the first of them.
var IdleEdges = [...]float64{1, 10, 60, 300, 1800, 7200, 86400}

// IdleBand gives the band of an idle time in seconds.
func IdleBand(idle int64) int {
	b := 0
	for b < len(IdleEdges) && float64(idle) >= IdleEdges[b] {
		b++
	}
	return b
}
