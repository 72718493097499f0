package dump

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// kindsOf reads a dump and tells its records, one a line.
func kindsOf(t *testing.T, text string) string {
	t.Helper()
	d := NewReader(strings.NewReader(text), "x")
	var b strings.Builder
	for d.Scan() {
		switch r := d.Record().(type) {
		case *record.Log:
			fmt.Fprintf(&b, "log %d x%d %s\n", r.Entry.Event, r.Entry.Count, r.Pos)
		case *record.Clients:
			fmt.Fprintf(&b, "clients %d %s\n", len(r.Rows), r.Pos)
		case *record.Failure:
			fmt.Fprintf(&b, "failure %s %s\n", r.Class, r.Pos)
		case *record.Chatter:
			fmt.Fprintf(&b, "chatter %d %s\n", r.Lines, r.Pos)
		default:
			fmt.Fprintf(&b, "%s %s\n", r.Kind(), r.Base().Pos)
		}
	}
	if err := d.Err(); err != nil {
		fmt.Fprintf(&b, "error %v\n", err)
	}
	return b.String()
}

const logClient = "addr=10.0.0.1:5000 fd=9 name= age=70 idle=1 flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=get"

func TestDumpReadsServerLogs(t *testing.T) {
	cut := "7:M 21 Nov 2026 04:00:00.000 # Client id=5 " + logClient + " scheduled to be closed ASAP for overcoming of output buffer limits.\n"
	tests := []struct{ name, text, want string }{
		{"a log alone", cut + cut, fmt.Sprintf("log %d x1 x:1\nlog %[1]d x1 x:2\n", serverlog.OutputBufferCut)},
		{"a sentence in a quotation", "> `Client id=5 " + logClient + " scheduled to be closed ASAP for overcoming of output buffer limits`\n",
			fmt.Sprintf("log %d x1 x:1\n", serverlog.OutputBufferCut)},
		{"a quoted client is no list", "7:M 21 Nov 2026 04:00:00.000 - Client closed connection id=5 " + logClient + "\n", fmt.Sprintf("log %d x1 x:1\n", serverlog.Accepted)},
		{"beside INFO and CLIENT LIST", cut + "# Server\r\nredis_version:7.0.0\r\n# Clients\r\nconnected_clients:5\r\nid=7 " + logClient + "\n" + cut,
			fmt.Sprintf("log %d x1 x:1\ninfo x:2\nclients 1 x:6\nlog %[1]d x1 x:7\n", serverlog.OutputBufferCut)},
		{"within CLIENT LIST", "id=7 " + logClient + "\n" + cut + "id=8 " + logClient + "\n",
			fmt.Sprintf("clients 2 x:1\nlog %d x1 x:2\n", serverlog.OutputBufferCut)},
		{"crash report of 2.8", "[7] 14 Aug 15:49:23.119 # --- INFO OUTPUT\n[7] 14 Aug 15:49:23.119 # # Server\r\nredis_version:2.8.24\r\n\r\n# Clients\r\nconnected_clients:2\r\n" +
			"[7] 14 Aug 15:49:23.119 # --- CLIENT LIST OUTPUT\n[7] 14 Aug 15:49:23.119 # id=7 " + logClient + "\nid=8 " + logClient + "\n[7] 14 Aug 15:49:23.119 # --- REGISTERS\n",
			fmt.Sprintf("log %d x1 x:1\ninfo x:2\nlog %[1]d x1 x:7\nclients 2 x:8\nlog %[1]d x1 x:10\n", serverlog.Other)},
		{"crash report of 2.4", "[7] 14 Aug 15:49:23 # redis_version:2.4.18\nconnected_clients:2\n", "info x:1\n"},
		{"crash report of 7.0", "\n------ CLIENT LIST OUTPUT ------\nid=7 " + logClient + "\nid=8 " + logClient + "\n\n------ CURRENT CLIENT INFO ------\n",
			"chatter 1 x:2\nclients 2 x:3\nchatter 1 x:6\n"},
		{"a refusal stays a failure", "ERR max number of clients reached\n", "failure maxclients x:1\n"},
		{"a client's log", "2026-11-21 04:00:00 web: ConnectionError: max number of clients reached\n", fmt.Sprintf("log %d x1 x:1\n", serverlog.Refused)},
		{"an argument of a slow command", "1) 1) (integer) 5\n   2) (integer) 1795236648\n   3) (integer) 20000\n   4) 1) \"SET\"\n      2) \"7:M 21 Nov 2026 04:00:00.000 # x\"\n", "slowlog x:1\n"},
		{"prose", "It says that max number of clients reached is an error.\n", "chatter 1 x:1\nerror x:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kindsOf(t, tt.text); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// wrap breaks a line at a width, or at blanks before it.
func wrap(line string, width int, blanks bool) string {
	var b strings.Builder
	for len(line) > width {
		n := width
		if blanks {
			n = strings.LastIndexByte(line[:width], ' ')
		}
		b.WriteString(line[:n] + "\n")
		line = line[n:]
		if blanks {
			line = line[1:]
		}
	}
	return b.String() + line + "\n"
}

func TestWrappedLogLines(t *testing.T) {
	cut := "7:M 21 Nov 2026 04:00:00.000 # Client id=5 " + logClient + " scheduled to be closed ASAP for overcoming of output buffer limits."
	for _, width := range []int{60, 72, 80, 100, 132} {
		for _, blanks := range []bool{false, true} {
			text := wrap(cut, width, blanks)
			n := strings.Count(text, "\n")
			want := fmt.Sprintf("log %d x1 x:1\nlog %d x1 x:%d\n", serverlog.OutputBufferCut, serverlog.LinkLost, n+1)
			if got := kindsOf(t, text+"7:M 21 Nov 2026 04:00:01.000 # Connection with master lost.\n"); got != want {
				t.Errorf("width %d, at blanks %v: got\n%swant\n%s%s", width, blanks, got, want, text)
			}
		}
	}
	// What is no piece of a sentence is not taken.
	text := "7:M 21 Nov 2026 04:00:00.000 # Client id=5 is in trouble\n# Server\r\nredis_version:7.0.0\r\nid=7 " + logClient + "\n"
	if got, want := kindsOf(t, text), fmt.Sprintf("log %d x1 x:1\ninfo x:2\nclients 1 x:4\n", serverlog.Other); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A log that goes on for long behind a reply without an end of its own does not wait for it.
func TestLogBehindAListIsGivenOut(t *testing.T) {
	line := "7:M 21 Nov 2026 04:00:00.000 # Connection with replica 10.0.0.1:6379 lost.\n"
	d := NewReader(strings.NewReader("id=7 "+logClient+"\n"+strings.Repeat(line, 10*maxLogBacklog)), "x")
	logs := 0
	for d.Scan() {
		if d.Record().Kind() == record.KindLog {
			logs++
		}
		if n := d.logs.Backlog(); n > maxLogBacklog+1 {
			t.Fatalf("%d entries wait", n)
		}
	}
	if logs != 10*maxLogBacklog {
		t.Errorf("%d entries", logs)
	}
}

// A crash report's replies have the log's time; dates without a year take one from a time line.
func TestLogTellsTime(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"crash report", "7:M 21 Nov 2026 04:00:00.000 # Redis 7.0.15 crashed by signal: 11, si_code: 0\n\n------ CLIENT LIST OUTPUT ------\nid=7 " + logClient + "\n",
			"log 2026-11-21T04:00:00Z clients 2026-11-21T04:00:00Z "},
		{"no year", "7:M 21 Nov 04:00:00.000 # Redis 4.0.14 crashed by signal: 11\nid=7 " + logClient + "\n", "log 0001-01-01T00:00:00Z clients 0001-01-01T00:00:00Z "},
		{"the server's own clock", "7:M 21 Nov 2026 04:00:00.000 * Ready to accept connections\n# Server\r\nserver_time_usec:1795240000000000\r\n",
			"log 2026-11-21T04:00:00Z info 2026-11-21T05:46:40Z "},
		{"a time line", "2026-11-21T06:00:00Z\nid=7 " + logClient + "\n7:M 21 Nov 06:00:01.000 # Connection with master lost.\n", "clients 2026-11-21T06:00:00Z log 2026-11-21T06:00:01Z "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewReader(strings.NewReader(tt.text), "x")
			got := ""
			for d.Scan() {
				if k := d.Record().Kind(); k != record.KindChatter {
					got += fmt.Sprintf("%s %s ", k, d.Record().Base().At.Format(time.RFC3339))
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
