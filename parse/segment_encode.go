package parse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A member is one table of a segment as it lies in a bundle.
type member struct {
	table string
	rows  int64
	data  []byte
}

// An encoder writes segments as Parquet. Its buffers are used again for each table.
type encoder struct {
	file *tableFile
	put  func(member) error
	err  error // the first of put
	num  store[int64]
	text store[string]
}

func newEncoder() (*encoder, error) {
	f, err := newTableFile()
	return &encoder{file: f}, err
}

// encode gives each table that has rows to put, in a fixed order. The data is valid until
// put returns.
func (e *encoder) encode(s *segment, put func(member) error) error {
	e.put, e.err = put, nil
	dims := numberClients(&s.lists)
	e.table(tableSamples, len(s.samples), func(f *tableFile) { e.samples(s.samples) })
	e.table(tableLists, len(s.lists.lists), func(f *tableFile) { e.listRows(&s.lists, dims, &s.base) })
	e.series(&s.series, &s.base)
	if n := s.kinds[record.KindInfo]; n > 0 && e.err == nil {
		e.err = put(member{tableInfo, n, s.info.coded()})
	}
	e.table(tableSlowlog, len(s.slow.entries), func(f *tableFile) { e.slowlog(&s.slow) })
	e.table(tableClients, len(s.lists.clients), func(f *tableFile) { e.clients(&s.lists, dims, &s.base) })
	e.table(tableSpells, len(s.lists.spells), func(f *tableFile) { e.spells(&s.lists, dims, &s.base) })
	return e.err
}

// table writes a table whose columns write adds to e.file, if it has rows.
func (e *encoder) table(name string, rows int, write func(*tableFile)) {
	if rows == 0 || e.err != nil {
		return
	}
	e.file.begin(rows)
	write(e.file)
	e.err = e.put(member{name, int64(rows), e.file.finish(name)})
}

// delta, dict and words write a column whose values at gives; pages begin at cuts.
func (e *encoder) delta(name string, at func(i int) int64, cuts ...int) {
	e.timed(name, logicalInt, at, cuts...)
}

func (e *encoder) timed(name string, kind logical, at func(i int) int64, cuts ...int) {
	f := e.file
	f.nums = f.nums[:0]
	for i := range f.rows {
		f.nums = append(f.nums, at(i))
	}
	f.delta(f.column(name, kind), f.nums, cuts...)
}

func (e *encoder) dict(name string, at func(i int) int64) {
	e.num.reset()
	for i := range e.file.rows {
		e.num.add(at(i))
	}
	e.file.numbers(name, &e.num, nil)
}

func (e *encoder) words(name string, at func(i int) string) {
	e.text.reset()
	for i := range e.file.rows {
		e.text.add(at(i))
	}
	e.file.texts(name, &e.text, nil)
}

func (e *encoder) samples(rows []sampleRow) {
	e.delta("seq", func(i int) int64 { return rows[i].seq })
	e.words("kind", func(i int) string { return rows[i].kind.String() })
	e.delta("nth", func(i int) int64 { return rows[i].nth })
	e.timed("ts", logicalTime, func(i int) int64 { return rows[i].at })
	e.dict("took_us", func(i int) int64 { return rows[i].took })
	e.dict("size", func(i int) int64 { return rows[i].size })
	e.dict("lines", func(i int) int64 { return rows[i].lines })
	e.words("command", func(i int) string { return rows[i].command })
	e.words("class", func(i int) string { return rows[i].class })
	e.words("text", func(i int) string { return rows[i].text })
}

func (e *encoder) listRows(w *listWriter, dims *clientNumbers, base *numbering) {
	rows := w.lists
	e.delta("list", func(i int) int64 { return base.lists + int64(i) })
	e.delta("seq", func(i int) int64 { return rows[i].seq })
	e.timed("ts", logicalTime, func(i int) int64 { return rows[i].at })
	e.delta("clock", func(i int) int64 { return rows[i].clock })
	e.dict("idle_shift", func(i int) int64 { return rows[i].idleShift })
	e.delta("rows", func(i int) int64 { return int64(rows[i].rows) })
	e.delta("head", func(i int) int64 {
		if rows[i].head < 0 {
			return -1
		}
		return base.clients + int64(dims.of[rows[i].head])
	})
	e.words("places", func(i int) string { return dims.places(rows[i].places) })
	e.words("layouts", func(i int) string { return rows[i].layouts })
}

func (e *encoder) slowlog(w *slowWriter) {
	rows := w.entries
	e.delta("entry", func(i int) int64 { return w.base + int64(i) })
	e.delta("id", func(i int) int64 { return rows[i].ID })
	e.delta("time", func(i int) int64 { return rows[i].Time })
	e.delta("micros", func(i int) int64 { return rows[i].Micros })
	e.words("args", func(i int) string { return quoteArgs(rows[i].Args) })
	e.words("addr", func(i int) string { return rows[i].Addr })
	e.words("name", func(i int) string { return rows[i].Name })
	e.dict("six", func(i int) int64 { return oneIf(rows[i].Six) })
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) clients(w *listWriter, dims *clientNumbers, base *numbering) {
	f, order := e.file, dims.order
	e.delta("client", func(i int) int64 { return base.clients + int64(i) })
	e.delta("created_at", func(i int) int64 { return w.clients[order[i]].created })
	rank := ranksByID(len(order), func(i int) int64 { return w.fixedNums[columnID].at(int(order[i])) })
	e.dict("after", func(i int) int64 {
		return int64(rank[dims.of[w.clients[order[i]].after]] - rank[i])
	})
	f.texts("host", &w.host, order)
	f.numbers("port", &w.port, order)
	f.numbers("has", &w.has, order)
	f.numbers("layout", &w.layout, order)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inSpells || c.name == "addr":
		case c.num != nil:
			f.numbers(c.name, &w.fixedNums[i], order)
		default:
			f.texts(c.name, &w.fixedTexts[i], order)
		}
	}
}

func (e *encoder) spells(w *listWriter, dims *clientNumbers, base *numbering) {
	f, order := e.file, dims.spells(w)
	e.delta("client", func(i int) int64 { return base.clients + int64(dims.of[w.spells[order[i]].dim]) })
	e.dict("first", func(i int) int64 { return base.lists + int64(w.spells[order[i]].first) })
	e.dict("lists", func(i int) int64 { return int64(w.spells[order[i]].lists) })
	f.numbers("idle", &w.idle, order)
	e.dict("idle_fixed", func(i int) int64 { return oneIf(w.spells[order[i]].fixed) })
	f.numbers("age_off", &w.ageOff, order)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inClients:
		case c.num != nil:
			f.numbers(c.spellName(), &w.nums[i], order)
		default:
			f.texts(c.name, &w.texts[i], order)
		}
	}
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

// A numberRow is a row of numbers, a textRow one of texts.
type numberRow struct {
	nth, value int64
	series     int32
	scale      byte
}

type textRow struct {
	nth    int64
	series int32
	text   string
}

// series writes the tables numbers and texts.
func (e *encoder) series(set *seriesSet, base *numbering) {
	sorted := set.sorted()
	var nums []numberRow
	var texts []textRow
	var cuts []int
	for i, x := range sorted {
		nth, r := base.kinds[x.key.kind], recordReader{b: x.log}
		if x.key.part < 0 {
			for _, t := range x.texts {
				nth += r.varint()
				texts = append(texts, textRow{nth, int32(i), t})
			}
			continue
		}
		if x.rows >= ownPage {
			cuts = append(cuts, len(nums), len(nums)+x.rows)
		}
		row := numberRow{nth: nth, series: int32(i)}
		for range x.rows {
			row.nth += r.varint()
			row.scale = byte(r.uvarint())
			row.value += r.varint()
			nums = append(nums, row)
		}
	}
	e.table(tableNumbers, len(nums), func(f *tableFile) {
		key := func(i int) *series { return sorted[nums[i].series] }
		e.words("kind", func(i int) string { return key(i).key.kind.String() })
		e.words("key", func(i int) string { return key(i).key.key })
		e.words("field", func(i int) string { return key(i).field })
		e.dict("part", func(i int) int64 { return int64(key(i).key.part) })
		e.delta("nth", func(i int) int64 { return nums[i].nth }, cuts...)
		e.delta("value", func(i int) int64 { return nums[i].value }, cuts...)
		e.dict("scale", func(i int) int64 { return int64(nums[i].scale) })
	})
	e.table(tableTexts, len(texts), func(f *tableFile) {
		key := func(i int) seriesKey { return sorted[texts[i].series].key }
		e.words("kind", func(i int) string { return key(i).kind.String() })
		e.words("key", func(i int) string { return key(i).key })
		e.delta("nth", func(i int) int64 { return texts[i].nth })
		e.words("text", func(i int) string { return texts[i].text })
	})
}

// ownPage is from how many rows on a series gets pages of its own: the leap from one
// series to the next would else widen the differences beside it.
const ownPage = 48
