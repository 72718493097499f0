package logs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// A Judgement is what a log says by itself.
type Judgement struct {
	Candidates []Candidate // strongest first
	Quiet      bool        // counts over a while that do not grow, and nothing that speaks of trouble
	Summary    string      // one or two sentences; empty where the log says nothing of connections
	Notes      []string    // further facts, each a sentence with its place
	Events     []Event     // by time
}

// A Candidate is a cause that the log speaks for.
type Candidate struct {
	Cause   string  // id of the catalog
	Score   float64 // 0..1
	Settled bool    // the log alone is enough to name it
	Claim   string  // one sentence
	Sources []finding.Source
	Facts   []finding.Evidence
	From    time.Time
	To      time.Time
}

// A param is a threshold, and why it is where it is.
type param struct {
	value float64
	why   string
}

// params are all thresholds of the package.
var params = map[string]param{
	"cuts":        {3, "cuts of one class: one is a slow reader, several in one log are a loop, as in the recorded one"},
	"one cut":     {0.45, "score of one cut: the reader is slow, whether it comes back and is cut again is not told"},
	"loop":        {0.8, "score of a loop in a log; each cut beyond adds to it, up to 0.95"},
	"near":        {0.1, "how far over a limit what waits may be, for the limit to be told: one reply more"},
	"descriptors": {0.9, "score of failures to take a connection for want of a descriptor: they say it in so many words"},
	"numberless":  {2, "lines of a connection that was not registered which settle it without a descriptor's number"},
	"one line":    {0.45, "score of one such line: it is quoted as often as it is met"},
	"rounds":      {2, "times that a link was lost and made again: once is a blip, a restart or a failover"},
	"round":       {600, "seconds that a round of a loop takes at most: a full synchronization takes minutes"},
	"child":       {60, "seconds of a save or a rewrite by a child that are worth a word: the disk or the data is large"},
	"lowered":     {0.4, "score of a lowered maxclients that nothing shows to be reached: it is a fact, not an incident"},
	"accepted":    {8, "connections accepted under which a rate says nothing"},
	"churn rate":  {2, "accepted a second under which it is no churn: health checks and a shell's loop come to less"},
	"churn full":  {20, "accepted a second at which the score is full: connections of that rate are per request"},
	"churn back":  {0.4, "closed for each accepted: fewer, and connections pile up, which is no churn"},
	"churn host":  {0.3, "of the connections from one host; of many hosts a deploy or a wave looks the same, unless it lasts or their age is told"},
	"churn brief": {0.5, "of the closings whose age the log tells, at an age of 0 or 1 s: no deploy and no wave closes its connections at once"},
	"churn lasts": {60, "seconds of as many closed as accepted: a wave is over by then"},
	"growth":      {0.2, "of the first count: what counts rise by at least to be growing"},
	"growth few":  {10, "connections that counts rise by at least"},
	"growing":     {300, "seconds of counts that rise: a server that has just started fills up, too"},
	"quiet":       {60, "seconds of counts under which not growing means nothing"},
	"stalls":      {3, "slow fsyncs, scripts or failed forks: fewer are a disk's or a person's mood"},
	"refused":     {1, "refusals that the log quotes"},
}

// QuietConfidence is how sure it is that nothing was wrong where counts do not grow: they
// show neither the limit nor refusals.
const QuietConfidence = 0.6

func val(name string) float64 { return params[name].value }

// Judge says what the log says.
func (r *Reading) Judge() Judgement {
	var j Judgement
	for _, ask := range []func(*Reading) Candidate{
		(*Reading).outputBuffers, (*Reading).queryBuffers, (*Reading).evictions, (*Reading).descriptors,
		(*Reading).churn, (*Reading).outage, (*Reading).stalls, (*Reading).growth,
	} {
		if c := ask(r); c.Score > 0 {
			j.Candidates = append(j.Candidates, c)
		}
	}
	slices.SortStableFunc(j.Candidates, func(a, b Candidate) int { return -cmp.Compare(a.Score, b.Score) })
	j.Notes = r.notes()
	j.Events = r.events
	j.Quiet = len(j.Candidates) == 0 && r.quiet()
	j.Summary = r.summary(&j)
	return j
}

func (r *Reading) summary(j *Judgement) string {
	var parts []string
	if len(j.Candidates) > 0 {
		parts = append(parts, j.Candidates[0].Claim)
	}
	if s := r.course(); s != "" {
		parts = append(parts, s)
	}
	if s := r.traffic(); s != "" && (len(j.Candidates) == 0 || j.Candidates[0].Cause != "connection-churn") {
		parts = append(parts, s)
	}
	if s := r.rounds(); s != "" && len(j.Candidates) > 0 {
		parts = append(parts, s)
	}
	if len(j.Candidates) == 0 {
		parts = append(parts, j.Notes[:min(len(j.Notes), max(1, maxTold-len(parts)))]...)
	}
	return strings.Join(parts, " ")
}

// maxTold is how many remarks the summary has.
const maxTold = 2

// traffic tells the connections accepted and closed, which are no cause by themselves.
func (r *Reading) traffic() string {
	f := &r.flow
	var host string
	most := int64(0)
	for name, h := range f.hosts {
		if n := max(h.accepted, h.closed); name != "" && (n > most || n == most && name < host) {
			host, most = name, n
		}
	}
	who := ""
	if all := max(f.accepted, f.named); most > 0 {
		who = fmt.Sprintf(", %d of them of %s", most, host)
		if most == all {
			who = ", all of " + host
		}
	}
	over := "at one moment"
	if d := f.last.Sub(f.first); d > 0 {
		over = "within " + span(d)
	} else if f.first.IsZero() {
		over = "at times not told"
	}
	switch {
	case f.accepted+f.closed == 0:
		return ""
	case f.closed == 0:
		return fmt.Sprintf("The log shows %s accepted and none closed %s%s.", many(f.accepted, "connection"), over, who)
	case f.accepted == 0 && f.named == 0:
		return fmt.Sprintf("The log shows %s closed and none accepted %s; whose they were it does not tell.", many(f.closed, "connection"), over)
	}
	return fmt.Sprintf("The log shows %s accepted and %d closed %s%s.", many(f.accepted, "connection"), f.closed, over, who)
}

// course tells the counts of clients.
func (r *Reading) course() string {
	n := len(r.counts)
	if n == 0 {
		return ""
	}
	lo, hi := r.counts[0].clients, r.counts[0].clients
	for _, c := range r.counts {
		lo, hi = min(lo, c.clients), max(hi, c.clients)
	}
	first, last := r.counts[0], r.counts[n-1]
	switch over := last.at.Sub(first.at); {
	case n == 1:
		return fmt.Sprintf("The log counts %s and %s.", many(first.clients, "connection"), many(first.replicas, "replica"))
	case r.grew():
		return fmt.Sprintf("The log counts %s, %s later %d: they grow.", many(first.clients, "connection"), span(over), last.clients)
	case lo == hi:
		return fmt.Sprintf("The log counts %s all through %s: they do not grow.", many(lo, "connection"), span(over))
	default:
		return fmt.Sprintf("The log counts %s, %s later %d (%d to %d): they do not grow.", many(first.clients, "connection"), span(over), last.clients, lo, hi)
	}
}

func (r *Reading) grew() bool {
	n := len(r.counts)
	if n < 2 {
		return false
	}
	first, last := float64(r.counts[0].clients), float64(r.counts[n-1].clients)
	return last-first >= max(val("growth few"), val("growth")*first)
}

// quiet tells whether counts over a while show nothing.
func (r *Reading) quiet() bool {
	n := len(r.counts)
	return n >= 2 && !r.grew() && r.counts[n-1].at.Sub(r.counts[0].at).Seconds() >= val("quiet") &&
		r.times(serverlog.Refused, serverlog.Crashed, serverlog.Killed, serverlog.NoMemory, serverlog.LinkLost, serverlog.ReplicaLost) == 0
}

// noteWords are the sentences worth a remark of their own, in that order. A refusal is what clients
// were told: no server logs it.
var noteWords = []struct {
	id   serverlog.ID
	says string // with how often
}{
	{serverlog.Refused, "Connections were refused, max number of clients reached: the server was at its limit (%s)"},
	{serverlog.ReplicaLost, "Server log: a replica was lost, %s"},
	{serverlog.ReplicaTimeout, "Server log: a replica timed out, %s"},
	{serverlog.FullResync, "Server log: a full resynchronization, %s"},
	{serverlog.ResyncRefused, "Server log: a partial resynchronization was not possible, %s"},
	{serverlog.LinkLost, "Server log: the link to the primary was lost, %s"},
	{serverlog.LinkFailed, "Server log: the link to the primary could not be made, %s"},
	{serverlog.LinkTimeout, "Server log: the primary sent nothing for too long, %s"},
	{serverlog.RoleChanged, "Server log: the role changed, %s"},
	{serverlog.Failover, "Server log: a failover, %s"},
	{serverlog.SentinelSwitch, "Server log: Sentinel switched the primary, %s"},
	{serverlog.SentinelDown, "Server log: Sentinel held an instance for down, %s"},
	{serverlog.SentinelTilt, "Server log: Sentinel entered TILT mode, in which it acts on nothing for 30 s: its clock jumped or it stood still for over 2 s, %s"},
	{serverlog.NodeFailed, "Server log: a cluster node was marked as failing, %s"},
	{serverlog.PartialResync, "Server log: a partial resynchronization, %s"},
	{serverlog.ReadError, "Server log: reading from a client failed, %s"},
	{serverlog.WriteError, "Server log: writing to a client failed, %s"},
	{serverlog.AcceptFailed, "Server log: accepting a connection failed, not for want of descriptors, %s"},
	{serverlog.RegisterFailed, "Server log: a connection could not be registered, not for want of descriptors, %s"},
	{serverlog.HandshakeFailed, "Server log: a handshake failed, %s"},
	{serverlog.ProtocolError, "Server log: a client spoke no protocol, %s"},
	{serverlog.CrossProtocol, "Server log: HTTP was sent to the server, %s"},
	{serverlog.AuthFailed, "Server log: AUTH to the primary was refused, %s"},
	{serverlog.OverClientMem, "Server log: maxmemory-clients could not be met, %s"},
	{serverlog.NoMemory, "Server log: an allocation failed, %s"},
	{serverlog.MemoryBelow, "Server log: maxmemory was set below what is in use, %s"},
	{serverlog.IdleClosed, "Server log: an idle client was closed by timeout, %s"},
	{serverlog.FsyncSlow, "Server log: an AOF fsync took too long, %s"},
	{serverlog.ForkFailed, "Server log: a fork failed, %s"},
	{serverlog.SlowScript, "Server log: a script ran too long, %s"},
	{serverlog.Crashed, "Server log: a crash report, %s"},
	{serverlog.Killed, "Server log: the system killed the server for want of memory, %s"},
	{serverlog.LinkUp, "Server log: the synchronization with the primary finished, %s"},
	{serverlog.ReplicaAsks, "Server log: a replica asked for synchronization, %s"},
	{serverlog.Starting, "Server log: the server started, %s"},
	{serverlog.Ready, "Server log: the server was ready to accept connections, %s"},
}

func (r *Reading) notes() (out []string) {
	if s := r.rounds(); s != "" {
		out = append(out, s)
	}
	if r.child.longest.Seconds() >= val("child") {
		out = append(out, fmt.Sprintf("Server log: a save or a rewrite by a child took up to %s, from %s on.", span(r.child.longest), r.child.pos))
	}
	for _, w := range noteWords {
		t := r.tally[w.id]
		if t == nil || w.id == serverlog.AcceptFailed && outOfFiles(t.detail) || w.id == serverlog.RegisterFailed && outOfRange(t.detail) {
			continue // the cause of it says more
		}
		s := fmt.Sprintf(w.says, t.times())
		detail := clipped(t.detail)
		if fd := t.number[0]; fd > 0 {
			detail += fmt.Sprintf(", descriptor %d", fd)
		}
		if detail != "" {
			s += fmt.Sprintf(" (%s)", detail)
		}
		out = append(out, fmt.Sprintf("%s, first at %s.", s, t.pos))
	}
	return out
}

// clipped is a detail's beginning, at a word's end.
func clipped(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	s = s[:most]
	return strings.ToValidUTF8(s[:max(strings.LastIndexByte(s, ' '), most/2)], "") + "…"
}

func many(n int64, what string) string { return finding.Count(int(n), what) }

// times says how often the lines came, and within what time.
func (t *tally) times() string {
	s := finding.Times(int(t.lines))
	if d := t.last.Sub(t.first); t.lines > 1 && d > 0 {
		s += " within " + span(d)
	}
	return s
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// fact is one number, with the lines it stands on.
func fact(claim string, value float64, unit string, pos ...record.Pos) finding.Evidence {
	return finding.New("server log: "+claim, value, unit, at(pos...)...)
}

// at gives places, at most four and the last.
func at(pos ...record.Pos) []string {
	var out []string
	for i, p := range pos {
		if i < 4 || i == len(pos)-1 {
			if s := p.String(); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
