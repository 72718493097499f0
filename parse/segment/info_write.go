package segment

import (
	"bytes"
	"slices"

	"github.com/connbox/connbox/parse/table"
)

// An InfoWriter collects replies of INFO as the columns of a table.
type InfoWriter struct {
	first     int64          // number of the first template
	schema    []table.Column // nil: what the values seen make
	at, seq   []int64
	template  []int32 // of each reply
	templates []string
	known     map[string]int32 // template -> its number
	columns   []infoColumn
	index     map[string]int32 // name -> place in columns
	texts     int              // bytes of templates and words held, about

	// of the last reply
	around []byte // it without its values
	names  []string
	slots  []int32 // column of each value; -1: in the template

	// where the values of the last row that AddRow took went
	from  *infoTemplate // nil: Add took the last reply
	to    []int32       // column of each piece
	spans []valueSpan   // scratch
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
	vals  []int64 // by row: the number, or the text's place in words
	null  []bool  // by row
	words []string
	index map[string]int64
}

// NewInfoWriter begins a table whose templates have numbers from first on. Unless schema is
// nil, its columns are the schema's, and values of others stay in the templates.
func NewInfoWriter(schema *InfoSchema, first int64) *InfoWriter {
	w := &InfoWriter{first: first, known: map[string]int32{}, index: map[string]int32{}}
	if schema != nil {
		w.schema = schema.Columns()
		for i, c := range w.schema[len(infoHead):] {
			w.columns = append(w.columns, infoColumn{name: c.Name})
			w.index[c.Name] = int32(i)
		}
	}
	return w
}

// Rows gives the number of replies, Texts about the bytes of text that are held, and Bytes
// those of all.
func (w *InfoWriter) Rows() int  { return len(w.seq) }
func (w *InfoWriter) Texts() int { return w.texts }
func (w *InfoWriter) Bytes() int { return w.texts + 9*len(w.seq)*len(w.columns) }

// Add takes the reply of record seq.
func (w *InfoWriter) Add(seq, at int64, text []byte) {
	w.spans = cutInfo(w.spans[:0], text)
	w.text = w.text[:0]
	from := 0
	for _, s := range w.spans {
		w.text = append(w.text, text[from:s.value[0]]...)
		from = s.value[1]
	}
	w.text = append(w.text, text[from:]...)
	fresh := len(w.seq) == 0 || w.from != nil || !bytes.Equal(w.text, w.around)
	w.from = nil
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
		w.texts += w.columns[w.slots[i]].add(row, text[s.value[0]:s.value[1]])
	}
	number := int32(0)
	if fresh || inside {
		w.text = appendTemplate(w.text[:0], text, w.spans, w.names)
		number = w.numbered()
	} else {
		number = w.template[row-1]
	}
	w.at, w.seq, w.template = append(w.at, at), append(w.seq, seq), append(w.template, number)
}

// AddRow takes a row of another table, which must be sound, as the reply of record seq: its values
// column by column, without a text between them, where this table has room for all of its columns.
func (w *InfoWriter) AddRow(seq, at int64, in *Info, row int) {
	t, n := in.templates[in.template.At(row)], len(w.seq)
	number := int32(0)
	switch {
	case t == w.from:
		number = w.template[n-1]
	case in.regular(t, row) && w.place(t):
		w.text = t.append(w.text[:0])
		number = w.numbered()
		w.from = t
	default:
		text, _ := in.Text(row) // it is sound
		w.Add(seq, at, text)
		return
	}
	for i, to := range w.to {
		if to < 0 {
			continue
		}
		v, c := &in.columns[t.column[i]], &w.columns[to]
		if v.text {
			w.text = append(w.text[:0], v.words.At(row)...)
			w.texts += c.add(n, w.text)
		} else {
			w.texts += c.addNumber(n, v.nums.At(row), v.scale)
		}
	}
	w.at, w.seq, w.template = append(w.at, at), append(w.seq, seq), append(w.template, number)
}

// place finds the column of each piece of another table's template; false if one has none.
func (w *InfoWriter) place(t *infoTemplate) bool {
	w.to = w.to[:0]
	for _, p := range t.pieces {
		slot, ok := int32(-1), true
		if p.name != "" {
			slot, ok = w.column(p.name)
		}
		if !ok {
			w.from = nil
			return false
		}
		w.to = append(w.to, slot)
	}
	return true
}

// column gives the place of a column, which is added if there is room.
func (w *InfoWriter) column(name string) (slot int32, ok bool) {
	if slot, ok = w.index[name]; ok || w.schema != nil || len(w.columns) >= maxInfoColumns {
		return slot, ok
	}
	slot = int32(len(w.columns))
	w.index[name] = slot
	w.columns = append(w.columns, infoColumn{name: name})
	w.texts += 300
	return slot, true
}

// name finds the columns of a reply that is not like the one before.
func (w *InfoWriter) name(text []byte) {
	w.names = infoNames(text, w.spans)
	w.slots = w.slots[:0]
	for i, name := range w.names {
		slot, ok := int32(-1), false
		if name != "" {
			slot, ok = w.column(name)
		}
		if !ok {
			slot, w.names[i] = -1, ""
		}
		w.slots = append(w.slots, slot)
	}
}

// numbered gives the number of the template in text.
func (w *InfoWriter) numbered() int32 {
	n, ok := w.known[string(w.text)]
	if !ok {
		n = int32(len(w.templates))
		t := string(w.text)
		w.known[t] = n
		w.templates = append(w.templates, t)
		w.texts += 100 + len(t)
	}
	return n
}

// add puts a value into a row, and gives how many bytes of text are held for it.
func (c *infoColumn) add(row int, v []byte) (held int) {
	n, scale, ok := decimal(v)
	c.takes(row, scale, ok)
	if words := len(c.words); c.kind == kindText {
		if n = c.place(v); len(c.words) > words {
			held = 60 + len(v)
		}
	}
	c.vals, c.null = append(c.vals, n), append(c.null, false)
	return held
}

// decimal reads at most 18 digits.
const (
	mostScale = 17
	least19   = 1_000_000_000_000_000_000
)

// addNumber is add of a number that decimal has read.
func (c *infoColumn) addNumber(row int, n int64, scale int) (held int) {
	large := scale > mostScale || n >= least19 || n <= -least19 // no writer's
	if c.takes(row, scale, !large); c.kind == kindText {
		return c.add(row, appendDecimal(nil, n, scale))
	}
	c.vals, c.null = append(c.vals, n), append(c.null, false)
	return 0
}

// takes makes the column ready for a row's value: a number of so many decimals, unless it is none.
func (c *infoColumn) takes(row, scale int, number bool) {
	switch {
	case c.kind == kindNone && number:
		c.kind, c.scale = kindNumber, scale
	case c.kind != kindText && (!number || scale != c.scale):
		c.toText()
	}
	for len(c.vals) < row {
		c.vals, c.null = append(c.vals, 0), append(c.null, true)
	}
}

// place gives the place of a word, which is added if it is new.
func (c *infoColumn) place(word []byte) int64 {
	k, ok := c.index[string(word)]
	if !ok {
		if c.index == nil {
			c.index = map[string]int64{}
		}
		k = int64(len(c.words))
		s := string(word)
		c.index[s] = k
		c.words = append(c.words, s)
	}
	return k
}

// toText makes texts of the numbers so far.
func (c *infoColumn) toText() {
	var b []byte
	for i, null := range c.null {
		if !null {
			b = appendDecimal(b[:0], c.vals[i], c.scale)
			c.vals[i] = c.place(b)
		}
	}
	c.kind = kindText
}

// column gives the column as the schema of a table of so many rows has it. Mostly all rows
// have a value; levels that say so would take some bytes in the footer of each row group.
func (c *infoColumn) column(rows int) table.Column {
	col := table.Column{Name: c.name, Encoding: table.Delta, Optional: len(c.vals) < rows || slices.Contains(c.null, true)}
	switch {
	case c.kind == kindText:
		col.Type, col.Encoding = table.Text, table.Dict
	case c.scale > 0:
		col.Type, col.Scale = table.Decimal, c.scale
	}
	return col
}

// infoHead are the columns before the values'.
var infoHead = []table.Column{
	{Name: columnTime, Type: table.Time, Encoding: table.Delta},
	{Name: columnSeq, Encoding: table.Delta},
	{Name: columnTemplate, Encoding: table.Delta},
}

// Columns gives the columns of the table.
func (w *InfoWriter) Columns() []table.Column {
	if w.schema != nil {
		return w.schema
	}
	out := slices.Clone(infoHead)
	for i := range w.columns {
		out = append(out, w.columns[i].column(len(w.seq)))
	}
	return out
}

// Write writes the replies, all columns; EndGroup is the caller's.
func (w *InfoWriter) Write(to *table.Writer) {
	n := len(w.seq)
	to.Ints(columnTime, n, func(i int) int64 { return w.at[i] })
	to.Ints(columnSeq, n, func(i int) int64 { return w.seq[i] })
	to.Ints(columnTemplate, n, func(i int) int64 { return w.first + int64(w.template[i]) })
	for i, as := range w.Columns()[len(infoHead):] {
		c := &w.columns[i]
		null := func(i int) bool { return i >= len(c.null) || c.null[i] }
		if as.Type != table.Text {
			to.OptionalInts(as.Name, n, null, func(i int) int64 { return c.vals[i] })
			continue
		}
		if c.kind != kindText {
			c.toText()
		}
		to.OptionalTexts(as.Name, n, null, func(i int) string { return c.words[c.vals[i]] })
	}
}

// TemplateTable gives the table of the replies' templates.
func (w *InfoWriter) TemplateTable() Table {
	rows := make([]templateRow, len(w.templates))
	for i, text := range w.templates {
		rows[i] = templateRow{w.first + int64(i), text}
	}
	return tableOf(InfoTemplates, rows)
}

// An InfoSchema is what the tables of INFO of several segments have in common: all their
// columns, each as text where they do not agree in its type. Where they are too many for one
// file, it has the first.
type InfoSchema struct {
	values []table.Column
	tables int
	in     []int // how many of the tables have a column
	index  map[string]int
	full   bool // some table may lack a column of the others for want of room
}

// Add widens the schema by a table's columns.
func (s *InfoSchema) Add(columns []table.Column) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	s.tables++
	columns = columns[len(infoHead):]
	s.full = s.full || len(columns) >= maxInfoColumns
	for _, c := range columns {
		i, ok := s.index[c.Name]
		if !ok && len(s.values) == maxInfoColumns {
			continue
		}
		if !ok {
			i = len(s.values)
			s.index[c.Name] = i
			s.values, s.in = append(s.values, c), append(s.in, 0)
		}
		s.in[i]++
		was := &s.values[i]
		was.Optional = was.Optional || c.Optional
		if was.Type != c.Type || was.Scale != c.Scale {
			was.Type, was.Scale = table.Text, 0
		}
	}
}

// Columns gives the schema of a table with all the columns.
func (s *InfoSchema) Columns() []table.Column {
	out := slices.Concat(infoHead, s.values)
	for i := range s.values {
		c := &out[len(infoHead)+i]
		if s.full { // values of any type may come to light
			c.Type, c.Scale, c.Optional = table.Text, 0, true
		}
		c.Optional = c.Optional || s.in[i] < s.tables
		if c.Encoding = table.Delta; c.Type == table.Text {
			c.Encoding = table.Dict
		}
	}
	return out
}

// Empty tells that no table was added.
func (s *InfoSchema) Empty() bool { return s.tables == 0 }
