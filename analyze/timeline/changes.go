package timeline

import (
	"github.com/connbox/connbox/parse/record"
)

// A changeState ties the numbers that clients have in *record.ClientChanges to connections.
type changeState struct {
	place  []int32 // of each client of the segment; noPlace where it is not counted
	asking []askingClient
}

const noPlace = -1

// An askingClient is one whose last command was CLIENT LIST: whether it counts depends on
// its idle time, list by list.
type askingClient struct {
	spell record.Spell
	left  int32 // lists to come in which nothing else changes
}

// changes enters a list of which only what is new is told.
func (c *collector) changes(r *record.ClientChanges) {
	c.paceChanges(r)
	t := &c.conns
	c.list(&r.Head, r.Layouts, r.Rows, r.AgeBase, r.IdleBase, func() bool {
		if r.Whole {
			t.replay.begin(len(r.Clients))
		}
		t.gone = t.gone[:0]
		for _, d := range r.Ended {
			t.leave(d)
		}
		c.stillAsking(r)
		for i := range r.Begun {
			c.spell(r, &r.Begun[i], r.Begun[i].Lists-1)
		}
		return r.Whole
	})
}

func (s *changeState) begin(clients int) {
	s.place, s.asking = s.place[:0], s.asking[:0]
	for range clients {
		s.place = append(s.place, noPlace)
	}
}

// leave notes that a client is not in the list, or is not to be counted in it.
func (t *connTable) leave(d int32) {
	if i := t.replay.place[d]; i != noPlace {
		t.gone = append(t.gone, i)
		t.replay.place[d] = noPlace
	}
}

// spell enters what is new of a client, and holds for some more lists.
func (c *collector) spell(r *record.ClientChanges, s *record.Spell, left int32) {
	t := &c.conns
	rare := &r.Rare[s.Rare]
	x := connState{flags: r.Words[s.Flags], cmd: r.Words[s.Cmd], created: s.Created, from: s.IdleFrom, stands: rare.IdleStands,
		omem: rare.OMem, qbuf: rare.QBuf, sub: rare.Sub, psub: rare.PSub, ssub: rare.SSub}
	i := t.replay.place[s.Client]
	if i != noPlace && !x.asks() {
		c.update(i, &x)
		return
	}
	who := &r.Clients[s.Client]
	if c.recorder(who.ID, who.Name) {
		return
	}
	if x.asks() {
		t.replay.asking = append(t.replay.asking, askingClient{*s, left})
		if x.stands && x.from == 0 || !x.stands && r.IdleBase == x.from {
			c.asker.asked(who.ID)
			t.leave(s.Client)
			return
		}
	}
	t.replay.place[s.Client] = c.meet(&connRow{who.ID, who.Addr, who.Name, who.User, who.Lib, x})
}

// stillAsking enters anew those whose idle time may have changed what they are.
func (c *collector) stillAsking(r *record.ClientChanges) {
	was := c.conns.replay.asking
	c.conns.replay.asking = nil
	for i := range was {
		if was[i].left > 0 {
			c.spell(r, &was[i].spell, was[i].left-1)
		}
	}
}
