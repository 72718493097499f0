package capture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// aclConf is the user of the package comment.
const aclConf = "user connbox on >pw resetkeys -@all +info +client|list +client|setname " +
	"+client|id +client|no-evict +slowlog|get +config|get +role +latency|latest +memory|stats +cluster|info"

func TestRunRecordsEverything(t *testing.T) {
	tests := []struct {
		name   string
		opts   []testserver.Option
		target func(*Target)
	}{
		{"plain", nil, func(*Target) {}},
		{"unix socket", []testserver.Option{testserver.Unix()}, func(*Target) {}},
		{"password", []testserver.Option{testserver.Config("requirepass pw")}, func(t *Target) { t.Password = "pw" }},
		{"ACL user with least rights", []testserver.Option{testserver.Config(aclConf, "user default off")},
			func(t *Target) { t.User, t.Password = "connbox", "pw" }},
		{"TLS", []testserver.Option{testserver.TLS()}, func(*Target) {}},
		{"TLS, folder of authorities and SNI", []testserver.Option{testserver.TLS()},
			func(t *Target) {
				t.TLS.CACertDir, t.TLS.CACert = t.TLS.CACert[:strings.LastIndexByte(t.TLS.CACert, '/')], ""
				t.TLS.SNI = "localhost"
			}},
		{"TLS, insecure", []testserver.Option{testserver.TLS()},
			func(t *Target) { t.TLS.CACert, t.TLS.Insecure = "", true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testserver.Start(t, tt.opts...)
			target := targetOf(s)
			tt.target(&target)
			before := time.Now()
			r := recording(t, Options{Target: target})
			for _, kind := range []record.Kind{record.KindInfo, record.KindClients, record.KindSlowlog} {
				r.seesMore(kind, "", 2)
			}
			r.sees(record.KindConfig, "")
			stats, err := r.stop()
			if err != nil || stats.Sealed != "signal" || stats.Failures != 0 || stats.Connects != 1 || len(stats.ClientIDs) != 1 {
				t.Errorf("stats %+v, error %v: want one connection, no failure", stats, err)
			}
			recs := r.all()
			if int64(len(recs)) != stats.Records {
				t.Errorf("%d records arrived, stats say %d", len(recs), stats.Records)
			}
			want := fmt.Sprintf("connected to %s as client id=%d name=connbox", s.Addr(), stats.ClientIDs[0])
			if recs[0].kind != record.KindMark || !strings.HasPrefix(recs[0].text, want) {
				t.Errorf("the first record is %q, want %q", recs[0].text, want)
			}
			for i, k := range recs {
				checkHead(t, k, before)
				if i > 0 && k.head.At.Before(recs[i-1].head.At) {
					t.Errorf("record %d is before the one before it", i)
				}
				checkContent(t, k, stats.ClientIDs[0])
			}
		})
	}
}

func checkHead(t *testing.T, k kept, before time.Time) {
	t.Helper()
	h := k.head
	if h.At.Location() != time.UTC || h.At.Before(before.Add(-time.Second)) || h.At.After(time.Now()) {
		t.Errorf("kind %d at %v: want UTC, between %v and now", k.kind, h.At, before)
	}
	if k.kind != record.KindMark && (h.Took <= 0 || h.Took > time.Minute || h.Size <= 0) {
		t.Errorf("kind %d took %v, %d bytes", k.kind, h.Took, h.Size)
	}
}

func checkContent(t *testing.T, k kept, own int64) {
	t.Helper()
	switch k.kind {
	case record.KindInfo:
		var i record.Info
		i.Reset([]byte(k.text))
		for _, key := range []string{"connected_clients", "server_time_usec", "cmdstat_info", "rejected_connections", "db_x"} {
			if _, ok := i.Value(key); ok != (key != "db_x") {
				t.Errorf("INFO has %s: %v", key, ok)
			}
		}
	case record.KindClients:
		if i := slices.IndexFunc(k.rows, func(c record.Client) bool { return c.ID == own }); i < 0 || k.rows[i].Name != "connbox" {
			t.Errorf("CLIENT LIST does not show the recorder %d by its name: %+v", own, k.rows)
		}
	case record.KindConfig:
		var names []string
		for _, p := range k.pairs {
			names = append(names, p.Key)
		}
		if !slices.Contains(names, "maxclients") || !slices.Contains(names, "client-output-buffer-limit") {
			t.Errorf("CONFIG holds %v", names)
		}
		for _, n := range names {
			if !slices.Contains(ConfigKeys(), n) {
				t.Errorf("CONFIG holds %s, which is not asked for", n)
			}
		}
	}
}

// A connection that is held goes on being served at maxclients; a new one is refused, with
// words, and with Wait it comes in when there is room.
func TestRunAtMaxclients(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 5"))
	held := recording(t, Options{Target: targetOf(s)})
	held.sees(record.KindInfo, "")
	var conns []net.Conn
	for range 4 {
		nc := s.Dial()
		if r, err := testserver.Command(nc, "PING"); err != nil || r != "+PONG" {
			t.Fatal(r, err)
		}
		conns = append(conns, nc)
	}
	for range 20 { // the refusal races with the server's hanging up
		_, err := Run(context.Background(), Options{Target: targetOf(s)}, &memSink{})
		var ce *ConnectError
		if !errors.As(err, &ce) || ce.Class != record.FailMaxClients || !strings.Contains(err.Error(), "ERR max number of clients reached") {
			t.Fatalf("error %v: want the server's refusal", err)
		}
	}
	late := recording(t, Options{Target: targetOf(s), Wait: true})
	late.seesMore(record.KindFailure, "ERR max number of clients reached", 2)
	n := held.count(record.KindInfo, "")
	held.seesMore(record.KindInfo, "", n+2)
	held.sees(record.KindInfo, "connected_clients:5\r\n")
	conns[0].Close()
	late.sees(record.KindMark, "connected to")
	late.sees(record.KindInfo, "")
	if stats, err := held.stop(); err != nil || stats.Failures != 0 {
		t.Errorf("the held connection: %+v, %v", stats, err)
	}
}

// Connections that come all at once are listed before the list's own time.
func TestRunLooksCloser(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s), Clients: time.Hour})
	r.sees(record.KindClients, "")
	for range 60 {
		s.Dial()
	}
	r.seesMore(record.KindClients, "", 2)
	lists := 0
	for _, k := range r.all() {
		if k.kind != record.KindClients {
			continue
		}
		if lists++; lists == 2 && len(k.rows) < 61 {
			t.Errorf("the closer look shows %d connections", len(k.rows))
		}
	}
}

// The server dies and comes back: each refused attempt is a record, then it goes on.
func TestRunServerRestart(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s)})
	r.sees(record.KindConfig, "")
	s.Kill()
	r.seesMore(record.KindFailure, "connection refused", 2)
	s.Restart("maxclients 77")
	r.sees(record.KindMark, "reconnected to")
	r.sees(record.KindInfo, "maxclients:77")
	stats, err := r.stop()
	if err != nil || stats.Connects != 2 || len(stats.ClientIDs) != 2 {
		t.Errorf("%+v, %v: want two connections", stats, err)
	}
	for _, k := range r.all() {
		if k.kind == record.KindFailure && k.class != record.FailRefused && k.class != record.FailReset {
			t.Errorf("%s: %s is of class %s", k.command, k.text, k.class)
		}
		if k.class == record.FailRefused && k.command != connecting {
			t.Errorf("a refused attempt is of %q", k.command)
		}
	}
}

// A server that answers nothing for a while keeps the connection that it has: its silence is
// recorded, the late answer is, too, dated when it came, and no other connection is made.
func TestRunServerHangs(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s), Timeout: 200 * time.Millisecond})
	r.sees(record.KindClients, "")
	s.Freeze()
	r.seesMore(record.KindFailure, "no answer after", 2)
	time.Sleep(lateLeast)
	thawed := time.Now()
	s.Thaw()
	r.sees(record.KindMark, "was answered after")
	n := r.count(record.KindInfo, "")
	r.seesMore(record.KindInfo, "", n+1)
	if stats, err := r.stop(); err != nil || stats.Connects != 1 {
		t.Errorf("%v, %d connections", err, stats.Connects)
	}
	late := 0
	for _, k := range r.all() {
		if k.kind == record.KindFailure && k.class != record.FailTimeout {
			t.Errorf("%s: %s is of class %s", k.command, k.text, k.class)
		}
		if k.kind != record.KindFailure && k.head.Took > lateLeast {
			late++
			if k.head.At.Before(thawed) {
				t.Errorf("the late answer is dated %v before it came", thawed.Sub(k.head.At))
			}
		}
	}
	if late == 0 {
		t.Error("no late answer is recorded")
	}
}

func TestRunStopsWhileWaiting(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s), Timeout: time.Minute})
	r.sees(record.KindInfo, "")
	s.Freeze()
	defer s.Thaw()
	time.Sleep(2 * leastInterval) // now it waits for a reply
	begin := time.Now()
	stats, err := r.stop()
	if err != nil || stats.Failures != 0 || time.Since(begin) > time.Second {
		t.Errorf("%v, %d failures, %v after the end", err, stats.Failures, time.Since(begin))
	}
}

// A probe that is not permitted is said once and the others go on.
func TestRunPermission(t *testing.T) {
	s := testserver.Start(t, testserver.Config("user few on nopass -@all +info +client|list"))
	r := recording(t, Options{Target: Target{Port: s.Port, User: "few", Password: "x"}})
	r.seesMore(record.KindInfo, "", 5)
	r.seesMore(record.KindClients, "", 5)
	stats, err := r.stop()
	if err != nil || stats.Failures != 5 || stats.Connects != 1 {
		t.Errorf("%+v, %v: want one failure of each of five probes", stats, err)
	}
	for _, probe := range []string{probeSlowlog, probeConfig, probeRole, probeLatency, probeMemory} {
		if n := r.count(record.KindFailure, probe); n != 1 {
			t.Errorf("%d failures of %s, want 1", n, probe)
		}
	}
	for _, k := range r.all() {
		if k.kind == record.KindFailure && (k.class != record.FailPerm || !strings.HasPrefix(k.text, "NOPERM ")) {
			t.Errorf("%s: %s %s", k.command, k.class, k.text)
		}
	}
}

func TestRunUnaskedPassword(t *testing.T) {
	s := testserver.Start(t)
	target := targetOf(s)
	target.Password = "not wanted"
	r := recording(t, Options{Target: target})
	r.sees(record.KindMark, "a password was given and the server asks for none")
	r.sees(record.KindInfo, "")
	for _, k := range r.all() {
		if strings.Contains(k.text, "not wanted") {
			t.Errorf("the password stands in the recording: %s", k.text)
		}
	}
}

func TestRunConnectErrors(t *testing.T) {
	plain := testserver.Start(t, testserver.Config("requirepass pw", "user none on >pw -@all"))
	secure := testserver.Start(t, testserver.TLS())
	renamed := testserver.Start(t, testserver.Config("rename-command AUTH zzz"))
	silent := fakeServer(t, func(_ net.Conn, next func() []string) { // reads and never answers
		for next() != nil {
		}
	})
	tlsTo := func(s *testserver.Server, o TLS) Target { return Target{Port: s.Port, TLS: &o} }
	ok := TLS{CACert: secure.Certs.CA, Cert: secure.Certs.Client, Key: secure.Certs.ClientKey}
	other, nameless := ok, ok
	other.CACert, nameless.SNI = secure.Certs.OtherCA, "elsewhere.example"
	tests := []struct {
		name   string
		target Target
		step   string
		class  record.FailureClass
		words  string
	}{
		{"refused", Target{Port: 1}, connecting, record.FailRefused, "connection refused"},
		{"no socket", Target{Socket: "/nowhere/s"}, connecting, record.FailRefused, "no such file"},
		{"no password", Target{Port: plain.Port}, "CLIENT SETNAME", record.FailAuth, "NOAUTH Authentication required"},
		{"wrong password", Target{Port: plain.Port, Password: "no"}, "AUTH", record.FailAuth, "WRONGPASS"},
		{"wrong user", Target{Port: plain.Port, User: "nobody", Password: "pw"}, "AUTH", record.FailAuth, "WRONGPASS"},
		{"user without rights", Target{Port: plain.Port, User: "none", Password: "pw"}, probeInfo, record.FailPerm, "NOPERM"},
		{"renamed AUTH", Target{Port: renamed.Port, User: "u", Password: "pw"}, "AUTH", record.FailPerm, "ERR unknown command"},
		{"renamed AUTH, long password", Target{Port: renamed.Port, Password: strings.Repeat("pw", 100)}, "AUTH", record.FailPerm, "ERR unknown command"},
		{"no answer", silent, "CLIENT SETNAME", record.FailTimeout, "i/o timeout"},
		{"plain to a TLS port", Target{Port: secure.Port}, "CLIENT SETNAME", record.FailReset, "--tls"},
		{"TLS to a plain port", tlsTo(plain, ok), connecting, record.FailTimeout, "TLS handshake"},
		{"unknown authority", tlsTo(secure, other), connecting, record.FailTLS, "unknown authority"},
		{"other name", tlsTo(secure, nameless), connecting, record.FailTLS, "elsewhere.example"},
		{"no certificate", tlsTo(secure, TLS{CACert: ok.CACert}), "CLIENT SETNAME", record.FailTLS, "tls: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sink memSink
			_, err := Run(context.Background(), Options{Target: tt.target, Timeout: 500 * time.Millisecond}, &sink)
			var ce *ConnectError
			if !errors.As(err, &ce) {
				t.Fatalf("error %v is no ConnectError", err)
			}
			if ce.Step != tt.step || ce.Class != tt.class || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("step %q, class %q: %v\nwant %q, %q, … %s …", ce.Step, ce.Class, err, tt.step, tt.class, tt.words)
			}
			if strings.Contains(err.Error(), "pw") || len(sink.all()) > 0 {
				t.Errorf("the error tells the password, or %d records were written", len(sink.all()))
			}
		})
	}
}

// With Wait, what would have ended the recording is in it.
func TestRunWaits(t *testing.T) {
	s := testserver.Start(t)
	s.Kill()
	r := recording(t, Options{Target: targetOf(s), Wait: true})
	r.seesMore(record.KindFailure, "connection refused", 3)
	s.Restart()
	r.sees(record.KindInfo, "")
	if k := r.all()[0]; k.kind != record.KindFailure || k.command != connecting {
		t.Errorf("the first record is %+v", k)
	}
	ended := recording(t, Options{Target: Target{Port: 1}, Wait: true})
	ended.sees(record.KindFailure, "refused")
	if stats, err := ended.stop(); err != nil || stats.Connects != 0 {
		t.Errorf("%+v, %v: waiting in vain is no error", stats, err)
	}
}

func TestRunDuration(t *testing.T) {
	s := testserver.Start(t)
	begin := time.Now()
	var seen []Progress
	stats, err := Run(context.Background(), Options{Target: targetOf(s), Duration: 350 * time.Millisecond, Connections: 1,
		Info: leastInterval, Budget: 1, OnSample: func(p Progress) { seen = append(seen, p) }}, &memSink{})
	if took := time.Since(begin); err != nil || stats.Sealed != "duration" || took < 350*time.Millisecond || took > 2*time.Second {
		t.Errorf("%v, sealed by %q, after %v", err, stats.Sealed, took)
	}
	if stats.To.Sub(stats.From) < 350*time.Millisecond || int64(len(seen)) != stats.Records {
		t.Errorf("%+v, %d calls of OnSample", stats, len(seen))
	}
	if last := seen[len(seen)-1]; !last.Connected || last.Clients != 1 || last.ClientID != stats.ClientIDs[0] || last.MaxClients < 100 || last.Rejected != 0 || last.Records != stats.Records {
		t.Errorf("the last progress is %+v", last)
	}
	for _, p := range stats.Probes {
		if p.Name == probeCluster && p.Asked == 0 {
			continue // no cluster
		}
		if p.Asked == 0 || p.Failed > 0 || p.Bytes == 0 || p.MaxTook == 0 || p.Interval != p.Every {
			t.Errorf("%+v", p)
		}
	}
}

func TestRunSinkFails(t *testing.T) {
	s := testserver.Start(t)
	sink := &memSink{full: 3}
	stats, err := Run(context.Background(), Options{Target: targetOf(s), Info: leastInterval}, sink)
	if !errors.Is(err, errFull) || stats.Records != 3 || len(sink.all()) != 3 {
		t.Errorf("%v, %d records: want the sink's error and the 3 it took", err, stats.Records)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		opts Options
		want string // empty = no error
	}{
		{"zero", Options{}, ""},
		{"only one probe", Options{Info: -1, Slowlog: -1, Config: -1}, ""},
		{"nothing", Options{Info: -1, Clients: -1, Slowlog: -1, Config: -1, State: -1}, "every probe is off"},
		{"too often", Options{Clients: time.Millisecond}, "CLIENT LIST every 1ms"},
		{"name", Options{Name: "a b"}, "without spaces"},
		{"budget", Options{Budget: 2}, "budget 2"},
		{"timeout", Options{Timeout: -1}, "negative"},
		{"certificate", Options{Target: Target{TLS: &TLS{CACert: "/nowhere"}}}, "no such file"},
		{"key without certificate", Options{Target: Target{TLS: &TLS{Key: "/nowhere"}}}, "client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.opts.Check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err == nil {
				return
			}
			if _, rerr := Run(context.Background(), tt.opts, &memSink{}); rerr == nil || rerr.Error() != err.Error() {
				t.Errorf("Run says %v", rerr)
			}
		})
	}
}

// What is asked for is what a bundle may keep.
func TestConfigKeys(t *testing.T) {
	keys := ConfigKeys()
	if !slices.IsSorted(keys) {
		t.Error("the keys are not sorted")
	}
	for _, k := range keys {
		if !record.ConfigAllowed(k) {
			t.Errorf("%s is asked for and may not be kept", k)
		}
	}
}

func TestMeta(t *testing.T) {
	m := Options{Target: Target{Host: "::1", Password: "pw"}, Clients: 5 * time.Second, Config: -1}.Meta("connbox 1")
	if m.Target != "[::1]:6379" || m.Mode != "capture" || m.Observer != "connbox" || len(m.Redacted) != 2 {
		t.Errorf("%+v", m)
	}
	if fmt.Sprint(m.Cadence) != "map[CLIENT LIST:5s CLUSTER INFO:1m0s INFO:1s LATENCY LATEST:1m0s MEMORY STATS:1m0s ROLE:1m0s SLOWLOG GET:10s]" {
		t.Errorf("cadence %v", m.Cadence)
	}
}
