package capture

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestSurvivesKillOfNormalClients: CLIENT KILL TYPE normal takes the lists' connection and leaves
// INFO's, on which lists are asked meanwhile; what is recorded under RESP3 is as under RESP2.
func TestSurvivesKillOfNormalClients(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s), Connections: 2, Budget: 1, Config: leastInterval, State: leastInterval})
	r.seesMore(record.KindClients, "", 2)
	r.sees(record.KindMark, "a subscriber, which")
	own, lists := s.Do("CLIENT", "LIST"), 0
	if !strings.Contains(own, "resp=3") && !strings.Contains(own, "sub=1") {
		t.Errorf("%s", own)
	}
	for range 5 {
		if a := s.Do("CLIENT", "KILL", "TYPE", "normal"); !strings.HasPrefix(a, ":") {
			t.Fatal(a)
		}
		lists = r.count(record.KindClients, "")
		r.seesMore(record.KindInfo, "", r.count(record.KindInfo, "")+2)
		r.seesMore(record.KindClients, "", lists+1)
		time.Sleep(leastInterval)
	}
	r.seesMore(record.KindConfig, "", 2)
	for _, command := range []string{probeRole, probeMemory} {
		for _, k := range r.all() {
			if k.kind == record.KindOther && k.command == command && !strings.HasPrefix(k.text, "1) ") && !strings.HasPrefix(k.text, " 1) ") {
				t.Errorf("%s is recorded as %.60q", command, k.text)
			}
		}
	}
	for _, k := range r.all() {
		if k.kind == record.KindFailure && k.command == probeInfo {
			t.Errorf("INFO failed: %s", k.text)
		}
	}
	stats, err := r.stop()
	if err != nil || stats.Connects < 3 {
		t.Errorf("%+v %v", stats, err)
	}
}

// TestNoSubscriber: a user who may not subscribe is recorded all the same.
func TestNoSubscriber(t *testing.T) {
	s := testserver.Start(t)
	s.Do("ACL", "SETUSER", "plain", "on", ">pw", "+info", "+client|list", "+client|setname", "+client|id")
	target := targetOf(s)
	target.User, target.Password = "plain", "pw"
	r := recording(t, Options{Target: target, Budget: 1})
	r.seesMore(record.KindInfo, "", 3)
	r.sees(record.KindClients, "")
	if n := r.count(record.KindMark, "subscriber"); n != 0 {
		t.Errorf("%d marks say that it is a subscriber", n)
	}
}

// TestProxyThatHangsUpAtHELLO: what does not know RESP3 is recorded on plain connections, and is
// not asked again and again.
func TestProxyThatHangsUpAtHELLO(t *testing.T) {
	var hellos atomic.Int32
	target := fakeServer(t, func(nc net.Conn, next func() []string) {
		for args := next(); args != nil; args = next() {
			switch args[0] {
			case "HELLO":
				hellos.Add(1)
				return
			case "INFO":
				io.WriteString(nc, "$25\r\n# Clients\r\nmaxclients:9\r\n\r\n")
				if hellos.Load() < 2 {
					return
				}
			default:
				io.WriteString(nc, ":7\r\n")
			}
		}
	})
	r := recording(t, Options{Target: target, Connections: 2, Wait: true, Clients: -1, Slowlog: -1, Config: -1, State: -1})
	r.seesMore(record.KindInfo, "", 8)
	if n := hellos.Load(); n != maxLosses {
		t.Errorf("HELLO was asked %d times", n)
	}
	if _, err := r.stop(); err != nil {
		t.Error(err)
	}
}
