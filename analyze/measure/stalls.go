package measure

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// LongerThan gives the commands of the recording that ran for so many seconds, and for how
// many they ran in all.
func (m *Model) LongerThan(seconds float64) (long []timeline.SlowCommand, total float64) {
	lo := 0.0
	if len(m.Samples) > 0 {
		lo = m.Samples[0].T - m.Interval
	}
	for _, e := range m.TL.Slow {
		if float64(e.Micros)/1e6 >= seconds && (e.T >= lo || m.TL.Relative) && !Forks(e.Cmd) {
			long = append(long, e)
			total += float64(e.Micros) / 1e6
		}
	}
	return long, total
}

// Forks tells whether a command takes as long as the fork it asks for (rdb.c bgsaveCommand,
// aof.c bgrewriteaofCommand, replication.c syncCommand): that is a stall of the server.
func Forks(command string) bool {
	return command == "BGSAVE" || command == "BGREWRITEAOF" || command == "SYNC" || command == "PSYNC"
}

// A Queue is what the system dropped at full listen queues, by its counter on the server's machine.
type Queue struct {
	Dropped     float64 // attempts to connect
	Readings    float64 // of the counter that had more than the one before
	Stood       float64 // share of them in whose time the server was seen to stand still
	First, Last int     // samples: of the first of these readings and of the last
	Pos         record.Pos
}

// ListenQueue sums up the times at which a listen queue overflowed; none dropped where it did not, or
// where the recorder was on another machine.
func (m *Model) ListenQueue() Queue {
	q := Queue{First: -1}
	stood := 0.0
	for _, d := range m.TL.Host.Dropped {
		q.Dropped += d.N
		q.Readings++
		if m.stoodStill(d.From, d.To) {
			stood += d.N
		}
		for i := range m.Samples {
			if m.Samples[i].T <= d.To {
				q.Last = i
			}
		}
		if q.First < 0 {
			q.First, q.Pos = q.Last, d.Pos
		}
	}
	if q.Dropped > 0 {
		q.Stood = stood / q.Dropped
	}
	return q
}

// stoodStill tells whether an answer took long, or did not come, between two times.
func (m *Model) stoodStill(from, to float64) bool {
	for i := range m.Samples {
		if s := &m.Samples[i]; s.T >= from && s.T <= to && (s.Took >= Noticed || s.Failed[record.FailTimeout] > 0) {
			return true
		}
	}
	return false
}

// Says is what a Queue shows, in sentences.
func (q *Queue) Says(m *Model) string {
	s := fmt.Sprintf("The system dropped %.0f attempts to connect at a full listen queue, from %s to %s", q.Dropped, finding.Clock(m.TimeOf(q.First)), finding.Clock(m.TimeOf(q.Last)))
	if !math.IsNaN(m.Used) {
		s += fmt.Sprintf(", with at most %.0f %% of maxclients in use", m.Used*100)
	}
	s += ": such clients time out, and the server never sees them. The counter is that of all programs of the machine or container."
	if n := m.TL.Config["tcp-backlog"]; n != "" {
		s += fmt.Sprintf(" The server's queue holds %s (tcp-backlog), or net.core.somaxconn if that is less.", finding.Plain(n))
	}
	return s
}
