package analyze

import (
	"math"
	"slices"
	"strings"

	"connbox/parse"
)

// A sourceKey is what connections are grouped by while reading. A pool names a connection
// at its first use, so the unnamed ones of a host join its named ones in apps.go.
type sourceKey struct{ host, name, user, lib string }

// A cell is the state of one source at one sample.
type cell struct {
	n, active      int32 // connections; those used since the list before
	stale          int32 // unused for at least staleAfter
	births, deaths int32
	blocked        int32
	pubsub         int32
	internal       int32 // replicas, primaries, Sentinels
	list           int32 // number of the list that the gauges are of
	omem           int64 // bytes
}

// staleAfter is the idle time after which a connection counts as not in use: longer than
// the sampling intervals people use, shorter than pools' usual idle time-outs (300 s and
// up). It describes; no cause rests on it alone.
const staleAfter = 120

// A series is one source over time: cells from sample start on; cells past the end are
// zero.
type series struct {
	key    sourceKey
	start  int // sample of cells[0]
	cells  []cell
	dead   int     // connections gone
	lived  float64 // seconds they had lived in all
	unused int     // of the dead: never used after their birth
	idle   [24]int // idle times at death, log2 seconds
}

type sourceTable struct {
	index map[sourceKey]int
	all   []*series
	hosts map[string]string // address -> host, to make each string once
}

// others gathers what comes after maxSources sources.
var others = sourceKey{host: "(others)"}

// of finds or makes the source of a row.
func (st *sourceTable) of(tl *Timeline, row *parse.Client) int {
	k := sourceKey{host: st.host(row.Addr), name: row.Name, user: row.User, lib: row.LibName}
	if i, ok := st.index[k]; ok {
		return i
	}
	if len(st.all) >= maxSources {
		k = others
		if i, ok := st.index[k]; ok {
			return i
		}
	}
	st.index[k] = len(st.all)
	st.all = append(st.all, &series{key: k, start: len(tl.Samples) - 1})
	tl.Sources = st.all
	return len(st.all) - 1
}

func (st *sourceTable) host(addr string) string {
	if h, ok := st.hosts[addr]; ok {
		return h
	}
	if st.hosts == nil || len(st.hosts) > 1<<16 {
		st.hosts = map[string]string{}
	}
	h := strings.Clone(parse.HostOf(addr))
	st.hosts[addr] = h
	return h
}

func (st *sourceTable) cell(src, slot int) *cell {
	s := st.all[src]
	for len(s.cells) <= slot-s.start {
		s.cells = append(s.cells, cell{})
	}
	return &s.cells[slot-s.start]
}

// begin forgets the gauges of an earlier list that was folded into the same sample.
func (c *cell) begin(list int) {
	if c.list != int32(list) {
		*c = cell{births: c.births, deaths: c.deaths, list: int32(list)}
	}
}

func (c *cell) add(row *parse.Client, props parse.Properties, born, used bool) {
	c.n++
	if used {
		c.active++
	}
	if row.Idle >= staleAfter {
		c.stale++
	}
	if born {
		c.births++
	}
	if props.Has(parse.PropBlocked) {
		c.blocked++
	}
	if props.Has(parse.PropPubSub) {
		c.pubsub++
	}
	if props.Has(internalProps) {
		c.internal++
	}
	c.omem += row.OMem
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

func (s *series) died(c *conn) {
	s.dead++
	s.lived += c.age
	if !c.used {
		s.unused++
	}
	idle := max(c.lastUseAgo(), 0)
	s.idle[min(int(math.Log2(idle+1)), len(s.idle)-1)]++
}

// lastUseAgo is the idle time when last seen, in seconds.
func (c *conn) lastUseAgo() float64 { return c.birth + c.age - c.lastUse }

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

// A picture is the state of every source at one list, for the table of holders.
type picture struct {
	slot int
	src  []int32
	idle []float64
	cmd  []string
}

func (p *picture) reset(slot int) {
	p.slot, p.src, p.idle, p.cmd = slot, p.src[:0], p.idle[:0], p.cmd[:0]
}

func (p *picture) add(src int, row *parse.Client) {
	p.src = append(p.src, int32(src))
	p.idle = append(p.idle, float64(row.Idle))
	p.cmd = append(p.cmd, row.Cmd)
}

// A peak is the picture of the list with the most rows.
type peak struct {
	slot int
	rows int
	src  []int32   // of each row
	idle []float64 // seconds, of each row
	cmd  []string  // last command, of each row
}

func (p *picture) peak() peak {
	return peak{slot: p.slot, rows: len(p.src), src: slices.Clone(p.src), idle: slices.Clone(p.idle), cmd: slices.Clone(p.cmd)}
}
