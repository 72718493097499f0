package timeline

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
)

func (c *Cell) Sum(d Cell) {
	c.N += d.N
	c.Active += d.Active
	c.Resting += d.Resting
	c.Stale += d.Stale
	c.Births += d.Births
	c.Deaths += d.Deaths
	c.Blocked += d.Blocked
	c.PubSub += d.PubSub
	c.Internal += d.Internal
	c.Busy += d.Busy
	c.OutMem += d.OutMem
	c.Query += d.Query
	c.Filled += d.Filled
	c.Emptied += d.Emptied
}

// A sourceKey is what connections are grouped by while reading. A pool names a connection
// at its first use, so the unnamed ones of a host join its named ones in apps.go.
type sourceKey struct{ Host, Name, User, Lib string }

// A Cell is the state of one source at one sample.
type Cell struct {
	N, Active      int32 // connections; those used since the list before
	Resting        int32 // unused for at least restAfter
	Stale          int32 // unused for at least staleAfter
	Births, Deaths int32
	Blocked        int32
	PubSub         int32
	Internal       int32 // replicas, primaries, Sentinels
	Busy           int32 // used within the last second or two
	list           int32 // number of the list that the gauges are of
	OutMem         int64 // bytes
	Query          int64 // bytes in large query buffers
	Filled         int32 // connections whose large query buffer holds at least what it held in the list before
	Emptied        int32 // those whose large one holds less
}

// StaleAfter is the idle time after which a connection counts as not in use: longer than
// the sampling intervals people use, shorter than pools' usual idle time-outs (300 s and
// up). It describes; no cause rests on it alone.
const StaleAfter = 120

// restAfter is the idle time, in seconds, after which a connection rests: no request holds
// one for that long between two commands.
const restAfter = 10

// A Series is one source over time: cells from sample start on; cells past the end are
// zero.
type Series struct {
	Key    sourceKey
	Start  int // sample of cells[0]
	Cells  []Cell
	Mass   int // connection-samples: its weight among a host's names
	Most   int // highest number of connections
	Subs   int // connection-samples that subscribe
	Born   int // connections opened, and gone, in all of the cells
	Gone   int
	Dead   int                            // connections gone
	Lived  float64                        // seconds they had lived in all
	Idle   [IdleOctaves * PerOctave]int32 // idle times at death, in quarters of an octave of seconds
	Spells SpellCounts
}

// settle sets the sums, once all is read, and forgets the gauges of cells that are of another list than their
// sample: the list of that had none of this source.
func (s *Series) settle(samples []Sample) {
	for i := range s.Cells {
		c := &s.Cells[i]
		s.Mass, s.Most, s.Subs = s.Mass+int(c.N), max(s.Most, int(c.N)), s.Subs+int(c.PubSub)
		s.Born, s.Gone = s.Born+int(c.Births), s.Gone+int(c.Deaths)
		if c.N > 0 && int(c.list) != samples[s.Start+i].List {
			*c = Cell{Births: c.Births, Deaths: c.Deaths}
		}
	}
}

// fits tells whether a row of a connection of this source still belongs to it.
func (k *sourceKey) fits(name, user, lib string) bool {
	return k.Name == name && k.User == user && k.Lib == lib
}

type sourceTable struct {
	index map[sourceKey]int
	all   []*Series
}

// Others gathers what comes after maxSources sources.
var Others = sourceKey{Host: "(others)"}

// of finds or makes a source. A reader's strings may be parts of longer ones: those kept
// are cloned.
func (st *sourceTable) of(tl *Timeline, k sourceKey) int {
	if i, ok := st.index[k]; ok {
		return i
	}
	if len(st.all) >= MaxSources {
		k = Others
		if i, ok := st.index[k]; ok {
			return i
		}
	}
	k = sourceKey{strings.Clone(k.Host), strings.Clone(k.Name), strings.Clone(k.User), strings.Clone(k.Lib)}
	st.index[k] = len(st.all)
	st.all = append(st.all, &Series{Key: k, Start: len(tl.Samples) - 1})
	tl.Sources = st.all
	return len(st.all) - 1
}

func (st *sourceTable) cell(src, slot int) *Cell {
	s := st.all[src]
	for len(s.Cells) <= slot-s.Start {
		s.Cells = append(s.Cells, Cell{})
	}
	return &s.Cells[slot-s.Start]
}

// enter writes what a list says of a source into its sample. Gauges of an earlier list
// that was folded into the same sample are forgotten; births and deaths add up.
func (st *sourceTable) enter(src, slot, list int, k *Cell) {
	if k.N == 0 && k.Deaths == 0 {
		return
	}
	c := st.cell(src, slot)
	births, deaths := c.Births+k.Births, c.Deaths+k.Deaths
	if k.N > 0 {
		*c = *k
		c.list = int32(list)
	}
	c.Births, c.Deaths = births, deaths
}

// addKinds counts a connection in the gauges that few connections are in.
func (c *Cell) addKinds(is uint8) {
	if is&isBlocked != 0 {
		c.Blocked++
	}
	if is&isPubSub != 0 {
		c.PubSub++
	}
	if is&isInternal != 0 {
		c.Internal++
	}
}

// At gives the source's state at sample i of the timeline: no connections where the list
// of that sample had none of this source.
func (s *Series) At(i int) (c Cell) {
	if k := i - s.Start; k >= 0 && k < len(s.Cells) {
		c = s.Cells[k]
	}
	return c
}

// died counts a connection that is gone, with its age and idle time when last seen.
func (s *Series) died(age, idle int64, known bool) {
	s.Dead++
	s.Lived += float64(max(age, 0))
	if known {
		s.Idle[deathBin(idle)]++
	}
}

// Idle times at death are counted up to half a year, in steps of a fifth.
const IdleOctaves, PerOctave = 24, 4

// deathBin gives the bin of an idle time in seconds: perOctave to each doubling of it and one.
func deathBin(idle int64) int {
	v := uint64(idle) + 1
	e := bits.Len64(v) - 1
	if e >= IdleOctaves {
		return IdleOctaves*PerOctave - 1
	}
	return e*PerOctave + int(v<<2>>e&3)
}

// BinEdge gives the least idle time of a bin, in seconds.
func BinEdge(b int) float64 {
	return math.Exp2(float64(b/PerOctave))*(1+float64(b%PerOctave)/PerOctave) - 1
}

// halve follows Timeline.Samples when neighbours are folded together: the gauges
// are those of the later list, births and deaths add up.
func (s *Series) halve() {
	if s.Start%2 == 1 {
		s.Cells = slices.Insert(s.Cells, 0, Cell{})
		s.Start--
	}
	for i := 0; i < len(s.Cells); i += 2 {
		a := s.Cells[i]
		if i+1 < len(s.Cells) {
			b := s.Cells[i+1]
			born, died := a.Births+b.Births, a.Deaths+b.Deaths
			if b.list > a.list {
				a = b
			}
			a.Births, a.Deaths = born, died
		}
		s.Cells[i/2] = a
	}
	s.Cells = s.Cells[:(len(s.Cells)+1)/2]
	s.Start /= 2
}

// A Peak is the state of every connection at one list: the one with the most of them, for the
// table of holders, or the last. Its order is that of source, idle time, age and command, once
// reading has ended.
type Peak struct {
	Slot int
	rows int
	Src  []int32   // of each connection
	Idle []float64 // seconds, same; NaN where it cannot be
	Age  []float64 // seconds, same
	Cmd  []string  // last command, same
	Is   []uint8   // bits of connNow, same
}

// Len, Less and Swap implement sort.Interface.
func (p *Peak) Len() int { return len(p.Src) }

func (p *Peak) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(p.Src[i], p.Src[j]), cmp.Compare(p.Idle[i], p.Idle[j]), cmp.Compare(p.Age[i], p.Age[j]),
		strings.Compare(p.Cmd[i], p.Cmd[j]), cmp.Compare(p.Is[i], p.Is[j])) < 0
}

func (p *Peak) Swap(i, j int) {
	p.Src[i], p.Src[j] = p.Src[j], p.Src[i]
	p.Idle[i], p.Idle[j] = p.Idle[j], p.Idle[i]
	p.Age[i], p.Age[j] = p.Age[j], p.Age[i]
	p.Cmd[i], p.Cmd[j] = p.Cmd[j], p.Cmd[i]
	p.Is[i], p.Is[j] = p.Is[j], p.Is[i]
}

// Resting counts the connections of a picture that have rested for a bin's time and that
// `timeout` does not spare; of some sources, or of all if of is nil.
func (p *Peak) Resting(bin int, of func(src int32) bool) float64 {
	n := 0.0
	for i := range p.Src {
		if p.Is[i] == 0 && p.Idle[i] >= float64(SpellEdges[bin]) && (of == nil || of(p.Src[i])) {
			n++
		}
	}
	return n
}

// SpellEdges are the idle times, in seconds, at which spells are told apart: the timeouts
// people set. A spell counts in the last bin whose edge one of the lists saw it reach.
var SpellEdges = [...]int64{0, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400}

const SpellBins = len(SpellEdges)

// SpellCounts tells how the idle spells of a source went, by the longest idle time seen.
// Connections that `timeout` spares (blocked, subscribed, of the deployment itself) have none.
type SpellCounts struct {
	entered [SpellBins]int32 // idle time when first seen; from there on the spell is watched
	used    [SpellBins]int32 // ended in a use
	closed  [SpellBins]int32 // ended with the connection
	still   [SpellBins]int32 // not ended yet when the server or the recording did
}
