package timeline

import "math"

// maxPlausible is the highest number of connections or limit that is believed: above what
// any kernel gives a process in descriptors (fs.nr_open is at most 2^30).
const maxPlausible = 1 << 30

// plausible gives a number of connections, NaN where it cannot be one.
func plausible(v float64) float64 {
	if v > maxPlausible {
		return math.NaN()
	}
	return v
}

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
