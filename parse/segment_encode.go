package parse

// A member is one table of a segment as it lies in a bundle.
type member struct {
	table string
	rows  int64
	data  []byte
}

// An encoder writes segments as Parquet. Its buffers are used again for each table.
type encoder struct {
	file  *tableFile
	put   func(member) error
	err   error // the first of put
	num   store[int64]
	text  store[string]
	lists []int64
}

func newEncoder() (*encoder, error) {
	f, err := newTableFile()
	return &encoder{file: f}, err
}

// encode gives each table that has rows to put, in a fixed order. The data is valid until
// put returns.
func (e *encoder) encode(s *segment, put func(member) error) error {
	e.put, e.err = put, nil
	e.table(tableSamples, len(s.samples), func(f *tableFile) { e.samples(s.samples) })
	e.table(tableLists, len(s.lists.lists), func(f *tableFile) { e.listRows(&s.lists, &s.base) })
	e.series(&s.series, &s.base)
	e.table(tableSlowlog, len(s.slow.entries), func(f *tableFile) { e.slowlog(&s.slow) })
	e.table(tableClients, len(s.lists.clients), func(f *tableFile) { e.clients(&s.lists, &s.base) })
	e.table(tableSpells, len(s.lists.spells), func(f *tableFile) { e.spells(&s.lists, &s.base) })
	return e.err
}

// table writes a table whose columns write adds to e.file, if it has rows.
func (e *encoder) table(name string, rows int, write func(*tableFile)) {
	if rows == 0 || e.err != nil {
		return
	}
	e.file.begin(rows)
	write(e.file)
	e.err = e.put(member{name, int64(rows), e.file.finish()})
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
	f.delta(name, kind, f.nums, cuts...)
}

func (e *encoder) dict(name string, at func(i int) int64) {
	e.num.reset()
	for i := range e.file.rows {
		e.num.add(at(i))
	}
	e.file.numbers(name, logicalInt, &e.num, nil)
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
	e.timed("at", logicalTime, func(i int) int64 { return rows[i].at })
	e.dict("took_us", func(i int) int64 { return rows[i].took })
	e.dict("size", func(i int) int64 { return rows[i].size })
	e.dict("lines", func(i int) int64 { return rows[i].lines })
	e.words("command", func(i int) string { return rows[i].command })
	e.words("class", func(i int) string { return rows[i].class })
	e.words("text", func(i int) string { return rows[i].text })
}

func (e *encoder) listRows(w *listWriter, base *numbering) {
	rows := w.lists
	e.delta("list", func(i int) int64 { return base.lists + int64(i) })
	e.delta("seq", func(i int) int64 { return rows[i].seq })
	e.timed("at", logicalTime, func(i int) int64 { return rows[i].at })
	e.delta("clock", func(i int) int64 { return rows[i].clock })
	e.dict("idle_shift", func(i int) int64 { return rows[i].idleShift })
	e.delta("rows", func(i int) int64 { return int64(rows[i].rows) })
	e.delta("head", func(i int) int64 {
		if rows[i].head < 0 {
			return -1
		}
		return base.clients + int64(rows[i].head)
	})
	e.words("places", func(i int) string { return rows[i].places })
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

func (e *encoder) clients(w *listWriter, base *numbering) {
	f := e.file
	e.delta("client", func(i int) int64 { return base.clients + int64(i) })
	e.delta("created_at", func(i int) int64 { return w.clients[i].created })
	e.delta("after", func(i int) int64 { return base.clients + int64(w.clients[i].after) })
	f.texts("host", &w.host, nil)
	f.numbers("port", logicalInt, &w.port, nil)
	f.numbers("has", logicalInt, &w.has, nil)
	f.numbers("layout", logicalInt, &w.layout, nil)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inSpells || c.name == "addr":
		case c.name == "id" || c.name == "fd":
			e.delta(c.name, w.fixedNums[i].at)
		case c.num != nil:
			f.numbers(c.name, logicalInt, &w.fixedNums[i], nil)
		default:
			f.texts(c.name, &w.fixedTexts[i], nil)
		}
	}
}

func (e *encoder) spells(w *listWriter, base *numbering) {
	f, order := e.file, w.byClient()
	e.delta("client", func(i int) int64 { return base.clients + int64(w.spells[order[i]].dim) })
	e.dict("first", func(i int) int64 { return base.lists + int64(w.spells[order[i]].first) })
	e.dict("lists", func(i int) int64 { return int64(w.spells[order[i]].lists) })
	f.numbers("idle", logicalInt, &w.idle, order)
	e.dict("idle_fixed", func(i int) int64 { return oneIf(w.spells[order[i]].fixed) })
	f.numbers("age_off", logicalInt, &w.ageOff, order)
	for i := range clientColumns {
		c := &clientColumns[i]
		switch {
		case c.place == inClients:
		case c.num != nil:
			f.numbers(c.spellName(), logicalInt, &w.nums[i], order)
		default:
			f.texts(c.name, &w.texts[i], order)
		}
	}
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
