package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// onStdin gives text to the program as its standard input while fn runs.
func onStdin(t *testing.T, text string, fn func()) {
	t.Helper()
	write(t, "stdin.txt", text)
	f, err := os.Open("stdin.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	old := os.Stdin
	os.Stdin = f
	defer func() { os.Stdin = old }()
	fn()
}

// Places in standard input are called by its name, and export takes them so.
func TestPlacesOfStandardInput(t *testing.T) {
	workDir(t)
	text := "some prose\n# Clients\nconnected_clients:5\nmaxclients:100\n"
	onStdin(t, text, func() {
		if got := want(t, 0, "analyze", "-"); !strings.Contains(got.out, "stdin:1 ") || strings.Contains(got.out+got.err, "-:1") {
			t.Errorf("%+v", got)
		}
	})
	onStdin(t, text, func() {
		if got := want(t, 0, "export", "-", "--at", "stdin:2"); !strings.HasPrefix(got.out, "# Clients") {
			t.Errorf("%+v", got)
		}
	})
	onStdin(t, "no reply\n", func() {
		if got := want(t, 3, "analyze", "-"); !strings.Contains(got.err, "stdin:1: ") {
			t.Errorf("%+v", got)
		}
	})
}

// Export names the first of several servers, too, so that what it writes is read as what it was.
func TestExportOfSeveralServers(t *testing.T) {
	workDir(t)
	const first, second = "# Clients\r\nconnected_clients:412\r\n", "# Clients\r\nconnected_clients:87\r\n"
	write(t, "x.txt", "==> redis-1 <==\n"+first+"==> redis-2 <==\n"+second)
	write(t, "one.txt", "==> redis-1 <==\n"+first)
	want(t, 0, "import", "-q", "x.txt")
	const text = "### redis-1\n" + first + "### redis-2\n" + second
	for _, input := range []string{"x.txt", "x.connbox"} {
		if got := want(t, 0, "export", input); got.out != text {
			t.Errorf("%s: %q", input, got.out)
		}
	}
	write(t, "again.txt", text)
	if got := want(t, 0, "export", "again.txt"); got.out != text {
		t.Errorf("again: %q", got.out)
	}
	for _, args := range [][]string{{"one.txt"}, {"x.txt", "--what", "info"}, {"x.txt", "--sample", "1"}} {
		if got := want(t, 0, append([]string{"export"}, args...)...); strings.Contains(got.out, "redis-1") {
			t.Errorf("%v: %q", args, got.out)
		}
	}
}

// Two INFO that cannot both be true are no course, and bear no verdict.
func TestContradictoryInfo(t *testing.T) {
	workDir(t)
	info := func(clients, limit, received, refused string) string {
		return "# Server\nredis_version:7.0.15\nrun_id:aaaa\nserver_time_usec:1795242489250000\nuptime_in_seconds:5000\n# Clients\nconnected_clients:" + clients +
			"\nmaxclients:" + limit + "\n# Stats\ntotal_connections_received:" + received + "\nrejected_connections:" + refused + "\n\n"
	}
	lineOf := func(s string) string { return strings.ReplaceAll(s, "server_time_usec:1795242489250000\n", "") }
	for name, text := range map[string]string{
		"one way":         info("412", "500", "9000", "91") + info("87", "10000", "300", "0"),
		"the other way":   info("87", "10000", "300", "0") + info("499", "500", "9000", "91"),
		"by a time line":  "2026-11-21T06:28:09Z\n" + lineOf(info("412", "500", "9000", "91")) + "2026-11-21T06:28:09Z\n" + lineOf(info("87", "500", "9000", "91")),
		"a counter falls": "2026-11-21T06:28:09Z\n" + lineOf(info("412", "500", "9000", "91")) + "2026-11-21T06:28:09Z\n" + lineOf(info("412", "500", "8000", "91")),
	} {
		write(t, "x.txt", text)
		got := want(t, 0, "analyze", "-o", "json", "x.txt")
		var report struct {
			Causes  []any
			Quality []struct{ What string } `json:"data_quality"`
		}
		if err := json.Unmarshal([]byte(got.out), &report); err != nil {
			t.Fatal(err)
		}
		if len(report.Causes) > 0 || !strings.Contains(got.out, `"undetermined"`) || !strings.Contains(fmt.Sprint(report.Quality), "contradict each other") {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

// Prose that speaks of a server's numbers, and data of other tools, are no sample.
func TestProseIsNoSample(t *testing.T) {
	workDir(t)
	for name, text := range map[string]string{
		"in a sentence":      "We looked and connected_clients:5 was what we saw.\nThen maxclients:100 did not help.\n",
		"at its beginning":   "connected_clients:5 is what we saw when it was slow.\nmaxclients:10000 is the default, I think.\n",
		"in a quote":         "> connected_clients:5 is what we saw\n> maxclients:10000, I think\n",
		"JSON of a logger":   `{"level":"info","ts":1795242489,"msg":"connected_clients:5"}` + "\n" + `{"level":"warn","connected_clients":"many"}` + "\n",
		"JSON of a tool":     `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"node_load1"},"values":[[1795242489,"1"]]}]}}`,
		"a nested JSON":      `{"pods":[{"name":"redis-0","restarts":5,"addr":"10.0.0.1:6379"}]}`,
		"CSV of other names": "time;temperature\n2026-11-21 06:28:09;21,5\n2026-11-21 06:29:09;21,6\n2026-11-21 06:30:09;21,7\n",
		"hostile":            "connected_clients:\x1b[31m5\u202e and more\n{\"connected_clients\x1b]0;x\x07\": [\n\"\x00\n",
	} {
		write(t, "x.txt", text)
		r := invoke(t, "analyze", "x.txt")
		if r.code != 3 || !strings.Contains(r.err, "x.txt") || strings.ContainsAny(r.out+r.err, "\x1b\u202e\x07") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	write(t, "x.txt", "I ran info and it says\n\nconnected_clients:5\n\nIs this normal?\n")
	if r := want(t, 0, "analyze", "x.txt"); !strings.Contains(r.out, "5 connections") {
		t.Errorf("a line of its own: %+v", r)
	}
}

// Separators, decimal commas and thousands of an export, in a spreadsheet's hand.
func TestSpreadsheets(t *testing.T) {
	workDir(t)
	for name, text := range map[string]string{
		"semicolons":        "Zeit;connected_clients;maxclients\n21.11.2026 06:28:09;1.412,0;2.000\n21.11.2026 06:29:09;1.413,5;2.000\n",
		"tabs":              "Time\tconnected_clients\tmaxclients\n2026-11-21 06:28:09\t1412\t2000\n2026-11-21 06:29:09\t1413\t2000\n",
		"bars":              "time|connected_clients|maxclients\n2026-11-21 06:28:09|1,412|2,000\n2026-11-21 06:29:09|1,413|2,000\n",
		"quotes":            "\"Time\",\"connected_clients\",\"maxclients\"\n\"11/21/2026, 6:28:09 AM\",\"1,412\",\"2,000\"\n\"11/21/2026, 6:29:09 AM\",\"1,413\",\"2,000\"\n",
		"days first":        "Date;connected_clients;maxclients\n21/11/2026 06:28:09;1412;2000\n21/11/2026 06:29:09;1413;2000\n",
		"a byte order mark": "\xef\xbb\xbfTime;connected_clients;maxclients\r\n2026-11-21T06:28:09Z;1412;2000\r\n2026-11-21T06:29:09Z;1413;2000\r\n",
		"hostile names":     "Time;connected_clients;maxclients;\x1b]0;owned\x07\u202e\n2026-11-21T06:28:09Z;1412;2000;=cmd()\n2026-11-21T06:29:09Z;1413;2000;1\n",
	} {
		write(t, "x.csv", text)
		r := want(t, 0, "analyze", "--full", "x.csv")
		if !strings.Contains(r.out, "2026-11-21 06:28:09-06:29:09 UTC") || !strings.Contains(r.out, "1 412 to 1 41") || !strings.Contains(r.out, "2 000") {
			t.Errorf("%s: %s", name, r.out)
		}
		if strings.ContainsAny(r.out+r.err, "\x1b\x07\u202e") {
			t.Errorf("%s: control characters: %q", name, r.out+r.err)
		}
	}
}
