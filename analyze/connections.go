package analyze

import (
	"math"
	"slices"
	"strings"
	"time"

	"connbox/analyze/stat"
	"connbox/parse"
)

// A conn is one live connection, followed from list to list by its id.
type conn struct {
	src     int     // index into Timeline.Sources
	seen    int     // list it was last seen in
	birth   float64 // unix s: time of the list − age, at first sight
	lastUse float64 // unix s: time of the list − idle
	used    bool    // was used after its birth while we looked
	omem    int64   // bytes waiting when last seen
	omemMax int64
	pubsub  bool
	replica bool
	age     float64
	addr    string
}

type connTable struct {
	live  map[int64]*conn
	lastT float64   // time of the list before
	lists int       // lists seen
	free  []*conn   // of connections gone, to be used again
	idles []float64 // scratch: the idle times of one list
}

// A death is a connection that went away with output waiting, or while a client of its
// kind was being cut: what the output-buffer rule looks at.
type death struct {
	slot    int
	id      int64
	src     int
	omem    int64 // bytes waiting when last seen
	omemMax int64
	age     float64 // seconds when last seen
	pubsub  bool
	replica bool
	pos     parse.Pos
}

// observer tells whether a row is the one that asked for the list: the recorder's own
// connection, or the redis-cli of an operator's loop, which lives for that one command.
func (c *collector) observer(r *parse.Client) bool {
	if slices.Contains(c.tl.Origin.Meta.ObserverID, r.ID) || r.Name == "connbox" {
		return true
	}
	return (r.Cmd == "client|list" || r.Cmd == "client") && r.Idle == 0 && r.Sub == 0
}

// list enters one CLIENT LIST: births and deaths against the list before, and the state
// of each source.
func (c *collector) list(r *parse.Clients) {
	s := c.at(&r.Head, func(s *Sample) bool { return s.HasList })
	slot := len(c.tl.Samples) - 1
	t := &c.conns
	first := t.lists == 0
	t.lists++
	c.pic.reset(slot)
	c.dialect.list(r.Layouts)
	var active, births, omem float64
	idles := t.idles[:0]
	for i := range r.Rows {
		row := &r.Rows[i]
		if c.observer(row) {
			continue
		}
		cn, born := c.meet(row, s.T, first)
		if born {
			births++
		}
		cell := c.srcs.cell(cn.src, slot)
		cell.begin(t.lists)
		used := cn.age < s.T-t.lastT || float64(row.Idle) < s.T-t.lastT
		cell.add(row, c.dialect.propertiesOf(row), born && !first, used && !first)
		if used {
			active++
		}
		omem += float64(row.OMem)
		idles = append(idles, float64(row.Idle))
		c.pic.add(cn.src, row)
	}
	t.idles = idles
	deaths := c.bury(s, slot, r.Pos)
	s.HasList, s.ListPos, s.list = true, r.Pos, t.lists
	s.Listed, s.OutMem = float64(len(r.Rows)), omem
	s.IdleP50 = stat.Median(idles)
	if !first {
		add := newSample(s.T, s.Epoch)
		add.Births, add.Deaths = births, deaths
		s.merge(&add)
		s.Active = active
	}
	if c.tl.Peak.rows < len(idles) {
		c.tl.Peak = c.pic.peak()
	}
	t.lastT = s.T
}

// meet finds or makes the connection of a row.
func (c *collector) meet(row *parse.Client, now float64, first bool) (*conn, bool) {
	t := &c.conns
	cn, ok := t.live[row.ID]
	// An id that came back with another address is another connection: a restarted
	// server counts from the beginning.
	if ok && cn.addr != row.Addr {
		delete(t.live, row.ID)
		ok = false
	}
	if !ok {
		cn = c.newConn()
		*cn = conn{birth: now - float64(row.Age), addr: row.Addr}
		t.live[row.ID] = cn
	}
	cn.src = c.srcs.of(c.tl, row)
	cn.seen = t.lists
	cn.lastUse = now - float64(row.Idle)
	cn.age = float64(row.Age)
	cn.used = cn.used || float64(row.Age-row.Idle) > 1
	cn.omem, cn.omemMax = row.OMem, max(cn.omemMax, row.OMem)
	props := c.dialect.propertiesOf(row)
	cn.pubsub, cn.replica = props.Has(parse.PropPubSub), props.Has(parse.PropReplica)
	return cn, !ok && !first
}

func (c *collector) newConn() *conn {
	t := &c.conns
	if n := len(t.free); n > 0 {
		cn := t.free[n-1]
		t.free = t.free[:n-1]
		return cn
	}
	return new(conn)
}

// bury takes out the connections that the list no longer has.
func (c *collector) bury(s *Sample, slot int, pos parse.Pos) float64 {
	t := &c.conns
	var n float64
	var gone []int64
	for id, cn := range t.live {
		if cn.seen != t.lists {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		cn := t.live[id]
		delete(t.live, id)
		n++
		cell := c.srcs.cell(cn.src, slot)
		cell.deaths++
		c.srcs.all[cn.src].died(cn)
		if cn.omemMax >= 1<<16 && len(c.tl.Deaths) < maxCuts {
			c.tl.Deaths = append(c.tl.Deaths, death{slot: slot, id: id, src: cn.src, omem: cn.omem, omemMax: cn.omemMax,
				age: cn.age, pubsub: cn.pubsub, replica: cn.replica, pos: pos})
		}
		t.free = append(t.free, cn)
	}
	return n
}

func (c *collector) slowlog(r *parse.Slowlog) {
	c.tl.Slowlogs++
	for i := range r.Entries {
		e := &r.Entries[i]
		epoch := len(c.tl.Servers)
		if was, ok := c.slowID[e.ID]; ok && was == epoch {
			continue
		}
		c.slowID[e.ID] = epoch
		c.tl.SlowAll++
		if len(c.tl.Slow) >= maxSlow || len(e.Args) == 0 {
			continue
		}
		c.tl.Slow = append(c.tl.Slow, slowCmd{T: float64(e.Time), Micros: e.Micros, Cmd: strings.ToUpper(e.Args[0]),
			Addr: e.Addr, Name: e.Name, Pos: r.Pos})
	}
	if len(c.slowID) > 1<<16 {
		clear(c.slowID)
	}
}

func unixTime(sec float64) time.Time { return time.UnixMicro(int64(math.Round(sec * 1e6))).UTC() }
