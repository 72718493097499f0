package segment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// A listReplay puts CLIENT LIST together again from clients and spells; see listWriter.
type listReplay struct {
	lists     int       // CLIENT LIST replies in the segment
	rowOf     []listRow // of each
	firstList int64     // number of the segment's first list

	// clients
	clients     int
	nums        [len(clientColumns)]table.Ints
	texts       [len(clientColumns)]table.Texts
	firstClient int64 // number of the segment's first client
	has, layout table.Ints
	created     table.Ints
	after       []int32

	// spells
	spells       int
	spans        spanColumns
	idle, ageOff table.Ints
	fixed        table.Ints
	begin        []int32       // spells in order of their first list
	constant     record.Client // the columns that have one value throughout
	vary         [2][]int8     // places in clientColumns of the others: spells', clients'
	grow         []int8        // of counters
	grows        [len(clientColumns)]table.Ints
	next         int // of begin

	state   []clientState // by client
	rows    []liveRow
	free    []int32
	dims    []int32 // the list before
	dims2   []int32
	born    []int32
	ring    ring
	layouts string
	ready   bool
	keys    []record.Layout
}

// A clientState says in which lists a client is, and in which of rows it is kept.
type clientState struct {
	first, end int32 // lists from first, before end
	row        int32
	mark       int32 // nth+1 of the last explicit order it was in
}

// A liveRow is the present state of a client, without what time changes.
type liveRow struct {
	client              record.Client
	created, from, idle int64
	fixed               bool
}

// loadColumns reads the columns of Client that lie in clients (fixed) or in spells.
func (l *listReplay) loadColumns(t *table.Group, fixed bool) (err error) {
	for i := range clientColumns {
		c := &clientColumns[i]
		var one bool
		switch {
		case c.name == "addr" && fixed:
			err = loadAddrs(t, &l.texts[i])
		case c.place == inIncrease && !fixed:
			if err = t.Ints(c.spellName(), &l.grows[i]); err != nil {
				return err
			}
			if !l.grows[i].Constant() || l.grows[i].At(0) != 0 {
				l.grow = append(l.grow, int8(i))
			}
			continue
		case (c.place == inSpells) == fixed:
			continue
		case c.num != nil:
			err = t.Ints(c.name, &l.nums[i])
			if one = l.nums[i].Constant(); one {
				*c.num(&l.constant) = l.nums[i].At(0)
			}
		default:
			err = t.Texts(c.name, &l.texts[i])
			if one = len(l.texts[i].Dict) == 1; one {
				*c.str(&l.constant) = l.texts[i].Dict[0]
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

// loadAddrs puts the addresses together again.
func loadAddrs(t *table.Group, c *table.Texts) error {
	var host table.Texts
	var port table.Ints
	if err := t.Texts("host", &host); err != nil {
		return err
	}
	if err := t.Ints("port", &port); err != nil {
		return err
	}
	c.Idx, c.Dict = slices.Grow(c.Idx[:0], t.Rows()), slices.Grow(c.Dict[:0], t.Rows())
	for k := range t.Rows() {
		if err := t.Spend(int64(len(host.At(k)))); err != nil {
			return err
		}
		c.Idx, c.Dict = append(c.Idx, int32(k)), append(c.Dict, joinAddr(host.At(k), port.At(k)))
	}
	return nil
}

func (l *listReplay) loadLists(t *table.Group) error {
	if t.Rows() != l.lists {
		return errorf("%d lists, the samples have %d", t.Rows(), l.lists)
	}
	rows, err := readRows[listRow](t)
	if err == nil {
		l.rowOf, l.firstList = rows, rows[0].List
	}
	return err
}

func (l *listReplay) loadClients(t *table.Group) error {
	l.clients = t.Rows()
	var number, after table.Ints
	if err := load(t, want{"client", &number}, want{"has", &l.has}, want{"layout", &l.layout}, want{"created_at", &l.created}, want{"after", &after}); err != nil {
		return err
	}
	l.firstClient = number.At(0)
	if err := l.loadColumns(t, true); err != nil {
		return err
	}
	return l.setAfter(&after)
}

// setAfter finds the client before each when it was first seen: the column has how many
// ranks by id it is away.
func (l *listReplay) setAfter(away *table.Ints) error {
	rank := ranksByID(l.clients, l.nums[columnID].At)
	byRank := make([]int32, l.clients)
	for i, r := range rank {
		byRank[r] = int32(i)
	}
	l.after = make([]int32, l.clients)
	for i := range l.after {
		v := away.At(i)
		if r := int64(rank[i]) + v; v < -MaxRows || v > MaxRows || r < 0 || r >= int64(l.clients) {
			return errorf("client %d stands %d ranks after another", i, v)
		} else {
			l.after[i] = byRank[r]
		}
	}
	return nil
}

func (l *listReplay) loadSpells(t *table.Group) error {
	l.spells = t.Rows()
	if err := l.spans.load(t, l.firstClient, l.firstList); err != nil {
		return err
	}
	if err := l.link(); err != nil { // before there is memory for all the other columns
		return err
	}
	if err := load(t, want{"idle", &l.idle}, want{"idle_fixed", &l.fixed}, want{"age_off", &l.ageOff}); err != nil {
		return err
	}
	return l.loadColumns(t, false)
}

// link finds each client's time in the list and checks that its spells fill it.
func (l *listReplay) link() error {
	l.state = make([]clientState, l.clients)
	l.begin = make([]int32, l.spells)
	if err := l.spans.fill(l.state, l.lists); err != nil {
		return err
	}
	l.sortBegin()
	return l.checkCounts()
}

// checkCounts holds how many clients each list has against what it says, before there is a
// row for any.
func (l *listReplay) checkCounts() error {
	if len(l.rowOf) != l.lists {
		return errorf("table %s is missing", Lists)
	}
	change := make([]int32, l.lists+1)
	for i := range l.state {
		change[l.state[i].first]++
		change[l.state[i].end]--
	}
	n := int64(0)
	for i := range l.lists {
		if n += int64(change[i]); n != l.rowOf[i].Rows || n > record.MaxListRows {
			return errorf("list %d has %d clients instead of %d", i, n, l.rowOf[i].Rows)
		}
	}
	return nil
}

// sortBegin sorts the spells by their first list, by counting.
func (l *listReplay) sortBegin() {
	at := make([]int32, l.lists+1) // where the spells of a list go
	for _, first := range l.spans.first {
		at[first+1]++
	}
	for i := range l.lists {
		at[i+1] += at[i]
	}
	for i, first := range l.spans.first {
		l.begin[at[first]] = int32(i)
		at[first]++
	}
}

// read gives the nth list.
func (l *listReplay) read(nth int32, rec *record.Clients) error {
	if len(l.rowOf) != l.lists {
		return errorf("table %s is missing", Lists)
	}
	at := int(nth)
	base, idle := l.rowOf[at].Clock, l.rowOf[at].IdleShift
	var err error
	if rec.Layouts, err = l.layoutsOf(at); err != nil {
		return err
	}
	l.begins(nth, base, base+idle)
	dims, err := l.order(nth)
	if err != nil {
		return err
	}
	for _, d := range l.dims {
		if st := &l.state[d]; st.end <= nth && st.row >= 0 {
			l.rows[st.row].client = record.Client{}
			l.free = append(l.free, st.row)
			st.row = -1
		}
	}
	l.dims2 = append(l.dims2[:0], dims...)
	l.dims, l.dims2 = l.dims2, l.dims
	if cap(rec.Rows) < len(dims) {
		rec.Rows = make([]record.Client, len(dims), len(dims)+len(dims)/8)
	}
	rec.Rows = rec.Rows[:len(dims)]
	for i, d := range l.dims {
		place := l.state[d].row
		if place < 0 {
			return errorf("client %d is not in list %d", d, nth)
		}
		row, c := &l.rows[place], &rec.Rows[i]
		*c = row.client
		c.Age += base - row.created
		if row.fixed {
			c.Idle = row.idle
		} else {
			c.Idle = base + idle - row.from
		}
	}
	return CheckLayouts(rec)
}

// begins brings in the spells that begin with the nth list.
func (l *listReplay) begins(nth int32, base, ibase int64) {
	l.born = l.born[:0]
	l.rows = slices.Grow(l.rows, max(int(l.rowOf[nth].Rows)-len(l.rows), 0)) // see matchRows
	for ; l.next < len(l.begin); l.next++ {
		i := int(l.begin[l.next])
		if l.spans.first[i] != nth {
			return
		}
		d := int(l.spans.client[i])
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
		c.Has, c.Layout = record.FieldSet(l.has.At(d)), int(l.layout.At(d))
		for _, k := range l.grow {
			*clientColumns[k].num(c) += l.grows[k].At(i)
		}
		c.TotMem += memParts(c) // mem_rest until here
		c.Age = l.ageOff.At(i)
		row.created, row.idle = l.created.At(d), l.idle.At(i)
		row.fixed, row.from = l.fixed.At(i) != 0, ibase-row.idle
	}
}

// fill sets the fields of a client from row i of their columns.
func (l *listReplay) fill(c *record.Client, i int, columns []int8) {
	for _, k := range columns {
		col := &clientColumns[k]
		if col.num != nil {
			*col.num(c) = l.nums[k].At(i)
		} else {
			*col.str(c) = l.texts[k].At(i)
		}
	}
}

// order gives the clients of the nth list in its order.
func (l *listReplay) order(nth int32) ([]int32, error) {
	gone := func(d int32) bool { return l.state[d].end <= nth }
	n := int64(len(l.born))
	for _, d := range l.dims {
		if !gone(d) {
			n++
		}
	}
	if rows := l.rowOf[nth].Rows; n != rows {
		return nil, errorf("list %d has %d clients instead of %d", nth, n, rows)
	}
	if n == 0 {
		return nil, nil
	}
	places := l.rowOf[nth].Places
	if places != "" {
		return l.explicit(nth, places, int(n), gone)
	}
	first := l.rowOf[nth].Head - l.firstClient
	if first < 0 || first >= int64(l.clients) {
		return nil, errorf("list %d begins with client %d", nth, first)
	}
	after := func(d int32) int32 { return l.after[d] }
	dims := l.ring.turn(l.dims, gone, l.born, after, int32(first), int(n))
	if dims == nil {
		return nil, errorf("order of list %d cannot be told", nth)
	}
	return dims, nil
}

// explicit reads an order that is written out: each client's number less the one's before.
func (l *listReplay) explicit(nth int32, places string, n int, gone func(int32) bool) ([]int32, error) {
	dims, d := make([]int32, 0, n), int64(0)
	for word := range strings.FieldsSeq(places) {
		v, err := strconv.ParseInt(word, 10, 32)
		d += v
		if err != nil || d < 0 || d >= int64(l.clients) || l.state[d].mark == nth+1 || l.state[d].row < 0 || gone(int32(d)) {
			return nil, errorf("order of list %d cannot be read", nth)
		}
		l.state[d].mark = nth + 1
		dims = append(dims, int32(d))
	}
	if len(dims) != n {
		return nil, errorf("order of list %d has %d of %d clients", nth, len(dims), n)
	}
	return dims, nil
}

// layoutsOf gives the key orders of a list, the same slice while they stay.
func (l *listReplay) layoutsOf(at int) ([]record.Layout, error) {
	text := l.rowOf[at].Layouts
	if !l.ready || text != l.layouts {
		var keys []record.Layout
		ok := strings.Count(text, " ") <= maxLayoutKeys
		if ok {
			keys, ok = SplitLayouts(text)
		}
		if !ok {
			return nil, errorf("layouts of CLIENT LIST cannot be read")
		}
		l.layouts, l.keys, l.ready = text, keys, true
	}
	return l.keys, nil
}
