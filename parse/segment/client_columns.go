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
		case col.place == inSpells || col.name == "addr":
		case col.num != nil:
			w.fixedNums[i].add(*col.num(c))
		default:
			addText(&w.fixedTexts[i], *col.str(c), &w.bytes)
		}
	}
	w.bytes += 100 + len(host)
}

// addSpell takes the changing fields over into the columns of spells; prev is the client
// as it was before.
func (w *clientColumnStores) addSpell(prev, c *record.Client) {
	for i := range clientColumns {
		col := &clientColumns[i]
		switch {
		case col.place == inClients:
		case col.place == inIncrease:
			w.nums[i].add(*col.num(c) - *col.num(prev))
		case col.name == "mem_rest":
			w.nums[i].add(c.TotMem - memParts(c))
		case col.num != nil:
			w.nums[i].add(*col.num(c))
		default:
			addText(&w.texts[i], *col.str(c), &w.bytes)
		}
	}
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
