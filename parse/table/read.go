package table

import (
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Values is a column as read: either plain values, or places in Dict.
type Values[T int64 | string] struct {
	Vals []T
	Idx  []int32
	Dict []T    // may have a value twice
	Null []bool // by row, of an optional column with rows that have no value; else nil
}

// Ints is a column of numbers, Texts one of texts; of this all are places in Dict.
type (
	Ints  = Values[int64]
	Texts = Values[string]
)

// Reset takes out the rows; the memory stays.
func (c *Values[T]) Reset() { c.Vals, c.Idx, c.Dict, c.Null = c.Vals[:0], c.Idx[:0], c.Dict[:0], nil }

// Len gives the number of rows.
func (c *Values[T]) Len() int { return len(c.Vals) + len(c.Idx) }

// At gives a value.
func (c *Values[T]) At(i int) T {
	if len(c.Idx) != 0 {
		return c.Dict[c.Idx[i]]
	}
	return c.Vals[i]
}

// Ints reads a column of numbers into c, whose memory it uses again.
func (g *Group) Ints(name string, c *Ints) error {
	return c.read(g, name, (*page).ints, format.Int64, format.Int32)
}

// Texts reads a column of texts into c, whose memory it uses again, but for the texts.
func (g *Group) Texts(name string, c *Texts) error {
	err := c.read(g, name, (*page).texts, format.ByteArray)
	if err == nil && len(c.Vals) > 0 {
		c.Dict, c.Vals = c.Vals, c.Dict[:0]
		for i := range c.Dict {
			c.Idx = append(c.Idx, int32(i))
		}
	}
	for i := range c.Dict {
		text, bad := unescapeText(c.Dict[i])
		if bad != nil && err == nil {
			err = errorf("column %q: text is not escaped as it should be: %w", name, bad)
		}
		c.Dict[i] = text
	}
	return err
}

// read reads a column of the given kinds, whose pages values appends.
func (c *Values[T]) read(g *Group, name string, values func(p *page, dst []T) ([]T, error), kinds ...format.Type) error {
	c.Reset()
	if _, ok := g.f.places[name]; !ok && slices.Contains(g.f.unused, name) {
		c.Dict, c.Idx = append(c.Dict, *new(T)), append(c.Idx, make([]int32, g.Rows())...)
		return nil
	}
	return g.pages(name, func(p *page) (err error) {
		at := c.Len()
		switch {
		case p.dictionary:
			c.Dict, err = values(p, c.Dict)
			return err
		case p.places() && len(c.Vals) == 0:
			if c.Idx, err = p.indexes(c.Idx, len(c.Dict)); err != nil {
				return err
			}
			c.Idx = spread(c.Idx, at, p)
			if len(c.Dict) == 0 {
				c.Dict = append(c.Dict, *new(T)) // for rows without a value to lead to
			}
		case p.places():
			return errorf("pages of different kinds")
		default:
			for _, k := range c.Idx { // the writer gave up its dictionary
				c.Vals = append(c.Vals, c.Dict[k])
			}
			c.Idx = c.Idx[:0]
			if c.Vals, err = values(p, c.Vals); err != nil {
				return err
			}
			c.Vals = spread(c.Vals, at, p)
		}
		if p.null != nil || c.Null != nil {
			c.Null = append(c.Null, make([]bool, c.Len()-len(c.Null))...)
			copy(c.Null[at:], p.null)
		}
		return nil
	}, kinds...)
}

// spread moves the values of a page, those of s from at on, to the rows that have one.
func spread[T any](s []T, at int, p *page) []T {
	if p.null == nil {
		return s
	}
	k := len(s)
	s = append(s, make([]T, len(p.null)-p.n)...)
	for i := len(p.null) - 1; i >= 0; i-- {
		if p.null[i] {
			s[at+i] = *new(T)
		} else {
			k--
			s[at+i] = s[k]
		}
	}
	return s
}

// ints, texts and indexes append the values of a page, as the library decodes them: numbers
// into the room behind those that are there.
func (p *page) ints(dst []int64) (_ []int64, err error) {
	encoding, n := parquet.LookupEncoding(p.encoding), len(dst)
	dst = slices.Grow(dst, p.n)
	if p.kind == format.Int32 {
		small, err := encoding.DecodeInt32(make([]int32, 0, p.n), p.body)
		for _, v := range small {
			dst = append(dst, int64(v))
		}
		return dst, p.all(len(small), err)
	}
	more, err := encoding.DecodeInt64(dst[n:n], p.body)
	return append(dst, more...), p.all(len(more), err)
}

// texts gives texts that share one string.
func (p *page) texts(dst []string) ([]string, error) {
	values, offsets, err := parquet.LookupEncoding(p.encoding).DecodeByteArray(make([]byte, 0, len(p.body)), p.body, make([]uint32, 0, p.n+1))
	if err := p.all(len(offsets)-1, err); err != nil {
		return dst, err
	}
	all := string(values)
	for i := 1; i < len(offsets); i++ {
		dst = append(dst, all[offsets[i-1]:offsets[i]])
	}
	return dst, nil
}

// indexes appends places, which must be those of a dictionary of some size.
func (p *page) indexes(dst []int32, size int) ([]int32, error) {
	n := len(dst)
	dst = slices.Grow(dst, p.n+runExcess)
	places, err := parquet.RLEDictionary.DecodeInt32(dst[n:n], p.body)
	if len(places) > p.n {
		places = places[:p.n] // runs are filled up
	}
	most := uint32(0)
	for _, k := range places {
		most = max(most, uint32(k))
	}
	if err == nil && p.n > 0 && int(most) >= size {
		err = errorf("a place outside of its dictionary")
	}
	return append(dst, places...), p.all(len(places), err)
}

// all makes sure that as many values were decoded as there are.
func (p *page) all(n int, err error) error {
	if err == nil && n != p.n {
		err = errorf("%d values instead of %d", n, p.n)
	}
	return err
}

// Small reads a column of numbers, less an amount, that must fit 31 bits then, into the
// memory of dst; c is scratch.
func (g *Group) Small(name string, dst []int32, less int64, c *Ints) ([]int32, error) {
	if err := g.Ints(name, c); err != nil {
		return dst[:0], err
	}
	if c.Null != nil {
		return dst[:0], errorf("column %q: a row without a value", name)
	}
	dst = slices.Grow(dst[:0], g.Rows())
	over := int64(0)
	for i := range c.Len() {
		v := c.At(i) - less
		over |= v
		dst = append(dst, int32(v))
	}
	if over < 0 || over > math.MaxInt32 {
		return dst, errorf("column %q: a number that no segment has", name)
	}
	return dst, nil
}
