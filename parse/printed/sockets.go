package printed

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/library"
	"github.com/connbox/connbox/parse/printed/scan"
	"github.com/connbox/connbox/parse/record"
)

// socketStates are TCP's, as ss and netstat write them.
var socketStates = map[string]bool{"ESTAB": true, "ESTABLISHED": true, "SYN-SENT": true, "SYN_SENT": true,
	"SYN-RECV": true, "SYN_RECV": true,
	"FIN-WAIT-1": true, "FIN_WAIT1": true, "FIN_WAIT_1": true, "FIN-WAIT-2": true, "FIN_WAIT2": true,
	"FIN_WAIT_2": true, "TIME-WAIT": true, "TIME_WAIT": true,
	"CLOSE-WAIT": true, "CLOSE_WAIT": true, "LAST-ACK": true, "LAST_ACK": true, "CLOSING": true, "CLOSED": true,
	"UNCONN": true, "LISTEN": true, "LISTENING": true}

// A socket is one line of a table.
type socket struct{ host, port, peerHost, peerPort, state string }

// quoteMarks stand around lines that are quoted, in Markdown and in tables.
const quoteMarks = " \t>|`"

// socketOf reads a line of ss, netstat or lsof.
func socketOf(line []byte) (s socket, ok bool) {
	if len(line) > 1000 || !mayBeSocket(line) {
		return s, false
	}
	f := strings.Fields(strings.Trim(string(line), quoteMarks))
	for i, w := range f {
		if from, to, ok := strings.Cut(w, "->"); ok && i+1 < len(f) { // lsof
			s.state = strings.Trim(f[i+1], "()")
			return s, s.ends(from, to) && socketStates[s.state]
		}
		if !socketStates[w] {
			continue
		}
		s.state = w
		switch {
		case i <= 1 && len(f) > i+4: // ss: [netid] state recv-q send-q local peer
			return s, s.ends(f[i+3], f[i+4])
		case i == 3 && f[0] == "TCP": // netstat of Windows: proto local peer state
			return s, s.ends(f[1], f[2])
		case i >= 5 && strings.HasPrefix(f[0], "tcp"): // netstat: proto recv-q send-q local peer state
			return s, s.ends(f[i-2], f[i-1])
		}
		return s, false
	}
	return s, false
}

// mayBeSocket is a cheap look: netstat and lsof name the protocol, ss may begin with the state.
func mayBeSocket(line []byte) bool {
	if bytes.Contains(line, []byte("tcp")) || bytes.Contains(line, []byte("TCP")) {
		return true
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(line[:min(len(line), 80)], quoteMarks), []byte(" "))
	return socketStates[string(first)]
}

func (s *socket) ends(local, peer string) bool {
	var a, b bool
	s.host, s.port, a = hostPort(local)
	s.peerHost, s.peerPort, b = hostPort(peer)
	return a && b
}

// hostPort splits 10.0.0.1:6379, [::1]:6379, *:*, and BSD's 10.0.0.1.6379.
func hostPort(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 && strings.Count(s, ".") == 4 {
		i = strings.LastIndexByte(s, '.')
	}
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	host = strings.TrimPrefix(strings.Trim(s[:i], "[]"), "::ffff:")
	host, _, _ = strings.Cut(host, "%")
	return host, s[i+1:], true
}

// isSockets tells a table with little around it; a server's log may quote one.
func isSockets(lines [][]byte) bool {
	n, others := 0, 0
	for _, l := range lines {
		if _, ok := socketOf(l); ok {
			n++
		} else if len(bytes.TrimSpace(l)) > 0 {
			others++
		}
	}
	return n > 1 && n+5 > others
}

// serverPorts are the ports of Redis, of its TLS, cluster bus and Sentinel.
var serverPorts = [...]string{"6379", "redis", "6380", "16379", "26379", "7000", "7001", "7002", "6378", "10000"}

// A socketCount counts sockets by peer.
type socketCount struct {
	r     *Result
	ahead []socket // until the port is known
	port  string
	here  bool // the server's port is this machine's: the peers are the clients
	peers map[[2]string]int64
	line  int64
	at    float64
	told  int64
}

// socketsAhead is how many sockets are looked at to find the server's port.
const socketsAhead = 10_000

const maxPeers = 1 << 16

// maxMessage is how much of a line beside a table is looked at for a message of a client's library.
const maxMessage = 400

// message takes a line that is a message of a client's library into the text that is left over, which
// keeps so much of it that it can be read, and tells whether it is one.
func (r *Result) message(line []byte) bool {
	line = bytes.TrimSpace(line[:min(len(line), maxMessage)])
	const kept = 110 // of what used keeps of a name
	for _, part := range [...][]byte{line[max(0, len(line)-kept):], line[:min(len(line), kept)]} {
		if _, rank := library.Says(part); rank > 0 {
			r.used(string(part), "", 1)
			return true
		}
	}
	return false
}

func readSockets(r *Result, in *scan.Text) error {
	c := socketCount{r: r, peers: map[[2]string]int64{}}
	err := in.EachLine(func(n int64, line []byte) error {
		s, ok := socketOf(line)
		if !ok {
			if at, ok := scan.When(strings.Trim(string(line[:min(len(line), 60)]), "=-#[] "), false); ok {
				err := c.end()
				c.at = at
				return err
			}
			if !c.r.message(line) && len(bytes.TrimSpace(line)) > 0 {
				c.told++
			}
			return nil
		}
		if c.line == 0 {
			c.line = n
		}
		if c.port != "" {
			c.count(&s)
		} else if c.ahead = append(c.ahead, s); len(c.ahead) >= socketsAhead {
			c.choose()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.end()
}

// choose finds the server's port: a known one, or the one on one side of most sockets.
func (c *socketCount) choose() {
	count := map[string][2]int{}
	for i := range c.ahead {
		s := &c.ahead[i]
		l, p := count[s.port], count[s.peerPort]
		l[0]++
		count[s.port] = l
		if s.port != s.peerPort {
			p[1]++
			count[s.peerPort] = p
		}
	}
	best := 0
	for _, port := range serverPorts {
		if n := count[port]; max(n[0], n[1]) > best {
			best, c.port, c.here = max(n[0], n[1]), port, n[0] >= n[1]
		}
	}
	if c.port == "" {
		for port, n := range count {
			if m := max(n[0], n[1]); m > best && m > 2 && 2*m > len(c.ahead) {
				best, c.port, c.here = m, port, n[0] >= n[1]
			}
		}
	}
	for i := range c.ahead {
		if c.port != "" {
			c.count(&c.ahead[i])
		}
	}
	if c.port == "" {
		c.told += int64(len(c.ahead))
	}
	c.ahead = c.ahead[:0]
}

// count counts a socket for the client at its one end.
func (c *socketCount) count(s *socket) {
	client := s.peerHost
	switch {
	case s.state == "LISTEN", s.state == "LISTENING", s.state == "UNCONN":
		return
	case c.here && s.port != c.port, !c.here && s.peerPort != c.port:
		c.told++
		return
	case !c.here:
		client = s.host
	}
	k := [2]string{client, s.state}
	if _, ok := c.peers[k]; !ok && len(c.peers) >= maxPeers {
		c.told++
		return
	}
	c.peers[k]++
}

// end makes a reply of what was counted.
func (c *socketCount) end() error {
	if len(c.ahead) > 0 {
		c.choose()
	}
	if c.told > 0 {
		c.r.used("(lines that are no sockets of the server)", "", int(c.told))
		c.told = 0
	}
	if len(c.peers) == 0 {
		return nil
	}
	var peers []record.Peer
	total := int64(0)
	for k, n := range c.peers {
		peers = append(peers, record.Peer{Name: k[0], Count: n, State: k[1]})
		total += n
	}
	slices.SortFunc(peers, func(a, b record.Peer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name),
			strings.Compare(a.State, b.State))
	})
	c.r.used("sockets with port "+c.port, "sockets", int(total))
	p := Reply{Kind: Sockets, After: -1, Line: c.line, Text: record.AppendSockets(nil, peers)}
	if c.at > 0 {
		p.At = scan.Unix(c.at)
	}
	c.peers, c.line = map[[2]string]int64{}, 0
	return c.r.add(p)
}
