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

type configRow struct {
	seq, at, nth int64
	record.Pair
}

func (w *configWriter) add(seq, at, nth int64, pairs []record.Pair) {
	if w.any && slices.Equal(pairs, w.last) {
		return
	}
	w.any, w.last = true, slices.Clone(pairs)
	for _, p := range pairs {
		w.rows = append(w.rows, configRow{seq, at, nth, p})
		w.bytes += 100 + len(p.Key) + len(p.Value)
	}
}

func (w *configWriter) write(to *table.Writer) {
	rows, n := w.rows, len(w.rows)
	to.Ints("seq", n, func(i int) int64 { return rows[i].seq })
	to.Ints("ts", n, func(i int) int64 { return rows[i].at })
	to.Ints("nth", n, func(i int) int64 { return rows[i].nth })
	to.Texts("key", n, func(i int) string { return rows[i].Key })
	to.Texts("value", n, func(i int) string { return rows[i].Value })
}

// A configReader puts CONFIG GET together again.
type configReader struct {
	nth        table.Ints
	key, value table.Texts
	next       int // of the rows
	pairs      []record.Pair
}

func (r *configReader) load(g *table.Group) error {
	return load(g, want{"nth", &r.nth}, want{"key", &r.key}, want{"value", &r.value})
}

// read gives the pairs of a reply, which has so many.
func (r *configReader) read(nth, count int64, rec *record.Config) error {
	if r.next < r.nth.Len() && r.nth.At(r.next) <= nth {
		r.pairs = r.pairs[:0]
		for at := r.nth.At(r.next); r.next < r.nth.Len() && r.nth.At(r.next) == at; r.next++ {
			r.pairs = append(r.pairs, record.Pair{Key: r.key.At(r.next), Value: r.value.At(r.next)})
		}
	}
	if count == 0 {
		rec.Pairs = rec.Pairs[:0]
		return nil
	}
	if int64(len(r.pairs)) != count {
		return errorf("CONFIG %d has %d parameters instead of %d", nth, len(r.pairs), count)
	}
	rec.Pairs = append(rec.Pairs[:0], r.pairs...)
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

// A slowReply says which entries a reply showed: count of them from top downwards, or those
// listed.
type slowReply struct {
	seq, nth, count, top int64
	listed               string
}

func (w *slowWriter) reset(base int64) {
	if w.index == nil {
		w.index = map[[3]int64]int{}
	}
	w.base = base
	clear(w.index)
	clear(w.entries)
	clear(w.replies)
	w.entries, w.replies, w.bytes = w.entries[:0], w.replies[:0], 0
}

func (w *slowWriter) add(seq, nth int64, entries []record.SlowEntry) {
	w.shown = append(w.shown[:0], make([]int, len(entries))...)
	for i := len(entries) - 1; i >= 0; i-- {
		w.shown[i] = w.place(&entries[i])
	}
	r := slowReply{seq: seq, nth: nth, count: int64(len(entries)), top: -1}
	regular := true
	for i, e := range w.shown {
		regular = regular && e == w.shown[0]-i
	}
	if regular && len(w.shown) > 0 {
		r.top = w.base + int64(w.shown[0])
	} else if !regular {
		var list []byte
		for _, e := range w.shown {
			list = append(strconv.AppendInt(list, w.base+int64(e), 10), ' ')
		}
		r.listed = string(list)
	}
	if n := len(w.replies); n > 0 {
		if last := &w.replies[n-1]; last.count == r.count && last.top == r.top && last.listed == r.listed {
			return
		}
	}
	w.replies = append(w.replies, r)
	w.bytes += 60 + len(r.listed)
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

func (w *slowWriter) writeEntries(to *table.Writer) {
	rows, n := w.entries, len(w.entries)
	to.Ints("entry", n, func(i int) int64 { return w.base + int64(i) })
	to.Ints("id", n, func(i int) int64 { return rows[i].ID })
	to.Ints("time", n, func(i int) int64 { return rows[i].Time })
	to.Ints("micros", n, func(i int) int64 { return rows[i].Micros })
	to.Texts("args", n, func(i int) string { return quoteArgs(rows[i].Args) })
	to.Texts("addr", n, func(i int) string { return rows[i].Addr })
	to.Texts("name", n, func(i int) string { return rows[i].Name })
	to.Ints("six", n, func(i int) int64 { return oneIf(rows[i].Six) })
}

func (w *slowWriter) writeReplies(to *table.Writer) {
	rows, n := w.replies, len(w.replies)
	to.Ints("seq", n, func(i int) int64 { return rows[i].seq })
	to.Ints("nth", n, func(i int) int64 { return rows[i].nth })
	to.Ints("count", n, func(i int) int64 { return rows[i].count })
	to.Ints("top", n, func(i int) int64 { return rows[i].top })
	to.Texts("listed", n, func(i int) string { return rows[i].listed })
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
	base            int64 // number of the first entry
	entries         []record.SlowEntry
	nth, count, top table.Ints
	listed          table.Texts
	next            int // of the replies
}

func (r *slowReader) loadEntries(g *table.Group) error {
	var entry, id, at, micros, six table.Ints
	var args, addr, name table.Texts
	if err := load(g, want{"entry", &entry}, want{"id", &id}, want{"time", &at}, want{"micros", &micros}, want{"six", &six},
		want{"args", &args}, want{"addr", &addr}, want{"name", &name}); err != nil {
		return err
	}
	r.base = entry.At(0)
	for i := range g.Rows() {
		if err := g.Spend(int64(16 * strings.Count(args.At(i), " "))); err != nil {
			return err
		}
		words, ok := unquoteArgs(args.At(i))
		if !ok {
			return errorf("slow command %d cannot be read", i)
		}
		r.entries = append(r.entries, record.SlowEntry{ID: id.At(i), Time: at.At(i), Micros: micros.At(i),
			Args: words, Addr: addr.At(i), Name: name.At(i), Six: six.At(i) != 0})
	}
	return nil
}

func (r *slowReader) loadReplies(g *table.Group) error {
	return load(g, want{"nth", &r.nth}, want{"count", &r.count}, want{"top", &r.top}, want{"listed", &r.listed})
}

func (r *slowReader) read(nth int64, rec *record.Slowlog) error {
	for r.next < r.nth.Len() && r.nth.At(r.next) <= nth {
		r.next++
	}
	rec.Entries = rec.Entries[:0]
	if r.next == 0 {
		return errorf("what SLOWLOG %d showed is missing", nth)
	}
	at := r.next - 1
	count, top := r.count.At(at), r.top.At(at)-r.base
	if count < 0 || count > maxSlowReply {
		return errorf("SLOWLOG %d showed %d slow commands", nth, count)
	}
	if listed := r.listed.At(at); listed != "" {
		return r.list(listed, count, rec)
	}
	if count == 0 {
		return nil
	}
	if top < 0 || count > top+1 || top >= int64(len(r.entries)) {
		return errorf("slow commands %d to %d of %d", top-count+1, top, len(r.entries))
	}
	for i := range count {
		rec.Entries = append(rec.Entries, r.entries[top-i])
	}
	return nil
}

// list gives the entries of a reply that are listed one by one.
func (r *slowReader) list(listed string, count int64, rec *record.Slowlog) error {
	for word := range strings.FieldsSeq(listed) {
		n, err := strconv.ParseInt(word, 10, 64)
		if n -= r.base; err != nil || int64(len(rec.Entries)) == count || n < 0 || n >= int64(len(r.entries)) {
			return errorf("slow command %q of %d", word, len(r.entries))
		}
		rec.Entries = append(rec.Entries, r.entries[n])
	}
	if int64(len(rec.Entries)) != count {
		return errorf("%d slow commands instead of %d", len(rec.Entries), count)
	}
	return nil
}
