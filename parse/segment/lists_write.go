package segment

import (
	"slices"

	"github.com/connbox/connbox/parse/record"
)

// bytesPerClient is about what a client in the list takes beside its rows.
const bytesPerClient = 300

// A listWriter turns CLIENT LIST replies into spells: a row for as long as nothing about a
// client changes but time. What does change with time is told from a list's base, the
// second the server counted ages from, so that created_at = base - age stays the same. The
// base is inferred from the clients already known, as TIME may tick between two commands.
//
// Any list comes back exactly, a hostile one too: arithmetic wraps and is undone by
// wrapping back, a client listed twice is two clients, and one whose age does not move
// with the rest gets a new spell.
type listWriter struct {
	open  []openSpell
	free  []int32
	slots map[rowKey]int32 // key -> place in open
	order []int32          // places in open in the order of the last list
	dims  []int32          // clients, same
	live  []int32          // same, in the order of the ring

	lists   []listRef
	layouts []record.Layout // of the last list, as its row has them
	clients []clientRef     // by number
	spells  []spellRef      // by first list

	clientColumnStores

	// scratch of add
	match []int32
	dup   map[rowKey]int32
	rows  []int32
}

// A listRef is a row of the table lists, with places in clients instead of numbers.
type listRef struct {
	listRow
	head   int32
	places []int32 // the clients in their order, where it does not follow
}

// A rowKey finds a client again in the next list: by id, or by address where the server
// prints none.
type rowKey struct {
	id   int64
	addr string
	twin int32 // how many rows before it in the list have the same id
}

func keyOf(c *record.Client) rowKey {
	if c.Has.Has(record.FieldID) {
		return rowKey{id: c.ID}
	}
	return rowKey{addr: c.Addr, id: -1}
}

// An openSpell is a client in the list; its state stands in the columns, in the last rows
// that were added of it.
type openSpell struct {
	key           rowKey
	dim           int32 // number of the client, -1 before the first row
	spell         int32 // place in spells, -1 before the first row
	seen          int32 // nth+1 of the last list with it
	pos           int32 // place in the last list
	created       int64
	idle          int64 // in the first row
	idleFrom      int64
	ageOff        int64
	grows, stands bool // idle may still be taken to grow with time, to stay the same
	addr          string
	counters      [3]int64 // as last seen, in the order of clientColumns
}

// A clientRef is a row of the table clients, beside what columns hold.
type clientRef struct {
	created int64
	next    int32 // client behind it in the ring
	gone    bool
}

// A spellRef is a row of the table spells, beside what columns hold.
type spellRef struct {
	dim, first, lists int32
	fixed             bool // idle does not grow
}

func (w *listWriter) reset() {
	if w.slots == nil {
		w.slots, w.dup = map[rowKey]int32{}, map[rowKey]int32{}
	}
	clear(w.slots)
	clear(w.open)
	w.open, w.free = w.open[:0], w.free[:0]
	w.order, w.live = w.order[:0], w.live[:0]
	clear(w.lists)
	w.lists, w.layouts = w.lists[:0], nil
	w.clients, w.spells = w.clients[:0], w.spells[:0]
	w.clientColumnStores.reset()
}

// add takes a list, the k-th of the segment.
func (w *listWriter) add(k int32, seq int64, r *record.Clients) {
	w.matchRows(k, r.Rows)
	base, idle := w.bases(r)
	w.rows = w.rows[:0]
	born := int32(len(w.clients))
	for i := range r.Rows {
		w.addRow(k, &r.Rows[i], w.match[i], base, base+idle)
	}
	for _, s := range w.order { // who was there and is not now
		if o := &w.open[s]; o.spell >= 0 && o.seen != k+1 {
			w.clients[o.dim].gone = true
			delete(w.slots, o.key)
			*o = openSpell{dim: -1, spell: -1}
			w.free = append(w.free, s)
		}
	}
	w.order = append(w.order[:0], w.rows...)
	row := listRef{listRow{Seq: seq, At: Micros(r.At), Clock: base, IdleShift: idle, Rows: int64(len(r.Rows))}, -1, nil}
	if n := len(w.lists); n > 0 && slices.EqualFunc(w.layouts, r.Layouts, slices.Equal) {
		row.Layouts = w.lists[n-1].Layouts
	} else {
		row.Layouts = JoinLayouts(r.Layouts)
		w.layouts = make([]record.Layout, len(r.Layouts))
		for i, l := range r.Layouts {
			w.layouts[i] = slices.Clone(l)
		}
		w.bytes += len(row.Layouts)
	}
	w.addOrder(&row, born)
	w.lists = append(w.lists, row)
	w.bytes += 100 + 4*len(row.places)
}

// matchRows finds for each row the open spell of the same client, -1 if it is new. Lists
// keep their cyclic order, so the next row's client mostly is the one after the last.
func (w *listWriter) matchRows(k int32, rows []record.Client) {
	w.match = w.match[:0]
	w.open = slices.Grow(w.open, max(len(rows)-len(w.open), 0)) // a first list's growth would leave as much behind
	clear(w.dup)
	next := 0
	for i := range rows {
		key := keyOf(&rows[i])
		if next < len(w.order) {
			s := w.order[next]
			if o := &w.open[s]; o.key == key && o.seen != k+1 {
				o.seen = k + 1
				w.match = append(w.match, s)
				if next++; next == len(w.order) {
					next = 0
				}
				continue
			}
		}
		s, ok := w.slots[key]
		if n, again := w.dup[key]; again || ok && w.open[s].seen == k+1 {
			w.dup[key] = n + 1
			key.twin = n + 1
			s, ok = w.slots[key]
		}
		if !ok {
			w.match = append(w.match, w.newSlot(k, key))
			continue
		}
		o := &w.open[s]
		o.seen = k + 1
		w.match = append(w.match, s)
		if next = int(o.pos) + 1; next == len(w.order) {
			next = 0
		}
	}
}

func (w *listWriter) newSlot(k int32, key rowKey) int32 {
	var s int32
	if n := len(w.free); n > 0 {
		s, w.free = w.free[n-1], w.free[:n-1]
	} else {
		s = int32(len(w.open))
		w.open = append(w.open, openSpell{})
	}
	w.open[s] = openSpell{key: key, seen: k + 1, dim: -1, spell: -1}
	w.slots[key] = s
	return s
}

// bases infers a list's base and how far idle's base is from it, by vote.
func (w *listWriter) bases(r *record.Clients) (base, idle int64) {
	var cand [8]int64
	var votes [8]int
	n := 0
	for i := range r.Rows {
		o := &w.open[w.match[i]]
		if o.spell < 0 || !r.Rows[i].Has.Has(record.FieldAge) {
			continue
		}
		b, j := o.created+o.ageOff+r.Rows[i].Age, 0
		for j < n && cand[j] != b {
			j++
		}
		if j < len(cand) {
			cand[j] = b
			votes[j]++
			n = max(n, j+1)
		}
	}
	if n == 0 {
		if !r.At.IsZero() {
			base = r.At.Unix()
		}
		return base, 0
	}
	best := 0
	for j := range n {
		if votes[j] > votes[best] {
			best = j
		}
	}
	base = cand[best]
	// Idle may come from another reading of the clock (7.4 and later). Only clients that
	// were idle before tell: one that is busy has idle 0 whatever the base.
	var off [3]int
	for i := range r.Rows {
		if o := &w.open[w.match[i]]; o.spell >= 0 && r.Rows[i].Idle > 0 {
			if d := o.idleFrom + r.Rows[i].Idle - base; d >= -1 && d <= 1 {
				off[d+1]++
			}
		}
	}
	for _, d := range []int64{-1, 1} {
		if off[d+1] > off[1] && off[d+1] > off[idle+1] {
			idle = d
		}
	}
	return base, idle
}

// addRow goes on with a row's spell, or begins another.
func (w *listWriter) addRow(k int32, c *record.Client, s int32, base, ibase int64) {
	o := &w.open[s]
	o.pos = int32(len(w.rows))
	w.rows = append(w.rows, s)
	idleFrom := ibase - c.Idle
	fixed := o.dim >= 0 && o.addr == c.Addr && w.sameClient(int(o.dim), c)
	if fixed && o.spell >= 0 {
		grows, stands := o.grows && idleFrom == o.idleFrom, o.stands && c.Idle == o.idle
		if (grows || stands) && c.Age == base-o.created+o.ageOff && w.sameSpell(int(o.spell), o.counters, c) {
			w.spells[o.spell].lists++
			o.grows, o.stands = grows, stands
			w.spells[o.spell].fixed = !grows
			return
		}
	}
	if !fixed {
		if o.dim >= 0 {
			w.clients[o.dim].gone = true
		}
		o.dim, o.created, o.addr = int32(len(w.clients)), base-c.Age, c.Addr
		w.clients = append(w.clients, clientRef{created: o.created})
		w.addClient(c)
		o.counters = countersOf(c)
	}
	o.idle, o.idleFrom, o.ageOff = c.Idle, idleFrom, c.Age-(base-o.created)
	o.grows, o.stands = true, true
	o.spell = int32(len(w.spells))
	w.spells = append(w.spells, spellRef{dim: o.dim, first: k, lists: 1})
	w.idle.add(c.Idle)
	w.ageOff.add(o.ageOff)
	w.addSpell(o.counters, c)
	o.counters = countersOf(c)
}

// addOrder puts the clients of the list just added from number born on into the ring, and
// notes the list's order: nothing but its head where it is the ring's, else all of it.
//
// The ring has all clients of the segment, the first list's in its order and each new one
// behind the one that it was first seen after. The server turns its list a little each time
// (clientsCron) and appends new clients, so that each list is mostly the ring, from its head
// on, without those who are not there.
func (w *listWriter) addOrder(row *listRef, born int32) {
	w.dims = w.dims[:0]
	for _, s := range w.rows {
		w.dims = append(w.dims, w.open[s].dim)
	}
	w.live = slices.DeleteFunc(w.live, func(d int32) bool { return w.clients[d].gone })
	n := len(w.dims)
	if n == 0 {
		return
	}
	row.head = w.dims[0]
	follows := w.follows(born)
	from := max(0, slices.IndexFunc(w.dims, func(d int32) bool { return d < born }))
	for i := range n {
		if d := w.dims[(from+i)%n]; d >= born && d > 0 {
			before := int32(0)
			if i > 0 {
				before = w.dims[(from+i-1)%n]
			}
			w.clients[d].next, w.clients[before].next = w.clients[before].next, d
		}
	}
	if follows {
		w.live = append(w.live[:0], w.dims...)
		return
	}
	row.places = slices.Clone(w.dims)
	w.live = slices.DeleteFunc(w.ring(), func(d int32) bool { return w.clients[d].gone })
}

// follows tells whether the list, without the clients from born on, has the ring's order.
func (w *listWriter) follows(born int32) bool {
	at, n := -1, 0
	for _, d := range w.dims {
		if d >= born {
			continue
		}
		if at < 0 {
			at = slices.Index(w.live, d)
		}
		if at < 0 || n == len(w.live) || w.live[(at+n)%len(w.live)] != d {
			return false
		}
		n++
	}
	return n == len(w.live)
}

// ring gives all clients in the ring's order.
func (w *listWriter) ring() []int32 {
	order := make([]int32, len(w.clients))
	for i := 1; i < len(order); i++ {
		order[i] = w.clients[order[i-1]].next
	}
	return order
}
