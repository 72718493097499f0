package snapshot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A Line is one sentence about a snapshot, with the places in the input that it rests on.
type Line struct {
	Topic Topic
	Text  string
	At    []string
}

// A Topic says which question a Line answers.
type Topic string

// The topics, in the order of Say.
const (
	Fullness Topic = "how full"
	Holders  Topic = "who"
	Living   Topic = "how they live"
	Waiting  Topic = "what waits"
	Between  Topic = "in between"
)

// The bounds of what Say lists, for a screen.
const (
	sayHosts = 4
	sayWords = 3
)

// A speaker collects lines.
type speaker struct {
	f   *Facts
	out []Line
}

func (s *speaker) say(topic Topic, at string, format string, args ...any) {
	l := Line{Topic: topic, Text: fmt.Sprintf(format, args...)}
	if at != "" {
		l.At = []string{at}
	}
	s.out = append(s.out, l)
}

// Say gives what the facts hold as sentences, by topic. What the input does not hold is not
// mentioned, but for the limit and the list, whose absence is said: nobody can do without.
func (f *Facts) Say() []Line {
	s := &speaker{f: f}
	s.fullness()
	s.sinceStart()
	s.classes()
	if f.Rows > 0 {
		s.holders()
		s.living()
		s.pools()
	}
	s.waiting()
	if slices.ContainsFunc(s.out, func(l Line) bool { return l.Topic == Waiting }) || math.IsNaN(f.Connected) {
		s.memory()
	}
	return s.out
}

// fullness says how many of how many slots are taken.
func (s *speaker) fullness() {
	f, at := s.f, s.f.InfoPos
	if !f.shot.HasInfo() {
		at = f.ListPos
	}
	what := count(f.Connected, "connection")
	own := max(f.Replicas, 0) + max(f.ClusterLinks, 0) // NaN counts as none
	if math.IsNaN(own) {
		own = 0
	}
	taken := f.Connected + own
	switch {
	case math.IsNaN(f.Connected) && f.Limit > 0:
		s.say(Fullness, at, "The limit is %s; how many connections there are is not in the input.", number(f.Limit))
	case math.IsNaN(f.Connected) && f.shot.Full:
		s.say(Fullness, place(f.shot.full), "A connection was refused, max number of clients reached: the server is at its limit; how many connections that is, is not in the input.")
		return
	case math.IsNaN(f.Connected) && f.shot.info["connected_clients"] != "":
		s.say(Fullness, at, "The number of connections in the input cannot be: %.20q.", f.shot.info["connected_clients"])
	case math.IsNaN(f.Connected) && f.shot.mention != "":
		s.say(Fullness, place(f.shot.mentioned), "A sentence of the input says connected_clients:%s, which is taken for a guess; no reply of the server tells how many connections there are.", f.shot.mention)
	case math.IsNaN(f.Connected):
		s.say(Fullness, at, "How many connections there are is not in the input.")
	case !f.shot.HasInfo() && f.Omitted > 0:
		s.say(Fullness, at, "%s by the list, of which %s are in the text and %s are left out.", upper(what), number(f.Connected-f.Omitted), number(f.Omitted))
	case !f.shot.HasInfo() && !(f.Limit > 0):
		s.say(Fullness, at, "%s in the list; the limit is not in the input: INFO (from 6.2) or CONFIG GET maxclients shows it.", upper(what))
	case !(f.Limit > 0):
		s.say(Fullness, at, "%s; the limit is not in the input: CONFIG GET maxclients shows it.", upper(what))
	case own > 0:
		s.say(Fullness, at, "%s and %s of the server's own: %s of %s slots (%s).", upper(what), number(own), number(taken), number(f.Limit), percent(taken/f.Limit))
	case f.shot.byDocs:
		s.say(Fullness, at, "%s of the %s that the service documents as its limit (%s)%s.", number(f.Connected), count(f.Limit, "connection"), percent(taken/f.Limit), f.far())
	default:
		s.say(Fullness, at, "%s of %s (%s)%s.", number(f.Connected), count(f.Limit, "connection"), percent(taken/f.Limit), f.far())
	}
	if f.shot.reserve > 0 {
		s.say(Fullness, at, "%s of maxclients are kept for priority sources: the limit here is what is left for all others.", count(f.shot.reserve, "slot"))
	}
	if f.shot.Full && taken < f.Limit {
		s.say(Fullness, place(f.shot.full), "Another reply of the input was refused, max number of clients reached: a server in it is at its limit.")
	} else if f.shot.Full {
		s.say(Fullness, place(f.shot.full), "A client was refused at that moment: max number of clients reached.")
	}
}

// far says that the limit is no trouble, where half of it is free and nobody was refused.
func (f *Facts) far() string {
	if f.shot.Full || f.Refused > 0 || f.Partial() || !(f.Occupied < farFrom*f.Limit) {
		return ""
	}
	return ": far from the limit"
}

// farFrom is the share of the limit in use up to which it is far.
const farFrom = 0.5

// sinceStart says what the counters of INFO hold.
func (s *speaker) sinceStart() {
	f := s.f
	var parts []string
	if f.Accepted >= 0 {
		rate := ""
		if f.Uptime > 0 {
			rate = " (" + small(f.Accepted/f.Uptime) + "/s)"
		}
		parts = append(parts, number(f.Accepted)+" accepted"+rate)
	}
	switch {
	case f.Refused > 0 && f.Accepted >= 0:
		parts = append(parts, fmt.Sprintf("%s refused (%s of the attempts)", number(f.Refused), percent(f.Refused/(f.Refused+f.Accepted))))
	case f.Refused >= 0:
		parts = append(parts, number(f.Refused)+" refused")
	}
	add := func(v float64, what string) {
		if v > 0 {
			parts = append(parts, number(v)+" "+what)
		}
	}
	add(f.OutCuts, "cut at the output-buffer limit")
	add(f.QueryCuts, "cut at the query-buffer limit")
	add(f.Evicted, "evicted for memory")
	add(f.AuthErrors, "logins denied or missing")
	if len(parts) == 0 {
		return
	}
	since := "Since the start"
	if _, summed := f.shot.info[record.SummedKey]; summed { // counters of an export begin with it
		since = "In the export"
	} else if f.Uptime > 0 {
		since += " " + span(f.Uptime) + " ago"
	}
	s.say(Fullness, f.InfoPos, "%s: %s.", since, strings.Join(parts, ", "))
}

// classes says how many are no ordinary clients.
func (s *speaker) classes() {
	f := s.f
	var parts []string
	add := func(v float64, what string) {
		if v > 0 {
			parts = append(parts, number(v)+" "+what)
		}
	}
	at := f.InfoPos
	if f.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%s in a blocking command%s", number(f.Blocked), of(f.Blocked, f.Connected)))
	} else if math.IsNaN(f.Blocked) {
		add(f.BlockedNow*f.Rows, "in a blocking command")
	}
	if f.PubSub > 0 {
		parts = append(parts, count(f.PubSub, "subscriber"))
	} else {
		if n := math.Round(f.PubSubNow * f.Rows); n > 0 {
			parts = append(parts, count(n, "subscriber"))
		}
	}
	if f.Replicas > 0 {
		parts = append(parts, count(f.Replicas, "replica"))
	}
	if f.ClusterLinks > 0 {
		parts = append(parts, count(f.ClusterLinks, "cluster link"))
	}
	if !(f.Replicas > 0) {
		add(f.Internal, "replicas, primaries or Sentinels")
	}
	add(f.Monitors, "in MONITOR")
	if len(parts) == 0 {
		return
	}
	if at == "" {
		at = f.ListPos
	}
	s.say(Fullness, at, "%s.", strings.Join(parts, ", "))
}

// of gives a part as a share of the whole; nothing where that is not known.
func of(part, whole float64) string {
	if !(whole > 0) || part > whole {
		return ""
	}
	return " (" + percent(part/whole) + ")"
}

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

// living says how the connections live: those of the host that holds most of what is not
// used, else of the largest host, else all.
func (s *speaker) living() {
	f := s.f
	if f.Ageless {
		s.say(Living, f.ListPos, "Ages and idle times are not in the list.")
		return
	}
	s.say(Living, f.ListPos, "Oldest %s; idle over 5 min %s, over 1 h %s, over 1 d %s; at most 5 s old %s.", span(f.OldestAge),
		number(f.Idle5m*f.Rows), number(f.Idle1h*f.Rows), number(f.Idle1d*f.Rows), number(f.Young5s*f.Rows))
	g, who := s.subject()
	if g == nil {
		return
	}
	never := math.Round(g.NeverUsed * float64(g.Count))
	if never >= 1 {
		s.say(Living, f.ListPos, "%s: %s of %d were not used after their first moments (idle equals age).", upper(who), number(never), g.Count)
	}
	if all := math.Round(f.NeverUsed * f.Rows); all > never && g.Key != "" {
		s.say(Living, f.ListPos, "Of all %s: %s not used after the first moments.", number(f.Rows), number(all))
	}
	if w := s.arrival(g); w != "" {
		s.say(Living, f.ListPos, "%s: %s. Those closed since left no trace.", upper(who), w)
	}
	if g.Count >= 3 && g.LastUse >= 0.9 && g.IdleP50 > 60 && g.AgeHi-g.AgeLo > 2*max(5, g.IdleP50/20) && g.NeverUsed < 0.5 {
		s.say(Living, f.ListPos, "%s: %s of them were last used at one time, %s ago.", upper(who), percent(g.LastUse), span(g.IdleP50))
	}
	if rest := s.others(g); rest >= 0 && g.Count >= 3 && g.IdleP50 > 300 {
		s.say(Living, f.ListPos, "Half of %s are idle for over %s; of the other hosts for over %s.", who, span(g.IdleP50), span(rest))
	}
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
	return sortedCopy(idle)[len(idle)/2]
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

// waiting says what lies in buffers.
func (s *speaker) waiting() {
	f := s.f
	if f.OutMax > 0 {
		who := ""
		if !f.Masked && f.OutMaxHost != "" {
			who = " for " + f.OutMaxHost
		}
		s.say(Waiting, f.ListPos, "Output waiting: %s in all, the most %s%s.", size(f.OutSum), size(f.OutMax), who)
	}
	if w := &f.shot.wait; w.bytes > int64(f.OutMax) && f.OutMax >= 0 && w.nth != f.shot.nth {
		who := ""
		if !f.Masked {
			who = " for " + w.who
		}
		s.say(Waiting, place(w.pos), "Before, %s of output waited%s (list %d of %d, age %s)%s.", size(float64(w.bytes)), who, w.nth, f.shot.nth, span(float64(w.age)), w.over())
	} else if w.bytes > 0 && w.over() != "" {
		s.say(Waiting, place(w.pos), "%s of output wait for one client%s.", size(float64(w.bytes)), w.over())
	}
	if f.QueryMax >= 1<<20 {
		free := ""
		if f.QueryFree >= 1<<20 {
			free = fmt.Sprintf(" (and %s free in one)", size(f.QueryFree))
		}
		s.say(Waiting, f.ListPos, "Query buffers: %s in all, %s with 1 MiB and more, the largest %s%s.", size(f.QuerySum), count(f.QueryBig, "client"), size(f.QueryMax), free)
	}
	var parts []string
	if v := f.OutList; v > 0 {
		words := "longest output list " + number(v)
		if v >= longList {
			words += " replies: a client does not read what it asked for"
		}
		parts = append(parts, words)
	} else if f.OutLongest >= 1<<16 {
		parts = append(parts, "largest recent output buffer "+size(f.OutLongest))
	}
	if f.QueryBiggest >= 1<<20 {
		parts = append(parts, "largest recent query buffer "+size(f.QueryBiggest))
	}
	if f.ClientMem >= 1<<24 {
		parts = append(parts, "clients hold "+size(f.ClientMem)+of(f.ClientMem, f.UsedMem)+" of memory")
	}
	if f.ReplicaMem >= 1<<24 {
		parts = append(parts, "buffers of replicas hold "+size(f.ReplicaMem))
	}
	if len(parts) > 0 {
		s.say(Waiting, f.InfoPos, "%s.", upper(strings.Join(parts, ", ")))
	}
}

// longList is the length of a client's list of replies from which on it does not read: one
// that does is behind by some tens.
const longList = 10_000

// over tells which of the default limits of client-output-buffer-limit waiting output is over.
func (w *wait) over() string {
	switch {
	case w.class == "pubsub" && w.bytes >= 32<<20:
		return ": over the hard limit of subscribers, 32 MB unless configured"
	case w.class == "pubsub" && w.bytes >= 8<<20:
		return ": over the soft limit of subscribers, 8 MB for 60 s unless configured"
	}
	return ""
}

// memory says what the server holds, where that is much or too much.
func (s *speaker) memory() {
	f := s.f
	most := f.shot.num("maxmemory")
	if !(f.UsedMem >= 1<<30) && !(most > 0 && f.UsedMem > most) && !math.IsNaN(f.Connected) {
		return
	}
	words := "The server holds " + size(f.UsedMem)
	if math.IsNaN(f.UsedMem) {
		words = "The server holds " + size(f.ResidentMem) + " of the system's memory"
	}
	if math.IsNaN(f.UsedMem) && math.IsNaN(f.ResidentMem) {
		return
	}
	if most > 0 {
		words += " of " + size(most) + " allowed"
	}
	if f.PeakMem >= 2*f.UsedMem {
		words += ", " + size(f.PeakMem) + " at its peak"
	}
	if n, ok := f.keys(); ok && n == 0 {
		words += " with no key in its databases"
	}
	s.say(Waiting, f.InfoPos, "%s.", words)
}

// keys gives the number of keys in all databases; false where neither INFO nor DBSIZE
// tells.
func (f *Facts) keys() (n float64, ok bool) {
	for key, value := range f.shot.info {
		if strings.HasPrefix(key, "db") && strings.HasPrefix(value, "keys=") {
			v, _ := record.SubInt([]byte(value), "keys")
			n, ok = n+float64(v), true
		}
	}
	if !ok && f.shot.keys >= 0 {
		return f.shot.keys, true
	}
	return n, ok
}

// apart are the words for how the distance of two snapshots is known.
var apart = map[string]string{"time": "by their times", "uptime": "by the server's uptime", "lines": "by the lines between them", "age": "by the ages of connections in both"}

// Say gives what two snapshots hold together.
func (p *Pair) Say(b *Facts) []Line {
	s := &speaker{f: b}
	at := b.ListPos
	if at == "" {
		at = b.InfoPos
	}
	if p.Seconds > 0 {
		s.say(Between, at, "%s apart, %s.", upper(span(p.Seconds)), apart[p.From])
	} else {
		s.say(Between, at, "How far apart the two are is not in the input.")
	}
	if p.Growth > 0 || p.Growth < 0 {
		s.say(Between, at, "%s became %s.", upper(count(p.Before, "connection")), number(b.Connected))
	}
	if p.Born >= 0 {
		moved := ""
		if p.Moved >= 0 {
			moved = fmt.Sprintf(" (%s of them used in between)", percent(p.Moved))
		}
		s.say(Between, b.ListPos, "%s came, %s went, %s stayed%s.", number(p.Born), number(p.Gone), number(p.Stayed), moved)
		if p.Born >= 3 && p.BornTop > 0 && !b.Masked {
			s.say(Between, b.ListPos, "Most of the new ones beyond its share: %s.", p.BornHost)
		}
	}
	var parts []string
	add := func(v float64, what string) {
		if v >= 0 && p.Seconds > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s/s)", number(v), what, small(v/p.Seconds)))
		} else if v >= 0 {
			parts = append(parts, number(v)+" "+what)
		}
	}
	add(p.Accepted, "accepted")
	add(p.Refused, "refused")
	if p.OutCuts > 0 {
		add(p.OutCuts, "cut at the output-buffer limit")
	}
	if len(parts) > 0 {
		s.say(Between, b.InfoPos, "%s.", upper(strings.Join(parts, ", ")))
	}
	if len(p.Memory) > 0 {
		s.say(Between, b.InfoPos, "%s.", upper(strings.Join(p.Memory, ", ")))
	}
	return s.out
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// count writes a number of things.
func count(v float64, noun string) string {
	if v == 1 {
		return "1 " + noun
	}
	return number(v) + " " + noun + "s"
}

// number writes a whole number, thousands apart from 100 000 on.
func number(v float64) string {
	s := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	if math.Abs(v) < 1e5 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// small writes a rate with two digits.
func small(v float64) string {
	switch {
	case v >= 100:
		return number(v)
	case v >= 10 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	if v < 1e-3 {
		return "<0.001"
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

func percent(v float64) string {
	switch p := v * 100; {
	case p > 0 && p < 1:
		return "<1%"
	case p > 99 && p < 100:
		return ">99%"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	}
}

// span writes seconds: 42 s, 17 min, 25 h, 5.5 d.
func span(v float64) string {
	switch {
	case v < 120:
		return strconv.FormatFloat(v, 'f', 0, 64) + " s"
	case v < 7200:
		return strconv.FormatFloat(v/60, 'f', 0, 64) + " min"
	case v < 172800:
		return trim(v/3600) + " h"
	}
	return trim(v/86400) + " d"
}

func trim(v float64) string {
	if v >= 100 {
		return number(v)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// size writes bytes: 512 B, 8.1 MiB.
func size(v float64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if i == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " B"
	}
	return trim(v) + " " + units[i]
}

// Text gives a sign's sentence with its value; false for a sign whose sentence holds only
// at the far end of its ramp, where the value is not there.
func (st *Statement) Text() (string, bool) {
	s := st.Sign
	if !strings.Contains(s.Claim, "%s") {
		return s.Claim, s.on(st.Value) >= 0.5
	}
	v := small(st.Value)
	switch s.Unit {
	case "%":
		v = percent(max(st.Value, 0))
	case "s":
		v = span(st.Value)
	case "us":
		v = small(st.Value/1000) + " ms"
	case "bytes":
		v = size(max(st.Value, 0))
	}
	return fmt.Sprintf(s.Claim, v), true
}
