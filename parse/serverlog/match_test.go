package serverlog

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

const client = "id=162 addr=172.31.19.219:55356 fd=39 name= age=19993 idle=2 flags=S db=0 sub=0 psub=0 multi=-1 qbuf=0 " +
	"qbuf-free=32768 obl=0 oll=13791 omem=268443704 events=rw cmd=replconf"

func TestMatch(t *testing.T) {
	type numbers map[Quantity]int64
	tests := []struct {
		text                 string
		id                   ID
		peer, client, detail string
		n                    numbers
	}{
		{"Accepted 127.0.0.1:54412", Accepted, "127.0.0.1:54412", "", "", nil},
		{"Accepted ::1:49384", Accepted, "::1:49384", "", "", nil},
		{"Accepted connection to /run/redis.sock", Accepted, "", "", "", nil},
		{"Client closed connection", Closed, "", "", "", nil},
		{"Client closed connection " + client, Closed, "", client, "", nil},
		{"29 clients connected (1 slaves), 1222912 bytes in use", ClientCount, "", "", "", numbers{Clients: 29, Replicas: 1, Bytes: 1222912}},
		{"29 clients connected (1 replicas), 1222912 bytes in use", ClientCount, "", "", "", numbers{Clients: 29, Replicas: 1, Bytes: 1222912}},
		{"Total: 29 clients connected (1 replicas), 1222912 (1.17M) bytes in use", ClientCount, "", "", "", numbers{Clients: 29, Replicas: 1, Bytes: 1222912}},
		{"Client " + client + " scheduled to be closed ASAP for overcoming of output buffer limits.", OutputBufferCut, "", client, "", nil},
		{"Client " + client + " closed for overcoming of output buffer limits.", OutputBufferCut, "", client, "", nil},
		{"Evicting client: " + client, ClientEvicted, "", client, "", nil},
		{"Closing client that reached max query buffer length: " + client + ` (qbuf initial bytes: "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret")`, QueryBufferCut, "", client, "", nil},
		{"Error registering fd event for the new client: Numerical result out of range (fd=10128)", RegisterFailed, "", "", "Numerical result out of range", numbers{FD: 10128}},
		{"Error registering fd event for the new client: Numerical result out of range (conn: fd=10128)", RegisterFailed, "", "", "Numerical result out of range", nil},
		{"Error registering fd event for the new client connection: Numerical result out of range (addr=10.0.0.1:5 laddr=10.0.0.2:6379)", RegisterFailed, "10.0.0.1:5", "", "Numerical result out of range", nil},
		{"Accepting client connection: accept: Too many open files", AcceptFailed, "", "", "accept: Too many open files", nil},
		{"You requested maxclients of 10000 requiring at least 10032 max file descriptors.", LimitAsked, "", "", "", numbers{Limit: 10000, Files: 10032}},
		{"Server can't set maximum open files to 10032 because of OS error: Operation not permitted.", LimitDenied, "", "", "Operation not permitted", numbers{Files: 10032}},
		{"Redis can't set maximum open files to 10032 because of OS error: Operation not permitted.", LimitDenied, "", "", "Operation not permitted", numbers{Files: 10032}},
		{"Current maximum open files is 1024. maxclients has been reduced to 992 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.", LimitReduced, "", "", "", numbers{Files: 1024, Limit: 992}},
		{"Unable to set the max number of files limit to 10032 (Operation not permitted), setting the max clients configuration to 992.", LimitReduced, "", "", "", numbers{Files: 10032, Limit: 992}},
		{"Connection with replica 10.0.0.1:6379 lost.", ReplicaLost, "10.0.0.1:6379", "", "", nil},
		{"Connection with slave 10.0.0.1:<unknown-slave-port> lost.", ReplicaLost, "10.0.0.1:<unknown-slave-port>", "", "", nil},
		{"Connection with replica client id #17 lost.", ReplicaLost, "client id #17", "", "", nil},
		{"Disconnecting timedout replica (streaming sync): 10.0.0.1:6379", ReplicaTimeout, "10.0.0.1:6379", "", "", nil},
		{"Partial resynchronization request from 10.0.0.1:6379 accepted. Sending 84 bytes of backlog starting from offset 7.", PartialResync, "10.0.0.1:6379", "", "", numbers{Bytes: 84, Offset: 7}},
		{"Connection with primary lost.", LinkLost, "", "", "", nil},
		{"Error condition on socket for SYNC: Connection refused", LinkFailed, "", "", "Connection refused", nil},
		{"Sending command to master in replication handshake: -Writing to master: No error", LinkFailed, "", "", "-Writing to master: No error", nil},
		{"+sdown master mymaster 10.0.0.1 6379", SentinelDown, "", "", "master mymaster 10.0.0.1 6379", nil},
		{"-odown master mymaster 10.0.0.1 6379", SentinelUp, "", "", "master mymaster 10.0.0.1 6379", nil},
		{"+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379", SentinelSwitch, "", "", "mymaster 10.0.0.1 6379 10.0.0.2 6379", nil},
		{"+tilt #tilt mode entered", SentinelTilt, "", "", "", nil},
		{"-tilt #tilt mode exited", SentinelEvent, "", "", "tilt", nil},
		{"+failover-end master mymaster 10.0.0.1 6379", SentinelEvent, "", "", "failover-end", nil},
		{"Background saving started by pid 4242", ForkStarted, "", "", "", numbers{PID: 4242}},
		{"Fork CoW for RDB: current 6 MB, peak 6 MB, average 5 MB", ForkMemory, "", "", "", numbers{Megabytes: 6}},
		{"Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down the server.", FsyncSlow, "", "", "", nil},
		{"Slow script detected: still in execution after 5000 milliseconds. You can try killing the script using the SCRIPT KILL command. Script name is: f.", SlowScript, "", "", "", numbers{Millis: 5000}},
		{"Redis version=7.2.6, bits=64, commit=00000000, modified=0, pid=9729, just started", Starting, "", "", "7.2.6", nil},
		{"Server started, Redis version 2.8.24", Starting, "", "", "2.8.24", nil},
		{"Ready to accept connections tcp", Ready, "", "", "", nil},
		{"Redis is now ready to exit, bye bye...", Exited, "", "", "", nil},
		{"Redis 7.0.15 crashed by signal: 11, si_code: 0", Crashed, "", "", "7.0.15", nil},
		{"Out Of Memory allocating 123456 bytes!", NoMemory, "", "", "", numbers{Bytes: 123456}},
		{"Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from 10.0.0.1:5 aborted.", CrossProtocol, "10.0.0.1:5", "", "", nil},
		{"Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection aborted.", CrossProtocol, "", "", "", nil},
		{"Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.", AuthFailed, "", "", "-WRONGPASS invalid username-password pair or user is disabled.", nil},
	}
	for _, tt := range tests {
		t.Run(tt.text[:min(len(tt.text), 40)], func(t *testing.T) {
			var e Event
			if !Match([]byte(tt.text), &e) {
				t.Fatalf("Match(%q) found nothing", tt.text)
			}
			if e.ID != tt.id || string(e.Peer) != tt.peer || string(e.Client) != tt.client || string(e.Detail) != tt.detail {
				t.Errorf("got id %d, peer %q, client %q, detail %q", e.ID, e.Peer, e.Client, e.Detail)
			}
			for q := range numQuantities {
				got, ok := e.Number(q)
				if want, has := tt.n[q]; ok != has || got != want {
					t.Errorf("%s: got %d, %v, want %d, %v", quantityWords[q], got, ok, want, has)
				}
			}
		})
	}
}

// Each sentence of the table is found in its own words, in its own row or in one before it
// that says the same.
func TestEverySentenceIsFound(t *testing.T) {
	fill := strings.NewReplacer("{…}", "Redis", "{peer}", "10.0.0.1:5000", "{client}", client, "{detail}", "fine", "{data}", `"x"`)
	for _, s := range sentences {
		text := fill.Replace(s.Text)
		for _, w := range quantityWords {
			text = strings.ReplaceAll(text, "{"+w+"}", "17")
		}
		var e Event
		if strings.Contains(text, "{") || !Match([]byte(text), &e) || e.ID != s.ID {
			t.Errorf("%q gives %d, want %d", text, e.ID, s.ID)
		}
		if at, ok := MatchBare([]byte("> `"+text+"`"), &e); ok != s.Bare || ok && (at != 3 || e.ID != s.ID) {
			t.Errorf("bare %q gives %d at %d, %v", text, e.ID, at, ok)
		}
		if s.Bare && !slices.ContainsFunc(bareMarks[:], func(mark string) bool { return strings.Contains(s.Text, mark) }) {
			t.Errorf("%q has none of %q", s.Text, bareMarks)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	for _, text := range []string{
		"", "Accepted", "Accepted publickey for root", "Accepted cluster node 10.0.0.1:17000",
		"Client closed connection early", "Client closed connection nobody",
		"x clients connected (1 slaves), 1 bytes in use", "-1 clients connected (1 slaves), 1 bytes in use",
		"Client jones scheduled to be closed ASAP for overcoming of output buffer limits.",
		"- 5", "-NOAUTH x", "+OK", "Evicting client: ", "You requested maxclients of many requiring at least 5 max file descriptors.",
	} {
		var e Event
		if Match([]byte(text), &e) || e.ID != None || e.Peer != nil || e.Client != nil {
			t.Errorf("Match(%q) gives %+v", text, e)
		}
	}
}

func TestMatchCutShort(t *testing.T) {
	var e Event
	if !Match([]byte("50 clients connected (0 slaves), 2661216 bytes in u"), &e) || e.ID != ClientCount || e.Left != "se" {
		t.Errorf("got %+v", e)
	}
	if !Match([]byte("Client "+client+" scheduled to be closed"), &e) || string(e.Client) != client {
		t.Errorf("got %+v", e)
	}
	// The servers cut a message at 1024 bytes, whatever is in it.
	long := "Client " + client + " name=" + strings.Repeat("x", 1000)
	if !Match([]byte(long), &e) || e.ID != OutputBufferCut {
		t.Errorf("got %+v", e)
	}
	if Match([]byte("Client "+client[:90]), &e) {
		t.Errorf("half a client is no sentence: %+v", e)
	}
}

func TestMatchBare(t *testing.T) {
	for _, tt := range []struct {
		line string
		id   ID
		at   int
	}{
		{"redis.exceptions.ConnectionError: max number of clients reached", Refused, 34},
		{"consumer: Cannot connect to redis://redis:6379/0: max number of clients reached.", Refused, 50},
		{`{"level":"error","msg":"ERR max number of clients reached"}`, Refused, 28},
		{`ValueError: invalid literal for int() with base 10: 'ERR max number of clients reached\r'`, Refused, 57},
		{"ERR max number of clients reached (Redis::CommandError)", Refused, 4},
		{"ERR max number of clients reached. channel: [id: 0x67, L:/10.0.0.1:59560]", Refused, 4},
		{`[2026-11-21 04:00:00] production.ERROR: ERR max number of clients reached {"exception":"[object] (Predis\\Error: 1)"}`, Refused, 44},
		{"PHP Fatal error:  Uncaught Predis\\Error: ERR max number of clients reached in /app/vendor/predis/src/Client.php:370", Refused, 45},
		{"ERR max number of clients reached in two of our regions", None, 0},
		{"ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to handle the specified number of clients, try with 10208", LimitReduced, 68},
		{"accept(4, 0x7fff, [88]) = -1 EMFILE (Too many open files)", AcceptFailed, 0},
		{"We read that max number of clients reached is an error of the server", None, 0},
		{"2026-11-21 10:00:00 db1 Evicting client: " + client, ClientEvicted, 24},
		{"notmax number of clients reached", None, 0},
		{"nothing at all", None, 0},
	} {
		var e Event
		at, ok := MatchBare([]byte(tt.line), &e)
		if ok != (tt.id != None) || e.ID != tt.id || at != tt.at {
			t.Errorf("%q: got %d at %d, %v", tt.line, e.ID, at, ok)
		}
	}
}

// What a client sent may be a password: it is in the server's log, and must not be in ours.
func TestAppendTextHidesData(t *testing.T) {
	text := []byte("Closing client that reached max query buffer length: " + client + ` (qbuf initial bytes: "AUTH secret")`)
	var e Event
	if !Match(text, &e) {
		t.Fatal("no match")
	}
	got := e.AppendText(nil, text)
	if bytes.Contains(got, []byte("secret")) || !bytes.HasSuffix(got, []byte("(qbuf initial bytes: ***)")) {
		t.Errorf("got %q", got)
	}
	var again Event
	if !Match(got, &again) || string(again.Client) != client {
		t.Errorf("what is kept does not match: %q", got)
	}
}

func FuzzCutMatch(f *testing.F) {
	f.Add([]byte("4296:M 26 Oct 02:18:27.717 # Client " + client + " scheduled to be closed ASAP for overcoming of output buffer limits."))
	f.Add([]byte(`pid=17 role=primary timestamp="1795236666655" level=warning message="Accepted 1.2.3.4:5"`))
	f.Add([]byte("Nov 21 04:57:28 db1 redis[812]: +sdown master x"))
	f.Add([]byte(`{"log":"1:M 21 Nov 2026 04:57:28.109 # 5 clients connected (1 slaves), 99999999999999999999 bytes in use\n"}`))
	f.Add([]byte("9:57:S 29 Feb 04:57:28,1 . Closing client that reached max query buffer length: id=1 (qbuf initial bytes: )"))
	f.Add([]byte("1:signal-handler (99999999999999) Received SIGTERM"))
	f.Add([]byte("1:signal-handler (9999999999) R"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var l Line
		var e Event
		text := line
		if Cut(line, &l) {
			text = l.Text
			if l.Prefix < 0 || l.Prefix > len(line) || l.Date.At.Year() > maxYear {
				t.Fatalf("%+v", l)
			}
		}
		if Match(text, &e) {
			if e.ID == None || e.ID >= numIDs {
				t.Fatalf("id %d", e.ID)
			}
			kept := e.AppendText(nil, text)
			var again Event
			if !Match(kept, &again) || again.ID != e.ID || !bytes.Equal(again.Client, e.Client) {
				t.Fatalf("%q kept as %q gives %+v", text, kept, again)
			}
		}
		MatchBare(line, &e)
	})
}

// Every word in braces is known: a typing error would make a sentence that never matches.
func TestHolesAreKnown(t *testing.T) {
	for row, p := range patterns {
		for _, pc := range p.pieces {
			if pc.hole == holeNumber && pc.quantity >= numQuantities {
				t.Errorf("%q has a word in braces that is none", sentences[row].Text)
			}
		}
	}
}
