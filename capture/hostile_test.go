package capture

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// Servers that break the rules: each gives a failure in words, and no crash, no memory, no
// endless wait.
func TestRunHostileServers(t *testing.T) {
	tests := []struct {
		name  string
		info  string // what INFO is answered with
		hang  bool   // then nothing more comes, where the connection would else be closed
		class record.FailureClass
		words string
	}{
		{"closes at once", "", false, record.FailReset, "the server closed the connection"},
		{"closes in the middle", "$100\r\nredis_ver", false, record.FailReset, "in the middle of a reply"},
		{"stops in the middle", "$100\r\nredis_ver", true, record.FailTimeout, "no answer after"},
		{"huge string", "$99999999999\r\n", true, record.FailOther, "over the limit of 67108864"},
		{"string under the limit that never comes", "$67000000\r\n", true, record.FailTimeout, "no answer after"},
		{"huge list", "*99999999\r\n", true, record.FailOther, "over the limit of 131072"},
		{"lists in lists", strings.Repeat("*1\r\n", 1000), true, record.FailOther, "deeper than 16"},
		{"negative length", "$-7\r\n", true, record.FailOther, "no length"},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", true, record.FailOther, "no reply of a Redis server"},
		{"line without an end", strings.Repeat("+", 70000), true, record.FailOther, "line of more than"},
		{"a number", ":42\r\n", true, record.FailOther, "not of the command's form"},
		{"null", "$-1\r\n", true, record.FailOther, "not of the command's form"},
		{"wrong end of a string", "$2\r\nabcd\r\n", true, record.FailOther, "does not end there"},
		{"loading", "-LOADING Redis is loading the dataset in memory\r\n", true, record.FailLoading, "LOADING"},
		{"long words", "-ERR " + strings.Repeat("é", 1000) + "\r\n", true, record.FailOther, "ERR é"},
		{"loses the password", "-NOAUTH Authentication required.\r\n", true, record.FailAuth, "NOAUTH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := fakeServer(t, func(nc net.Conn, next func() []string) {
				for args := next(); args != nil; args = next() {
					switch args[0] {
					case "CLIENT", "HELLO":
						io.WriteString(nc, ":7\r\n")
						continue
					}
					io.WriteString(nc, tt.info)
					if !tt.hang {
						return
					}
				}
			})
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			r := recording(t, Options{Target: target, Wait: true, Clients: -1, Slowlog: -1, Config: -1, State: -1, Timeout: 100 * time.Millisecond})
			r.seesMore(record.KindFailure, tt.words, 2)
			if _, err := r.stop(); err != nil {
				t.Error(err)
			}
			runtime.ReadMemStats(&m1)
			if got := m1.TotalAlloc - m0.TotalAlloc; got > 8<<20 {
				t.Errorf("%d bytes allocated over a few bytes received", got)
			}
			for _, k := range r.all() {
				if k.kind == record.KindFailure && (k.class != tt.class || k.command != probeInfo || len(k.text) > 512) {
					t.Errorf("%s: class %s, %d bytes: %.100s", k.command, k.class, len(k.text), k.text)
				}
			}
			if r.count(record.KindInfo, "") > 0 {
				t.Error("there is an INFO")
			}
		})
	}
}

// Servers before Redis 7.0 take one parameter at a time; before 5 there is no CLIENT ID.
func TestRunOldServer(t *testing.T) {
	many := "CONFIG GET " + strings.Join(ConfigKeys(), " ")
	target := fakeServer(t, answer(map[string]string{
		"INFO":                          "$20\r\nconnected_clients:3\n\r\n",
		"CLIENT LIST":                   "$18\r\nid=1 addr=a:1 db=0\r\n",
		"CLIENT ID":                     "-ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)\r\n",
		"CLIENT NO-EVICT on":            "-ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)\r\n",
		"SLOWLOG":                       "*1\r\n*4\r\n:14\r\n:1309448221\r\n:15\r\n*2\r\n$4\r\nping\r\n$3\r\nabc\r\n",
		"CONFIG":                        "*0\r\n", // a parameter it does not know
		"CONFIG GET maxclients":         "*2\r\n$10\r\nmaxclients\r\n$3\r\n100\r\n",
		"CONFIG GET timeout":            "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n",
		"CONFIG GET slowlog-max-len":    "*2\r\n$11\r\nrequirepass\r\n$6\r\nsecret\r\n", // never asked for
		many:                            "-ERR Unknown subcommand or wrong number of arguments for 'GET'. Try CONFIG HELP.\r\n",
		"CLIENT SETNAME " + defaultName: "+OK\r\n",
	}))
	r := recording(t, Options{Target: target, Config: leastInterval})
	r.seesMore(record.KindConfig, "", 2)
	r.sees(record.KindSlowlog, "")
	r.sees(record.KindMark, "the server tells no client id")
	if stats, err := r.stop(); err != nil || stats.Failures != 0 || len(stats.ClientIDs) != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	for _, k := range r.all() {
		switch k.kind {
		case record.KindConfig:
			if len(k.pairs) != 2 || k.pairs[0] != (record.Pair{Key: "maxclients", Value: "100"}) || k.pairs[1].Key != "timeout" {
				t.Errorf("CONFIG %v: want the two it knows, and not what it offers", k.pairs)
			}
		case record.KindSlowlog:
			if e := k.slow[0]; e.Six || e.ID != 14 || e.Micros != 15 || !strings.HasPrefix(e.Args[1], "(3 bytes, #") {
				t.Errorf("slow log entry %+v", e)
			}
		}
	}
}

// RESP3 servers and proxies may answer with maps, verbatim strings, attributes and pushes.
func TestRunRESP3(t *testing.T) {
	target := fakeServer(t, answer(map[string]string{
		"INFO":      ">2\r\n+invalidate\r\n*1\r\n+k\r\n=24\r\ntxt:connected_clients:3\n\r\n",
		"CLIENT":    ":9\r\n",
		"CONFIG":    "|1\r\n+ttl\r\n:3\r\n%1\r\n$10\r\nmaxclients\r\n$3\r\n100\r\n",
		"SLOWLOG":   "*0\r\n",
		"CLIENT ID": ":12\r\n",
	}))
	r := recording(t, Options{Target: target, Clients: -1})
	r.sees(record.KindInfo, "connected_clients:3\n")
	r.sees(record.KindConfig, "")
	r.sees(record.KindSlowlog, "")
	if stats, err := r.stop(); err != nil || stats.Failures != 0 || stats.ClientIDs[0] != 12 {
		t.Errorf("%+v, %v", stats, err)
	}
	for _, k := range r.all() {
		if k.kind == record.KindConfig && len(k.pairs) != 1 {
			t.Errorf("CONFIG %v", k.pairs)
		}
	}
}
