package analyze

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// A sourceKey is what connections are grouped by while reading. A pool names a connection
// at its first use, so the unnamed ones of a host join its named ones in apps.go.
type sourceKey struct{ host, name, user, lib string }

// A cell is the state of one source at one sample.
type cell struct {
	n, active      int32 // connections; those used since the list before
	resting        int32 // unused for at least restAfter
	stale          int32 // unused for at least staleAfter
	births, deaths int32
	blocked        int32
	pubsub         int32
	internal       int32 // replicas, primaries, Sentinels
	busy           int32 // used within the last second or two
	list           int32 // number of the list that the gauges are of
	omem           int64 // bytes
}

// staleAfter is the idle time after which a connection counts as not in use: longer than
// the sampling intervals people use, shorter than pools' usual idle time-outs (300 s and
// up). It describes; no cause rests on it alone.
const staleAfter = 120

// restAfter is the idle time, in seconds, after which a connection rests: no request holds
// one for that long between two commands.
const restAfter = 10

// A series is one source over time: cells from sample start on; cells past the end are
// zero.
type series struct {
	key    sourceKey
	start  int // sample of cells[0]
	cells  []cell
	mass   int                            // connection-samples: its weight among a host's names
	most   int                            // highest number of connections
	subs   int                            // connection-samples that subscribe
	dead   int                            // connections gone
	lived  float64                        // seconds they had lived in all
	idle   [idleOctaves * perOctave]int32 // idle times at death, in quarters of an octave of seconds
	spells spellCounts
}

// weigh sets mass, most and subs, once the cells are final.
func (s *series) weigh() {
	s.mass, s.most, s.subs = 0, 0, 0
	for i := range s.cells {
		n := int(s.cells[i].n)
		s.mass, s.most, s.subs = s.mass+n, max(s.most, n), s.subs+int(s.cells[i].pubsub)
	}
}

// fits tells whether a row of a connection of this source still belongs to it.
func (k *sourceKey) fits(r *connRow) bool {
	return k.name == r.name && k.user == r.user && k.lib == r.lib
}

type sourceTable struct {
	index map[sourceKey]int
	all   []*series
}

// others gathers what comes after maxSources sources.
var others = sourceKey{host: "(others)"}

// overflows tells whether an app is that gathering, which is of many hosts and no pool.
func (a *app) overflows() bool {
	return slices.ContainsFunc(a.ents, func(e *entity) bool { return e.host == others.host })
}

// of finds or makes a source. A reader's strings may be parts of longer ones: those kept
// are cloned.
func (st *sourceTable) of(tl *Timeline, k sourceKey) int {
	if i, ok := st.index[k]; ok {
		return i
	}
	if len(st.all) >= maxSources {
		k = others
		if i, ok := st.index[k]; ok {
			return i
		}
	}
	k = sourceKey{strings.Clone(k.host), strings.Clone(k.name), strings.Clone(k.user), strings.Clone(k.lib)}
	st.index[k] = len(st.all)
	st.all = append(st.all, &series{key: k, start: len(tl.Samples) - 1})
	tl.Sources = st.all
	return len(st.all) - 1
}

func (st *sourceTable) cell(src, slot int) *cell {
	s := st.all[src]
	for len(s.cells) <= slot-s.start {
		s.cells = append(s.cells, cell{})
	}
	return &s.cells[slot-s.start]
}

// enter writes what a list says of a source into its sample. Gauges of an earlier list
// that was folded into the same sample are forgotten; births and deaths add up.
func (st *sourceTable) enter(src, slot, list int, k *cell) {
	if k.n == 0 && k.deaths == 0 {
		return
	}
	c := st.cell(src, slot)
	births, deaths := c.births+k.births, c.deaths+k.deaths
	if k.n > 0 {
		*c = *k
		c.list = int32(list)
	}
	c.births, c.deaths = births, deaths
}

// addKinds counts a connection in the gauges that few connections are in.
func (c *cell) addKinds(is uint8) {
	if is&isBlocked != 0 {
		c.blocked++
	}
	if is&isPubSub != 0 {
		c.pubsub++
	}
	if is&isInternal != 0 {
		c.internal++
	}
}

// at gives the source's state at sample i of the timeline: no connections where the list
// of that sample had none of this source.
func (s *series) at(tl *Timeline, i int) cell {
	k := i - s.start
	if k < 0 || k >= len(s.cells) {
		return cell{}
	}
	c := s.cells[k]
	if int(c.list) != tl.Samples[i].list {
		return cell{births: c.births, deaths: c.deaths}
	}
	return c
}

// died counts a connection that is gone, with its age and idle time when last seen.
func (s *series) died(age, idle int64, known bool) {
	s.dead++
	s.lived += float64(max(age, 0))
	if known {
		s.idle[deathBin(idle)]++
	}
}

// Idle times at death are counted up to half a year, in steps of a fifth.
const idleOctaves, perOctave = 24, 4

// deathBin gives the bin of an idle time in seconds: perOctave to each doubling of it and one.
func deathBin(idle int64) int {
	v := uint64(idle) + 1
	e := bits.Len64(v) - 1
	if e >= idleOctaves {
		return idleOctaves*perOctave - 1
	}
	return e*perOctave + int(v<<2>>e&3)
}

// binEdge gives the least idle time of a bin, in seconds.
func binEdge(b int) float64 {
	return math.Exp2(float64(b/perOctave))*(1+float64(b%perOctave)/perOctave) - 1
}

// halve follows Timeline.Samples when neighbours are folded together: the gauges
// are those of the later list, births and deaths add up.
func (s *series) halve() {
	if s.start%2 == 1 {
		s.cells = slices.Insert(s.cells, 0, cell{})
		s.start--
	}
	for i := 0; i < len(s.cells); i += 2 {
		a := s.cells[i]
		if i+1 < len(s.cells) {
			b := s.cells[i+1]
			born, died := a.births+b.births, a.deaths+b.deaths
			if b.list > a.list {
				a = b
			}
			a.births, a.deaths = born, died
		}
		s.cells[i/2] = a
	}
	s.cells = s.cells[:(len(s.cells)+1)/2]
	s.start /= 2
}

// A peak is the state of every connection at one list: the one with the most of them, for the
// table of holders, or the last. Its order is that of source, idle time, age and command, once
// reading has ended.
type peak struct {
	slot int
	rows int
	src  []int32   // of each connection
	idle []float64 // seconds, same; NaN where it cannot be
	age  []float64 // seconds, same
	cmd  []string  // last command, same
	is   []uint8   // bits of connNow, same
}

// take makes p the picture of the list just counted.
func (p *peak) take(slot, n int, t *connTable) {
	p.slot, p.rows = slot, n
	p.src, p.idle, p.age, p.cmd, p.is = p.src[:0], p.idle[:0], p.age[:0], p.cmd[:0], p.is[:0]
	for i := range t.now {
		if now := &t.now[i]; now.src >= 0 {
			age, idle, known := t.times(now)
			p.src, p.idle = append(p.src, now.src), append(p.idle, float64(idle))
			if !known {
				p.idle[len(p.idle)-1] = math.NaN()
			}
			p.age, p.cmd = append(p.age, float64(age)), append(p.cmd, t.more[i].cmd)
			p.is = append(p.is, now.is&timeoutSpares)
		}
	}
}

// Len, Less and Swap implement sort.Interface.
func (p *peak) Len() int { return len(p.src) }

func (p *peak) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(p.src[i], p.src[j]), cmp.Compare(p.idle[i], p.idle[j]), cmp.Compare(p.age[i], p.age[j]),
		strings.Compare(p.cmd[i], p.cmd[j]), cmp.Compare(p.is[i], p.is[j])) < 0
}

func (p *peak) Swap(i, j int) {
	p.src[i], p.src[j] = p.src[j], p.src[i]
	p.idle[i], p.idle[j] = p.idle[j], p.idle[i]
	p.age[i], p.age[j] = p.age[j], p.age[i]
	p.cmd[i], p.cmd[j] = p.cmd[j], p.cmd[i]
	p.is[i], p.is[j] = p.is[j], p.is[i]
}
