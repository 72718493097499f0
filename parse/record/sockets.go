package record

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SocketsCommand is the Command of an Other whose text is a table of sockets by peer, as
// AppendSockets writes it: no reply of a server's, but what a system told of its sockets.
const SocketsCommand = "SOCKETS"

// HostCommand is the Command of an Other with what the system told of the server's process, in the
// form of INFO: see package capture/host.
const HostCommand = "HOST"

// AllPeers names the peer of a count that does not tell peers apart.
const AllPeers = "(all)"

// Listed names the peer of a count of the lines of CLIENT LIST, as `client list | wc -l` makes one.
const Listed = "(listed)"

// Apart tells whether a name is of one peer, and not of a count of all.
func Apart(peer string) bool { return peer != AllPeers && peer != Listed }

// A Peer is what is known of the sockets of one peer: a host, a pod, a process.
type Peer struct {
	Name  string
	Count int64
	State string // as the system calls it; empty: told for all states together
}

// AppendSockets writes peers as the text of a table of sockets: a heading, then a line each
// with the count, the name and, where known, the state; the most first. It sorts peers.
func AppendSockets(b []byte, peers []Peer) []byte {
	b = append(b, "# sockets by peer (ss, netstat)\n"...)
	slices.SortStableFunc(peers, func(a, b Peer) int { return cmp.Compare(b.Count, a.Count) })
	for _, p := range peers {
		name := strings.Map(func(c rune) rune {
			if c <= ' ' || c == 0x7f {
				return '_'
			}
			return c
		}, p.Name)
		b = fmt.Appendf(b, "%d %.200s", p.Count, name)
		if p.State != "" {
			b = append(append(b, ' '), p.State...)
		}
		b = append(b, '\n')
	}
	return b
}

// Sockets gives the sockets by peer of a table of sockets; false for another reply.
func (o *Other) Sockets() ([]Peer, bool) {
	if o.Command != SocketsCommand {
		return nil, false
	}
	var out []Peer
	for line := range bytes.Lines(o.Text) {
		f := strings.Fields(string(line))
		if len(f) != 2 && len(f) != 3 {
			continue
		}
		n, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			continue
		}
		p := Peer{Name: f[1], Count: n}
		if len(f) == 3 {
			p.State = f[2]
		}
		out = append(out, p)
	}
	return out, true
}
