package analyze

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/analyze/stat"
)

// A model is what the causes look at: the timeline with the quantities that follow from
// it, each computed once.
type model struct {
	tl    *Timeline
	s     []Sample
	lists []int     // samples that hold a CLIENT LIST, or INFO where there are no lists
	t     []float64 // their times
	ents  []*entity
	apps  []*app // most connections at the peak first
	all   *app   // all entities
	dt    float64
	cells []cell // scratch of grow

	occ       []float64 // occupancy per sample
	peakSlot  int       // sample of the highest occupancy; -1 without any
	limitPeak float64   // the limit at the peak, NaN unknown

	sat        []int // samples at the limit
	fullProbes int   // of them, known only by a refused probe
	satFirst   int   // first of a lasting stay at the limit; len(s) when never
	refused    float64
	accepted   float64
	counts     bool // INFO counts the connections accepted, in half of its replies at least
	commands   float64
	span       float64 // seconds the counters cover
	used       float64 // highest share of the limit in use, NaN unknown

	limitSeen bool    // the limit is the height at which connections were refused; nobody told it, or what was told is contradicted
	limitTold float64 // a limit that was told and cannot be; 0 without

	appMetrics *appMetrics // --app; nil when not given

	// Of the server's own log: remarks, moments for the timeline, what there is of it, and the
	// steps to take where it settles nothing.
	logNotes   []string
	logDoubt   *Doubt
	logNext    []Step
	logLead    *logs.Candidate // the strongest, where the verdict rests on the log or on nothing
	logEvents  []logs.Event
	infoOnly   bool // no CLIENT LIST: one source stands for all clients
	addresses  int  // that hold nearly all connections; 0 without CLIENT LIST
	oneAddress bool // all clients share one (NAT, a proxy): hosts cannot be told apart
}

func newModel(tl *Timeline) *model {
	m := &model{tl: tl, s: tl.Samples, peakSlot: -1, limitPeak: math.NaN(), used: math.NaN()}
	heavy := heaviest(tl)
	m.ents, m.apps = buildEntities(tl, heavy)
	m.all = &app{label: "all clients", ents: m.ents}
	keepSums(append([]*app{m.all}, m.apps...), len(tl.Samples))
	m.infoOnly = tl.Lists == 0
	if !m.infoOnly {
		m.addresses = len(heavy)
		m.oneAddress = m.addresses == 1
	}
	m.findLimit()
	m.dt = max(tl.Interval().Seconds(), 0.001)
	for i := range m.s {
		if m.s[i].list > 0 {
			m.lists = append(m.lists, i)
			m.t = append(m.t, m.s[i].T)
		}
	}
	m.occupancy()
	m.ledger()
	slot := m.peakSlot
	if k := m.lastListBefore(slot); k >= 0 {
		slot = k
	}
	n := map[*app]int32{}
	for _, a := range m.apps {
		if slot >= 0 {
			n[a] = a.at(tl, slot).n
		}
	}
	slices.SortStableFunc(m.apps, func(a, b *app) int {
		return cmp.Or(-cmp.Compare(n[a], n[b]), cmp.Compare(a.label, b.label))
	})
	return m
}

func (m *model) occupancy() {
	best := -1.0
	limit := math.NaN()
	m.occ = make([]float64, len(m.s))
	for i := range m.s {
		s := &m.s[i]
		m.occ[i] = s.Occupancy()
		if !math.IsNaN(s.Limit) {
			limit = s.Limit
		}
		if math.IsNaN(m.occ[i]) && s.Full {
			m.occ[i] = limit // refused for want of a slot: all of them were taken
			m.fullProbes++
		}
		if m.occ[i] > best {
			best, m.peakSlot, m.limitPeak = m.occ[i], i, limit
		}
		// Connections above the limit did not fill it: it was lowered below them.
		u := m.occ[i] / limit
		lowered := u > 1+max(0.02, 2/limit)
		if s.AtLimit() && !(lowered && s.Refused == 0) {
			m.sat = append(m.sat, i)
		}
		if u > 0 && !lowered && !(u <= m.used) {
			m.used = u
		}
	}
	// A single sample at the limit may be a burst between two lists; a stay is two of
	// the next four samples, or one at the very end.
	m.satFirst = len(m.s)
	for k, i := range m.sat {
		if k+1 >= len(m.sat) || m.sat[k+1] <= i+4 {
			m.satFirst = i
			break
		}
	}
}

func (m *model) ledger() {
	add := func(d *float64, v float64) {
		if !math.IsNaN(v) {
			*d += v
		}
	}
	counted, infos := 0, 0
	for i := range m.s {
		s := &m.s[i]
		if s.HasInfo && s.Span > 0 {
			infos++
			if !math.IsNaN(s.Accepted) {
				counted++
			}
		}
		add(&m.refused, s.Refused)
		add(&m.accepted, s.Accepted)
		add(&m.commands, s.Commands)
		add(&m.span, s.Span)
	}
	m.counts = 2*counted >= infos
}

// lastListBefore gives the last sample with a list at or before slot, -1 if none.
func (m *model) lastListBefore(slot int) int {
	k, found := slices.BinarySearch(m.lists, slot)
	if found {
		return m.lists[k]
	}
	if k == 0 {
		return -1
	}
	return m.lists[k-1]
}

// A window is a run of lists: lists[lo:hi].
type window struct{ lo, hi int }

// growing gives the lists in which connections were free to grow: of the process that
// was recorded longest, up to the sample before the limit was first reached to stay (or
// the end). A window that holds the saturation would measure the limit, not the growth.
func (m *model) growing() window {
	best, start := window{}, 0
	for k := 0; k <= len(m.lists); k++ {
		end := k == len(m.lists)
		if !end && k > 0 && m.s[m.lists[k]].Epoch != m.s[m.lists[k-1]].Epoch || end {
			w := window{start, k}
			for w.hi > w.lo && m.s[m.lists[w.lo]].Epoch == m.satEpoch() && m.lists[w.hi-1] > m.satFirst {
				w.hi--
			}
			if w.hi-w.lo > best.hi-best.lo {
				best = w
			}
			start = k
		}
	}
	return best
}

func (m *model) satEpoch() int {
	if m.satFirst < len(m.s) {
		return m.s[m.satFirst].Epoch
	}
	return -1
}

func (w window) len() int { return w.hi - w.lo }

// course gives a quantity of cells over a window of lists.
func (m *model) course(w window, at func(slot int) float64) []float64 {
	out := make([]float64, 0, w.len())
	for _, i := range m.lists[w.lo:w.hi] {
		out = append(out, at(i))
	}
	return out
}

// levels gives the times and the occupancy of the samples from lo to hi that tell it: INFO may
// come oftener than lists.
func (m *model) levels(lo, hi int) (t, v []float64) {
	for i := lo; i <= hi; i++ {
		if !math.IsNaN(m.occ[i]) {
			t, v = append(t, m.s[i].T), append(v, m.occ[i])
		}
	}
	return t, v
}

// ends gives the median of the first and of the last samples of a course; NaN where it has
// none.
func ends(v []float64) (first, last float64) {
	k := endsLen(len(v))
	return stat.Median(v[:k]), stat.Median(v[len(v)-k:])
}

// endsLen is how many samples an end of a course of n has: three, or a twentieth where it is
// long.
func endsLen(n int) int { return min(max(3, n/20), n) }

// rate gives a counter's deltas per second.
func (m *model) rate(get func(*Sample) float64) []float64 {
	out := make([]float64, len(m.s))
	for i := range m.s {
		out[i] = get(&m.s[i]) / m.s[i].Span
		if m.s[i].Span <= 0 {
			out[i] = math.NaN()
		}
	}
	return out
}

// holds tells whether the recording holds a counter at all: what is not counted is not none.
func (m *model) holds(get func(*Sample) float64) bool {
	return slices.ContainsFunc(m.s, func(s Sample) bool { return !math.IsNaN(get(&s)) })
}

// sum adds up a delta over samples lo ≤ i < hi.
func (m *model) sum(lo, hi int, get func(*Sample) float64) float64 {
	total := 0.0
	for i := max(lo, 0); i < min(hi, len(m.s)); i++ {
		if v := get(&m.s[i]); !math.IsNaN(v) {
			total += v
		}
	}
	return total
}

// listWord names what the lists are.
func (m *model) listWord() string {
	if m.infoOnly {
		return "INFO sample"
	}
	return "client list"
}

// above gives the slots in use beyond the level before a sample.
func (m *model) above(onset int) func(slot int) float64 {
	before := stat.Median(m.occ[max(onset-10, 0):max(onset, 1)])
	return func(slot int) float64 {
		if slot < onset {
			return 0
		}
		return known(m.occ[slot] - before)
	}
}

// timeOf gives a sample's time for a report.
func (m *model) timeOf(slot int) time.Time {
	if slot < 0 || slot >= len(m.s) {
		return time.Time{}
	}
	return unixTime(m.s[slot].T)
}

// pos gives where a sample was read: its list if list is asked for and there is one.
func (m *model) pos(slot int, list bool) string {
	if slot < 0 || slot >= len(m.s) {
		return ""
	}
	s := &m.s[slot]
	switch {
	case list && s.HasList:
		return s.ListPos.String()
	case s.HasInfo:
		return s.InfoPos.String()
	case s.HasList:
		return s.ListPos.String()
	}
	return s.FailPos.String()
}

func refusedOf(s *Sample) float64  { return s.Refused }
func acceptedOf(s *Sample) float64 { return s.Accepted }
func commandsOf(s *Sample) float64 { return s.Commands }
