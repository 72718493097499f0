package snapshot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/snapshot"
)

// What people see at a glance in the few lines that they paste.
func TestFewLines(t *testing.T) {
	const full = " fd=8 name= age=%a idle=%i flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=%c\n"
	line := func(id, addr, age, idle, cmd string) string {
		return "id=" + id + " addr=" + addr + strings.NewReplacer("%a", age, "%i", idle, "%c", cmd).Replace(full)
	}
	old := "addr=10.1.2.3:4001 fd=5 idle=4679361 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=get\n" +
		"addr=10.1.2.3:4002 fd=6 idle=12 flags=N db=0 sub=0 psub=0 qbuf=0 obl=0 oll=0 events=r cmd=get\n" +
		"addr=10.1.2.9:4003 fd=7 idle=0 flags=S db=0 sub=0 psub=0 qbuf=0 obl=7445 oll=151 events=rw cmd=sync\n"
	for _, tt := range []struct {
		name, info, list string
		says             []string
		lacks            string
	}{
		{"peers that are gone", "", line("7", "?:0", "7092720", "7092720", "NULL") + line("8", "?:0", "7092720", "7092720", "NULL"),
			[]string{"Their addresses are not told (?:0): their sockets are connected to nobody any more.", "Last commands: none yet (NULL) 2"}, "come from"},
		{"an address that is none", "", line("7", "0.0.0.0:0", "700", "700", "get") + line("8", "0.0.0.0:0", "690", "690", "get"),
			[]string{"Their addresses are not told (0.0.0.0:0)."}, "come from"},
		{"one of them is somebody's", "", line("7", "?:0", "700", "700", "get") + line("8", "10.1.2.3:5", "690", "690", "get"), []string{"2 hosts"}, "not told"},
		{"a list without ages", "", old, []string{"Ages are not in the list. Idle over 5 min: 1, over 1 h: 1, over 1 d: 1; the longest 54.2 d.",
			"Replies waiting: up to 151 for 10.1.2.9 (a replica)."}, "idle times are not"},
		{"opened and left", "", line("7", "10.1.2.3:5", "2419", "0", "client") + line("8", "10.1.2.3:6", "14", "14", "smembers") + line("9", "10.1.2.3:7", "14", "14", "info"),
			[]string{"All: 2 of 3 were not used after their first moments (idle equals age), opened 14 s ago."}, "By their ids"},
		{"short lives, by the ids", "", line("46142131", "10.1.2.3:5", "147", "57", "ping") + line("46142450", "10.1.2.4:5", "51", "51", "NULL"),
			[]string{"By their ids about 320 connections came from the first to the last of them, within 96 s (3.3/s); 2 are in the list."}, "opened one"},
		{"opened together", "", line("7", "10.1.2.3:5", "81314", "26", "publish") + line("8", "10.1.2.4:5", "81311", "76", "get") + line("9", "10.1.2.5:5", "81297", "1", "get") + line("99", "10.1.2.6:5", "5250", "3203", "hgetall"),
			[]string{"3 of 4 were opened within 17 s, 22.6 h ago.", "Oldest 22.6 h, youngest 88 min; idle over"}, "none"},
		{"a last line cut off", "", line("7", "10.1.2.3:5", "9", "7", "get") + "id=8 addr=10.1.2.4:5 fd=9 name= age=33", []string{"2 connections in the list (1 of them cut short in the text); the limit"}, "all of"},
		{"half of them idle", "", line("7", "10.1.2.3:5", "9000", "7200", "get") + line("8", "10.1.2.4:5", "9000", "7300", "get"),
			[]string{"Oldest 2.5 h, half idle for over 2 h; idle over 5 min: 2"}, "none"},
		{"INFO of 2.6", "# Server\nuptime_in_seconds:61125\n\n# Clients\nconnected_clients:39\nclient_longest_output_list:0\nclient_biggest_input_buf:0\nblocked_clients:0\n", "",
			[]string{"The server is up for 17 h.", "None in a blocking command, no output waiting."}, "Since"},
		{"INFO with totals", "# Stats\ntotal_connections_received:62\ntotal_commands_processed:99820\nrejected_connections:0\n\n# Replication\nrole:master\nconnected_slaves:0\n", "",
			[]string{"Since the start: 62 accepted, 1610 commands a connection, 0 refused.", "No replica."}, "/s"},
		{"INFO of another section", "# Memory\nused_memory:6442450944\nused_memory_overhead:5368709120\nmaxmemory:1073741824\n", "",
			[]string{"The server holds 6 GiB of 1 GiB allowed, 5 GiB of it buffers and other overhead, not data."}, "blocking"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, l := range factsOf(t, paste{info: tt.info, list: tt.list}).Say() {
				got += l.Text + "\n"
			}
			for _, want := range tt.says {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in\n%s", want, got)
				}
			}
			if strings.Contains(got, tt.lacks) {
				t.Errorf("%q is in\n%s", tt.lacks, got)
			}
		})
	}
}

// A cause that the list contradicts is no candidate.
func TestNobodyBlocks(t *testing.T) {
	list := many(30, "10.1.4.21", 90000, 60, unused, "NULL")
	for _, info := range []string{"", "# Clients\nconnected_clients:30\nblocked_clients:0\n"} {
		for _, c := range snapshot.Candidates(factsOf(t, paste{info: info, list: list}), nil) {
			if c.ID == "blocking-commands" && c.Probability > 0.021 {
				t.Errorf("%q: %s %.3f", info, c.ID, c.Probability)
			}
		}
	}
}

// A job queue's few connections, one of which ran a command of O(N) last, are no slow server.
func TestFewThatWaitForNobody(t *testing.T) {
	row := func(i int, cmd, flags, qbuf string) string {
		return fmt.Sprintf("id=%d addr=10.1.2.3:%d fd=8 name= age=4 idle=3 flags=%s db=0 sub=0 psub=0 multi=-1 qbuf=%s qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=%s\n", i, 4000+i, flags, qbuf, cmd)
	}
	list := row(1, "lrange", "N", "0") + row(2, "lrange", "N", "0") + row(3, "brpoplpush", "b", "0") + row(4, "brpoplpush", "b", "0") + row(5, "get", "N", "0")
	slow := func(list string) float64 {
		for _, c := range snapshot.Candidates(factsOf(t, paste{list: list}), nil) {
			if c.ID == "slow-commands" {
				return c.Probability
			}
		}
		return 0
	}
	if p, waiting := slow(list), slow(list+row(6, "get", "N", "26")); p > 0.101 || waiting <= p {
		t.Errorf("nobody waits: %.3f, one does: %.3f", p, waiting)
	}
}

// Of few connections what all of them contradict is not the likeliest.
func TestFewContradict(t *testing.T) {
	list := func(idle func(age int) int) string {
		out := ""
		for i := range 7 {
			age := 1200 + 700*i
			out += fmt.Sprintf("id=%d addr=10.1.2.%d:%d fd=8 name= age=%d idle=%d flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=readonly\n",
				70-i, i%3, 4000+i, age, idle(age))
		}
		return out
	}
	of := func(id, list string) float64 {
		for _, c := range snapshot.Candidates(factsOf(t, paste{list: list}), nil) {
			if c.ID == id {
				return c.Probability
			}
		}
		return 0
	}
	unused, used := list(func(age int) int { return age }), list(func(int) int { return 3 })
	if p := of(snapshot.Healthy, unused); p > 0.151 {
		t.Errorf("none is ever used: healthy %.3f", p)
	}
	if p := of("connection-leak", used); p > 0.051 {
		t.Errorf("all are used: a leak %.3f", p)
	}
	if of("connection-leak", unused) <= 0.051 || of(snapshot.Healthy, used) <= 0.151 {
		t.Error("each is taken for the other, too")
	}
}
