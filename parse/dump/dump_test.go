package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/record/recordtest"
	"github.com/connbox/connbox/parse/reply"
)

// canonical gives the text that a record stands for.
func canonical(r record.Record) []byte {
	switch r := r.(type) {
	case *record.Info:
		return bytes.Clone(r.Text)
	case *record.Clients:
		return reply.AppendClients(nil, r)
	case *record.Slowlog:
		return reply.AppendSlowlog(nil, r)
	case *record.Config:
		return reply.AppendConfig(nil, r)
	}
	return nil
}

func withoutCR(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r"), nil) }

// TestDumpServers reads what 12 servers and versions printed in redis-cli's modes: each
// file is the one record that it should be, and where the mode keeps the reply's text, that
// text comes back.
func TestDumpServers(t *testing.T) {
	tests := []struct {
		pattern string
		want    record.Kind
		same    bool // the canonical text is the file's
		size    func(record.Record) int
		min     int
	}{
		{"*/*.info.*.txt", record.KindInfo, true, func(r record.Record) int { n := 0; r.(*record.Info).Each(func(_, _, _ []byte) { n++ }); return n }, 60},
		{"*/*.client-list.*.txt", record.KindClients, true, func(r record.Record) int { return len(r.(*record.Clients).Rows) }, 30},
		{"*/*.slowlog-get.noraw.txt", record.KindSlowlog, true, func(r record.Record) int { return len(r.(*record.Slowlog).Entries) }, 128},
		{"*/*.slowlog-get.tty.txt", record.KindSlowlog, true, func(r record.Record) int { return len(r.(*record.Slowlog).Entries) }, 128},
		{"*/*.slowlog-get.raw.txt", record.KindSlowlog, false, func(r record.Record) int { return len(r.(*record.Slowlog).Entries) }, 128},
		{"*/*.config-get.noraw.txt", record.KindConfig, true, func(r record.Record) int { return len(r.(*record.Config).Pairs) }, 60},
		{"*/*.config-get.tty.txt", record.KindConfig, true, func(r record.Record) int { return len(r.(*record.Config).Pairs) }, 60},
		{"*/*.config-get.raw.txt", record.KindConfig, false, func(r record.Record) int { return len(r.(*record.Config).Pairs) }, 60},
	}
	for _, test := range tests {
		for name, text := range servers.Replies(test.pattern) {
			d := NewReader(bytes.NewReader(text), filepath.Base(name))
			if !d.Scan() {
				t.Errorf("%s: nothing read: %v", name, d.Err())
				continue
			}
			r := d.Record()
			if r.Kind() != test.want || r.Base().Pos.Line != 1 {
				t.Errorf("%s: %T at %v", name, r, r.Base().Pos)
				continue
			}
			if n := test.size(r); n < test.min {
				t.Errorf("%s: only %d items", name, n)
			}
			got := canonical(r)
			if test.same && !bytes.Equal(withoutCR(got), withoutCR(text)) {
				t.Errorf("%s: text is not the file's", name)
			}
			if r.Base().Size != len(got) {
				t.Errorf("%s: Size %d, text %d", name, r.Base().Size, len(got))
			}
			if d.Scan() || d.Err() != nil {
				t.Errorf("%s: then %+v, %v", name, d.Record(), d.Err())
			}
			if o := d.Origin(); o.Bytes != int64(len(text)) || len(o.SHA256) != 64 {
				t.Errorf("%s: origin %+v", name, o)
			}
		}
	}
}

const (
	c1 = "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\n"
	c2 = "id=2 addr=10.0.0.2:5 fd=9 name=a age=3 idle=1 cmd=set\n"
	c3 = "id=3 addr=10.0.0.3:5 fd=9 name=b age=3 idle=1 cmd=set\n"
	i1 = "# Server\nredis_version:7.0.15\nserver_time_usec:1795242489250000\n\n# Clients\nconnected_clients:2\n"
	i2 = "# Server\nredis_version:7.0.15\nserver_time_usec:1795242499250000\n\n# Clients\nconnected_clients:2\n"
	t1 = "2026-11-21T06:28:09Z\n"
	t2 = "2026-11-21T06:28:19Z\n"
	s1 = "1) 1) (integer) 5\n   2) (integer) 1795242480\n   3) (integer) 12000\n   4) 1) \"KEYS\"\n      2) \"a \\\"*\\\"\\n\"\n   5) \"10.0.0.1:5\"\n   6) \"\"\n"
	s2 = "2) 1) (integer) 4\n   2) (integer) 1795242470\n   3) (integer) 11000\n   4) 1) \"DEL\"\n   5) \"10.0.0.1:5\"\n   6) \"w\"\n"
)

func TestDump(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"the usual loop", t1 + i1 + c1 + c2 + s1 + s2 + t2 + i2 + c2 + "(empty array)\n1) \"maxclients\"\n2) \"100\"\n", `
x:2 06:28:09 info 3
x:8 06:28:09 clients 1 2
x:10 06:28:09 slowlog 5:1795242480:12000["KEYS" "a \"*\"\n"]10.0.0.1:5/ 4:1795242470:11000["DEL"]10.0.0.1:5/w
x:24 06:28:19 info 3
x:30 06:28:19 clients 2
x:31 06:28:19 slowlog
x:32 06:28:19 config [{maxclients 100}]
`},
		{"no time lines: INFO's clock", i1 + c1 + i2 + c1, `
x:1 06:28:09.25 info 3
x:7 06:28:09.25 clients 1
x:8 06:28:19.25 info 3
x:14 06:28:19.25 clients 1
`},
		{"a last line cut short with a line end behind", row(1) + row(2) + "id=3 addr=1.2.3.4:6 fd=8 name= age=9 id\n\nand so on\n", `
x:1 - clients 1 2 3
x:5 - chatter 1 "and so on"
warning x:3: the last line of CLIENT LIST is cut short: of it what is whole is used
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"colours around a prefix, and syslog under the server's name", "\x1b[36mredis-1  | \x1b[0mconnected_clients:5\n\x1b[36mredis-1  | \x1b[0mmaxclients:9\n$ redis-cli info clients\n" +
			"Nov 27 04:00:01 h redis[7]: # Clients\nNov 27 04:00:01 h redis[7]: connected_clients:6\nNov 27 04:00:01 h redis[7]: some_key:1\n", `
x:1 - info 2
x:4 04:00:01 info 2
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"a filter of CLIENT LIST is no list of all", "1.2.3.4:6379> client list\n" + row(1) + row(2) + "1.2.3.4:6379> client list id 2\n" + row(2), `
x:2 - clients 1 2
x:5 - other "CLIENT LIST ID 2" "id=2 addr=1.2.3.4:5 fd=8 name= age=9 idle=3 flags=N cmd=get\n"
warning x:2: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"a filter alone is said to be one", "$ redis-cli client list | grep get\n" + row(1), `
x:2 - clients 1
warning x:2: not the whole CLIENT LIST, but what "CLIENT LIST | GREP" picks of it
warning x:2: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"no clock at all", c1 + "(empty list or set)\n", `
x:1 - clients 1
x:2 - slowlog
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"a time line is missing", t1 + i1 + c1 + i2 + c2, `
x:2 06:28:09 info 3
x:8 06:28:09 clients 1
x:9 06:28:19 info 3
x:15 06:28:19 clients 2
warning x:9: a time line is missing: server_time_usec tells how much later this reply is
`},
		{"two INFO of one moment that contradict each other", i1 + strings.Replace(i1, "clients:2", "clients:500", 1) + i1 + i2, `
x:1 06:28:09.25 info 3
x:7 06:28:09.25 info 3
x:13 06:28:09.25 info 3
x:19 06:28:19.25 info 3
warning x:7: two INFO of the same moment, by server_time_usec, contradict each other: connected_clients is 2 and 500
warning x:13: two INFO of the same moment, by server_time_usec, contradict each other: connected_clients is 500 and 2
`},
		{"two servers under one time line", t1 + i1 + "run_id:a\n" + c1 + i2 + "run_id:b\n" + c2, `
x:2 06:28:09 info 4
x:9 06:28:09 clients 1
x:10 06:28:09 info 4
x:17 06:28:09 clients 2
`},
		{"CLIENT INFO is no list", t1 + "10.0.0.1:6379> CLIENT INFO\n" + c1 + t2 + c1, `
x:3 06:28:09 other "CLIENT INFO" "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\n"
x:5 06:28:19 clients 1
`},
		{"CLIENT INFO without a prompt", i1 + "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=client|info\n", `
x:1 06:28:09.25 info 3
x:7 06:28:09.25 other "CLIENT INFO" "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=client|info\n"
`},
		{"CLIENT INFO alone", "10.0.0.1:6379> CLIENT INFO\n" + c1, `
x:2 - other "CLIENT INFO" "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\n"
warning x:2: no time: there is no time line before this reply, and no server_time_usec in INFO
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is the reply of CLIENT INFO, which is the one connection that asked: take redis-cli CLIENT LIST, which shows them all, and redis-cli INFO
`},
		{"a zone that has no one meaning", "Sat Nov 21 11:58:09 IST 2026\n" + i1 + c1, `
x:2 06:28:09 info 3
x:8 06:28:09 clients 1
warning x:2: the time lines' zone is not known; its offset is taken from server_time_usec
`},
		{"refused", t1 + "ERR max number of clients reached\n\n" + t2 + "Error: Server closed the connection\n", `
x:2 06:28:09 failure maxclients "" "ERR max number of clients reached"
x:5 06:28:19 failure reset "" "Error: Server closed the connection"
`},
		{"a failed AUTH is one failure", t1 + "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\nNOAUTH Authentication required.\n" + c1, `
x:2 06:28:09 failure auth "" "AUTH failed: WRONGPASS invalid username-password pair or user is disabled."
x:4 06:28:09 clients 1
`},
		{"two lists and two INFOs in a row", t1 + c1 + c2 + c2 + c3 + i1 + "# Server\nredis_version:7.0.15\n", `
x:2 06:28:09 clients 1 2
x:4 06:28:09 clients 2 3
x:6 06:28:09 info 3
x:12 06:28:09 info 1
warning x:4: a client comes a second time without a time line between: taken for the next CLIENT LIST
`},
		{"chatter does not end a list", t1 + c1 + "** post-quantum warning **\nsecond line\n" + c2 + t2 + c1, `
x:2 06:28:09 clients 1 2
x:3 06:28:09 chatter 2 "** post-quantum warning **\nsecond line"
x:7 06:28:19 clients 1
`},
		{"prompts", "$ redis-cli -a s3cret CLIENT LIST\n" + c1 + "127.0.0.1:6379> config get nothing\n(empty array)\nuser@host:~$ redis-cli COMMANDLOG GET 5 large-reply\n" + s1 + "host> memory stats\n1) \"peak.allocated\"\n2) (integer) 5\n", `
x:2 - clients 1
x:4 - config []
x:6 - other "COMMANDLOG GET 5 LARGE-REPLY" "1) 1) (integer) 5\n   2) (integer) 1795242480\n   3) (integer) 12000\n   4) 1) \"KEYS\"\n      2) \"a \\\"*\\\"\\n\"\n   5) \"10.0.0.1:5\"\n   6) \"\"\n"
x:14 - other "MEMORY STATS" "1) \"peak.allocated\"\n2) (integer) 5\n"
warning x:2: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"a terminal's colours and script(1)", "Script started on 2026-11-21 06:28:00+00:00\r\n\x1b[1;32m" + t1[:20] + "\x1b[0m\r\r\n" + strings.ReplaceAll(i1+c1, "\n", "\r\r\n"), `
x:1 - chatter 1 "Script started on 2026-11-21 06:28:00+00:00"
x:3 06:28:09 info 3
x:9 06:28:09 clients 1
`},
		{"flat forms", t1 + "5\n1795242480\n12000\nKEYS\n7\n10.0.0.1:5\n\n4\n1795242470\n11000\nDEL\n1795242470\n10.0.0.1:5\nw\n1795242499\n" + c1 + "maxclients\n100\nsave\n\ntimeout\n0\n" + t2, `
x:2 06:28:09 slowlog 5:1795242480:12000["KEYS" "7"]10.0.0.1:5/ 4:1795242470:11000["DEL" "1795242470"]10.0.0.1:5/w
x:17 06:28:19 clients 1
x:18 06:28:19 config [{maxclients 100} {save } {timeout 0}]
`},
		{"a flat slowlog ends with an empty name", "5\n1795242480\n12000\nPING\n10.0.0.1:5\n\n\n" + i1, `
x:1 - slowlog 5:1795242480:12000["PING"]10.0.0.1:5/
x:8 06:28:09.25 info 3
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"csv and json", t1 + `5,1795242480,12000,"KEYS","a,\"b","10.0.0.1:5","",4,1795242470,11000,"DEL","10.0.0.1:5","w"` + "\n" +
			`[[5,1795242480,12000,["KEYS","a\u0001\"` + "\xff" + `"],"10.0.0.1:5",""],[4,1795242470,9,["DEL"]]]` + "\n" +
			`{"maxclients":"100","save":""}` + "\n" + `"maxclients","100","save",""` + "\n[]\n" + `ERROR,"ERR unknown command"` + "\n", `
x:2 06:28:09 slowlog 5:1795242480:12000["KEYS" "a,\"b"]10.0.0.1:5/ 4:1795242470:11000["DEL"]10.0.0.1:5/w
x:3 06:28:09 slowlog 5:1795242480:12000["KEYS" "a\x01\"\xff"]10.0.0.1:5/ 4:1795242470:9["DEL"]/
x:4 06:28:09 config [{maxclients 100} {save }]
x:5 06:28:09 config [{maxclients 100} {save }]
x:6 06:28:09 slowlog
x:7 06:28:09 failure permission "" "ERROR,\"ERR unknown command\""
`},
		{"RESP3 map", t1 + "1# \"maxclients\" => \"100\"\n2# \"save\" => \"a \\\"b\"\n", `
x:2 06:28:09 config [{maxclients 100} {save a "b}]
`},
		{"no sections, and no ids", "1795242489\nredis_version:2.4.18\nconnected_clients:2\naddr=1.2.3.4:5 fd=6 idle=0 cmd=get\naddr=1.2.3.4:6 fd=7 idle=0 cmd=get\n1795242499.5\naddr=1.2.3.4:5 fd=6 idle=0 cmd=get\n", `
x:2 06:28:09 info 2
x:4 06:28:09 clients 0 0
x:7 06:28:19.5 clients 0
`},
		{"a line broken in two", t1 + "id=1 addr=10.0.0.1:5 fd=8 name= ag\ne=3 idle=1 cmd=get\n" + c2, `
x:2 06:28:09 clients 1 2
`},
		{"a word with an = is no piece of a client", t1 + c1 + "cmd=2\n" + c2, `
x:2 06:28:09 clients 1 2
x:3 06:28:09 chatter 1 "cmd=2"
`},
		{"a list in prose and a comment are chatter", t1 + "1) first\n# a note: see 10:20\nhttp://example.org/\n" + c1, `
x:2 06:28:09 chatter 3 "1) first\n# a note: see 10:20\nhttp://example.org/"
x:5 06:28:09 clients 1
`},
		{"a cut client", t1 + c1 + c2 + "id=3 addr=10.0.0.3:5 fd=9 name=b age=3", `
x:2 06:28:09 clients 1 2
warning x:4: CLIENT LIST is cut short inside this line, which is left out
`},
		{"a whole client without a line end", t1 + c1 + strings.TrimSuffix(c2, "\n"), `
x:2 06:28:09 clients 1 2
warning x:3: no line end after the last client: its last value may be cut
`},
		{"a cut INFO", t1 + i1 + "blocked_clients:1", `
x:2 06:28:09 info 3
warning x:8: INFO is cut short inside this line, which is left out
`},
		{"a list cut between two lines", t1 + "# Clients\nconnected_clients:200\n" + c1, `
x:2 06:28:09 info 1
x:4 06:28:09 clients 1
warning x:4: the input ends after 1 of about 200 clients: CLIENT LIST is probably cut short
`},
		{"a cut slowlog", t1 + s1 + s2[:100], `
x:2 06:28:09 slowlog 5:1795242480:12000["KEYS" "a \"*\"\n"]10.0.0.1:5/
warning x:13: SLOWLOG is cut short: its last entry is left out
`},
		{"a slowlog of before 4.0", t1 + "1) 1) (integer) 5\n   2) (integer) 1795242480\n   3) (integer) 12000\n   4) 1) \"PING\"\n" + t2, `
x:2 06:28:09 slowlog 5:1795242480:12000["PING"]/
`},
		{"byte order mark", "\xef\xbb\xbf" + t1 + c1, `
x:2 06:28:09 clients 1
`},
		{"empty", "", "\nerror x: the input is empty\n"},
		{"foreign", "hello\nworld\n", `
x:1 - chatter 2 "hello\nworld"
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines
`},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\n" + c1, "\nerror x:1: binary data, not a dump of redis-cli's output\n"},
		{"ACL LOG", t1 + "count\n1\nreason\nauth\nusername\n\nclient-info\n" + c1 + "entry-id\n0\n" + c2, `
x:2 06:28:09 other "ACL LOG" "count\n1\nreason\nauth\nusername\n\nclient-info\nid=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\nentry-id\n0\n"
x:12 06:28:09 clients 2
`},
		{"what awk left of CLIENT LIST", "addr=10.0.0.1:5 age=3 idle=1\naddr=10.0.0.2:6 age=4 idle=2\n", `
x:1 - clients 0 0
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"CLIENT LIST in brackets", "l: [" + c1 + strings.TrimSuffix(c2, "\n") + "]\n", `
x:1 - clients 1 2
warning x:1: no time: there is no time line before this reply, and no server_time_usec in INFO
`},
		{"a pool's statistics", "pool &{Hits:9 Misses:4 Timeouts:8 TotalConns:10 IdleConns:0 StaleConns:1}\n", `
x:1 - chatter 1 "pool &{Hits:9 Misses:4 Timeouts:8 TotalConns:10 IdleConns:0 StaleConns:1}"
error x:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line; it is the statistics of go-redis's pool, which is one client's: take redis-cli INFO and redis-cli CLIENT LIST of the server, and see --app for the pool's metrics
`},
		{"a client's exception, with the cause below", "JedisConnectionException: Could not get a resource from the pool\nCaused by: java.net.ConnectException: Connection refused (x)\n", `
x:1 - chatter 2 "JedisConnectionException: Could not get a resource from the pool\nCaused by: java.net.ConnectException: Connection refused (x)"
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is a client's message: its connection did not come about (refused or timed out), and a server at maxclients takes a connection and then answers “max number of clients reached”: ask from that machine with redis-cli PING, and at the server redis-cli INFO
`},
		{"a Sentinel's reply", "10.0.0.1:26379> sentinel replicas m\nflags\ns_down,slave\n", `
x:1 - chatter 3 "10.0.0.1:26379> sentinel replicas m\nflags\ns_down,slave"
error x:3: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 3 lines; it is the reply of a Sentinel, which is whom it watches and holds for down (s_down, o_down) and not who is connected: take redis-cli INFO and redis-cli CLIENT LIST of each server, and the Sentinels' logs
`},
		{"a client's log in JSON", `{"level":"error","message":"MaxRetriesPerRequestError"}` + "\n[ioredis] Unhandled error event: Error: read ECONNRESET\n", `
x:1 - chatter 2 "{\"level\":\"error\",\"message\":\"MaxRetriesPerRequestError\"}\n[ioredis] Unhandled error event: Error: read ECONNRESET"
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is a client's message: a connection that it had was closed by the other side: by the server's timeout or a limit of its buffers, by a restart, or by what is between (proxy, firewall, load balancer) when it was idle: take redis-cli CONFIG GET timeout, redis-cli INFO and the server's log of that time
`},
		{"a client's log in JSON that is cut off", `{"time":"x","message":"MaxRetriesPerRequestError: \"maxRetries` + "\n[ioredis] Error: connect ETIMEDOUT\n", `
x:1 - chatter 2 "{\"time\":\"x\",\"message\":\"MaxRetriesPerRequestError: \\\"maxRetries\n[ioredis] Error: connect ETIMEDOUT"
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is a client's message: its connection did not come about (refused or timed out), and a server at maxclients takes a connection and then answers “max number of clients reached”: ask from that machine with redis-cli PING, and at the server redis-cli INFO
`},
		{"redis-cli --latency", "min: 0, max: 1420, avg: 0.31 (487 samples)\n", `
x:1 - chatter 1 "min: 0, max: 1420, avg: 0.31 (487 samples)"
error x:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line; it is the output of redis-cli --latency, which is round trips and not connections: take redis-cli INFO and redis-cli CLIENT LIST
`},
		{"open files", "$ lsof -p 4211 | wc -l\n1019\n", `
x:1 - chatter 2 "$ lsof -p 4211 | wc -l\n1019"
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is what a process may open and has open, which is files as well as connections: take redis-cli INFO clients, which counts these, and redis-cli CONFIG GET maxclients, which the limit of open files caps
`},
		{"open descriptors, and what a person says", "The client says connection reset by peer.\n$ ll /proc/5510/fd\nl-wx 1 u u 64 15130 -> pipe:[2219]\n", `
x:1 - chatter 3 "The client says connection reset by peer.\n$ ll /proc/5510/fd\nl-wx 1 u u 64 15130 -> pipe:[2219]"
error x:3: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 3 lines; it is what a process has open, which is files and pipes as well as connections: take redis-cli INFO clients, which counts these, and redis-cli CONFIG GET maxclients
`},
		{"prose with numbers", "We have maxclients set to 10000 and see \x01connected_clients at 9998.\n", `
x:1 - chatter 1 "We have maxclients set to 10000 and see \x01connected_clients at 9998."
error x:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line; it is what somebody or a dashboard says of a server (“maxclients set to 10000 and see”), and nothing else is told: take redis-cli INFO and redis-cli CLIENT LIST
`},
		{"a dashboard's line", "> **Connected Clients: 62 / Blocked clients 6**\n", `
x:1 - chatter 1 "> **Connected Clients: 62 / Blocked clients 6**"
error x:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line; it is what somebody or a dashboard says of a server (“Connected Clients: 62 / Blocked clients 6”), and nothing else is told: take redis-cli INFO and redis-cli CLIENT LIST
`},
		{"MONITOR", "OK\n1714557600.000000 [0 10.0.0.1:40000] \"PING\"\n", `
x:1 - chatter 2 "OK\n1714557600.000000 [0 10.0.0.1:40000] \"PING\""
error x:2: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first 2 lines; it is the output of MONITOR, which shows commands and not connections: take redis-cli INFO and redis-cli CLIENT LIST
`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := "\n" + recordtest.Summary(NewReader(strings.NewReader(test.text), "x"))
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestDumpCut cuts a dump at every byte: what was whole before the cut is delivered, no
// client is invented, and nothing fails but the empty and the headless input.
func TestDumpCut(t *testing.T) {
	text := t1 + i1 + c1 + c2 + s1 + s2 + t2 + i2 + c2 + c3
	whole := strings.Split(strings.TrimSpace(recordtest.Summary(NewReader(strings.NewReader(text), "x"))), "\n")
	for n := range len(text) {
		d := NewReader(strings.NewReader(text[:n]), "x")
		records := 0
		for d.Scan() {
			if c, ok := d.Record().(*record.Clients); ok {
				for line := range strings.Lines(string(reply.AppendClients(nil, c))) {
					line = strings.TrimSuffix(line, "\n")
					if !strings.Contains(c1+c2+c3, line) || len(line) < len(c1)-3 {
						t.Fatalf("cut at %d: client %q", n, line)
					}
				}
			}
			if c, ok := d.Record().(*record.Chatter); ok && n > len(t1) && c.Lines > 1 {
				t.Fatalf("cut at %d: chatter %+v", n, c)
			}
			if d.Record().Kind() != record.KindChatter { // the beginning of a line may be that
				records++
			}
		}
		if records > len(whole) {
			t.Fatalf("cut at %d: %d records", n, records)
		}
		if d.Err() != nil && n > len(t1)+len("# Server\nredis_version:7.0.15\n") {
			t.Fatalf("cut at %d: %v", n, d.Err())
		}
	}
}

// TestDumpBounds checks that a hostile input is cut, not kept.
func TestDumpBounds(t *testing.T) {
	d := NewReader(strings.NewReader(t1+c1+"id=2 addr=1.2.3.4:5 fd=8 name="+strings.Repeat("x", 5000)+" cmd=get\n"+c3), "x")
	d.lines.max = 1000
	want := "x:2 06:28:09 clients 1 2 3\nwarning x:3: line longer than 1000 bytes, cut there\n"
	if got := recordtest.Summary(d); got != want {
		t.Errorf("long line: got %s", got)
	}
	d = NewReader(strings.NewReader(t1+c1+c2+c3+t2+c1), "x")
	d.max = 2 * len(c1)
	want = "x:2 06:28:09 clients 1\nx:6 06:28:19 clients 1\nwarning x:3: reply longer than 106 bytes, cut here\n"
	if got := recordtest.Summary(d); got != want {
		t.Errorf("long reply: got %s", got)
	}
	var sections strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&sections, "# Section %d\nkey%d:1\n", i, i)
	}
	d = NewReader(strings.NewReader(t1+sections.String()), "x")
	replies := 0
	for d.Scan() {
		replies++
	}
	if replies != 200_000/maxSections || d.Err() != nil {
		t.Errorf("endless sections: %d replies, %v", replies, d.Err())
	}
	foreign := &repeated{line: "just some words\n"}
	d = NewReader(foreign, "x")
	for d.Scan() {
	}
	if d.Err() == nil || foreign.given > 2*maxForeignLines*len(foreign.line) {
		t.Errorf("endless foreign text: %v after %d bytes", d.Err(), foreign.given)
	}
	whole := &repeated{line: "just some words "}
	d = NewReader(whole, "x")
	if d.Scan() || d.Err() == nil || !strings.Contains(d.Err().Error(), "found in the first line") || whole.given > 2*maxForeignBytes {
		t.Errorf("endless foreign line: %v after %d bytes", d.Err(), whole.given)
	}
	failing := io.MultiReader(strings.NewReader(t1+c1+c2[:20]), &broken{})
	var ie *record.InputError
	d = NewReader(failing, "x")
	if got := recordtest.Summary(d); !strings.HasPrefix(got, "x:2 06:28:09 clients 1\n") || !errors.As(d.Err(), &ie) || ie.Pos.Line != 3 {
		t.Errorf("read error: %s", got)
	}
	if d.Origin().SHA256 != "" {
		t.Error("a hash of a part is given as the whole's")
	}
}

// repeated is an endless stream of one line.
type repeated struct {
	line  string
	given int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n+len(r.line) <= len(p) {
		n += copy(p[n:], r.line)
	}
	r.given += n
	return n, nil
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func FuzzDump(f *testing.F) {
	f.Add([]byte(t1 + i1 + c1 + c2 + s1 + s2 + "(empty array)\n" + t2 + "ERR max number of clients reached\n\n"))
	f.Add([]byte("5\n1795242480\n12000\nKEYS\n10.0.0.1:5\n\nmaxclients\n100\n[[5,1795242480,1,[\"A\"]]]\n"))
	f.Add([]byte("1# \"maxclients\" => \"100\"\r\r\n\x1b[0mhost> INFO\n\"maxclients\",\"1\"\n5,1795242480,1,\"A\"\n"))
	f.Add([]byte("7:M 21 Nov 04:00:00.000 - Accepted 10.0.0.1:5\n" + i1 + "7:M 21 Nov 2026 04:00:00.000 # id=7 addr=10.0.0.1:5 fd=9 cmd=get\n" +
		c1 + "> `Client id=5 addr=10.0.0.1:5 fd=9 closed for overcoming of output buffer limits`\nERR max number of clients reached\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := NewReader(bytes.NewReader(text), "x")
		line := int64(0)
		for d.Scan() {
			h := d.Record().Base()
			if h.Pos.Line < 1 || h.Pos.Line > int64(bytes.Count(text, []byte("\n")))+1 {
				t.Fatalf("position %v", h.Pos)
			}
			if d.Record().Kind() != record.KindChatter { // which is given after the reply it stands in
				if h.Pos.Line < line {
					t.Fatalf("record at %v after one at %d", h.Pos, line)
				}
				line = h.Pos.Line
			}
			if c := canonical(d.Record()); c != nil && len(c) != h.Size && !bytes.Contains(c, []byte("\n\n")) {
				t.Fatalf("%T: size %d, text %d", d.Record(), h.Size, len(c))
			}
		}
		var ie *record.InputError
		if err := d.Err(); err != nil && !errors.As(err, &ie) {
			t.Fatalf("error without a position: %v", err)
		}
	})
}

// A line without an end costs no memory but the line's own bound.
func TestEndlessLine(t *testing.T) {
	l := newLineReader(io.MultiReader(strings.NewReader("a\n"), io.LimitReader(endless('x'), 100<<20), strings.NewReader("\nb\n")))
	var got []int
	for l.scan() {
		got = append(got, len(l.lines[0].text))
	}
	if !slices.Equal(got, []int{1, maxLine, 1}) || len(l.spare) > 2 {
		t.Errorf("lines of %v, %d kept", got, len(l.spare))
	}
}

type endless byte

func (r endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestHidePassword(t *testing.T) {
	for line, want := range map[string]string{
		"redis-cli -a s3cret INFO":       "redis-cli -a *** INFO",
		"REDISCLI_AUTH=s3cret redis-cli": "REDISCLI_AUTH=*** redis-cli",
		"> AUTH me s3cret":               "> AUTH ***",
		"redis-cli --pass  s3cret":       "redis-cli --pass ***",
		"redis-cli --all INFO":           "redis-cli --all INFO",
	} {
		if got := hidePassword(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// TestLongList: one CLIENT LIST is cut while it is read, which is said, and what comes
// behind it is read as ever.
func TestLongList(t *testing.T) {
	wrapped := strings.Replace(strings.Replace(c3, "id=3", "id=4", 1), " cmd", "\n cmd", 1)
	for name, c := range map[string]struct{ text, want string }{
		"whole": {t1 + c1 + c2, `
x:2 06:28:09 clients 1 2
`},
		"cut, then the next": {t1 + c1 + c2 + c3 + c1 + c3, `
x:2 06:28:09 clients 1 2
x:5 06:28:09 clients 1 3
warning x:4: CLIENT LIST of more than 2 clients, cut here
warning x:5: a client comes a second time without a time line between: taken for the next CLIENT LIST
`},
		"cut, then INFO": {t1 + c1 + c2 + c3 + wrapped + t2 + i2, `
x:2 06:28:09 clients 1 2
x:8 06:28:19 info 3
warning x:4: CLIENT LIST of more than 2 clients, cut here
`},
		"cut off in what is left out": {t1 + c1 + c2 + c3[:20], `
x:2 06:28:09 clients 1 2
warning x:4: CLIENT LIST of more than 2 clients, cut here
`},
	} {
		d := NewReader(strings.NewReader(c.text), "x")
		d.most = 2
		if got := "\n" + recordtest.Summary(d); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// row is a line of CLIENT LIST.
func row(id int) string {
	return fmt.Sprintf("id=%d addr=1.2.3.4:5 fd=8 name= age=9 idle=3 flags=N cmd=get\n", id)
}
