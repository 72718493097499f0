package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse"
)

// suggested are all commands of a report.
func suggested(r *finding.Report) []string {
	var out []string
	for _, a := range r.Actions {
		out = append(out, a.Command)
	}
	for _, s := range r.Next {
		out = append(out, s.Command)
	}
	return out
}

// listAt is a CLIENT LIST of clients that reached the server at an address.
func listAt(laddr string) string {
	text := ""
	for i := range 12 {
		text += fmt.Sprintf("id=%d addr=10.0.1.%d:5000 laddr=%s fd=8 name= age=%d idle=0 flags=N db=0 cmd=get\n", i+1, i, laddr, 900-i)
	}
	return text
}

// TestCommandsReachTheServer: what is suggested dials the server that the text is of: by the prompt or
// the shell line that asked it, else by the port that INFO, CONFIG or the server's log tells.
func TestCommandsReachTheServer(t *testing.T) {
	few := "# Clients\nconnected_clients:412\nmaxclients:500\n"
	for name, c := range map[string]struct{ text, flags string }{
		"nothing told":           {few, ""},
		"the usual port":         {info("aaaa", 6379, 412), ""},
		"INFO's port":            {info("aaaa", 6390, 412), "-p 6390 "},
		"a prompt":               {"10.0.0.1:6390> info\n" + few, "-h 10.0.0.1 -p 6390 "},
		"a later prompt":         {few + "10.0.0.1:6390> info\n" + few, "-h 10.0.0.1 -p 6390 "},
		"a shell line":           {"$ redis-cli -h cache-1 -p 6390 info\n" + few, "-h cache-1 -p 6390 "},
		"its host, INFO's port":  {"$ redis-cli -h cache-1 info\n" + info("aaaa", 6390, 412), "-h cache-1 -p 6390 "},
		"its host alone":         {"$ redis-cli -h cache-1 info\n" + few, "-h cache-1 "},
		"its port alone":         {"$ redis-cli -p 6390 info\n" + few, "-p 6390 "},
		"with TLS":               {"$ redis-cli --tls -h cache-1 -p 6390 info\n" + few, "-h cache-1 -p 6390 --tls "},
		"an address":             {"$ redis-cli -u rediss://u:secret@cache-1:6390/0 info\n" + few, "-h cache-1 -p 6390 --tls "},
		"within a pod":           {"$ kubectl exec redis-0 -- redis-cli -p 6390 info\n" + few, "-p 6390 "},
		"TLS alone":              {info("aaaa", 0, 412) + "1) \"tls-port\"\n2) \"6390\"\n", "-p 6390 --tls "},
		"a socket alone":         {info("aaaa", 0, 412), ""},
		"a log's port":           {"1:M 02 Mar 2024 10:00:00.000 * Running mode=standalone, port=6390.\n1:M 02 Mar 2024 10:00:01.000 - Accepted 10.0.0.1:4242\n", "-p 6390 "},
		"an old log's port":      {"1:M 02 Mar 2016 10:00:00.000 # Redis 3.2.1 (00000000/0) 64 bit, standalone mode, port 6390, pid 1 ready to start.\n1:M 02 Mar 2016 10:00:01.000 - Accepted 10.0.0.1:4242\n", "-p 6390 "},
		"the list's own address": {listAt("10.0.0.1:6390"), "-h 10.0.0.1 -p 6390 "},
		"a list over a loopback": {listAt("127.0.0.1:6390"), ""},
		"a prompt beside a list": {"10.0.0.7:6391> client list\n" + listAt("10.0.0.1:6390"), "-h 10.0.0.7 -p 6391 "},
		"what a shell would run": {"$ redis-cli -h $(reboot) info\n" + few, ""},
	} {
		dials := 0
		for _, s := range suggested(read(t, c.text)) {
			for _, lead := range [...]string{"redis-cli ", "connbox capture "} {
				rest, ok := strings.CutPrefix(s, lead)
				if !ok {
					continue
				}
				if dials++; c.flags != "" && !strings.HasPrefix(rest, c.flags) || c.flags == "" && (strings.HasPrefix(rest, "-h") || strings.HasPrefix(rest, "-p")) {
					t.Errorf("%s: %q, want the flags %q", name, s, c.flags)
				}
			}
		}
		if dials < 2 {
			t.Errorf("%s: only %d commands", name, dials)
		}
	}
}

// TestEachServerIsDialled: of several servers in one paste each report asks its own.
func TestEachServerIsDialled(t *testing.T) {
	few := "# Clients\nconnected_clients:%d\nmaxclients:500\n"
	r := read(t, "10.0.0.1:6390> info\n"+fmt.Sprintf(few, 412)+"$ redis-cli -h cache-2 info\n"+fmt.Sprintf(few, 87))
	for i, flags := range [...]string{"-h 10.0.0.1 -p 6390 ", "-h cache-2 "} {
		for _, s := range suggested(&r.Servers[i].Report) {
			if strings.HasPrefix(s, "redis-cli ") && !strings.HasPrefix(s, "redis-cli "+flags) {
				t.Errorf("%s: %q", r.Servers[i].Name, s)
			}
		}
	}
}

// TestNothingDialsAFullServer: where the last that is known of a server is that it takes nobody, no
// command opens a connection; one that has room again is dialled.
func TestNothingDialsAFullServer(t *testing.T) {
	samples := func(limit int, refused bool, clients ...int) string {
		var b strings.Builder
		n := 0
		for i, c := range clients {
			if refused {
				n += 30 * i
			}
			fmt.Fprintf(&b, "2024-03-02T10:%02d:00Z\n# Clients\nconnected_clients:%d\nmaxclients:%d\n# Stats\ntotal_connections_received:%d\nrejected_connections:%d\n", i, c, limit, 1000+i, n)
		}
		return b.String()
	}
	const refusal = "ERR max number of clients reached\n"
	logged := "1:M 02 Mar 2024 10:0%d:00.000 # %s\n"
	for name, c := range map[string]struct {
		text string
		full bool
	}{
		"one INFO at the limit":     {info("aaaa", 6379, 500), true},
		"one INFO with room":        {info("aaaa", 6379, 412), false},
		"two at the limit":          {samples(500, false, 400, 500), true},
		"room again":                {samples(500, false, 500, 100), false},
		"refusals go on":            {samples(500, true, 480, 490, 490), true},
		"refused for other reasons": {samples(500, true, 20, 20, 20), false},
		"a refusal at the end":      {samples(500, false, 400, 420) + "2024-03-02T10:02:00Z\n" + refusal, true},
		"a refusal alone":           {refusal, true},
		"a refusal, then room":      {"2024-03-02T09:59:00Z\n" + refusal + samples(500, false, 40, 42), false},
		"a list, and a refusal":     {"id=7 addr=10.0.0.1:4242 fd=8 name= age=100 idle=90 flags=N db=0 cmd=get\n" + refusal, true},
		"a client's log, no times":  {"ERROR consumer: Cannot connect to redis://cache-1:6379/0: max number of clients reached.\nTrying again in 2.00 seconds...\n", true},
		"a log of refusals":         {fmt.Sprintf(logged, 1, "Error registering fd event for the new client: Numerical result out of range (fd=10128)"), true},
		"a log of descriptors":      {fmt.Sprintf(logged, 1, "Accepting client connection: accept: Too many open files"), true},
		"a documented limit":        {`{"Label":"CurrConnections","Datapoints":[{"Timestamp":"2024-05-02T10:00:00Z","Maximum":412.0,"Unit":"Count"},{"Timestamp":"2024-05-02T10:05:00Z","Maximum":65000.0,"Unit":"Count"}]}`, true},
	} {
		file := filepath.Join(t.TempDir(), "paste.txt")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := parse.Open(file)
		r := Run(collect(t, src, err), Options{})
		for i := range max(1, len(r.Servers)) {
			one := r
			if len(r.Servers) > 0 {
				one = &r.Servers[i].Report
			}
			dials, held := 0, 0
			for _, s := range suggested(one) {
				if strings.HasPrefix(s, "redis-cli ") || strings.HasPrefix(s, "connbox capture ") {
					dials++
				} else if strings.Contains(s, "after stopping one instance") {
					held++
				}
			}
			ofLog := strings.HasPrefix(name, "a log") // its steps are on the server's machine
			if c.full && (dials > 0 || held == 0 && !ofLog) || !c.full && held > 0 {
				t.Errorf("%s: full %v, but %d dial and %d do not:\n%s", name, c.full, dials, held, strings.Join(suggested(one), "\n"))
			}
		}
	}
}
