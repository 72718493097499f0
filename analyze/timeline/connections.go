package timeline

import (
	"cmp"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A connTable follows connections by id from list to list. Whether a list comes row by row
// or as changes, it is entered in the same three steps: enter what is said of single
// connections, take out those that are gone, and count all (tally). Only the first step
// takes longer for rows.
type connTable struct {
	index map[int64]int32 // id -> place in now and more
	now   []connNow
	more  []connMore
	free  []int32

	lists    int     // lists seen
	counted  int     // number of the last that was whole
	lastT    float64 // time of the list before
	epoch    int     // its server process
	ageBase  int64   // of the list before, see connNow
	idleBase int64
	idleMost int64   // seconds that none can be idle: the server's uptime then, and a margin
	setBack  int64   // seconds by which the server's clock has been set back since the beginning
	odd      []int32 // connections of each source whose idle time in the list being read cannot be
	oddIdle  int     // idle times that cannot be, each list's
	idleSeen int     // idle times in all

	count    []Cell     // of each source, of the list being read
	unnamed  []newcomer // connections of that list whose source is to be found
	gone     []int32    // places that may be free after it
	torn     tornLists
	outlived int // lists of another process than the one before, with mostly the same connections
	twice    int // lists in which many connections share an id
	idles    idleCounts
	queries  []int32 // places of the connections with a large query buffer, now or in the list before
	replay   changeState
	turns    int // dialect.turns when flags were last looked at
}

// A connNow is what counting reads of a connection. Its place is free if src is negative.
type connNow struct {
	created int64 // age is the list's ageBase - created, seconds
	from    int64 // idle time is the list's idleBase - from, or from where it stands
	omem    int64 // bytes waiting
	src     int32 // index into Timeline.Sources
	is      uint8
	spell   uint8 // see spellCounts.follow
}

// A connMore is the rest.
type connMore struct {
	id      int64
	addr    string
	flags   string
	cmd     string
	seen    int32 // list in which something was last said of it
	omemMax int64
	query   int64 // bytes in its query buffer, where that is large
	queried int64 // the same in the list before
}

// A connRow is what a list says of one connection.
type connRow struct {
	id                    int64
	addr, name, user, lib string
	connState
}

// A connState is the part of it that changes as the connection is used.
type connState struct {
	flags, cmd      string
	created, from   int64 // see connNow
	stands          bool
	omem, qbuf      int64
	sub, psub, ssub int64
}

// recorder tells whether a connection is the recorder's own. Another process of the server
// may have given the id of an earlier one to somebody with a name.
func (c *collector) recorder(id int64, name string) bool {
	return name == "connbox" || c.own[id] && (name == "" || name == c.tl.Origin.Meta.Observer)
}

// asks tells whether a client without idle time is the one that asked for the list: the
// redis-cli of an operator's loop, which lives for that one command.
func (r *connState) asks() bool { return (r.cmd == "client|list" || r.cmd == "client") && r.sub == 0 }

// An asker is who asks for the replies: one redis-cli over one connection, or another for
// each command, which the server's counters hold like anybody's.
type asker struct {
	id      int64 // the highest that asked for a list; 0 none yet
	dials   bool  // since the INFO before, a list was asked for by one that is newer than that
	replies int   // since the INFO before
}

// asked notes whose connection asked for a list.
func (a *asker) asked(id int64) {
	a.dials = a.dials || a.id > 0 && id > a.id
	a.id = max(a.id, id)
}

// own gives how many connections the replies since the INFO before took, and begins anew.
func (a *asker) own(restarted bool) (n float64) {
	if a.dials && !restarted {
		n = float64(a.replies)
	}
	if restarted {
		a.id = 0
	}
	a.dials, a.replies = false, 0
	return n
}

// list enters one CLIENT LIST.
func (c *collector) list(h *record.Head, layouts []record.Layout, rows int, ageBase, idleBase int64, enter func() (all bool)) {
	s := c.at(h, func(s *Sample) bool { return s.HasList })
	t := &c.conns
	first, slot := t.lists == 0, len(c.tl.Samples)-1
	t.lists++
	c.dialect.list(layouts)
	t.remean(&c.dialect)
	all := enter()
	t.count = append(t.count[:0], make([]Cell, len(c.srcs.all))...)
	births := c.nameAll(first)
	if t.torn.isTorn(rows, s) {
		t.tear(all, ageBase, idleBase)
		if c.tl.Torn++; c.tl.Torn == 1 {
			c.tl.TornPos = h.Pos
		}
		return
	}
	t.counted = t.lists
	births += t.torn.bring(t.count)
	if all {
		t.allGone()
	} else {
		t.gone = append(t.gone, t.torn.lacked...)
	}
	t.torn.lacked = t.torn.lacked[:0]
	deaths := c.bury(slot, h.Pos)
	t.ageBase, t.idleBase = ageBase, idleBase
	c.boundIdle(s)
	n := c.tally(s.T-t.lastT, first)
	if !first && s.Epoch != t.epoch && n >= 8 && 2*births < n {
		t.outlived++
	}
	if float64(n) < tornShare*float64(rows) && n+tornLeast <= rows {
		t.twice++
	}
	var active, omem int64
	for i := range t.count {
		k := &t.count[i]
		active, omem = active+int64(k.Active), omem+k.OutMem
		c.srcs.enter(i, slot, t.lists, k)
	}
	s.HasList, s.ListPos, s.List = true, h.Pos, t.lists
	s.Listed, s.OutMem, s.IdleP50, s.IdleBands = float64(rows), float64(omem), t.medianIdle(), t.idles.band
	if !first {
		add := NewSample(s.T, s.Epoch)
		add.Births, add.Deaths = float64(births), float64(deaths)
		s.merge(&add)
		s.Active = float64(active)
	}
	if c.tl.Peak.rows < n {
		c.tl.Peak.take(slot, n, t)
	}
	t.lastT, t.epoch = s.T, s.Epoch
}

// rows enters a list row by row.
func (c *collector) rows(r *record.Clients) {
	c.pace(r)
	c.list(&r.Head, r.Layouts, len(r.Rows), 0, 0, func() bool {
		for i := range r.Rows {
			row := &r.Rows[i]
			x := connRow{row.ID, row.Addr, row.Name, row.User, row.LibName, connState{flags: row.Flags, cmd: row.Cmd,
				created: -row.Age, from: -row.Idle, omem: row.OMem, qbuf: row.QBuf, sub: row.Sub, psub: row.PSub, ssub: row.SSub}}
			switch {
			case c.recorder(x.id, x.name):
			case row.Idle == 0 && x.asks():
				c.asker.asked(x.id)
			default:
				c.meet(&x)
			}
		}
		return true
	})
}

// meet finds or makes the connection of a row, and gives its place.
func (c *collector) meet(r *connRow) int32 {
	t := &c.conns
	if r.id == 0 { // before Redis 2.8.12 there are no ids
		r.id = AddressID(r.addr)
	}
	i, ok := t.index[r.id]
	switch {
	case !ok:
		i = t.place()
		t.index[r.id] = i
		fallthrough
	case t.more[i].addr != r.addr:
		// An id that came back with another address is another connection: a restarted
		// server counts from the beginning.
		t.now[i] = connNow{src: unknownSource}
		t.more[i] = connMore{id: r.id, addr: strings.Clone(r.addr)}
	}
	if src := t.now[i].src; src == unknownSource || !c.srcs.all[src].Key.fits(r.name, r.user, r.lib) {
		t.unnamed = append(t.unnamed, newcomer{i, src == unknownSource, sourceKey{record.HostOf(r.addr), r.name, r.user, r.lib}})
	}
	if t.now[i].is &^= isSentinel; strings.HasPrefix(r.name, "sentinel-") {
		t.now[i].is |= isSentinel
	}
	c.update(i, &r.connState)
	return i
}

// AddressID gives a connection without an id one that no server would: a hash of its address.
func AddressID(addr string) int64 {
	h := fnv.New64a()
	io.WriteString(h, addr)
	return int64(h.Sum64() | 1<<63)
}

// update enters what changes of a connection while its names stay.
func (c *collector) update(i int32, r *connState) {
	t := &c.conns
	now, more := &t.now[i], &t.more[i]
	now.created, now.from, now.omem = r.created, r.from, plausibleBytes(r.omem)
	is := now.is & (isUsed | isSentinel)
	if r.stands {
		is |= isStanding
	}
	if r.sub+r.psub+r.ssub > 0 {
		is |= isSubscribed
	}
	now.is = c.dialect.kinds(r.flags, is)
	more.omemMax = max(more.omemMax, now.omem)
	t.query(i, plausibleBytes(r.qbuf))
	more.flags, more.cmd, more.seen = r.flags, r.cmd, int32(t.lists)
}

// remean looks at all flags anew when it is known better whose they are.
func (t *connTable) remean(d *dialect) {
	if t.turns == d.turns {
		return
	}
	t.turns = d.turns
	for i := range t.now {
		t.now[i].is = d.kinds(t.more[i].flags, t.now[i].is)
	}
}

// The sources of places: free, and not yet looked up.
const (
	noSource      = -1
	unknownSource = -2
)

// place gives a free place.
func (t *connTable) place() int32 {
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		return i
	}
	t.now, t.more = append(t.now, connNow{}), append(t.more, connMore{})
	return int32(len(t.now) - 1)
}

// A newcomer is a connection whose source is to be found.
type newcomer struct {
	place int32
	born  bool // else it has another name than before
	key   sourceKey
}

// nameAll finds the sources of newcomers, by id: a list's order is an accident.
func (c *collector) nameAll(first bool) (births int) {
	t := &c.conns
	slices.SortStableFunc(t.unnamed, func(a, b newcomer) int { return cmp.Compare(t.more[a.place].id, t.more[b.place].id) })
	for _, n := range t.unnamed {
		src := c.srcs.of(c.tl, n.key)
		for len(t.count) < len(c.srcs.all) {
			t.count = append(t.count, Cell{})
		}
		t.now[n.place].src = int32(src)
		if n.born && !first {
			t.count[src].Births++
			births++
		}
	}
	clear(t.unnamed)
	t.unnamed = t.unnamed[:0]
	return births
}

// allGone takes all places for gone: a list that tells of all leaves those it spoke of.
func (t *connTable) allGone() {
	t.gone = t.gone[:0]
	for i := range t.now {
		t.gone = append(t.gone, int32(i))
	}
}

// bury takes out, of the places in gone, those the list did not speak of. What is known of
// them is of the list before.
func (c *collector) bury(slot int, pos record.Pos) int {
	t := &c.conns
	n := 0
	for _, i := range t.gone {
		if t.now[i].src >= 0 && t.more[i].seen != int32(t.lists) {
			t.gone[n] = i
			n++
		}
	}
	t.gone = t.gone[:n]
	slices.SortFunc(t.gone, func(a, b int32) int { return cmp.Compare(t.more[a].id, t.more[b].id) })
	t.gone = slices.Compact(t.gone)
	for _, i := range t.gone {
		now, more := &t.now[i], &t.more[i]
		age, idle, known := t.times(now)
		src := int(now.src)
		t.count[src].Deaths++
		c.srcs.all[src].died(age, idle, known)
		if k := &c.srcs.all[src].Spells; now.spell != 0 && c.tl.Samples[slot].Epoch != t.epoch {
			k.still[now.spell-1]++ // the server ended, not the connection
		} else if now.spell != 0 {
			k.closed[now.spell-1]++
		}
		if more.omemMax >= 1<<16 && len(c.tl.Deaths) < maxCuts {
			c.tl.Deaths = append(c.tl.Deaths, Death{Slot: slot, Id: more.id, Src: src, OmemMax: more.omemMax,
				Pubsub: now.is&isPubSub != 0, Replica: now.is&isReplica != 0, Pos: pos})
		}
		delete(t.index, more.id)
		*now, *more = connNow{src: noSource}, connMore{}
		t.free = append(t.free, i)
	}
	t.gone = t.gone[:0]
	return n
}

// times gives age and idle time in seconds.
func (n *connNow) times(ageBase, idleBase int64) (age, idle int64) {
	if n.is&isStanding != 0 {
		return ageBase - n.created, n.from
	}
	return ageBase - n.created, idleBase - n.from
}

// tally counts the connections of each source, since seconds after the list before.
func (c *collector) tally(since float64, first bool) (n int) {
	t := &c.conns
	recent := int64(math.MinInt64)
	if !first { // for whole seconds, below since is below the next whole number
		recent = int64(math.Ceil(since))
	}
	t.idles.reset()
	t.odd = t.odd[:0]
	for i := range t.now {
		now := &t.now[i]
		if now.src < 0 {
			continue
		}
		n++
		age, idle, known := t.times(now)
		if !known {
			t.countOdd(now)
			continue
		}
		var active, resting, stale, busy int32 // added without a branch: which of them are, is past foretelling
		if min(age, idle) < recent {
			active = 1
		}
		if idle >= restAfter {
			resting = 1
		}
		if idle >= StaleAfter {
			stale = 1
		}
		if idle <= 1 {
			busy = 1
		}
		k := &t.count[now.src]
		k.N++
		k.Busy += busy
		k.Active += active
		k.Resting += resting
		k.Stale += stale
		k.OutMem += now.omem
		if now.is&(isBlocked|isPubSub|isInternal) != 0 {
			k.addKinds(now.is)
		}
		if now.is&isUsed == 0 && age-idle > 1 {
			now.is |= isUsed
		}
		t.idles.add(idle)
		if !inBin(now.spell, idle) || now.is&timeoutSpares != 0 {
			c.srcs.all[now.src].Spells.follow(now, idle)
		}
	}
	t.spreadOdd()
	t.countQueries()
	t.idleSeen += n
	return n
}

func (c *collector) slowlog(r *record.Slowlog) {
	c.tl.Slowlogs++
	now := c.lastAt
	if !r.At.IsZero() {
		now = c.now(&r.Head)
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		epoch := len(c.tl.Servers)
		if was, ok := c.slowID[e.ID]; ok && was == epoch {
			continue
		}
		c.slowID[e.ID] = epoch
		c.tl.SlowAll++
		stamp := float64(e.Time) - c.clock.ahead
		c.offset.came(stamp, now)
		if len(c.tl.Slow) >= maxSlow || len(e.Args) == 0 {
			continue
		}
		c.tl.Slow = append(c.tl.Slow, SlowCommand{T: stamp, Micros: e.Micros, Cmd: strings.ToUpper(e.Args[0]),
			Addr: e.Addr, Name: e.Name, Pos: r.Pos})
	}
	c.offset.read = now
	if len(c.slowID) > 1<<16 {
		clear(c.slowID)
	}
}

// take makes p the picture of the list just counted.
func (p *Peak) take(slot, n int, t *connTable) {
	p.Slot, p.rows = slot, n
	p.Src, p.Idle, p.Age, p.Cmd, p.Is = p.Src[:0], p.Idle[:0], p.Age[:0], p.Cmd[:0], p.Is[:0]
	for i := range t.now {
		if now := &t.now[i]; now.src >= 0 {
			age, idle, known := t.times(now)
			p.Src, p.Idle = append(p.Src, now.src), append(p.Idle, float64(idle))
			if !known {
				p.Idle[len(p.Idle)-1] = math.NaN()
			}
			p.Age, p.Cmd = append(p.Age, float64(age)), append(p.Cmd, t.more[i].cmd)
			p.Is = append(p.Is, now.is&timeoutSpares)
		}
	}
}
