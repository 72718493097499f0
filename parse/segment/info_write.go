package segment

import (
	"bytes"

	"github.com/connbox/connbox/parse/table"
)

// An infoWriter collects replies of INFO as the columns of a table.
type infoWriter struct {
	at, seq   []int64
	template  []int32 // of each reply
	templates []string
	known     map[string]int32 // template -> its number
	columns   []infoColumn
	index     map[string]int32 // name -> place in columns
	bytes     int              // held, about

	// of the last reply
	around []byte // it without its values
	names  []string
	slots  []int32 // column of each value; -1: in the template

	spans []valueSpan // scratch
	text  []byte
}

// The kinds of column, by the values seen.
const (
	kindNone uint8 = iota
	kindNumber
	kindText
)

// An infoColumn is one column: numbers while all values are whole numbers, or decimals of
// one length, that come back exactly; else texts.
type infoColumn struct {
	name  string
	kind  uint8
	scale int
	rows  int      // rows so far, those without a value between them too
	null  []bool   // by row; nil while all have one
	same  int64    // the value of all rows, while nums is nil
	nums  []int64  // by row
	words []string // of texts
	place []int32  // by row, in words
	index map[string]int32
	chars int // of words
}

// add takes the reply of record seq.
func (w *infoWriter) add(seq, at int64, text []byte) {
	w.spans = cutInfo(w.spans[:0], text)
	w.text = w.text[:0]
	from := 0
	for _, s := range w.spans {
		w.text = append(w.text, text[from:s.value[0]]...)
		from = s.value[1]
	}
	w.text = append(w.text, text[from:]...)
	fresh := len(w.seq) == 0 || !bytes.Equal(w.text, w.around)
	if fresh {
		w.around = append(w.around[:0], w.text...)
		w.name(text)
	}
	row := len(w.seq)
	inside := false // some value stays in the template
	for i, s := range w.spans {
		if w.slots[i] < 0 {
			inside = true
			continue
		}
		w.bytes += w.columns[w.slots[i]].add(row, text[s.value[0]:s.value[1]])
	}
	number := int32(0)
	if fresh || inside {
		number = w.number(text)
	} else {
		number = w.template[row-1]
	}
	w.at, w.seq, w.template = append(w.at, at), append(w.seq, seq), append(w.template, number)
	w.bytes += 20
}

// name finds the columns of a reply that is not like the one before.
func (w *infoWriter) name(text []byte) {
	if w.index == nil {
		w.index, w.known = map[string]int32{}, map[string]int32{}
	}
	w.names = infoNames(text, w.spans)
	w.slots = w.slots[:0]
	for i, name := range w.names {
		slot, ok := w.index[name]
		switch {
		case ok:
		case name == "" || len(w.columns)+3 >= MaxInfoColumns:
			slot, w.names[i] = -1, ""
		default:
			slot = int32(len(w.columns))
			w.index[name] = slot
			w.columns = append(w.columns, infoColumn{name: name})
			w.bytes += 300
		}
		w.slots = append(w.slots, slot)
	}
}

// number gives the number of a reply's template.
func (w *infoWriter) number(text []byte) int32 {
	w.text = appendTemplate(w.text[:0], text, w.spans, w.names)
	n, ok := w.known[string(w.text)]
	if !ok {
		n = int32(len(w.templates))
		t := string(w.text)
		w.known[t] = n
		w.templates = append(w.templates, t)
		w.bytes += 100 + len(t)
	}
	return n
}

// add puts a value into a row, and gives how many more bytes are held.
func (c *infoColumn) add(row int, v []byte) int {
	had := c.held()
	n, scale, ok := int64(0), 0, false
	if c.kind != kindText {
		n, scale, ok = decimal(v)
	}
	switch {
	case c.kind == kindNone && ok:
		c.kind, c.scale, c.same = kindNumber, scale, n
	case c.kind == kindNone:
		c.kind = kindText
	case c.kind == kindNumber && (!ok || scale != c.scale):
		c.toText()
	}
	c.fill(row)
	if c.kind == kindText {
		c.addText(v)
	} else {
		c.addNumber(n)
	}
	return c.held() - had
}

func (c *infoColumn) held() int {
	return 8*cap(c.nums) + 4*cap(c.place) + cap(c.null) + 60*len(c.words) + c.chars
}

// fill gives no value to the rows up to one.
func (c *infoColumn) fill(row int) {
	if c.rows == row {
		return
	}
	if c.null == nil {
		c.null = make([]bool, c.rows, row+8)
	}
	for ; c.rows < row; c.rows++ {
		c.null = append(c.null, true)
		if c.kind == kindText {
			c.place = append(c.place, 0)
		} else if c.nums != nil {
			c.nums = append(c.nums, 0)
		}
	}
}

// addNumber and addText give the next row its value.
func (c *infoColumn) addNumber(n int64) {
	if c.nums != nil || n != c.same {
		for len(c.nums) < c.rows {
			c.nums = append(c.nums, c.same)
		}
		c.nums = append(c.nums, n)
	}
	c.next()
}

func (c *infoColumn) addText(v []byte) {
	k, ok := c.index[string(v)]
	if !ok {
		if c.index == nil {
			c.index = map[string]int32{}
		}
		k = int32(len(c.words))
		s := string(v)
		c.index[s] = k
		c.words = append(c.words, s)
		c.chars += len(s)
	}
	for len(c.place) < c.rows { // rows before the first value
		c.place = append(c.place, 0)
	}
	c.place = append(c.place, k)
	c.next()
}

func (c *infoColumn) next() {
	if c.null != nil {
		c.null = append(c.null, false)
	}
	c.rows++
}

// toText makes texts of the numbers so far.
func (c *infoColumn) toText() {
	t := infoColumn{name: c.name, kind: kindText}
	var b []byte
	for i := range c.rows {
		if n, ok := c.number(i); ok {
			t.fill(i)
			b = appendDecimal(b[:0], n, c.scale)
			t.addText(b)
		}
	}
	t.fill(c.rows)
	*c = t
}

// column gives the column as the schema of a table of so many rows has it. Mostly all rows
// have a value; levels that say so would take some bytes in the footer of each row group.
func (c *infoColumn) column(rows int) table.Column {
	col := table.Column{Name: c.name, Type: table.Int, Encoding: table.Delta, Optional: c.null != nil || c.rows < rows}
	switch {
	case c.kind == kindText:
		col.Type, col.Encoding = table.Text, table.Dict
	case c.scale > 0:
		col.Type, col.Scale = table.Decimal, c.scale
	}
	return col
}

// number and word give the value of a row.
func (c *infoColumn) number(row int) (int64, bool) {
	if row >= c.rows || c.null != nil && c.null[row] {
		return 0, false
	}
	if c.nums == nil {
		return c.same, true
	}
	return c.nums[row], true
}

func (c *infoColumn) word(row int) (string, bool) {
	if row >= c.rows || c.null != nil && c.null[row] {
		return "", false
	}
	return c.words[c.place[row]], true
}

// infoColumns gives the schema of a table of INFO with the columns given for its values.
func infoColumns(values []table.Column) []table.Column {
	return append([]table.Column{
		{Name: columnTime, Type: table.Time, Encoding: table.Delta},
		{Name: columnSeq, Encoding: table.Delta},
		{Name: columnTemplate, Encoding: table.Delta}}, values...)
}

// write writes the replies as one row group.
func (w *infoWriter) write(to *table.Writer) {
	n := len(w.seq)
	to.Ints(columnTime, n, func(i int) int64 { return w.at[i] })
	to.Ints(columnSeq, n, func(i int) int64 { return w.seq[i] })
	to.Ints(columnTemplate, n, func(i int) int64 { return int64(w.template[i]) })
	for i := range w.columns {
		c := &w.columns[i]
		c.write(c.column(n), n, to)
	}
}

// write writes the column as the one that a schema has.
func (c *infoColumn) write(as table.Column, rows int, to *table.Writer) {
	switch {
	case as.Type == table.Text && as.Optional:
		to.OptionalTexts(as.Name, rows, c.word)
	case as.Type == table.Text:
		to.Texts(as.Name, rows, func(i int) string { return c.words[c.place[i]] })
	case as.Optional:
		to.OptionalInts(as.Name, rows, c.number)
	default:
		to.Ints(as.Name, rows, func(i int) int64 { v, _ := c.number(i); return v })
	}
}

// schema gives the columns of the table.
func (w *infoWriter) schema() []table.Column {
	var values []table.Column
	for i := range w.columns {
		values = append(values, w.columns[i].column(len(w.seq)))
	}
	return infoColumns(values)
}

// templateColumns are those of the table of INFO's templates.
var templateColumns = []table.Column{
	{Name: columnTemplate, Encoding: table.Delta},
	{Name: "text", Type: table.Text, Encoding: table.Plain},
}

// writeTemplates writes templates, whose numbers begin with first, as one row group.
func writeTemplates(to *table.Writer, first int64, templates []string) {
	to.Ints(columnTemplate, len(templates), func(i int) int64 { return first + int64(i) })
	to.Texts("text", len(templates), func(i int) string { return templates[i] })
}
