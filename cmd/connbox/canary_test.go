package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/fixtures/testserver"
)

// TestCanaries plants a secret in every place of a server that can hold one, and looks for it in
// all that a recorder gives away: the recording, decoded, while it is made and after, what it
// says, its status, its metrics and the process list.
func TestCanaries(t *testing.T) {
	bin := program(t)
	s := testserver.Start(t, testserver.Config("slowlog-log-slower-than 0", "slowlog-max-len 1000"))
	workDir(t)
	admin := s.Dial()
	defer admin.Close()
	do := func(nc net.Conn, args ...string) string {
		t.Helper()
		a, err := testserver.Command(nc, args...)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		return a
	}
	do(admin, "CONFIG", "SET", "masterauth", "cnrymaster")
	do(admin, "CONFIG", "SET", "masteruser", "cnrymasteruser")
	do(admin, "ACL", "SETUSER", "cnryuser", "on", ">cnrypassword", "~*", "&*", "+@all")
	user := s.Dial()
	defer user.Close()
	do(user, "AUTH", "cnryuser", "cnrypassword")
	do(user, "CLIENT", "SETNAME", "cnryname")
	sub := s.Dial()
	defer sub.Close()
	do(sub, "SUBSCRIBE", "cnrychannel")
	const uri = "redis://cnryuser:cnrypassword@127.0.0.1:"
	listen := "127.0.0.1:" + strconv.Itoa(port(t))
	p := begin(t, bin, nil, "capture", "-u", uri+strconv.Itoa(s.Port), "--keep", "1h", "--redact", "all", "--log-format", "json", "--pin-on", "blocked>0",
		"--info-every", "100ms", "--list-every", "100ms", "--slowlog-every", "100ms", "--budget", "100", "--listen", listen, "-o", "ring")
	until(t, "a recorder that sees the server", func() bool { return invoke(t, "status", "ring").code == 0 })
	for _, args := range [][]string{
		{"SET", "cnrykey", "cnryvalue"}, {"GET", "cnrykey"}, {"SET", "other", strings.Repeat("x", 200) + "cnrytail"},
		{"EVAL", "return 'cnryscript'", "1", "cnryevalkey", "cnryarg"}, {"EVAL", "return redis.error_reply('CNRYERROR cnrywords')", "0"},
		{"AUTH", "cnryfailed"}, {"AUTH", "cnryuser", "cnrywrong"}, {"HELLO", "3", "AUTH", "cnryuser", "cnrywrong2"}, {"HELLO", "2", "SETNAME", "cnryname"},
		{"CONFIG", "SET", "requirepass", "cnryrequire"}, {"CONFIG", "SET", "requirepass", ""}, {"CONFIG", "SET", "masterauth", "cnrymaster2"},
		{"ACL", "SETUSER", "cnryuser2", ">cnrypassword2", "#" + fmt.Sprintf("%064x", 0xc4), "~cnrypattern:*"},
		{"MIGRATE", "127.0.0.1", "1", "cnrykey", "0", "10", "AUTH", "cnrymigrate"}, {"MIGRATE", "127.0.0.1", "1", "cnrykey", "0", "10", "AUTH2", "cnryuser", "cnrymigrate2"},
		{"PUBLISH", "cnrychannel", "cnrymessage"}, {"cnrycommand", "cnryarg"}, {"FUNCTION", "LOAD", "#!lua name=cnrylib\nredis.register_function('cnryfn', function() return 1 end)"},
	} {
		do(user, args...)
	}
	blocked := s.Dial()
	defer blocked.Close()
	do(blocked, "CLIENT", "SETNAME", "cnryname-blocked-1")
	fmt.Fprintf(blocked, "BLPOP cnrylist 30\r\n")
	p.cmd.Process.Signal(syscall.SIGUSR1)
	want(t, 0, "mark", "--ring", "ring", "a mark of an operator")
	until(t, "lists and slow commands of all that", func() bool {
		j := look(t, "ring")
		return count(j, "clients") > 12 && count(j, "slowlog") > 12
	})
	given := map[string]string{}
	for _, path := range []string{"/metrics", "/status", "/healthz"} {
		resp, err := http.Get("http://" + listen + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		given[path] = string(body)
	}
	ps, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(p.cmd.Process.Pid)).Output()
	if err != nil || !bytes.Contains(ps, []byte("--redact")) {
		t.Fatalf("%q %v", ps, err)
	}
	given["the process list"] = string(ps)
	given["the recording while it is made"] = want(t, 0, "export", "ring").out
	for _, args := range [][]string{{"status", "ring"}, {"status", "-o", "json", "ring"}, {"inspect", "ring"}} {
		r := invoke(t, args...)
		given[strings.Join(args, " ")] = r.out + r.err
	}
	want(t, 0, "cut", "--live", "ring", "--last", "1h", "-o", "ticket.connbox")
	finish(t, p)
	given["the log"] = p.err.String()
	given["the recording"] = want(t, 0, "export", "ring").out
	given["what is cut of it"] = want(t, 0, "export", "ticket.connbox").out + members(t, "ticket.connbox")
	for where, text := range given {
		low := strings.ToLower(text)
		for i := strings.Index(low, "cnry"); i >= 0; i = -1 {
			t.Errorf("%s: a canary: %.200q", where, text[max(0, i-100):])
		}
		if text == "" {
			t.Errorf("%s is empty", where)
		}
	}
	for _, happened := range []string{"cmd=blpop", `"SET"`, "condition met: blocked>0"} {
		if !strings.Contains(given["the recording"], happened) {
			t.Errorf("the recording does not hold %s", happened)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(given["the log"]), "\n") {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("no structured line: %q", line)
		}
	}
}

// members gives the names and the bytes of a bundle's manifest.
func members(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// port gives a port that is free.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestLeastRights: a user made by the line that capture prints may do all that is asked and no
// more: without any one right something is denied.
func TestLeastRights(t *testing.T) {
	s := testserver.Start(t, testserver.Config("cluster-enabled yes"))
	dir := t.TempDir()
	run := func(user string) string {
		out := dir + "/" + user + ".connbox"
		invoke(t, "capture", "-q", "-p", strconv.Itoa(s.Port), "--user", user, "--pass", "pw", "--duration", "1500ms", "--force", "-o", out)
		if _, err := os.Stat(out); err != nil {
			return "no recording"
		}
		return want(t, 0, "export", out).out
	}
	for _, flags := range [][]string{nil, {"--list-every", "0", "--slowlog-every", "0"}} {
		line := strings.TrimSpace(want(t, 0, append([]string{"capture", "--print-acl", "--user", "rec"}, flags...)...).out)
		rules := strings.Fields(strings.Replace(line, ">PASSWORD", ">pw", 1))
		if rules[0] != "ACL" || rules[2] != "rec" || len(flags) > 0 != !strings.Contains(line, "+slowlog|get") {
			t.Errorf("%s", line)
		}
		if a := s.Do(rules...); a != "+OK" {
			t.Fatalf("%s: %s", line, a)
		}
		if len(flags) > 0 {
			continue
		}
		if text := run("rec"); strings.Contains(text, "NOPERM") || !strings.Contains(text, "cluster_state") || !strings.Contains(text, "client name=connbox") && !strings.Contains(text, "name=connbox") {
			t.Errorf("with all rights: %.300s", text)
		}
	}
	rights := (&capture.Options{}).Rights()
	for i, right := range rights {
		rest := append(append([]string{"ACL", "SETUSER", "less", "reset", "resetchannels", "on", ">pw"}, rights[:i]...), rights[i+1:]...)
		if a := s.Do(rest...); a != "+OK" {
			t.Fatal(a)
		}
		s.Do("ACL", "LOG", "RESET")
		run("less")
		if s.Do("ACL", "LOG", "1") == "*0" {
			t.Errorf("nothing is denied without %s", right)
		}
	}
}

// TestHangupRenews: where no terminal is, a SIGHUP takes the password of now and goes on.
func TestHangupRenews(t *testing.T) {
	bin := program(t)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // under nohup the recorder would inherit that it is ignored
	defer signal.Stop(hangups)
	s := testserver.Start(t)
	workDir(t)
	write(t, "pw", "one\n")
	os.Chmod("pw", 0o600)
	admin := s.Dial()
	defer admin.Close()
	testserver.Command(admin, "CONFIG", "SET", "requirepass", "one")
	p := begin(t, bin, nil, "capture", "-p", strconv.Itoa(s.Port), "--pass-file", "pw", "--info-every", "100ms", "--budget", "100", "-o", "x.connbox")
	until(t, "ten records", recording(t, "x.connbox", 10))
	testserver.Command(admin, "CONFIG", "SET", "requirepass", "two")
	write(t, "pw", "two\n")
	p.cmd.Process.Signal(syscall.SIGHUP)
	until(t, "new connections", func() bool {
		return strings.Count(want(t, 0, "export", "x.connbox").out, "reconnected to") == 2
	})
	time.Sleep(50 * time.Millisecond)
	finish(t, p)
	if !strings.Contains(p.err.String(), "SIGHUP: connecting anew") || strings.Contains(want(t, 0, "export", "x.connbox").out, "WRONGPASS") {
		t.Errorf("%s", p.err.String())
	}
}
