package table

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// Bounds of a footer. The library takes some 700 bytes for a column chunk, of which a file of
// a quiet server has one for each 280 of its bytes.
const (
	maxColumns    = 8000
	freeFooter    = 8 << 20
	freeChunks    = 16 << 10
	bytesPerChunk = 256
)

// A row group of up to freeRows rows may be as small as it likes: a table of one value
// compresses to nothing. Beyond, each rowsPerByte rows need a byte of the file.
const (
	freeRows    = 1 << 18
	rowsPerByte = 64
)

// A File is a table to be read. It is given the bytes of its footer when it is opened and
// those of a row group when that is loaded, so that the caller can check both before. Groups
// may be loaded and read by several goroutines at once.
//
// Flat tables are read, of required and optional columns; data pages of version 1 and 2; the
// codecs of inflate and the encodings of valuesFit. All else is refused by name.
// Source: https://github.com/apache/parquet-format, parquet.thrift and Encodings.md.
type File struct {
	columns []Column
	kinds   []format.Type  // of the columns
	places  map[string]int // of the columns, by name
	unused  []string       // names of columns it lacks, all of whose rows are 0 or empty
	groups  []groupPlace
}

// A groupPlace is what the footer says of a row group; the chunks are its columns.
type groupPlace struct {
	rows   int64
	chunks []chunk
}

// A chunk is where the pages of a column lie, its dictionary's first.
type chunk struct {
	from, size int64
	codec      format.CompressionCodec
}

// Open opens a table of size bytes of which the last are given, beginning before its footer.
func Open(tail []byte, size int64) (_ *File, err error) {
	defer caught(&err)
	n := len(tail)
	if n < 8 || size < int64(n) || size < 12 || string(tail[n-4:]) != "PAR1" {
		return nil, errorf("no Parquet file, or an encrypted one")
	}
	length := int64(binary.LittleEndian.Uint32(tail[n-8:]))
	if most := min(int64(n-8), size-12, freeFooter+size/2); length > most {
		return nil, errorf("a footer of %d bytes in a file of %d, of which %d are at hand; %d is the most", length, size, n, most)
	}
	var m format.FileMetaData
	used, err := decode(tail[int64(n-8)-length:n-8], maxColumns+freeChunks+size/bytesPerChunk, &m)
	if err == nil && int64(used) != length {
		err = errorf("bytes behind the footer")
	}
	if err != nil {
		return nil, errorf("footer at byte %d: %w", size-8-length, err)
	}
	f := &File{places: map[string]int{}}
	if err := f.readSchema(m.Schema); err != nil {
		return nil, err
	}
	for _, kv := range m.KeyValueMetadata {
		if kv.Key == unusedKey {
			f.unused = strings.Fields(kv.Value)
		}
	}
	return f, f.readGroups(&m, size, size-8-length)
}

// readSchema takes over a root and its columns.
func (f *File) readSchema(s []format.SchemaElement) error {
	if len(s) < 2 || len(s) > maxColumns+1 || s[0].Type.Valid || int(s[0].NumChildren.V) != len(s)-1 {
		return errorf("a schema of %d columns, or whose root has others", len(s)-1)
	}
	for _, e := range s[1:] {
		c := Column{Name: strings.Clone(e.Name), Optional: e.RepetitionType.V == format.Optional}
		if !e.Type.Valid || e.NumChildren.V > 0 || e.RepetitionType.V > format.Optional {
			return errorf("column %q is nested or repeated; only flat tables are read", c.Name)
		}
		if _, twice := f.places[c.Name]; twice || c.Name == "" {
			return errorf("two columns, or none, are named %q", c.Name)
		}
		if d, ok := e.LogicalType.Value.(*format.DecimalType); ok {
			c.Type, c.Scale = Decimal, int(d.Scale)
		}
		if e.Type.V == format.ByteArray {
			c.Type = Text
		}
		f.places[c.Name] = len(f.columns)
		f.columns, f.kinds = append(f.columns, c), append(f.kinds, e.Type.V)
	}
	return nil
}

// readGroups takes over where the row groups lie: one behind the other, their columns too.
func (f *File) readGroups(m *format.FileMetaData, size, footer int64) error {
	end, left := int64(4), m.NumRows
	for k := range m.RowGroups {
		g := &m.RowGroups[k]
		if most := min(left, freeRows+rowsPerByte*size); g.NumRows < 0 || g.NumRows > most || len(g.Columns) != len(f.columns) {
			return errorf("row group %d has %d rows, of %d at most, and %d columns of %d", k, g.NumRows, most, len(g.Columns), len(f.columns))
		}
		left -= g.NumRows
		out := groupPlace{rows: g.NumRows}
		for i := range g.Columns {
			c, name := &g.Columns[i].MetaData, f.columns[i].Name
			at := chunk{c.DataPageOffset, c.TotalCompressedSize, c.Codec}
			if c.DictionaryPageOffset != 0 {
				at.from = c.DictionaryPageOffset
			}
			switch {
			case len(c.PathInSchema) != 1 || c.PathInSchema[0] != name || c.Type != f.kinds[i] || g.Columns[i].FilePath != "":
				return errorf("row group %d: column %q of type %s stands at the place of %q", k, c.PathInSchema, c.Type, name)
			case c.NumValues != g.NumRows:
				return errorf("column %q has %d values in %d rows", name, c.NumValues, g.NumRows)
			case at.from < end || at.size < 0 || at.from > footer || at.size > footer-at.from:
				return errorf("column %q takes %d bytes at %d; the one before ends at %d, the footer begins at %d",
					name, at.size, at.from, end, footer)
			}
			end = at.from + at.size
			out.chunks = append(out.chunks, at)
		}
		f.groups = append(f.groups, out)
	}
	if left != 0 {
		return errorf("the row groups lack %d of the file's rows", left)
	}
	return nil
}

// Groups gives the number of row groups.
func (f *File) Groups() int { return len(f.groups) }

// Rows gives the number of rows of a row group.
func (f *File) Rows(group int) int64 { return f.groups[group].rows }

// Columns gives the columns in their order; encodings are not known, nor Time from Int.
func (f *File) Columns() []Column { return f.columns }

// Sizes gives the bytes that each column takes in all row groups.
func (f *File) Sizes() []int64 {
	out := make([]int64, len(f.columns))
	for _, g := range f.groups {
		for i, c := range g.chunks {
			out[i] += c.size
		}
	}
	return out
}

// A Group is a row group whose bytes are in memory. It is for one goroutine.
type Group struct {
	f       *File
	place   *groupPlace
	budget  *Budget
	at      int64
	data    []byte
	scratch *[]byte // a page, unpacked; while pages runs
}

// Load gives a row group whose bytes are data and begin at a place of the file; they must
// stay as they are. What its columns come to is taken off the budget.
func (f *File) Load(group int, at int64, data []byte, budget *Budget) (*Group, error) {
	if group < 0 || group >= len(f.groups) {
		return nil, errorf("no row group %d of %d", group, len(f.groups))
	}
	return &Group{f: f, place: &f.groups[group], budget: budget, at: at, data: data}, nil
}

// Rows gives the number of rows.
func (g *Group) Rows() int { return int(g.place.rows) }

// Columns gives the columns, as File.Columns does.
func (g *Group) Columns() []Column { return g.f.columns }

// Column gives the column of a name, and whether there is one.
func (g *Group) Column(name string) (Column, bool) {
	i, ok := g.f.places[name]
	if !ok {
		return Column{}, false
	}
	return g.f.columns[i], true
}

// A Budget bounds the bytes that texts of several columns may come to.
type Budget struct{ left int64 }

// NewBudget gives a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{bytes} }

func (b *Budget) spend(n int64) error {
	if n > b.left {
		b.left = math.MinInt64
		return errorf("texts are too large for a segment of this size")
	}
	b.left -= n
	return nil
}

// Spend takes so many bytes off the group's budget, for what is made of its texts.
func (g *Group) Spend(n int64) error { return g.budget.spend(n) }
