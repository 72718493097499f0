package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
)

// reportOf analyses a text as it would come from a file.
func reportOf(t *testing.T, text string) *finding.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "paste")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := parse.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	tl, err := timeline.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	return Run(tl, Options{})
}

// Counts of sockets say who holds them, and no more: no verdict rests on them alone.
func TestSocketsSayWhoHolds(t *testing.T) {
	r := reportOf(t, "# ss -tan | grep 6379\napi-1-x\n12853\napi-2-x\n2897\nworker-0\n417\n")
	if want := "api-1-x holds 12853 of 16167 sockets (80 %); the other 2 peers hold 3314."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
	if r.Verdict.Status != finding.Undetermined || len(r.Holders) != 3 || r.Holders[0].Label != "api-1-x" ||
		r.Holders[0].Peak != 12853 {
		t.Errorf("%s %+v", r.Verdict.Status, r.Holders)
	}
	if r.Input.Form != "counts of sockets by peer" {
		t.Error(r.Input.Form)
	}
}

// A count of all sockets says nothing of who holds them.
func TestSocketsNotToldApart(t *testing.T) {
	r := reportOf(t, "$ ss -tan state established '( sport = :6379 )' | wc -l\n9871\n")
	if want := "9871 sockets in all, not told apart by peer."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
}

// Counts that contradict INFO are said beside it.
func TestCountsBesideInfo(t *testing.T) {
	counts := "$ redis-cli CLIENT LIST | wc -l\n317\n$ netstat -an | grep :6379 | wc -l\n337\n"
	for info, want := range map[string]bool{"53982": true, "340": false} {
		r := reportOf(t, counts+"$ redis-cli INFO CLIENTS\n# Clients\nconnected_clients:"+info+"\nmaxclients:64000\nblocked_clients:0\n")
		const said = "But commands counted 317 lines of CLIENT LIST, then 337 sockets."
		if got := strings.Contains(r.Verdict.Summary, said); got != want {
			t.Errorf("%s: %s", info, r.Verdict.Summary)
		}
	}
}

// Tables one after the other tell who gains.
func TestSocketsOverTime(t *testing.T) {
	r := reportOf(t, `2024-05-02T10:00:00Z
# netstat -nt | grep 6379 | sort | uniq -c
 200 10.0.0.9
 150 10.0.0.8
2024-05-02T10:30:00Z
 800 10.0.0.9
 150 10.0.0.8
`)
	if want := "10.0.0.9 holds 800 of 950 sockets (84 %); the other peer holds 150; 10.0.0.9 went from 200 to 800 within 30 min."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
	if h := r.Holders[0]; h.Growth != 20 || h.Base != 200 || h.Last != 800 {
		t.Errorf("%+v", h)
	}
}

// Sockets counted once at the beginning, as a recorder does, are not what lists of more clients show.
func TestListsTellMoreThanSockets(t *testing.T) {
	for counted, want := range map[int]bool{50: true, 2: false} {
		var b strings.Builder
		for k := range 40 {
			n := 1 + k
			fmt.Fprintf(&b, "2024-05-02T10:00:%02dZ\n# Clients\nconnected_clients:%d\nmaxclients:100\n\n", k, n)
			for i := range n {
				fmt.Fprintf(&b, "id=%d addr=10.0.0.9:%d fd=8 name=app age=%d idle=0 flags=N db=0 cmd=get\n", i+1, 1000+i, k+1)
			}
			if k == 0 {
				fmt.Fprintf(&b, "\n# netstat -nt | grep 6379 | sort | uniq -c\n %d 10.0.0.7\n 1 10.0.0.8\n\n", counted)
			}
		}
		if r := reportOf(t, b.String()); strings.Contains(r.Verdict.Summary, " sockets (") != want {
			t.Errorf("%d sockets: %q", counted, r.Verdict.Summary)
		}
	}
}

// A socket in TIME-WAIT takes no slot of the server; one in CLOSE-WAIT does.
func TestSocketStates(t *testing.T) {
	r := reportOf(t, `ESTAB      0 0 10.0.0.1:6379 10.0.0.9:41234
CLOSE-WAIT 1 0 10.0.0.1:6379 10.0.0.9:41235
TIME-WAIT  0 0 10.0.0.1:6379 10.0.0.8:1
TIME-WAIT  0 0 10.0.0.1:6379 10.0.0.8:2
ESTAB      0 0 10.0.0.1:6379 10.0.0.8:3
`)
	if want := "10.0.0.9 holds 2 of 3 sockets (67 %); the other peer holds 1; 2 more are of connections that were closed (TIME-WAIT and the like)."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
}

// A course without times is paced; its numbers are told although no cause can be named.
func TestPacedCourse(t *testing.T) {
	r := reportOf(t, `$ redis-cli --stat -i 2
keys       mem      clients blocked requests            connections
305        20.70M   605     0       1771418 (+0)        615
305        20.71M   640     0       1825363 (+53945)    655
305        20.70M   630     0       1877638 (+52275)    660
`)
	if want := "Connections went from 605 to 630 within 4 s, at most 640; 45 accepted meanwhile."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
	paced := false
	for _, d := range r.DataQuality {
		paced = paced || d.Effect == "times count from the first line"
		if strings.Contains(d.What, "uptime_in_seconds") {
			t.Error(d.What)
		}
	}
	if !paced {
		t.Error("data quality does not say that there are no times")
	}
}

// An export that reaches what its service documents as the limit says so.
func TestDocumentedLimit(t *testing.T) {
	const text = `{"Label": "CurrConnections", "Datapoints": [
{"Timestamp": "2024-05-02T10:00:00Z", "Maximum": 412.0}, {"Timestamp": "2024-05-02T10:05:00Z", "Maximum": PEAK}]}`
	for peak, want := range map[string]string{
		"65000.0": "Connections went from 412 to 65000 within 5 min, which is the limit that the service documents (65000).",
		"31244.0": "Connections went from 412 to 31244 within 5 min.",
	} {
		if r := reportOf(t, strings.ReplaceAll(text, "PEAK", peak)); !strings.HasPrefix(r.Verdict.Summary, want) {
			t.Errorf("%q, want %q first", r.Verdict.Summary, want)
		}
	}
}

// growing writes a CSV of n minutes in which three connections a minute are opened and kept;
// accepted adds the counter of connections.
func growing(n int, accepted bool) string {
	var b strings.Builder
	b.WriteString("time,connected_clients,maxclients,rejected_connections")
	if accepted {
		b.WriteString(",total_connections_received")
	}
	for i := range n {
		fmt.Fprintf(&b, "\n%d,%d,1000,0", 1714644000+60*i, 40+3*i)
		if accepted {
			fmt.Fprintf(&b, ",%d", 5000+3*i)
		}
	}
	return b.String() + "\n"
}

// A server with slots left is not called full.
func TestNearlyFullIsNotFull(t *testing.T) {
	for used, want := range map[float64]string{9987: ">99 %", 10_000: "100 %", 9890: "99 %", 10_032: "100 %"} {
		if got := ofLimit(used, 10_000); got != want {
			t.Errorf("%.0f of 10000: %s, want %s", used, got, want)
		}
	}
}

// One dictionary or scrape says how full the server is and what it counted since its start;
// what a dashboard counted within its interval is not that.
func TestOneMoment(t *testing.T) {
	for text, want := range map[string]string{
		`{"redis_version": "7.2.4", "connected_clients": 983, "maxclients": 1000, "rejected_connections": 3124, "total_connections_received": 13701886}`: "983 of 1000 connections (98 %); 3124 refused and 13701886 accepted since the server's start.",
		"{'redis_version': '5.0.5', 'connected_clients': 1, 'rejected_connections': 0}":                                                                  "1 connection; 0 refused since the server's start.",
		`{"redis_version": "7.2.4", "connected_clients": 1, "connected_slaves": 2}`:                                                                      "3 connections, 1 client and 2 replicas.",
		"time,connected_clients,NewConnections\n1714644000,5,30\n":                                                                                       "5 connections.",
	} {
		if r := reportOf(t, text); !strings.HasPrefix(r.Verdict.Summary, want) {
			t.Errorf("%q, want %q first", r.Verdict.Summary, want)
		}
	}
}

// What an export does not tell is neither for nor against a cause: no verdict and no
// evidence is made of numbers that are not there.
func TestExportLacksKeys(t *testing.T) {
	r := reportOf(t, growing(40, false))
	if r.Verdict.Status == finding.Incident {
		t.Errorf("connections alone: %+v", r.Verdict)
	}
	for _, x := range r.RuledOut {
		if strings.Contains(x.Why, "blocked clients stayed") || strings.Contains(x.Why, "client memory fell") {
			t.Errorf("%s is ruled out by what is not known: %s", x.ID, x.Why)
		}
	}
	r = reportOf(t, growing(40, true))
	if r.Verdict.Status != finding.Incident || r.Verdict.Cause != "connection-leak" {
		t.Fatalf("with the accepted ones: %+v", r.Verdict)
	}
	for _, e := range r.Causes[0].Evidence {
		if strings.Contains(e.Claim, "not in use") {
			t.Errorf("use is not known: %s", e.Claim)
		}
	}
}

// Many short connections are churn by their life; how many commands each had is not told.
func TestExportChurn(t *testing.T) {
	var b strings.Builder
	b.WriteString("time,connected_clients,maxclients,rejected_connections,total_connections_received\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,%d,1000,0,%d\n", 1714644000+60*i, 20+i%3, 5000+6000*i)
	}
	r := reportOf(t, b.String())
	if r.Verdict.Cause != "connection-churn" || strings.Contains(r.Verdict.Summary, "commands") {
		t.Errorf("%+v", r.Verdict)
	}
	for _, e := range r.Causes[0].Evidence {
		if strings.Contains(e.Claim, "commands") {
			t.Errorf("commands are not known: %s", e.Claim)
		}
	}
}

// Connections alone, far from any trouble that shows, are no proof of health.
func TestConnectionsAloneAreNotHealth(t *testing.T) {
	var b strings.Builder
	b.WriteString("time,connected_clients\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,%d\n", 1714644000+60*i, 20+i%3)
	}
	if r := reportOf(t, b.String()); r.Verdict.Status != finding.Undetermined || !strings.Contains(r.Verdict.Summary,
		"neither the limit nor the refusals are known") {
		t.Errorf("%+v", r.Verdict)
	}
}

// Of how many were connected alone several causes look the same: none is named, and Healthy is
// not taken for certain.
func TestCountsAloneNameNoCause(t *testing.T) {
	var text strings.Builder
	text.WriteString("{\"Label\": \"CurrConnections\", \"Datapoints\": [\n")
	for i := range 60 {
		sep := ","
		if i == 59 {
			sep = ""
		}
		fmt.Fprintf(&text, "{\"Timestamp\": \"2024-05-02T10:%02d:00Z\", \"Maximum\": %d, \"Unit\": \"Count\"}%s\n", i, 200+20*i, sep)
	}
	text.WriteString("]}\n")
	r := reportOf(t, text.String())
	if r.Verdict.Status != finding.Undetermined || r.Verdict.Confidence > 0.6 {
		t.Errorf("%+v", r.Verdict)
	}
	for _, c := range r.Candidates {
		if c.Probability > 0.6 {
			t.Errorf("%+v", c)
		}
	}
	// Without a sample there is nothing to rank causes by.
	if r := reportOf(t, "# ss -tan | grep 6379\napi-1-x\n12853\napi-2-x\n2897\nworker-0\n417\n"); len(r.Candidates) > 0 {
		t.Errorf("%+v", r.Candidates)
	}
}

// A list without INFO says nothing of what was refused or accepted.
func TestListAloneCountsNothing(t *testing.T) {
	r := reportOf(t, ">>> r.client_list()\n[{'id': '5', 'addr': '172.20.0.2:40000', 'fd': '8', 'name': 'celery', 'age': '7200', 'idle': '7190', 'flags': 'b', 'cmd': 'brpop'}]\n")
	if s := r.Verdict.Summary; strings.Contains(s, "refused") || strings.Contains(s, "accepted") {
		t.Errorf("%q", s)
	}
}

// Refusals while few were connected are told against the most, where no limit is known.
func TestRefusalsWithoutLimit(t *testing.T) {
	var text strings.Builder
	text.WriteString("Zeit;connected_clients;rejected_connections\n")
	for m := range 15 {
		fmt.Fprintf(&text, "01.03.2025 10:%02d;%d,0;%d,0\n", m, 400+12*m, 3*m)
	}
	if s := reportOf(t, text.String()).Verdict.Summary; !strings.Contains(s, "% of what was connected at other times") {
		t.Errorf("%q", s)
	}
}

// What a client's library says beside the replies is said of the client, and no longer a line of no use.
func TestClientsMessageBeside(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"beside INFO", "# Clients\nconnected_clients:41\nmaxclients:500\nblocked_clients:0\n\nRedis::ConnectionPool::TimeoutError (Waited 5.0 sec)\n", "its own pool is exhausted"},
		{"before INFO", "redis.exceptions.TimeoutError: Timeout reading from socket\n\n# Clients\nconnected_clients:41\nmaxclients:500\nblocked_clients:0\n", "a command was not answered in time"},
		{"beside sockets", "Predis: Cannot assign requested address [tcp://10.0.0.2:6379]\ntcp 0 0 10.0.0.1:40001 10.0.0.2:6379 TIME_WAIT\ntcp 0 0 10.0.0.1:40002 10.0.0.2:6379 TIME_WAIT\n" +
			"tcp 0 0 10.0.0.1:40003 10.0.0.2:6379 TIME_WAIT\n", "no local port left to connect from"},
		{"beside counts by state", "ERROR 2024-05-01 12:00:01 worker redis.exceptions.ConnectionError: Error 99 connecting to cache-1.internal.example:6379. Cannot assign requested address.\n\n" +
			"$ netstat -an | grep 6379 | awk '{print $6}' | sort | uniq -c\n 28201 TIME_WAIT\n 12 ESTABLISHED\n", "no local port left to connect from"},
		{"beside a log", "7:M 21 Nov 2026 04:00:00.000 # Connection with replica 10.0.0.1:6379 lost.\nredis: connection pool timeout\n", "its own pool is exhausted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reportOf(t, tt.text)
			said := r.Verdict.Summary
			for _, x := range r.Snapshot.Remarks {
				said += " " + x.Text
			}
			if !strings.Contains(said, tt.want) || strings.Contains(said, "take redis-cli") {
				t.Errorf("%q, want %q", said, tt.want)
			}
			if r.Unused.Lines != 0 {
				t.Errorf("not used: %+v", r.Unused)
			}
		})
	}
}

// A line of a configuration file beside the replies tells the limit where nothing else does.
func TestConfigurationBeside(t *testing.T) {
	r := reportOf(t, "# Clients\nconnected_clients:390\nblocked_clients:0\n\nmaxclients 400\ntimeout 0\nset timeout 5 and try\n")
	if want := "390 of the 400 connections that a line of configuration allows (98%)"; !strings.Contains(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q", r.Verdict.Summary, want)
	}
	if r.Limit.Effective != 400 || r.Unused.Lines != 1 {
		t.Errorf("limit %+v, not used %+v", r.Limit, r.Unused)
	}
	r = reportOf(t, "# Clients\nconnected_clients:390\nmaxclients:800\nblocked_clients:0\n\nmaxclients = 400\n")
	if r.Limit.Effective != 800 || !strings.Contains(r.Verdict.Summary, "390 of 800") {
		t.Errorf("limit %+v: %s", r.Limit, r.Verdict.Summary)
	}
}

// Sockets that are closed beside few open ones are of connections that are not kept.
func TestClosedBesideOpenSockets(t *testing.T) {
	open, closed := "", ""
	for i := range 12 {
		closed += fmt.Sprintf("  TCP    10.0.0.5:%d    10.0.0.2:6379    TIME_WAIT    0\n", 40000+i)
		open += fmt.Sprintf("  TCP    10.0.0.5:%d    10.0.0.2:6379    ESTABLISHED    77\n", 50000+i)
	}
	for text, want := range map[string]string{
		closed + open[:len(open)/12]:        "12 more are of connections that were closed (TIME-WAIT and the like): they are opened and closed all the time",
		closed[:len(closed)/12] + open:      "1 more is of a connection that was closed",
		open:                                "10.0.0.5 holds 12 of 12 sockets (100 %). There",
		strings.Repeat(" ", 2) + closed[2:]: "None of 12 sockets is open",
	} {
		if r := reportOf(t, text); !strings.Contains(r.Verdict.Summary, want) {
			t.Errorf("%q, want %q", r.Verdict.Summary, want)
		}
	}
}

// A list that its text shortens without saying by how much is said to be a part.
func TestGapInAList(t *testing.T) {
	line := func(id int) string {
		return fmt.Sprintf("id=%d addr=10.0.0.9:%d fd=8 name= age=40 idle=1 flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=get\n", id, 1000+id)
	}
	for between, want := range map[string]bool{"[...]\n": true, "...\n": true, "<snip>\n": true, "": false, "and so on\n": false} {
		r, said := reportOf(t, line(1)+between+line(2)), false
		for _, x := range r.Snapshot.Remarks {
			said = said || strings.Contains(x.Text, "leaves out lines of the list")
		}
		if said != want {
			t.Errorf("%q: %v", between, said)
		}
	}
}

// Counts by state are of all peers.
func TestSocketsByState(t *testing.T) {
	r := reportOf(t, "$ ss -tan '( sport = :6379 )' | awk '{print $1}' | sort | uniq -c\n  28201 TIME-WAIT\n     12 ESTAB\n      1 State\n")
	if want := "12 sockets open, not told apart by peer; 28201 more are of connections that were closed (TIME-WAIT and the like): they are opened and closed all the time."; !strings.HasPrefix(r.Verdict.Summary, want) {
		t.Errorf("%q, want %q first", r.Verdict.Summary, want)
	}
}

// The limits of output buffers that the text tells are those that a cut is held against.
func TestConfiguredBufferLimits(t *testing.T) {
	const cut = "7:M 21 Nov 2026 04:00:00.000 # Client id=5 addr=10.0.0.1:5000 fd=9 name= age=70 idle=1 flags=S db=0 sub=0 psub=0 multi=-1 " +
		"qbuf=0 qbuf-free=0 obl=0 oll=9000 omem=536871128 events=rw cmd=replconf scheduled to be closed ASAP for overcoming of output buffer limits.\n"
	for set, want := range map[string]string{
		"": "over the limit of class replica, 256 MB unless configured",
		"client-output-buffer-limit replica 512mb 64mb 60": "the hard limit of class replica, 512 MB as configured",
		"client-output-buffer-limit = slave 1gb 512mb 60":  "over the soft limit of class replica, 512 MB for 60 s as configured",
		"client-output-buffer-limit slave 2gb 1gb 60":      "under the limit of class replica that the input has",
		"127.0.0.1:6379> config get client-output-buffer-limit\n1) \"client-output-buffer-limit\"\n2) \"normal 0 0 0 slave 536870912 67108864 60 pubsub 33554432 8388608 60\"": "the hard limit of class replica, 512 MB as configured",
	} {
		if r := reportOf(t, cut+"\n"+set+"\n"); !strings.Contains(r.Verdict.Summary, want) {
			t.Errorf("%s: %q, want %q", set, r.Verdict.Summary, want)
		}
	}
}
