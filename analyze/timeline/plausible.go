package timeline

import "math"

// maxBytes is the most output that is believed to wait for a connection: 64 TiB, more than
// any machine has.
const maxBytes = 1 << 46

// plausibleBytes gives the output that waits for a connection, 0 where it cannot be.
func plausibleBytes(n int64) int64 {
	if n < 0 || n > maxBytes {
		return 0
	}
	return n
}

// IdleSlack is by how many seconds a connection may have been idle for longer than it is
// old: the server takes the two from clocks that it reads at different times.
const IdleSlack = 2

// uptimeSlack is the same against the uptime of the INFO before, for what a server under
// load takes from one reply to the next.
const uptimeSlack = 60

// times gives a connection's age and idle time in seconds, by the list last entered; known
// is false where the idle time cannot be: below zero, or longer than the connection is old
// or the server up.
func (t *connTable) times(now *connNow) (age, idle int64, known bool) {
	age, idle = now.times(t.ageBase, t.idleBase)
	if uint64(idle) <= uint64(min(age+IdleSlack, t.idleMost)) && age > 0 {
		return age, idle, true
	}
	if t.setBack > 0 { // what was before the clock was set seems to be still to come
		if idle < 0 {
			idle += t.setBack
		}
		if age < max(idle, 0) {
			age += t.setBack
		}
	}
	// Some servers print no age.
	return age, idle, idle >= 0 && idle <= t.idleMost && (age <= 0 || idle <= age+IdleSlack)
}

// countOdd counts a connection whose idle time is not known.
func (t *connTable) countOdd(now *connNow) {
	k := &t.count[now.src]
	k.N++
	k.OutMem += now.omem
	k.addKinds(now.is)
	for len(t.odd) < len(t.count) {
		t.odd = append(t.odd, 0)
	}
	t.odd[now.src]++
	t.oddIdle++
}

// spreadOdd takes those whose idle time is not known for used and unused in the proportion of
// the others of their source.
func (t *connTable) spreadOdd() {
	for i, odd := range t.odd {
		k := &t.count[i]
		if told := k.N - odd; odd > 0 && told > 0 {
			for _, v := range [...]*int32{&k.Active, &k.Resting, &k.Stale, &k.Busy} {
				*v = int32(math.Round(float64(*v) * float64(k.N) / float64(told)))
			}
		}
	}
}

// boundIdle says for how long any connection of a list can have been idle.
func (c *collector) boundIdle(s *Sample) {
	t := &c.conns
	t.idleMost, t.setBack = math.MaxInt64-IdleSlack, max(0, -int64(c.clock.ahead))
	if c.prev.ok && s.Epoch == len(c.tl.Servers)-1 && !math.IsNaN(c.prev.uptime) {
		t.idleMost = int64(c.prev.uptime+max(s.T-c.prev.t, 0)) + uptimeSlack + t.setBack
	}
}

// spikeSlack is by how many connections a count may exceed what the counters allow: replicas
// become clients and back, and the counters are read a moment apart.
const spikeSlack = 16

// dropSpikes leaves out the number of connections of a sample that is more than the sample
// before it and all accepted since allow, where the sample after it is back: the server did
// not have that many.
func (c *collector) dropSpikes() {
	s := c.tl.Samples
	was, at := math.NaN(), -1 // of the last INFO that is believed
	for i := range s {
		if math.IsNaN(s[i].Connected) {
			continue
		}
		if at >= 0 && s[i].Epoch == s[at].Epoch && s[i].Connected > was+s[i].Accepted+spikeSlack {
			next := i + 1
			for next < len(s) && math.IsNaN(s[next].Connected) {
				next++
			}
			if next < len(s) && s[next].Epoch == s[i].Epoch && s[next].Connected <= was+s[i].Accepted+s[next].Accepted+spikeSlack {
				s[i].Connected = math.NaN()
				c.tl.Spikes++
				continue
			}
		}
		was, at = s[i].Connected, i
	}
}

// A tornLists knows lists that were cut short on their way: a pipe that closed, a copy that
// ended in the middle. Who is not in such a list is not gone.
type tornLists struct {
	share  float64 // rows of the last whole list for each connection that INFO counted; 0 unknown
	inRow  int     // torn lists since
	lacked []int32 // places that they do not speak of
	births []int32 // that they show, of each source
	ragged int     // lists taken for whole whose share differs from that of the one before
}

const (
	tornShare = 0.85 // of the rows to be expected
	tornLeast = 8    // rows missing: INFO is some milliseconds older than the list
	tornInRow = 2    // then it is as it is: a filter, or connections that went
)

// isTorn tells whether a list lacks a good part of the connections that INFO counts in the
// same sample, which the list before did not.
func (t *tornLists) isTorn(rows int, s *Sample) bool {
	if !s.HasInfo || math.IsNaN(s.Connected) || s.Connected <= 0 {
		return false
	}
	want := t.share * s.Connected
	if t.inRow < tornInRow && float64(rows) < tornShare*want && float64(rows)+tornLeast <= want {
		t.inRow++
		return true
	}
	share := min(float64(rows)/s.Connected, 1)
	if apart := math.Abs(share - t.share); t.share > 0 && apart > (1-tornShare)*max(share, t.share) && apart*s.Connected >= tornLeast {
		t.ragged++
	}
	t.share, t.inRow = share, 0
	return false
}

// bring adds the births that torn lists showed to those of the whole list after them.
func (t *tornLists) bring(count []Cell) (births int) {
	for i, n := range t.births {
		count[i].Births += n
		births += int(n)
	}
	t.births = t.births[:0]
	return births
}

// tear ends a torn list: its births are kept for the next, nobody is buried, and what is known of those it lacks stays that of
// the list before. all tells that it spoke of all it has.
func (t *connTable) tear(all bool, ageBase, idleBase int64) {
	for i := range t.count {
		if i == len(t.torn.births) {
			t.torn.births = append(t.torn.births, 0)
		}
		t.torn.births[i] += t.count[i].Births
	}
	if all {
		t.allGone()
		t.torn.lacked = t.torn.lacked[:0]
	}
	t.torn.lacked = append(t.torn.lacked, t.gone...)
	t.gone = t.gone[:0]
	n := 0
	for _, i := range t.torn.lacked {
		now := &t.now[i]
		if now.src == noSource || t.more[i].seen == int32(t.lists) {
			continue
		}
		t.torn.lacked[n] = i
		n++
		now.created += ageBase - t.ageBase
		if now.is&isStanding == 0 {
			now.from += idleBase - t.idleBase
		}
	}
	t.torn.lacked = t.torn.lacked[:n]
	t.ageBase, t.idleBase = ageBase, idleBase
}
