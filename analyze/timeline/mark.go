package timeline

import (
	"math"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A mark is by what the next reply of a server is known where it has no run id: connections that are
// still there, or an uptime that went on as the clock did.
type mark struct {
	clients  map[int64]string // of the last list, address by id; at most markClients
	at       time.Time        // of the last INFO that tells an uptime
	uptime   float64
	accepted float64
	port     string
}

const (
	markClients = 64
	markSecs    = 2 // that an uptime and a clock may be apart
)

func unmarked() mark { return mark{uptime: math.NaN(), accepted: math.NaN()} }

// list takes the connections of a list. Masked addresses tell nobody apart.
func (m *mark) list(r *record.Clients) {
	if m.clients == nil {
		m.clients = make(map[int64]string, markClients)
	}
	clear(m.clients)
	for i := range r.Rows[:min(len(r.Rows), markClients)] {
		if c := &r.Rows[i]; tellsApart(c) {
			m.clients[c.ID] = c.Addr
		}
	}
}

// tellsApart tells a connection with an id and a whole address.
func tellsApart(c *record.Client) bool {
	return c.ID > 0 && strings.ContainsAny(c.Addr, "0123456789") && !strings.ContainsAny(c.Addr, "*{}<>xX/") && !strings.HasSuffix(c.Addr, ":0")
}

// shares tells whether at least half the connections of the last list are in this one.
func (m *mark) shares(r *record.Clients) bool {
	same := 0
	for i := range r.Rows {
		if c := &r.Rows[i]; tellsApart(c) && m.clients[c.ID] == c.Addr {
			same++
		}
	}
	return same > 0 && 2*same >= len(m.clients)
}

// info takes what an INFO tells of how long the server has run.
func (m *mark) info(r *record.Info) {
	if up := gauge(r, "uptime_in_seconds"); !math.IsNaN(up) && !r.At.IsZero() {
		m.at, m.uptime, m.accepted = r.At, up, gauge(r, "total_connections_received")
		m.port, _ = r.String("tcp_port")
	}
}

// ticks tells whether an INFO is of the process of the last one: its uptime went on as the clock did,
// it accepted no fewer connections, and listens where that did.
func (m *mark) ticks(r *record.Info) bool {
	port, _ := r.String("tcp_port")
	if m.at.IsZero() || r.At.IsZero() || port != m.port {
		return false
	}
	grown := gauge(r, "uptime_in_seconds") - m.uptime - r.At.Sub(m.at).Seconds()
	return math.Abs(grown) <= markSecs && gauge(r, "total_connections_received") >= m.accepted
}
