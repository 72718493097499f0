package reply

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

// generally is Parse without a guess at the layout of the next line.
func (p *ClientParser) generally(text []byte, into *record.Clients) {
	into.Rows = into.Rows[:0]
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 {
			into.Rows = append(into.Rows, record.Client{})
			p.general(line, &into.Rows[len(into.Rows)-1])
		}
	}
	into.Layouts = p.layouts
}

// A bothWays reads the same lists with and without guessing the layout.
type bothWays struct {
	guessing, plain ClientParser
	got, want       record.Clients
}

func (b *bothWays) check(t testing.TB, text []byte) {
	t.Helper()
	b.guessing.Parse(text, &b.got)
	b.plain.generally(text, &b.want)
	if len(b.got.Rows) != len(b.want.Rows) || !slices.EqualFunc(b.got.Layouts, b.want.Layouts, slices.Equal) {
		t.Fatalf("%d rows and layouts %q, %d and %q without guessing", len(b.got.Rows), b.got.Layouts, len(b.want.Rows), b.want.Layouts)
	}
	for i := range b.got.Rows {
		if b.got.Rows[i] != b.want.Rows[i] {
			t.Fatalf("row %d of\n%q\nby guessing\n%+v, without\n%+v", i, text, b.got.Rows[i], b.want.Rows[i])
		}
	}
}

// TestClientListEdits reads lists that change in all ways that lists do, and in ways that
// they do not: guessing the layout must not change what is read.
func TestClientListEdits(t *testing.T) {
	var seeds [][]byte
	for _, text := range servers.Replies("*/*.client-list.raw.txt") {
		seeds = append(seeds, text)
	}
	seeds = append(seeds, servers.Lists(40, 1)[0])
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var b bothWays
		text := seeds[rnd.IntN(len(seeds))]
		for range 25 {
			b.check(t, text)
			text = edit(rnd, text)
		}
	}
}

// edit gives a later list: lines turned, gone, new and twice, and bytes of any kind changed.
func edit(rnd *rand.Rand, text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if n := rnd.IntN(len(lines)); rnd.IntN(2) == 0 {
		lines = slices.Concat(lines[n:], lines[:n])
	}
	var out []byte
	for _, line := range lines {
		line = slices.Clone(line)
		switch rnd.IntN(40) {
		case 0: // gone
			continue
		case 1: // twice
			out = append(out, line...)
		case 2:
			out = fmt.Appendf(out, "id=%d addr=1.2.3.4:%d fd=8 name= age=%d\n", rnd.IntN(1e6), rnd.IntN(65536), rnd.IntN(100))
		}
		for range rnd.IntN(4) {
			line = editLine(rnd, line)
		}
		out = append(out, line...)
	}
	return out
}

// editLine changes a value, as servers do, or some bytes.
func editLine(rnd *rand.Rand, line []byte) []byte {
	eqs := bytes.Count(line, []byte("="))
	if eqs == 0 {
		return line
	}
	lo := 0
	for n := rnd.IntN(eqs); n >= 0; n-- {
		lo += bytes.IndexByte(line[lo:], '=') + 1
	}
	hi := lo + bytes.IndexAny(append(slices.Clone(line[lo:]), '\n'), " \n")
	values := []string{"", "0", "-1", "7", strconv.Itoa(rnd.IntN(1e9)), strconv.Itoa(rnd.IntN(1000)), "99999999", "999999999999999999999",
		"007", "-0", "+5", "a", "hgetall", "client|list", "x=y", "a b", "a b=c", "\t", "\r", "\x00"}
	value := values[rnd.IntN(len(values))]
	if rnd.IntN(10) == 0 { // anywhere, a key too
		lo = rnd.IntN(len(line))
		hi = min(len(line), lo+rnd.IntN(4))
		value = string(" =\n1ai"[rnd.IntN(6)])
	}
	return slices.Concat(line[:lo], []byte(value), line[hi:])
}

// TestLayoutIsGuessed checks that the lists of a running server are read by their layout:
// else the tests above would check nothing.
func TestLayoutIsGuessed(t *testing.T) {
	var p ClientParser
	var c record.Clients
	text := servers.Lists(50, 1)[0]
	p.Parse(text, &c)
	text = bytes.ReplaceAll(text, []byte("cmd=hgetall"), []byte("cmd=get"))
	for line := range bytes.Lines(bytes.ReplaceAll(text, []byte(" omem=0"), []byte(" omem=20504"))) {
		var row record.Client
		if !p.predicted(bytes.TrimSuffix(line, []byte("\n")), &row) || row.Cmd != "get" || row.OMem != 20504 {
			t.Fatalf("not read by the layout: %q", line)
		}
	}
}

// FuzzClientLists reads two lists one after the other, to and fro.
func FuzzClientLists(f *testing.F) {
	for _, text := range servers.Replies("*/*.client-list.raw.txt") {
		text = text[:1500]
		f.Add(text, editLine(rand.New(rand.NewPCG(1, 1)), slices.Clone(text)))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var b bothWays
		for _, text := range [][]byte{one, two, two, one, slices.Concat(one, two), two} {
			b.check(t, text)
		}
	})
}
