package analyze

import (
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// standIn makes one source out of INFO for a recording without any CLIENT LIST, so that
// the causes that look at growth can be asked of the server as a whole: occupancy for its
// connections, accepted ones for births, and accepted minus growth for deaths.
//
// Who uses the connections is not in INFO, so use is inferred from demand: as many
// connections count as active as would have carried the commands at the commands per
// connection of the beginning. A leak adds connections and no commands; traffic adds both.
func (tl *Timeline) standIn() {
	var infos []int
	for i := range tl.Samples {
		if tl.Samples[i].HasInfo {
			infos = append(infos, i)
		}
	}
	if len(infos) < 2 {
		return
	}
	s := &series{start: infos[0], cells: make([]cell, infos[len(infos)-1]-infos[0]+1)}
	perConn := tl.commandsPerConnection(infos)
	prev := math.NaN()
	for k, i := range infos {
		smp := &tl.Samples[i]
		smp.list = k + 1
		o := smp.Occupancy()
		c := &s.cells[i-s.start]
		c.list, c.n = int32(k+1), int32(known(o))
		busy := known(smp.Commands / smp.Span / perConn)
		c.active = int32(min(busy, float64(c.n)))
		c.stale = c.n - c.active
		c.resting = c.stale
		c.blocked, c.births = int32(known(smp.Blocked)), int32(known(smp.Accepted))
		c.internal = int32(known(smp.Replicas))
		c.deaths = int32(max(known(smp.Accepted-(o-prev)), 0))
		prev = o
	}
	tl.Sources = []*series{s}
}

// commandsPerConnection gives commands per second and connection over the first samples.
func (tl *Timeline) commandsPerConnection(infos []int) float64 {
	var r []float64
	for _, i := range infos[:min(len(infos), max(6, len(infos)/10))] {
		s := &tl.Samples[i]
		r = append(r, s.Commands/s.Span/max(s.Occupancy(), 1))
	}
	return stat.Median(r)
}

// known gives v, or 0 where it is not a finite number.
func known(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
