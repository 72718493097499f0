package snapshot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// The bounds of what Say lists, for a screen.
const (
	sayHosts = 4
	sayWords = 3
)

// farIdle is from how many times their idle time on two groups do not rest alike.
const farIdle = 1.5

// holders says who holds the connections, host by host.
func (s *speaker) holders() {
	f := s.f
	if f.Partial() {
		s.say(Holders, f.ListPos, "The list holds %s of the %s: a part, of which alone the following is.", number(f.Rows), count(f.Connected, "connection"))
	}
	if f.shot.gaps {
		s.say(Holders, f.ListPos, "The text leaves out lines of the list, as it says: what follows is of the rest.")
	}
	switch {
	case f.Nowhere != "":
		s.say(Holders, f.ListPos, "Their addresses are not told (%s)%s.", f.Nowhere, gone[f.Nowhere])
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
	}{{"names", f.Names}, {"users", f.Users}, {"libraries", f.Libs}, {"last commands", unasked(f.Cmds)}} {
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

// gone says what an address that is none means. Redis prints ?:0 where the system no longer tells the
// other end of a socket. Source: anet.c anetFdToString.
var gone = map[string]string{"?:0": ": their sockets are connected to nobody any more"}

// unasked words the last command of a client that has sent none. Source: networking.c catClientInfoString.
func unasked(cmds []Group) []Group {
	out := slices.Clone(cmds)
	for i := range out {
		if out[i].Key == "NULL" {
			out[i].Key = "none yet (NULL)"
		}
	}
	return out
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

// living says how the connections live: those of the host that holds most of what is not
// used, else of the largest host, else all.
func (s *speaker) living() {
	f := s.f
	if f.Ageless {
		s.ageless()
		return
	}
	half := ""
	if n := len(f.idles); n >= 2 {
		if m := slices.Sorted(slices.Values(f.idles))[(n-1)/2]; m >= 60 {
			half = ", half idle for over " + span(m)
		}
	}
	if n := len(f.ages); n >= 2 && span(f.ages[0]) != span(f.OldestAge) {
		half = ", youngest " + span(f.ages[0]) + half
	}
	s.say(Living, f.ListPos, "Oldest %s%s; idle over 5 min: %s, over 1 h: %s, over 1 d: %s; at most 5 s old: %s.", span(f.OldestAge), half,
		number(f.Idle5m*f.Rows), number(f.Idle1h*f.Rows), number(f.Idle1d*f.Rows), number(f.Young5s*f.Rows))
	s.together()
	g, who := s.subject()
	if g == nil {
		return
	}
	never := math.Round(g.NeverUsed * float64(g.Count))
	if never >= 1 {
		since := ""
		if s.arrival(g) == "" {
			since = ", opened " + s.unusedSince(g) + " ago"
		}
		s.say(Living, f.ListPos, "%s: %s of %d were not used after their first moments (idle equals age)%s.", upper(who), number(never), g.Count, since)
	}
	if all := math.Round(f.NeverUsed * f.Rows); all > never && g.Key != "" {
		s.say(Living, f.ListPos, "Of all %s: %s not used after the first moments.", number(f.Rows), number(all))
	}
	s.births()
	if w := s.arrival(g); w != "" {
		s.say(Living, f.ListPos, "%s: %s. Those closed since left no trace.", upper(who), w)
	}
	if g.Count >= 3 && g.LastUse >= 0.9 && g.IdleP50 > 60 && g.AgeHi-g.AgeLo > 2*max(5, g.IdleP50/20) && g.NeverUsed < 0.5 {
		s.say(Living, f.ListPos, "%s: %s of them were last used at one time, %s ago.", upper(who), percent(g.LastUse), span(g.IdleP50))
	}
	if rest := s.others(g); rest >= 0 && g.Count >= 3 && g.IdleP50 > 300 && (g.IdleP50 > farIdle*rest || rest > farIdle*g.IdleP50) {
		s.say(Living, f.ListPos, "Half of %s are idle for over %s; of the other hosts for over %s.", who, span(g.IdleP50), span(rest))
	}
}

// ageless says how they live of a list without ages, as that of Redis 2.4.
func (s *speaker) ageless() {
	f := s.f
	if !f.tells(record.FieldIdle) {
		s.say(Living, f.ListPos, "Ages and idle times are not in the list.")
		return
	}
	var longest, i5, i1, id float64
	for _, c := range f.rows {
		idle := float64(c.Idle)
		longest = max(longest, idle)
		i5, i1, id = i5+one(idle > 300), i1+one(idle > 3600), id+one(idle > 86400)
	}
	s.say(Living, f.ListPos, "Ages are not in the list. Idle over 5 min: %s, over 1 h: %s, over 1 d: %s; the longest %s.", number(i5), number(i1), number(id), span(longest))
}

// togetherIn is the part of the oldest age within which connections of several hosts were opened at once.
const togetherIn = 0.001

// together says that most connections of several hosts were opened at one time.
func (s *speaker) together() {
	ages := s.f.ages // sorted
	if len(s.f.Hosts) < 2 || s.f.Masked || len(ages) < 3 {
		return
	}
	lo, hi := densest(ages, max(5, togetherIn*ages[len(ages)-1]))
	if n := hi - lo + 1; n >= 3 && 2*n > len(ages) && ages[hi] > 5 {
		s.say(Living, s.f.ListPos, "%d of %d were opened within %s, %s ago.", n, len(ages), span(ages[hi]-ages[lo]), span(ages[hi]))
	}
}

// unusedSince tells how long ago the unused connections of a group were opened.
func (s *speaker) unusedSince(g *Group) string {
	lo, hi := math.Inf(1), 0.0
	for _, c := range s.f.rows {
		if (g.Key == "" || c.Host() == g.Key) && unused(c) {
			lo, hi = min(lo, float64(c.Age)), max(hi, float64(c.Age))
		}
	}
	if span(lo) == span(hi) {
		return span(hi)
	}
	return span(hi) + " to " + span(lo)
}

// What ids tell of connections between the oldest and the youngest of a list.
const (
	birthsOver = 10.0 // seconds apart at least
	birthsMore = 2    // times as many as are left at least
)

// births tells, by their ids, how many connections were opened while those of the list were, where most are
// gone: a server counts its clients up.
func (s *speaker) births() {
	var first, last *record.Client
	for _, c := range s.f.rows {
		if !c.Has.Has(record.FieldID) || c.ID <= 0 {
			return
		}
		if first == nil || c.ID < first.ID {
			first = c
		}
		if last == nil || c.ID > last.ID {
			last = c
		}
	}
	if first == nil || float64(first.Age-last.Age) < birthsOver {
		return
	}
	n, over := float64(last.ID-first.ID+1), float64(first.Age-last.Age)
	if n < birthsMore*s.f.Rows {
		return
	}
	s.say(Living, s.f.ListPos, "By their ids about %s connections came from the first to the last of them, within %s (%s/s); %s are in the list.",
		number(n), span(over), small(n/over), number(s.f.Rows))
}

// pools tells of a service whose pools have nothing to spare while others rest: whether its
// requests wait for them only the applications' own metrics tell.
func (s *speaker) pools() {
	f := s.f
	rest := 0.0
	for _, idle := range f.idles {
		rest += one(idle > busyIdle)
	}
	for i := range f.Services {
		x := &f.Services[i]
		if others := f.Rows - float64(x.Count); x.busy() && x.Count >= 8 && others >= 8 && rest >= others/4 {
			s.say(Living, f.ListPos, "%s: none of its %d connections (%d hosts x %d) rests over %.0f s: its pools may be too small, which its own metrics tell (--app).",
				x.Key, x.Count, len(x.Hosts), x.Hosts[0].Count, float64(busyIdle))
			return
		}
	}
}

// subject picks the group that living speaks of.
func (s *speaker) subject() (*Group, string) {
	f := s.f
	if f.Masked || len(f.Hosts) == 1 {
		all := make([]int, len(f.rows))
		for i := range all {
			all[i] = i
		}
		g := f.group("", all)
		return &g, "all"
	}
	if len(f.Hosts) == 0 {
		return nil, ""
	}
	if g := worst(f); g != nil && g.NeverUsed*float64(g.Count) >= 0.1*f.Rows {
		return g, g.Key
	}
	return &f.Hosts[0], f.Hosts[0].Key
}

// others gives the median idle time of all rows but the group's; -1 where there are few.
func (s *speaker) others(g *Group) float64 {
	var idle []float64
	for i := range s.f.rows {
		if g.Key != "" && s.f.rows[i].Host() != g.Key {
			idle = append(idle, float64(s.f.rows[i].Idle))
		}
	}
	if len(idle) < 3 {
		return -1
	}
	return slices.Sorted(slices.Values(idle))[len(idle)/2]
}

// What arrivals are called: even, where their distance from an even spread is under evenTo
// (of 30 uniform births nine in ten lie under 0.21); one burst, where burstFrom of them lie in
// the fullest fiftieth of the time; together, where all do within togetherTo of their age.
const (
	evenTo     = 0.2
	burstFrom  = 0.5
	togetherTo = 0.05
)

// arrival says when the survivors of a group were opened; empty for fewer than five, of which
// only that all are of one age is worth a word.
func (s *speaker) arrival(g *Group) string {
	if g.Count < 3 || g.Count < 5 && g.AgeHi-g.AgeLo > 5 {
		return ""
	}
	var ages []float64
	for i := range s.f.rows {
		if g.Key == "" || s.f.rows[i].Host() == g.Key {
			ages = append(ages, float64(s.f.rows[i].Age))
		}
	}
	slices.Sort(ages)
	over := g.AgeHi - g.AgeLo
	if over <= max(5, togetherTo*g.AgeHi) {
		return fmt.Sprintf("all opened within %s, %s ago", span(over), span(g.AgeHi))
	}
	if g.Even <= evenTo {
		return fmt.Sprintf("opened one after the other, evenly from %s to %s ago (about %s a minute)", span(g.AgeHi), span(g.AgeLo), small(float64(g.Count)/over*60))
	}
	if lo, hi := window(ages); float64(hi-lo+1) >= burstFrom*float64(len(ages)) {
		return fmt.Sprintf("%d of %d opened in one burst %s ago, the first %s ago", hi-lo+1, g.Count, span(ages[hi]), span(g.AgeHi))
	}
	return fmt.Sprintf("opened unevenly from %s to %s ago", span(g.AgeHi), span(g.AgeLo))
}
