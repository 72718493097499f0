package segment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// A StoredList is a CLIENT LIST that lies in a segment and is not put together. A Writer that is
// given all of a segment's takes the tables over as they are, but for the numbers in them, which is
// several times faster than row by row; else it puts them together.
type StoredList struct {
	record.Head
	of  *Reader
	nth int32
}

func (*StoredList) Kind() record.Kind { return record.KindClients }

// A StoredInfo is an INFO that lies in a segment: a Writer takes its values over without its text.
type StoredInfo struct {
	record.Head
	of  *Info
	row int
}

func (*StoredInfo) Kind() record.Kind { return record.KindInfo }

// Text gives the reply, valid until the next call for any of its segment.
func (r *StoredInfo) Text() []byte {
	text, _ := r.of.Text(r.row)
	return text
}

// Value gives the value that has a column of its own name; false where there is none.
func (r *StoredInfo) Value(column string) ([]byte, bool) {
	place, ok := r.of.places[column]
	if !ok || r.of.columns[place].missing(r.row) {
		return nil, false
	}
	return r.of.columns[place].append(nil, r.row), true
}

// Store asks for *StoredList and *StoredInfo in place of *record.Clients and *record.Info, before the
// first Next. Those that cannot be put together come as before.
func (s *Reader) Store() {
	s.stored = true
	s.storedLists = s.changes == nil && s.bad[record.KindClients] == nil && s.lists.sound()
	for i := range s.rows { // one of a text may have to be compared with another's
		s.storedLists = s.storedLists && (s.rows[i].Took >= 0 || s.rows[i].Kind != record.KindClients.String())
	}
}

// listAt puts the nth list together, in order: one behind an earlier one, or the same again.
func (s *Reader) listAt(nth int32) *record.Clients {
	for ; s.replayed <= nth; s.replayed++ {
		_ = s.lists.read(s.replayed, &s.list) // they are sound
		s.list.Head = record.Head{At: TimeOf(s.lists.rowOf[s.replayed].At)}
	}
	return &s.list
}

// sound tells whether every list can be put together.
func (l *listReplay) sound() bool {
	if len(l.rowOf) != l.lists || l.lists == 0 {
		return false
	}
	layouts := 1 << 20
	for i := range l.rowOf {
		keys, err := l.layoutsOf(i)
		if err != nil || CheckLayouts(&record.Clients{Layouts: keys}) != nil || !l.ordered(int32(i)) {
			return false
		}
		layouts = min(layouts, len(keys))
	}
	for d := range l.clients {
		if at := l.layout.At(d); at < -1 || at >= int64(layouts) {
			return false
		}
	}
	return true
}

// ordered tells whether the nth list's order is one of its clients; see order.
func (l *listReplay) ordered(nth int32) bool {
	in := func(d int64) bool {
		return d >= 0 && d < int64(l.clients) && l.state[d].first <= nth && l.state[d].end > nth
	}
	row := &l.rowOf[nth]
	if row.Places == "" {
		return row.Rows == 0 || in(row.Head-l.firstClient)
	}
	d, seen := int64(0), map[int64]bool{}
	for word := range strings.FieldsSeq(row.Places) {
		v, err := strconv.ParseInt(word, 10, 32)
		if d += v; err != nil || seen[d] || !in(d) {
			return false
		}
		seen[d] = true
	}
	return int64(len(seen)) == row.Rows
}

// storedLists are the lists of a segment so far, while they are those of another, from its first on.
type storedLists struct {
	of   *Reader
	seqs []int64
}

// Ends tells whether the segment should be written before a record is added: another's lists begin,
// which are taken over as they are where they are a segment's only ones.
func (w *Writer) Ends(rec record.Record) bool {
	r, ok := rec.(*StoredList)
	return ok && r.nth == 0 && w.takes(r) && len(w.stored.seqs)+len(w.lists.lists) > 0
}

// takes tells whether a list's segment is large enough to be one here.
func (w *Writer) takes(r *StoredList) bool { return len(r.of.rows) >= w.Limits.Least }

// addStored takes a list, the k-th of the segment.
func (w *Writer) addStored(k int32, seq int64, r *StoredList) {
	s := &w.stored
	if next := len(s.seqs); w.takes(r) && len(w.lists.lists) == 0 && int(r.nth) == next && (next == 0 || s.of == r.of) {
		s.of, s.seqs = r.of, append(s.seqs, seq)
		return
	}
	w.unpack()
	w.lists.add(k, seq, r.of.listAt(r.nth))
}

// whole tells whether all of the other segment's lists have come.
func (s *storedLists) whole() bool { return s.of != nil && len(s.seqs) == s.of.lists.lists }

// unpack puts the lists so far together, since what comes is not the other segment's next.
func (w *Writer) unpack() {
	s := w.stored
	w.stored = storedLists{}
	for i, seq := range s.seqs {
		w.lists.add(int32(i), seq, s.of.listAt(int32(i)))
	}
}

// tables gives the tables of the lists, with the numbers that they have here.
func (s *storedLists) tables(base *numbering) []Table {
	l := &s.of.lists
	rows := slices.Clone(l.rowOf)
	for i := range rows {
		rows[i].List, rows[i].Seq = base.lists+int64(i), s.seqs[i]
		if rows[i].Head >= 0 {
			rows[i].Head += base.clients - l.firstClient
		}
	}
	return []Table{
		tableOf(Lists, rows),
		{ClientsTable, int64(l.clients), clientTable, func(to *table.Writer) { l.writeClients(to, base) }},
		{Spells, int64(l.spells), spellTable, func(to *table.Writer) { l.writeSpells(to, base) }},
	}
}

func (l *listReplay) writeClients(to *table.Writer, base *numbering) {
	n := l.clients
	to.Ints("client", n, func(i int) int64 { return base.clients + int64(i) })
	to.Ints("created_at", n, l.created.At)
	to.Ints("after", n, l.after.At)
	addr := l.text("addr")
	to.Texts("host", n, func(i int) string { host, _ := splitAddr(addr.At(i)); return host })
	to.Ints("port", n, func(i int) int64 { _, port := splitAddr(addr.At(i)); return port })
	to.Ints("has", n, l.has.At)
	to.Ints("layout", n, l.layout.At)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inSpells || c.name == "addr":
		case c.num != nil:
			to.Ints(c.name, n, l.nums[i].At)
		default:
			to.Texts(c.name, n, l.texts[i].At)
		}
	}
}

func (l *listReplay) writeSpells(to *table.Writer, base *numbering) {
	n := l.spells
	to.Ints("client", n, func(i int) int64 { return base.clients + int64(l.spans.client[i]) })
	to.Ints("first", n, func(i int) int64 { return base.lists + int64(l.spans.first[i]) })
	to.Ints("lists", n, func(i int) int64 { return int64(l.spans.lists[i]) })
	to.Ints("idle", n, l.idle.At)
	to.Ints("idle_fixed", n, l.fixed.At)
	to.Ints("age_off", n, l.ageOff.At)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inClients:
		case c.place == inIncrease:
			to.Ints(c.spellName(), n, l.grows[i].At)
		case c.num != nil:
			to.Ints(c.spellName(), n, l.nums[i].At)
		default:
			to.Texts(c.name, n, l.texts[i].At)
		}
	}
}
