package timeline

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
	s := &Series{Start: infos[0], Cells: make([]Cell, infos[len(infos)-1]-infos[0]+1)}
	perConn := tl.commandsPerConnection(infos)
	prev := math.NaN()
	for k, i := range infos {
		smp := &tl.Samples[i]
		smp.List = k + 1
		o := smp.Occupancy()
		c := &s.Cells[i-s.Start]
		c.list, c.N = int32(k+1), int32(Known(o))
		busy := Known(smp.Commands / smp.Span / perConn)
		c.Active = int32(min(busy, float64(c.N)))
		c.Stale = c.N - c.Active
		c.Resting = c.Stale
		c.Blocked, c.Births = int32(Known(smp.Blocked)), int32(Known(smp.Accepted))
		c.Internal = int32(Known(smp.Replicas))
		c.Deaths = int32(max(Known(smp.Accepted-(o-prev)), 0))
		prev = o
	}
	tl.Sources = []*Series{s}
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

// Known gives v, or 0 where it is not a finite number.
func Known(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
