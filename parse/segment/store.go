package segment

// A store collects one column of a segment while it is open: the places of the values in
// a dictionary, and only how many there are while all are the same. Past maxDict different
// values it keeps the values themselves.
type store[T comparable] struct {
	n     int
	dict  []T
	index map[T]uint16
	codes []uint16 // empty while dict has one value
	plain []T      // instead, for many values
	last  uint16
}

const maxDict = 1 << 16

func (s *store[T]) reset() {
	clear(s.index)
	clear(s.dict)
	clear(s.plain)
	*s = store[T]{dict: s.dict[:0], index: s.index, codes: s.codes[:0], plain: s.plain[:0]}
	if cap(s.plain) > maxDict { // rarely needed, and large
		s.plain = nil
	}
}

func (s *store[T]) add(v T) {
	s.n++
	switch {
	case len(s.plain) > 0:
		s.plain = append(s.plain, v)
		return
	case s.n == 1:
		s.dict, s.last = append(s.dict, v), 0
		return
	case v == s.dict[s.last]:
		if len(s.dict) > 1 {
			s.codes = append(s.codes, s.last)
		}
		return
	}
	if len(s.dict) == 1 {
		if s.index == nil {
			s.index = map[T]uint16{}
		}
		s.index[s.dict[0]] = 0
		s.codes = append(s.codes, make([]uint16, s.n-1)...)
	}
	code, ok := s.index[v]
	if !ok {
		if len(s.dict) == maxDict {
			s.spill(v)
			return
		}
		code = uint16(len(s.dict))
		s.dict, s.index[v] = append(s.dict, v), code
	}
	s.last = code
	s.codes = append(s.codes, code)
}

// spill goes over to plain values.
func (s *store[T]) spill(v T) {
	for _, c := range s.codes {
		s.plain = append(s.plain, s.dict[c])
	}
	s.plain = append(s.plain, v)
	clear(s.index)
	s.codes, s.dict = s.codes[:0], s.dict[:0]
}

// at gives a value.
func (s *store[T]) at(i int) T {
	switch {
	case len(s.plain) > 0:
		return s.plain[i]
	case len(s.dict) == 1:
		return s.dict[0]
	}
	return s.dict[s.codes[i]]
}

// constant tells whether all values are the same.
func (s *store[T]) constant() bool { return len(s.plain) == 0 && len(s.dict) == 1 }
