package parse

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// A forgedTable is a table of a bundle, to be written again with other values.
type forgedTable struct {
	table string
	rows  int
	names []string // in order
	nums  map[string][]int64
	texts map[string][]string
}

func readForged(t testing.TB, m *memberInfo, data []byte) *forgedTable {
	t.Helper()
	dec, err := newPageDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	r := &tableReader{zstd: dec, left: 1 << 30}
	if err := r.open(data, m.Rows); err != nil {
		t.Fatal(err)
	}
	f := &forgedTable{table: m.Table, rows: r.rows(), nums: map[string][]int64{}, texts: map[string][]string{},
		names: slices.Sorted(maps.Keys(r.meta.leaves))}
	for _, name := range f.names {
		if r.meta.leaves[name].typ == typeInt64 {
			var c numColumn
			if err := r.nums(name, &c); err != nil {
				t.Fatal(err)
			}
			for i := range f.rows {
				f.nums[name] = append(f.nums[name], c.at(i))
			}
			continue
		}
		var c textColumn
		if err := r.texts(name, &c); err != nil {
			t.Fatal(err)
		}
		for i := range f.rows {
			f.texts[name] = append(f.texts[name], strings.Clone(c.at(i)))
		}
	}
	return f
}

// bytes writes the rows that order names, without the columns left out.
func (f *forgedTable) bytes(t testing.TB, order []int, without string) []byte {
	t.Helper()
	file, err := newTableFile()
	if err != nil {
		t.Fatal(err)
	}
	enc := &encoder{file: file}
	file.begin(len(order))
	for _, name := range f.names {
		if name == without {
			continue
		}
		if v, ok := f.nums[name]; ok {
			enc.delta(name, func(i int) int64 { return v[order[i]] })
		} else {
			enc.words(name, func(i int) string { return f.texts[name][order[i]] })
		}
	}
	return bytes.Clone(file.finish(f.table))
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
		info := infoOf("# Server", fmt.Sprint("uptime_in_seconds:", i), fmt.Sprintf("used_cpu_sys:%d.25", i), fmt.Sprint("used_memory:", 1024+i), fmt.Sprintf("used_memory_human:%s", appendHuman(nil, int64(1024+i))),
			fmt.Sprintf("cmdstat_get:calls=%d,usec=%d,usec_per_call=%s", i+1, 3*i, appendPerCall(nil, int64(3*i), int64(i+1))))
		info.Head = h
		slow := &record.Slowlog{Head: h}
		for k := i; k > max(0, i-3); k-- {
			slow.Entries = append(slow.Entries, record.SlowEntry{ID: int64(k), Time: 5, Micros: int64(k), Args: []string{"GET", "a b"}, Six: true})
		}
		recs = append(recs, info, c, slow, &record.Config{Head: h, Pairs: []record.Pair{{Key: "maxclients", Value: fmt.Sprint(10 + i/8)}}})
	}
	return recs
}

// TestForged puts values that no writer writes into every column of every table, one at a
// time, doubles, drops and turns rows and leaves columns out, with the hash put right.
func TestForged(t *testing.T) {
	whole := inMemory(t, forgedRecords())
	u := unpackBundle(t, whole)
	normal := allocated(func() { scanAll(t, whole, nil) })
	rnd := rand.New(rand.NewPCG(13, 14))
	nums := []int64{math.MinInt64, math.MaxInt64, -1, 0, 1, math.MaxInt32, math.MinInt32, 1 << 32, maxTable, 7}
	texts := []string{"", " ", "\x00", "-1 -1", "99999999999999999999", "{0}{h}{d}{q}{99}{", "\xff\xfe", "id addr\nid", strings.Repeat("1 ", 5000), "9223372036854775807 1", "info", "\"", `"\x`}
	for s := range u.man.Segments {
		for k := range u.man.Segments[s].Members {
			m := u.man.Segments[s].Members[k]
			if m.Table == tableInfo {
				continue
			}
			f := readForged(t, &m, u.data[m.Name])
			order := make([]int, f.rows)
			for i := range order {
				order[i] = i
			}
			try := func(what string, order []int, without string) {
				t.Helper()
				data := f.bytes(t, order, without)
				c := u.with(m.Name, data, true)
				c.man.Segments[s].Members[k].Rows = int64(len(order))
				tryForged(t, m.Name+": "+what, c.pack(t), normal)
			}
			try("first row twice", append([]int{0}, order...), "")
			try("last row twice", append(slices.Clone(order), f.rows-1), "")
			turned := slices.Clone(order)
			slices.Reverse(turned)
			try("turned", turned, "")
			if f.rows > 1 {
				try("without the first", order[1:], "")
				try("without the last", order[:f.rows-1], "")
			}
			for _, name := range f.names {
				try("without "+name, order, name)
				i := rnd.IntN(f.rows)
				if v, ok := f.nums[name]; ok {
					was := v[i]
					for _, n := range append(nums, was+1, was-1) {
						v[i] = n
						try(fmt.Sprintf("%s %d at %d", name, n, i), order, "")
					}
					v[i] = was
					continue
				}
				v := f.texts[name]
				was := v[i]
				for _, x := range texts {
					v[i] = x
					try(fmt.Sprintf("%s %.30q at %d", name, x, i), order, "")
				}
				v[i] = was
			}
		}
	}
}

// tryForged reads a bundle in both ways: what comes is an error with its place or records
// that can be written again, in time and memory.
func tryForged(t *testing.T, what string, data []byte, normal uint64) {
	t.Helper()
	for _, changes := range []bool{false, true} {
		begin := time.Now()
		taken := allocated(func() {
			b, err := openBytes(data)
			if err != nil {
				isInputError(t, what, err)
				return
			}
			defer b.Close()
			if changes {
				b.Changes()
			}
			for b.Scan() {
				if c, ok := b.Record().(*record.Clients); ok {
					reply.AppendClients(nil, c)
				}
				if !changes {
					appendRecord(nil, b.Record())
				}
			}
			if err := b.Err(); err != nil {
				isInputError(t, what, err)
			}
		})
		if took := time.Since(begin); taken > normal+64<<20 || took > 5*time.Second {
			t.Errorf("%s: %d MB, %v", what, taken>>20, took)
		}
	}
}
