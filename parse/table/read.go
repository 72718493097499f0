package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Ints is a column of numbers as read: either plain values, or places in Dict.
type Ints struct {
	Vals []int64
	Idx  []int32
	Dict []int64
	Null []bool // by row, of an optional column with rows that have no value; else nil
}

// Len gives the number of rows.
func (c *Ints) Len() int { return len(c.Vals) + len(c.Idx) }

// At gives a value.
func (c *Ints) At(i int) int64 {
	if len(c.Idx) != 0 {
		return c.Dict[c.Idx[i]]
	}
	return c.Vals[i]
}

// Constant tells whether the column has rows and all have the same value.
func (c *Ints) Constant() bool {
	if len(c.Idx) != 0 {
		return len(c.Dict) == 1
	}
	for _, v := range c.Vals {
		if v != c.Vals[0] {
			return false
		}
	}
	return len(c.Vals) > 0
}

// Texts is a column of texts as read: places in Dict, which may have a text twice.
type Texts struct {
	Idx  []int32
	Dict []string
	Null []bool // as in Ints
}

// Len gives the number of rows.
func (c *Texts) Len() int { return len(c.Idx) }

// At gives a value.
func (c *Texts) At(i int) string { return c.Dict[c.Idx[i]] }

// A File is a table to be read. It is given the bytes of its footer when it is opened and
// those of a row group when that is loaded, so that the caller can check both before. Of a
// file of many row groups it holds their part of the footer as it is: the library makes ten
// times as much of it, and so is shown one row group at a time. Groups may be loaded and read
// by several goroutines at once.
type File struct {
	bounds  *bounds
	footer  []byte
	columns map[string]int
}

// Open opens a table of size bytes of which the last are given, beginning before its footer.
func Open(tail []byte, size int64) (_ *File, err error) {
	f := &File{columns: map[string]int{}}
	if f.bounds, err = checkFooter(tail, size); err != nil {
		return nil, err
	}
	f.footer = bytes.Clone(tail[f.bounds.footer-size+int64(len(tail)) : len(tail)-8])
	for i := range f.bounds.leaves {
		f.columns[f.bounds.leaves[i].name] = i
	}
	return f, nil
}

// Groups gives the number of row groups.
func (f *File) Groups() int { return len(f.bounds.groups) }

// Rows gives the number of rows of a row group.
func (f *File) Rows(group int) int64 { return f.bounds.groups[group].rows }

// A Group is a row group whose bytes are in memory.
type Group struct {
	f      *File
	file   *parquet.File // of nothing else
	index  int
	budget *Budget
	at     int64
	data   []byte
	rows   int
}

// Load gives a row group whose bytes are data and begin at a place of the file; they must
// stay as they are. What its columns come to is taken off the budget.
func (f *File) Load(group int, at int64, data []byte, budget *Budget) (_ *Group, err error) {
	defer caught(&err)
	if group < 0 || group >= len(f.bounds.groups) {
		return nil, errorf("no row group %d of %d", group, len(f.bounds.groups))
	}
	if err := f.bounds.checkGroup(group, at, data); err != nil {
		return nil, err
	}
	g := &Group{f: f, index: group, budget: budget, at: at, data: data, rows: int(f.bounds.groups[group].rows)}
	end := f.footerOf(group)
	in := &window{{f.bounds.footer, end}, {at, data[:min(int64(len(data)), max(f.bounds.footer-at, 0))]}}
	g.file, err = parquet.OpenFile(in, f.bounds.footer+int64(len(end)), parquet.SkipMagicBytes(true), parquet.SkipPageIndex(true),
		parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	return g, err
}

// footerOf gives a footer that has one of the row groups only, as its first, with what stands
// behind it.
func (f *File) footerOf(group int) []byte {
	const listOfOne, first = 1<<4 | thriftStruct, 0
	b, g := f.bounds, &f.bounds.groups[group]
	end := append(bytes.Clone(f.footer[:b.list.from]), listOfOne)
	if g.number.to > 0 {
		end = append(append(end, f.footer[g.at.from:g.number.from]...), first)
		end = append(end, f.footer[g.number.to:g.at.to]...)
	} else {
		end = append(end, f.footer[g.at.from:g.at.to]...)
	}
	end = append(end, f.footer[b.list.to:]...)
	return append(binary.LittleEndian.AppendUint32(end, uint32(len(end))), "PAR1"...)
}

// Rows gives the number of rows.
func (g *Group) Rows() int { return g.rows }

// Columns gives the columns in their order; encodings are not known, nor Time from Int.
func (g *Group) Columns() []Column { return columnsOf(g.file) }

// Column gives the column of a name, and whether there is one.
func (g *Group) Column(name string) (Column, bool) {
	i, ok := g.f.columns[name]
	if !ok {
		return Column{}, false
	}
	return columnOf(g.file.Root().Columns()[i]), true
}

func columnsOf(f *parquet.File) (out []Column) {
	for _, c := range f.Root().Columns() {
		out = append(out, columnOf(c))
	}
	return out
}

func columnOf(c *parquet.Column) Column {
	col := Column{Name: c.Name(), Optional: c.Optional()}
	if c.Type().Kind() == parquet.ByteArray {
		col.Type = Text
	}
	if t := c.Type().LogicalType(); t != nil {
		if d, ok := t.Value.(*format.DecimalType); ok {
			col.Type, col.Scale = Decimal, int(d.Scale)
		}
	}
	return col
}

// chunk finds a column, which must hold one of two kinds of value, and has the guard walk it.
func (g *Group) chunk(name string, a, b parquet.Kind) (parquet.ColumnChunk, error) {
	i, ok := g.f.columns[name]
	if !ok {
		return nil, errorf("no column %q", name)
	}
	c := g.file.RowGroups()[0].ColumnChunks()[i]
	if k := c.Type().Kind(); k != a && k != b {
		return nil, errorf("column %q is of type %s", name, c.Type())
	}
	if err := g.f.bounds.checkChunk(g.index, i, g.at, g.data, g.budget.left); err != nil {
		return nil, err
	}
	return c, nil
}

// pages calls fn for each data page of a column.
func (g *Group) pages(name string, a, b parquet.Kind, fn func(p parquet.Page) error) (err error) {
	defer caught(&err)
	c, err := g.chunk(name, a, b)
	if err != nil {
		return err
	}
	pages := c.Pages()
	defer pages.Close()
	for left := int64(g.rows); ; {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			if left != 0 {
				return errorf("column %q lacks %d values", name, left)
			}
			return nil
		}
		if err != nil {
			return errorf("column %q: %w", name, err)
		}
		if left -= p.NumValues(); left < 0 {
			err = errorf("column %q has more values than rows", name)
		} else {
			err = fn(p)
		}
		parquet.Release(p)
		if err != nil {
			return errorf("column %q: %w", name, err)
		}
	}
}

// Ints reads a column of numbers into c, whose memory it uses again.
func (g *Group) Ints(name string, c *Ints) error {
	c.Vals, c.Idx, c.Dict, c.Null = c.Vals[:0], c.Idx[:0], c.Dict[:0], nil
	return g.pages(name, parquet.Int64, parquet.Int32, func(p parquet.Page) error {
		at := c.Len()
		if d := p.Dictionary(); d != nil {
			if at == 0 {
				c.Dict = appendInts(c.Dict, d.Page())
			}
			if len(c.Vals) == 0 {
				c.Idx = appendIndexes(c.Idx, p, 0)
				if !inside(c.Idx[at:], len(c.Dict)) {
					return errorf("a place outside of its dictionary")
				}
			} else {
				return errorf("pages of different kinds")
			}
		} else {
			for _, k := range c.Idx { // the writer gave up its dictionary
				c.Vals = append(c.Vals, c.Dict[k])
			}
			c.Idx = c.Idx[:0]
			c.Vals = appendInts(c.Vals, p)
		}
		return c.spread(at, p)
	})
}

// Small reads a column of numbers, less an amount, that must fit 31 bits then, into the
// memory of dst.
func (g *Group) Small(name string, dst []int32, less int64) ([]int32, error) {
	dst = slices.Grow(dst[:0], g.rows)
	var dict []int64
	err := g.pages(name, parquet.Int64, parquet.Int32, func(p parquet.Page) error {
		data, over := p.Data(), int64(0)
		fit := func(v int64) {
			v -= less
			over |= v
			dst = append(dst, int32(v))
		}
		switch d := p.Dictionary(); {
		case p.NumNulls() > 0:
			return errorf("a row without a value")
		case d != nil:
			if dict == nil {
				dict = appendInts(dict, d.Page())
			}
			idx := data.Int32()
			if !inside(idx, len(dict)) {
				return errorf("a place outside of its dictionary")
			}
			for _, k := range idx {
				fit(dict[k])
			}
		case p.Type().Kind() == parquet.Int32:
			for _, v := range data.Int32() {
				fit(int64(v))
			}
		default:
			for _, v := range data.Int64() {
				fit(v)
			}
		}
		if over < 0 || over > math.MaxInt32 {
			return errorf("a number that no segment has")
		}
		return nil
	})
	return dst, err
}

// spread puts the values of a page with nulls, those from at on, at their rows.
func (c *Ints) spread(at int, p parquet.Page) (err error) {
	if len(c.Idx) > 0 || len(c.Dict) > 0 && len(c.Vals) == 0 {
		c.Idx, c.Dict, c.Null, err = spread(c.Idx, c.Dict, c.Null, at, p)
	} else {
		c.Vals, _, c.Null, err = spread(c.Vals, c.Dict, c.Null, at, p)
	}
	return err
}

// spread puts the values of a page with nulls, those of vals from at on, at their rows, and
// notes in null which have none. A dictionary gets a value for these to lead to.
func spread[T, D any](vals []T, dict []D, null []bool, at int, p parquet.Page) ([]T, []D, []bool, error) {
	if p.NumNulls() == 0 || p.DefinitionLevels() == nil {
		if null != nil {
			null = append(null, make([]bool, len(vals)-len(null))...)
		}
		return vals, dict, null, nil
	}
	levels := p.DefinitionLevels()
	null = append(null, make([]bool, at-len(null))...)
	for _, l := range levels {
		null = append(null, l == 0)
	}
	if len(dict) == 0 {
		dict = append(dict, *new(D))
	}
	vals, ok := spreadOut(vals, at, levels)
	if !ok {
		return vals, dict, null, errorf("other levels than values")
	}
	return vals, dict, null, nil
}

// Texts reads a column of texts into c, whose memory it uses again, but for the texts.
func (g *Group) Texts(name string, c *Texts) error {
	c.Idx, c.Dict, c.Null = c.Idx[:0], c.Dict[:0], nil
	from := -1 // where the dictionary begins in c.Dict
	err := g.pages(name, parquet.ByteArray, parquet.ByteArray, func(p parquet.Page) (err error) {
		at := len(c.Idx)
		if d := p.Dictionary(); d != nil {
			if from < 0 {
				from = len(c.Dict)
				if c.Dict, err = g.appendTexts(c.Dict, d.Page()); err != nil {
					return err
				}
			}
			c.Idx = appendIndexes(c.Idx, p, from)
			if !inside(c.Idx[at:], len(c.Dict)) {
				return errorf("a place outside of its dictionary")
			}
		} else {
			n := len(c.Dict)
			if c.Dict, err = g.appendTexts(c.Dict, p); err != nil {
				return err
			}
			for ; n < len(c.Dict); n++ {
				c.Idx = append(c.Idx, int32(n))
			}
		}
		c.Idx, c.Dict, c.Null, err = spread(c.Idx, c.Dict, c.Null, at, p)
		return err
	})
	for i := range c.Dict {
		s, ok := unescapeText(c.Dict[i])
		if !ok && err == nil {
			err = errorf("column %q: text is not escaped as it should be", name)
		}
		c.Dict[i] = s
	}
	return err
}

// spreadOut moves the values from at on to the rows that have one.
func spreadOut[T any](s []T, at int, levels []byte) ([]T, bool) {
	n, rows := len(s)-at, len(levels)
	s = append(s, make([]T, max(rows-n, 0))...)
	k := at + n - 1
	for i := at + rows - 1; i >= at; i-- {
		if levels[i-at] == 0 {
			s[i] = *new(T)
			continue
		}
		if k < at || k > i {
			return s, false
		}
		s[i] = s[k]
		k--
	}
	return s, k == at-1
}

// appendInts appends the values of a page.
func appendInts(dst []int64, p parquet.Page) []int64 {
	data := p.Data()
	if p.Type().Kind() == parquet.Int32 {
		for _, v := range data.Int32() {
			dst = append(dst, int64(v))
		}
		return dst
	}
	return append(dst, data.Int64()...)
}

// appendIndexes appends the places of a page with a dictionary that begins at from.
func appendIndexes(dst []int32, p parquet.Page, from int) []int32 {
	data := p.Data()
	n := len(dst)
	dst = append(dst, data.Int32()...)
	if from != 0 {
		for i := n; i < len(dst); i++ {
			dst[i] += int32(from)
		}
	}
	return dst
}

func inside(idx []int32, size int) bool {
	most := uint32(0)
	for _, k := range idx {
		most = max(most, uint32(k))
	}
	return int(most) < size || len(idx) == 0
}

// appendTexts appends the texts of a page, which share one string.
func (g *Group) appendTexts(dst []string, p parquet.Page) ([]string, error) {
	data := p.Data()
	values, offsets := data.ByteArray()
	if err := g.budget.spend(int64(len(values)) + 16*int64(len(offsets))); err != nil {
		return dst, err
	}
	all := string(values)
	for i := 1; i < len(offsets); i++ {
		dst = append(dst, all[offsets[i-1]:offsets[i]])
	}
	return dst, nil
}

// A Budget bounds the bytes that texts of several columns may come to.
type Budget struct{ left int64 }

// NewBudget gives a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{bytes} }

func (b *Budget) spend(n int64) error {
	if b.left -= n; b.left < 0 {
		return errorf("texts are too large for a segment of this size")
	}
	return nil
}

// Spend takes so many bytes off the group's budget, for what is made of its texts.
func (g *Group) Spend(n int64) error { return g.budget.spend(n) }
