package parse

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A member is one table of a segment as it lies in a bundle.
type member struct {
	table string
	rows  int64
	data  []byte
}

// An encoder writes segments as Parquet. Its buffers are used again for each.
type encoder struct {
	samples *tableWriter[sampleRow]
	numbers *tableWriter[numberRow]
	texts   *tableWriter[textRow]
	slowlog *tableWriter[slowRow]
	clients *tableWriter[clientRow]
	spells  *tableWriter[spellRow]
}

func newEncoder() (*encoder, error) {
	codec, err := newPageCodec()
	if err != nil {
		return nil, err
	}
	e := new(encoder)
	var errs [6]error
	e.samples, errs[0] = newTableWriter[sampleRow](codec, func(r *sampleRow) int { return len(r.Text) })
	e.numbers, errs[1] = newTableWriter[numberRow](codec, nil)
	e.texts, errs[2] = newTableWriter[textRow](codec, func(r *textRow) int { return len(r.Text) })
	e.slowlog, errs[3] = newTableWriter[slowRow](codec, func(r *slowRow) int { return len(r.Args) })
	e.clients, errs[4] = newTableWriter[clientRow](codec, nil)
	e.spells, errs[5] = newTableWriter[spellRow](codec, nil)
	return e, errors.Join(errs[:]...)
}

// encode gives each table that has rows to put, in a fixed order. The data is valid until
// put returns. The segment is sealed by it.
func (e *encoder) encode(s *segment, put func(member) error) error {
	s.lists.seal()
	return cmp.Or(
		e.samples.write(tableSamples, put, func(fn func(sampleRow)) {
			for _, r := range s.samples {
				fn(r)
			}
		}),
		e.numbers.write(tableNumbers, put, s.series.eachNum),
		e.texts.write(tableTexts, put, s.series.eachText),
		e.slowlog.write(tableSlowlog, put, func(fn func(slowRow)) {
			for i := range s.slow.entries {
				fn(slowRowOf(i, &s.slow.entries[i]))
			}
		}),
		e.clients.write(tableClients, put, s.lists.eachClient),
		e.spells.write(tableSpells, put, s.lists.eachSpell),
	)
}

func slowRowOf(i int, e *SlowEntry) slowRow {
	row := slowRow{Entry: int64(i), ID: e.ID, Time: e.Time, Micros: e.Micros,
		Args: quoteArgs(e.Args), Addr: e.Addr, Name: e.Name}
	if e.Six {
		row.Six = 1
	}
	return row
}

// A pageCodec compresses pages. parquet-go's own keeps an encoder with a window of 8 MB for
// each table; pages are smaller than this one's.
type pageCodec struct{ enc *zstd.Encoder }

func newPageCodec() (*pageCodec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	return &pageCodec{enc}, err
}

func (c *pageCodec) String() string                            { return "ZSTD" }
func (c *pageCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }
func (c *pageCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.enc.EncodeAll(src, dst[:0]), nil
}
func (c *pageCodec) Decode(dst, src []byte) ([]byte, error) { return nil, errors.ErrUnsupported }

// A batch goes to the Parquet writer when it has this many rows or bytes of text: a page
// is only closed between batches, and must stay below maxPage.
const (
	batchRows  = 512
	batchBytes = 1 << 20
)

// A tableWriter writes one kind of table.
type tableWriter[T any] struct {
	config *parquet.WriterConfig
	buf    bytes.Buffer
	batch  []T
	weight func(*T) int // bytes of text in a row; nil where small
}

func newTableWriter[T any](codec *pageCodec, weight func(*T) int) (*tableWriter[T], error) {
	t := &tableWriter[T]{weight: weight, batch: make([]T, 0, batchRows)}
	schema := parquet.SchemaOf(new(T))
	options := []parquet.WriterOption{
		schema,
		parquet.CreatedBy("connbox", "0", ""), // not the build's: same input, same bytes
		parquet.Compression(codec),
		parquet.PageBufferSize(256 << 10),
		parquet.DataPageStatistics(false),
	}
	for _, path := range schema.Columns() {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	c, err := parquet.NewWriterConfig(options...) // NewGenericWriter panics on what this reports
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	t.config = c
	return t, nil
}

// write puts the rows that each gives as a member; nothing if there are none.
func (t *tableWriter[T]) write(table string, put func(member) error, each func(func(T))) error {
	t.buf.Reset()
	// A new one for each member: Writer.Reset of v0.32.0 empties the column chunks' names
	// and types for good.
	w := parquet.NewGenericWriter[T](&t.buf, t.config)
	var rows int64
	var err error
	bytes := 0
	flush := func() {
		if err == nil {
			_, err = w.Write(t.batch)
		}
		clear(t.batch)
		t.batch, bytes = t.batch[:0], 0
	}
	each(func(r T) {
		rows++
		t.batch = append(t.batch, r)
		if t.weight != nil {
			bytes += t.weight(&t.batch[len(t.batch)-1])
		}
		if len(t.batch) == batchRows || bytes > batchBytes {
			flush()
		}
	})
	if rows == 0 {
		return nil
	}
	flush()
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return fmt.Errorf("parquet: table %s: %w", table, err)
	}
	return put(member{table, rows, t.buf.Bytes()})
}
