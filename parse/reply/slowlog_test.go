package reply

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

func equalEntries(a, b record.SlowEntry) bool {
	return a.ID == b.ID && a.Time == b.Time && a.Micros == b.Micros && a.Addr == b.Addr && a.Name == b.Name &&
		a.Six == b.Six && slices.Equal(a.Args, b.Args)
}

// TestAppendSlowlog writes and reads back entries in numbers and with arguments whose
// indices and bytes are all there is.
func TestAppendSlowlog(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, n := range []int{0, 1, 9, 10, 128, 1000} {
		for _, args := range []int{0, 1, 9, 10, 32} {
			var s record.Slowlog
			for i := range n {
				e := record.SlowEntry{ID: int64(n - i), Time: 1795242480, Micros: 12000, Six: i%2 == 0 || args == 0}
				for j := range args {
					e.Args = append(e.Args, fmt.Sprintf("%s%d", all, j))
				}
				if e.Six {
					e.Addr, e.Name = "[::1]:5", `w"orker`
				}
				s.Entries = append(s.Entries, e)
			}
			if n > 0 {
				s.Entries[n-1].Six = true // the last one without would be taken for cut
			}
			text := AppendSlowlog(nil, &s)
			if n == 0 {
				if string(text) != "(empty array)\n" {
					t.Errorf("empty list: %q", text)
				}
				continue
			}
			got, whole := slowTree(text)
			if !whole || !slices.EqualFunc(got, s.Entries, equalEntries) {
				t.Errorf("%d entries of %d arguments: %v, read back %d", n, args, whole, len(got))
			}
		}
	}
}

// TestSlowlogForms reads one list in all of redis-cli's forms, from servers that keep six
// fields and from one that keeps four.
func TestSlowlogForms(t *testing.T) {
	for name, text := range servers.Replies("*/*.slowlog-get.raw.txt") {
		v := newReader().Lines(bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")))
		entries, whole, ok := Slowlog(&v)
		if !whole || !ok || len(entries) != 128 {
			t.Errorf("%s: %d entries", name, len(entries))
		}
		six := !strings.Contains(name, "2.8")
		for i, e := range entries {
			if e.Six != six || six && e.Addr != "" && !LooksLikePeer(e.Addr) || len(e.Args) == 0 || i > 0 && e.ID != entries[i-1].ID-1 {
				t.Errorf("%s: entry %d: %+v", name, i, e)
			}
		}
	}
}

func FuzzSlowlog(f *testing.F) {
	f.Add([]byte("1) 1) (integer) 5\n   2) (integer) 1795242480\n   3) (integer) 12000\n   4) 1) \"KEYS\"\n      2) \"a \\\"*\\\"\\n\"\n   5) \"10.0.0.1:5\"\n   6) \"\"\n" +
		"2) 1) (integer) 4\n   2) (integer) 1795242470\n   3) (integer) 11000\n   4) 1) \"DEL\"\n   5) \"10.0.0.1:5\"\n   6) \"w\"\n"))
	f.Add([]byte("5\n1795242480\n12000\nKEYS\n10.0.0.1:5\n\n4\n1795242470\n1\nDEL\n10.0.0.1:5\nw"))
	f.Add([]byte(`[[5,1795242480,12000,["KEYS","a\u0001\""],"10.0.0.1:5",""]]`))
	f.Add([]byte(`5,1795242480,12000,"KEYS","a,\"b","10.0.0.1:5",""`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newReader()
		tree, treeWhole := r.Tree(text)
		line, lineWhole := r.Line(text)
		flat := r.Lines(bytes.Split(text, []byte("\n")))
		for form, v := range map[string]*Value{"tree": &tree, "line": &line, "flat": &flat} {
			v.Command()
			Config(v)
			entries, whole, ok := Slowlog(v)
			if form == "tree" && !treeWhole || form == "line" && !lineWhole || !whole || !ok || len(entries) == 0 {
				continue
			}
			again, whole := slowTree(AppendSlowlog(nil, &record.Slowlog{Entries: entries}))
			if entries[0].Six && !entries[len(entries)-1].Six {
				whole = true // mixed by hand
			}
			if !whole || !slices.EqualFunc(again, entries, equalEntries) {
				t.Fatalf("%s: %+v\nread back as %+v", form, entries, again)
			}
		}
	})
}

func newReader() *ValueReader { return &ValueReader{Interner: new(record.Interner)} }

// slowTree reads SLOWLOG as AppendSlowlog writes it.
func slowTree(text []byte) (entries []record.SlowEntry, whole bool) {
	v, all := newReader().Tree(text)
	entries, whole, ok := Slowlog(&v)
	return entries, all && whole && ok
}
