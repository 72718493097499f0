package parse

import (
	"slices"

	"github.com/connbox/connbox/parse/record"
)

// A ClientChanges is one reply of CLIENT LIST, told by what is new in it. A recording in
// which two thirds of the clients rest is read so several times faster than row by row. It
// leaves out the list's order and the fields that no analysis needs.
//
// Unless Whole is set, it continues the list before: what was said there of a client that
// is in neither Begun nor Ended still holds. The slices belong to the Source until the
// next Scan, as a record does.
type ClientChanges struct {
	record.Head
	Rows     int             // clients in the list
	AgeBase  int64           // a client's age is AgeBase - Spell.Created, in seconds
	IdleBase int64           // and its idle time IdleBase - Spell.IdleFrom
	List     int32           // number of the list in its segment, from 0
	Whole    bool            // Begun is all of the list; what held before is void, numbers too
	Begun    []Spell         // clients that are new or changed
	Ended    []int32         // numbers that are no longer in the list
	Layouts  []record.Layout // as in Clients
	Clients  []SpellClient   // by number; the same until the next Whole list
	Words    []string        // what Spell.Flags and Spell.Cmd lead to
	Rare     []SpellRare     // what Spell.Rare leads to

	replay *changesReplay
}

// Kind implements Record.
func (*ClientChanges) Kind() record.Kind { return record.KindClients }

// A SpellClient has what does not change of a client while it has its number. A client
// that changes its name gets another number.
type SpellClient struct {
	ID                    int64
	Addr, Name, User, Lib string
}

// A Spell is the state of a client from one list on, without what time changes. Half a
// cache line, as a long recording has millions.
type Spell struct {
	Created    int64  // see ClientChanges.AgeBase; unix seconds
	IdleFrom   int64  // see ClientChanges.IdleBase; unix seconds
	Client     int32  // its number
	Lists      int32  // for how many lists it holds
	Rare       int32  // place in ClientChanges.Rare; 0 for all zero
	Flags, Cmd uint16 // places in ClientChanges.Words
}

// maxWords bounds a segment's words: more, and its lists come row by row.
const maxWords = 1 << 16

// A SpellRare has what is zero in most spells.
type SpellRare struct {
	IdleStands      bool  // idle does not grow: Spell.IdleFrom is the idle time itself
	OMem            int64 // bytes
	Sub, PSub, SSub int64
}

// A ChangeSource is a Source that can give *ClientChanges.
type ChangeSource interface {
	record.Source
	// Changes asks for *ClientChanges in place of *Clients, before the first Scan. Lists
	// that cannot be told so, as when two clients have one id, still come as *Clients; the
	// next *ClientChanges after one is Whole.
	Changes()
}

// whole makes r independent of the list before.
func (r *ClientChanges) whole() {
	if r.Whole {
		return
	}
	c := r.replay
	c.all = c.all[:0]
	for list := range r.List + 1 {
		for _, s := range c.rows[c.begin[list]:c.begin[list+1]] {
			if list+s.Lists > r.List {
				s.Lists -= r.List - list
				c.all = append(c.all, s)
			}
		}
	}
	r.Whole, r.Begun, r.Ended = true, c.all, nil
}

// A changesReplay gives the lists of a segment as changes. Its memory serves one segment
// after another.
type changesReplay struct {
	// columns, of clients and of spells
	id, created           numColumn
	addr, name, user, lib textColumn
	client                numColumn   // of clients
	spans                 spanColumns // of spells, as the rest
	idle, stands, ageOff  numColumn
	omem, sub, psub, ssub numColumn
	flags, cmd            textColumn
	clients, spells       int
	firstClient           int64       // number of the segment's first client
	lists                 *listReplay // of which the lists' own columns
	state                 []clientState
	rows                  []Spell // by first list, then client
	begin                 []int32 // where the spells of list i begin in rows
	place                 []int32 // of each row of the table in rows
	idleAt                []int64 // of each list; see ClientChanges.IdleBase
	started               []int32 // clients by their first list
	start                 []int32 // where those of list i begin in started
	ended                 []int32 // clients by the list that first lacks them
	end                   []int32 // where those of list i begin in ended
	known                 []SpellClient
	words                 []string
	rare                  []SpellRare
	ids                   map[int64]int32 // scratch of unique
	all                   []Spell         // scratch of whole
}

func (c *changesReplay) loadClients(t *tableReader) error {
	c.clients = t.rows()
	if err := t.loadNums([]numWant{{"client", &c.client}, {"id", &c.id}, {"created_at", &c.created}}); err != nil {
		return err
	}
	c.firstClient = c.client.at(0)
	if err := t.loadAddrs(&c.addr); err != nil {
		return err
	}
	return t.loadTexts([]textWant{{"name", &c.name}, {"user", &c.user}, {"lib_name", &c.lib}})
}

func (c *changesReplay) loadSpells(t *tableReader) error {
	c.spells = t.rows()
	if err := c.spans.load(t, c.firstClient, c.lists.firstList); err != nil {
		return err
	}
	if err := t.loadNums([]numWant{{"idle", &c.idle}, {"idle_fixed", &c.stands}, {"age_off", &c.ageOff},
		{"omem", &c.omem}, {"sub", &c.sub}, {"psub", &c.psub}, {"ssub", &c.ssub}}); err != nil {
		return err
	}
	return t.loadTexts([]textWant{{"flags", &c.flags}, {"cmd", &c.cmd}})
}

// forget makes c ready for another segment.
func (c *changesReplay) forget(lists *listReplay) {
	c.lists, c.clients, c.spells, c.firstClient = lists, 0, 0, 0
	c.spans.reset()
	c.flags.dict, c.cmd.dict = c.flags.dict[:0], c.cmd.dict[:0]
}

// link sorts the spells by list. It tells whether the lists can be given as changes.
func (c *changesReplay) link() (bool, error) {
	lists := c.lists.lists
	if len(c.lists.count.idx)+len(c.lists.count.vals) != lists {
		return false, parquetErrorf("table %s is missing", tableLists)
	}
	c.state = resized(c.state, c.clients)
	if err := c.spans.fill(c.state, lists); err != nil {
		return false, err
	}
	c.sortClients(lists)
	if len(c.flags.dict)+len(c.cmd.dict) > maxWords || !c.unique() {
		return false, nil
	}
	c.known = resized(c.known, c.clients)
	for d := range c.known {
		c.known[d] = SpellClient{c.id.at(d), c.addr.at(d), c.name.at(d), c.user.at(d), c.lib.at(d)}
	}
	c.words = append(append(c.words[:0], c.flags.dict...), c.cmd.dict...)
	c.sortSpells(lists)
	return true, nil
}

// unique tells whether no two clients had one id at the same time. Only then is it plain
// who is who from list to list.
func (c *changesReplay) unique() bool {
	if c.ids == nil {
		c.ids = map[int64]int32{}
	}
	clear(c.ids)
	for _, d := range c.started {
		s, id := &c.state[d], c.id.at(int(d))
		if s.first < c.ids[id] {
			return false
		}
		c.ids[id] = s.end
	}
	return true
}

// sortSpells fills rows and begin, by counting.
func (c *changesReplay) sortSpells(lists int) {
	c.begin = resized(c.begin, lists+2)
	begin := c.begin
	clear(begin)
	for _, f := range c.spans.first {
		begin[f+2]++
	}
	for i := range lists {
		begin[i+2] += begin[i+1]
	}
	at := begin[1:] // each moves on to where the next list begins
	c.idleAt = resized(c.idleAt, lists)
	for i := range c.idleAt {
		c.idleAt[i] = c.lists.clock.at(i) + c.lists.shift.at(i)
	}
	c.rows, c.place = resized(c.rows, c.spells), resized(c.place, c.spells)
	n := len(c.spans.first)
	rows, place, lasts, idleAt, idle := c.rows, c.place[:n], c.spans.lists[:n], c.idleAt, c.idle
	flags, cmd, words := c.flags.idx[:n], c.cmd.idx[:n], uint32(len(c.flags.dict))
	d, left, created := int32(-1), int32(0), int64(0) // the present client and its lists to come
	for i, first := range c.spans.first {
		if left == 0 {
			d++
			left, created = c.state[d].end-first, c.created.at(int(d))
		}
		n := lasts[i]
		left -= n
		p := at[first]
		at[first] = p + 1
		place[i] = p
		r := &rows[p] // field by field: a literal would be put together elsewhere and copied
		r.Created, r.IdleFrom = created, idleAt[first]-idle.at(i)
		r.Client, r.Lists, r.Rare = d, n, 0
		r.Flags, r.Cmd = uint16(flags[i]), uint16(words+cmd[i])
	}
	c.rare = append(c.rare[:0], SpellRare{})
	c.eachRare(&c.ageOff, func(s *Spell, _ int, v int64) { s.Created -= v })
	c.eachRare(&c.omem, func(s *Spell, _ int, v int64) { c.rareOf(s).OMem = v })
	c.eachRare(&c.sub, func(s *Spell, _ int, v int64) { c.rareOf(s).Sub = v })
	c.eachRare(&c.psub, func(s *Spell, _ int, v int64) { c.rareOf(s).PSub = v })
	c.eachRare(&c.ssub, func(s *Spell, _ int, v int64) { c.rareOf(s).SSub = v })
	c.eachRare(&c.stands, func(s *Spell, i int, _ int64) { c.rareOf(s).IdleStands, s.IdleFrom = true, c.idle.at(i) })
}

// rareOf gives the rare part of a spell, its own.
func (c *changesReplay) rareOf(s *Spell) *SpellRare {
	if s.Rare == 0 {
		s.Rare = int32(len(c.rare))
		c.rare = append(c.rare, SpellRare{})
	}
	return &c.rare[s.Rare]
}

// eachRare calls set for each spell in which a column is not zero, with its row.
func (c *changesReplay) eachRare(col *numColumn, set func(s *Spell, row int, v int64)) {
	if c.spells == 0 {
		return
	}
	if len(col.idx) == 0 {
		for i, v := range col.vals {
			if v != 0 {
				set(&c.rows[c.place[i]], i, v)
			}
		}
		return
	}
	zero := slices.Index(col.dict, 0)
	if len(col.dict) == 1 && zero == 0 {
		return
	}
	for i, k := range col.idx {
		if int(k) != zero && col.dict[k] != 0 { // a dictionary may have a value twice
			set(&c.rows[c.place[i]], i, col.dict[k])
		}
	}
}

// sortClients fills started, start, ended and end, by counting. Nobody ends at the first
// list, nor starts behind the last.
func (c *changesReplay) sortClients(lists int) {
	c.start, c.end = resized(c.start, lists+3), resized(c.end, lists+3)
	clear(c.start)
	clear(c.end)
	for d := range c.state {
		c.start[c.state[d].first+2]++
		c.end[c.state[d].end+2]++
	}
	for i := range lists + 1 {
		c.start[i+2] += c.start[i+1]
		c.end[i+2] += c.end[i+1]
	}
	c.started, c.ended = resized(c.started, c.clients), resized(c.ended, c.clients)
	starts, ends := c.start[1:], c.end[1:] // each moves on to where the next list begins
	for d := range c.state {
		s := &c.state[d]
		c.started[starts[s.first]] = int32(d)
		c.ended[ends[s.end]] = int32(d)
		starts[s.first]++
		ends[s.end]++
	}
}

// read gives the nth list; each must be read in its turn.
func (c *changesReplay) read(nth int32, rec *ClientChanges) error {
	layouts, err := c.lists.layoutsOf(int(nth))
	if err != nil {
		return err
	}
	*rec = ClientChanges{Head: rec.Head, Rows: int(c.lists.count.at(int(nth))), AgeBase: c.lists.clock.at(int(nth)), IdleBase: c.idleAt[nth],
		List: nth, Whole: nth == 0, Begun: c.rows[c.begin[nth]:c.begin[nth+1]], Ended: c.ended[c.end[nth]:c.end[nth+1]],
		Layouts: layouts, Clients: c.known, Words: c.words, Rare: c.rare, replay: c}
	if live := int(c.start[nth+1] - c.end[nth+1]); live != rec.Rows {
		return parquetErrorf("list %d has %d clients instead of %d", nth, live, rec.Rows)
	}
	return nil
}

// resized gives a slice of n elements, the old one where it is large enough. What they
// hold is left from before.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}
