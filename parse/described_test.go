package parse

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// described are lines of CLIENT LIST of servers that were not run. They are made from
// documentation and source, NOT recorded: the key order is what those say, the values are
// invented.
var described = []struct {
	name   string
	line   string
	fields string // what is read, in the fields' order
	extra  string // the rest
	props  record.Properties
	info   string // an INFO of that server, to tell it
	lists  bool   // the list alone tells the family
}{
	{"Redis 2.4", "addr=10.1.0.7:50714 fd=9 idle=12 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=ping",
		"addr=10.1.0.7:50714 fd=9 idle=12 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=ping", "", 0,
		"redis_version:2.4.18\n", false},
	{"Redis 2.6 without names", "addr=10.1.0.7:50714 fd=9 age=900 idle=12 flags=b db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=blpop",
		"addr=10.1.0.7:50714 fd=9 age=900 idle=12 flags=b db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=blpop", "", record.PropBlocked,
		"redis_version:2.6.2\n", false},
	{"Redis 8.2", "id=12 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=9 name= age=9 idle=0 flags=I db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37786 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver= io-thread=3 tot-net-in=51 tot-net-out=6 tot-cmds=2",
		"id=12 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=9 name= age=9 idle=0 flags=I db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37786 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver= io-thread=3 tot-net-in=51 tot-net-out=6 tot-cmds=2", "", record.PropInternal,
		"redis_version:8.2.1\n", false},
	{"keys of a server to come", "id=12 addr=10.1.0.7:50714 fd=9 omem=20512 omem-shared=1 omem-unshared=20511 read-events=4 avg-pipeline-len-sum=9 avg-pipeline-len-cnt=4 cmd=get",
		"id=12 addr=10.1.0.7:50714 fd=9 omem=20512 cmd=get", "1 20511 4 9 4", 0, "redis_version:8.6.0\n", false},
	{"Azure Cache for Redis", "id=63912 addr=10.1.0.7:50714 fd=21 name=CACHE age=66 idle=0 flags=S db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=32768 obl=0 oll=0 omem=0 ow=0 owmem=0 events=r cmd=get numops=51",
		"id=63912 addr=10.1.0.7:50714 fd=21 name=CACHE age=66 idle=0 flags=S db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=32768 obl=0 oll=0 omem=0 events=r cmd=get", "0 0 51", record.PropReplica,
		"redis_version:6.0.14\n", true},
	{"Dragonfly", "id=2 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=14 name=web tls=TLSv1.3|TLS_AES_256_GCM_SHA384 tid=1 irqmatch=0 pipeline=3 pbuf=912 age=20 idle=1 tot-cmds=44 tot-net-in=9120 tot-read-calls=21 tot-dispatches=40 db=0 flags=P phase=process lib-name=redis-py lib-ver=5.0.1",
		"id=2 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 fd=14 name=web age=20 idle=1 flags=P db=0 lib-name=redis-py lib-ver=5.0.1 tot-net-in=9120 tot-cmds=44", "TLSv1.3|TLS_AES_256_GCM_SHA384 1 0 3 912 21 40 process", record.PropPubSub,
		"redis_version:7.4.0\ndragonfly_version:df-v1.25.1\n", true},
	{"Dragonfly, HTTP", "id=3 addr=10.1.0.7:50716 laddr=10.0.0.1:6379 fd=15 http=true tid=0 irqmatch=1 age=0 idle=0 tot-cmds=0 tot-net-in=0 tot-read-calls=0 tot-dispatches=0 phase=setup lib-name= lib-ver=",
		"id=3 addr=10.1.0.7:50716 laddr=10.0.0.1:6379 fd=15 age=0 idle=0 lib-name= lib-ver= tot-net-in=0 tot-cmds=0", "true 0 1 0 0 setup", 0,
		"redis_version:7.4.0\ndragonfly_version:df-v1.25.1\n", true},
	{"Kvrocks", "id=7 addr=10.1.0.7:50714 fd=33 name= age=12 idle=0 flags=M namespace=__namespace qbuf=0 obuf=17 cmd=monitor",
		"id=7 addr=10.1.0.7:50714 fd=33 name= age=12 idle=0 flags=M qbuf=0 cmd=monitor", "__namespace 17", record.PropMonitor,
		"version:2.10.0\nkvrocks_version:2.10.0\nredis_version:4.0.0\n", true},
	{"Garnet", "id=4 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 name=web age=31 user=default flags=P db=0 resp=3 lib-name=StackExchange.Redis lib-ver=2.8.16",
		"id=4 addr=10.1.0.7:50714 laddr=10.0.0.1:6379 name=web age=31 flags=P db=0 user=default resp=3 lib-name=StackExchange.Redis lib-ver=2.8.16", "", record.PropPubSub,
		"garnet_version:1.0.61\nredis_version:7.4.3\n", false},
}

func TestDescribedClients(t *testing.T) {
	for _, c := range described {
		list := parseClients(c.line + "\n")
		row := &list.Rows[0]
		if got := knownFields(row); got != c.fields || row.Extra != c.extra || row.Raw != "" {
			t.Errorf("%s: read %q and %q, raw %q", c.name, got, row.Extra, row.Raw)
		}
		var i record.Info
		i.Reset([]byte("# Server\n" + c.info))
		id := record.Identify(&i).FromList(list.Layouts[0])
		props, unknown := id.Flags(row.Flags)
		if props != c.props || unknown != "" {
			t.Errorf("%s: flags %q of %v are %v, unknown %q", c.name, row.Flags, id, props, unknown)
		}
		if alone := (record.Identity{}).FromList(list.Layouts[0]); (alone.Family == id.Family) != c.lists {
			t.Errorf("%s: the list alone says %v", c.name, alone)
		}
		for _, key := range list.Layouts[0] {
			if _, ok := record.FieldSpecByKey(key); !ok && c.name != "keys of a server to come" {
				t.Errorf("%s: nothing is known of %s", c.name, key)
			}
		}
	}
}

// TestDescribedRoundTrip takes a dump of all of them, with and without the last line end
// (Garnet prints none), through a bundle.
func TestDescribedRoundTrip(t *testing.T) {
	for _, c := range described {
		for _, end := range []string{"\n", ""} {
			d := NewDump(strings.NewReader("2026-11-01T00:00:00Z\n# Server\n"+c.info+"2026-11-01T00:00:00Z\n"+c.line+end), "d.txt")
			if !d.Scan() || d.Record().Kind() != record.KindInfo || !d.Scan() {
				t.Errorf("%s: %v", c.name, d.Err())
				continue
			}
			list, ok := d.Record().(*record.Clients)
			if !ok || d.Record().Base().At.IsZero() {
				t.Errorf("%s: %T", c.name, d.Record())
				continue
			}
			rec := &record.Clients{Head: list.Head, Rows: append([]record.Client{}, list.Rows...), Layouts: list.Layouts}
			b := openBundle(t, writeBundle(t, []record.Record{rec}))
			if !b.Scan() || !bytes.Equal(AppendClients(nil, b.Record().(*record.Clients)), []byte(c.line+"\n")) {
				t.Errorf("%s: the bundle gives %q", c.name, AppendClients(nil, b.Record().(*record.Clients)))
			}
		}
	}
}

// TestFlagsOfRecordings: each letter of the recorded lists is known to its server, and a
// subscriber shows P from Redis 5.0 on.
func TestFlagsOfRecordings(t *testing.T) {
	files, err := filepath.Glob("../fixtures/servers/*/mixed.client-list.raw.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.ReadFile(filepath.Join(filepath.Dir(file), "mixed.info.raw.txt"))
		if err != nil {
			t.Fatal(err)
		}
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
