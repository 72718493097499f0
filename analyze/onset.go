package analyze

import (
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/stat"
)

// A moment is when something began: the best guess, and the interval that holds it nine
// times in ten, in unix seconds. What was so from the first sample on began before the
// recording, at nobody knows when.
type moment struct {
	stat.Change
	before bool
}

// known tells whether anything is known of it.
func (o moment) known() bool { return o.before || !math.IsNaN(o.At) }

// times gives a moment as a report has it: no onset, and an interval without a beginning,
// where it lies before the recording.
func (o moment) times() (at, lo, hi time.Time) {
	switch {
	case o.before:
		return time.Time{}, time.Time{}, unixTime(o.Hi)
	case math.IsNaN(o.At):
		return time.Time{}, time.Time{}, time.Time{}
	}
	// Samples that are out of order must not put an interval beside its own moment.
	return unixTime(o.At), unixTime(min(o.Lo, o.At)), unixTime(max(o.Hi, o.At))
}

// words says from when on, within a sentence.
func (o moment) words() string {
	if o.before {
		return "from before the recording"
	}
	return "from " + hhmmss(unixTime(o.At))
}

// beginning gives the moment at which a cause began: its own estimate, or else between the
// sample that shows it and the one before.
func (m *model) beginning(a *assessment) moment {
	switch {
	case a.began != nil:
		return *a.began
	case a.onset < 0 || a.onset >= len(m.s):
		return moment{Change: stat.Change{At: math.NaN()}}
	}
	return m.seen(a.onsetLo, a.onset)
}

// seen is the moment of what showed in sample hi and not yet in sample lo. What the very
// first sample shows began before it.
func (m *model) seen(lo, hi int) moment {
	o := moment{Change: stat.Change{At: m.timeAt(hi), Lo: m.timeAt(min(lo, hi)), Hi: m.timeAt(hi)}}
	o.before = hi <= m.firstReply()
	return o
}

// always is the moment of what was so from the first reply on.
func (m *model) always() *moment {
	o := m.seen(0, m.firstReply())
	return &o
}

// outage is the moment of what a sample shows after others without a reply, or of another
// process: it began after the last reply, and before the first probe in vain and the start
// of that process, which its uptime tells. (After a failover the uptime is of long before.)
// It gives nil where there is nothing better than the sample.
func (m *model) outage(slot int) *moment {
	lo, reply := slot-1, slot
	for lo >= 0 && !m.s[lo].HasInfo && !m.s[lo].HasList {
		lo--
	}
	for reply < len(m.s)-1 && !m.s[reply].HasInfo && !m.s[reply].HasList {
		reply++
	}
	if lo < 0 || lo == slot-1 && m.s[lo].Epoch == m.s[reply].Epoch {
		return nil
	}
	o := m.seen(lo, lo+1)
	if e := m.s[reply].Epoch; e != m.s[lo].Epoch && m.tl.Booted[e] > o.Lo {
		o.Hi = min(o.Hi, m.tl.Booted[e]+1) // whole seconds
		o.At = min(o.At, o.Hi)
	}
	return &o
}

// firstReply gives the first sample that holds a reply.
func (m *model) firstReply() int {
	for i := range m.s {
		if m.s[i].HasInfo || m.s[i].HasList {
			return i
		}
	}
	return 0
}

// counted finds when a counter of INFO began to rise faster; first is the sample that shows
// it to the cause itself, and what comes out where the counts do not say.
func (m *model) counted(first int, get func(*Sample) float64) *moment {
	var t, w []float64
	for i := range m.s {
		s := &m.s[i]
		v := get(s)
		switch {
		case math.IsNaN(v) && len(t) == 0 && s.HasInfo:
			t, w = append(t, s.T), append(w, 0)
		case math.IsNaN(v):
		case len(t) == 0 && s.Span > 0:
			t, w = append(t, s.T-s.Span, s.T), append(w, 0, v)
		case len(t) > 0 && s.T > t[len(t)-1]:
			t, w = append(t, s.T), append(w, v)
		}
	}
	return m.rateRose(t, w, first)
}

// rateRose turns stat.RateChange into a moment.
func (m *model) rateRose(t, w []float64, first int) *moment {
	c, ok := stat.RateChange(t, w, 0.9)
	if !ok {
		o := m.seen(first-1, first)
		return &o
	}
	o := moment{Change: c}
	if c.Before > 0.5 {
		o.before, o.Hi = true, t[0]
	}
	return &o
}

// multiplied finds when connections began to come faster, all at once or ever more, from
// the births in client lists up to when the limit was reached.
func (m *model) multiplied(first int, at func(slot int) cell) *moment {
	w := make([]float64, len(m.lists))
	until := len(m.lists)
	for k, i := range m.lists {
		w[k] = float64(at(i).births)
		if i <= m.satFirst {
			until = k + 1
		}
	}
	o := m.rateRose(m.t[:until], w[:until], first)
	if c, better, ok := stat.RampChange(m.t[:until], w[:until], 0.9); ok && better && !o.before {
		return &moment{Change: c}
	}
	return o
}

// rose finds when a rise of v, one value a list of the window, began: the rises of its
// running maximum are the events.
func (m *model) rose(w window, v []float64, first int) *moment {
	return m.rateRose(m.t[w.lo:w.hi], rises(v), first)
}

// bent finds when v, one value a list of the window, began to rise as a line does.
func (m *model) bent(w window, v []float64, first int) *moment {
	o := m.seen(first-1, first)
	t := m.t[w.lo:w.hi]
	if c, ok := stat.BendChange(t, v, 0.9); ok {
		// first is the last sample at the level before, and the bend lies between samples.
		k, _ := slices.BinarySearch(t, max(c.Hi, o.Hi))
		j, _ := slices.BinarySearch(t, min(c.Lo, o.Lo))
		o.Lo, o.Hi = t[max(j-1, 0)], t[min(k+1, len(t)-1)]
	}
	return &o
}

// lastUses gives when connections of a set of entities were last used, by the list with the
// most connections, in order: an abandoned connection's last use is when it was abandoned,
// to the second, however rarely the recorder looked. unused leaves out those that were ever
// used after their birth.
func (m *model) lastUses(of map[*entity]bool, unused bool) []float64 {
	p := &m.tl.Peak
	if p.slot >= len(m.s) {
		return nil
	}
	mine := make([]bool, len(m.tl.Sources))
	index := map[*series]int{}
	for i, s := range m.tl.Sources {
		index[s] = i
	}
	for _, e := range m.ents {
		if of[e] {
			for _, s := range e.parts {
				mine[index[s]] = true
			}
		}
	}
	var out []float64
	for i, src := range p.src {
		// Age and idle time are whole seconds of two clocks: up to two apart.
		if mine[src] && p.idle[i] >= 0 && (!unused || p.age[i]-p.idle[i] <= 2) {
			out = append(out, m.s[p.slot].T-p.idle[i])
		}
	}
	slices.Sort(out)
	return out
}

// binned counts events between the times t.
func binned(t, events []float64) []float64 {
	w := make([]float64, len(t))
	for _, x := range events {
		k, _ := slices.BinarySearch(t, x)
		if k > 0 && k < len(t) {
			w[k]++
		}
	}
	return w
}
