package bundle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// clone makes a copy of a record that shares nothing with its source.
func clone(t testing.TB, rec record.Record) record.Record {
	t.Helper()
	out, err := decode(new(segment.Set), &recordReader{b: AppendRecord(nil, rec)})
	if err != nil {
		t.Fatal(err)
	}
	out.Base().Pos = rec.Base().Pos
	return out
}

// plain takes out of a record what is no part of it: Pos, caches, nil against empty, times
// below the microsecond.
func plain(rec record.Record) any {
	h := *rec.Base()
	h.Pos = record.Pos{}
	h.At, h.Took = segment.TimeOf(segment.Micros(h.At)), segment.TookOf(segment.TookMicros(h.Took))
	switch r := rec.(type) {
	case *record.Info:
		return []any{h, string(r.Text)}
	case *record.Clients:
		return []any{h, append([]record.Client{}, r.Rows...), fmt.Sprintf("%q", r.Layouts)}
	case *record.Slowlog:
		es := append([]record.SlowEntry{}, r.Entries...)
		for i := range es {
			es[i].Args = append([]string{}, es[i].Args...)
		}
		return []any{h, es}
	case *record.Config:
		return []any{h, append([]record.Pair{}, r.Pairs...)}
	case *record.Other:
		return []any{h, r.Command, string(r.Text)}
	case *record.Failure:
		return []any{h, r.Command, r.Class, r.Text}
	case *record.Mark:
		return []any{h, r.Text}
	case *record.Chatter:
		return []any{h, r.Lines, r.Text}
	}
	panic("unknown record")
}

func sameRecord(t testing.TB, n int, got, want record.Record) {
	t.Helper()
	g, w := plain(got), plain(want)
	if got.Kind() == want.Kind() && reflect.DeepEqual(g, w) {
		return
	}
	if gc, ok := got.(*record.Clients); ok && got.Kind() == want.Kind() {
		wc := want.(*record.Clients)
		for i := range min(len(gc.Rows), len(wc.Rows)) {
			if gc.Rows[i] != wc.Rows[i] {
				t.Fatalf("record %d, row %d:\n got %+v\nwant %+v", n, i, gc.Rows[i], wc.Rows[i])
			}
		}
	}
	t.Fatalf("record %d:\n got %.2000v\nwant %.2000v", n, g, w)
}

// writeBundle writes records to a file and gives its path.
func writeBundle(t testing.TB, recs []record.Record) string {
	t.Helper()
	return writeAs(t, recs, func(w *Writer) { w.seg.Limits.Least = 2 }) // so that a small test sees several segments
}

// writeAs does so by a Writer that was set.
func writeAs(t testing.TB, recs []record.Record, set func(*Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := Create(path, record.Meta{Tool: "test", Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	set(w)
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	return path
}

func openBundle(t testing.TB, path string) *Bundle {
	t.Helper()
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// wantRecords reads all of a bundle, which must hold recs and no more.
func wantRecords(t testing.TB, path string, recs []record.Record) {
	t.Helper()
	b := openBundle(t, path)
	n := 0
	for ; b.Scan(); n++ {
		if n == len(recs) {
			t.Fatalf("more than %d records", n)
		}
		sameRecord(t, n, b.Record(), recs[n])
		if want := (record.Pos{File: filepath.Base(path), Sample: int64(n + 1)}); b.Record().Base().Pos != want {
			t.Fatalf("record %d at %v, want %v", n, b.Record().Base().Pos, want)
		}
	}
	if b.Err() != nil || n != len(recs) {
		t.Fatalf("%d of %d records, %v", n, len(recs), b.Err())
	}
	if st, err := os.Stat(path); err == nil && !st.IsDir() && (b.Origin().Bytes != st.Size() || len(b.Origin().SHA256) != 64) {
		t.Fatalf("origin %+v", b.Origin())
	}
}

var layout70 = record.Layout{"id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "sub", "psub", "ssub",
	"multi", "qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs", "rbp", "obl", "oll", "omem", "tot-mem",
	"events", "cmd", "user", "redir", "resp"}

const has70 = record.FieldSet(1<<record.FieldID | 1<<record.FieldAddr | 1<<record.FieldLaddr | 1<<record.FieldFD | 1<<record.FieldName | 1<<record.FieldAge |
	1<<record.FieldIdle | 1<<record.FieldFlags | 1<<record.FieldDB | 1<<record.FieldCmd | 1<<record.FieldTotMem | 1<<record.FieldUser)

// A fakeServer makes replies as a server would: clients come, work, rest and go, and the
// list turns.
type fakeServer struct {
	rnd    *rand.Rand
	now    time.Time
	list   []fakeClient
	nextID int64
	busy   float64 // share of clients that work between two samples
	churn  float64 // share that is replaced
	infoN  int64
	reply  record.Clients // reused, as a recorder does
}

type fakeClient struct {
	row              record.Client
	created, touched int64
}

func newFakeServer(seed uint64, clients int) *fakeServer {
	s := &fakeServer{rnd: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1_784_031_713, 0).UTC(), busy: .35, churn: .0005}
	for range clients {
		s.connect()
	}
	return s
}

func (s *fakeServer) connect() {
	s.nextID++
	host := s.rnd.IntN(50)
	s.list = append(s.list, fakeClient{created: s.now.Unix(), touched: s.now.Unix(), row: record.Client{
		Has: has70, ID: s.nextID, Addr: fmt.Sprintf("10.0.%d.%d:%d", host/8, host, 30000+s.rnd.IntN(30000)),
		Laddr: "10.0.0.1:6379", FD: 8 + s.nextID%20000, Name: []string{"", "cart", "auth"}[host%3], Flags: "N",
		Multi: -1, RBS: 1024, TotMem: 1800, Events: "r", Cmd: "get", User: "default", Redir: -1, Resp: 2}})
}

var fakeCommands = []string{"get", "set", "hgetall", "hset", "blpop", "ping", "zrange", "expire"}

// step lets time pass and gives the CLIENT LIST, which the next call overwrites.
func (s *fakeServer) step(d time.Duration) *record.Clients {
	s.now = s.now.Add(d)
	for n := int(s.churn * float64(len(s.list))); n > 0; n-- {
		i := s.rnd.IntN(len(s.list))
		s.list = append(s.list[:i], s.list[i+1:]...)
		s.connect()
	}
	turn := s.rnd.IntN(len(s.list) + 1)
	c := &s.reply
	c.Head = record.Head{At: s.now, Took: time.Duration(s.rnd.IntN(9000)) * time.Microsecond}
	c.Layouts, c.Rows = []record.Layout{layout70}, c.Rows[:0]
	for i := range s.list {
		f := &s.list[(i+turn)%len(s.list)]
		if s.rnd.Float64() < s.busy {
			f.touched = s.now.Unix() - int64(s.rnd.IntN(10))
			f.row.Cmd = fakeCommands[s.rnd.IntN(len(fakeCommands))]
			f.row.QBufFree = []int64{0, 20474}[s.rnd.IntN(2)]
			f.row.RBP = int64(s.rnd.IntN(200))
			f.row.TotMem = 1800 + f.row.QBufFree
		}
		row := f.row
		row.Age, row.Idle = s.now.Unix()-f.created, s.now.Unix()-f.touched
		c.Rows = append(c.Rows, row)
	}
	c.Size = len(c.Rows) * 270
	return c
}

// info gives an INFO reply with about as many moving numbers as a busy 7.0 has.
func (s *fakeServer) info(d time.Duration) *record.Info {
	s.now = s.now.Add(d)
	s.infoN += 900 + s.rnd.Int64N(200)
	n := s.infoN
	text := fmt.Sprintf("# Server\r\nredis_version:7.0.15\r\nrun_id:b890ba4153948c6d8d73641fee07ab13de0e7648\r\n"+
		"server_time_usec:%d\r\nuptime_in_seconds:%d\r\nlru_clock:%d\r\n\r\n# Clients\r\nconnected_clients:%d\r\n"+
		"blocked_clients:0\r\n\r\n# Memory\r\nused_memory:%d\r\nused_memory_human:%.2fM\r\nused_memory_peak_perc:%.2f%%\r\n"+
		"mem_fragmentation_ratio:%.2f\r\n\r\n# Stats\r\ntotal_connections_received:%d\r\ntotal_commands_processed:%d\r\n"+
		"instantaneous_ops_per_sec:%d\r\ntotal_net_input_bytes:%d\r\ntotal_net_output_bytes:%d\r\n"+
		"instantaneous_input_kbps:%.2f\r\nrejected_connections:0\r\nkeyspace_hits:%d\r\nkeyspace_misses:%d\r\n"+
		"total_reads_processed:%d\r\ntotal_writes_processed:%d\r\n\r\n# Replication\r\nrole:master\r\nmaster_repl_offset:%d\r\n\r\n"+
		"# CPU\r\nused_cpu_sys:%f\r\nused_cpu_user:%f\r\nused_cpu_sys_main_thread:%f\r\nused_cpu_user_main_thread:%f\r\n\r\n"+
		"# Commandstats\r\ncmdstat_get:calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=0,failed_calls=0\r\n\r\n"+
		"# Keyspace\r\ndb0:keys=%d,expires=0,avg_ttl=0\r\n",
		s.now.UnixMicro()+s.rnd.Int64N(900), s.now.Unix()%1e6, s.now.Unix()%1e7, len(s.list), 5e8+s.rnd.Int64N(1e5),
		476+s.rnd.Float64(), 99+s.rnd.Float64(), 1.05, s.nextID, n*3, 1000+s.rnd.IntN(50), n*90, n*300, 80+s.rnd.Float64(),
		n*2, n, n*3, n*3, n*14, float64(n)/3e5, float64(n)/2e5, float64(n)/3.1e5, float64(n)/2.1e5, n*2, n*11,
		5+s.rnd.Float64()/100, 70000+s.rnd.IntN(9))
	return &record.Info{Head: record.Head{At: s.now, Took: time.Duration(100+s.rnd.IntN(400)) * time.Microsecond, Size: len(text)}, Text: []byte(text)}
}

// hostileRecords gives records of every kind with contents no server would send.
func hostileRecords(seed uint64, n int) []record.Record {
	rnd := rand.New(rand.NewPCG(seed, 2))
	words := []string{"", "a", "a:1", "a\x001", ":base", ":template", "{", "{0}", "{{", "%41", "x y", "\r", "\xff\xfe", "\n#", "0",
		"-1", "007", "1.50", "0.000001", "999999999999999999999", "db0", "key=1,2.50,x", "\"q\"", "é", "127.0.0.1:1"}
	word := func() string { return words[rnd.IntN(len(words))] }
	num := func() int64 {
		switch rnd.IntN(4) {
		case 0:
			return []int64{0, -1, math.MaxInt64, math.MinInt64}[rnd.IntN(4)]
		case 1:
			return rnd.Int64() - rnd.Int64()
		}
		return rnd.Int64N(5)
	}
	at := time.Unix(1_784_000_000, 0).UTC()
	var rows []record.Client
	var entries []record.SlowEntry
	var recs []record.Record
	for range n {
		at = at.Add(time.Duration(rnd.Int64N(int64(90 * time.Second))))
		h := record.Head{At: at, Took: time.Duration(num()), Size: int(num())}
		if rnd.IntN(10) == 0 {
			h.At = time.Time{}
		}
		switch rnd.IntN(10) {
		case 0, 1:
			text := ""
			for range rnd.IntN(12) {
				text += word() + []string{":", "", "\r\n", "\n", "#"}[rnd.IntN(5)] + word() + []string{"\r\n", "\n", "", "\r\r\n"}[rnd.IntN(4)]
			}
			recs = append(recs, &record.Info{Head: h, Text: []byte(text)})
		case 2, 3, 4, 5:
			for range rnd.IntN(4) {
				switch k := rnd.IntN(5); {
				case k == 0 && len(rows) > 0:
					i := rnd.IntN(len(rows))
					rows = append(rows[:i:i], rows[i+1:]...)
				case k == 1 && len(rows) > 0:
					rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
				default:
					rows = append(rows, record.Client{Has: record.FieldSet(rnd.Uint64()), ID: num(), Addr: word(), Layout: rnd.IntN(3) - 1})
				}
			}
			c := &record.Clients{Head: h, Layouts: []record.Layout{{"id", word()}, {}}}
			for i := range rows {
				r := &rows[i]
				for range rnd.IntN(3) {
					switch f := rnd.IntN(record.NumFields + 2); {
					case f == record.NumFields:
						r.Extra = word()
					case f > record.NumFields:
						r.Raw = word()
					default:
						if spec := record.Field(f).Spec(); spec.Num != nil {
							*spec.Num(r) = num()
						} else {
							*spec.Str(r) = word()
						}
					}
				}
				if rnd.IntN(2) == 0 {
					r.Age, r.Idle = num(), num()
				}
				c.Rows = append(c.Rows, *r)
			}
			recs = append(recs, c)
		case 6:
			for range rnd.IntN(3) {
				e := record.SlowEntry{ID: num(), Time: num(), Micros: num(), Addr: word(), Name: word(), Six: rnd.IntN(2) == 0}
				for range rnd.IntN(4) {
					e.Args = append(e.Args, word())
				}
				entries = append([]record.SlowEntry{e}, entries...)
			}
			if len(entries) > 3 {
				entries = entries[:3]
			}
			if rnd.IntN(4) == 0 {
				rnd.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
			}
			recs = append(recs, &record.Slowlog{Head: h, Entries: append([]record.SlowEntry{}, entries...)})
		case 7:
			c := &record.Config{Head: h}
			for range rnd.IntN(6) {
				c.Pairs = append(c.Pairs, record.Pair{Key: word(), Value: word()})
			}
			recs = append(recs, c)
		case 8:
			recs = append(recs, &record.Other{Head: h, Command: word(), Text: []byte(word())},
				&record.Mark{Head: h, Text: word()}, &record.Chatter{Head: h, Lines: int(num()), Text: word()})
		case 9:
			recs = append(recs, &record.Failure{Head: h, Command: word(), Class: record.FailureClass(word()), Text: word()})
		}
	}
	return recs
}

func TestBundleRoundTripHostile(t *testing.T) {
	for seed := range uint64(150) {
		recs := hostileRecords(seed, 40)
		wantRecords(t, writeBundle(t, recs), recs)
	}
}

func TestBundleRoundTripServer(t *testing.T) {
	s := newFakeServer(7, 300)
	s.churn = .02
	var recs []record.Record
	for range 200 {
		recs = append(recs, s.info(time.Second), clone(t, s.step(39*time.Second)))
	}
	path := writeBundle(t, recs)
	wantRecords(t, path, recs)
	b := openBundle(t, path)
	if n := len(b.man.Segments); n < 3 {
		t.Errorf("%d segments for 8000 s", n)
	}
}
