package capture

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// permissionPause is how long a probe rests that the server does not permit.
const permissionPause = time.Minute

// A task is one probe with its due time and its cost.
type task struct {
	Probe
	every    time.Duration // asked for
	interval time.Duration // in force: every, or longer where the probe costs too much
	said     time.Duration // the interval that was recorded last; 0 = none, every is in force
	next     time.Time     // due
	last     time.Time     // asked last; zero = never
	cost     costMeter
	off      bool      // refused on this connection, where the probe is optional
	refusal  string    // the refusal that was recorded last
	denied   time.Time // when a denial was recorded last
	losses   int       // connections lost in a row by asking, where the probe is optional
	stats    ProbeStats
}

// advance sets the next due time on the task's own grid. Rounds that were missed are missed:
// a burst after a stall would be one more load on a server that has just stalled.
func (t *task) advance(now time.Time) {
	t.next = t.next.Add(t.interval)
	if late := now.Sub(t.next); late > 0 {
		t.next = t.next.Add((late/t.interval + 1) * t.interval)
	}
}

// adapt sets the interval that keeps the probe's share of the server's main thread within
// budget, and gives the words to record where it differs by more than a fifth from what was said. What the last
// reply cost is paid off before the next is asked for: one that is due already is put off.
func (t *task) adapt(budget float64) string {
	cost := t.cost.perReply()
	want := t.every
	budget *= t.Share
	if need := time.Duration(float64(cost) / budget); need > want {
		step := time.Second
		if need < step {
			step /= 10
		}
		want = (need + step - 1).Truncate(step) // round, and not to change with each reading
	}
	old := t.interval
	t.interval = want
	if due := t.last.Add(want); want != old && !t.last.IsZero() && (want > old) == due.After(t.next) {
		t.next = due
	}
	said := cmp.Or(t.said, t.every)
	if want == said || want > t.every && abs(want-said) <= said/5 {
		return ""
	}
	t.said = want
	if want == t.every {
		return fmt.Sprintf("%s: every %v again", t.Name, want)
	}
	return fmt.Sprintf("%s takes %v of the server's main thread: asked for every %v, now every %v, to stay within %.3g %%",
		t.Name, cost.Round(10*time.Microsecond), t.every, want, budget*100)
}

func abs(d time.Duration) time.Duration {
	if d < 0 {
		return -d
	}
	return d
}

// A costMeter follows what one reply to a command costs the server's main thread: of a list, so
// much a row, and a reply may take several calls.
//
// From Redis 7.0 on, INFO's commandstats tell: microseconds and calls since the server
// began, so the difference of two readings is the mean of the calls between. For older servers
// it is the time to the first byte (a server writes nothing before the command has run) less a
// round trip. Of the last two readings, or the last three waits, the least counts: what else the
// machine had to do in the meantime is not the command's cost. While there are fewer, of another
// command than a list nothing is known. A list counts by its last reading, which is the mean of many
// pieces and what is to be paid off; one above mostPerRow counts so much, unless the one before
// was as high.
type costMeter struct {
	calls, micros int64
	based         bool // commandstats were read since the server began
	asked, fresh  bool // a call, and its reply, that calls and micros do not hold
	parts, rows   int  // of the last reply: the calls that it took, at least 1, and a list's rows, 0 = it is none
	stats         leastOf
	waits         leastOf
}

// mostPerRow bounds what one reading says of a list, in which the server may have stalled: a row takes
// 0.9 to 1.3 us, in pieces up to 1.9, 2.8 where other processes contend for the processor, and was
// seen to take 8 where they contend for its memory.
const mostPerRow = 10 * time.Microsecond

// leastRows are those below which a list costs the same whatever their number.
const leastRows = 20

// stat takes one reading of commandstats; of a command that is not named there, zeros. From when
// a reply is asked for until it came the reading before counts: one in between may hold any part.
func (m *costMeter) stat(calls, micros int64) {
	if m.based && m.asked && calls >= m.calls && micros >= m.micros {
		if !m.fresh || calls == m.calls {
			return
		}
		perCall := time.Duration(micros-m.micros) * time.Microsecond / time.Duration(calls-m.calls)
		m.stats.add(perCall*time.Duration(m.parts)/m.unit(), 2)
		m.asked, m.fresh = false, false
	}
	m.based, m.calls, m.micros = true, calls, micros
}

// replied takes a reply of so many calls and rows, and the time to the first byte of its calls, the
// median, less a round trip.
func (m *costMeter) replied(parts, rows int, wait time.Duration) {
	m.parts, m.rows, m.fresh = max(parts, 1), rows, true
	m.waits.add(max(wait, 0)*time.Duration(m.parts)/m.unit(), 3)
}

// unit is in how many equal parts the cost of the last reply is counted.
func (m *costMeter) unit() time.Duration { return time.Duration(max(m.rows, leastRows)) }

// perReply is the cost of the last reply; 0 while unknown.
func (m *costMeter) perReply() time.Duration {
	if m.rows > 0 {
		return m.perRow() * m.unit()
	}
	least, sure := m.stats.least(2)
	if !sure {
		least, sure = m.waits.least(3)
	}
	if !sure {
		return 0
	}
	return least * m.unit()
}

// perRow is the cost of a list's row; 0 while unknown, or of another command.
func (m *costMeter) perRow() time.Duration {
	switch least, sure := m.stats.least(2); {
	case m.rows == 0:
		return 0
	case sure:
		return max(least, min(m.stats.newest(2), mostPerRow))
	case m.stats.n > 0:
		return min(least, mostPerRow)
	}
	least, sure := m.waits.least(3)
	if !sure {
		least = min(least, mostPerRow)
	}
	return least
}

// A leastOf gives the least of the last few durations.
type leastOf struct {
	last [3]time.Duration
	n    int
}

func (l *leastOf) add(d time.Duration, of int) {
	l.last[l.n%of] = d
	l.n++
}

// newest is the one that was added last.
func (l *leastOf) newest(of int) time.Duration { return l.last[(l.n-1)%of] }

// least is that of the last ones, of which there should be so many; sure where there are.
func (l *leastOf) least(of int) (d time.Duration, sure bool) {
	if l.n == 0 {
		return 0, false
	}
	return slices.Min(l.last[:min(l.n, of)]), l.n >= of
}

// The closer looks at who is connected, while the number of connections moves.
const (
	closeEvery  = 2 * time.Second // between two lists
	closeBurst  = 15              // so many closer looks in a row,
	closeRefill = time.Minute     // and one more for each minute: a storm may last for hours
	closeChange = 0.05            // share by which connected_clients must have moved …
	closeLeast  = 20              // … and at least so many
)

// A closeLook decides when CLIENT LIST is wanted before its time. It sharpens and never
// gates: the regular lists go on whatever it sees.
type closeLook struct {
	known    bool
	clients  int64 // at the last list
	rejected int64 // at the last INFO
	tokens   float64
	at       time.Time // of the last refill
}

// wants tells, at an INFO, whether connections moved enough since the last list.
func (l *closeLook) wants(clients, rejected int64, now time.Time) bool {
	if !l.known {
		*l = closeLook{known: true, clients: clients, rejected: rejected, tokens: closeBurst, at: now}
		return false
	}
	l.tokens = min(closeBurst, l.tokens+now.Sub(l.at).Seconds()/closeRefill.Seconds())
	l.at = now
	moved := clients - l.clients
	if moved < 0 {
		moved = -moved
	}
	refused := rejected > l.rejected
	l.rejected = rejected
	return l.tokens >= 1 && (refused || moved >= closeLeast && float64(moved) >= closeChange*float64(l.clients))
}

// hasten brings a list forward as far as the distance to the last one and its cost allow.
func (l *closeLook) hasten(t *task, budget float64, now time.Time) {
	dist := max(closeEvery, time.Duration(float64(t.cost.perReply())/(budget*t.Share)))
	soon := t.last.Add(dist)
	if soon.Before(now) {
		soon = now
	}
	if soon.Before(t.next) {
		t.next = soon
		l.tokens--
	}
}

// A backoff gives the pauses between attempts to connect: exponential with full jitter, so
// that recorders of one server do not come back together, nor with its clients.
type backoff struct {
	attempt int
	jitter  func(n int64) int64 // uniform over [0, n)
}

const (
	backoffBase  = 200 * time.Millisecond
	backoffCap   = 5 * time.Second
	backoffFloor = 50 * time.Millisecond
)

func newBackoff() *backoff { return &backoff{jitter: rand.Int64N} }

// pause is how long to wait before the next attempt.
func (b *backoff) pause() time.Duration {
	top := backoffCap
	if b.attempt < 10 {
		top = min(top, backoffBase<<b.attempt)
	}
	b.attempt++
	return max(backoffFloor, time.Duration(b.jitter(int64(top))))
}

// reset begins anew, after a reply that shows that the server serves again.
func (b *backoff) reset() { b.attempt = 0 }

// clockMark says that the wall clock was set, or the machine slept, between two samples:
// wall and mono are the times that passed by either clock. Empty where they agree.
func clockMark(wall, mono time.Duration) string {
	d := wall - mono
	if abs(d) < time.Second {
		return ""
	}
	return fmt.Sprintf("the recorder's clock moved by %v: it was set, or the machine slept", d.Round(time.Millisecond))
}

// readInfo takes from the INFO just read what the recorder itself needs, in one pass.
func (r *recorder) readInfo() {
	if !r.identified {
		r.identify()
	}
	p := &r.progress
	p.Clients, p.MaxClients, p.Rejected, p.accepted = -1, -1, -1, -1
	told, named := false, uint64(0)
	r.info.Each(func(section, key, value []byte) {
		told = told || string(section) == "Commandstats"
		switch string(key) {
		case "connected_clients":
			p.Clients = number(value)
		case "maxclients":
			p.MaxClients = number(value)
		case "rejected_connections":
			p.Rejected = number(value)
		case "total_connections_received":
			p.accepted = number(value)
		case "cluster_enabled":
			r.cluster = string(value) == "1"
		}
		for i := range r.tasks {
			if t := &r.tasks[i]; string(key) == t.stat {
				calls, ok1 := record.SubInt(value, "calls")
				micros, ok2 := record.SubInt(value, "usec")
				if ok1 && ok2 {
					t.cost.stat(calls, micros)
					named |= 1 << i
				}
			}
		}
	})
	for i := range r.tasks {
		if told && named>>i&1 == 0 { // not asked yet, or since CONFIG RESETSTAT
			r.tasks[i].cost.stat(0, 0)
		}
	}
}

// number reads digits; -1 where there are none.
func number(b []byte) int64 {
	if len(b) == 0 || len(b) > 18 {
		return -1
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
