package segment

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/table"
)

// rowsOf gives the rows of the table lists, whose clients have the numbers that dims gives.
// writeClients and writeSpells write the other two tables.
func (w *listWriter) rowsOf(dims *clientNumbers, base *numbering) []listRow {
	rows := make([]listRow, len(w.lists))
	for i, l := range w.lists {
		rows[i] = l.listRow
		rows[i].List, rows[i].Head, rows[i].Places = base.lists+int64(i), -1, dims.places(l.places)
		if l.head >= 0 {
			rows[i].Head = base.clients + int64(dims.of[l.head])
		}
	}
	return rows
}

func (w *listWriter) writeClients(to *table.Writer, dims *clientNumbers, base *numbering) {
	order, n := dims.order, len(dims.order)
	to.Ints("client", n, func(i int) int64 { return base.clients + int64(i) })
	to.Ints("created_at", n, func(i int) int64 { return w.clients[order[i]].created })
	rank := ranksByID(n, func(i int) int64 { return w.fixedNums[columnID].at(int(order[i])) })
	before := make([]int32, n) // in the ring, by number
	for i, ring := 0, w.ring(); i < n; i++ {
		before[dims.of[ring[i]]] = dims.of[ring[(i+n-1)%n]]
	}
	to.Ints("after", n, func(i int) int64 { return int64(rank[before[i]] - rank[i]) })
	to.Texts("host", n, inOrder(&w.host, order))
	to.Ints("port", n, inOrder(&w.port, order))
	to.Ints("has", n, inOrder(&w.has, order))
	to.Ints("layout", n, inOrder(&w.layout, order))
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inSpells || c.name == "addr":
		case c.num != nil:
			to.Ints(c.name, n, inOrder(&w.fixedNums[i], order))
		default:
			to.Texts(c.name, n, inOrder(&w.fixedTexts[i], order))
		}
	}
}

func (w *listWriter) writeSpells(to *table.Writer, dims *clientNumbers, base *numbering) {
	n := len(w.spells)
	// By client and time; they are in order of time.
	_, order := byKey(nil, n, len(dims.of), func(i int) int32 { return dims.of[w.spells[i].dim] })
	to.Ints("client", n, func(i int) int64 { return base.clients + int64(dims.of[w.spells[order[i]].dim]) })
	to.Ints("first", n, func(i int) int64 { return base.lists + int64(w.spells[order[i]].first) })
	to.Ints("lists", n, func(i int) int64 { return int64(w.spells[order[i]].lists) })
	to.Ints("idle", n, inOrder(&w.idle, order))
	to.Ints("idle_fixed", n, func(i int) int64 { return oneIf(w.spells[order[i]].fixed) })
	to.Ints("age_off", n, inOrder(&w.ageOff, order))
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inClients:
		case c.num != nil:
			to.Ints(c.spellName(), n, inOrder(&w.nums[i], order))
		default:
			to.Texts(c.name, n, inOrder(&w.texts[i], order))
		}
	}
}

// inOrder gives a store's values in another order.
func inOrder[T comparable](s *store[T], order []int32) func(i int) T {
	if s.constant() {
		v := s.dict[0]
		return func(int) T { return v }
	}
	return func(i int) T { return s.at(int(order[i])) }
}

// clientNumbers is the order of the table clients: by host, and then as they were first
// seen. Clients of one host are much alike, and what is alike side by side compresses.
type clientNumbers struct {
	of    []int32 // number of a client, by its number in the listWriter
	order []int32 // and back
}

func numberClients(w *listWriter) *clientNumbers {
	d := &clientNumbers{make([]int32, len(w.clients)), make([]int32, len(w.clients))}
	for i := range d.order {
		d.order[i] = int32(i)
	}
	slices.SortStableFunc(d.order, func(a, b int32) int {
		return strings.Compare(w.host.at(int(a)), w.host.at(int(b)))
	})
	for i, dim := range d.order {
		d.of[dim] = int32(i)
	}
	return d
}

// ranksByID gives each of n clients its rank by id, equal ones by number. The ring's order
// is mostly that of ids, so that the client before another is mostly one rank below it.
func ranksByID(n int, id func(i int) int64) []int32 {
	order, rank := make([]int32, n), make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(id(int(a)), id(int(b))) })
	for r, i := range order {
		rank[i] = int32(r)
	}
	return rank
}

// places writes the order of a list: each client's number less the one's before.
func (d *clientNumbers) places(dims []int32) string {
	var b []byte
	last := int32(0)
	for _, dim := range dims {
		b = append(strconv.AppendInt(b, int64(d.of[dim]-last), 10), ' ')
		last = d.of[dim]
	}
	return string(b)
}
