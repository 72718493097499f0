package snapshot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/snapshot"
)

// infoOf is an INFO of a server that has been up for so many seconds.
func infoOf(up, connected, limit, accepted, refused int, more ...string) string {
	return fmt.Sprintf("redis_version:7.2.4\nuptime_in_seconds:%d\nconnected_clients:%d\nmaxclients:%d\ntotal_connections_received:%d\nrejected_connections:%d\ntotal_commands_processed:%d\ninstantaneous_ops_per_sec:5\n%s\n",
		up, connected, limit, accepted, refused, 5*up, strings.Join(more, "\n"))
}

// halfRests is a list of hosts whose pools are all of an age, and half of which rest since: at most for so
// long, when the rest is cut.
func halfRests(hosts, each, age, most int) string {
	var b strings.Builder
	for h := range hosts {
		for i := range each {
			a, idle := age, i%3
			if i > 0 {
				idle = most - (h+i)%5
				a = min(age, idle+1)
			}
			b.WriteString(row(100*h+i+1, fmt.Sprintf("10.1.%d.%d:%d", h/8, h+1, 30000+i), a, idle, "get"))
		}
	}
	return b.String()
}

// spread is a list of hosts that opened one connection after the other.
func spread(hosts, each, step int) string {
	var b strings.Builder
	for i := range hosts * each {
		b.WriteString(row(i+1, fmt.Sprintf("10.1.0.%d:%d", i%hosts+1, 30000+i), (hosts*each-i)*step, i%4, "get"))
	}
	return b.String()
}

// lately is the same of hosts that opened ever more of them.
func lately(hosts, each int) string {
	var b strings.Builder
	for i := range hosts * each {
		age := 15 + i*i/40
		b.WriteString(row(1000-i, fmt.Sprintf("10.1.0.%d:%d", i%hosts+1, 30000+i), age, min(age, i%20), "get"))
	}
	return b.String()
}

// atOnce is the same of hosts that all came back at one time.
func atOnce(hosts, each, age int) string {
	var b strings.Builder
	for i := range hosts * each {
		b.WriteString(row(i+1, fmt.Sprintf("10.1.0.%d:%d", i%hosts+1, 30000+i), age-i%3, i%4, "get"))
	}
	return b.String()
}

// TestContrary: what a cause cannot look like takes its probability, and says so; beside each a list to
// which that does not apply.
func TestContrary(t *testing.T) {
	stopped := strings.ReplaceAll(many(40, "10.9.0.2", 900, 20, func(int) int { return 90 }, "set"), "qbuf=0", "qbuf=50000000")
	replica := row(9000, "10.9.0.1:6379", 50, 0, "psync", "S", "tot-mem=9000000")
	for name, c := range map[string]struct {
		in    paste
		cause string
		claim string // in Against
		most  float64
		lack  bool // the claim is not made
	}{
		"a young server's pools rest as long as it runs": {paste{info: infoOf(240, 96, 1000, 99, 0), list: halfRests(12, 8, 240, 239)}, "idle-cut", "no idle time is too long", 0.1, false},
		"rests end long before the oldest is as old":     {paste{info: infoOf(90000, 96, 1000, 9900, 0), list: halfRests(12, 8, 80000, 290)}, "idle-cut", "no idle time is too long", 0.65, true},
		"who closed them is not told":                    {paste{info: infoOf(90000, 96, 1000, 2900, 0), list: halfRests(12, 8, 80000, 110)}, "idle-cut", "closed by their own pools", 0.65, false},
		"a client stopped in the middle of one":          {paste{info: infoOf(900000, 67, 1000, 9900, 0), list: spread(9, 3, 900) + stopped}, "query-buffer-growth", "a large value arrives", 1, true},
		"arrivals one by one are no wave":                {paste{info: infoOf(600, 86, 86, 386, 300), list: lately(14, 6)}, "reconnect-wave", "opened at once", 0.2, false},
		"all came back at once":                          {paste{info: infoOf(90, 84, 86, 254, 400), list: atOnce(14, 6, 60)}, "reconnect-wave", "no more than", 1, true},
		"refused while it was full, perhaps":             {paste{info: infoOf(2384, 208, 330, 381, 1397), list: spread(16, 13, 11)}, "protected-mode-refusals", "may have been full before", 0.5, false},
		"never full, and yet refused":                    {paste{info: infoOf(3928, 27, 100, 40, 5425), list: spread(9, 3, 140)}, "protected-mode-refusals", "may have been full", 1, true},
		"a replica syncs":                                {paste{info: infoOf(90000, 60, 1000, 900, 0, "connected_slaves:1", "client_recent_max_output_buffer:10418606", "mem_clients_normal:1373184"), list: spread(10, 6, 900) + replica}, "output-buffer-loop", "wait for a replica", 0.65, false},
		"a replica that was cut":                         {paste{info: infoOf(90000, 60, 1000, 900, 0, "connected_slaves:1", "client_recent_max_output_buffer:10418606", "client_output_buffer_limit_disconnections:40"), list: spread(10, 6, 900) + replica}, "output-buffer-loop", "wait for a replica", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := factsOf(t, c.in)
			cands := snapshot.Candidates(f, nil)
			k := slices.IndexFunc(cands, func(x snapshot.Candidate) bool { return x.ID == c.cause })
			x := cands[k]
			said := false
			for _, s := range x.Against {
				if text, ok := s.Text(); ok && strings.Contains(text, c.claim) {
					said = true
				}
			}
			if x.Probability > c.most+1e-9 || said == c.lack {
				t.Errorf("%s %.3f, at most %.2f; said %v: %+v", c.cause, x.Probability, c.most, said, x.Against)
			}
			sum := 0.0
			for _, y := range cands {
				sum += y.Probability
			}
			if sum < 0.999 || sum > 1.001 {
				t.Errorf("the probabilities sum to %.4f", sum)
			}
		})
	}
}
