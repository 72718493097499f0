package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestFacts reads a real server's process, and nobody else's.
func TestFacts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("there is no /proc: Find gives nothing, which is held below")
	}
	s := testserver.Start(t, testserver.Config("maxclients 100"))
	var conns []net.Conn
	for range 5 {
		conns = append(conns, s.Dial())
	}
	for _, nc := range conns {
		defer nc.Close()
	}
	if p := Find(conns[0], os.Getpid(), s.Port); p != nil {
		t.Error("a process that is no server")
	}
	p := Find(conns[0], s.PID(), s.Port)
	if runtime.GOOS != "linux" {
		if p != nil {
			t.Error("found")
		}
		return
	}
	if p == nil {
		t.Fatal("the server is not found")
	}
	text := string(p.Facts())
	for _, key := range []string{"descriptors_limit:", "descriptors_used:", "listen_overflows:", "listen_drops:", "cpu_user_seconds:", "rss_bytes:", "load_1m:", "memory_available_bytes:"} {
		if !strings.Contains(text, "\n"+key) {
			t.Errorf("no %s in %s", key, text)
		}
	}
	n := int64(0)
	for _, peer := range p.Peers() {
		if peer.Name == "127.0.0.1" && peer.State == "ESTAB" {
			n = peer.Count
		}
	}
	if n != 5 {
		t.Errorf("%d connections in %+v", n, p.Peers())
	}
	s.Kill()
	if got := p.Facts(); got != nil {
		t.Errorf("of a process that is gone: %s", got)
	}
}

// TestPeersAreBounded: many peers, and lines of no form.
func TestPeersAreBounded(t *testing.T) {
	proc := t.TempDir()
	dir := filepath.Join(proc, "7", "net")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("  sl  local_address rem_address   st\n   0: x y z\n   1: 0100007F:1F90 0100007F 01\n  2: 00000000:1F90 00000000:0000 0A\n")
	for i := range 300 {
		fmt.Fprintf(&b, "%4d: 0100007F:1F90 %02X00000A:%04X %02X more\n", i, i%200, 1000+i, 1+i%2*7)
	}
	if err := os.WriteFile(filepath.Join(dir, "tcp"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &Process{proc: proc, pid: 7, port: 8080}
	peers, sum := p.Peers(), int64(0)
	for _, one := range peers {
		sum += one.Count
	}
	if len(peers) != mostPeers+2 || sum != 300 || peers[0].Count != 2 {
		t.Errorf("%d peers with %d connections: %+v", len(peers), sum, peers)
	}
	if p.Facts() != nil {
		t.Error("facts of nothing")
	}
	o := record.Other{Command: record.SocketsCommand, Text: record.AppendSockets(nil, peers)}
	if back, ok := o.Sockets(); !ok || len(back) != len(peers) {
		t.Errorf("%d come back", len(back))
	}
}

func ExampleFind() {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	fmt.Println(Find(a, 0, 6379) == nil) // of no process
	// Output: true
}
