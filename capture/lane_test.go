package capture

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// At the limit a stall that outlasts the time-out costs the recorder no slot, though others
// wait for one, and the refusals of the whole storm are counted.
func TestRunKeepsItsSlotThroughAStall(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 6"))
	r := recording(t, Options{Target: targetOf(s), Connections: 2, Timeout: 200 * time.Millisecond})
	r.sees(record.KindClients, "")
	for range 4 {
		if a, err := testserver.Command(s.Dial(), "PING"); err != nil || a != "+PONG" {
			t.Fatal(a, err)
		}
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // others that want a slot, again and again
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if nc, err := net.DialTimeout("tcp", s.Addr(), time.Second); err == nil {
				nc.SetDeadline(time.Now().Add(100 * time.Millisecond))
				io.Copy(io.Discard, nc)
				nc.Close()
			}
		}
	}()
	defer func() { close(stop); <-done }()
	s.Freeze()
	time.Sleep(5 * 200 * time.Millisecond)
	s.Thaw()
	r.sees(record.KindMark, "was answered after")
	n := r.count(record.KindInfo, "")
	r.seesMore(record.KindInfo, "", n+3)
	if stats, err := r.stop(); err != nil || stats.Connects != 2 {
		t.Errorf("%v, %d connections, want the 2 of the beginning", err, stats.Connects)
	}
}

// A list that takes long holds no INFO up.
func TestRunListsBesideInfo(t *testing.T) {
	info := fakeInfo("# Server\nredis_version:7.0.15\n")
	target := fakeServer(t, func(nc net.Conn, next func() []string) {
		for args := next(); args != nil; args = next() {
			switch {
			case args[0] == "INFO":
				io.WriteString(nc, info)
			case len(args) > 1 && args[1] == "LIST":
				io.WriteString(nc, "$4\r\n")
				time.Sleep(6 * leastInterval)
				io.WriteString(nc, "id=1\r\n")
			default:
				io.WriteString(nc, ":7\r\n")
			}
		}
	})
	r := recording(t, Options{Target: target, Connections: 2, Budget: 1, Slowlog: -1, Config: -1, State: -1})
	r.seesMore(record.KindClients, "", 3)
	if lists, infos := r.count(record.KindClients, ""), r.count(record.KindInfo, ""); infos < 4*lists {
		t.Errorf("%d INFO beside %d lists", infos, lists)
	}
	last := time.Time{}
	for i, k := range r.all() {
		if k.head.At.Before(last) {
			t.Errorf("record %d is dated before the one before it", i)
		}
		last = k.head.At
	}
}

// Where one connection is lost for good the other goes on for both.
func TestRunOneConnectionForBoth(t *testing.T) {
	var conns atomic.Int64
	target := fakeServer(t, func(nc net.Conn, next func() []string) {
		n := conns.Add(1)
		for args := next(); args != nil; args = next() {
			switch {
			case n > 1:
				io.WriteString(nc, "-ERR max number of clients reached\r\n")
				return
			case args[0] == "INFO":
				io.WriteString(nc, fakeInfo("# Server\nredis_version:7.0.15\n"))
			case len(args) > 1 && args[1] == "LIST":
				io.WriteString(nc, "$4\r\nid=1\r\n")
			default:
				io.WriteString(nc, ":7\r\n")
			}
		}
	})
	r := recording(t, Options{Target: target, Connections: 2, Budget: 1, Slowlog: -1, Config: -1, State: -1})
	r.seesMore(record.KindFailure, "max number of clients", 2)
	r.seesMore(record.KindClients, "", 3)
	r.seesMore(record.KindInfo, "", 3)
}

// A connection that TCP holds open though nobody answers on it is changed over once a new
// one is served, and not before.
func TestRunChangesOverFromAMuteConnection(t *testing.T) {
	var conns atomic.Int64
	target := fakeServer(t, func(nc net.Conn, next func() []string) {
		n, infos := conns.Add(1), 0
		for args := next(); args != nil; args = next() {
			if args[0] != "INFO" {
				io.WriteString(nc, ":7\r\n")
				continue
			}
			if infos++; n == 1 && infos > 2 {
				continue // as behind a middlebox that forgot the connection
			}
			io.WriteString(nc, fakeInfo(fmt.Sprintf("# Clients\nconnected_clients:%d\n", n)))
		}
	})
	r := recording(t, Options{Target: target, Clients: -1, Slowlog: -1, Config: -1, State: -1, Timeout: leastInterval})
	r.sees(record.KindMark, "changed over to the new one")
	r.sees(record.KindInfo, "connected_clients:2")
	if n := r.count(record.KindFailure, "no answer after"); n < besideAfter {
		t.Errorf("changed over after %d times of silence", n)
	}
}
