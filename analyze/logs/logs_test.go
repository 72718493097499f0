package logs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// read gives the reading of a log.
func read(t testing.TB, log string) *Reading {
	t.Helper()
	r := &Reading{}
	var f serverlog.Folder
	n := int64(0)
	take := func() {
		for e := f.Next(); e != nil; e = f.Next() {
			r.Add(e, record.Pos{File: "x.log", Line: e.Line})
		}
	}
	for line := range strings.Lines(log) {
		n++
		f.Line(n, []byte(line))
		take()
	}
	f.Flush()
	take()
	return r
}

func cutLine(at string, id int, host, flags string, omem int64) string {
	return fmt.Sprintf("7:M 21 Nov 2026 %s # Client id=%d addr=%s:5000 fd=9 name=feed age=70 idle=1 flags=%s db=0 sub=4 psub=0 multi=-1 "+
		"qbuf=0 qbuf-free=0 obl=87 oll=1 omem=%d events=rw cmd=subscribe scheduled to be closed ASAP for overcoming of output buffer limits.\n",
		at, id, host, flags, omem)
}

// turning gives a log of n connections accepted every gap milliseconds, of as many hosts as
// told, each closed at an age; age -1: by a server that does not tell who closed.
func turning(n, gap, hosts, age int) string {
	var b strings.Builder
	for i := range n {
		ms := i * gap
		at := fmt.Sprintf("21 Nov 2026 %02d:%02d:%02d.%03d", 4+ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
		fmt.Fprintf(&b, "7:M %s - Accepted 10.0.0.%d:%d\n", at, i%hosts, 1024+i)
		if age < 0 {
			fmt.Fprintf(&b, "7:M %s - Client closed connection\n", at)
		} else {
			fmt.Fprintf(&b, "7:M %s - Client closed connection id=%d addr=10.0.0.%d:%d fd=9 name= age=%d idle=0 flags=N\n", at, i, i%hosts, 1024+i, age)
		}
	}
	return b.String()
}

func counts(step int, n ...int) string {
	var b strings.Builder
	for i, c := range n {
		s := i * step
		fmt.Fprintf(&b, "7:M 21 Nov 2026 %02d:%02d:%02d.000 - %d clients connected (1 slaves), 5000000 bytes in use\n", 4+s/3600, s/60%60, s%60, c)
	}
	return b.String()
}

func replicaRound(at string) string {
	return "7:M 21 Nov 2026 " + at + ".000 # Connection with replica 10.0.0.1:6379 lost.\n" +
		"7:M 21 Nov 2026 " + at + ".500 * Replica 10.0.0.1:6379 asks for synchronization\n"
}

func linkRound(at string) string {
	return "7:S 21 Nov 2026 " + at + ".000 * Trying a partial resynchronization (request 5017cff8:1).\n" +
		"7:S 21 Nov 2026 " + at + ".001 * Successful partial resynchronization with master.\n"
}

const fdLine = "7:M 19 Sep 15:15:42.466 # Error registering fd event for the new client: Numerical result out of range (fd=10128)\n"

func TestJudge(t *testing.T) {
	lowered := "7:M 21 Nov 2026 04:00:00.000 # You requested maxclients of 10000 requiring at least 10032 max file descriptors.\n" +
		"7:M 21 Nov 2026 04:00:00.000 # Server can't set maximum open files to 10032 because of OS error: Operation not permitted.\n" +
		"7:M 21 Nov 2026 04:00:00.000 # Current maximum open files is 1024. maxclients has been reduced to 992 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.\n"
	loop := cutLine("04:00:00.000", 5, "10.0.0.1", "P", 33554500) + cutLine("04:01:00.000", 6, "10.0.0.1", "P", 33554600) + cutLine("04:02:00.000", 7, "10.0.0.1", "P", 33554700)
	tests := []struct {
		name, log string
		cause     string // of the strongest candidate; empty for none
		settled   bool
		says      []string
	}{
		{"one subscriber cut", cutLine("04:00:00.000", 5, "10.0.0.1", "P", 8388648), "output-buffer-loop", false,
			[]string{"1 subscriber of 10.0.0.1", "8388648 bytes", "soft limit of class pubsub, 8 MB for 60 s"}},
		{"a loop", loop, "output-buffer-loop", true, []string{"3 subscribers within 2 min", "hard limit of class pubsub, 32 MB"}},
		{"replicas", strings.ReplaceAll(strings.ReplaceAll(loop, "flags=P", "flags=S"), "omem=335545", "omem=2684435"), "output-buffer-loop", true,
			[]string{"3 replicas"}},
		{"before 5.0 a subscriber has flag N", cutLine("04:00:00.000", 5, "10.0.0.1", "N", 33554440), "output-buffer-loop", false, []string{"class pubsub"}},
		{"event loop full", strings.Repeat(fdLine, 4), "fd-limit", true, []string{"4 new connections", "descriptor 10128", "maxclients 10000"}},
		{"other registering error", strings.Replace(fdLine, "Numerical result out of range", "Cannot allocate memory", 1), "", false, nil},
		{"no descriptors", "7:M 21 Nov 2026 04:00:00.000 # Accepting client connection: accept: Too many open files\n", "fd-limit", true, []string{"Too many open files"}},
		{"accept error of another sort", "7:M 21 Nov 2026 04:00:00.000 # Accepting client connection: accept: Connection aborted\n", "", false,
			[]string{"accepting a connection failed, not for want of descriptors, once (accept: Connection aborted)"}},
		{"handshakes without heads", "9:M Error accepting a client connection: error:0A000086:SSL routines::certificate verify failed\n" +
			"Error accepting a client connection: Connection reset by peer\n", "", false, []string{"a handshake failed, 2 times (error:0A000086"}},
		{"registering, without descriptor", "Error registering fd event for the new client: Result too large\n", "fd-limit", false,
			[]string{"1 new connection failed", "a hint", "would settle it"}},
		{"registering twice, without descriptor", strings.Repeat("Error registering fd event for the new client: Result too large\n", 2), "fd-limit", true,
			[]string{"took no more descriptors: 2 new connections failed with “Result too large”."}},
		{"registering on Windows", "[3] 2 Sep 17:00:00.000 # Error registering fd event for the new client: Result too large (fd=12052)\n" +
			"[3] 2 Sep 17:00:21.000 # Error registering fd event for the new client: Result too large (fd=12028)\n", "fd-limit", true,
			[]string{"failed with “Result too large” at descriptor 12028."}},
		{"lowered", lowered, "fd-limit", false, []string{"limit of 1024 lowered maxclients from 10000 to 992"}},
		{"lowered and reached", lowered + "2026-11-21 04:10:00 web: ERR max number of clients reached\n", "fd-limit", true, []string{"It was reached: 1 connection refused"}},
		{"churn of one host", turning(20, 50, 1, -1), "connection-churn", true, []string{"20 connections accepted and 20 closed", "from 10.0.0.0"}},
		{"a wave of many hosts", turning(20, 50, 20, -1), "", false, nil},
		{"of many hosts, closed at once", turning(20, 50, 20, 0), "connection-churn", true, nil},
		{"of many hosts, closed when old", turning(20, 50, 20, 300), "", false, nil},
		{"of many hosts for minutes", turning(2000, 50, 40, -1), "connection-churn", true, nil},
		{"a health checker", turning(100, 1000, 1, 0), "", false, nil},
		{"a few connections", turning(5, 50, 1, 0), "", false, nil},
		{"counts that grow", counts(60, 100, 110, 120, 130, 140, 150, 160), "connection-leak", false, []string{"from 100 to 160 in 6 min"}},
		{"counts that stay", counts(60, 100, 104, 97, 101), "", false, []string{"100 connections, 3 min later 101 (97 to 104): they do not grow"}},
		{"counts after a start", counts(5, 0, 20, 50), "", false, []string{"they grow"}},
		{"switch", "7:X 21 Nov 2026 04:00:00.000 # +sdown master m 10.0.0.1 6379\n7:X 21 Nov 2026 04:00:01.000 # +switch-master m 10.0.0.1 6379 10.0.0.2 6379\n",
			"server-outage", true, []string{"switched the primary", "10.0.0.2"}},
		{"switched to and fro", "7:X 21 Nov 2026 04:00:00.000 # +switch-master m 10.0.0.1 6379 10.0.0.2 6379\n7:X 21 Nov 2026 04:03:00.000 # +switch-master m 10.0.0.2 6379 10.0.0.1 6379\n",
			"server-outage", true, []string{"switched the primary, 2 times within 3 min (m 10.0.0.1"}},
		{"tilt", "7:X 21 Nov 2026 04:00:00.000 # +tilt #tilt mode entered\n7:X 21 Nov 2026 04:00:30.000 # -tilt #tilt mode exited\n", "", false, []string{"Sentinel entered TILT mode"}},
		{"down", "7:X 21 Nov 2026 04:00:00.000 # +sdown slave a 10.0.0.1 6379 @ m 10.0.0.2 6379\n", "server-outage", false, nil},
		{"evictions", strings.Repeat("7:M 21 Nov 2026 04:00:00.000 * Evicting client: id=5 addr=10.0.0.1:5 fd=9 name= tot-mem=1000000 cmd=get\n", 3), "client-eviction", true, []string{"3000000 bytes"}},
		{"query buffers", "7:M 21 Nov 2026 04:00:00.000 # Closing client that reached max query buffer length: id=5 addr=10.0.0.1:5 fd=9 qbuf=1073741900 cmd=NULL (qbuf initial bytes: \"x\")\n",
			"query-buffer-growth", false, []string{"1073741900"}},
		{"slow fsyncs", strings.Repeat("7:M 21 Nov 2026 04:00:00.000 * Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.\n", 5),
			"server-stall", false, nil},
		{"a replica lost", "7:M 21 Nov 2026 04:00:00.000 # Connection with replica 10.0.0.1:6379 lost.\n", "", false, []string{"a replica was lost, once"}},
		{"a replica lost again and again", replicaRound("04:00:00") + replicaRound("04:02:00"), "", false,
			[]string{"Replica 10.0.0.1:6379 was lost 2 times and asked for synchronization 2 times within 2 min: a loop, it does not stay connected (first at x.log:1)."}},
		{"a replica lost twice in a day", replicaRound("04:00:00") + replicaRound("14:00:00"), "", false, []string{"2 times within 10 h (first"}},
		{"two replicas lost once each", replicaRound("04:00:00") + strings.ReplaceAll(replicaRound("04:00:00"), "10.0.0.1", "10.0.0.2"), "", false,
			[]string{"a replica was lost, 2 times"}},
		{"a link resumed again and again", linkRound("04:00:00") + linkRound("04:00:01"), "", false,
			[]string{"The link to the primary was synchronized 2 times within 1.0 s: a loop"}},
		{"promoted", "7:M 21 Nov 2026 04:00:00.000 * MASTER MODE enabled (user request from 'id=43 addr=10.0.0.7:36802 laddr=10.0.0.1:6379 fd=16 name=sentinel-19c3-cmd age=31 idle=0 flags=x cmd=exec')\n", "", false,
			[]string{"the role changed, once (to a primary, as sentinel-19c3-cmd of 10.0.0.7 asked)"}},
		{"demoted", "7:S 21 Nov 2026 04:00:00.000 * REPLICAOF 10.0.0.2:6379 enabled (user request from 'id=43 addr=10.0.0.7:36802 fd=16 name= age=31 idle=0 flags=N cmd=replicaof')\n", "", false,
			[]string{"(to a replica of 10.0.0.2:6379, as replicaof of 10.0.0.7 asked)"}},
		{"a role of its own", "7:S 21 Nov 2026 04:00:00.000 * MASTER MODE enabled (user request)\n", "", false, []string{"(to a primary)"}},
		{"a long rewrite", "7:M 21 Nov 2026 04:00:00.000 * Background append only file rewriting started by pid 98\n7:M 21 Nov 2026 04:04:42.000 * Background AOF rewrite terminated with success\n", "", false,
			[]string{"a save or a rewrite by a child took up to 5 min, from x.log:1 on."}},
		{"not registered for another reason", "7:M 21 Nov 2026 04:00:00.000 # Error registering fd event for the new client: No such file or directory (fd=157)\n", "", false,
			[]string{"not for want of descriptors, once (No such file or directory, descriptor 157)"}},
		{"ready", "7:M 21 Nov 2026 04:00:00.000 * Ready to accept connections tcp\n7:M 21 Nov 2026 04:00:00.100 * Replica 10.0.0.2:6379 asks for synchronization\n", "", false,
			[]string{"a replica asked for synchronization, once", "ready to accept connections, once"}},
		{"accepted alone", "7:M 21 Nov 2026 04:00:00.000 - Accepted 10.0.0.1:5000\n7:M 21 Nov 2026 04:00:00.050 - Accepted 10.0.0.1:5001\n", "", false,
			[]string{"2 connections accepted and none closed within 50 ms, all of 10.0.0.1"}},
		{"closed alone", "7:M 21 Nov 2026 04:00:00.000 - Client closed connection\n", "", false, []string{"1 connection closed and none accepted at one moment; whose"}},
		{"accepted and closed", turning(2, 2000, 2, 5), "", false, []string{"2 connections accepted and 2 closed within 2.0 s, 1 of them of 10.0.0.0"}},
		{"reading failed", strings.Repeat("7:M 21 Nov 2026 04:00:00.000 - Reading from client: Connection reset by peer\n", 2), "", false, []string{"reading from a client failed, 2 times (Connection reset by peer)"}},
		{"a higher limit refused", "(error) ERR The operating system is not able to handle the specified number of clients, try with 10208\n", "fd-limit", false, []string{"maxclients of 10208 at most"}},
		{"nothing", "7:M 21 Nov 2026 04:00:00.000 * DB saved on disk\n", "", false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := read(t, tt.log).Judge()
			var got Candidate
			if len(j.Candidates) > 0 {
				got = j.Candidates[0]
			}
			if got.Cause != tt.cause || got.Settled != tt.settled {
				t.Errorf("got %q, settled %v: %s", got.Cause, got.Settled, got.Claim)
			}
			for _, s := range tt.says {
				if !strings.Contains(j.Summary, s) {
					t.Errorf("summary %q lacks %q", j.Summary, s)
				}
			}
			for _, c := range j.Candidates {
				if c.Score <= 0 || c.Score > 0.95 || len(c.Facts) == 0 || c.Claim == "" {
					t.Errorf("candidate %+v", c)
				}
				for _, f := range c.Facts {
					if len(f.At) == 0 || !strings.HasPrefix(f.At[0], "x.log:") {
						t.Errorf("fact %q has no place: %v", f.Claim, f.At)
					}
				}
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	for _, tt := range []struct {
		log  string
		want bool
	}{
		{counts(60, 100, 104, 97, 101), true},
		{counts(5, 100, 101), false},
		{counts(60, 100, 160, 220, 300), false},
		{counts(60, 100, 104, 97, 101) + fdLine, false},
		{counts(60, 100, 104) + "7:M 21 Nov 2026 04:09:00.000 # Connection with replica 10.0.0.1:6379 lost.\n", false},
		{"", false},
	} {
		if j := read(t, tt.log).Judge(); j.Quiet != tt.want {
			t.Errorf("%q: quiet %v, want %v", tt.log, j.Quiet, tt.want)
		}
	}
}

// A long log leaves a bounded reading, whatever it is full of.
func TestReadingIsBounded(t *testing.T) {
	r := &Reading{}
	for i := range 5000 {
		pos := record.Pos{Line: int64(i + 1)}
		host := fmt.Sprintf("10.%d.%d.1", i/250, i%250)
		r.Add(&serverlog.Entry{Event: serverlog.OutputBufferCut, Count: 1, Text: "Client id=5 addr=" + host + ":5 fd=9 closed for overcoming of output buffer limits."}, pos)
		r.Add(&serverlog.Entry{Event: serverlog.ClientCount, Count: 1, Text: fmt.Sprintf("%d clients connected (0 slaves), 5 bytes in use", i)}, pos)
		r.Add(&serverlog.Entry{Event: serverlog.LinkLost, Count: 1, Text: "Connection with master lost."}, pos)
		r.Add(&serverlog.Entry{Event: serverlog.Accepted, Count: 1, Text: "Accepted " + host + ":5", Peers: []serverlog.Peer{{Host: host, Accepted: 1}}}, pos)
	}
	if len(r.cuts) > maxCuts || len(r.counts) > maxCounts || len(r.events) > maxEvents || len(r.flow.hosts) > maxHosts+1 {
		t.Errorf("%d cuts, %d counts, %d events, %d hosts", len(r.cuts), len(r.counts), len(r.events), len(r.flow.hosts))
	}
	if r.Lines != 20000 || r.flow.accepted != 5000 || r.times(serverlog.OutputBufferCut) != 5000 {
		t.Errorf("%d lines, %d accepted", r.Lines, r.flow.accepted)
	}
	if first, last := r.counts[0].clients, r.counts[len(r.counts)-1].clients; first != 0 || last < 4900 {
		t.Errorf("counts from %d to %d", first, last)
	}
}

func TestParamsHaveReasons(t *testing.T) {
	for name, p := range params {
		if p.why == "" || p.value <= 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
