package segment

import (
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// clientColumnStores holds the columns of clients and spells while a segment is open.
type clientColumnStores struct {
	has, layout, port store[int64]
	host              store[string]
	fixedNums         [len(clientColumns)]store[int64]
	fixedTexts        [len(clientColumns)]store[string]
	nums              [len(clientColumns)]store[int64]
	texts             [len(clientColumns)]store[string]
	idle, ageOff      store[int64]
	bytes             int // of texts and lists' rows held, about
}

func (w *clientColumnStores) reset() {
	for _, s := range []*store[int64]{&w.has, &w.layout, &w.port, &w.idle, &w.ageOff} {
		s.reset()
	}
	w.host.reset()
	for i := range clientColumns {
		w.fixedNums[i].reset()
		w.fixedTexts[i].reset()
		w.nums[i].reset()
		w.texts[i].reset()
	}
	w.bytes = 0
}

// addClient takes the fixed fields over into the columns of clients.
func (w *clientColumnStores) addClient(c *record.Client) {
	w.has.add(int64(c.Has))
	w.layout.add(int64(c.Layout))
	host, port := splitAddr(c.Addr)
	w.host.add(host)
	w.port.add(port)
	for i := range clientColumns {
		col := &clientColumns[i]
		switch {
		case col.place == inSpells || i == columnAddr:
		case col.num != nil:
			w.fixedNums[i].add(*col.num(c))
		default:
			addText(&w.fixedTexts[i], *col.str(c), &w.bytes)
		}
	}
	w.bytes += 100 + len(host)
}

// countersOf gives a client's counters, in the order of clientColumns.
func countersOf(c *record.Client) [3]int64 { return [3]int64{c.NetIn, c.NetOut, c.Cmds} }

// addSpell takes the changing fields over into the columns of spells; before are the
// client's counters as last seen.
func (w *clientColumnStores) addSpell(before [3]int64, c *record.Client) {
	counter := 0
	for i := range clientColumns {
		col := &clientColumns[i]
		switch {
		case col.place == inClients:
		case col.place == inIncrease:
			w.nums[i].add(*col.num(c) - before[counter])
			counter++
		case col.num != nil:
			w.nums[i].add(col.spellNum(c))
		default:
			addText(&w.texts[i], *col.str(c), &w.bytes)
		}
	}
}

// sameClient tells whether a client has the fixed fields of a row of clients, its address
// aside.
func (w *clientColumnStores) sameClient(row int, c *record.Client) bool {
	if w.has.at(row) != int64(c.Has) || w.layout.at(row) != int64(c.Layout) {
		return false
	}
	for i := range clientColumns {
		col := &clientColumns[i]
		if col.place != inClients {
			break // they come first
		}
		if col.num != nil && w.fixedNums[i].at(row) != *col.num(c) ||
			col.str != nil && i != columnAddr && w.fixedTexts[i].at(row) != *col.str(c) {
			return false
		}
	}
	return true
}

// sameSpell tells whether a client has the changing fields of a row of spells, and its
// counters stand still.
func (w *clientColumnStores) sameSpell(row int, before [3]int64, c *record.Client) bool {
	if before != countersOf(c) {
		return false
	}
	for i := firstInSpells; i < len(clientColumns); i++ {
		col := &clientColumns[i]
		if col.place == inSpells && (col.num != nil && w.nums[i].at(row) != col.spellNum(c) ||
			col.str != nil && w.texts[i].at(row) != *col.str(c)) {
			return false
		}
	}
	return true
}

// addText adds a text, and to bytes what holding it takes.
func addText(s *store[string], v string, bytes *int) {
	n := len(s.dict) + len(s.plain)
	s.add(v)
	if len(s.dict)+len(s.plain) > n {
		*bytes += 50 + len(v)
	}
}

// splitAddr parts an address into host and port; the port is -1 where putting a colon
// between them would not give the address again.
func splitAddr(addr string) (host string, port int64) {
	i := strings.LastIndexByte(addr, ':')
	if i < 0 || len(addr)-i > 6 || len(addr)-i < 2 || addr[i+1] == '0' && len(addr)-i > 2 {
		return addr, -1
	}
	n, err := strconv.ParseUint(addr[i+1:], 10, 32)
	if err != nil {
		return addr, -1
	}
	return addr[:i], int64(n)
}

// joinAddr undoes splitAddr.
func joinAddr(host string, port int64) string {
	if port < 0 {
		return host
	}
	return host + ":" + strconv.FormatInt(port, 10)
}
