package analyze

import "math"

// idleSlack is by how many seconds a connection may have been idle for longer than it is
// old: the server takes the two from clocks that it reads at different times.
const idleSlack = 2

// uptimeSlack is the same against the uptime of the INFO before, for what a server under
// load takes from one reply to the next.
const uptimeSlack = 60

// times gives a connection's age and idle time in seconds, by the list last entered; known
// is false where the idle time cannot be: below zero, or longer than the connection is old
// or the server up.
func (t *connTable) times(now *connNow) (age, idle int64, known bool) {
	age, idle = now.times(t.ageBase, t.idleBase)
	if uint64(idle) <= uint64(min(age+idleSlack, t.idleMost)) && age > 0 {
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
	return age, idle, idle >= 0 && idle <= t.idleMost && (age <= 0 || idle <= age+idleSlack)
}

// countOdd counts a connection whose idle time is not known.
func (t *connTable) countOdd(now *connNow) {
	k := &t.count[now.src]
	k.n++
	k.omem += now.omem
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
		if told := k.n - odd; odd > 0 && told > 0 {
			for _, v := range [...]*int32{&k.active, &k.resting, &k.stale, &k.busy} {
				*v = int32(math.Round(float64(*v) * float64(k.n) / float64(told)))
			}
		}
	}
}

// boundIdle says for how long any connection of a list can have been idle.
func (c *collector) boundIdle(s *Sample) {
	t := &c.conns
	t.idleMost, t.setBack = math.MaxInt64-idleSlack, max(0, -int64(c.clock.ahead))
	if c.prev.ok && s.Epoch == len(c.tl.Servers)-1 && !math.IsNaN(c.prev.uptime) {
		t.idleMost = int64(c.prev.uptime+max(s.T-c.prev.t, 0)) + uptimeSlack + t.setBack
	}
}

// oddIdleShare gives the share of all idle times in the lists that cannot be.
func (m *model) oddIdleShare() float64 {
	return float64(m.tl.OddIdle) / max(float64(m.tl.IdleSeen), 1)
}
