package segment

import (
	"slices"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// maxWords bounds a segment's words: more, and its lists come row by row.
const maxWords = 1 << 16

// A Changes gives the lists of a segment as changes. Its memory serves one segment after
// another; the zero value is ready.
type Changes struct {
	// columns, of clients and of spells
	id, created           table.Ints
	addr, name, user, lib table.Texts
	client                table.Ints  // of clients
	spans                 spanColumns // of spells, as the rest
	idle, stands, ageOff  table.Ints
	omem, sub, psub, ssub table.Ints
	qbuf                  table.Ints
	flags, cmd            table.Texts
	clients, spells       int
	firstClient           int64       // number of the segment's first client
	lists                 *listReplay // of which the lists' own columns
	state                 []clientState
	rows                  []record.Spell // by first list, then client
	begin                 []int32        // where the spells of list i begin in rows
	place                 []int32        // of each row of the table in rows
	idleAt                []int64        // of each list; see ClientChanges.IdleBase
	start, started        []int32        // clients by their first list; see byKey
	end, ended            []int32        // clients by the list that first lacks them
	known                 []record.SpellClient
	words                 []string
	rare                  []record.SpellRare
	ids                   map[int64]int32 // scratch of unique
	all                   []record.Spell  // scratch of holding
}

func (c *Changes) loadClients(t *table.Group) error {
	c.clients = t.Rows()
	if err := load(t, want{"client", &c.client}, want{"id", &c.id}, want{"created_at", &c.created}); err != nil {
		return err
	}
	c.firstClient = c.client.At(0)
	if err := loadAddrs(t, &c.addr); err != nil {
		return err
	}
	return load(t, want{"name", &c.name}, want{"user", &c.user}, want{"lib_name", &c.lib})
}

func (c *Changes) loadSpells(t *table.Group) error {
	c.spells = t.Rows()
	if err := c.spans.load(t, c.firstClient, c.lists.firstList); err != nil {
		return err
	}
	if err := load(t, want{"idle", &c.idle}, want{"idle_fixed", &c.stands}, want{"age_off", &c.ageOff},
		want{"omem", &c.omem}, want{"qbuf", &c.qbuf}, want{"sub", &c.sub}, want{"psub", &c.psub}, want{"ssub", &c.ssub}); err != nil {
		return err
	}
	return load(t, want{"flags", &c.flags}, want{"cmd", &c.cmd})
}

// forget makes c ready for another segment.
func (c *Changes) forget(lists *listReplay) {
	c.lists, c.clients, c.spells, c.firstClient = lists, 0, 0, 0
	c.spans.reset()
	c.flags.Dict, c.cmd.Dict = c.flags.Dict[:0], c.cmd.Dict[:0]
}

// link sorts the spells by list. It tells whether the lists can be given as changes.
func (c *Changes) link() (bool, error) {
	lists := c.lists.lists
	if len(c.lists.rowOf) != lists {
		return false, errorf("table %s is missing", Lists)
	}
	c.state = resized(c.state, c.clients)
	if err := c.spans.fill(c.state, lists); err != nil {
		return false, err
	}
	c.start, c.started = byKey(c.clients, lists+1, func(i int) int32 { return c.state[i].first })
	c.end, c.ended = byKey(c.clients, lists+1, func(i int) int32 { return c.state[i].end })
	if len(c.flags.Dict)+len(c.cmd.Dict) > maxWords || !c.unique() {
		return false, nil
	}
	c.known = resized(c.known, c.clients)
	for d := range c.known {
		c.known[d] = record.SpellClient{ID: c.id.At(d), Addr: c.addr.At(d), Name: c.name.At(d), User: c.user.At(d), Lib: c.lib.At(d)}
	}
	c.words = append(append(c.words[:0], c.flags.Dict...), c.cmd.Dict...)
	c.sortSpells(lists)
	return true, nil
}

// unique tells whether no two clients had one id at the same time. Only then is it plain
// who is who from list to list.
func (c *Changes) unique() bool {
	if c.ids == nil {
		c.ids = map[int64]int32{}
	}
	clear(c.ids)
	for _, d := range c.started {
		s, id := &c.state[d], c.id.At(int(d))
		if s.first < c.ids[id] {
			return false
		}
		c.ids[id] = s.end
	}
	return true
}

// sortSpells fills rows and begin, by counting.
func (c *Changes) sortSpells(lists int) {
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
		c.idleAt[i] = c.lists.rowOf[i].Clock + c.lists.rowOf[i].IdleShift
	}
	c.rows, c.place = resized(c.rows, c.spells), resized(c.place, c.spells)
	n := len(c.spans.first)
	rows, place, lasts, idleAt, idle := c.rows, c.place[:n], c.spans.lists[:n], c.idleAt, c.idle
	flags, cmd, words := c.flags.Idx[:n], c.cmd.Idx[:n], int32(len(c.flags.Dict))
	d, left, created := int32(-1), int32(0), int64(0) // the present client and its lists to come
	for i, first := range c.spans.first {
		if left == 0 {
			d++
			left, created = c.state[d].end-first, c.created.At(int(d))
		}
		n := lasts[i]
		left -= n
		p := at[first]
		at[first] = p + 1
		place[i] = p
		r := &rows[p] // field by field: a literal would be put together elsewhere and copied
		r.Created, r.IdleFrom = created, idleAt[first]-idle.At(i)
		r.Client, r.Lists, r.Rare = d, n, 0
		r.Flags, r.Cmd = uint16(flags[i]), uint16(words+cmd[i])
	}
	c.rare = append(c.rare[:0], record.SpellRare{})
	c.eachRare(&c.ageOff, func(s *record.Spell, _ int, v int64) { s.Created -= v })
	c.eachRare(&c.omem, func(s *record.Spell, _ int, v int64) { c.rareOf(s).OMem = v })
	c.eachRare(&c.qbuf, func(s *record.Spell, _ int, v int64) { c.rareOf(s).QBuf = v })
	c.eachRare(&c.sub, func(s *record.Spell, _ int, v int64) { c.rareOf(s).Sub = v })
	c.eachRare(&c.psub, func(s *record.Spell, _ int, v int64) { c.rareOf(s).PSub = v })
	c.eachRare(&c.ssub, func(s *record.Spell, _ int, v int64) { c.rareOf(s).SSub = v })
	c.eachRare(&c.stands, func(s *record.Spell, i int, _ int64) { c.rareOf(s).IdleStands, s.IdleFrom = true, c.idle.At(i) })
}

// rareOf gives the rare part of a spell, its own.
func (c *Changes) rareOf(s *record.Spell) *record.SpellRare {
	if s.Rare == 0 {
		s.Rare = int32(len(c.rare))
		c.rare = append(c.rare, record.SpellRare{})
	}
	return &c.rare[s.Rare]
}

// eachRare calls set for each spell in which a column is not zero, with its row.
func (c *Changes) eachRare(col *table.Ints, set func(s *record.Spell, row int, v int64)) {
	if c.spells == 0 {
		return
	}
	if len(col.Idx) == 0 {
		for i, v := range col.Vals {
			if v != 0 {
				set(&c.rows[c.place[i]], i, v)
			}
		}
		return
	}
	zero := slices.Index(col.Dict, 0)
	if len(col.Dict) == 1 && zero == 0 {
		return
	}
	for i, k := range col.Idx {
		if int(k) != zero && col.Dict[k] != 0 { // a dictionary may have a value twice
			set(&c.rows[c.place[i]], i, col.Dict[k])
		}
	}
}

// read gives the nth list; each must be read in its turn.
func (c *Changes) read(nth int32, rec *record.ClientChanges) error {
	layouts, err := c.lists.layoutsOf(int(nth))
	if err != nil {
		return err
	}
	*rec = record.ClientChanges{Head: rec.Head, Rows: int(c.lists.rowOf[nth].Rows), AgeBase: c.lists.rowOf[nth].Clock, IdleBase: c.idleAt[nth],
		List: nth, Whole: nth == 0, Begun: c.rows[c.begin[nth]:c.begin[nth+1]], Ended: c.ended[c.end[nth]:c.end[nth+1]],
		Layouts: layouts, Clients: c.known, Words: c.words, Rare: c.rare, All: func() []record.Spell { return c.holding(nth) }}
	if live := int(c.start[nth+1] - c.end[nth+1]); live != rec.Rows {
		return errorf("list %d has %d clients instead of %d", nth, live, rec.Rows)
	}
	return nil
}

// holding gives the spells that hold in the nth list, each from that list on.
func (c *Changes) holding(nth int32) []record.Spell {
	c.all = c.all[:0]
	for list := range nth + 1 {
		for _, s := range c.rows[c.begin[list]:c.begin[list+1]] {
			if list+s.Lists > nth {
				s.Lists -= nth - list
				c.all = append(c.all, s)
			}
		}
	}
	return c.all
}

// resized gives a slice of n elements, the old one where it is large enough. What they
// hold is left from before.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}

// The spanColumns of spells say whose spell each is, in which list of the segment it begins
// and for how many lists it holds. Spells are ordered by client, then by list.
type spanColumns struct {
	client, first, lists []int32
}

// load reads the columns; firstClient and firstList are the numbers with which the segment
// begins in the recording.
func (s *spanColumns) load(t *table.Group, firstClient, firstList int64) (err error) {
	for _, c := range [...]struct {
		name string
		less int64
		to   *[]int32
	}{{"client", firstClient, &s.client}, {"first", firstList, &s.first}, {"lists", 0, &s.lists}} {
		if *c.to, err = t.Small(c.name, *c.to, c.less); err != nil {
			return err
		}
	}
	return nil
}

func (s *spanColumns) reset() { s.client, s.first, s.lists = s.client[:0], s.first[:0], s.lists[:0] }

// fill finds in which of the segment's lists each client is, and checks that its spells
// fill that time.
func (s *spanColumns) fill(state []clientState, lists int) error {
	last := int32(-1)
	firsts, counts := s.first[:len(s.client)], s.lists[:len(s.client)]
	var st *clientState
	for i, c := range s.client {
		first, n := firsts[i], counts[i]
		if n < 1 || int(first) > lists || int(n) > lists-int(first) {
			return errorf("spell %d does not fit", i)
		}
		if c == last && first == st.end {
			st.end += n
			continue
		}
		if c != last+1 || int(c) >= len(state) {
			return errorf("spell %d does not follow the one before", i)
		}
		last, st = c, &state[c]
		*st = clientState{first: first, end: first + n, row: -1}
	}
	if int(last)+1 != len(state) {
		return errorf("%d clients without spells", len(state)-int(last)-1)
	}
	return nil
}
