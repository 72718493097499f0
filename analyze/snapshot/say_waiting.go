package snapshot

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

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
	s.replies()
	if w := &f.shot.wait; w.bytes > int64(f.OutMax) && f.OutMax >= 0 && w.nth != f.shot.nth {
		who := ""
		if !f.Masked {
			who = " for " + w.who
		}
		s.say(Waiting, w.pos.String(), "Before, %s of output waited%s (list %d of %d, age %s)%s.", size(float64(w.bytes)), who, w.nth, f.shot.nth, span(float64(w.age)), w.over())
	} else if w.bytes > 0 && w.over() != "" {
		s.say(Waiting, w.pos.String(), "%s of output wait for one client%s.", size(float64(w.bytes)), w.over())
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

// replies says how many replies wait where the list tells no bytes, as before Redis 2.6.
func (s *speaker) replies() {
	var most *record.Client
	rows := s.f.shot.rows
	for i := range rows {
		if c := &rows[i]; c.Has.Has(record.FieldOMem) {
			return
		} else if c.Has.Has(record.FieldOLL) && c.OLL > 0 && (most == nil || c.OLL > most.OLL) {
			most = c
		}
	}
	if most == nil {
		return
	}
	who := ""
	if !s.f.Masked {
		who = " for " + most.Host()
	}
	if strings.ContainsRune(most.Flags, 'S') {
		who += " (a replica)"
	}
	s.say(Waiting, s.f.ListPos, "Replies waiting: up to %s%s.", number(float64(most.OLL)), who)
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
	if o := f.shot.num("used_memory_overhead"); 2*o >= f.UsedMem && o >= 1<<30 {
		words += ", " + size(o) + " of it buffers and other overhead, not data"
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
	if !ok && f.shot.keys > 0 {
		return f.shot.keys - 1, true
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
