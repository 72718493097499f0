package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/fixtures/testserver"
)

// TestRing runs a flight recorder on a real server as an operator would: it is asked for its
// status, takes a mark and a signal, gives a bundle of its last seconds while it runs, and
// goes on in the same ring after a restart.
func TestRing(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	port := strconv.Itoa(s.Port)
	args := []string{"capture", "127.0.0.1:" + port, "--keep", "1h", "--max-size", "100MB", "--pin-on", "clients>2",
		"--info-every", "200ms", "--list-every", "500ms", "--budget", "100", "--listen", "127.0.0.1:0", "-o", "ring"}
	if r := invoke(t, append(args[:len(args)-2:len(args)-2], "-o", "ring", "--listen", "256.1.1.1:1")...); r.code != 2 || !strings.Contains(r.err, "--listen") {
		t.Errorf("%+v", r)
	}
	p := begin(t, bin, nil, args...)
	until(t, "a recorder that sees the server", func() bool { return invoke(t, "status", "ring").code == 0 })
	if r := invoke(t, "capture", "-p", port, "--keep", "1h", "-o", "ring"); r.code != 2 || !strings.Contains(r.err, "another process (pid "+strconv.Itoa(p.cmd.Process.Pid)) {
		t.Errorf("a second recorder: %+v", r)
	}
	want(t, 0, "mark", "deploy 41") // the only ring here
	want(t, 0, "mark", "--ring", "ring", "evil \x1b[31m\nname")
	p.cmd.Process.Signal(syscall.SIGUSR1)
	for range 3 {
		nc := s.Dial()
		defer nc.Close()
	}
	var st control.Status
	until(t, "four pins", func() bool {
		return json.Unmarshal([]byte(invoke(t, "status", "-o", "json", "ring").out), &st) == nil && st.Ring != nil && strings.Count(invoke(t, "status", "ring").out, "pinned ") == 4
	})
	if !st.Seeing || st.Clients == nil || st.Ring.Members != 1 || st.PID != p.cmd.Process.Pid {
		t.Errorf("%+v", st)
	}
	if r := invoke(t, "status", "ring"); strings.ContainsAny(r.out, "\x1b") || !strings.Contains(r.out, "clients>2") {
		t.Errorf("%q", r.out)
	}
	want(t, 0, "cut", "--live", "ring", "--last", "1h", "-o", "ticket.connbox")
	if r := want(t, 0, "export", "--format", "text", "ticket.connbox"); !strings.Contains(r.out, "mark: deploy 41") || !strings.Contains(r.out, "condition met: clients>2 (") {
		t.Error("the bundle that was cut does not hold the marks")
	}
	finish(t, p)
	if r := invoke(t, "status", "ring"); r.code != 3 || !strings.Contains(r.err, "no recorder is running") {
		t.Errorf("%+v", r)
	}
	before := look(t, "ring").Records
	want(t, 0, "capture", "-q", "-p", port, "--keep", "1h", "--duration", "1s", "-o", "ring")
	if now := look(t, "ring").Records; now <= before || len(look(t, "ring").Observer) < 3 {
		t.Errorf("%d records, and after a restart %d; observer ids %v", before, now, look(t, "ring").Observer)
	}
	want(t, 0, "inspect", "--verify", "ring")
	want(t, 0, "analyze", "ring")
}

// TestListen: what a scrape gets of a server with hostile names is a few series, in order.
func TestListen(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	for i := range 40 {
		nc := s.Dial()
		defer nc.Close()
		if _, err := testserver.Command(nc, "CLIENT", "SETNAME", `evil"}`+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	const addr = "127.0.0.1:29122"
	p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--list-every", "200ms", "--budget", "100", "--listen", addr, "-o", "x.connbox")
	get := func(path string) (int, string) {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	until(t, "a list in the metrics", func() bool { _, body := get("/metrics"); return strings.Contains(body, "service=\"all others\"") })
	code, body := get("/metrics")
	if n := strings.Count(body, "connbox_server_connections{"); code != 200 || n > 25 || !strings.Contains(body, `service="evil\"}`) || !strings.Contains(body, "connbox_up 1\n") {
		t.Errorf("%d: %d series\n%s", code, n, body)
	}
	if code, _ := get("/healthz"); code != 200 {
		t.Errorf("health %d", code)
	}
	if resp, err := http.Post("http://"+addr+"/mark", "text/plain", strings.NewReader("x")); err != nil || resp.StatusCode < 400 {
		t.Errorf("a mark over the network: %v %v", resp, err)
	}
	finish(t, p)
}

// finish ends a recorder as an operator does.
func finish(t *testing.T, p *process) {
	t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	if code := p.wait(t); code != 0 {
		t.Errorf("status %d: %s", code, p.err.String())
	}
}
