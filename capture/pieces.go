package capture

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A server answers no other client while it writes a CLIENT LIST: 9 to 15 ms with 10,000
// connections. CLIENT LIST ID (Redis 6.2 and later) gives the lines of the clients that are
// named, so a long list is asked for in pieces, between which the server serves others. All
// pieces together take some 40 % more of its time than the whole list.
//
// From Valkey 8.1 on the server looks at all its connections for each piece: 2 ms with 10,000, where a
// piece of 250 takes 2.5 ms, one of 1,000 takes 3.8 and the whole list 29. There a list is asked for in
// as many pieces as pay: scanPieces.
//
// Ids are given in ascending order and asking for one that is gone costs 30 ns, so the
// clients that came since the last list are found by asking for all ids that may have been
// given since.
const (
	// pieceSize and leastPiece are the most and the least ids of one command, and pieceCost is what it
	// may take, of which follows how many: 250 where a row takes up to 2 us, as on a quiet machine, 62
	// where it takes 8, as where the server's memory is slow.
	pieceSize, leastPiece = 250, 50
	pieceCost             = 500 * time.Microsecond
	// scanPieces is how many pieces a long list has where the server scans for each.
	scanPieces = 10
	// piecePause is what the server has between two pieces for everybody else.
	piecePause = 2 * time.Millisecond
	// spareIDs are asked for beyond those that the server's counter of connections explains:
	// it gives ids to connections of its own, too.
	spareIDs = 128
	// mostUnknown is how many ids a client in the list may cost that are asked for without
	// being known; with more the whole list is cheaper.
	mostUnknown = 20
	// wholeEvery is how often the whole list is asked for all the same, which shows its order
	// and clients that were missed.
	wholeEvery = time.Hour
)

// A census is what the recorder knows of a server's client ids.
type census struct {
	ids      []int64   // of the last list, ascending; nil = not known
	accepted int64     // total_connections_received at the last list; -1 = not known
	whole    time.Time // when the last list came that was not asked for by known ids
	refused  bool      // the server does not know CLIENT LIST ID
	scans    bool      // the server looks at all clients for it
	wanted   []int64
}

// plan gives the ids to ask for; nil asks for the whole list. accepted is the server's counter
// of connections now, -1 where it is not known.
func (s *census) plan(accepted int64, now time.Time) []int64 {
	n := len(s.ids)
	if s.refused || n < 2*pieceSize || accepted < 0 || s.accepted < 0 || accepted < s.accepted || now.Sub(s.whole) > wholeEvery {
		return nil
	}
	news := accepted - s.accepted + spareIDs
	if news > int64(n)*mostUnknown {
		return nil
	}
	s.wanted = append(s.wanted[:0], s.ids...)
	for last := s.ids[n-1]; news > 0; news-- {
		last++
		s.wanted = append(s.wanted, last)
	}
	return s.wanted
}

// took notes what a list showed. connected is INFO's count, -1 where it is not known: a list
// of pieces that lacks many of them makes the next one whole.
func (s *census) took(c *record.Clients, whole bool, accepted, connected int64, now time.Time) {
	whole = whole || s.whole.IsZero() // the first list in pieces asks for all ids there can be
	s.ids, s.accepted = s.ids[:0], accepted
	for i := range c.Rows {
		id, ok := c.Rows[i].Int(record.FieldID)
		if !ok || id <= 0 {
			s.refused = true // before Redis 2.8.12: there are none to ask for
			return
		}
		s.ids = append(s.ids, id)
	}
	slices.Sort(s.ids)
	if whole {
		s.whole = now
	}
	if few := connected - connected/32 - spareIDs; !whole && int64(len(c.Rows)) < few {
		s.whole = time.Time{}
	}
}

// forget drops what is known, as with another process of the server.
func (s *census) forget() { s.ids, s.whole, s.accepted = s.ids[:0], time.Time{}, -1 }

// scansForIDs tells whether a server looks at all its clients for CLIENT LIST ID: with the filters of
// Valkey 8.1 an id became one of them (networking.c, getAllFilteredClientsInfoString).
func scansForIDs(id record.Identity) bool {
	return id.Family == record.FamilyValkey && id.AtLeast(8, 1)
}

// askClients asks for CLIENT LIST, in the pieces that c.pieces names where it names any.
func askClients(c *client, command []string) (*response, error) {
	defer c.cutFields()()
	ids := c.pieces
	if ids == nil {
		ids = c.firstPieces()
	}
	if ids == nil {
		return c.do(command...)
	}
	begin := time.Now()
	c.waits = c.waits[:0]
	all := &c.joined
	total := len(ids)
	*all = response{nodes: append(all.nodes[:0], node{kind: '$'}), text: slices.Grow(all.text[:0], c.listed+c.listed/16)}
	for ; len(ids) > 0; all.parts++ {
		n := min(c.pieceOf(total), len(ids))
		args := append(slices.Clone(command), "ID")
		for _, id := range ids[:n] {
			args = append(args, strconv.FormatInt(id, 10))
		}
		ids = ids[n:]
		if all.parts > 0 {
			time.Sleep(piecePause)
		}
		before := time.Since(begin)
		rep, err := c.do(args...)
		if isReplyError(err) && classify(err) != record.FailPerm && all.parts == 0 {
			c.noPieces = true // before Redis 6.2, or a server that is like it but for this
			return c.do(command...)
		}
		if err != nil {
			return nil, err
		}
		if !rep.isText(0) {
			return nil, errShape
		}
		c.waits, c.first = append(c.waits, c.wait), before+c.wait
		c.timed(bytes.Count(rep.bytes(0), newline))
		all.text = append(all.text, rep.bytes(0)...)
		all.wire += rep.wire
		if len(all.text) > c.in.max {
			return nil, protocolError("the pieces of CLIENT LIST are more than " + strconv.Itoa(c.in.max) + " bytes")
		}
	}
	all.nodes[0].hi, c.listed = len(all.text), len(all.text)
	slices.Sort(c.waits)
	c.wait = c.waits[len(c.waits)/2]
	return all, nil
}

// pieceOf gives how many of n ids to ask for at once.
func (c *client) pieceOf(n int) int {
	switch {
	case c.scans:
		return max(pieceSize, (n+scanPieces-1)/scanPieces)
	case c.perRow <= 0:
		return pieceSize
	}
	return min(max(int(pieceCost/c.perRow), leastPiece), pieceSize)
}

var newline = []byte("\n")

// timed notes what a row of the piece that has just come took the server, by the time to its first byte:
// the least of three pieces, so that one delay makes none of them small. Over a network on which a round
// trip takes longer than a piece may, the time says nothing of the server: there commandstats alone do.
func (c *client) timed(rows int) {
	if c.rtt >= pieceCost || rows < leastRows {
		return
	}
	c.rowWaits.add((c.wait-c.rtt)/time.Duration(rows), 3)
	if least, sure := c.rowWaits.least(3); sure {
		c.perRow = least
	}
}

// firstPieces gives the ids to ask for where no list has come yet: the connection's own id is
// the last that was given, and where the server is young all below it are not many. How many
// clients there are is asked where no INFO of this server has told.
func (c *client) firstPieces() []int64 {
	if c.noPieces || c.whole || c.id == 0 {
		return nil
	}
	if c.clients <= 0 {
		rep, err := c.do("INFO")
		if err != nil || !rep.isText(0) {
			return nil
		}
		var info record.Info
		info.Reset(rep.bytes(0))
		text, _ := info.Value("connected_clients")
		c.clients, c.scans = number(text), scansForIDs(record.Identify(&info))
	}
	if c.clients < 2*pieceSize || c.id > c.clients*mostUnknown {
		return nil
	}
	ids := make([]int64, c.id)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	return ids
}
