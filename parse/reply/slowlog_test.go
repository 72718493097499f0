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
			r := SlowlogParser{Interner: new(record.Interner)}
			text := AppendSlowlog(nil, &s)
			if n == 0 {
				if string(text) != "(empty array)\n" {
					t.Errorf("empty list: %q", text)
				}
				continue
			}
			whole, ok := r.Tree(text)
			if !whole || !ok || !slices.EqualFunc(r.Entries, s.Entries, equalEntries) {
				t.Errorf("%d entries of %d arguments: %v %v, read back %d", n, args, whole, ok, len(r.Entries))
			}
		}
	}
}

// TestSlowlogForms reads one list in all of redis-cli's forms, from servers that keep six
// fields and from one that keeps four.
func TestSlowlogForms(t *testing.T) {
	for name, text := range servers.Replies("*/*.slowlog-get.raw.txt") {
		r := SlowlogParser{Interner: new(record.Interner)}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		if !r.Flat(lines) || len(r.Entries) != 128 {
			t.Errorf("%s: %d entries", name, len(r.Entries))
		}
		six := !strings.Contains(name, "2.8")
		for i, e := range r.Entries {
			if e.Six != six || six && e.Addr != "" && !LooksLikePeer(e.Addr) || len(e.Args) == 0 || i > 0 && e.ID != r.Entries[i-1].ID-1 {
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
		r := SlowlogParser{Interner: new(record.Interner)}
		forms := map[string]func() bool{
			"tree": func() bool { whole, ok := r.Tree(text); return whole && ok },
			"flat": func() bool { return r.Flat(bytes.Split(text, []byte("\n"))) },
			"json": func() bool { return r.JSON(text) },
			"csv":  func() bool { return r.CSV(text) },
		}
		for form, read := range forms {
			if !read() || len(r.Entries) == 0 {
				continue
			}
			s := &record.Slowlog{Entries: r.Entries}
			again := SlowlogParser{Interner: new(record.Interner)}
			whole, ok := again.Tree(AppendSlowlog(nil, s))
			if last := len(s.Entries) - 1; s.Entries[0].Six && !s.Entries[last].Six {
				whole = true // mixed by hand
			}
			if !whole || !ok || !slices.EqualFunc(again.Entries, s.Entries, equalEntries) {
				t.Fatalf("%s: %+v\nread back as %+v", form, s.Entries, again.Entries)
			}
		}
	})
}
