package table

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"
)

var testColumns = []Column{
	{Name: "ts", Type: Time, Encoding: Delta},
	{Name: "seq", Type: Int, Encoding: Delta},
	{Name: "kind", Type: Text, Encoding: Dict},
	{Name: "size", Type: Int, Encoding: Plain},
	{Name: "few", Type: Int, Encoding: Dict},
	{Name: "small", Type: Int32, Encoding: Plain},
	{Name: "text", Type: Text, Encoding: Plain},
	{Name: "calls", Type: Int, Encoding: Delta, Optional: true},
	{Name: "ratio", Type: Decimal, Scale: 2, Encoding: Delta, Optional: true},
	{Name: "word", Type: Text, Encoding: Dict, Optional: true},
}

// testRows are the values of some rows of testColumns.
type testRows struct {
	n     int
	ints  map[string][]int64
	texts map[string][]string
	null  map[string][]bool
}

func makeRows(seed uint64, n int) *testRows {
	rnd := rand.New(rand.NewPCG(seed, 1))
	r := &testRows{n, map[string][]int64{}, map[string][]string{}, map[string][]bool{}}
	words := []string{"", "a", "info", "\xff\xfe%", "\uFFFDx", "ünï", "a\x00b"}
	wide := []int64{math.MinInt64, math.MaxInt64, 0, 1, -1, 1 << 40}
	for _, c := range testColumns {
		for i := range n {
			if c.Optional {
				r.null[c.Name] = append(r.null[c.Name], rnd.IntN(3) == 0)
			}
			switch {
			case c.Type == Text:
				r.texts[c.Name] = append(r.texts[c.Name], words[rnd.IntN(len(words))])
			case c.Type == Int32:
				r.ints[c.Name] = append(r.ints[c.Name], int64(int32(rnd.Uint32())))
			case c.Name == "size":
				r.ints[c.Name] = append(r.ints[c.Name], wide[rnd.IntN(len(wide))])
			default:
				r.ints[c.Name] = append(r.ints[c.Name], int64(i)*3+rnd.Int64N(4))
			}
		}
	}
	return r
}

func (r *testRows) write(t testing.TB, w *Writer) {
	t.Helper()
	for _, c := range testColumns {
		ints, texts, null := r.ints[c.Name], r.texts[c.Name], r.null[c.Name]
		isNull := func(i int) bool { return null[i] }
		switch {
		case c.Type == Text && c.Optional:
			w.OptionalTexts(c.Name, r.n, isNull, func(i int) string { return texts[i] })
		case c.Type == Text:
			w.Texts(c.Name, r.n, func(i int) string { return texts[i] })
		case c.Optional:
			w.OptionalInts(c.Name, r.n, isNull, func(i int) int64 { return ints[i] })
		default:
			w.Ints(c.Name, r.n, func(i int) int64 { return ints[i] })
		}
	}
	if err := w.EndGroup(); err != nil {
		t.Fatal(err)
	}
}

func (r *testRows) check(t *testing.T, g *Group) {
	t.Helper()
	if g.Rows() != r.n {
		t.Fatalf("%d rows instead of %d", g.Rows(), r.n)
	}
	for _, c := range testColumns {
		var ints Ints
		var texts Texts
		var null []bool
		if c.Type == Text {
			if err := g.Texts(c.Name, &texts); err != nil {
				t.Fatal(err)
			}
			null = texts.Null
		} else {
			if err := g.Ints(c.Name, &ints); err != nil {
				t.Fatal(err)
			}
			null = ints.Null
		}
		for i := range r.n {
			missing := null != nil && null[i]
			switch {
			case missing != (c.Optional && r.null[c.Name][i]):
				t.Fatalf("%s %d: missing is %v", c.Name, i, missing)
			case missing:
			case c.Type == Text && texts.At(i) != r.texts[c.Name][i]:
				t.Fatalf("%s %d: %q instead of %q", c.Name, i, texts.At(i), r.texts[c.Name][i])
			case c.Type != Text && ints.At(i) != r.ints[c.Name][i]:
				t.Fatalf("%s %d: %d instead of %d", c.Name, i, ints.At(i), r.ints[c.Name][i])
			}
		}
	}
}

// marks are where the row groups of a file end.
func writeFile(t testing.TB, groups []*testRows) (data []byte, marks []int) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, "test", testColumns, 5000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range groups {
		r.write(t, w)
		marks = append(marks, out.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), marks
}

func checkFileRows(t *testing.T, data []byte, marks []int, groups []*testRows) {
	t.Helper()
	f, err := Open(data[marks[len(marks)-1]:], int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i := len(groups) - 1; i >= 0; i-- {
		from := 0
		if i > 0 {
			from = marks[i-1]
		}
		g, err := f.Load(i, int64(from), data[from:marks[i]], NewBudget(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		groups[i].check(t, g)
	}
}

// TestRoundTrip: whatever is written comes back, one row group at a time, from its own bytes
// and the footer's alone.
func TestRoundTrip(t *testing.T) {
	groups := []*testRows{makeRows(1, 5000), makeRows(2, 1), makeRows(3, 300)}
	data, marks := writeFile(t, groups)
	checkFileRows(t, data, marks, groups)
	again, _ := writeFile(t, groups)
	if !bytes.Equal(data, again) {
		t.Error("the same rows gave other bytes")
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	for i, c := range testColumns {
		if names[i] != c.Name {
			t.Fatalf("columns %q", names)
		}
	}
	for _, c := range f.RowGroups()[0].ColumnChunks() {
		pages, n := c.Pages(), 0
		for {
			p, err := pages.ReadPage()
			if err != nil {
				break
			}
			n++
			parquet.Release(p)
		}
		pages.Close()
		if n != 1 {
			t.Errorf("column %d has %d pages", c.Column(), n)
		}
	}
}

// TestCopyGroup: row groups of several files put into one are the same bytes.
func TestCopyGroup(t *testing.T) {
	groups := []*testRows{makeRows(4, 5000), makeRows(5, 700), makeRows(6, 20)}
	whole, marks := writeFile(t, groups)
	var out bytes.Buffer
	w, err := NewWriter(&out, "test", testColumns, 5000)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int
	for _, r := range groups {
		data, _ := writeFile(t, []*testRows{r})
		if err := w.CopyGroup(data); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(ends) != fmt.Sprint(marks) || !bytes.Equal(out.Bytes()[:ends[2]], whole[:marks[2]]) {
		t.Fatalf("groups end at %d, written at once at %d", ends, marks)
	}
	checkFileRows(t, out.Bytes(), ends, groups)
}

// TestWrongUse: a writer that does not give the columns of the schema is told.
func TestWrongUse(t *testing.T) {
	columns := []Column{{Name: "a", Encoding: Delta}, {Name: "b", Type: Int32, Encoding: Plain}}
	zero := func(int) int64 { return 0 }
	for name, use := range map[string]func(w *Writer){
		"other order": func(w *Writer) { w.Ints("b", 1, zero) },
		"other type":  func(w *Writer) { w.Texts("a", 1, func(int) string { return "" }) },
		"other rows":  func(w *Writer) { w.Ints("a", 1, zero); w.Ints("b", 2, zero) },
		"too large":   func(w *Writer) { w.Ints("a", 1, zero); w.Ints("b", 1, func(int) int64 { return 1 << 31 }) },
		"one missing": func(w *Writer) { w.Ints("a", 1, zero) },
	} {
		w, err := NewWriter(new(bytes.Buffer), "test", columns, 10)
		if err != nil {
			t.Fatal(err)
		}
		if use(w); w.EndGroup() == nil || w.Close() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestForeign reads what another writer made of the same columns: other codecs and
// encodings, several pages, optional columns; what means something else is refused by name.
func TestForeign(t *testing.T) {
	type same struct {
		A int64  `parquet:"a,plain,snappy"`
		B string `parquet:"b,plain,gzip"`
		C *int64 `parquet:"c,optional,dict,uncompressed"`
		D int32  `parquet:"d,dict"`
		E string `parquet:"e,dict"`
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[same](&out, parquet.PageBufferSize(100), parquet.DataPageVersion(1))
	for i := range int64(1000) {
		w.Write([]same{{i, fmt.Sprint("b", i), &i, int32(i), fmt.Sprint(i % 3)}})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	f, err := Open(data, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Load(0, 0, data, NewBudget(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	var ints Ints
	var texts Texts
	for _, name := range []string{"a", "c", "d"} {
		if err := g.Ints(name, &ints); err != nil || ints.At(999) != 999 || ints.Null != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{"b": "b999", "e": "0"} {
		if err := g.Texts(name, &texts); err != nil || texts.At(999) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for what, err := range map[string]error{"text as numbers": g.Ints("b", &ints), "numbers as text": g.Texts("a", &texts), "no such column": g.Ints("x", &ints)} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	small, err := f.Load(0, 0, data, NewBudget(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := small.Texts("b", &texts); err == nil {
		t.Error("more texts than the budget")
	}
}
