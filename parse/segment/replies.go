package segment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// A configWriter keeps the pairs of each CONFIG GET that differs from the one before.
type configWriter struct {
	rows  []configRow
	last  []record.Pair
	any   bool
	bytes int // held, about
}

func (w *configWriter) add(seq, at, nth int64, pairs []record.Pair) {
	if w.any && slices.Equal(pairs, w.last) {
		return
	}
	w.any, w.last = true, slices.Clone(pairs)
	for _, p := range pairs {
		w.rows = append(w.rows, configRow{seq, at, nth, p.Key, p.Value})
		w.bytes += 100 + len(p.Key) + len(p.Value)
	}
}

// A configReader puts CONFIG GET together again.
type configReader struct {
	rows  []configRow
	next  int
	pairs []record.Pair
}

func (r *configReader) load(g *table.Group) (err error) {
	r.rows, err = readRows[configRow](g)
	return err
}

// read gives the pairs of a reply, which has so many.
func (r *configReader) read(nth, count int64, rec *record.Config) error {
	if r.next < len(r.rows) && r.rows[r.next].Nth <= nth {
		r.pairs = r.pairs[:0]
		for at := r.rows[r.next].Nth; r.next < len(r.rows) && r.rows[r.next].Nth == at; r.next++ {
			r.pairs = append(r.pairs, record.Pair{Key: r.rows[r.next].Key, Value: r.rows[r.next].Value})
		}
	}
	rec.Pairs = rec.Pairs[:0]
	if count != 0 && int64(len(r.pairs)) != count {
		return errorf("CONFIG %d has %d parameters instead of %d", nth, len(r.pairs), count)
	}
	if count != 0 {
		rec.Pairs = append(rec.Pairs, r.pairs...)
	}
	return nil
}

// A slowWriter keeps each entry of SLOWLOG GET once, oldest first, and which of them a
// reply showed.
type slowWriter struct {
	base    int64 // commands of the segments before
	entries []record.SlowEntry
	replies []slowReply
	index   map[[3]int64]int
	bytes   int
	shown   []int
}

func (w *slowWriter) reset(base int64) {
	*w = slowWriter{base: base, index: map[[3]int64]int{}, shown: w.shown}
}

func (w *slowWriter) add(seq, nth int64, entries []record.SlowEntry) {
	w.shown = append(w.shown[:0], make([]int, len(entries))...)
	for i := len(entries) - 1; i >= 0; i-- {
		w.shown[i] = w.place(&entries[i])
	}
	var b []byte
	for _, e := range w.shown {
		b = append(strconv.AppendInt(b, w.base+int64(e), 10), ' ')
	}
	if n := len(w.replies); n == 0 || w.replies[n-1].Entries != string(b) {
		w.replies = append(w.replies, slowReply{seq, nth, string(b)})
		w.bytes += 60 + len(b)
	}
}

// place gives the number of an entry, which is added if it is new. The id alone does not
// tell: a restart of the server begins anew.
func (w *slowWriter) place(e *record.SlowEntry) int {
	key := [3]int64{e.ID, e.Time, e.Micros}
	if i, ok := w.index[key]; ok && sameSlowEntry(&w.entries[i], e) {
		return i
	}
	c := *e
	c.Args = slices.Clone(e.Args)
	w.index[key] = len(w.entries)
	w.entries = append(w.entries, c)
	w.bytes += 150 + len(c.Addr) + len(c.Name)
	for _, a := range c.Args {
		w.bytes += 16 + len(a)
	}
	return len(w.entries) - 1
}

func sameSlowEntry(a, b *record.SlowEntry) bool {
	return a.Addr == b.Addr && a.Name == b.Name && a.Six == b.Six && slices.Equal(a.Args, b.Args)
}

// rows gives the entries as a table has them.
func (w *slowWriter) rows() []slowRow {
	rows := make([]slowRow, len(w.entries))
	for i, e := range w.entries {
		rows[i] = slowRow{w.base + int64(i), e.ID, e.Time, e.Micros, quoteArgs(e.Args), e.Addr, e.Name, oneIf(e.Six)}
	}
	return rows
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// maxSlowReply is more slow commands than a record of MaxText has.
const maxSlowReply = MaxText / 60

// A slowReader puts SLOWLOG GET together again.
type slowReader struct {
	base    int64 // number of the first entry
	entries []record.SlowEntry
	replies []slowReply
	next    int // of the replies
}

func (r *slowReader) loadEntries(g *table.Group) error {
	rows, err := readRows[slowRow](g)
	if err != nil {
		return err
	}
	r.base = rows[0].Entry
	for i, e := range rows {
		if err := g.Spend(int64(16 * strings.Count(e.Args, " "))); err != nil {
			return err
		}
		words, ok := unquoteArgs(e.Args)
		if !ok {
			return errorf("slow command %d cannot be read", i)
		}
		r.entries = append(r.entries, record.SlowEntry{ID: e.ID, Time: e.Time, Micros: e.Micros, Args: words, Addr: e.Addr, Name: e.Name, Six: e.Six != 0})
	}
	return nil
}

func (r *slowReader) loadReplies(g *table.Group) (err error) {
	r.replies, err = readRows[slowReply](g)
	return err
}

// read gives the entries that a reply showed, so many.
func (r *slowReader) read(nth, count int64, rec *record.Slowlog) error {
	for r.next < len(r.replies) && r.replies[r.next].Nth <= nth {
		r.next++
	}
	rec.Entries = rec.Entries[:0]
	if r.next == 0 {
		return errorf("what SLOWLOG %d showed is missing", nth)
	}
	for word := range strings.FieldsSeq(r.replies[r.next-1].Entries) {
		n, err := strconv.ParseInt(word, 10, 64)
		if n -= r.base; err != nil || n < 0 || n >= int64(len(r.entries)) || int64(len(rec.Entries)) == min(count, maxSlowReply) {
			return errorf("SLOWLOG %d showed slow command %q of %d", nth, word, len(r.entries))
		}
		rec.Entries = append(rec.Entries, r.entries[n])
	}
	if int64(len(rec.Entries)) != count {
		return errorf("SLOWLOG %d showed %d slow commands instead of %d", nth, len(rec.Entries), count)
	}
	return nil
}
