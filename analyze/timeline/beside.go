package timeline

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/library"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// untold are the totals of a recording without INFO.
var untold = totals{math.NaN(), math.NaN()}

// A totals is what a server counted since its start; NaN where it is not told, or counted
// since something else.
type totals struct{ Accepted, Refused float64 }

func totalsOf(i *record.Info, accepted, refused float64) totals {
	t := totals{accepted, refused}
	summed, _ := i.String(record.SummedKey)
	for key := range strings.SplitSeq(summed, ",") {
		switch key {
		case columns[ctrAccepted].key:
			t.Accepted = math.NaN()
		case columns[ctrRefused].key:
			t.Refused = math.NaN()
		}
	}
	return t
}

// A socketTable is what ss, netstat or a count of theirs told of the sockets by peer: who
// holds how many, and nothing of their age or use.
type socketTable struct {
	at     time.Time    // zero: not told
	peers  []socketPeer // the most first
	total  int64
	tables int     // how many there were
	all    int64   // the highest count of all sockets that came without peers; 0: none
	counts []tally // what was counted without peers, in its order, at most maxTold
}

// A tally is one number that a command printed: how many lines of CLIENT LIST, or sockets in a state.
type tally struct {
	what string
	n    int64
}

func tallyOf(p *record.Peer) tally {
	switch {
	case p.Name == record.Listed:
		return tally{"lines of CLIENT LIST", p.Count}
	case p.State != "":
		return tally{"sockets in " + p.State, p.Count}
	}
	return tally{"sockets", p.Count}
}

// A socketPeer holds sockets. Of unused ones the peer is gone or the server has not closed
// its end yet: CLOSE-WAIT, TIME-WAIT and the like.
type socketPeer struct {
	name         string
	open, unused int64
	first        int64     // open in the first table that had the peer
	since        time.Time // of that table
}

// openStates are those in which a socket takes a slot of the server; an unnamed state counts
// as one, because counts of lines do not tell.
var openStates = []string{"", "ESTAB", "ESTABLISHED", "CLOSE-WAIT", "CLOSE_WAIT", "FIN-WAIT-2", "FIN_WAIT2",
	"FIN_WAIT_2"}

// sockets takes a table of sockets; the last one counts, and what each peer held first.
func (tl *Timeline) sockets(o *record.Other) {
	peers, ok := o.Sockets()
	if !ok {
		return
	}
	t := socketTable{at: o.At, all: tl.Sockets.all, counts: tl.Sockets.counts}
	if len(peers) == 1 && !record.Apart(peers[0].Name) {
		if peers[0].Name == record.AllPeers {
			tl.Sockets.all = max(t.all, peers[0].Count)
		}
		if len(t.counts) < maxTold {
			t.counts = append(t.counts, tallyOf(&peers[0]))
			tl.Sockets.counts = t.counts
		}
		if tl.Sockets.tables++; tl.Sockets.total > 0 && !tl.Sockets.untold() {
			return // a table tells more
		}
		t.all, t.tables = tl.Sockets.all, tl.Sockets.tables-1
	}
	place := map[string]int{}
	for _, p := range peers {
		i, ok := place[p.Name]
		if !ok {
			i = len(t.peers)
			place[p.Name] = i
			t.peers = append(t.peers, socketPeer{name: p.Name})
		}
		if slices.Contains(openStates, p.State) {
			t.peers[i].open += p.Count
			t.total += p.Count
		} else {
			t.peers[i].unused += p.Count
		}
	}
	was := map[string]socketPeer{}
	for _, p := range tl.Sockets.peers {
		was[p.name] = p
	}
	for i := range t.peers {
		p := &t.peers[i]
		p.first, p.since = p.open, t.at
		if w, ok := was[p.name]; ok {
			p.first, p.since = w.first, w.since
		}
	}
	t.tables = tl.Sockets.tables + 1
	slices.SortStableFunc(t.peers, func(a, b socketPeer) int { return cmp.Compare(b.open, a.open) })
	tl.Sockets = t
}

// Summary says who holds the sockets; empty where there is no table.
func (t *socketTable) Summary() string {
	if t.at.IsZero() && (len(t.counts) > 1 && t.untold() || t.total > 0 && t.peers[0].name == record.Listed) {
		return t.tallied()
	}
	if t.total == 0 {
		return t.closed()
	}
	most, what := t.peers[0], "sockets"
	if strings.Contains(most.name, "=") { // counted by a field of CLIENT LIST
		what = "connections"
	}
	if most.name == record.AllPeers {
		if more := t.beside(); more != "" {
			return finding.Count(int(t.total), "socket") + " open, not told apart by peer" + more + "."
		}
		return fmt.Sprintf("%d sockets in all, not told apart by peer.", t.total)
	}
	s := fmt.Sprintf("%s holds %d of %d %s (%.0f %%)", most.name, most.open, t.total, what,
		100*float64(most.open)/float64(t.total))
	if t.all > t.total {
		s = fmt.Sprintf("%d sockets were counted in all; of the %d that are listed %s holds %d", t.all, t.total, most.name, most.open)
	}
	if n := len(t.peers) - 1; n == 1 {
		s += fmt.Sprintf("; the other peer holds %d", t.total-most.open)
	} else if n > 1 {
		s += fmt.Sprintf("; the other %s hold %d", finding.Count(n, "peer"), t.total-most.open)
	}
	s += t.beside()
	if t.tables > 1 && most.first != most.open {
		s += fmt.Sprintf("; %s %s", most.name, finding.FromTo(float64(most.first), float64(most.open)))
		if d := t.at.Sub(most.since); d > 0 {
			s += " within " + finding.Duration(d.Seconds())
		}
	}
	return s + "."
}

// beside says how many sockets are closed beside the open ones; empty without.
func (t *socketTable) beside() string {
	var closed int64
	for _, p := range t.peers {
		closed += p.unused
	}
	what := "more are of connections that were"
	switch {
	case closed == 0:
		return ""
	case closed == 1:
		what = "more is of a connection that was"
	}
	s := fmt.Sprintf("; %d %s closed (TIME-WAIT and the like)", closed, what)
	if closed >= manyClosed && closed > t.total {
		s += ": they are opened and closed all the time"
	}
	return s
}

// manyClosed is how many closed sockets beside fewer open ones are of connections that are not kept: one
// stays in TIME-WAIT for a minute on Linux, for some on other systems.
const manyClosed = 10

// untold says that what was counted last does not tell peers apart.
func (t *socketTable) untold() bool {
	return len(t.peers) == 1 && !record.Apart(t.peers[0].name)
}

// tallied says what commands counted, one number each.
func (t *socketTable) tallied() string {
	parts := make([]string, len(t.counts))
	for i, c := range t.counts {
		parts[i] = fmt.Sprintf("%d %s", c.n, c.what)
	}
	return "Commands counted " + strings.Join(parts, ", then ") + "."
}

// Counted is the highest number of connections that commands counted, whether sockets or lines of
// CLIENT LIST; 0 where none did.
func (t *socketTable) Counted() int64 {
	most := max(t.all, t.total)
	for _, c := range t.counts {
		most = max(most, c.n)
	}
	return most
}

// maxTold bounds the counts that a sentence lists.
const maxTold = 8

// closed says what there is of sockets none of which is open.
func (t *socketTable) closed() string {
	var most socketPeer
	n := int64(0)
	for _, p := range t.peers {
		if n += p.unused; p.unused > most.unused {
			most = p
		}
	}
	if n == 0 {
		return ""
	}
	s := fmt.Sprintf("None of %d sockets is open: their connections were closed (TIME-WAIT and the like)", n)
	if record.Apart(most.name) {
		s += fmt.Sprintf(", most of them by %s (%d)", most.name, most.unused)
	}
	return s + "."
}

// growth gives a peer's growth in sockets a minute; NaN where times are not told.
func (t *socketTable) growth(p *socketPeer) float64 {
	d := t.at.Sub(p.since).Minutes()
	if d <= 0 {
		return math.NaN()
	}
	return float64(p.open-p.first) / d
}

// Holders gives the peers as holders, where no CLIENT LIST tells more of them.
func (t *socketTable) Holders() []finding.Holder {
	var out []finding.Holder
	all := max(t.total, t.all, 1)
	if rest := all - t.total; rest > 0 && t.total > 0 { // counted, but not listed by peer
		out = append(out, finding.Holder{Label: "(not listed)", Source: finding.Source{Connections: int(rest), Share: float64(rest) / float64(all)},
			Peak: int(rest), Last: int(rest), Growth: math.NaN(), IdleP50: math.NaN(), IdleP95: math.NaN()})
	}
	for _, p := range t.peers[:min(len(t.peers), 50)] {
		out = append(out, finding.Holder{Label: p.name, Hosts: 1, Source: finding.Source{Host: p.name, Connections: int(p.open),
			Share: float64(p.open) / float64(all)}, Peak: int(p.open), Last: int(p.open),
			Base:   int(p.first),
			Growth: t.growth(&p), IdleP50: math.NaN(), IdleP95: math.NaN()})
	}
	return out
}

// serverLog takes an entry of the server's own log. A bundle keeps it as a reply of its own.
func (tl *Timeline) serverLog(r *record.Log) {
	tl.Log.Add(&r.Entry, r.Pos)
	if r.Entry.Event == serverlog.Other {
		tl.leftOver(r.Entry.Count, r.Pos, r.Entry.Text)
	}
}

// unused counts lines that are of no use here, and reads what a client's library says in them.
func (tl *Timeline) unused(r *record.Chatter) {
	read, n, rest := int64(0), int64(0), ""
	at := r.Pos
	for line := range strings.Lines(r.Text) {
		pos := r.Pos
		if pos.Line > 0 { // of a text, and not of a bundle
			pos.Line += n
		}
		switch n++; {
		case tl.setting(line, pos), tl.Message.line([]byte(line), pos):
			read++
		case rest == "":
			rest, at = line, pos
		}
	}
	if rest == "" {
		rest = r.Text
	}
	if n != int64(r.Lines) { // lines were left out between: their places are not told
		at = r.Pos
	}
	tl.leftOver(int64(r.Lines)-read, at, strings.TrimRight(rest, "\r\n"))
}

// A Setting is a line of a configuration file in the text: what is set, which need not be what is.
type Setting struct {
	Key, Value string
	Pos        record.Pos
}

// directive is a line of redis.conf, or of how people write one. An application's settings have a timeout
// as well, behind a colon or an equals sign.
var directive = regexp.MustCompile(`^\W{0,4}(?:(maxclients|client-output-buffer-limit)(?: *= *| +)|(timeout|tcp-keepalive|maxmemory-clients) +)` +
	`["']?((?:normal|slave|replica|pubsub) \w+ \w+ \d+|\d+[kmgb%]{0,2})["'` + "`" + `,;]*\s*$`)

// maxSettings bounds the lines of configuration that are kept.
const maxSettings = 20

// setting takes a line of text and tells whether it is one of a configuration file.
func (tl *Timeline) setting(line string, pos record.Pos) bool {
	m := directive.FindStringSubmatch(line[:min(len(line), 200)])
	if m == nil || len(tl.Settings) == maxSettings {
		return false
	}
	tl.Settings = append(tl.Settings, Setting{m[1] + m[2], m[3], pos})
	return true
}

// A message is what a client's library said beside the replies, the line that says most.
type message struct {
	Says string // in words; empty: nothing was said
	Pos  record.Pos
	rank int
	seen int
}

// maxMessages bounds the lines that are looked at.
const maxMessages = 1000

// line takes a line of text and tells whether it is a library's message.
func (m *message) line(line []byte, pos record.Pos) bool {
	if m.seen++; m.seen > maxMessages {
		return false
	}
	text, rank := library.Beside(line)
	if rank > 0 && (m.rank == 0 || rank < m.rank) {
		m.Says, m.Pos, m.rank = text, pos, rank
	}
	return rank > 0
}

// maxUnusedText bounds the runes of unused text that are shown of a place.
const maxUnusedText = 60

// leftOver counts lines of no use and keeps the first places.
func (tl *Timeline) leftOver(lines int64, pos record.Pos, text string) {
	if lines <= 0 {
		return
	}
	u := &tl.Unused
	u.Lines += lines
	if len(u.At) == finding.MaxUnused {
		return
	}
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > maxUnusedText {
		text = string(runes[:maxUnusedText]) + "…"
	}
	u.At, u.Text = append(u.At, pos.String()), append(u.Text, text)
}

// A denied is what ACL LOG says was denied.
type denied struct {
	count int64 // times in all
	by    map[record.Denial]int64
}

// maxDenials bounds the kinds of denial that are told apart; acllog-max-len is 128 by default.
const maxDenials = 1024

// denials takes ACL LOG; the last one counts.
func (tl *Timeline) denials(o *record.Other) {
	list, ok := o.Denials()
	if !ok || len(list) == 0 {
		return
	}
	d := denied{by: map[record.Denial]int64{}}
	for _, x := range list {
		n := max(x.Count, 1)
		x.Count = 0
		if _, known := d.by[x]; known || len(d.by) < maxDenials {
			d.by[x] += n
		}
		d.count += n
	}
	tl.Denied = d
}

// hostFacts are what the system told of the server's process, where the recorder ran beside it.
type hostFacts struct {
	Descriptors float64 // that the process may have open, the fewest that were told; 0: not told
	Pos         record.Pos
	Dropped     []Dropped // at full listen queues, by time

	overflows int64   // the counter of these
	read      float64 // when it was read
	told      bool
}

// Dropped are attempts to connect that the system dropped at a full listen queue between two readings
// of its counter, which is of all programs of the machine, or of the container with a network of its
// own.
type Dropped struct {
	From, To float64 // unix s, as Sample.T
	N        float64
	Pos      record.Pos // of the second reading
}

// maxDropped bounds the times that are told apart; later ones are of the last.
const maxDropped = 1024

// host takes them, of the time t. The fewest descriptors count: somebody may raise them in the incident.
func (tl *Timeline) host(o *record.Other, t float64) {
	if o.Command != record.HostCommand {
		return
	}
	var facts record.Info
	facts.Reset(o.Text)
	h := &tl.Host
	if n, ok := facts.Int("descriptors_limit"); ok && n > 0 && (h.Descriptors == 0 || float64(n) < h.Descriptors) {
		h.Descriptors, h.Pos = float64(n), o.Pos
	}
	n, ok := facts.Int("listen_overflows")
	if !ok || math.IsNaN(t) {
		return
	}
	if more := n - h.overflows; h.told && more > 0 {
		if len(h.Dropped) < maxDropped {
			h.Dropped = append(h.Dropped, Dropped{From: h.read, Pos: o.Pos})
		}
		last := &h.Dropped[len(h.Dropped)-1]
		last.To = t
		last.N += float64(more)
	}
	h.overflows, h.read, h.told = n, t, true // it falls when the machine starts anew
}

// reasons are what ACL LOG's reasons mean.
var reasons = map[string]string{"auth": "logins", "command": "commands", "key": "commands on keys", "channel": "commands on channels"}

// Summary says what was denied most; empty without ACL LOG.
func (d *denied) Summary() string {
	var most record.Denial
	n := int64(0)
	for x, count := range d.by {
		if count > n || count == n && fmt.Sprint(x) < fmt.Sprint(most) {
			most, n = x, count
		}
	}
	if n == 0 {
		return ""
	}
	what := reasons[most.Reason]
	if what == "" {
		what = "accesses"
	}
	s := fmt.Sprintf("ACL LOG: %d %s were denied, user %q", n, what, most.User)
	if most.Host != "" {
		s += " from " + most.Host
	}
	if rest := d.count - n; rest > 0 {
		s += fmt.Sprintf("; beside them %s", finding.Count(int(rest), "denial"))
	}
	return s + "."
}
