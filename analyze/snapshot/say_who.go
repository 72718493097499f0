package snapshot

import (
	"fmt"
	"strings"
)

// The bounds of what Say lists, for a screen.
const (
	sayHosts = 4
	sayWords = 3
)

// holders says who holds the connections, host by host.
func (s *speaker) holders() {
	f := s.f
	if f.Partial() {
		s.say(Holders, f.ListPos, "The list holds %s of the %s: a part, of which alone the following is.", number(f.Rows), count(f.Connected, "connection"))
	}
	switch {
	case f.Masked:
		s.say(Holders, f.ListPos, "The addresses are masked in the input: hosts cannot be told apart.")
	case f.Rows == 1:
		s.say(Holders, f.ListPos, "It comes from %s.", f.Hosts[0].Key)
	case len(f.Hosts) == 1:
		s.say(Holders, f.ListPos, "All %s come from %s.", number(f.Rows), f.Hosts[0].Key)
	default:
		s.say(Holders, f.ListPos, "%s: %s.", count(float64(len(f.Hosts)), "host"), list(f.Hosts, f.Rows, sayHosts))
		if n, size := instances(f.Hosts); n >= 3 {
			s.say(Holders, f.ListPos, "%d instances x %d connections = %d of %s.", n, size, n*size, number(f.Rows))
		}
	}
	for _, by := range []struct {
		what   string
		groups []Group
	}{{"names", f.Names}, {"users", f.Users}, {"libraries", f.Libs}, {"last commands", f.Cmds}} {
		if told(by.groups) {
			total := 0
			for i := range by.groups {
				total += by.groups[i].Count
			}
			s.say(Holders, f.ListPos, "%s: %s.", upper(by.what), list(by.groups, float64(total), sayWords))
		}
	}
	s.kinds()
}

// observing are the last commands of people who look at a server with redis-cli, which asks
// command|docs when it starts.
var observing = map[string]bool{"client|list": true, "client": true, "command|docs": true, "command": true, "slowlog|get": true, "config|get": true, "monitor": true}

// kinds says what the last commands tell of who is connected: only people who look, or pools
// that open several kinds of connection together, as job queues do.
func (s *speaker) kinds() {
	f := s.f
	looking, mixed, size := 0, 0, 0
	for _, g := range f.Cmds {
		if observing[g.Key] {
			looking += g.Count
		}
	}
	anonymous := len(f.Names) == 1 && f.Names[0].Key == "" // "client" may be any of a library's, too
	if looking > 1 && float64(looking) == f.Rows && anonymous {
		s.say(Holders, f.ListPos, "All look at the server themselves, as redis-cli does.")
		return
	}
	for _, g := range f.Cmds {
		if g.Count >= 2 && !observing[g.Key] && (size == 0 || g.Count == size) {
			size, mixed = g.Count, mixed+1
		}
	}
	if mixed >= 3 && (f.BlockedNow > 0 || f.PubSubNow > 0) && float64(2*mixed*size) >= f.Rows {
		s.say(Holders, f.ListPos, "Equal numbers (%d) of %d last commands: sets of connections opened together, as job queues open them.", size, mixed)
	}
}

// told tells whether groups say anything: some value other than none, and for users other
// than everybody's default.
func told(g []Group) bool {
	return len(g) > 1 || len(g) == 1 && g[0].Key != "" && g[0].Key != "default"
}

// list names the largest groups and what is left.
func list(g []Group, total float64, most int) string {
	var parts []string
	shown := 0
	for i := range g[:min(most, len(g))] {
		key := g[i].Key
		if key == "" {
			key = "(none)"
		}
		parts = append(parts, fmt.Sprintf("%s %d%s", key, g[i].Count, of(float64(g[i].Count), total)))
		shown += g[i].Count
	}
	if len(g) > most {
		parts = append(parts, fmt.Sprintf("%s %d", count(float64(len(g)-most), "other"), int(total)-shown))
	}
	return strings.Join(parts, ", ")
}

// instances gives how many hosts hold the most common number of connections, which is two
// at least.
func instances(hosts []Group) (n, size int) {
	counts := map[int]int{}
	for i := range hosts {
		if c := hosts[i].Count; c >= 2 {
			counts[c]++
			if counts[c] > n || counts[c] == n && c > size {
				n, size = counts[c], c
			}
		}
	}
	return n, size
}
