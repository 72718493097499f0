package dump

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

// A whole is a reply kept whole, as a test wants it.
type whole struct{ command, text string }

// others reads a dump and gives its *Others; kinds is what else was there, in order.
func others(t testing.TB, text string) (found []whole, kinds string) {
	t.Helper()
	d := NewReader(strings.NewReader(text), "d.txt")
	for d.Scan() {
		r := d.Record()
		kinds += fmt.Sprint(uint8(r.Kind()), " ")
		if o, ok := r.(*record.Other); ok {
			found = append(found, whole{o.Command, string(o.Text)})
		}
	}
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	return found, strings.TrimSpace(kinds)
}

// TestDumpOtherServers reads the recorded forms without a command before them, between an
// INFO and a CLIENT LIST.
func TestDumpOtherServers(t *testing.T) {
	for _, test := range []struct {
		pattern, command string
		min              int
	}{
		{"*/mixed.memory-stats.*.txt", "MEMORY STATS", 8},
		{"redis-2.8.24/mixed.latency-latest.*.txt", "LATENCY LATEST", 3},
		{"*/mixed.memory-doctor.raw.txt", "MEMORY DOCTOR", 2},
		{"*/mixed.latency-doctor.raw.txt", "LATENCY DOCTOR", 4},
	} {
		files := 0
		for name, reply := range servers.Replies(test.pattern) {
			files++
			text := string(reply)
			want := strings.TrimRight(text, "\n") + "\n"
			if form := strings.Split(name, "."); form[len(form)-2] == "csv" || form[len(form)-2] == "json" {
				want = strings.TrimRight(text, "\n") // one line, which has no line end of its own
			}
			dump := "# Server\nredis_version:7.0.15\n" + text + "id=3 addr=1.2.3.4:5 fd=8\n"
			got, kinds := others(t, dump)
			if len(got) != 1 || got[0] != (whole{test.command, want}) || kinds != "1 5 2" {
				t.Errorf("%s: kinds %s, %.300q", name, kinds, got)
				continue
			}
		}
		if files < test.min {
			t.Errorf("%s: %d files", test.pattern, files)
		}
	}
}

const (
	clusterInfo = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_known_nodes:6\r\ncluster_stats_messages_sent:7\r\ntotal_cluster_links_buffer_limit_exceeded:0\r\n"
	roleTree    = "1) \"master\"\n2) (integer) 3129659\n3) 1) 1) \"127.0.0.1\"\n      2) \"9001\"\n      3) \"3129242\"\n"
	historyTree = "1) 1) (integer) 1795236677\n   2) (integer) 20\n2) 1) (integer) 1795236679\n   2) (integer) 31\n"
	statsMap    = " 1# \"peak.allocated\" => (integer) 1786536\n 2# \"db.0\" => \n    1# \"overhead.hashtable.main\" => (integer) 72\n 3# \"dataset.percentage\" => (double) 99.8\n"
	largeTree   = "1) 1) (integer) 3\n   2) (integer) 1795236677\n   3) (integer) 1048600\n   4) 1) \"SET\"\n      2) \"k\"\n   5) \"1.2.3.4:5\"\n   6) \"\"\n"
)

// TestDumpOther has forms that were not recorded in this shape, and what may go wrong.
func TestDumpOther(t *testing.T) {
	one := func(command, text string) []whole { return []whole{{command, text}} }
	for _, c := range []struct {
		name, dump string
		want       []whole
		kinds      string
	}{
		{"ROLE of a primary", roleTree, one("ROLE", roleTree), "5"},
		{"ROLE of Kvrocks", "1) \"master\"\n2) \"17\"\n", one("ROLE", "1) \"master\"\n2) \"17\"\n"), "5"},
		{"ROLE of a Sentinel", "1) \"sentinel\"\n2) 1) \"mymaster\"\n", one("ROLE", "1) \"sentinel\"\n2) 1) \"mymaster\"\n"), "5"},
		{"ROLE flat", "master\n3129659\n127.0.0.1\n9001\n3129242\nfoo.example\n9002\n3129543\n\n1795236677\nid=1 addr=1.2.3.4:5 fd=6\n",
			one("ROLE", "master\n3129659\n127.0.0.1\n9001\n3129242\nfoo.example\n9002\n3129543\n"), "5 2"},
		{"ROLE flat, no replicas, then a time", "master\n0\n\n2026-01-01T00:00:00Z\nid=1 addr=1.2.3.4:5 fd=6\n", one("ROLE", "master\n0\n"), "5 2"},
		{"ROLE of a replica, flat", "slave\n10.0.0.1\n6379\nconnected\n-1\nhello\n", one("ROLE", "slave\n10.0.0.1\n6379\nconnected\n-1\n"), "5 8"},
		{"ROLE of a Sentinel, flat", "$ redis-cli role\nsentinel\nmymaster\nresque\n# bye\n", one("ROLE", "sentinel\nmymaster\nresque\n"), "5 8"},
		{"ROLE, json", `["master",17,[]]` + "\n", one("ROLE", `["master",17,[]]`), "5"},
		{"ROLE, csv", `"slave","10.0.0.1",6379,"connected",17` + "\n", one("ROLE", `"slave","10.0.0.1",6379,"connected",17`), "5"},
		{"LATENCY HISTORY", historyTree, one("LATENCY HISTORY", historyTree), "5"},
		{"LATENCY HISTORY with its event", "127.0.0.1:6379> latency history command\n" + historyTree, one("LATENCY HISTORY COMMAND", historyTree), "5"},
		{"LATENCY HISTORY, flat", "$ redis-cli latency history fork\n1795236677\n20\n1795236679\n31\n", one("LATENCY HISTORY FORK", "1795236677\n20\n1795236679\n31\n"), "5"},
		{"LATENCY LATEST with sums, then a time", "fork\n1795236677\n20\n20\n40\n2\naof-write\n1795236678\n5\n9\n\n1795236680\nERR max number of clients reached\n",
			one("LATENCY LATEST", "fork\n1795236677\n20\n20\n40\n2\naof-write\n1795236678\n5\n9\n"), "5 6"},
		{"MEMORY STATS, a map", statsMap, one("MEMORY STATS", statsMap), "5"},
		{"MEMORY STATS cut, then unix seconds", "peak.allocated\n17\ndb.0\noverhead.hashtable.main\n9\nfragmentation\n1.5\n1795236677\nid=1 addr=1.2.3.4:5 fd=6\n",
			one("MEMORY STATS", "peak.allocated\n17\ndb.0\noverhead.hashtable.main\n9\nfragmentation\n1.5\n"), "5 2"},
		{"CLUSTER INFO after INFO", "# Server\r\nrun_id:x\r\n# Cluster\r\ncluster_enabled:1\r\n" + clusterInfo + "\r\n", one("CLUSTER INFO", clusterInfo), "1 5"},
		{"CLUSTER INFO twice", strings.ReplaceAll(clusterInfo+clusterInfo, "\r", ""), []whole{{"CLUSTER INFO", clusterInfo}, {"CLUSTER INFO", clusterInfo}}, "5 5"},
		{"the section of Valkey 9.1", "# Cluster Info\r\n" + clusterInfo, nil, "1"},
		{"COMMANDLOG of sizes", "$ valkey-cli commandlog get 10 large-request\n" + largeTree, one("COMMANDLOG GET 10 LARGE-REQUEST", largeTree), "5"},
		{"COMMANDLOG of sizes, flat", "$ valkey-cli commandlog get 10 large-reply\n3\n1795236677\n1048600\nGET\nk\n1.2.3.4:5\n\n",
			one("COMMANDLOG GET 10 LARGE-REPLY", "3\n1795236677\n1048600\nGET\nk\n1.2.3.4:5\n\n"), "5"},
		{"COMMANDLOG of sizes, json", "$ valkey-cli --json commandlog get 10 large-reply\n[[3,1795236677,1048600,[\"GET\"],\"\",\"\"]]\n",
			one("COMMANDLOG GET 10 LARGE-REPLY", `[[3,1795236677,1048600,["GET"],"",""]]`), "5"},
		{"COMMANDLOG of slow commands", "$ valkey-cli commandlog get 10 slow\n" + largeTree, nil, "3"},
		{"a stale command", "$ redis-cli slowlog get\n" + roleTree, one("ROLE", roleTree), "5"},
		{"a slow log whose id is a time", "1) 1) (integer) 1795236677\n   2) (integer) 1795236677\n   3) (integer) 9\n   4) 1) \"GET\"\n", nil, "3"},
		{"words that begin so", "# Server\nrun_id:x\nmaster\nslave\nsentinel\nfork\ncommand\n", nil, "1 8"},
	} {
		got, kinds := others(t, c.dump)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) || kinds != c.kinds {
			t.Errorf("%s: kinds %s, want %s\n got %q\nwant %q", c.name, kinds, c.kinds, got, c.want)
			continue
		}
	}
}

// The INFO of Kvrocks has a remark under its Keyspace. Made from its source, not recorded.
func TestDumpKvrocksInfo(t *testing.T) {
	for _, remark := range []string{"# WARN: DBSIZE SCAN never performed yet", "# Last DBSIZE SCAN time: Mon Nov 23 06:27:01 2026"} {
		text := "# Server\r\nkvrocks_version:2.10.0\r\n\r\n# Keyspace\r\n" + remark + "\r\ndb0:keys=1,expires=0,avg_ttl=0,expired=0\r\nused_percent: 3%\r\n\r\n# RocksDB\r\nis_bgsaving:no\r\n"
		d := NewReader(strings.NewReader(text), "d.txt")
		if !d.Scan() || string(canonical(d.Record())) != text {
			t.Errorf("%q", canonical(d.Record()))
			continue
		}
		sections := ""
		d.Record().(*record.Info).Each(func(section, key, _ []byte) { sections += string(section) + "/" + string(key) + " " })
		if sections != "Server/kvrocks_version Keyspace/db0 Keyspace/used_percent RocksDB/is_bgsaving " || d.Scan() {
			t.Error(sections)
		}
	}
}

// FuzzDumpOther reads forms of replies kept whole out of any text: nothing of a reply may
// come twice, and none may be larger than the input.
func FuzzDumpOther(f *testing.F) {
	for _, s := range []string{roleTree, historyTree, statsMap, largeTree, clusterInfo, "master\n1\nh\n2\n3\n", "peak.allocated\n1\n", "fork\n1795236677\n2\n3\n", "Dave, no\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewReader(io.LimitReader(bytes.NewReader(data), 1<<16), "d.txt")
		total := 0
		for d.Scan() {
			if o, ok := d.Record().(*record.Other); ok {
				total += len(o.Text)
			}
		}
		if total > 2*len(data)+2 { // LF becomes CRLF in CLUSTER INFO
			t.Errorf("%d bytes of replies from %d", total, len(data))
		}
	})
}

// TestServersPageNames holds docs/servers.md against the replies that are kept whole.
func TestServersPageNames(t *testing.T) {
	text, err := os.ReadFile("../../docs/servers.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, s := range otherForms {
		name, _, _ := strings.Cut(s.command, " HISTORY")
		if !strings.Contains(page, name) {
			t.Errorf("the page does not name %s", s.command)
		}
	}
}
