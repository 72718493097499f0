package capture

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

var someNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?`)

// TestAppendTree compares with redis-cli itself, in both protocols; figures may move
// between the two replies.
func TestAppendTree(t *testing.T) {
	s := testserver.Start(t, testserver.Config("latency-monitor-threshold 1", "enable-debug-command yes"))
	s.Do("SET", "k", "v")
	s.Do("DEBUG", "SLEEP", "0.02")
	for _, protocol := range []string{"-2", "-3"} {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		cl := newClient(t.Context(), c, 5*time.Second, 1<<20)
		t.Cleanup(cl.close)
		if _, err := cl.do("HELLO", protocol[1:]); err != nil {
			t.Fatal(err)
		}
		for command, known := range map[string]string{
			"ROLE": "ROLE", "LATENCY LATEST": "LATENCY LATEST", "MEMORY STATS": "MEMORY STATS", "LATENCY HISTORY command": "LATENCY HISTORY",
			"SLOWLOG GET": "", "CONFIG GET max*": "", "COMMAND DOCS get": "", "COMMAND INFO get": "",
		} {
			args := strings.Fields(command)
			out, err := exec.Command("redis-cli", append([]string{protocol, "--no-raw", "-p", strconv.Itoa(s.Port)}, args...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			rep, err := cl.do(args...)
			if err != nil {
				t.Fatal(err)
			}
			got := appendTree(nil, rep)
			// Figures in front of a mark are indices, and padded: their places must agree.
			if g, w := mask(got), mask(out); g != w {
				t.Errorf("%s %s:\n got %s\nwant %s", command, protocol, g, w)
			}
			d := dump.NewReader(bytes.NewReader(got), "x")
			if o, ok := recordOf(d).(*record.Other); known != "" && (!ok || o.Command != known || !bytes.Equal(o.Text, got)) {
				t.Errorf("%s %s: a dump of it gives %T %+v", command, protocol, d.Record(), d.Record())
			}
		}
	}
}

func recordOf(d *dump.Reader) record.Record {
	d.Scan()
	return d.Record()
}

func mask(b []byte) string { return someNumber.ReplaceAllString(string(b), "0") }

func TestAppendTreeForms(t *testing.T) {
	for in, want := range map[string]string{
		"*0\r\n": "(empty array)\n", "%0\r\n": "(empty hash)\n", "~0\r\n": "(empty set)\n", "_\r\n": "(nil)\n",
		"*2\r\n#t\r\n#f\r\n":              "1) (true)\n2) (false)\n",
		"~1\r\n$2\r\na\n\r\n":             "1~ \"a\\n\"\n",
		"*1\r\n-ERR \x1b[2J\r\n":          "1) (error) \"ERR \\x1b[2J\"\n",
		"*1\r\n+a\x1b]0;x\x07\r\n":        "1) a ]0;x \n",
		"*1\r\n=7\r\ntxt:a\nb\r\n":        "1) a b\n",
		"%1\r\n$1\r\na\r\n%1\r\n+b\r\n:1": "",
	} {
		var rep response
		err := newRespReader(strings.NewReader(in), 1<<10).read(&rep)
		if want == "" {
			if err == nil {
				t.Errorf("%q: no error", in)
			}
			continue
		}
		if got := string(appendTree(nil, &rep)); err != nil || got != want {
			t.Errorf("%q: %q, want %q, %v", in, got, want, err)
		}
	}
}

func TestRunState(t *testing.T) {
	s := testserver.Start(t, testserver.Config("cluster-enabled yes"))
	r := recording(t, Options{Target: targetOf(s), State: leastInterval})
	for _, command := range []string{probeRole, probeLatency, probeMemory, probeCluster} {
		r.seesMore(record.KindOther, "", 4)
		eventually(t, command, func() bool {
			for _, k := range r.all() {
				if k.kind == record.KindOther && k.command == command && k.text != "" {
					return true
				}
			}
			return false
		})
	}
	stats, err := r.stop()
	if err != nil || stats.Failures > 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	for _, k := range r.all() {
		if k.kind == record.KindOther && k.command == probeCluster && !strings.HasPrefix(k.text, "cluster_state:fail\r\ncluster_slots_assigned:0\r\n") {
			t.Errorf("CLUSTER INFO is %q", k.text)
		}
	}
}

// fakeInfo is the INFO of a server that is not at hand, made from its source.
func fakeInfo(lines string) string {
	text := strings.ReplaceAll(lines, "\n", "\r\n")
	return "$" + strconv.Itoa(len(text)) + "\r\n" + text + "\r\n"
}

const fakeSlow = "*1\r\n*6\r\n:3\r\n:1795237361\r\n:41\r\n*1\r\n$4\r\nKEYS\r\n$9\r\n1.2.3.4:5\r\n$0\r\n\r\n"

func TestRunCommandlog(t *testing.T) {
	for _, tt := range []struct {
		name, info string
		commandlog string // the answer to COMMANDLOG
		first      string // what is asked first
		last       string // what is asked in the end
	}{
		{"Valkey 8.1", "# Server\nserver_name:valkey\nvalkey_version:8.1.1\n", fakeSlow, "COMMANDLOG GET 128 slow", "COMMANDLOG GET 128 slow"},
		{"Valkey 8.0", "# Server\nserver_name:valkey\nvalkey_version:8.0.1\n", "-ERR unknown command\r\n", "SLOWLOG GET 128", "SLOWLOG GET 128"},
		{"Redis 8.2", "# Server\nredis_version:8.2.0\n", "-ERR unknown command\r\n", "SLOWLOG GET 128", "SLOWLOG GET 128"},
		{"Valkey 8.1, not permitted", "# Server\nserver_name:valkey\nvalkey_version:8.1.1\n", "-NOPERM no\r\n", "COMMANDLOG GET 128 slow", "SLOWLOG GET 128"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var asked []string
			replies := answer(map[string]string{"INFO": fakeInfo(tt.info), "SLOWLOG": fakeSlow, "COMMANDLOG": tt.commandlog, "CLIENT ID": ":7\r\n"})
			target := fakeServer(t, func(nc net.Conn, next func() []string) {
				replies(nc, func() []string {
					args := next()
					if len(args) > 0 && strings.HasSuffix(args[0], "LOG") {
						mu.Lock()
						asked = append(asked, strings.Join(args, " "))
						mu.Unlock()
					}
					return args
				})
			})
			r := recording(t, Options{Target: target, Clients: -1, Config: -1, State: -1, Wait: true})
			r.seesMore(record.KindSlowlog, "", 3)
			stats, err := r.stop()
			mu.Lock()
			defer mu.Unlock()
			if err != nil || stats.Failures > 0 || asked[0] != tt.first || asked[len(asked)-1] != tt.last {
				t.Errorf("asked %q, %+v, %v", asked, stats, err)
			}
			if n := strings.Count(strings.Join(asked, "\n"), tt.first); tt.first != tt.last && n != 1 {
				t.Errorf("%s asked %d times", tt.first, n)
			}
			for _, k := range r.all() {
				if k.kind == record.KindSlowlog && (len(k.slow) != 1 || k.slow[0].ID != 3 || k.slow[0].Addr != "1.2.3.4:5") {
					t.Errorf("%+v", k.slow)
				}
			}
		})
	}
}

// A server that does not know a command says so once in the recording.
func TestRunStateRefused(t *testing.T) {
	role := "*2\r\n$6\r\nmaster\r\n$2\r\n17\r\n" // as Kvrocks sends it
	target := fakeServer(t, answer(map[string]string{
		"INFO": fakeInfo("# Server\nkvrocks_version:2.10.0\nredis_version:4.0.0\n# Cluster\ncluster_enabled:1\n"), "CLIENT ID": ":7\r\n", "ROLE": role,
		"LATENCY": "-ERR unknown command\r\n", "MEMORY": "-ERR wrong number of arguments\r\n", "CLUSTER": "-LOADING wait\r\n",
	}))
	r := recording(t, Options{Target: target, Clients: -1, Slowlog: -1, Config: -1, State: leastInterval})
	r.seesMore(record.KindOther, probeRole, 4)
	r.sees(record.KindFailure, probeCluster)
	if _, err := r.stop(); err != nil {
		t.Error(err)
	}
	for _, command := range []string{probeLatency, probeMemory, probeCluster} {
		if n := r.count(record.KindFailure, command); n != 1 {
			t.Errorf("%s: %d failures recorded", command, n)
		}
	}
	for _, p := range r.stats.Probes {
		if p.Name == probeCluster && p.Asked < 3 || p.Name == probeMemory && p.Asked != 1 {
			t.Errorf("%s asked %d times", p.Name, p.Asked)
		}
	}
	for _, k := range r.all() {
		if k.kind == record.KindOther && k.text != "1) \"master\"\n2) \"17\"\n" {
			t.Errorf("%q", k.text)
		}
	}
}

// A proxy that hangs up at a command it does not know is not asked again and again.
func TestRunStateHangsUp(t *testing.T) {
	target := fakeServer(t, func(nc net.Conn, next func() []string) {
		for args := next(); args != nil; args = next() {
			switch args[0] {
			case "INFO":
				io.WriteString(nc, fakeInfo("# Server\nredis_version:7.0.15\n"))
			case "CLIENT":
				io.WriteString(nc, ":7\r\n")
			default:
				return
			}
		}
	})
	r := recording(t, Options{Target: target, Clients: -1, Slowlog: -1, Config: -1, State: leastInterval, jitter: func(int64) int64 { return 0 }})
	r.seesMore(record.KindInfo, "", 15)
	stats, err := r.stop()
	if err != nil || stats.Failures != 3*maxLosses || stats.Connects != 1+3*maxLosses {
		t.Errorf("%d failures, %d connections, %v: want %d losses", stats.Failures, stats.Connects, err, 3*maxLosses)
	}
}

// TestServersPageNamesProbes holds docs/servers.md against the table of probes.
func TestServersPageNamesProbes(t *testing.T) {
	page, err := os.ReadFile("../docs/servers.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[time.Duration]string{time.Second: "every 1 s", 10 * time.Second: "every 10 s", 5 * time.Minute: "every 5 min", time.Minute: "once a minute"}
	for _, p := range Probes() {
		found := false
		for line := range strings.Lines(string(page)) {
			found = found || strings.HasPrefix(line, "| ") && strings.Contains(line, p.Name) && words[p.Every] != "" && strings.Contains(line, words[p.Every])
		}
		if !found {
			t.Errorf("no line says that %s is asked %s", p.Name, words[p.Every])
		}
	}
}
