package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/report/words"
)

// heldLead begins what to type where the server takes no new client.
const heldLead = "the server is full; in a connection that is open already, or after stopping one instance, type: "

// shell runs a pasted command with redis-cli and connbox as they are called in it; what is typed is
// not changed.
func shell(t *testing.T, bin, command string) (out string, err error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	cmd.Dir = t.TempDir()
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// shims are programs of the names that commands call: redis-cli of the test's server, whatever server the
// recording was of, and the
// connbox under test, which records for a second only.
func shims(t *testing.T, addr string) string {
	t.Helper()
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"redis-cli": fmt.Sprintf("#!/bin/sh\nwhile [ \"$1\" = -h ] || [ \"$1\" = -p ]; do shift 2; done\nexec %s -h %s -p %s \"$@\"\n", cli, host, port),
		"connbox":   fmt.Sprintf("#!/bin/sh\nexec %s \"$@\" -h %s -p %s --duration 1s\n", program(t), host, port),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSuggestedCommandsWork: every command that is suggested for a recorded incident runs as it is
// pasted, on a server in the state of that incident: at the limit nothing that is suggested dials.
func TestSuggestedCommandsWork(t *testing.T) {
	program(t) // built before the folder is another
	incidents, err := filepath.Glob(filepath.Join(workDir(t), "..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(incidents) < 20 {
		t.Fatalf("%d recordings, %v", len(incidents), err)
	}
	roomy := testserver.Start(t)
	roomyBin := shims(t, roomy.Addr())
	full := testserver.Start(t, testserver.Config("maxclients 8"))
	fullBin := shims(t, full.Addr())
	open := full.Dial()
	for range 7 {
		full.Dial()
	}
	if out, _ := shell(t, fullBin, "redis-cli PING"); !strings.Contains(out, "max number of clients") {
		t.Fatalf("the full server takes another client: %s", out)
	}
	ran, typed := 0, 0
	for _, in := range incidents {
		var r struct {
			Actions []struct{ Command string }
			Next    []struct{ Command string }
			Verdict struct{ Status, Summary string }
			Impact  struct {
				LimitReached *string `json:"limit_reached"`
				Recovered    *string `json:"recovered"`
			}
		}
		if err := json.Unmarshal([]byte(want(t, 0, "analyze", "-o", "json", in).out), &r); err != nil {
			t.Fatal(err)
		}
		for _, a := range append(r.Actions, r.Next...) {
			rest, held := strings.CutPrefix(a.Command, heldLead)
			switch {
			case held:
				few := r.Verdict.Status == "undetermined" && strings.HasPrefix(r.Verdict.Summary, "64 of 64 connections")
				if (r.Impact.LimitReached == nil || r.Impact.Recovered != nil) && !few {
					t.Errorf("%s: a held connection is asked for where there is room: %s", filepath.Base(in), a.Command)
				}
				for command := range strings.SplitSeq(rest, "; ") {
					typed++
					if reply, err := testserver.Command(open, strings.Fields(command)...); err != nil || strings.HasPrefix(reply, "-") {
						t.Errorf("%s: typed %q: %s %v", filepath.Base(in), command, reply, err)
					}
				}
				open.Close() // the limit may have been raised: begin anew
				full.Do("CONFIG", "SET", "maxclients", "8")
				open = full.Dial()
			case words.IsShell(a.Command):
				ran++
				out, err := shell(t, roomyBin, a.Command)
				if _, found := err.(*exec.ExitError); found && strings.Contains(a.Command, "grep") && (out == "" || out == "No journal files were found.\n") {
					err = nil // grep found nobody: the recorded clients are not here, nor a journal
				}
				if err != nil || strings.Contains(out, "ERR") || strings.Contains(out, "not found") || strings.Contains(out, "syntax") {
					t.Errorf("%s: %s\n%v %s", filepath.Base(in), a.Command, err, out)
				}
			case strings.ContainsAny(a.Command, "<>{}") || strings.Contains(a.Command, "PLACE"):
				t.Errorf("%s: something is to be filled in: %s", filepath.Base(in), a.Command)
			}
		}
	}
	if ran < 10 || typed < 4 {
		t.Errorf("ran %d commands and typed %d: the test has gone blind", ran, typed)
	}
}
