package segment

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/table"
)

// stored is a table in memory.
type stored struct {
	columns []table.Column
	data    []byte
	end     int // of its row group
}

func store1(t testing.TB, columns []table.Column, write func(*table.Writer)) *stored {
	t.Helper()
	var out bytes.Buffer
	w, err := table.NewWriter(&out, "t", columns, 1000)
	if err != nil {
		t.Fatal(err)
	}
	write(w)
	if err := w.EndGroup(); err != nil {
		t.Fatal(err)
	}
	end := out.Len()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &stored{columns, out.Bytes(), end}
}

func (s *stored) group(t testing.TB) *table.Group {
	t.Helper()
	f, err := table.Open(s.data[s.end:], int64(len(s.data)))
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Load(0, 0, s.data[:s.end], table.NewBudget(1<<30))
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Columns(); len(got) != len(s.columns) || got[len(got)-1].Scale != s.columns[len(got)-1].Scale {
		t.Fatalf("columns %+v", got)
	}
	return g
}

func storeInfo(t testing.TB, texts []string) (info, templates *stored) {
	w := NewInfoWriter(nil, 0)
	for i, s := range texts {
		w.Add(int64(i+1), int64(i)*1_000_000, []byte(s))
	}
	info = store1(t, w.Columns(), w.Write)
	templates = store1(t, Of(InfoTemplates).Columns, w.TemplateTable().Write)
	return info, templates
}

func checkInfo(t testing.TB, in *Info, texts []string) {
	t.Helper()
	if in.Rows() != len(texts) {
		t.Fatalf("%d replies instead of %d", in.Rows(), len(texts))
	}
	for i, want := range texts {
		got, err := in.Text(i)
		if err != nil || string(got) != want {
			t.Fatalf("reply %d: %q instead of %q, %v", i, got, want, err)
		}
	}
}

// oddInfos are replies that no rule may spoil.
var oddInfos = []string{
	"", "\r\n", "# Server\r\nredis_version:7.4.1\r\n\r\n# Clients\r\nconnected_clients:10\r\n",
	"a:1\r\nb:-5\r\nc:1.25\r\nd:0.50\r\n", "a:2\r\nb:-0\r\nc:1.2\r\nd:-0.00\r\n", "a:+3\r\nb:007\r\nc:1.\r\nd:.5\r\n",
	"a:9223372036854775807\r\nb:-999999999999999999\r\nc:1e5\r\nd:nan\r\n", "used_memory_human:1.23M\r\nused_memory_human:1.24M\r\n",
	"cmdstat_get:calls=1,usec=2,usec_per_call=2.00\r\ncmdstat_config|get:calls=1\r\n", "cmdstat_get:calls=1,usec\r\n", "x:=1,a=2\r\n",
	"no colon\r\n:empty key\r\nempty value:\r\n", "ts:1\r\nTS:2\r\nseq:3\r\ntemplate:4\r\n", "a.b:1\r\na_b:2\r\na_b_2:3\r\na b:4\r\n",
	"brace:{0}\r\n{name}:{{\r\nx}:}\r\n", "no end", "unix\nlines:1\nhere:2\n", "\xff\xfe:\xff\r\n", "a:1\r\r\n", strings.Repeat("k", 200) + ":1\r\n",
	"db0:keys=1,expires=0,avg_ttl=0\r\n", "a:12345678901234567.89\r\n", "a:1234567890123456.789\r\n", "a:0.123456789012345678\r\n", "a: 1\r\n",
}

// TestInfoRoundTrip: every text comes back byte for byte, whatever came before it.
func TestInfoRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	texts := slices.Clone(oddInfos)
	for range 200 {
		texts = append(texts, oddInfos[rnd.IntN(len(oddInfos))])
	}
	for i := range 300 {
		texts = append(texts, fmt.Sprintf("# S\r\nup:%d\r\nratio:%d.%02d\r\nword:%s\r\ncmdstat_get:calls=%d,usec_per_call=0.%02d\r\n", i, i/9, i%100, []string{"ok", "err"}[i%2], i*i, i%7))
	}
	info, templates := storeInfo(t, texts)
	in, err := LoadInfo(info.group(t), templates.group(t))
	if err != nil {
		t.Fatal(err)
	}
	checkInfo(t, in, texts)
}

// TestInfoColumns: names and types are as people expect them.
func TestInfoColumns(t *testing.T) {
	info, templates := storeInfo(t, []string{
		"# Clients\r\nconnected_clients:10\r\nratio:1.50\r\nversion:7.4.1\r\nmixed:1\r\ncmdstat_config|get:calls=1,usec=2\r\ndb0:keys=5,expires=0\r\n",
		"# Clients\r\nconnected_clients:11\r\nratio:-1.75\r\nversion:7.4.1\r\nmixed:1.5\r\nlatency_percentiles_usec_get:p99.9=3.007\r\n"})
	var got []string
	for _, c := range info.columns {
		got = append(got, fmt.Sprintf("%s %d %d", c.Name, c.Type, c.Scale))
	}
	want := []string{"ts 2 0", "seq 0 0", "template 0 0", "connected_clients 0 0", "ratio 3 2", "version 4 0", "mixed 4 0", "cmdstat_config_get_calls 0 0",
		"cmdstat_config_get_usec 0 0", "db0_keys 0 0", "db0_expires 0 0", "latency_percentiles_usec_get_p99_9 3 3"}
	if !slices.Equal(got, want) {
		t.Errorf("columns %q", got)
	}
	g := info.group(t)
	var c table.Ints
	if err := g.Ints("connected_clients", &c); err != nil || c.At(1) != 11 {
		t.Errorf("%v, %v", c, err)
	}
	if err := g.Ints("db0_keys", &c); err != nil || c.Null == nil || c.Null[0] || !c.Null[1] {
		t.Errorf("%v, %v", c, err)
	}
	var text table.Texts
	if err := templates.group(t).Texts("text", &text); err != nil || !strings.Contains(text.At(0), "cmdstat_config|get:calls={cmdstat_config_get_calls},usec={") {
		t.Errorf("%q, %v", text.Dict, err)
	}
}

// TestInfoBounded: a hostile INFO makes neither columns nor names without end.
func TestInfoBounded(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "key%d:%d\r\n", i, i)
	}
	texts := []string{b.String(), strings.Repeat("same:1\r\n", 20_000), strings.ReplaceAll(b.String(), "key", "other")}
	info, templates := storeInfo(t, texts)
	if len(info.columns) > maxInfoColumns+3 {
		t.Errorf("%d columns", len(info.columns))
	}
	in, err := LoadInfo(info.group(t), templates.group(t))
	if err != nil {
		t.Fatal(err)
	}
	checkInfo(t, in, texts)
}

// TestInfoMerge: the tables of several segments as one give the same texts.
func TestInfoMerge(t *testing.T) {
	segments := [][]string{oddInfos[:8], oddInfos[3:], {"a:1\r\nb:2\r\n", "a:5\r\nb:7\r\n"}, {"a:1\r\nc:2.50\r\n"}, {"new:x\r\n"}}
	mergeInfo(t, segments)
	var many, more []string // more columns than a file may have, which leaves some in the templates
	for i := range 300 {
		many = append(many, fmt.Sprintf("a:1\r\nk%d:1\r\nl%d:2\r\nm%d:3\r\nn%d:4\r\n", i, i, i, i))
		more = append(more, fmt.Sprintf("a:1.5\r\nn%d:x\r\nm%d:3\r\np%d:4\r\nq%d:4\r\nr%d:5\r\ns%d:5\r\nt%d:6\r\n", i, i, i, i, i, i, i))
	}
	mergeInfo(t, [][]string{many, slices.Concat(more, many)})
}

func mergeInfo(t *testing.T, segments [][]string) {
	t.Helper()
	var s InfoSchema
	var parts []*Info
	var all []string
	for _, texts := range segments {
		info, templates := storeInfo(t, texts)
		s.Add(info.columns)
		in, err := LoadInfo(info.group(t), templates.group(t))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, in)
		all = append(all, texts...)
	}
	w := NewInfoWriter(&s, 100)
	for _, in := range parts {
		if err := in.AddTo(w); err != nil {
			t.Fatal(err)
		}
	}
	info, templates := store1(t, w.Columns(), w.Write), store1(t, Of(InfoTemplates).Columns, w.TemplateTable().Write)
	in, err := LoadInfo(info.group(t), templates.group(t))
	if err != nil {
		t.Fatal(err)
	}
	checkInfo(t, in, all)
}

func FuzzInfo(f *testing.F) {
	for i := range oddInfos {
		f.Add(oddInfos[i], oddInfos[(i+7)%len(oddInfos)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		texts := []string{a, b, a}
		info, templates := storeInfo(t, texts)
		in, err := LoadInfo(info.group(t), templates.group(t))
		if err != nil {
			t.Fatal(err)
		}
		checkInfo(t, in, texts)
	})
}

func TestDecimal(t *testing.T) {
	for _, s := range []string{"0", "1", "-1", "10", "0.5", "0.05", "-0.05", "12.50", "999999999999999999", "0.12345678901234567"} {
		n, scale, ok := decimal([]byte(s))
		if got := string(appendDecimal(nil, n, scale)); !ok || got != s {
			t.Errorf("%s: %d, %d, %v: %s", s, n, scale, ok, got)
		}
	}
	for _, s := range []string{"", "-", "-0", "-0.0", "00", "01", "1.", ".1", "1..2", "1e3", "+1", " 1", "1234567890123456789", "1.234567890123456789", "0x1"} {
		if _, _, ok := decimal([]byte(s)); ok {
			t.Errorf("%q is taken for a number that comes back", s)
		}
	}
}
