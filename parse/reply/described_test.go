package reply

import (
	"bytes"
	"os"
	"path"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

// described is what is read of servers.NotRun, by name.
var described = map[string]struct {
	fields string // what is read, in the fields' order
	extra  string // the rest
	props  record.Properties
	lists  bool // the list alone tells the family
}{
	"Redis 2.4": {"addr=10.1.0.7:50714 fd=9 idle=12 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=ping",
		"", 0, false},
	"Redis 2.6 without names": {"addr=10.1.0.7:50714 fd=9 age=900 idle=12 flags=b db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=blpop",
		"", record.PropBlocked, false},
	"Redis 8.2": {"id=12 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=9 name= age=9 idle=0 flags=I db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37786 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver= io-thread=3 tot-net-in=51 tot-net-out=6 tot-cmds=2",
		"", record.PropInternal, false},
	"keys of a server to come": {"id=12 addr=10.1.0.7:50714 fd=9 omem=20512 cmd=get",
		"1 20511 4 9 4", 0, false},
	"Azure Cache for Redis": {"id=63912 addr=10.1.0.7:50714 fd=21 name=CACHE age=66 idle=0 flags=S db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=32768 obl=0 oll=0 omem=0 events=r cmd=get",
		"0 0 51", record.PropReplica, true},
	"Dragonfly": {"id=2 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=14 name=web age=20 idle=1 flags=P db=0 lib-name=redis-py lib-ver=5.0.1 tot-net-in=9120 tot-cmds=44",
		"TLSv1.3|TLS_AES_256_GCM_SHA384 1 0 3 912 21 40 process", record.PropPubSub, true},
	"Dragonfly, HTTP": {"id=3 addr=10.1.0.7:50716 laddr=10.0.0.1:6379 fd=15 age=0 idle=0 lib-name= lib-ver= tot-net-in=0 tot-cmds=0",
		"true 0 1 0 0 setup", 0, true},
	"Kvrocks": {"id=7 addr=10.1.0.7:50714 fd=33 name= age=12 idle=0 flags=M qbuf=0 cmd=monitor",
		"__namespace 17", record.PropMonitor, true},
	"Garnet": {"id=4 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 name=web age=31 flags=P db=0 user=default resp=3 lib-name=StackExchange.Redis lib-ver=2.8.16",
		"", record.PropPubSub, false},
}

func TestDescribedClients(t *testing.T) {
	page, err := os.ReadFile("../../docs/servers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers.NotRun {
		c := described[s.Name]
		list := parseClients(s.Line + "\n")
		row := &list.Rows[0]
		if got := knownFields(row); got != c.fields || row.Extra != c.extra || row.Raw != "" {
			t.Errorf("%s: read %q and %q, raw %q", s.Name, got, row.Extra, row.Raw)
		}
		var i record.Info
		i.Reset([]byte("# Server\n" + s.Info))
		id := record.Identify(&i).FromList(list.Layouts[0])
		props, unknown := id.Flags(row.Flags)
		if props != c.props || unknown != "" {
			t.Errorf("%s: flags %q of %v are %v, unknown %q", s.Name, row.Flags, id, props, unknown)
		}
		if alone := (record.Identity{}).FromList(list.Layouts[0]); (alone.Family == id.Family) != c.lists {
			t.Errorf("%s: the list alone says %v", s.Name, alone)
		}
		for _, key := range list.Layouts[0] {
			if !bytes.Contains(page, []byte("\n| "+key+" | ")) && s.Name != "keys of a server to come" {
				t.Errorf("%s: docs/servers.md has nothing of %s", s.Name, key)
			}
		}
	}
}

// TestFlagsOfRecordings: each letter of the recorded lists is known to its server, and a
// subscriber shows P from Redis 5.0 on.
func TestFlagsOfRecordings(t *testing.T) {
	for file, text := range servers.Replies("*/mixed.client-list.raw.txt") {
		info := servers.Reply(path.Join(path.Dir(file), "mixed.info.raw.txt"))
		var i record.Info
		i.Reset(info)
		id := record.Identify(&i)
		var p ClientParser
		var list record.Clients
		p.Parse(text, &list)
		subscribers := 0
		for _, row := range list.Rows {
			props, unknown := id.Flags(row.Flags)
			if unknown != "" {
				t.Errorf("%s: flags %q has unknown %q", file, row.Flags, unknown)
			}
			if row.Sub+row.PSub+row.SSub > 0 {
				subscribers++
				if props.Has(record.PropPubSub) != id.AtLeast(5, 0) {
					t.Errorf("%s: subscriber with flags %q", file, row.Flags)
				}
			}
		}
		if subscribers == 0 {
			t.Errorf("%s has no subscriber", file)
		}
	}
}
