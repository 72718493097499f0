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
	only      []string  // columns of Client to load; nil: all
	lists     int       // CLIENT LIST replies in the segment
	rowOf     []listRow // of each
	firstList int64     // number of the segment's first list

	// clients
	clients     int
	nums        [len(clientColumns)]table.Ints
	texts       [len(clientColumns)]table.Texts
	firstClient int64   // number of the segment's first client
	ring        []int32 // the clients in the ring's order
	ringPlace   []int32 // of each client
	after       table.Ints
	has, layout table.Ints
	created     table.Ints

	// spells
	spells       int
	spans        spanColumns
	idle, ageOff table.Ints
	fixed        table.Ints
	begin        []int32 // spells in order of their first list
	grows        [len(clientColumns)]table.Ints
	next         int // of begin

	state   []clientState // by client
	rows    []*liveRow    // by client; nil for one that is not in the list
	live    []int32       // places in the ring of the list's clients
	turned  []int32       // in the list's order
	layouts string
	ready   bool
	keys    []record.Layout
}

// A clientState says in which lists a client is.
type clientState struct {
	first, end int32 // lists from first, before end
	mark       int32 // nth+1 of the last explicit order it was in
}

// A liveRow is the present state of a client, without what time changes.
type liveRow struct {
	client              record.Client
	created, from, idle int64
	fixed               bool
}

// reset makes ready for another segment, in the same memory.
func (l *listReplay) reset() {
	n := listReplay{nums: l.nums, texts: l.texts, grows: l.grows, has: l.has, layout: l.layout, created: l.created,
		idle: l.idle, ageOff: l.ageOff, fixed: l.fixed, state: l.state,
		spans: spanColumns{l.spans.client[:0], l.spans.first[:0], l.spans.lists[:0], l.spans.scratch}}
	for i := range n.nums {
		n.nums[i].Reset()
		n.texts[i].Reset()
		n.grows[i].Reset()
	}
	*l = n
}

// sized gives a slice of n values, of any contents, in the memory of old if that suffices.
func sized[T any](old []T, n int) []T { return slices.Grow(old[:0], n)[:n] }

// loadColumns reads the columns of Client that lie in clients (fixed) or in spells.
func (l *listReplay) loadColumns(t *table.Group, fixed bool) (err error) {
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case l.only != nil && !slices.Contains(l.only, c.name):
		case c.place == inIncrease && !fixed:
			err = t.Ints(c.spellName(), &l.grows[i])
		case (c.place == inSpells) == fixed:
		case c.name == "addr":
			err = loadAddrs(t, &l.texts[i])
		case c.num != nil:
			err = t.Ints(c.name, &l.nums[i])
		default:
			err = t.Texts(c.name, &l.texts[i])
		}
		if err != nil {
			return err
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
	var number table.Ints
	if err := load(t, want{"client", &number}, want{"has", &l.has}, want{"layout", &l.layout}, want{"created_at", &l.created}); err != nil {
		return err
	}
	l.firstClient = number.At(0)
	if err := l.loadColumns(t, true); err != nil || l.only != nil {
		return err
	}
	return l.loadRing(t)
}

// loadRing finds each client's place in the ring (see listWriter.addOrder): the column has how
// many ranks by id the one before it is away.
func (l *listReplay) loadRing(t *table.Group) error {
	if err := t.Ints("after", &l.after); err != nil {
		return err
	}
	rank := ranksByID(l.clients, l.nums[columnID].At)
	byRank, next := make([]int32, l.clients), make([]int32, l.clients)
	for i, r := range rank {
		byRank[r] = int32(i)
	}
	for i := range next {
		r := int64(rank[i]) + l.after.At(i)
		if r < 0 || r >= int64(l.clients) {
			return errorf("client %d stands %d ranks after another", i, l.after.At(i))
		}
		next[byRank[r]] = int32(i)
	}
	l.ring, l.ringPlace = []int32{0}, make([]int32, l.clients)
	for d := next[0]; d != 0 && l.ringPlace[d] == 0; d = next[d] {
		l.ringPlace[d] = int32(len(l.ring))
		l.ring = append(l.ring, d)
	}
	if len(l.ring) != l.clients {
		return errorf("the order of clients is no ring")
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
	l.state = sized(l.state, l.clients)
	if err := l.spans.fill(l.state, l.lists); err != nil {
		return err
	}
	if l.only == nil {
		l.rows = make([]*liveRow, l.clients)
		_, l.begin = byKey(nil, l.spells, l.lists, func(i int) int32 { return l.spans.first[i] })
	}
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

// byKey sorts the numbers below n by keys below keys, and equal ones by themselves: those of
// key k are order[from[k]:from[k+1]], in the memory of old.
func byKey(old []int32, n, keys int, key func(i int) int32) (from, order []int32) {
	from, order = make([]int32, keys+2), sized(old, n)
	for i := range n {
		from[key(i)+2]++
	}
	for k := range keys {
		from[k+2] += from[k+1]
	}
	at := from[1:] // each moves on to where the next key's begin
	for i := range n {
		k := key(i)
		order[at[k]] = int32(i)
		at[k]++
	}
	return from, order
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
	l.live = slices.DeleteFunc(l.live, func(place int32) bool {
		d := l.ring[place]
		if l.state[d].end > nth {
			return false
		}
		l.rows[d] = nil
		return true
	})
	l.begins(nth, base, base+idle)
	slices.Sort(l.live)
	dims, err := l.order(nth)
	if err != nil {
		return err
	}
	if cap(rec.Rows) < len(dims) {
		rec.Rows = make([]record.Client, len(dims), len(dims)+len(dims)/8)
	}
	rec.Rows = rec.Rows[:len(dims)]
	for i, d := range dims {
		row, c := l.rows[d], &rec.Rows[i]
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
	for ; l.next < len(l.begin); l.next++ {
		i := int(l.begin[l.next])
		if l.spans.first[i] != nth {
			return
		}
		d := int(l.spans.client[i])
		row := l.rows[d]
		if row == nil {
			row = new(liveRow)
			l.rows[d] = row
			l.live = append(l.live, l.ringPlace[d])
			l.fill(&row.client, d, true)
		}
		c := &row.client
		l.fill(c, i, false)
		c.Has, c.Layout = record.FieldSet(l.has.At(d)), int(l.layout.At(d))
		c.TotMem += memParts(c) // mem_rest until here
		c.Age = l.ageOff.At(i)
		row.created, row.idle = l.created.At(d), l.idle.At(i)
		row.fixed, row.from = l.fixed.At(i) != 0, ibase-row.idle
	}
}

// fill sets the fields of a client from row i of their columns, in clients (fixed) or in spells.
func (l *listReplay) fill(c *record.Client, i int, fixed bool) {
	for k := range clientColumns {
		col := &clientColumns[k]
		switch {
		case col.place == inIncrease && !fixed:
			*col.num(c) += l.grows[k].At(i)
		case (col.place == inSpells) == fixed:
		case col.num != nil:
			*col.num(c) = l.nums[k].At(i)
		default:
			*col.str(c) = l.texts[k].At(i)
		}
	}
}

// order gives the clients of the nth list in its order: as in the ring, from its head on.
func (l *listReplay) order(nth int32) ([]int32, error) {
	row := &l.rowOf[nth]
	switch {
	case int64(len(l.live)) != row.Rows:
		return nil, errorf("list %d has %d clients instead of %d", nth, len(l.live), row.Rows)
	case row.Places != "":
		return l.explicit(nth, row.Places)
	case len(l.live) == 0:
		return nil, nil
	}
	at, ok := 0, false
	if head := row.Head - l.firstClient; head >= 0 && head < int64(l.clients) {
		at, ok = slices.BinarySearch(l.live, l.ringPlace[head])
	}
	if !ok {
		return nil, errorf("list %d begins with client %d", nth, row.Head)
	}
	l.turned = l.turned[:0]
	for i := range l.live {
		l.turned = append(l.turned, l.ring[l.live[(at+i)%len(l.live)]])
	}
	return l.turned, nil
}

// explicit reads an order that is written out: each client's number less the one's before.
func (l *listReplay) explicit(nth int32, places string) ([]int32, error) {
	l.turned = l.turned[:0]
	d := int64(0)
	for word := range strings.FieldsSeq(places) {
		v, err := strconv.ParseInt(word, 10, 32)
		d += v
		if err != nil || d < 0 || d >= int64(l.clients) || l.state[d].mark == nth+1 || l.rows[d] == nil {
			return nil, errorf("order of list %d cannot be read", nth)
		}
		l.state[d].mark = nth + 1
		l.turned = append(l.turned, int32(d))
	}
	if len(l.turned) != len(l.live) {
		return nil, errorf("order of list %d has %d of %d clients", nth, len(l.turned), len(l.live))
	}
	return l.turned, nil
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
