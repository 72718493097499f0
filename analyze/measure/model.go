// Package measure holds the quantities that causes are judged by, each computed once and in
// one place: occupancy against the limit, who holds connections (an Entity is a host under
// one name, an App the entities that belong together), how they grew over a Window of lists,
// when something began, whose part is how much. It sets no threshold on what it measures.
//
// A Model is made of one Timeline, which it reads; its slices are the Model's and are not
// changed by those who ask.
package measure

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Model is what the causes look at: the timeline with the quantities that follow from
// it, each computed once.
type Model struct {
	TL        *timeline.Timeline
	Samples   []timeline.Sample
	Lists     []int     // samples that hold a CLIENT LIST, or INFO where there are no lists
	ListTimes []float64 // their times
	Entities  []*Entity
	Apps      []*App // most connections at the peak first
	All       *App   // all entities
	Interval  float64

	Occupancy []float64 // occupancy per sample
	PeakSlot  int       // sample of the highest occupancy; -1 without any
	LimitPeak float64   // the limit at the peak, NaN unknown

	AtLimit      []int // samples at the limit
	FullProbes   int   // of them, known only by a refused probe
	LimitReached int   // first of a lasting stay at the limit; len(s) when never
	Refused      float64
	Accepted     float64
	Infos        int  // samples with an INFO
	Counts       bool // INFO counts the connections accepted, in half of its replies at least
	Commands     float64
	Span         float64 // seconds the counters cover
	Used         float64 // highest share of the limit in use, NaN unknown

	LimitSeen bool    // the limit is the height at which connections were refused; nobody told it, or what was told is contradicted
	LimitTold float64 // a limit that was told and cannot be; 0 without

	AppMetrics *appMetrics // --app; nil when not given

	// Of the server's own log: remarks, moments for the timeline, what there is of it, and the
	// steps to take where it settles nothing.
	LogNotes   []string
	LogDoubt   *finding.Doubt
	LogNext    []finding.Step
	LogLead    *logs.Candidate // the strongest, where the verdict rests on the log or on nothing
	LogEvents  []logs.Event
	fits       map[fitKey]*Grown
	pinged     *[2]map[*timeline.Series]float64 // see Pinged; made when first asked for
	InfoOnly   bool                             // no CLIENT LIST: one source stands for all clients
	addresses  int                              // that hold nearly all connections; 0 without CLIENT LIST
	OneAddress bool                             // all clients share one (NAT, a proxy): hosts cannot be told apart
}

func New(tl *timeline.Timeline) *Model {
	m := &Model{TL: tl, Samples: tl.Samples, PeakSlot: -1, LimitPeak: math.NaN(), Used: math.NaN()}
	heavy := heaviest(tl)
	m.Entities, m.Apps = buildEntities(tl, heavy)
	m.All = &App{Label: "all clients", Entities: m.Entities, apps: m.Apps}
	keepSums(append([]*App{m.All}, m.Apps...), len(tl.Samples))
	m.InfoOnly = tl.Lists == 0
	if !m.InfoOnly {
		m.addresses = len(heavy)
		m.OneAddress = m.addresses == 1
	}
	m.findLimit()
	m.Interval = max(tl.Interval().Seconds(), 0.001)
	for i := range m.Samples {
		if m.Samples[i].List > 0 {
			m.Lists = append(m.Lists, i)
			m.ListTimes = append(m.ListTimes, m.Samples[i].T)
		}
	}
	m.measureOccupancy()
	m.ledger()
	slot := m.PeakSlot
	if k := m.LastListBefore(slot); k >= 0 {
		slot = k
	}
	n := map[*App]int32{}
	for _, a := range m.Apps {
		if slot >= 0 {
			n[a] = a.At(slot).N
		}
	}
	slices.SortStableFunc(m.Apps, func(a, b *App) int {
		return cmp.Or(-cmp.Compare(n[a], n[b]), cmp.Compare(a.Label, b.Label))
	})
	return m
}

func (m *Model) measureOccupancy() {
	best := -1.0
	limit := math.NaN()
	m.Occupancy = make([]float64, len(m.Samples))
	for i := range m.Samples {
		s := &m.Samples[i]
		m.Occupancy[i] = s.Occupancy()
		if !math.IsNaN(s.Limit) {
			limit = s.Limit
		}
		if math.IsNaN(m.Occupancy[i]) && s.Full {
			m.Occupancy[i] = limit // refused for want of a slot: all of them were taken
			m.FullProbes++
		}
		if m.Occupancy[i] > best {
			best, m.PeakSlot, m.LimitPeak = m.Occupancy[i], i, limit
		}
		// Connections above the limit did not fill it: it was lowered below them.
		u := m.Occupancy[i] / limit
		lowered := u > 1+max(overPart, overSlots/limit)
		if s.AtLimit() && !(lowered && s.Refused == 0) {
			m.AtLimit = append(m.AtLimit, i)
		}
		if u > 0 && !lowered && !(u <= m.Used) {
			m.Used = u
		}
	}
	// A single sample at the limit may be a burst between two lists; a stay is two of
	// the next four samples, or one at the very end.
	m.LimitReached = len(m.Samples)
	for k, i := range m.AtLimit {
		if k+1 >= len(m.AtLimit) || m.AtLimit[k+1] <= i+stayWithin {
			m.LimitReached = i
			break
		}
	}
}

func (m *Model) ledger() {
	counted, infos := 0, 0
	for i := range m.Samples {
		s := &m.Samples[i]
		if s.HasInfo {
			m.Infos++
		}
		if s.HasInfo && s.Span > 0 {
			infos++
			if !math.IsNaN(s.Accepted) {
				counted++
			}
		}
		m.Refused += timeline.Known(s.Refused)
		m.Accepted += timeline.Known(s.Accepted)
		m.Commands += timeline.Known(s.Commands)
		m.Span += timeline.Known(s.Span)
	}
	m.Counts = 2*counted >= infos
}

// LastListBefore gives the last sample with a list at or before slot, -1 if none.
func (m *Model) LastListBefore(slot int) int {
	k, found := slices.BinarySearch(m.Lists, slot)
	if found {
		return m.Lists[k]
	}
	if k == 0 {
		return -1
	}
	return m.Lists[k-1]
}

// A Window is a run of lists: lists[lo:hi].
type Window struct{ Lo, Hi int }

// Growing gives the lists in which connections were free to grow: of the process that
// was recorded longest, up to the sample before the limit was first reached to stay (or
// the end). A window that holds the saturation would measure the limit, not the growth.
func (m *Model) Growing() Window {
	best := Window{}
	for _, w := range m.GrowingEach() {
		if w.Len() > best.Len() {
			best = w
		}
	}
	return best
}

// GrowingEach gives such a window for each process that was recorded, in order of time.
func (m *Model) GrowingEach() (all []Window) {
	start := 0
	for k := 0; k <= len(m.Lists); k++ {
		end := k == len(m.Lists)
		if !end && k > 0 && m.Samples[m.Lists[k]].Epoch != m.Samples[m.Lists[k-1]].Epoch || end {
			w := Window{start, k}
			for w.Hi > w.Lo && m.Samples[m.Lists[w.Lo]].Epoch == m.LimitEpoch() && m.Lists[w.Hi-1] > m.LimitReached {
				w.Hi--
			}
			all = append(all, w)
			start = k
		}
	}
	return all
}

func (m *Model) LimitEpoch() int {
	if m.LimitReached < len(m.Samples) {
		return m.Samples[m.LimitReached].Epoch
	}
	return -1
}

// LimitWasSet tells whether the process of a sample had another limit before, as far as it was recorded.
func (m *Model) LimitWasSet(slot int) bool {
	limit := m.LimitAt(slot)
	for i := slot - 1; i >= 0 && m.Samples[i].Epoch == m.Samples[slot].Epoch; i-- {
		if l := m.Samples[i].Limit; !math.IsNaN(l) && l != limit {
			return true
		}
	}
	return false
}

func (w Window) Len() int { return w.Hi - w.Lo }

// Values gives a quantity of cells over a window of lists.
func (m *Model) Values(w Window, at func(slot int) float64) []float64 {
	out := make([]float64, 0, w.Len())
	for _, i := range m.Lists[w.Lo:w.Hi] {
		out = append(out, at(i))
	}
	return out
}

// Connections gives how many there are at each list of a window; at gives the cells.
func (m *Model) Connections(w Window, at func(slot int) timeline.Cell) []float64 {
	return m.Values(w, func(i int) float64 { return float64(at(i).N) })
}

// Levels gives the times and the occupancy of the samples from lo to hi that tell it: INFO may
// come oftener than lists.
func (m *Model) Levels(lo, hi int) (t, v []float64) {
	for i := lo; i <= hi; i++ {
		if !math.IsNaN(m.Occupancy[i]) {
			t, v = append(t, m.Samples[i].T), append(v, m.Occupancy[i])
		}
	}
	return t, v
}

// Ends gives the median of the first and of the last samples of a course; NaN where it has
// none.
func Ends(v []float64) (first, last float64) {
	k := endsLen(len(v))
	return stat.Median(v[:k]), stat.Median(v[len(v)-k:])
}

// endsLen is how many samples an end of a course of n has: three, or a twentieth where it is
// long.
func endsLen(n int) int { return min(max(3, n/20), n) }

// Rate gives a counter's deltas per second.
func (m *Model) Rate(get func(*timeline.Sample) float64) []float64 {
	out := make([]float64, len(m.Samples))
	for i := range m.Samples {
		out[i] = get(&m.Samples[i]) / m.Samples[i].Span
		if m.Samples[i].Span <= 0 {
			out[i] = math.NaN()
		}
	}
	return out
}

// Holds tells whether the recording holds a counter at all: what is not counted is not none.
func (m *Model) Holds(get func(*timeline.Sample) float64) bool {
	for i := range m.Samples { // a sample is large: none is copied
		if !math.IsNaN(get(&m.Samples[i])) {
			return true
		}
	}
	return false
}

// Sum adds up a delta over samples lo ≤ i < hi.
func (m *Model) Sum(lo, hi int, get func(*timeline.Sample) float64) float64 {
	total := 0.0
	for i := max(lo, 0); i < min(hi, len(m.Samples)); i++ {
		total += timeline.Known(get(&m.Samples[i]))
	}
	return total
}

// ListWord names what the lists are.
func (m *Model) ListWord() string {
	if m.InfoOnly {
		return "INFO sample"
	}
	return "client list"
}

// Above gives the slots in use beyond the level before a sample.
func (m *Model) Above(onset int) func(slot int) float64 {
	before := stat.Median(m.Occupancy[max(onset-10, 0):max(onset, 1)])
	return func(slot int) float64 {
		if slot < onset {
			return 0
		}
		return timeline.Known(m.Occupancy[slot] - before)
	}
}

// LimitAt gives the limit that was in force at a sample: the last that was told by then, or
// else the first that was told later; NaN where none was.
func (m *Model) LimitAt(slot int) float64 {
	for i := min(slot, len(m.Samples)-1); i >= 0; i-- {
		if !math.IsNaN(m.Samples[i].Limit) {
			return m.Samples[i].Limit
		}
	}
	for i := max(slot, 0); i < len(m.Samples); i++ {
		if !math.IsNaN(m.Samples[i].Limit) {
			return m.Samples[i].Limit
		}
	}
	return math.NaN()
}

// TimeOf gives a sample's time for a report.
func (m *Model) TimeOf(slot int) time.Time {
	if slot < 0 || slot >= len(m.Samples) {
		return time.Time{}
	}
	return finding.UnixTime(m.Samples[slot].T)
}

// Place gives where a sample was read: its list if list is asked for and there is one.
func (m *Model) Place(slot int, list bool) string {
	if slot < 0 || slot >= len(m.Samples) {
		return ""
	}
	s := &m.Samples[slot]
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

func RefusedOf(s *timeline.Sample) float64 { return s.Refused }

func AcceptedOf(s *timeline.Sample) float64 { return s.Accepted }

func CommandsOf(s *timeline.Sample) float64 { return s.Commands }

// OddIdleShare gives the share of all idle times in the lists that cannot be.
func (m *Model) OddIdleShare() float64 {
	return float64(m.TL.OddIdle) / max(float64(m.TL.IdleSeen), 1)
}

// Lasting gives the seconds that the recording covers; times that run backwards add none.
func (m *Model) Lasting() float64 {
	sum := 0.0
	for i := 1; i < len(m.Samples); i++ {
		sum += max(m.Samples[i].T-m.Samples[i-1].T, 0)
	}
	return sum
}

// Trimmed gives the values without the highest tenth.
func Trimmed(v []float64) []float64 {
	s := slices.Sorted(slices.Values(v))
	return s[:max(len(s)*9/10, min(len(s), 1))]
}

// Atof reads a number; NaN where there is none.
func Atof(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// ListEvery gives the distance of two lists in seconds.
func (m *Model) ListEvery() float64 {
	if len(m.ListTimes) < 2 {
		return m.Interval
	}
	return max((m.ListTimes[len(m.ListTimes)-1]-m.ListTimes[0])/float64(len(m.ListTimes)-1), 0.001)
}

// ListRange gives where the first and the last list stand.
func (m *Model) ListRange() []string {
	if len(m.Lists) == 0 {
		return nil
	}
	return []string{m.Place(m.Lists[0], true), m.Place(m.Lists[len(m.Lists)-1], true)}
}

// SlotOf gives the list (index into lists) of a picture.
func (m *Model) SlotOf(k *timeline.Peak) int {
	i, _ := slices.BinarySearch(m.Lists, k.Slot)
	return min(i, len(m.Lists)-1)
}
