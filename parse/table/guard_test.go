package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	pqthrift "github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// readAll reads every column of every row group, and gives what it read as text.
func readAll(data []byte) (string, error) {
	tail := data
	if n := len(data); n > 8 {
		if k := uint64(binary.LittleEndian.Uint32(data[n-8:])) + 8; k < uint64(n) {
			tail = data[uint64(n)-k:]
		}
	}
	f, err := Open(tail, int64(len(data)))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for k := range f.Groups() {
		g, err := f.Load(k, 0, data, NewBudget(8<<20))
		if err != nil {
			return "", err
		}
		for _, c := range g.Columns() {
			var ints Ints
			var texts Texts
			switch err := g.Ints(c.Name, &ints); {
			case err == nil:
				fmt.Fprint(&out, ints.Null)
				for i := range ints.Len() {
					fmt.Fprint(&out, ints.At(i), " ")
				}
			case !strings.Contains(err.Error(), "is of type"):
				return "", err
			default:
				if err := g.Texts(c.Name, &texts); err != nil {
					return "", err
				}
				fmt.Fprint(&out, texts.Null)
				for i := range texts.Len() {
					fmt.Fprintf(&out, "%q ", texts.At(i))
				}
			}
		}
	}
	return out.String(), nil
}

// allowed is how much more memory a forged file may take than a whole one.
const allowed = 64 << 20

// within runs fn and tells what it took of memory in all, freed or not.
func within(t testing.TB, what string, fn func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	n := int64(after.TotalAlloc-before.TotalAlloc) + int64(after.StackSys) - int64(before.StackSys)
	if n > allowed {
		t.Errorf("%s took %d MB", what, n>>20)
	}
}

// goodFiles are small files in all the shapes that are read.
func goodFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	files["ours"], _ = writeFile(t, []*testRows{makeRows(1, 40), makeRows(2, 1), makeRows(3, 17)})
	type row struct {
		A int64  `parquet:"a,plain"`
		B int64  `parquet:"b,delta"`
		C int64  `parquet:"c,split"`
		D int32  `parquet:"d,dict"`
		E int64  `parquet:"e,optional,delta"`
		F string `parquet:"f,plain"`
		G string `parquet:"g,dict"`
		H *int32 `parquet:"h,optional,dict"`
		I string `parquet:"i,optional,dict"`
	}
	codecs := map[string]parquet.WriterOption{"none": parquet.Compression(&parquet.Uncompressed), "zstd": parquet.Compression(&parquet.Zstd),
		"snappy": parquet.Compression(&parquet.Snappy), "gzip": parquet.Compression(&parquet.Gzip)}
	for name, codec := range codecs {
		for version := 1; version <= 2; version++ {
			var out bytes.Buffer
			w := parquet.NewGenericWriter[row](&out, codec, parquet.DataPageVersion(version), parquet.PageBufferSize(300),
				parquet.MaxRowsPerRowGroup(60), parquet.DataPageStatistics(version == 1))
			for i := range int64(100) {
				r := row{i * i, i * 7, -i, int32(i % 3), 0, fmt.Sprint("f", i), fmt.Sprint("g", i%4), nil, ""}
				if i%3 == 0 {
					k := int32(i)
					r.E, r.H, r.I = i, &k, "i"
				}
				if _, err := w.Write([]row{r}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			files[fmt.Sprintf("%s, pages of version %d", name, version)] = out.Bytes()
		}
	}
	return files
}

// TestGuardPasses: what we write and what the library writes is read.
func TestGuardPasses(t *testing.T) {
	want := ""
	for name, data := range goodFiles(t) {
		got, err := readAll(data)
		if err != nil || got == "" {
			t.Errorf("%s: %v", name, err)
		}
		if name != "ours" && want != "" && got != want {
			t.Errorf("%s: read as\n%s\ninstead of\n%s", name, got, want)
		}
		if name != "ours" {
			want = got
		}
	}
}

// TestGuardFlips: a file with any byte changed, or cut off anywhere, is read or refused, in
// bounded memory.
func TestGuardFlips(t *testing.T) {
	for name, data := range goodFiles(t) {
		switch name {
		case "ours", "none, pages of version 1":
		default:
			continue // the rest differs in its codec only
		}
		refused := 0
		try := func(what string, bad []byte) {
			within(t, what, func() {
				if _, err := readAll(bad); err != nil {
					refused++
				}
			})
		}
		bad := bytes.Clone(data)
		for i := range data {
			for _, x := range [][]byte{{0xFF, 0x01}, {0xFF, 0x80}}[i%2] {
				bad[i] ^= x
				try(fmt.Sprintf("%s: byte %d ^ %#x", name, i, x), bad)
				bad[i] ^= x
			}
		}
		for n := 0; n < len(data); n += 5 {
			try(fmt.Sprintf("%s: the first %d bytes", name, n), data[:n:n])
		}
		if refused < len(data)*3/4 { // nobody reads the page index and statistics, nor hashes the values here
			t.Errorf("%s: only %d of %d refused", name, refused, 2*len(data)+len(data)/5)
		}
	}
}

// A forgery is what is changed in a file that the library wrote.
type forgery struct {
	footer func(m *format.FileMetaData)
	page   func(h *format.PageHeader, body []byte) []byte // of the first column of its kind
	kind   format.PageType
	column int
}

// forge writes a file again with something changed, its offsets and lengths put right first.
func forge(t testing.TB, data []byte, f forgery) []byte {
	t.Helper()
	n := len(data)
	footer := data[n-8-int(binary.LittleEndian.Uint32(data[n-8:])) : n-8]
	var meta format.FileMetaData
	var protocol pqthrift.CompactProtocol
	if err := pqthrift.Unmarshal(&protocol, footer, &meta); err != nil {
		t.Fatal(err)
	}
	out := []byte("PAR1")
	for g := range meta.RowGroups {
		for k := range meta.RowGroups[g].Columns {
			c := &meta.RowGroups[g].Columns[k]
			c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0
			m := &c.MetaData
			start := m.DataPageOffset
			if m.DictionaryPageOffset != 0 {
				start = m.DictionaryPageOffset
			}
			chunk := data[start : start+m.TotalCompressedSize]
			begin := int64(len(out))
			m.DataPageOffset = 0
			for done := false; len(chunk) > 0; {
				r := protocol.NewReaderFromBytes(bytes.Clone(chunk))
				var h format.PageHeader
				if err := pqthrift.NewDecoder(r).Decode(&h); err != nil {
					t.Fatal(err)
				}
				body := chunk[r.BytesRead():][:h.CompressedPageSize]
				chunk = chunk[r.BytesRead()+len(body):]
				if f.page != nil && !done && k == f.column && h.Type == f.kind {
					h.CRC, done = 0, true
					body = f.page(&h, bytes.Clone(body))
				}
				head, err := pqthrift.Marshal(&protocol, &h)
				if err != nil {
					t.Fatal(err)
				}
				if h.Type == format.DictionaryPage {
					m.DictionaryPageOffset = int64(len(out))
				} else if m.DataPageOffset == 0 {
					m.DataPageOffset = int64(len(out))
				}
				out = append(append(out, head...), body...)
			}
			m.TotalCompressedSize = int64(len(out)) - begin
		}
	}
	if f.footer != nil {
		f.footer(&meta)
	}
	b, err := pqthrift.Marshal(&protocol, &meta)
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, b...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(b))), "PAR1"...)
}

func chunkOf(m *format.FileMetaData, column int) *format.ColumnChunk {
	return &m.RowGroups[0].Columns[column]
}

// Columns of goodFiles' rows.
const colPlain, colDelta, colSplit, colDict, colOptional, colText, colWords = 0, 1, 2, 3, 4, 5, 6

// TestGuardForged: each count, size and place that a footer or page header claims, forged: an
// error with its place, or the same values.
func TestGuardForged(t *testing.T) {
	files := goodFiles(t)
	for base, version := range map[string]format.PageType{"none, pages of version 1": format.DataPage, "zstd, pages of version 2": format.DataPageV2} {
		good := forge(t, files[base], forgery{})
		want, err := readAll(good)
		if err != nil || want == "" {
			t.Fatalf("%s: forged in nothing: %v", base, err)
		}
		try := func(name string, f forgery) {
			bad := forge(t, files[base], f)
			within(t, name, func() {
				if got, err := readAll(bad); err == nil {
					if got != want { // a claim that nobody needs may be wrong
						t.Errorf("%s: %s: read as something else", base, name)
					}
				} else if strings.Contains(err.Error(), "did not foresee") {
					t.Errorf("%s: %s: left to the library: %v", base, name, err)
				}
			})
		}
		for name, fn := range footerForgeries {
			try(name, forgery{footer: fn})
		}
		for name, f := range pageForgeries(version) {
			try(name, f)
		}
	}
}

var footerForgeries = map[string]func(m *format.FileMetaData){
	"no columns":            func(m *format.FileMetaData) { m.Schema = m.Schema[:1] },
	"no schema":             func(m *format.FileMetaData) { m.Schema = nil },
	"a column less":         func(m *format.FileMetaData) { m.Schema = m.Schema[:3] },
	"a column twice":        func(m *format.FileMetaData) { m.Schema[2].Name = m.Schema[1].Name },
	"other name":            func(m *format.FileMetaData) { m.Schema[2].Name = "z" },
	"repeated":              func(m *format.FileMetaData) { m.Schema[1].RepetitionType.V = format.Repeated },
	"nested":                func(m *format.FileMetaData) { m.Schema[2].Type.Valid = false; m.Schema[2].NumChildren = some(int32(2)) },
	"a column of columns":   func(m *format.FileMetaData) { m.Schema[2].NumChildren = some(int32(1 << 30)) },
	"root of 2^31 columns":  func(m *format.FileMetaData) { m.Schema[0].NumChildren = some(int32(math.MaxInt32)) },
	"type of no size":       func(m *format.FileMetaData) { m.Schema[1].Type = some(format.FixedLenByteArray) },
	"type 99":               func(m *format.FileMetaData) { m.Schema[1].Type = some(format.Type(99)) },
	"number noted as text":  func(m *format.FileMetaData) { m.Schema[1].LogicalType.Value = new(format.StringType) },
	"text noted as decimal": func(m *format.FileMetaData) { m.Schema[6].LogicalType.Value = new(format.DecimalType) },
	"noted as geometry":     func(m *format.FileMetaData) { m.Schema[6].LogicalType.Value = new(format.GeometryType) },
	"rows of the file":      func(m *format.FileMetaData) { m.NumRows = math.MaxInt64 },
	"negative rows":         func(m *format.FileMetaData) { m.NumRows = -1 },
	"rows of a group":       func(m *format.FileMetaData) { m.RowGroups[0].NumRows++; m.NumRows++ },
	"2^40 rows everywhere": func(m *format.FileMetaData) {
		m.RowGroups[0].NumRows = 1 << 40
		m.NumRows = 1<<40 + m.RowGroups[1].NumRows
		for i := range m.RowGroups[0].Columns {
			chunkOf(m, i).MetaData.NumValues = 1 << 40
		}
	},
	"rows that overflow": func(m *format.FileMetaData) { m.RowGroups[0].NumRows, m.RowGroups[1].NumRows = math.MaxInt64, 2 },
	"no chunks":          func(m *format.FileMetaData) { m.RowGroups[0].Columns = nil },
	"a chunk less":       func(m *format.FileMetaData) { m.RowGroups[1].Columns = m.RowGroups[1].Columns[:2] },
	"a chunk more": func(m *format.FileMetaData) {
		m.RowGroups[0].Columns = append(m.RowGroups[0].Columns, *chunkOf(m, 0))
	},
	"chunks changed": func(m *format.FileMetaData) { *chunkOf(m, 0), *chunkOf(m, 1) = *chunkOf(m, 1), *chunkOf(m, 0) },
	"sorted by what is not there": func(m *format.FileMetaData) {
		m.RowGroups[0].SortingColumns = []format.SortingColumn{{ColumnIdx: 77}}
	},
	"another file":         func(m *format.FileMetaData) { chunkOf(m, 0).FilePath = "/etc/passwd" },
	"codec":                func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.Codec = format.Brotli },
	"codec of one group":   func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.Codec = format.Snappy },
	"values":               func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.NumValues = 1 << 50 },
	"negative values":      func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.NumValues = -1 },
	"size":                 func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.TotalCompressedSize = 1 << 50 },
	"negative size":        func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.TotalCompressedSize = -1 },
	"a byte less":          func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.TotalCompressedSize-- },
	"a byte more":          func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.TotalCompressedSize++ },
	"place behind the end": func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.DataPageOffset = math.MaxInt64 },
	"negative place":       func(m *format.FileMetaData) { chunkOf(m, 0).MetaData.DataPageOffset = -4 },
	"dictionary elsewhere": func(m *format.FileMetaData) { chunkOf(m, colDict).MetaData.DictionaryPageOffset = 4 },
	"dictionary behind":    func(m *format.FileMetaData) { chunkOf(m, colDict).MetaData.DictionaryPageOffset += 1 << 40 },
	"dictionary unnamed": func(m *format.FileMetaData) {
		chunkOf(m, colPlain).MetaData.DictionaryPageOffset = 4
		chunkOf(m, 0).MetaData.DataPageOffset = 5
	},
	"columns on one place": func(m *format.FileMetaData) {
		to, from := &chunkOf(m, colSplit).MetaData, &chunkOf(m, colPlain).MetaData
		to.DataPageOffset, to.TotalCompressedSize = from.DataPageOffset, from.TotalCompressedSize
	},
	"page index": func(m *format.FileMetaData) {
		chunkOf(m, 0).ColumnIndexOffset, chunkOf(m, 0).ColumnIndexLength = 9, math.MaxInt32
	},
	"encrypted": func(m *format.FileMetaData) { m.EncryptionAlgorithm.Value = new(format.AesGcmV1) },
}

func some[T any](v T) pqthrift.Null[T] { return pqthrift.Null[T]{V: v, Valid: true} }

// values of a page header of either version.
func values(h *format.PageHeader) *int32 {
	if h.DataPageHeaderV2.Valid {
		return &h.DataPageHeaderV2.V.NumValues
	}
	return &h.DataPageHeader.V.NumValues
}

func setEncoding(h *format.PageHeader, e format.Encoding) {
	h.DataPageHeaderV2.V.Encoding, h.DataPageHeader.V.Encoding = e, e
}

// pageForgeries are forged page headers, and pages of claims that few bytes make.
func pageForgeries(data format.PageType) map[string]forgery {
	head := func(column int, fn func(h *format.PageHeader)) forgery {
		return forgery{column: column, kind: data, page: func(h *format.PageHeader, body []byte) []byte { fn(h); return body }}
	}
	// raw puts an uncompressed, or zstd, body in the place of the page's, behind its levels.
	raw := func(column int, kind format.PageType, b []byte, fn func(h *format.PageHeader)) forgery {
		return forgery{column: column, kind: kind, page: func(h *format.PageHeader, body []byte) []byte {
			packed, levels := b, []byte(nil)
			if kind == format.DataPageV2 {
				levels = body[:h.DataPageHeaderV2.V.DefinitionLevelsByteLength]
			}
			if data == format.DataPageV2 {
				packed, _ = codec.Encode(nil, b)
			}
			h.UncompressedPageSize, h.CompressedPageSize = int32(len(levels)+len(b)), int32(len(levels)+len(packed))
			if fn != nil {
				fn(h)
			}
			return append(bytes.Clone(levels), packed...)
		}}
	}
	varints := func(n ...uint64) (b []byte) {
		for _, u := range n {
			b = binary.AppendUvarint(b, u)
		}
		return b
	}
	many := func(h *format.PageHeader) { *values(h) = math.MaxInt32 }
	m := map[string]forgery{
		"values":             head(colPlain, many),
		"negative values":    head(colPlain, func(h *format.PageHeader) { *values(h) = -1 }),
		"no values":          head(colPlain, func(h *format.PageHeader) { *values(h) = 0 }),
		"a value less":       head(colPlain, func(h *format.PageHeader) { *values(h)-- }),
		"a value less, dict": head(colDict, func(h *format.PageHeader) { *values(h)-- }),
		"raw size":           head(colText, func(h *format.PageHeader) { h.UncompressedPageSize = math.MaxInt32 }),
		"raw size, numbers":  head(colPlain, func(h *format.PageHeader) { h.UncompressedPageSize = 1 << 26 }),
		"negative raw size":  head(colText, func(h *format.PageHeader) { h.UncompressedPageSize = -1 }),
		"raw size of zero":   head(colPlain, func(h *format.PageHeader) { h.UncompressedPageSize = 0 }),
		"packed size":        head(colText, func(h *format.PageHeader) { h.CompressedPageSize = math.MaxInt32 }),
		"negative size":      head(colText, func(h *format.PageHeader) { h.CompressedPageSize = -1 }),
		"a byte less":        head(colText, func(h *format.PageHeader) { h.CompressedPageSize-- }),
		"kind":               head(colText, func(h *format.PageHeader) { h.Type = format.IndexPage }),
		"kind of dictionary": head(colText, func(h *format.PageHeader) { h.Type = format.DictionaryPage }),
		"encoding":           head(colText, func(h *format.PageHeader) { setEncoding(h, format.DeltaByteArray) }),
		"encoding 99":        head(colText, func(h *format.PageHeader) { setEncoding(h, 99) }),
		"dictionary of none": head(colPlain, func(h *format.PageHeader) { setEncoding(h, format.RLEDictionary) }),
		"dictionary values": {column: colDict, kind: format.DictionaryPage, page: func(h *format.PageHeader, b []byte) []byte {
			h.DictionaryPageHeader.V.NumValues = math.MaxInt32
			return b
		}},
		"dictionary words": {column: colWords, kind: format.DictionaryPage, page: func(h *format.PageHeader, b []byte) []byte {
			h.DictionaryPageHeader.V.NumValues = 50
			return b
		}},
		"dictionary cut off":      raw(colWords, format.DictionaryPage, []byte{255, 255, 255, 127, 1}, nil),
		"empty dictionary":        raw(colWords, format.DictionaryPage, nil, func(h *format.PageHeader) { h.DictionaryPageHeader.V.NumValues = 0 }),
		"a run of 2^31":           raw(colDict, data, append(append([]byte{1}, varints(1<<32)...), 0), nil),
		"many runs of 2^30":       raw(colDict, data, append([]byte{0}, bytes.Repeat(varints(1<<31), 1000)...), nil),
		"bits that are not there": raw(colDict, data, append([]byte{2}, varints(100<<1|1)...), nil),
		"places of 33 bits":       raw(colDict, data, append([]byte{33}, bytes.Repeat([]byte{200, 1, 0, 0, 0, 0, 0}, 9)...), nil),
		"too few places":          raw(colDict, data, []byte{1, 2, 0}, nil),
		"no places":               raw(colDict, data, nil, nil),
		"2^31 deltas":             raw(colDelta, data, append(varints(128, 4, math.MaxInt32, 0), make([]byte, 50)...), nil),
		"2^31 deltas, all there": forgery{column: colDelta, kind: data, page: func(h *format.PageHeader, b []byte) []byte {
			if data == format.DataPageV2 {
				b, _ = codec.Decode(nil, b)
			}
			b = append(varints(128, 4, math.MaxInt32), b[4:]...) // the number of values took a byte
			h.UncompressedPageSize = int32(len(b))
			if data == format.DataPageV2 {
				b, _ = codec.Encode(nil, b)
			}
			h.CompressedPageSize = int32(len(b))
			return b
		}},
		"more words than rows": raw(colWords, format.DictionaryPage, make([]byte, 4*61), func(h *format.PageHeader) {
			h.DictionaryPageHeader.V.NumValues = 61
		}),
		"deltas of 200 bits":     raw(colDelta, data, append(varints(128, 4, 37, 0, 0), bytes.Repeat([]byte{200}, 4000)...), nil),
		"delta blocks of 0":      raw(colDelta, data, varints(0, 4, 37, 0), nil),
		"no delta blocks":        raw(colDelta, data, varints(128, 0, 37, 0), nil),
		"delta blocks of 2^40":   raw(colDelta, data, varints(1<<40, 4, 37, 0), nil),
		"no deltas":              raw(colDelta, data, nil, nil),
		"a text of 2^31 bytes":   raw(colText, data, []byte{255, 255, 255, 127, 1}, nil),
		"texts of 0 bytes":       raw(colText, data, make([]byte, 8<<20), nil),
		"an empty page of texts": raw(colText, data, nil, nil),
		"numbers too few":        raw(colPlain, data, make([]byte, 8), nil),
		"10 MB of text":          raw(colText, data, make([]byte, 10<<20), nil),
	}
	if data == format.DataPageV2 {
		m["nulls"] = head(colOptional, func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumNulls = math.MaxInt32 })
		m["rows"] = head(colPlain, func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumRows = 1 })
		m["levels"] = head(colOptional, func(h *format.PageHeader) { h.DataPageHeaderV2.V.DefinitionLevelsByteLength = math.MaxInt32 })
		m["no levels"] = head(colOptional, func(h *format.PageHeader) { h.DataPageHeaderV2.V.DefinitionLevelsByteLength = 0 })
		m["levels of no need"] = head(colPlain, func(h *format.PageHeader) { h.DataPageHeaderV2.V.DefinitionLevelsByteLength = 1 })
		m["repetition"] = head(colOptional, func(h *format.PageHeader) { h.DataPageHeaderV2.V.RepetitionLevelsByteLength = 1 })
		m["not compressed"] = head(colText, func(h *format.PageHeader) { h.DataPageHeaderV2.V.IsCompressed = some(false) })
		m["a run of 2^31 levels"] = forgery{column: colOptional, kind: data, page: func(h *format.PageHeader, b []byte) []byte {
			run := append(varints(1<<32), 1)
			b = append(run, b[h.DataPageHeaderV2.V.DefinitionLevelsByteLength:]...)
			h.UncompressedPageSize += int32(len(run)) - h.DataPageHeaderV2.V.DefinitionLevelsByteLength
			h.CompressedPageSize, h.DataPageHeaderV2.V.DefinitionLevelsByteLength = int32(len(b)), int32(len(run))
			return b
		}}
		bomb, _ := codec.Encode(nil, make([]byte, 1<<30))
		for name, column := range map[string]int{"1 GB of numbers": colPlain, "1 GB of text": colText, "1 GB of words": colWords} {
			m[name] = forgery{column: column, kind: data, page: func(h *format.PageHeader, _ []byte) []byte {
				h.CompressedPageSize = int32(len(bomb))
				return bomb
			}}
		}
		m["two frames"] = forgery{column: colPlain, kind: data, page: func(h *format.PageHeader, b []byte) []byte {
			h.CompressedPageSize += int32(len(bomb))
			return append(b, bomb...)
		}}
	} else {
		level := func(b []byte) []byte { return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...) }
		m["a run of 2^31 levels"] = raw(colOptional, data, level(append(varints(1<<32), 1)), nil)
		m["levels cut off"] = raw(colOptional, data, []byte{255, 255, 255, 255, 1}, nil)
		m["level 2"] = raw(colOptional, data, level(append(varints(60<<1), 2)), nil)
		m["no levels"] = raw(colOptional, data, nil, nil)
		m["levels in bits"] = head(colOptional, func(h *format.PageHeader) { h.DataPageHeader.V.DefinitionLevelEncoding = format.BitPacked })
	}
	return m
}

// TestGuardTwice: a number that stands twice in a footer, of which the library takes the last.
func TestGuardTwice(t *testing.T) {
	good := forge(t, goodFiles(t)["none, pages of version 1"], forgery{})
	rows := []byte{0x16, 200, 1, 0x19} // field 3, 100 rows, and the head of field 4
	n := len(good) - 8
	i := bytes.LastIndex(good[:n], rows)
	if i < 0 {
		t.Fatal("no rows in the footer")
	}
	twice := append(bytes.Clone(good[:i+3]), 0x06, 6, 200, 1)
	twice = append(twice, good[i+3:n]...)
	twice = append(binary.LittleEndian.AppendUint32(twice, binary.LittleEndian.Uint32(good[n:])+4), "PAR1"...)
	if _, err := readAll(good); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(twice); err == nil || !strings.Contains(err.Error(), "field 3 after field 3") {
		t.Error(err)
	}
}

// TestGuardThrift: metadata that nests, repeats or claims without end is refused at a place.
func TestGuardThrift(t *testing.T) {
	file := func(footer ...byte) []byte {
		b := append([]byte("PAR1PAR1"), footer...)
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
	}
	for name, data := range map[string][]byte{
		"nothing":                nil,
		"magic":                  []byte("PAR1PAR1"),
		"footer beyond the file": append(binary.LittleEndian.AppendUint32([]byte("PAR1"), 1<<31), "PAR1"...),
		"empty":                  file(),
		"structs in structs":     file(append([]byte{0xDC}, bytes.Repeat([]byte{0x1C}, 3<<20)...)...),
		"lists in lists":         file(append([]byte{0xD9}, bytes.Repeat([]byte{0x19}, 3<<20)...)...),
		"a list of 2^31":         file(0x29, 0xFC, 255, 255, 255, 255, 7),
		"a list of 4 million":    file(append([]byte{0x29, 0xFC, 255, 255, 255, 1}, make([]byte, 4<<20-100)...)...),
		"key values":             file(append([]byte{0x59, 0xFC, 255, 255, 127}, make([]byte, 3<<20)...)...),
		"text of 2^31":           file(0x68, 255, 255, 255, 255, 7),
		"fields out of order":    file(0x36, 0, 0x06, 2, 0),
		"field twice":            file(0x36, 0, 0x06, 6, 0, 0),
		"field of no type":       file(0x30, 0),
		"map":                    file(0x7B, 1, 0x88, 1, 1, 1, 1),
		"bytes behind":           file(0x00, 0x00),
		"endless number":         file(append([]byte{0x36}, bytes.Repeat([]byte{0xFF}, 100)...)...),
		"schema of a wrong type": file(0x26, 0, 0),
	} {
		within(t, name, func() {
			if _, err := readAll(data); err == nil || strings.Contains(name, " in ") && !strings.Contains(err.Error(), "nested too deeply") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestGuardRows: many rows need some bytes, and a group must hold its columns.
func TestGuardRows(t *testing.T) {
	for _, c := range []struct {
		rows, from, size int64
		ok               bool
	}{
		{freeRows, 100, 10, true},
		{freeRows + 200*rowsPerByte, 100, 10, true},
		{freeRows + 200*rowsPerByte + 1, 100, 10, false},
		{1 << 40, 100, 10, false},
		{1, 3, 10, false},
		{1, 110, 11, false},
		{1, 110, 10, true},
	} {
		m := format.FileMetaData{NumRows: c.rows, RowGroups: []format.RowGroup{{NumRows: c.rows}}}
		m.RowGroups[0].Columns = make([]format.ColumnChunk, 1)
		m.RowGroups[0].Columns[0].MetaData = format.ColumnMetaData{Type: format.Int64, PathInSchema: []string{"a"},
			NumValues: c.rows, DataPageOffset: c.from, TotalCompressedSize: c.size}
		f := &File{columns: []Column{{Name: "a"}}, kinds: []format.Type{format.Int64}, places: map[string]int{"a": 0}}
		if err := f.readGroups(&m, 200, 120); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
	data, marks := writeFile(t, []*testRows{makeRows(1, 9)})
	f, err := Open(data[marks[0]:], int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Load(0, 0, data[:marks[0]-1], NewBudget(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Texts("word", new(Texts)); err == nil || !strings.Contains(err.Error(), "outside of its row group") {
		t.Errorf("the last column is cut off: %v", err)
	}
}

// TestGuardTexts: texts are held against what they may come to before they are unpacked.
func TestGuardTexts(t *testing.T) {
	data := goodFiles(t)["zstd, pages of version 2"]
	f, err := Open(data, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for most, ok := range map[int64]bool{math.MaxInt64: true, 3000: true, 100: false} {
		g, err := f.Load(0, 0, data, NewBudget(most))
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Texts("f", new(Texts)); (err == nil) != ok {
			t.Errorf("%d: %v", most, err)
		}
	}
}

// FuzzGuard: any bytes are read or refused, in bounded memory.
func FuzzGuard(f *testing.F) {
	small, _ := writeFile(f, []*testRows{makeRows(1, 9), makeRows(2, 1)})
	f.Add(small)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		within(t, "the file", func() { readAll(data) })
	})
}
