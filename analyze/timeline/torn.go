package timeline

import "math"

// A tornLists knows lists that were cut short on their way: a pipe that closed, a copy that
// ended in the middle. Who is not in such a list is not gone.
type tornLists struct {
	share  float64 // rows of the last whole list for each connection that INFO counted; 0 unknown
	inRow  int     // torn lists since
	lacked []int32 // places that they do not speak of
	births []int32 // that they show, of each source
	ragged int     // lists taken for whole whose share differs from that of the one before
}

const (
	tornShare = 0.85 // of the rows to be expected
	tornLeast = 8    // rows missing: INFO is some milliseconds older than the list
	tornInRow = 2    // then it is as it is: a filter, or connections that went
)

// isTorn tells whether a list lacks a good part of the connections that INFO counts in the
// same sample, which the list before did not.
func (t *tornLists) isTorn(rows int, s *Sample) bool {
	if !s.HasInfo || math.IsNaN(s.Connected) || s.Connected <= 0 {
		return false
	}
	want := t.share * s.Connected
	if t.inRow < tornInRow && float64(rows) < tornShare*want && float64(rows)+tornLeast <= want {
		t.inRow++
		return true
	}
	share := min(float64(rows)/s.Connected, 1)
	if apart := math.Abs(share - t.share); t.share > 0 && apart > (1-tornShare)*max(share, t.share) && apart*s.Connected >= tornLeast {
		t.ragged++
	}
	t.share, t.inRow = share, 0
	return false
}

// bring adds the births that torn lists showed to those of the whole list after them.
func (t *tornLists) bring(count []Cell) (births int) {
	for i, n := range t.births {
		count[i].Births += n
		births += int(n)
	}
	t.births = t.births[:0]
	return births
}

// tear ends a torn list: its births are kept for the next, nobody is buried, and what is known of those it lacks stays that of
// the list before. all tells that it spoke of all it has.
func (t *connTable) tear(all bool, ageBase, idleBase int64) {
	for i := range t.count {
		if i == len(t.torn.births) {
			t.torn.births = append(t.torn.births, 0)
		}
		t.torn.births[i] += t.count[i].Births
	}
	if all {
		t.allGone()
		t.torn.lacked = t.torn.lacked[:0]
	}
	t.torn.lacked = append(t.torn.lacked, t.gone...)
	t.gone = t.gone[:0]
	n := 0
	for _, i := range t.torn.lacked {
		now := &t.now[i]
		if now.src == noSource || t.more[i].seen == int32(t.lists) {
			continue
		}
		t.torn.lacked[n] = i
		n++
		now.created += ageBase - t.ageBase
		if now.is&isStanding == 0 {
			now.from += idleBase - t.idleBase
		}
	}
	t.torn.lacked = t.torn.lacked[:n]
	t.ageBase, t.idleBase = ageBase, idleBase
}
