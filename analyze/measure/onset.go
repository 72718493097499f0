package measure

import (
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Moment is when something began: the best guess, and the interval that holds it nine
// times in ten, in unix seconds. What was so from the first sample on began before the
// recording, at nobody knows when.
type Moment struct {
	stat.Change
	Before bool
}

// Known tells whether anything is known of it.
func (o Moment) Known() bool { return o.Before || !math.IsNaN(o.At) }

// Times gives a moment as a report has it: no onset, and an interval without a beginning,
// where it lies before the recording.
func (o Moment) Times() (at, lo, hi time.Time) {
	switch {
	case o.Before:
		return time.Time{}, time.Time{}, finding.UnixTime(o.Hi)
	case math.IsNaN(o.At):
		return time.Time{}, time.Time{}, time.Time{}
	}
	// Samples that are out of order must not put an interval beside its own moment.
	return finding.UnixTime(o.At), finding.UnixTime(min(o.Lo, o.At)), finding.UnixTime(max(o.Hi, o.At))
}

// Words says from when on, within a sentence.
func (o Moment) Words() string {
	if o.Before {
		return "since before the recording"
	}
	return "from " + finding.Clock(finding.UnixTime(o.At)) + " on"
}

// Seen is the moment of what showed in sample hi and not yet in sample lo. What the very
// first sample shows began before it.
func (m *Model) Seen(lo, hi int) Moment {
	o := Moment{Change: stat.Change{At: m.timeAt(hi), Lo: m.timeAt(min(lo, hi)), Hi: m.timeAt(hi)}}
	o.Before = hi <= m.FirstReply()
	return o
}

// Always is the moment of what was so from the first reply on.
func (m *Model) Always() *Moment { return new(m.Seen(0, m.FirstReply())) }

// Outage is the moment of what a sample shows after others without a reply, or of another
// process: it began after the last reply, and before the first probe in vain and the start
// of that process, which its uptime tells. (After a failover the uptime is of long before.)
// It gives nil where there is nothing better than the sample.
func (m *Model) Outage(slot int) *Moment {
	lo, reply := slot-1, slot
	for lo >= 0 && !m.Samples[lo].HasInfo && !m.Samples[lo].HasList {
		lo--
	}
	for reply < len(m.Samples)-1 && !m.Samples[reply].HasInfo && !m.Samples[reply].HasList {
		reply++
	}
	if lo < 0 || lo == slot-1 && m.Samples[lo].Epoch == m.Samples[reply].Epoch {
		return nil
	}
	o := m.Seen(lo, lo+1)
	if e := m.Samples[reply].Epoch; e != m.Samples[lo].Epoch && m.TL.Booted[e] > o.Lo {
		o.Hi = min(o.Hi, m.TL.Booted[e]+1) // whole seconds
		o.At = min(o.At, o.Hi)
	}
	return &o
}

// FirstReply gives the first sample that holds a reply.
func (m *Model) FirstReply() int {
	for i := range m.Samples {
		if m.Samples[i].HasInfo || m.Samples[i].HasList {
			return i
		}
	}
	return 0
}

// Counted finds when a counter of INFO began to rise faster; first is the sample that shows
// it to the cause itself, and is the answer where the counts do not say.
func (m *Model) Counted(first int, get func(*timeline.Sample) float64) *Moment {
	var t, w []float64
	for i := range m.Samples {
		s := &m.Samples[i]
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
	return m.RateRose(t, w, first)
}

// RateRose turns stat.RateChange into a moment.
func (m *Model) RateRose(t, w []float64, first int) *Moment {
	c, ok := stat.RateChange(t, w, 0.9)
	if !ok {
		return new(m.Seen(first-1, first))
	}
	o := Moment{Change: c}
	if c.Before > half {
		o.Before, o.Hi = true, t[0]
	}
	return &o
}

// Multiplied finds when connections began to come faster, all at once or ever more, from
// the births in client lists up to when the limit was reached.
func (m *Model) Multiplied(first int, at func(slot int) timeline.Cell) *Moment {
	w := make([]float64, len(m.Lists))
	until := len(m.Lists)
	for k, i := range m.Lists {
		w[k] = float64(at(i).Births)
		if i <= m.LimitReached {
			until = k + 1
		}
	}
	o := m.RateRose(m.ListTimes[:until], w[:until], first)
	if c, better, ok := stat.RampChange(m.ListTimes[:until], w[:until], 0.9); ok && better && !o.Before {
		return &Moment{Change: c}
	}
	return o
}

// Rose finds when a rise of v, one value a list of the window, began: the rises of its
// running maximum are the events.
func (m *Model) Rose(w Window, v []float64, first int) *Moment {
	return m.RateRose(m.ListTimes[w.Lo:w.Hi], Rises(v), first)
}

// Bent finds when v, one value a list of the window, began to rise as a line does.
func (m *Model) Bent(w Window, v []float64, first int) *Moment {
	o := m.Seen(first-1, first)
	t := m.ListTimes[w.Lo:w.Hi]
	if c, ok := stat.BendChange(t, v, 0.9); ok {
		// first is the last sample at the level before, and the bend lies between samples.
		k, _ := slices.BinarySearch(t, max(c.Hi, o.Hi))
		j, _ := slices.BinarySearch(t, min(c.Lo, o.Lo))
		o.Lo, o.Hi = t[max(j-1, 0)], t[min(k+1, len(t)-1)]
	}
	return &o
}

// LastUses gives when connections of a set of entities were last used, by the list with the
// most connections, in order: an abandoned connection's last use is when it was abandoned,
// to the second, however rarely the recorder looked. unused leaves out those that were ever
// used after their birth.
func (m *Model) LastUses(of map[*Entity]bool, unused bool) []float64 {
	p := &m.TL.Peak
	if p.Slot >= len(m.Samples) {
		return nil
	}
	mine := make([]bool, len(m.TL.Sources))
	index := map[*timeline.Series]int{}
	for i, s := range m.TL.Sources {
		index[s] = i
	}
	for _, e := range m.Entities {
		if of[e] {
			for _, s := range e.Parts {
				mine[index[s]] = true
			}
		}
	}
	var out []float64
	for i, src := range p.Src {
		// Age and idle time are whole seconds of two clocks: up to two apart.
		if mine[src] && p.Idle[i] >= 0 && (!unused || p.Age[i]-p.Idle[i] <= 2) {
			out = append(out, m.Samples[p.Slot].T-p.Idle[i])
		}
	}
	slices.Sort(out)
	return out
}

// Binned counts events between the times t.
func Binned(t, events []float64) []float64 {
	w := make([]float64, len(t))
	for _, x := range events {
		k, _ := slices.BinarySearch(t, x)
		if k > 0 && k < len(t) {
			w[k]++
		}
	}
	return w
}

func (m *Model) timeAt(slot int) float64 { return m.Samples[min(max(slot, 0), len(m.Samples)-1)].T }
