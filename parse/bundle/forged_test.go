package bundle

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A forgedTable is a table of a bundle, to be written again with other values.
type forgedTable struct {
	info    fileInfo
	columns []table.Column
	groups  []forgedGroup
}

// A forgedGroup is a row group of it, by column.
type forgedGroup struct {
	rows  int
	nums  map[string][]int64
	texts map[string][]string
	null  map[string][]bool
}

func readForged(t testing.TB, u *unpacked, f *fileInfo) *forgedTable {
	t.Helper()
	z, err := openBytes(u.pack(t))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	at := slices.IndexFunc(z.man.Files, func(have fileInfo) bool { return have.Name == f.Name })
	out := &forgedTable{info: *f}
	for i := range f.Groups {
		g, err := z.loader.group(&partInfo{File: at, Group: i}, table.NewBudget(1<<30))
		if err != nil {
			t.Fatal(err)
		}
		out.columns = g.Columns()
		v := forgedGroup{g.Rows(), map[string][]int64{}, map[string][]string{}, map[string][]bool{}}
		for k := range out.columns {
			c := &out.columns[k]
			c.Encoding = table.Plain
			var nums table.Ints
			var texts table.Texts
			if c.Type == table.Text {
				err = g.Texts(c.Name, &texts)
			} else {
				err = g.Ints(c.Name, &nums)
			}
			if err != nil {
				t.Fatal(err)
			}
			for row := range v.rows {
				if c.Type == table.Text {
					v.texts[c.Name] = append(v.texts[c.Name], strings.Clone(texts.At(row)))
				} else {
					v.nums[c.Name] = append(v.nums[c.Name], nums.At(row))
				}
			}
			v.null[c.Name] = append(append([]bool(nil), nums.Null...), texts.Null...)
		}
		out.groups = append(out.groups, v)
	}
	return out
}

// write writes the table, and of the given group the rows that order names, without one
// column; it gives the file and what the manifest says of it.
func (f *forgedTable) write(t testing.TB, group int, order []int, without string) ([]byte, fileInfo) {
	t.Helper()
	var columns []table.Column
	for _, c := range f.columns {
		if c.Name != without {
			columns = append(columns, c)
		}
	}
	path := filepath.Join(t.TempDir(), "t")
	out, err := createTable(path, f.info.Name, f.info.Table, columns, 1<<12)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range f.groups {
		rows := g.rows
		at := func(row int) int { return row }
		if i == group {
			rows, at = len(order), func(row int) int { return order[row] }
		}
		for _, c := range columns {
			null := g.null[c.Name]
			lacks := func(row int) bool { return len(null) > 0 && null[at(row)] }
			switch {
			case c.Type == table.Text && c.Optional:
				out.w.OptionalTexts(c.Name, rows, lacks, func(row int) string { return g.texts[c.Name][at(row)] })
			case c.Type == table.Text:
				out.w.Texts(c.Name, rows, func(row int) string { return g.texts[c.Name][at(row)] })
			case c.Optional:
				out.w.OptionalInts(c.Name, rows, lacks, func(row int) int64 { return g.nums[c.Name][at(row)] })
			default:
				out.w.Ints(c.Name, rows, func(row int) int64 { return g.nums[c.Name][at(row)] })
			}
		}
		if _, err := out.endGroup(int64(rows)); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.finish(false); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, out.info
}

// forgedRecords has lists with churn, slow logs, INFO and configuration that change, in
// two segments.
func forgedRecords() []record.Record {
	rnd := rand.New(rand.NewPCG(11, 12))
	at := time.Unix(1_784_000_000, 0).UTC()
	var recs []record.Record
	next, live := int64(1), []int64{}
	for i := range 24 {
		h := record.Head{At: at.Add(time.Duration(i) * 5 * time.Minute), Took: time.Millisecond}
		for range 3 {
			live, next = append(live, next), next+1
		}
		live = slices.Delete(live, 0, rnd.IntN(2))
		c := &record.Clients{Head: h, Layouts: []record.Layout{layout70}}
		for _, id := range live {
			c.Rows = append(c.Rows, record.Client{Has: has70, ID: id, Addr: fmt.Sprintf("10.0.0.%d:%d", id%5, 1000+id), Age: int64(i), Idle: rnd.Int64N(3),
				Flags: "N", Cmd: []string{"get", "set"}[rnd.IntN(2)], OMem: rnd.Int64N(2) * 1000, TotMem: 2000})
		}
		info := infoOf(h, "# Server", fmt.Sprint("uptime_in_seconds:", i), fmt.Sprintf("used_cpu_sys:%d.25", i), fmt.Sprint("used_memory:", 1024+i), fmt.Sprintf("used_memory_human:%d.00K", 1+i),
			fmt.Sprintf("cmdstat_get:calls=%d,usec=%d,usec_per_call=%.2f", i+1, 3*i, float64(3*i)/float64(i+1)))
		slow := &record.Slowlog{Head: h}
		for k := i; k > max(0, i-3); k-- {
			slow.Entries = append(slow.Entries, record.SlowEntry{ID: int64(k), Time: 5, Micros: int64(k), Args: []string{"GET", "a b"}, Six: true})
		}
		recs = append(recs, info, c, slow, &record.Config{Head: h, Pairs: []record.Pair{{Key: "maxclients", Value: fmt.Sprint(10 + i/8)}}})
	}
	return recs
}

// TestForged puts values that no writer writes into every column of every row group, one at a
// time, doubles, drops and turns rows and leaves columns out, with the hash put right.
func TestForged(t *testing.T) {
	whole := inMemory(t, forgedRecords())
	u := unpackBundle(t, whole)
	normal := allocated(func() { scanAll(t, whole, nil) })
	rnd := rand.New(rand.NewPCG(13, 14))
	nums := []int64{math.MinInt64, math.MaxInt64, -1, 0, 1, math.MaxInt32, math.MinInt32, 1 << 32, segment.MaxRows, 7}
	texts := []string{"", " ", "\x00", "-1 -1", "99999999999999999999", "{0}{h}{d}{q}{99}{", "\xff\xfe", "id addr\nid", strings.Repeat("1 ", 5000),
		"9223372036854775807 1", "info", "\"", `"\x`, "{ts}", "{role}{role}{nobody}", strings.Repeat("{uptime_in_seconds}", 9000)}
	for k := range u.man.Files {
		f := readForged(t, u, &u.man.Files[k])
		for at := range f.groups {
			g := &f.groups[at]
			order := make([]int, g.rows)
			for i := range order {
				order[i] = i
			}
			try := func(what string, order []int, without string) {
				t.Helper()
				data, info := f.write(t, at, order, without)
				c := u.with(info.Name, data, false)
				c.man.Files[k] = info
				tryForged(t, fmt.Sprintf("%s %d: %s", info.Name, at, what), c.pack(t), normal, kindsOf(info.Name))
			}
			try("first row twice", append([]int{0}, order...), "")
			try("last row twice", append(slices.Clone(order), g.rows-1), "")
			turned := slices.Clone(order)
			slices.Reverse(turned)
			try("turned", turned, "")
			if g.rows > 1 {
				try("without the first", order[1:], "")
				try("without the last", order[:g.rows-1], "")
			}
			for _, c := range f.columns {
				try("without "+c.Name, order, c.Name)
				i := rnd.IntN(g.rows)
				if v := g.null[c.Name]; len(v) > 0 {
					v[i] = !v[i]
					try(fmt.Sprintf("%s null %v at %d", c.Name, v[i], i), order, "")
					v[i] = !v[i]
				}
				if v, ok := g.nums[c.Name]; ok {
					was := v[i]
					for _, n := range append(nums, was+1, was-1) {
						if v[i] = n; c.Type == table.Int32 {
							v[i] = int64(int32(n))
						}
						try(fmt.Sprintf("%s %d at %d", c.Name, n, i), order, "")
					}
					v[i] = was
					continue
				}
				v := g.texts[c.Name]
				was := v[i]
				for _, x := range texts {
					v[i] = x
					try(fmt.Sprintf("%s %.30q at %d", c.Name, x, i), order, "")
				}
				v[i] = was
			}
		}
	}
}

// tryForged reads the records of some kinds of a bundle, lists in both ways: what comes is an error with its place or records
// that can be written again, in time and memory.
func tryForged(t *testing.T, what string, data []byte, normal uint64, kinds []record.Kind) {
	t.Helper()
	for _, as := range []string{"rows", "changes", "stored"} {
		changes := as == "changes"
		if changes && len(kinds) > 0 && !slices.Contains(kinds, record.KindClients) {
			continue
		}
		begin := time.Now()
		taken := allocated(func() {
			b, err := openBytes(data)
			if err != nil {
				isInputError(t, what, err)
				return
			}
			defer b.Close()
			b.Limit(record.Options{Kinds: kinds, Stored: as == "stored"})
			if changes {
				b.Changes()
			}
			copied := segment.NewWriter()
			copied.Limits.Least = 2
			for b.Scan() {
				switch {
				case as == "stored":
					copied.Add(int64(copied.Len()+1), b.Record())
				case !changes:
					AppendRecord(nil, b.Record())
				}
			}
			putAway(copied)
			if err := b.Err(); err != nil {
				isInputError(t, what, err)
			}
		})
		if took := time.Since(begin); taken > normal+64<<20 || took > 5*time.Second {
			t.Errorf("%s: %d MB, %v", what, taken>>20, took)
		}
	}
}

// putAway writes a segment's tables to nowhere; that one of them cannot be written is no matter.
func putAway(w *segment.Writer) {
	w.Put(func(t segment.Table) error {
		to, err := table.NewWriter(io.Discard, t.Name, t.Columns, int(t.Rows))
		if err == nil {
			t.Write(to)
			err = to.EndGroup()
		}
		return err
	})
}

// infoOf gives a reply of INFO with these lines.
func infoOf(h record.Head, lines ...string) *record.Info {
	return &record.Info{Head: h, Text: []byte(strings.Join(lines, "\r\n") + "\r\n")}
}

// inMemory gives the bytes of a bundle of records, in a few segments.
func inMemory(t testing.TB, recs []record.Record) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	w.seg.Limits.Least = 2
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
