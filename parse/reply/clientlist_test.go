package reply

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

func parseClients(text string) *record.Clients {
	var p ClientParser
	c := new(record.Clients)
	p.Parse([]byte(text), c)
	return c
}

func TestClientLine(t *testing.T) {
	tests := []struct {
		line  string
		want  string // fields read, as key=value
		exact bool   // false: kept in Raw
	}{
		{`id=3 addr=1.2.3.4:5 fd=8 name= age=0`, `id=3 addr=1.2.3.4:5 fd=8 name= age=0`, true},
		{`id=3 name=name=cmd=flags= cmd=get`, `id=3 name=name=cmd=flags= cmd=get`, true},
		{`id=3 addr=/run/my redis.sock:0 flags=U`, `id=3 addr=/run/my redis.sock:0 flags=U`, true},
		{`addr=             :58989 fd=2`, `addr=             :58989 fd=2`, true},
		{`id=3 new-key=7 fd=2`, `id=3 fd=2`, true},
		{`id=3 new= other= fd=2`, `id=3 fd=2`, true},
		{`id=3 new=a b fd=2`, `id=3 fd=2`, false},
		{`id=+1 fd=2`, `id=1 fd=2`, false},
		{`id=01 fd=-0`, `id=1 fd=0`, false},
		{`id=99999999999999999999 fd=2`, `fd=2`, false},
		{`id=9223372036854775807 redir=-9223372036854775808`, `id=9223372036854775807 redir=-9223372036854775808`, true},
		{`id= fd=x`, ``, false},
		{`id=1 id=2 fd=3`, `id=1 fd=3`, false},
		{`id=1 zz=2 zz=3`, `id=1`, true},
		{`id=1 name=x `, `id=1 name=x`, false},
		{`id=1  fd=2`, `id=1 fd=2`, false},
		{` id=1`, `id=1`, false},
		{`hello world`, ``, false},
		{`=`, ``, false},
		{`id=1 ` + strings.Repeat("k", 65) + `=2`, `id=1`, false},
		{"id=1 name=a\x00b", "id=1 name=a\x00b", true},
		{"id=1 name=h\xc3\xa9", "id=1 name=h\xc3\xa9", true},
	}
	for _, test := range tests {
		c := parseClients(test.line + "\n")
		if len(c.Rows) != 1 {
			t.Errorf("%q: %d rows", test.line, len(c.Rows))
			continue
		}
		row := &c.Rows[0]
		if got := knownFields(row); got != test.want {
			t.Errorf("%q: read %q, want %q", test.line, got, test.want)
		}
		if (row.Raw == "") != test.exact {
			t.Errorf("%q: Raw = %q", test.line, row.Raw)
		}
		if got := string(AppendClients(nil, c)); got != test.line+"\n" {
			t.Errorf("%q: written back as %q", test.line, got)
		}
	}
}

// knownFields lists what was read, in the table's order but id, addr, fd first as printed.
func knownFields(c *record.Client) string {
	var parts []string
	for f := record.Field(0); f < record.NoField; f++ {
		if n, ok := c.Int(f); ok {
			parts = append(parts, fmt.Sprintf("%s=%d", f, n))
		} else if s, ok := c.Text(f); ok {
			parts = append(parts, fmt.Sprintf("%s=%s", f, s))
		}
	}
	return strings.Join(parts, " ")
}

func TestClientListEdges(t *testing.T) {
	if c := parseClients("id=1 fd=2\n\nid=2 fd=3"); len(c.Rows) != 2 || c.Rows[1].FD != 3 || len(c.Layouts) != 1 {
		t.Errorf("blank line and missing line end: %+v", c)
	}
	var many strings.Builder
	for i := range 2 * maxKeyLayouts {
		fmt.Fprintf(&many, "id=%d key%d=x\n", i, i)
	}
	many.WriteString("id=1" + strings.Repeat(" k=v", maxLineKeys) + "\n")
	many.WriteString("id=1 name=" + strings.Repeat("x", 1<<20) + "\n")
	c := parseClients(many.String())
	if len(c.Layouts) != maxKeyLayouts || c.Rows[maxKeyLayouts].Raw == "" || c.Rows[maxKeyLayouts].ID != maxKeyLayouts {
		t.Errorf("%d layouts, row %+v", len(c.Layouts), c.Rows[maxKeyLayouts])
	}
	if got := string(AppendClients(nil, c)); got != many.String() {
		t.Error("not written back as read")
	}
	if got := string(AppendClients(nil, &record.Clients{Rows: []record.Client{{Layout: 7, Raw: "x"}}})); got != "x\n" {
		t.Errorf("layout out of range: %q", got)
	}
}

func TestClientListServers(t *testing.T) {
	var p ClientParser // one for all: layouts of several servers beside each other
	for name, text := range servers.Replies("*/*.client-list.raw.txt") {
		var c record.Clients
		p.Parse(text, &c)
		if n := bytes.Count(text, []byte("\n")); len(c.Rows) != n {
			t.Errorf("%s: %d rows of %d lines", name, len(c.Rows), n)
		}
		for i := range c.Rows {
			if c.Rows[i].Raw != "" || c.Rows[i].Extra != "" {
				t.Errorf("%s: not understood: %q %q", name, c.Rows[i].Raw, c.Rows[i].Extra)
			}
		}
		if got := AppendClients(nil, &c); !bytes.Equal(got, text) {
			t.Errorf("%s: not written back as read", name)
		}
	}
}

// TestClientListAllocations holds the parser to its promise: a reply like the one before
// costs no memory.
func TestClientListAllocations(t *testing.T) {
	texts := servers.Lists(300, 5)
	var p ClientParser
	var c record.Clients
	i := 0
	parse := func() { p.Parse(texts[i%len(texts)], &c); i++ }
	for range texts {
		parse()
	}
	if n := testing.AllocsPerRun(20, parse); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzClientList(f *testing.F) {
	for _, text := range servers.Replies("*/*.client-list.raw.txt") {
		f.Add(text[:2000])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p ClientParser
		var c record.Clients
		p.Parse(text, &c)
		want := withoutBlankLines(text)
		if got := AppendClients(nil, &c); !bytes.Equal(got, want) {
			t.Fatalf("%q\nwritten back as\n%q", want, got)
		}
		var again record.Clients
		p.Parse(want, &again) // now with every layout known: the predicted path
		if got := AppendClients(nil, &again); !bytes.Equal(got, want) {
			t.Fatalf("second time: %q\nwritten back as\n%q", want, got)
		}
		for i := range c.Rows {
			if a, b := knownFields(&c.Rows[i]), knownFields(&again.Rows[i]); a != b {
				t.Fatalf("row %d: %q at first, then %q", i, a, b)
			}
		}
	})
}

func withoutBlankLines(text []byte) []byte {
	var out []byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if len(line) > 0 {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// BenchmarkClientList reads successive lists, and the first list with a new parser.
func BenchmarkClientList(b *testing.B) {
	texts := servers.Lists(10000, 8)
	var p ClientParser
	var c record.Clients
	for _, bench := range []struct {
		name string
		read func(text []byte)
	}{
		{"later", func(text []byte) { p.Parse(text, &c) }},
		{"first", func(text []byte) { new(ClientParser).Parse(text, new(record.Clients)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for _, text := range texts {
				bench.read(text)
			}
			b.SetBytes(int64(len(texts[0])))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				bench.read(texts[i%len(texts)])
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/row")
		})
	}
}

func BenchmarkAppendClients(b *testing.B) {
	text := servers.Lists(10000, 1)[0]
	var p ClientParser
	var c record.Clients
	p.Parse(text, &c)
	out := AppendClients(nil, &c)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		out = AppendClients(out[:0], &c)
	}
}
