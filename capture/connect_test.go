package capture

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// A lateConn is a connection whose other side hung up just before the next write.
type lateConn struct {
	net.Conn
	hungUp bool
}

func (c *lateConn) Write(p []byte) (int, error) {
	if c.hungUp {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return c.Conn.Write(p)
}

// Under TLS 1.3 the server refuses a missing certificate after the client's handshake is
// done; where its hanging up is seen by the write, its alert is still there to be read.
func TestWriteAfterTLSAlert(t *testing.T) {
	s := testserver.Start(t, testserver.TLS())
	target := Target{Port: s.Port, TLS: &TLS{CACert: s.Certs.CA}}
	conf, err := target.tlsConfig()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := net.Dial("tcp", target.Addr())
	if err != nil {
		t.Fatal(err)
	}
	late := &lateConn{Conn: nc}
	tc := tls.Client(late, conf)
	if err := tc.Handshake(); err != nil || tc.ConnectionState().Version != tls.VersionTLS13 {
		t.Fatalf("handshake: %v", err)
	}
	late.hungUp = true
	c := newClient(context.Background(), tc, 5*time.Second, 1<<10)
	defer c.close()
	if _, err := c.do("PING"); classify(err) != record.FailTLS || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("%v is of class %s", err, classify(err))
	}
}

// A recording whose time is over before it has a connection did not connect.
func TestDurationOverWhileConnecting(t *testing.T) {
	silent := fakeServer(t, func(_ net.Conn, next func() []string) {
		for next() != nil {
		}
	})
	secure := fakeServer(t, func(nc net.Conn, _ func() []string) { io.Copy(io.Discard, nc) })
	secure.TLS = &TLS{Insecure: true}
	mute := fakeServer(t, func(nc net.Conn, next func() []string) { // greets, and answers no probe
		for args := next(); args != nil; args = next() {
			if args[0] == "CLIENT" || args[0] == "HELLO" {
				nc.Write([]byte(":7\r\n"))
			}
		}
	})
	for _, tt := range []struct {
		name   string
		target Target
		wait   bool
		step   string
		words  string
	}{
		{"TLS to a plain port", secure, false, connecting, "within the recording's 200ms: TLS handshake: "},
		{"TLS, waiting", secure, true, connecting, "within the recording's 200ms: TLS handshake: "},
		{"no answer", silent, false, "CLIENT SETNAME", "within the recording's 200ms (the server does not answer"},
		{"no answer to a probe", mute, false, probeInfo, "within the recording's 200ms (the server does not answer"},
		{"no answer, waiting", silent, true, "CLIENT SETNAME", "within the recording's 200ms (the server does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sink memSink
			stats, err := Run(context.Background(), Options{Target: tt.target, Duration: 200 * time.Millisecond, Wait: tt.wait}, &sink)
			var ce *ConnectError
			if !errors.As(err, &ce) || ce.Step != tt.step || ce.Class != record.FailTimeout || !strings.Contains(err.Error(), tt.words) || stats.Records > 0 || len(sink.all()) > 0 {
				t.Errorf("%v, %+v, %d records", err, ce, len(sink.all()))
			}
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(200*time.Millisecond, cancel)
			if _, err := Run(ctx, Options{Target: tt.target, Duration: time.Hour, Wait: tt.wait}, &sink); err != nil {
				t.Errorf("ended by the user: %v", err)
			}
		})
	}
}

// What a user may not ask for is in the server's ACL LOG once for each connection, however
// often it would be due.
func TestOptionalCommandsAreDeniedOnce(t *testing.T) {
	s := testserver.Start(t, testserver.Config("user few on >pw -@all +info +client|list +client|setname +client|id +slowlog|get +config|get"))
	r := recording(t, Options{Target: Target{Port: s.Port, User: "few", Password: "pw"}, State: leastInterval})
	r.seesMore(record.KindInfo, "", 8)
	for _, probe := range []string{probeRole, probeLatency, probeMemory} {
		r.sees(record.KindFailure, probe)
	}
	if _, err := r.stop(); err != nil {
		t.Fatal(err)
	}
	d := dialer{target: &Target{Port: s.Port}, name: "reader", timeout: 5 * time.Second, max: 1 << 20}
	c, err := d.connect(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	log, err := c.do("ACL", "LOG")
	if err != nil {
		t.Fatal(err)
	}
	text := string(appendTree(nil, log))
	denied := regexp.MustCompile(`"count"\s+\d+\) \(integer\) (\d+)\s+\d+\) "reason"\s+\d+\) "command"\s+\d+\) "context"\s+\d+\) "toplevel"\s+\d+\) "object"\s+\d+\) "(\S+)"`).FindAllStringSubmatch(text, -1)
	seen := map[string]int{}
	for _, d := range denied {
		n, _ := strconv.Atoi(d[1])
		seen[d[2]] += n
	}
	if len(seen) != 4 {
		t.Errorf("denied: %v in %s", seen, text)
	}
	for object, n := range seen {
		if n != 1 {
			t.Errorf("%s was denied %d times", object, n)
		}
	}
}

func TestHintNamesEveryRight(t *testing.T) {
	hint := (&ConnectError{Class: record.FailPerm}).Hint()
	rights := []string{"+client|setname", "+client|id", "+client|no-evict"}
	for _, p := range Probes() {
		words := append([]string(nil), p.Command...)
		right := "+" + strings.ToLower(words[0])
		if strings.Contains(p.Name, " ") {
			right += "|" + strings.ToLower(words[1])
		}
		rights = append(rights, right)
	}
	for _, right := range rights {
		if !strings.Contains(hint+" ", right+" ") && !strings.Contains(hint, right+",") {
			t.Errorf("%s is not in %q", right, hint)
		}
	}
}
