package snapshot_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/parse/record"
)

// What a list does not print is not known: nothing is counted as young, idle, unused or without a
// command for want of a field.
func TestUntold(t *testing.T) {
	addresses := strings.Repeat("addr=10.0.0.1:5000\n", 6) + "addr=10.0.0.2:5000\n"
	f := factsOf(t, paste{list: addresses})
	if f.Rows != 7 || !f.Ageless || len(f.Hosts) != 2 || f.Hosts[0].Count != 6 {
		t.Errorf("addresses alone: %v rows, ageless %v, hosts %+v", f.Rows, f.Ageless, f.Hosts)
	}
	for name, v := range map[string]float64{"oldest": f.OldestAge, "never used": f.NeverUsed, "idle": f.Idle5m, "young": f.Young5s,
		"blocked": f.BlockedNow, "subscribers": f.PubSubNow, "output": f.OutSum, "queries": f.QuerySum, "memory": f.MemSum, "even": f.Hosts[0].Even} {
		if !math.IsNaN(v) {
			t.Errorf("addresses alone: %s is %v", name, v)
		}
	}
	if len(f.Cmds) > 0 || len(f.Names) > 0 {
		t.Errorf("addresses alone: commands %+v, names %+v", f.Cmds, f.Names)
	}
	if s := said(f.Say(), snapshot.Living); s != "Ages and idle times are not in the list." {
		t.Errorf("addresses alone: %s", s)
	}
	if _, at := snapshot.Vector(f, nil); told(at) != 3 {
		t.Errorf("addresses alone: %d signs", told(at))
	}

	whole := strings.Repeat("id=1 addr=10.0.0.1:5000 age=900 idle=1 flags=N cmd=get\n", 5)
	f = factsOf(t, paste{list: whole + "id=2 addr=10.0.0.9:5000 age=900\n"})
	if f.Connected != 6 || f.Rows != 5 || f.Young5s != 0 || len(f.Cmds) != 1 || len(f.Hosts) != 1 {
		t.Errorf("a row cut off: %v connected, %v rows, young %v, commands %+v, hosts %+v", f.Connected, f.Rows, f.Young5s, f.Cmds, f.Hosts)
	}
	f = factsOf(t, paste{list: whole + "id=2 addr=10.0.0.9:5000 age=900 idle=7 flags=N\n"})
	if f.Rows != 6 || len(f.Cmds) != 1 || f.Cmds[0].Count != 5 {
		t.Errorf("a row without a command: %v rows, commands %+v", f.Rows, f.Cmds)
	}
}

// told counts the signs that are known.
func told(at []float64) (n int) {
	for _, v := range at {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// The first moments of a connection that lived for hours are no hours.
func TestFirstMoments(t *testing.T) {
	for _, tt := range []struct {
		row  string
		want float64
	}{
		{"age=472799 idle=472733", 1}, {"age=89000 idle=85679", 0}, {"age=1000 idle=960", 1}, {"age=33 idle=28", 1}, {"age=33 idle=20", 0}, {"age=8 idle=8", 0},
	} {
		f := factsOf(t, paste{list: "id=1 addr=10.0.0.1:5000 " + tt.row + " flags=N cmd=get\n"})
		if f.NeverUsed != tt.want {
			t.Errorf("%s: %v", tt.row, f.NeverUsed)
		}
	}
}

// Memory alone is said, and what it became.
func TestMemoryAlone(t *testing.T) {
	at := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	s := shots(paste{info: "used_memory_rss:3851145216\npsync_buffer_bytes:2912258129\n", at: at},
		paste{info: "used_memory_rss:5999673344\npsync_buffer_bytes:7176398560\n", at: at.Add(20 * time.Second)})
	a, b := snapshot.FactsOf(&s[0]), snapshot.FactsOf(&s[1])
	got := said(b.Say(), snapshot.Waiting) + said(snapshot.PairOf(a, b).Say(b), snapshot.Between)
	for _, want := range []string{"Buffers of replicas hold 6.7 GiB", "5.6 GiB of the system's memory", "Resident memory went from 3.6 GiB to 5.6 GiB, buffers of replicas went from 2.7 GiB to 6.7 GiB."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	f := factsOf(t, paste{info: "used_memory:594230864\nused_memory_peak:4567655040\n"})
	if got := said(f.Say(), snapshot.Waiting); got != "The server holds 567 MiB, 4.3 GiB at its peak." {
		t.Error(got)
	}
}

// A number in a sentence is a guess, and said to be one.
func TestMention(t *testing.T) {
	var c snapshot.Collector
	in := &record.Info{}
	in.Reset([]byte("redis_version:2.2.12\r\n"))
	c.Add(&record.Chatter{Text: "I see we stand at connected_clients:1017."})
	c.Add(in)
	s := c.Shots()
	f := snapshot.FactsOf(&s[0])
	if got := said(f.Say(), snapshot.Fullness); !strings.Contains(got, "connected_clients:1017, which is taken for a guess") || !math.IsNaN(f.Connected) {
		t.Errorf("%v: %s", f.Connected, got)
	}
}
