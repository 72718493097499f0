package segment

import "github.com/connbox/connbox/parse/table"

// The spanColumns of spells say whose spell each is, in which list of the segment it begins
// and for how many lists it holds. Spells are ordered by client, then by list.
type spanColumns struct {
	client, first, lists []int32
}

// load reads the columns; firstClient and firstList are the numbers with which the segment
// begins in the recording.
func (s *spanColumns) load(t *table.Group, firstClient, firstList int64) (err error) {
	for _, c := range [...]struct {
		name string
		less int64
		to   *[]int32
	}{{"client", firstClient, &s.client}, {"first", firstList, &s.first}, {"lists", 0, &s.lists}} {
		if *c.to, err = t.Small(c.name, *c.to, c.less); err != nil {
			return err
		}
	}
	return nil
}

func (s *spanColumns) reset() { s.client, s.first, s.lists = s.client[:0], s.first[:0], s.lists[:0] }

// fill finds in which of the segment's lists each client is, and checks that its spells
// fill that time.
func (s *spanColumns) fill(state []clientState, lists int) error {
	last := int32(-1)
	firsts, counts := s.first[:len(s.client)], s.lists[:len(s.client)]
	var st *clientState
	for i, c := range s.client {
		first, n := firsts[i], counts[i]
		if n < 1 || int(first) > lists || int(n) > lists-int(first) {
			return errorf("spell %d does not fit", i)
		}
		if c == last && first == st.end {
			st.end += n
			continue
		}
		if c != last+1 || int(c) >= len(state) {
			return errorf("spell %d does not follow the one before", i)
		}
		last, st = c, &state[c]
		*st = clientState{first: first, end: first + n, row: -1}
	}
	if int(last)+1 != len(state) {
		return errorf("%d clients without spells", len(state)-int(last)-1)
	}
	return nil
}
