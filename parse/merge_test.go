package parse

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// merged merges the bundles of recordings, as changes if that is wanted.
func merged(t *testing.T, changes bool, recordings ...[]record.Record) *Merged {
	t.Helper()
	var sources []record.Source
	for _, r := range recordings {
		sources = append(sources, openBundle(t, writeBundle(t, r)))
	}
	m := Merge(sources...)
	t.Cleanup(func() { m.Close() })
	if changes {
		m.Changes()
	}
	return m
}

func TestMerge(t *testing.T) {
	recs := serverRecords(11, 200)
	n := len(recs)
	var odd, even []record.Record
	for i, r := range recs {
		if i/6%2 == 0 {
			even = append(even, r)
		} else {
			odd = append(odd, r)
		}
	}
	for name, parts := range map[string][][]record.Record{
		"one":                       {recs},
		"one after the other":       {recs[:n/2], recs[n/2:]},
		"named in the wrong order":  {recs[n/2:], recs[:n/2]},
		"three that overlap":        {recs[:200], recs[101:301], recs[150:]},
		"the same twice":            {recs, recs},
		"each with half of each":    {odd, even},
		"a part that adds nothing":  {recs[40:80], recs},
		"one inside of a gap":       {append(append([]record.Record{}, recs[:100]...), recs[131:]...), recs[90:140]},
		"with one that holds none":  {recs, {}},
		"with another one's marks":  {recs, {&record.Mark{Head: record.Head{At: recs[7].Base().At.Add(-time.Second)}, Text: "x"}}},
		"with one that has no time": {recs, {&record.Mark{Text: "x"}}},
	} {
		want := recs
		switch name {
		case "with another one's marks":
			want = append(append(append([]record.Record{}, recs[:7]...), parts[1][0]), recs[7:]...)
		case "with one that has no time":
			want = append([]record.Record{parts[1][0]}, recs...)
		}
		for _, changes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, changes), func(t *testing.T) {
				m := merged(t, changes, parts...)
				if told := wantSource(t, m, want); changes && told != 200 || !changes && told != 0 {
					t.Errorf("%d lists came as changes", told)
				}
				if o := m.Origin(); len(o.SHA256) != 64 || o.Kind != record.InputBundle || !o.Meta.From.Equal(want[0].Base().At) && name != "with one that has no time" {
					t.Errorf("origin %+v", o)
				}
				if len(m.Warnings()) != 0 {
					t.Errorf("warnings %q", m.Warnings())
				}
			})
		}
	}
}

// TestMergeOrder: at one time, recordings come in the order named; what has no time, or one
// that ran backwards, stays where it is.
func TestMergeOrder(t *testing.T) {
	at := time.Unix(1_784_000_000, 0).UTC()
	part := func(words string) (recs []record.Record) { // "3a 1b -c": at second 3, 1, and at no time
		for w := range strings.FieldsSeq(words) {
			h := record.Head{}
			if w[0] != '-' {
				h.At = at.Add(time.Duration(w[0]-'0') * time.Second)
			}
			recs = append(recs, &record.Mark{Head: h, Text: w[1:]})
		}
		return recs
	}
	for _, c := range []struct{ a, b, want string }{
		{"1a 3b 5c", "2d 4e 6f", "a d b e c f"},
		{"1a 1bb", "1ccc 2d", "a bb ccc d"},
		{"2a -bb 3c", "2dd 3ee", "a bb dd c ee"},
		{"3a 1b 4c", "2d 3ee 5f", "d a b ee c f"},
		{"", "1a", "a"},
	} {
		a, b := part(c.a), part(c.b)
		for n, r := range append(append([]record.Record{}, a...), b...) {
			r.Base().Size = n
		}
		m, got := merged(t, false, a, b), []string{}
		for m.Scan() {
			got = append(got, m.Record().(*record.Mark).Text)
		}
		if s := strings.Join(got, " "); s != c.want || m.Err() != nil || m.Scan() {
			t.Errorf("%q and %q give %q, want %q; %v", c.a, c.b, s, c.want, m.Err())
		}
	}
}

func TestMergeWarnings(t *testing.T) {
	at := time.Unix(1_784_000_000, 0).UTC()
	info := func(s int, run string) record.Record {
		i := &record.Info{Head: record.Head{At: at.Add(time.Duration(s) * time.Second)}}
		i.Reset([]byte("run_id:" + run + "\r\n"))
		return i
	}
	for _, c := range []struct {
		targets [2]string
		runs    [2]string
		want    []string
	}{
		{[2]string{"a:1", "a:1"}, [2]string{"x", "x"}, nil},
		{[2]string{"a:1", ""}, [2]string{"x", ""}, nil},
		{[2]string{"a:1", "b:1"}, [2]string{"x", "x"}, []string{"a recording of b:1 is merged with one of a:1"}},
		{[2]string{"a:1", "a:1"}, [2]string{"x", "y"}, []string{"its run_id is not that of"}},
	} {
		var sources []record.Source
		for i := range 2 {
			path := t.TempDir() + "/" + string(rune('p'+i))
			w, err := bundle.Create(path, record.Meta{Target: c.targets[i], ObserverID: []int64{4, int64(i)}})
			if err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				if err := w.Write(info(10*n+i, c.runs[i])); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close("test"); err != nil {
				t.Fatal(err)
			}
			sources = append(sources, openBundle(t, path))
		}
		m := Merge(sources...)
		n := 0
		for m.Scan() {
			n++
		}
		got := m.Warnings()
		if n != 6 || len(got) != len(c.want) || len(got) > 0 && !strings.Contains(got[0], c.want[0]) {
			t.Errorf("%v: %d records, warnings %q", c, n, got)
		}
		if o := m.Origin(); fmt.Sprint(o.Meta.ObserverID) != "[4 0 1]" || o.Name != "p, q" {
			t.Errorf("origin %+v", o)
		}
	}
}

// TestMergeDamage: one recording's end is not that of the others.
func TestMergeDamage(t *testing.T) {
	recs := serverRecords(2, 40)
	m := Merge(&brokenSource{openBundle(t, writeBundle(t, recs[:40])), 5}, openBundle(t, writeBundle(t, recs[40:])))
	defer m.Close()
	n := 0
	for m.Scan() {
		n++
	}
	if n != 5+40 || m.Err() == nil || m.Scan() {
		t.Errorf("%d records, %v", n, m.Err())
	}
}

// A brokenSource fails after some records.
type brokenSource struct {
	*bundle.Bundle
	left int
}

func (b *brokenSource) Scan() bool { b.left--; return b.left >= 0 && b.Bundle.Scan() }
func (b *brokenSource) Err() error { return record.Errorf(record.Pos{}, "broken") }

// TestMergeTexts: records of two texts that agree in time and size, but not in what they
// say, are both kept: texts tell times by the second, and no durations.
func TestMergeTexts(t *testing.T) {
	h := record.Head{At: time.Unix(1_784_000_000, 0).UTC(), Took: -1, Size: 200}
	list := func(id int64) *record.Clients {
		return &record.Clients{Head: h, Layouts: []record.Layout{layout70}, Rows: []record.Client{{Has: has70, ID: id, Addr: "10.0.0.1:5000", Flags: "N", Cmd: "get"}}}
	}
	one := []record.Record{list(7), &record.Failure{Head: h, Class: record.FailMaxClients, Text: "ERR max"}}
	other := []record.Record{list(8), &record.Failure{Head: h, Class: record.FailReset, Text: "Conn re"}}
	for _, c := range []struct {
		a, b []record.Record
		want []record.Record
	}{
		{one, other, []record.Record{one[0], one[1], other[0], other[1]}},
		{one, one, one},
	} {
		wantSource(t, merged(t, false, c.a, c.b), c.want)
	}
}
