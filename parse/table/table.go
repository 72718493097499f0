// Package table writes and reads tables as Parquet files, column by column.
//
// A table is a list of columns with names, types and encodings, kept as data by whoever
// owns the table, and rows in row groups. Writer takes one row group at a time, each column
// whole; File gives the columns that are asked for, as plain values or as a dictionary and
// places in it, and never rows. What is read is copied out of the library's buffers and
// belongs to the caller.
//
// Files may come from strangers. A File is given its footer and the bytes of a row group
// only after their hashes were checked; counts and sizes in both are held against the bytes
// that are there before the library, which allocates by what a file claims, decodes a byte of
// them, and every panic of the library ends as an error of the call that met it. Of the
// library a File uses the footer's and pages' formats and the encodings; its own reader of
// files decodes more than it is asked for, and would need a guard that decodes all first.
//
// It is the only package that imports parquet-go.
package table

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// A Type is what the values of a column are.
type Type uint8

// The types of column.
const (
	Int     Type = iota // INT64
	Int32               // INT32; values beyond it are an error
	Time                // INT64, TIMESTAMP of microseconds, UTC
	Decimal             // INT64, DECIMAL(18, Scale): the number times 10 to the power of Scale
	Text                // BYTE_ARRAY, STRING
)

// An Encoding is how a column's values are written before zstd. None is best for all:
// parquet-go packs dictionary indexes to the bit, which zstd compresses badly for columns
// of many values.
type Encoding uint8

// The encodings.
const (
	Dict  Encoding = iota // RLE_DICTIONARY: few values
	Delta                 // DELTA_BINARY_PACKED: values that rise, or nearly always stay
	Plain                 // PLAIN
)

// A Column describes one column of a table.
type Column struct {
	Name     string
	Type     Type
	Encoding Encoding
	Scale    int  // of a Decimal
	Optional bool // a row may have no value
	Unused   bool // all rows are 0 or empty, and the file has its name only
}

// Used marks the columns that are 0 or empty in all rows of a row group, as write gives them, as
// Unused: for the writer of a small file, of which a column's head and entry in the footer are most.
func Used(columns []Column, write func(*Writer)) []Column {
	out := slices.Clone(columns)
	for i := range out {
		out[i].Unused = !out[i].Optional
	}
	write(&Writer{columns: out, probe: true, rows: -1})
	return out
}

// Precision is the number of digits of a Decimal column's values; they fit 64 bits.
const Precision = 18

// node gives the column's place in a schema.
func (c *Column) node() parquet.Node {
	var n parquet.Node
	switch c.Type {
	case Int:
		n = parquet.Leaf(parquet.Int64Type)
	case Int32:
		n = parquet.Leaf(parquet.Int32Type)
	case Time:
		n = parquet.Timestamp(parquet.Microsecond)
	case Decimal:
		n = parquet.Decimal(c.Scale, Precision, parquet.Int64Type)
	default:
		n = parquet.String()
	}
	n = parquet.Encoded(n, encodings[c.Encoding])
	if c.Optional {
		return parquet.Optional(n)
	}
	return parquet.Required(n)
}

var encodings = [...]encoding.Encoding{Dict: &parquet.RLEDictionary, Delta: &parquet.DeltaBinaryPacked,
	Plain: &parquet.Plain}

// A group is a schema's root whose columns keep their order; parquet.Group sorts them.
type group struct {
	parquet.Group
	fields []parquet.Field
}

// A field is a column in its group.
type field struct {
	parquet.Node
	name string
}

func (g *group) Fields() []parquet.Field { return g.fields }

func (f *field) Name() string { return f.name }

// Value implements parquet.Field, for rows, which nobody uses.
func (f *field) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(f.name))
}

func schemaOf(name string, columns []Column) *parquet.Schema {
	g := &group{Group: parquet.Group{}}
	for i := range columns {
		if columns[i].Unused {
			continue
		}
		n := columns[i].node()
		g.Group[columns[i].Name] = n
		g.fields = append(g.fields, &field{n, columns[i].Name})
	}
	return parquet.NewSchema(name, g)
}

const prefix = "parquet: "

// errorf makes an error about a table's content.
func errorf(format string, args ...any) error { return fmt.Errorf(prefix+format, args...) }

// caught turns a panic of the library into an error; deferred.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = errorf("damaged in a way that the library did not foresee: %v", p)
	}
}
