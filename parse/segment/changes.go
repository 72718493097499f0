package segment

import (
	"slices"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// maxWords bounds a segment's words: more, and its lists come row by row.
const maxWords = 1 << 16

// changeColumns are the columns of Client that changes tell.
var changeColumns = []string{"id", "addr", "name", "user", "lib_name", "omem", "qbuf", "sub", "psub", "ssub", "flags", "cmd"}

// A changeReader gives the lists of a segment as changes.
type changeReader struct {
	*listReplay                   // with the columns of changeColumns
	sorted         []record.Spell // by first list, then client
	beginAt        []int32        // where the spells of list i begin in sorted
	order, place   []int32        // which row of the table stands at a place in sorted, and back
	idleAt         []int64        // of each list; see ClientChanges.IdleBase
	start, started []int32        // clients by their first list; see byKey
	end, ended     []int32        // clients by the list that first lacks them
	known          []record.SpellClient
	words          []string
	rare           []record.SpellRare
	all            []record.Spell  // scratch of holding
	until          map[int64]int32 // scratch of unique
}

// newChanges sorts the spells by list, in the memory of old. It gives nil where the lists cannot
// be told as changes.
func newChanges(l *listReplay, old *changeReader) *changeReader {
	c := &changeReader{listReplay: l, until: map[int64]int32{}}
	if old != nil {
		c.sorted, c.order, c.place, c.known, c.rare, c.all = old.sorted, old.order, old.place, old.known[:0], old.rare, old.all
		c.started, c.ended, c.until = old.started, old.ended, old.until
	}
	flags, cmd := l.text("flags"), l.text("cmd")
	c.start, c.started = byKey(c.started, l.clients, l.lists+1, func(i int) int32 { return l.state[i].first })
	c.end, c.ended = byKey(c.ended, l.clients, l.lists+1, func(i int) int32 { return l.state[i].end })
	if len(flags.Dict)+len(cmd.Dict) > maxWords || !c.unique() {
		return nil
	}
	id, addr, name, user, lib := l.num("id"), l.text("addr"), l.text("name"), l.text("user"), l.text("lib_name")
	for d := range l.clients {
		c.known = append(c.known, record.SpellClient{ID: id.At(d), Addr: addr.At(d), Name: name.At(d), User: user.At(d), Lib: lib.At(d)})
	}
	c.words = slices.Concat(flags.Dict, cmd.Dict)
	c.sortSpells(flags, cmd)
	return c
}

// num and text give a column of Client that was loaded.
func (l *listReplay) num(name string) *table.Ints   { return &l.nums[placeOf(name)] }
func (l *listReplay) text(name string) *table.Texts { return &l.texts[placeOf(name)] }

func placeOf(name string) int {
	return slices.IndexFunc(clientColumns[:], func(c clientColumn) bool { return c.name == name })
}

// unique tells whether no two clients had one id at the same time. Only then is it plain
// who is who from list to list.
func (c *changeReader) unique() bool {
	ids, until := c.num("id"), c.until
	clear(until)
	for _, d := range c.started {
		s, id := &c.state[d], ids.At(int(d))
		if s.first < until[id] {
			return false
		}
		until[id] = s.end
	}
	return true
}

// sortSpells fills sorted, place and beginAt.
func (c *changeReader) sortSpells(flags, cmd *table.Texts) {
	for _, l := range c.rowOf {
		c.idleAt = append(c.idleAt, l.Clock+l.IdleShift)
	}
	c.beginAt, c.order = byKey(c.order, c.spells, c.lists+1, func(i int) int32 { return c.spans.first[i] })
	c.sorted, c.place = sized(c.sorted, c.spells), sized(c.place, c.spells)
	words := int32(len(flags.Dict))
	for at, row := range c.order {
		i, d, first := int(row), c.spans.client[row], c.spans.first[row]
		c.place[i] = int32(at)
		c.sorted[at] = record.Spell{Created: c.created.At(int(d)), IdleFrom: c.idleAt[first] - c.idle.At(i), Client: d,
			Lists: c.spans.lists[i], Flags: uint16(flags.Idx[i]), Cmd: uint16(words + cmd.Idx[i])}
	}
	c.rare = append(c.rare[:0], record.SpellRare{})
	c.eachRare(&c.ageOff, func(s *record.Spell, _ int, v int64) { s.Created -= v })
	c.eachRare(c.num("omem"), func(s *record.Spell, _ int, v int64) { c.rareOf(s).OMem = v })
	c.eachRare(c.num("qbuf"), func(s *record.Spell, _ int, v int64) { c.rareOf(s).QBuf = v })
	c.eachRare(c.num("sub"), func(s *record.Spell, _ int, v int64) { c.rareOf(s).Sub = v })
	c.eachRare(c.num("psub"), func(s *record.Spell, _ int, v int64) { c.rareOf(s).PSub = v })
	c.eachRare(c.num("ssub"), func(s *record.Spell, _ int, v int64) { c.rareOf(s).SSub = v })
	c.eachRare(&c.fixed, func(s *record.Spell, i int, _ int64) { c.rareOf(s).IdleStands, s.IdleFrom = true, c.idle.At(i) })
}

// rareOf gives the rare part of a spell, its own.
func (c *changeReader) rareOf(s *record.Spell) *record.SpellRare {
	if s.Rare == 0 {
		s.Rare = int32(len(c.rare))
		c.rare = append(c.rare, record.SpellRare{})
	}
	return &c.rare[s.Rare]
}

// eachRare calls set for each spell in which a column is not zero, with its row.
func (c *changeReader) eachRare(col *table.Ints, set func(s *record.Spell, row int, v int64)) {
	if len(col.Idx) > 0 && len(col.Dict) == 1 && col.Dict[0] == 0 {
		return // the common case, which need not be looked at value by value
	}
	for i := range c.spells {
		if v := col.At(i); v != 0 {
			set(&c.sorted[c.place[i]], i, v)
		}
	}
}

// read gives the nth list; each must be read in its turn.
func (c *changeReader) read(nth int32, rec *record.ClientChanges) error {
	layouts, err := c.layoutsOf(int(nth))
	if err != nil {
		return err
	}
	*rec = record.ClientChanges{Head: rec.Head, Rows: int(c.rowOf[nth].Rows), AgeBase: c.rowOf[nth].Clock, IdleBase: c.idleAt[nth],
		List: nth, Whole: nth == 0, Begun: c.sorted[c.beginAt[nth]:c.beginAt[nth+1]], Ended: c.ended[c.end[nth]:c.end[nth+1]],
		Layouts: layouts, Clients: c.known, Words: c.words, Rare: c.rare, All: func() []record.Spell { return c.holding(nth) }}
	if live := int(c.start[nth+1] - c.end[nth+1]); live != rec.Rows {
		return errorf("list %d has %d clients instead of %d", nth, live, rec.Rows)
	}
	return nil
}

// holding gives the spells that hold in the nth list, each from that list on.
func (c *changeReader) holding(nth int32) []record.Spell {
	c.all = c.all[:0]
	for list := range nth + 1 {
		for _, s := range c.sorted[c.beginAt[list]:c.beginAt[list+1]] {
			if list+s.Lists > nth {
				s.Lists -= nth - list
				c.all = append(c.all, s)
			}
		}
	}
	return c.all
}

// The spanColumns of spells say whose spell each is, in which list of the segment it begins
// and for how many lists it holds. Spells are ordered by client, then by list.
type spanColumns struct {
	client, first, lists []int32
	scratch              table.Ints
}

// load reads the columns; firstClient and firstList are the numbers with which the segment
// begins in the recording.
func (s *spanColumns) load(t *table.Group, firstClient, firstList int64) (err error) {
	for _, c := range [...]struct {
		name string
		less int64
		to   *[]int32
	}{{"client", firstClient, &s.client}, {"first", firstList, &s.first}, {"lists", 0, &s.lists}} {
		if *c.to, err = t.Small(c.name, *c.to, c.less, &s.scratch); err != nil {
			return err
		}
	}
	return nil
}

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
		*st = clientState{first: first, end: first + n}
	}
	if int(last)+1 != len(state) {
		return errorf("%d clients without spells", len(state)-int(last)-1)
	}
	return nil
}
