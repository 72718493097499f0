package parse

import (
	"encoding/binary"
)

// A listReplay puts CLIENT LIST together again from clients and spells; see listWriter.
type listReplay struct {
	lists int // CLIENT LIST replies in the segment

	// clients
	clients        int
	nums           [len(clientColumns)]numColumn
	texts          [len(clientColumns)]textColumn
	has, layout    numColumn
	created, after numColumn

	// spells
	spells           int
	client           numColumn
	first, n         numColumn
	idleFrom, ageOff numColumn
	fixed            numColumn
	begin            []int32   // spells in order of their first list
	constant         Client    // the columns that have one value throughout
	vary             [2][]int8 // places in clientColumns of the others: spells', clients'
	next             int       // of begin

	state   []clientState // by client
	rows    []liveRow
	free    []int32
	dims    []int32 // the list before
	dims2   []int32
	born    []int32
	ring    ring
	layouts string
	ready   bool
	keys    []Layout
}

// A clientState says in which lists a client is, and in which of rows it is kept.
type clientState struct {
	first, end int32 // lists from first, before end
	row        int32
	mark       int32 // nth+1 of the last explicit order it was in
}

// A liveRow is the present state of a client, without what time changes.
type liveRow struct {
	client              Client
	created, from, idle int64
	fixed               bool
}

func (l *listReplay) loadColumns(t *tableReader, fixed bool) (err error) {
	for i := range clientColumns {
		c := &clientColumns[i]
		if c.fixed != fixed {
			continue
		}
		var one bool
		if c.num != nil {
			err = t.nums(c.name, &l.nums[i])
			if one = l.nums[i].constant(); one {
				*c.num(&l.constant) = l.nums[i].at(0)
			}
		} else {
			err = t.texts(c.name, &l.texts[i])
			if one = len(l.texts[i].dict) == 1; one {
				*c.str(&l.constant) = l.texts[i].dict[0]
			}
		}
		if err != nil {
			return err
		}
		if k := 0; !one {
			if fixed {
				k = 1
			}
			l.vary[k] = append(l.vary[k], int8(i))
		}
	}
	return nil
}

func (l *listReplay) loadClients(t *tableReader) error {
	l.clients = t.rows()
	if err := t.loadNums([]numWant{{"has", &l.has}, {"layout", &l.layout}, {"created_at", &l.created}, {"after", &l.after}}); err != nil {
		return err
	}
	return l.loadColumns(t, true)
}

func (l *listReplay) loadSpells(t *tableReader) error {
	l.spells = t.rows()
	if err := t.loadNums([]numWant{{"client", &l.client}, {"first", &l.first}, {"lists", &l.n}, {"idle_from", &l.idleFrom}, {"idle_fixed", &l.fixed}, {"age_off", &l.ageOff}}); err != nil {
		return err
	}
	return l.loadColumns(t, false)
}

// link finds each client's time in the list and checks that its spells fill it.
func (l *listReplay) link() error {
	l.state = make([]clientState, l.clients)
	l.begin = make([]int32, l.spells)
	if err := spans(l.state, l.lists, l.spells, &l.client, &l.first, &l.n); err != nil {
		return err
	}
	for i := range l.clients {
		if a := l.after.at(i); a < 0 || a >= int64(l.clients) {
			return parquetErrorf("client %d stands after %d", i, a)
		}
	}
	l.sortBegin()
	return nil
}

// spans finds from the columns of spells in which of the segment's lists each client is.
func spans(state []clientState, lists, spells int, client, first, n *numColumn) error {
	last := int64(-1)
	for i := range spells {
		c, first, n := client.at(i), first.at(i), n.at(i)
		if c < last || c > last+1 || c >= int64(len(state)) || first < 0 || n < 1 ||
			first > int64(lists) || n > int64(lists)-first {
			return parquetErrorf("spell %d does not fit", i)
		}
		s := &state[c]
		if c != last {
			*s = clientState{first: int32(first), row: -1}
		} else if first != int64(s.end) {
			return parquetErrorf("spell %d does not follow the one before", i)
		}
		s.end = int32(first + n)
		last = c
	}
	if last+1 != int64(len(state)) {
		return parquetErrorf("%d clients without spells", int64(len(state))-last-1)
	}
	return nil
}

// sortBegin sorts the spells by their first list, by counting.
func (l *listReplay) sortBegin() {
	at := make([]int32, l.lists+1) // where the spells of a list go
	for i := range l.spells {
		at[l.first.at(i)+1]++
	}
	for i := range l.lists {
		at[i+1] += at[i]
	}
	for i := range l.spells {
		first := l.first.at(i)
		l.begin[at[first]] = int32(i)
		at[first]++
	}
}

// read gives the nth list.
func (l *listReplay) read(s *seriesReplay, nth int32, rec *Clients) error {
	var base, idle, rows, first, order int64
	for _, v := range []struct {
		key string
		to  *int64
	}{{keyBase, &base}, {keyIdle, &idle}, {keyRows, &rows}, {keyFirst, &first}, {keyOrder, &order}} {
		var err error
		if *v.to, err = s.num(KindClients, v.key); err != nil {
			return err
		}
	}
	if err := l.setLayouts(s, rec); err != nil {
		return err
	}
	l.begins(nth, base, base+idle)
	dims, err := l.order(s, nth, rows, first, order)
	if err != nil {
		return err
	}
	for _, d := range l.dims {
		if st := &l.state[d]; st.end <= nth && st.row >= 0 {
			l.rows[st.row].client = Client{}
			l.free = append(l.free, st.row)
			st.row = -1
		}
	}
	l.dims2 = append(l.dims2[:0], dims...)
	l.dims, l.dims2 = l.dims2, l.dims
	if cap(rec.Rows) < len(dims) {
		rec.Rows = make([]Client, len(dims), len(dims)+len(dims)/8)
	}
	rec.Rows = rec.Rows[:len(dims)]
	for i, d := range l.dims {
		at := l.state[d].row
		if at < 0 {
			return parquetErrorf("client %d is not in list %d", d, nth)
		}
		row, c := &l.rows[at], &rec.Rows[i]
		*c = row.client
		c.Age += base - row.created
		if row.fixed {
			c.Idle = row.idle
		} else {
			c.Idle = base + idle - row.from
		}
	}
	return rec.checkLayouts()
}

// begins brings in the spells that begin with the nth list.
func (l *listReplay) begins(nth int32, base, ibase int64) {
	l.born = l.born[:0]
	for ; l.next < len(l.begin); l.next++ {
		i := int(l.begin[l.next])
		if l.first.at(i) != int64(nth) {
			return
		}
		d := int(l.client.at(i))
		st := &l.state[d]
		if st.row < 0 {
			if n := len(l.free); n > 0 {
				st.row, l.free = l.free[n-1], l.free[:n-1]
			} else {
				st.row = int32(len(l.rows))
				l.rows = append(l.rows, liveRow{})
			}
			l.born = append(l.born, int32(d))
			l.rows[st.row].client = l.constant
			l.fill(&l.rows[st.row].client, d, l.vary[1])
		}
		row := &l.rows[st.row]
		c := &row.client
		c.TotMem = l.constant.TotMem
		l.fill(c, i, l.vary[0])
		c.Has, c.Layout = FieldSet(l.has.at(d)), int(l.layout.at(d))
		c.TotMem += memParts(c) // mem_rest until here
		c.Age = l.ageOff.at(i)
		row.created, row.from = l.created.at(d), l.idleFrom.at(i)
		row.fixed, row.idle = l.fixed.at(i) != 0, ibase-row.from
	}
}

// fill sets the fields of a client from row i of their columns.
func (l *listReplay) fill(c *Client, i int, columns []int8) {
	for _, k := range columns {
		col := &clientColumns[k]
		if col.num != nil {
			*col.num(c) = l.nums[k].at(i)
		} else {
			*col.str(c) = l.texts[k].at(i)
		}
	}
}

// order gives the clients of the nth list in its order.
func (l *listReplay) order(s *seriesReplay, nth int32, rows, first, order int64) ([]int32, error) {
	gone := func(d int32) bool { return l.state[d].end <= nth }
	n := int64(len(l.born))
	for _, d := range l.dims {
		if !gone(d) {
			n++
		}
	}
	if n != rows {
		return nil, parquetErrorf("list %d has %d clients instead of %d", nth, n, rows)
	}
	if n == 0 {
		return nil, nil
	}
	if first < 0 || first >= int64(l.clients) {
		return nil, parquetErrorf("list %d begins with client %d", nth, first)
	}
	if order == 0 {
		after := func(d int32) int32 { return int32(l.after.at(int(d))) }
		dims := l.ring.turn(l.dims, gone, l.born, after, int32(first), int(n))
		if dims == nil {
			return nil, parquetErrorf("order of list %d cannot be told", nth)
		}
		return dims, nil
	}
	text, err := s.text(KindClients, keyOrder)
	if err != nil {
		return nil, err
	}
	dims, b, d := make([]int32, 0, n), []byte(text), int64(0)
	for len(b) > 0 {
		v, k := binary.Varint(b)
		d += v
		if k <= 0 || d < 0 || d >= int64(l.clients) || l.state[d].mark == nth+1 || l.state[d].row < 0 || gone(int32(d)) {
			return nil, parquetErrorf("order of list %d cannot be read", nth)
		}
		l.state[d].mark = nth + 1
		dims, b = append(dims, int32(d)), b[k:]
	}
	if int64(len(dims)) != n {
		return nil, parquetErrorf("order of list %d has %d of %d clients", nth, len(dims), n)
	}
	return dims, nil
}

func (l *listReplay) setLayouts(s *seriesReplay, rec *Clients) error {
	text, err := s.text(KindClients, keyLayouts)
	if err != nil {
		return err
	}
	if !l.ready || text != l.layouts {
		keys, ok := splitLayouts(text)
		if !ok {
			return parquetErrorf("layouts of CLIENT LIST cannot be read")
		}
		l.layouts, l.keys, l.ready = text, keys, true
	}
	rec.Layouts = l.keys
	return nil
}
