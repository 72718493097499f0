package timeline

import (
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// maxPaced bounds the connections whose ages are compared.
const maxPaced = 4096

// A pace finds the distance in time of client lists that came without any: the ages of the
// connections in both have grown by it.
type pace struct {
	ages  map[int64]int64 // by id, of the list before
	base  int64           // what ages count from in the list before, of one that came as changes
	based bool
	t     float64
	on    bool
}

// pace gives a list without a time one that counts from the first list.
func (c *collector) pace(r *record.Clients) {
	if !c.unpaced(&r.Head) {
		return
	}
	var grown []int64
	ages := make(map[int64]int64, min(len(r.Rows), maxPaced))
	for i := range r.Rows {
		row := &r.Rows[i]
		if !row.Has.Has(record.FieldID) || !row.Has.Has(record.FieldAge) || len(ages) == maxPaced {
			continue
		}
		ages[row.ID] = row.Age
		if before, ok := c.paced.ages[row.ID]; ok {
			grown = append(grown, row.Age-before)
		}
	}
	c.paced.ages = ages
	if len(grown) == 0 {
		return
	}
	slices.Sort(grown)
	c.goOn(&r.Head, grown[len(grown)/2])
}

// paceChanges does the same for a list that came as changes: ages count from its base.
func (c *collector) paceChanges(r *record.ClientChanges) {
	if !c.unpaced(&r.Head) {
		return
	}
	before, ok := c.paced.base, c.paced.based
	c.paced.base, c.paced.based = r.AgeBase, true
	if ok {
		c.goOn(&r.Head, r.AgeBase-before)
	}
}

// unpaced tells a list of an input that has no times at all.
func (c *collector) unpaced(h *record.Head) bool {
	return h.At.IsZero() && !c.clocked && (!c.tl.Relative || c.paced.on)
}

// goOn gives a list the time of the one before and by seconds more.
func (c *collector) goOn(h *record.Head, by int64) {
	if by <= 0 {
		return
	}
	c.tl.Relative, c.tl.Paced, c.paced.on = true, true, true
	c.tl.PacedBy = "the connections' ages"
	c.paced.t += float64(by)
	c.moveLast(c.paced.t)
	h.At = finding.UnixTime(c.paced.t)
}

// moveLast gives the last sample another time, if it is an INFO that waits for its list.
func (c *collector) moveLast(t float64) {
	n := len(c.tl.Samples)
	if n == 0 || c.thin > 1 {
		return
	}
	last := &c.tl.Samples[n-1]
	if !last.HasInfo || last.HasList || t <= last.T {
		return
	}
	if g := len(c.tl.gaps); g > 0 {
		c.tl.gaps[g-1] += t - last.T
	}
	last.T, c.lastAt = t, t
	if c.prev.ok {
		c.prev.t = t
	}
}
