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
	rank := ranksByID(n, func(i int) int64 { return w.fixedNums[columnID].at(int(order[i])) })
	to.Ints("client", n, func(i int) int64 { return base.clients + int64(i) })
	to.Ints("created_at", n, func(i int) int64 { return w.clients[order[i]].created })
	to.Ints("after", n, func(i int) int64 { return int64(rank[dims.of[w.clients[order[i]].after]] - rank[i]) })
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
	order := dims.spells(w)
	n := len(order)
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

// ranksByID gives each of n clients its rank by id, equal ones by number. The list's order
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

// spells gives the order of the table spells: by client and time. They are in order of
// time, so that counting does.
func (d *clientNumbers) spells(w *listWriter) []int32 {
	at := make([]int32, len(d.of)+1)
	for i := range w.spells {
		at[d.of[w.spells[i].dim]+1]++
	}
	for i := range d.of {
		at[i+1] += at[i]
	}
	order := make([]int32, len(w.spells))
	for i := range w.spells {
		c := d.of[w.spells[i].dim]
		order[at[c]] = int32(i)
		at[c]++
	}
	return order
}
