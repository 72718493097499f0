package analyze

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// difference gives the path to the first place where two values differ, empty if there is
// none. NaN equals NaN.
func difference(a, b reflect.Value, path string) string {
	switch a.Kind() {
	case reflect.Float64:
		if x, y := a.Float(), b.Float(); x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
			return fmt.Sprintf("%s: %v and %v", path, x, y)
		}
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() || a.Pointer() == b.Pointer() {
			if a.IsNil() != b.IsNil() {
				return path + ": nil and not"
			}
			return ""
		}
		return difference(a.Elem(), b.Elem(), path)
	case reflect.Struct:
		for i := range a.NumField() {
			if d := difference(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name); d != "" {
				return d
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d elements", path, a.Len(), b.Len())
		}
		for i := range a.Len() {
			if d := difference(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d entries", path, a.Len(), b.Len())
		}
		for _, k := range a.MapKeys() {
			v := b.MapIndex(k)
			if !v.IsValid() {
				return fmt.Sprintf("%s[%v] is in one only", path, k)
			}
			if d := difference(a.MapIndex(k), v, fmt.Sprintf("%s[%v]", path, k)); d != "" {
				return d
			}
		}
	default:
		if !a.Equal(b) {
			return fmt.Sprintf("%s: %v and %v", path, a, b)
		}
	}
	return ""
}

func wantSame(t *testing.T, what string, got, want *timeline.Timeline) {
	t.Helper()
	a, b := *got, *want
	got, want = &a, &b
	for _, tl := range []*timeline.Timeline{got, want} { // of changes there are no snapshots
		tl.Shots, tl.ByChanges = nil, false
	}
	if d := difference(reflect.ValueOf(got), reflect.ValueOf(want), "Timeline"); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

// rowsOnly hides that a Source can give changes.
type rowsOnly struct{ record.Source }

// counted counts what kind of lists a Source gives.
type counted struct {
	record.ChangeSource
	rows, changes int
}

func (c *counted) Record() record.Record {
	r := c.ChangeSource.Record()
	switch r.(type) {
	case *record.Clients:
		c.rows++
	case *record.ClientChanges:
		c.changes++
	}
	return r
}

func collect(tb testing.TB, src record.Source, err error) *timeline.Timeline {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	tl, err := timeline.Collect(src)
	if err != nil {
		tb.Fatal(err)
	}
	return tl
}

// bundleOf writes a recording to a bundle.
func bundleOf(t *testing.T, src record.Source, meta record.Meta) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := bundle.Create(path, meta)
	if err != nil {
		t.Fatal(err)
	}
	for src.Scan() {
		rec := src.Record()
		if l, ok := rec.(*record.Clients); ok && l.Layouts == nil {
			l.Layouts = []record.Layout{{"id"}} // which worlds leave out
		}
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if src.Err() != nil {
		t.Fatal(src.Err())
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantReplay reads a bundle in both ways and gives the Timeline, and how many lists came
// as changes.
func wantReplay(t *testing.T, what, path string, o record.Options) (*timeline.Timeline, *counted) {
	t.Helper()
	src, err := parse.OpenRange(path, o)
	if err != nil {
		t.Fatal(err)
	}
	n := &counted{ChangeSource: src.(record.ChangeSource)}
	fast := collect(t, n, nil)
	src, err = parse.OpenRange(path, o)
	wantSame(t, what, fast, collect(t, rowsOnly{src}, err))
	return fast, n
}

// TestReplayWorlds: changes give the same Timeline as rows, and both the same as the
// records before they were written, but for their positions.
func TestReplayWorlds(t *testing.T) {
	churning := world.New(2000)
	churning.Run(900, func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 4, 25, 0.3)
		w.Fleet("10.2.0", "", 3, 10, 0.02)
		for _, c := range w.Of("10.1.0.2", "cart") {
			if w.Rng.IntN(8) == 0 {
				w.Close(c)
			} else if w.Rng.IntN(20) == 0 {
				c.Name = []string{"cart-2", "sentinel-x", "connbox", ""}[w.Rng.IntN(4)]
			}
		}
		for _, c := range w.Of("10.2.0.1", "") {
			c.Cmd = []string{"client|list", "get", "client", "blpop"}[w.Rng.IntN(4)]
			c.Flags, c.Sub = []string{"N", "b", "P", "S", "M"}[w.Rng.IntN(5)], int64(w.Rng.IntN(3)/2)
			c.Omem = int64(w.Rng.IntN(3)) << 15
		}
		switch {
		case i%300 == 150:
			w.Restart(2000)
		case i%200 == 50:
			w.At += 3600 // a gap
		}
	})
	long := world.New(500)
	long.Dt = 5
	long.Run(3*timeline.MaxSamples, func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 2, 3+i/900, 0.4)
		if i%7 == 0 {
			w.Close(w.Clients[w.Rng.IntN(len(w.Clients))])
		}
	})
	torn := leakWorld()
	torn.Tear(9)
	for name, w := range map[string]*world.World{"churn": churning, "thinned": long, "leak": leakWorld(), "torn": torn} {
		path := bundleOf(t, w.Source(), record.Meta{ObserverID: []int64{3, 4}})
		got, n := wantReplay(t, name, path, record.Options{})
		if n.changes == 0 || n.rows > 0 {
			t.Errorf("%s: %d lists as changes, %d as rows", name, n.changes, n.rows)
		}
		src := w.Source().(*world.Tape)
		src.Meta = record.Meta{ObserverID: []int64{3, 4}}
		want := collect(t, src, nil)
		withoutPlaces(want)
		withoutPlaces(got)
		wantSame(t, name+" before and after", got, want)
	}
}

// withoutPlaces takes out what names the input.
func withoutPlaces(tl *timeline.Timeline) {
	tl.Origin, tl.Warnings, tl.TornPos = record.Origin{}, nil, record.Pos{}
	for i := range tl.Samples {
		tl.Samples[i].InfoPos, tl.Samples[i].ListPos, tl.Samples[i].FailPos = record.Pos{}, record.Pos{}, record.Pos{}
		tl.Samples[i].TopPos = record.Pos{}
	}
	for i := range tl.Deaths {
		tl.Deaths[i].Pos = record.Pos{}
	}
	for i := range tl.Slow {
		tl.Slow[i].Pos = record.Pos{}
	}
}

// wildRecording gives lists that keep few of a server's rules.
func wildRecording(seed uint64, n int) []record.Record {
	rnd := rand.New(rand.NewPCG(seed, 7))
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	at, id := time.Unix(1_784_000_000, 0).UTC(), int64(0)
	twins, drift := seed%5 == 4, int64(0)
	type row struct {
		record.Client
		from, born int64
	}
	var rows []row
	var recs []record.Record
	for range n {
		at = at.Add(time.Duration(rnd.Int64N(int64(40 * time.Second))))
		switch rnd.IntN(60) {
		case 0:
			at = at.Add(-10 * time.Minute)
		case 1:
			at = at.Add(2 * time.Hour)
		case 2:
			rows, id = nil, 0
		case 3:
			rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		case 4:
			drift = rnd.Int64N(3) - 1
		case 5, 6, 7, 8:
			recs = append(recs, &record.Info{Head: record.Head{At: at}, Text: []byte(pick("redis_version:7.2.1", "redis_version:8.0.0", "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.0.0") + "\r\nrun_id:" + pick("a", "b", "c") + "\r\nuptime_in_seconds:7\r\nmaxclients:30\r\n" +
				pick("", fmt.Sprintf("connected_clients:%d\r\n", len(rows)), fmt.Sprintf("connected_clients:%d\r\n", 2*len(rows))))})
		}
		for range rnd.IntN(3) {
			id++
			r := row{from: at.Unix(), born: at.Unix(), Client: record.Client{Has: 1<<record.FieldID | 1<<record.FieldAge, ID: id, Flags: "N", User: "default",
				Addr: fmt.Sprintf("10.0.0.%d:%d", rnd.IntN(3), rnd.IntN(9)), Name: pick("", "a", "connbox"), Cmd: pick("get", "client|list", "client")}}
			if twins && rnd.IntN(300) == 0 {
				r.ID = rnd.Int64N(id)
			}
			rows = append(rows, r)
		}
		if len(rows) > 0 && rnd.IntN(3) > 0 {
			i := rnd.IntN(len(rows))
			rows = append(rows[:i], rows[i+1:]...)
		}
		list := &record.Clients{Head: record.Head{At: at}, Layouts: []record.Layout{{"id"}}}
		if rnd.IntN(20) == 0 {
			list.At = time.Time{}
		}
		for i := range rows {
			r := &rows[i]
			switch rnd.IntN(24) {
			case 0, 1, 2, 3:
				r.from = at.Unix() - rnd.Int64N(20)
			case 4:
				r.Name = pick("", "a", "b", "sentinel-1", "connbox")
			case 5, 10:
				r.Cmd, r.Flags = pick("get", "client|list", "client", "blpop"), pick("N", "P", "S", "M", "xb", "I", "i", "C", "")
			case 6:
				r.OMem, r.Sub = rnd.Int64N(1<<18), rnd.Int64N(2)
				r.QBuf = r.OMem * 7 % (1 << 18)
			case 7:
				r.PSub, r.SSub, r.LibName = rnd.Int64N(2), rnd.Int64N(2), pick("", "redis-py")
			case 8:
				r.Addr = fmt.Sprintf("10.0.0.%d:%d", rnd.IntN(3), rnd.IntN(9))
			case 9:
				r.QBuf = rnd.Int64N(100)
			}
			c := r.Client
			c.Age, c.Idle = at.Unix()-r.born, at.Unix()+drift-r.from
			switch rnd.IntN(50) {
			case 0:
				c.Age, c.Idle = rnd.Int64()-rnd.Int64(), rnd.Int64()-rnd.Int64()
			case 1, 2, 3:
				c.Idle = 0
			}
			list.Rows = append(list.Rows, c)
		}
		recs = append(recs, list)
	}
	return recs
}

func TestReplayWild(t *testing.T) {
	mixed := 0
	for seed := range uint64(40) {
		recs := wildRecording(seed, 700)
		path := bundleOf(t, &world.Tape{Records: recs}, record.Meta{ObserverID: []int64{2, 9}, Observer: "a"})
		_, n := wantReplay(t, fmt.Sprint("seed ", seed), path, record.Options{})
		if n.rows > 0 && seed%5 != 4 {
			t.Errorf("seed %d: %d of %d lists came as rows", seed, n.rows, n.rows+n.changes)
		}
		if n.rows > 0 && n.changes > 0 {
			mixed++
		}
		at := recs[0].Base().At
		wantReplay(t, fmt.Sprint("range of seed ", seed), path, record.Options{From: at.Add(time.Hour), To: at.Add(3 * time.Hour)})
	}
	if mixed < 3 {
		t.Errorf("%d recordings with lists of both kinds", mixed)
	}
}

// TestReplayMerged: so do recordings that overlap, whose lists come in turns.
func TestReplayMerged(t *testing.T) {
	for seed := range uint64(8) {
		recs := wildRecording(seed, 500)
		var odd []record.Record
		for i, r := range recs[100:300] {
			if i%7 < 4 {
				odd = append(odd, r)
			}
		}
		var paths []string
		for _, part := range [][]record.Record{recs[:200], recs[230:], odd} {
			paths = append(paths, bundleOf(t, &world.Tape{Records: part}, record.Meta{}))
		}
		open := func() *parse.Merged {
			var sources []record.Source
			for _, p := range paths {
				src, err := bundle.Open(p)
				if err != nil {
					t.Fatal(err)
				}
				sources = append(sources, src)
			}
			return parse.Merge(sources...)
		}
		wantSame(t, fmt.Sprint("seed ", seed), collect(t, open(), nil), collect(t, rowsOnly{open()}, nil))
	}
}

// TestReplayIncidents: an operator's text and the bundle made of it give the same Timeline.
func TestReplayIncidents(t *testing.T) {
	dumps, err := filepath.Glob("../fixtures/incidents/*.dump*")
	if err != nil || len(dumps) < 10 {
		t.Fatal(dumps, err)
	}
	for _, dump := range dumps {
		src, err := parse.Open(dump)
		if err != nil {
			t.Fatal(err)
		}
		path := bundleOf(t, src, record.Meta{})
		src.Close()
		got, n := wantReplay(t, dump, path, record.Options{})
		if n.rows > 0 {
			t.Errorf("%s: %d lists came as rows", dump, n.rows)
		}
		src, err = parse.Open(dump)
		want := collect(t, src, err)
		withoutPlaces(want)
		withoutPlaces(got)
		wantSame(t, dump+" and its bundle", got, want)
	}
}

// TestConnectionsWithoutIDs: a server that prints no ids has as many connections as rows.
func TestConnectionsWithoutIDs(t *testing.T) {
	w := world.New(100)
	w.Run(20, func(w *world.World, i int) { w.Pool("10.0.0.1", "", 30+i, 0.5) })
	for _, r := range w.Records {
		if l, ok := r.(*record.Clients); ok {
			for i := range l.Rows {
				l.Rows[i].ID = 0
			}
		}
	}
	tl := collect(t, w.Source(), nil)
	last := tl.Samples[len(tl.Samples)-1]
	if c := tl.Sources[0].At(len(tl.Samples) - 1); c.N != 49 || last.Births != 1 || last.Deaths != 0 {
		t.Errorf("%d connections, %v born, %v gone", c.N, last.Births, last.Deaths)
	}
	if s := strings.Repeat("x", 3); timeline.AddressID(s) >= 0 {
		t.Errorf("id of an address: %d", timeline.AddressID(s))
	}
}

// BenchmarkCollect reads a quarter of an hour of a server with 10,000 connections, of which a third is
// used between two lists.
func BenchmarkCollect(b *testing.B) {
	w := world.New(20000)
	w.Dt = 10
	path := filepath.Join(b.TempDir(), "x.connbox")
	out, err := bundle.Create(path, record.Meta{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10000 {
		w.Open(fmt.Sprintf("10.0.0.%d", i%50), "cart")
	}
	for range 90 {
		w.At += w.Dt
		w.Records = w.Records[:0]
		for _, c := range w.Clients {
			if w.Rng.Float64() < 0.35 {
				c.Used, c.Cmd = w.At-float64(w.Rng.IntN(10)), []string{"get", "set", "hget"}[w.Rng.IntN(3)]
			}
		}
		w.Sample()
		for _, r := range w.Records {
			if l, ok := r.(*record.Clients); ok {
				l.Layouts = []record.Layout{{"id"}}
			}
			if err := out.Write(r); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := out.Close("test"); err != nil {
		b.Fatal(err)
	}
	for _, way := range []string{"rows", "changes"} {
		b.Run(way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var src record.Source
				src, err := bundle.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if way == "rows" {
					src = rowsOnly{src}
				}
				if _, err := timeline.Collect(src); err != nil {
					b.Fatal(err)
				}
				src.Close()
			}
			b.ReportMetric(math.Round(b.Elapsed().Seconds()*1e10/float64(b.N)/(90*10000))/10, "ns/client-row")
		})
	}
}
