package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/capture/secret"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/inspect"
	"github.com/connbox/connbox/fixtures/testserver"
)

// A process is the built program, running.
type process struct {
	cmd  *exec.Cmd
	err  bytes.Buffer
	done chan struct{}
}

func begin(t *testing.T, bin string, in io.Reader, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(bin, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "REDISCLI_AUTH=")
	p.cmd.Stdin, p.cmd.Stderr = in, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.cmd.Process.Kill(); <-p.done })
	return p
}

// wait gives the exit status; -1 when a signal ended it.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		t.Fatalf("the program does not end: %s", p.err.String())
		return 0
	}
}

// until waits for something to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("in vain: %s", what)
}

// look gives what inspect says of a recording.
func look(t *testing.T, path string) inspect.Result {
	t.Helper()
	var j inspect.Result
	r := invoke(t, "inspect", "-o", "json", path)
	if err := json.Unmarshal([]byte(r.out), &j); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	return j
}

func count(j inspect.Result, kind string) int64 {
	for _, k := range j.Kinds {
		if k.Kind == kind {
			return k.N
		}
	}
	return 0
}

// recording tells whether the folder of a recording holds n records.
func recording(t *testing.T, path string, n int64) func() bool {
	return func() bool {
		if !isDir(path) {
			return false
		}
		var j inspect.Result
		r := invoke(t, "inspect", "-o", "json", path)
		return json.Unmarshal([]byte(r.out), &j) == nil && j.Records >= n
	}
}

func TestCaptureForATime(t *testing.T) {
	s := testserver.Start(t)
	workDir(t)
	port := strconv.Itoa(s.Port)
	r := want(t, 0, "capture", "-p", port, "--duration", "3s", "--info-every", "200ms", "--list-every", "500ms", "--budget", "100", "-o", "x.connbox")
	if r.out != "" || !strings.Contains(r.err, "connbox: recording 127.0.0.1:"+port+" into x.connbox\n") || !strings.Contains(r.err, "connbox: wrote x.connbox: ") {
		t.Errorf("%+v", r)
	}
	j := look(t, "x.connbox")
	if j.Sealed != "duration" || j.Mode != "capture" || j.Target != "127.0.0.1:"+port || j.Live || len(j.Observer) != 2 ||
		count(j, "info") < 8 || count(j, "clients") < 3 || count(j, "config") < 1 || len(j.Failures) > 0 || len(j.Redacted) == 0 {
		t.Errorf("%+v", j)
	}
	want(t, 0, "analyze", "x.connbox")
	if r := invoke(t, "capture", "-p", port, "--duration", "1s", "-o", "x.connbox"); r.code != 2 || !strings.Contains(r.err, "--force") {
		t.Errorf("%+v", r)
	}
	want(t, 0, "capture", "-q", "-p", port, "--duration", "500ms", "-o", "x.connbox", "--force")
	if look(t, "x.connbox").Records >= j.Records {
		t.Error("--force did not replace the recording")
	}
	if got := listing(t); got != ". x.connbox" {
		t.Errorf("left behind: %s", got)
	}
}

func TestCaptureSealsOnAnInterrupt(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--info-every", "100ms", "--budget", "100", "-o", "x.connbox", "--force")
		until(t, "ten records", recording(t, "x.connbox", 10))
		if r := want(t, 0, "analyze", "x.connbox"); !strings.Contains(r.out, "VERDICT") {
			t.Errorf("a running recording cannot be analysed: %+v", r)
		}
		if err := p.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if code := p.wait(t); code != 0 {
			t.Fatalf("%v: status %d: %s", sig, code, p.err.String())
		}
		if j := look(t, "x.connbox"); j.Sealed != "signal" || j.Live || j.Records < 10 {
			t.Errorf("%+v", j)
		}
	}
}

// A recording under nohup outlives its terminal.
func TestCaptureUnderNohup(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	p := begin(t, "/bin/sh", nil, "-c", `trap '' HUP; exec "$@"`, "sh", bin, "capture", "-p", strconv.Itoa(s.Port), "--info-every", "100ms", "--budget", "100", "-o", "x.connbox")
	until(t, "ten records", recording(t, "x.connbox", 10))
	p.cmd.Process.Signal(syscall.SIGHUP)
	n := look(t, "x.connbox").Records
	until(t, "ten more", recording(t, "x.connbox", n+10))
	p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != 0 {
		t.Fatalf("status %d: %s", code, p.err.String())
	}
}

// A client whose name no bundle can hold is cut, and not the recording's end.
func TestCaptureOfAHugeName(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	nc := s.Dial()
	if a, err := testserver.Command(nc, "CLIENT", "SETNAME", strings.Repeat("n", 40<<20)); err != nil || a != "+OK" {
		t.Fatal(a, err)
	}
	p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--info-every", "100ms", "--budget", "100", "--list-every", "500ms", "-o", "x.connbox")
	until(t, "lists, and INFO after them", func() bool {
		var j inspect.Result
		r := invoke(t, "inspect", "-o", "json", "x.connbox") // in its first moment there is nothing to look at
		return json.Unmarshal([]byte(r.out), &j) == nil && count(j, "clients") > 1 && count(j, "info") > 2
	})
	p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.wait(t); code != 0 {
		t.Fatalf("status %d: %s", code, p.err.String())
	}
	if text := want(t, 0, "export", "x.connbox").out; !strings.Contains(text, "n...(41943045-bytes,#") || strings.Contains(text, strings.Repeat("n", 300)) {
		t.Error("the name is not cut")
	}
}

// What is recorded survives kill -9: the folder opens, and can be made a file.
func TestCaptureSurvivesKill(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--info-every", "100ms", "--budget", "100", "-o", "x.connbox")
	until(t, "ten records", recording(t, "x.connbox", 10))
	if r := invoke(t, "inspect", "--repair", "x.connbox"); r.code != 3 || !strings.Contains(r.err, "still being recorded") {
		t.Errorf("a running recording is repaired: %+v", r)
	}
	p.cmd.Process.Kill()
	if code := p.wait(t); code != -1 {
		t.Fatalf("status %d", code)
	}
	before := look(t, "x.connbox")
	if !before.Live || before.Records < 10 || len(before.Observer) != 2 {
		t.Errorf("%+v", before)
	}
	want(t, 0, "analyze", "x.connbox")
	if r := invoke(t, "capture", "-p", strconv.Itoa(s.Port), "-o", "x.connbox", "--force"); r.code != 2 || !strings.Contains(r.err, "--repair") {
		t.Errorf("what a crash left is overwritten: %+v", r)
	}
	want(t, 0, "inspect", "--repair", "x.connbox")
	after := look(t, "x.connbox")
	if after.Live || after.Sealed != "recovered" || after.Records < before.Records || !slices.Equal(after.Observer, before.Observer) {
		t.Errorf("%+v", after)
	}
	want(t, 0, "inspect", "--verify", "x.connbox")
}

func TestCaptureStopsAtASecondInterrupt(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t)
	workDir(t)
	p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--info-every", "100ms", "--budget", "100", "--timeout", "60s", "-o", "x.connbox")
	until(t, "five records", recording(t, "x.connbox", 5))
	// The server hangs: a recorder that waits for its answer would not end by itself.
	s.Freeze()
	defer s.Thaw()
	time.Sleep(300 * time.Millisecond)
	p.cmd.Process.Signal(os.Interrupt)
	time.Sleep(100 * time.Millisecond)
	p.cmd.Process.Signal(os.Interrupt)
	switch code := p.wait(t); {
	case code == 130 && look(t, "x.connbox").Records >= 5:
	case code == 0 && look(t, "x.connbox").Sealed == "signal": // it gave the answer up, which is better
	default:
		t.Errorf("status %d: %s", code, p.err.String())
	}
}

// A command that hangs is given up on: after a moment, or at once at a second interrupt.
func TestInterruptedWhileReading(t *testing.T) {
	bin := program(t)
	workDir(t)
	write(t, "x.txt", dump(8))
	for _, times := range []int{1, 2} {
		in, hold, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer hold.Close()
		p := begin(t, bin, in, "import", "-", "x.txt", "-o", "y.connbox")
		in.Close()
		if _, err := hold.WriteString(dump(3)); err != nil {
			t.Fatal(err)
		}
		until(t, "the file in the making", func() bool { left, _ := os.ReadDir("."); return len(left) > 1 })
		time.Sleep(300 * time.Millisecond) // until it has read what there is, and hangs
		began := time.Now()
		for range times {
			p.cmd.Process.Signal(os.Interrupt)
			time.Sleep(50 * time.Millisecond)
		}
		if code := p.wait(t); code != 130 || p.err.String() != "connbox: interrupted\n" {
			t.Errorf("status %d: %s", code, p.err.String())
		}
		if took := time.Since(began); times == 1 && took < grace || times == 2 && took > grace*4/5 {
			t.Errorf("%d interrupts: ended after %v", times, took)
		}
		if got := listing(t); got != ". x.txt" {
			t.Errorf("left behind: %s", got)
		}
	}
}

func TestCaptureCannotConnect(t *testing.T) {
	s := testserver.Start(t, testserver.Config("requirepass right"))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := strconv.Itoa(closed.Addr().(*net.TCPAddr).Port)
	closed.Close()
	port := strconv.Itoa(s.Port)
	workDir(t)
	write(t, "old.connbox", "a recording of yesterday")
	write(t, "pw", "right\n")
	os.Chmod("pw", 0o600)
	before := listing(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"capture", "-p", free}, "refused"},
		{[]string{"capture", "-p", port}, "NOAUTH"},
		{[]string{"capture", "-p", port, "--pass", "wr0ng"}, "WRONGPASS"},
		{[]string{"capture", "-p", port, "--pass", "wr0ng", "-o", "old.connbox", "--force"}, "WRONGPASS"},
		{[]string{"capture", "-p", port, "-a", "wr0ng"}, "warning: a password on the command line"},
		{[]string{"capture", "-u", "redis://:wr0ng@127.0.0.1:" + port}, "WRONGPASS"},
		{[]string{"capture", "-s", "none.sock"}, "none.sock"},
		{[]string{"capture", "-p", port, "--tls", "--insecure", "--timeout", "500ms"}, "TLS"},
		{[]string{"capture", "-p", port, "--tls", "--insecure", "--duration", "300ms"}, "within the recording's 300ms: TLS handshake"},
		{[]string{"capture", "-p", port, "--tls", "--insecure", "--wait", "--duration", "300ms"}, "within the recording's 300ms: TLS handshake"},
	} {
		r := want(t, int(cli.StatusConnect), c.args...)
		if r.out != "" || !strings.Contains(r.err, c.want) || strings.Contains(r.err, "wr0ng") {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	if after := listing(t); after != before {
		t.Errorf("left behind: %s", after)
	}
	if b, _ := os.ReadFile("old.connbox"); string(b) != "a recording of yesterday" {
		t.Error("a recording that did not begin took the old one away")
	}
	if r := want(t, 0, "capture", "-p", port, "--pass", "right", "--duration", "300ms", "-o", "a.connbox"); !strings.Contains(r.err, "warning: a password on the command line") {
		t.Errorf("no warning: %s", r.err)
	}
	want(t, 0, "capture", "-p", port, "-a", "right", "--duration", "300ms", "-o", "short.connbox")
	if r := want(t, 0, "capture", "-p", port, "--pass-file", "pw", "--duration", "300ms", "-o", "b.connbox"); strings.Contains(r.err, "warning") {
		t.Errorf("%s", r.err)
	}
	env := map[string]string{secret.Env: "right"}
	if r := invokeEnv(t, context.Background(), env, "capture", "-p", port, "--duration", "300ms", "-o", "c.connbox"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"a.connbox", "b.connbox", "c.connbox"} {
		if b, err := os.ReadFile(name); err != nil || bytes.Contains(b, []byte("right")) {
			t.Errorf("%s: %v, or it holds the password", name, err)
		}
	}
}

// With --wait the refusals are the recording; never to have connected is still status 5.
func TestCaptureWaits(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := strconv.Itoa(closed.Addr().(*net.TCPAddr).Port)
	closed.Close()
	workDir(t)
	r := want(t, int(cli.StatusConnect), "capture", "-p", free, "--wait", "--duration", "1s", "-o", "x.connbox")
	if !strings.Contains(r.err, "refusals only") {
		t.Errorf("%+v", r)
	}
	if j := look(t, "x.connbox"); len(j.Failures) != 1 || j.Failures[0].Class != "refused" || j.Sealed != "duration" {
		t.Errorf("%+v", j)
	}
}

// The URIs of the help text's examples, against a server of each sort.
func TestCaptureByURI(t *testing.T) {
	tcp := testserver.Start(t, testserver.Config("user ops on >right ~* +@all"))
	unix := testserver.Start(t, testserver.Unix())
	secure := testserver.Start(t, testserver.TLS())
	workDir(t)
	env := map[string]string{secret.Env: "right"}
	for i, c := range []struct {
		args   []string
		target string
	}{
		{[]string{"-u", "redis://127.0.0.1:" + strconv.Itoa(tcp.Port), "--user", "ops"}, "127.0.0.1:" + strconv.Itoa(tcp.Port)},
		{[]string{"-u", "unix://" + unix.Socket}, unix.Socket},
		{[]string{"-u", "rediss://127.0.0.1:" + strconv.Itoa(secure.Port), "--cacert", secure.Certs.CA, "--cert", secure.Certs.Client, "--key", secure.Certs.ClientKey}, "127.0.0.1:" + strconv.Itoa(secure.Port)},
	} {
		name := strconv.Itoa(i) + ".connbox"
		r := invokeEnv(t, context.Background(), env, append([]string{"capture", "--duration", "300ms", "-o", name}, c.args...)...)
		if r.code != 0 {
			t.Errorf("%v: %+v", c.args, r)
			continue
		}
		if j := look(t, name); j.Target != c.target || count(j, "info") == 0 {
			t.Errorf("%v: %+v", c.args, j)
		}
	}
}

// A folder that cannot be written is told before anything is recorded.
func TestCaptureIntoNowhere(t *testing.T) {
	s := testserver.Start(t)
	workDir(t)
	r := want(t, int(cli.StatusUsage), "capture", "-p", strconv.Itoa(s.Port), "-o", "none/x.connbox")
	if !strings.Contains(r.err, "none") || !errors.Is(statErr("none"), os.ErrNotExist) {
		t.Errorf("%+v", r)
	}
}

func statErr(path string) error {
	_, err := os.Stat(path)
	return err
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
