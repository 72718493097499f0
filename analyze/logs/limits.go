package logs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/serverlog"
)

// loopReserve is how many descriptors the event loop takes beyond maxclients: a connection
// with a higher one is refused with ERANGE. Source: server.h CONFIG_FDSET_INCR, 32 + 96.
const loopReserve = 128

// descriptors judges a log by what it says of descriptors: connections that failed for want
// of one settle it, a lowered maxclients is a fact beside.
func (r *Reading) descriptors() Candidate {
	c := Candidate{Cause: "fd-limit"}
	reg, acc, l := r.tally[serverlog.RegisterFailed], r.tally[serverlog.AcceptFailed], &r.limits
	if reg != nil && !outOfRange(reg.detail) {
		reg = nil
	}
	if acc != nil && !outOfFiles(acc.detail) {
		acc = nil
	}
	if reg != nil {
		unregistered(&c, reg)
	}
	if acc != nil {
		c.From, c.To = acc.first, acc.last
		c.Score, c.Settled = val("descriptors"), true
		c.Claim = fmt.Sprintf("The process had no descriptor left: %s to accept a connection failed with “%s”.", many(acc.lines, "attempt"), strings.TrimPrefix(acc.detail, "accept: "))
		c.Facts = append(c.Facts, fact("connections that could not be accepted", float64(acc.lines), "connections", acc.pos, acc.end))
	}
	if l.limit > 0 {
		r.lowered(&c)
	}
	return c
}

// unregistered adds the connections that the event loop did not take. One line without the descriptor's
// number is a hint: people quote it alone, and from other servers. What the descriptor is beside
// maxclients holds on Linux, whose words for ERANGE they are: Windows counts its sockets otherwise.
func unregistered(c *Candidate, t *tally) {
	fd := t.number[0]
	c.From, c.To = t.first, t.last
	c.Score, c.Settled = val("descriptors"), true
	c.Claim = fmt.Sprintf("The event loop took no more descriptors: %s failed with “%s”", many(t.lines, "new connection"), t.detail)
	c.Facts = append(c.Facts, fact("connections that could not be registered", float64(t.lines), "connections", t.pos, t.end))
	switch {
	case fd == 0 && t.lines < int64(val("numberless")):
		c.Score, c.Settled = val("one line"), false
		c.Claim += ". One line without the descriptor's number is a hint; the line again, or one with (fd=…), would settle it."
		return
	case fd > loopReserve && strings.Contains(t.detail, "out of range"):
		c.Claim += fmt.Sprintf(" at descriptor %d, which is maxclients %d and %d more.", fd, fd-loopReserve, loopReserve)
	case fd > 0:
		c.Claim += fmt.Sprintf(" at descriptor %d.", fd)
	default:
		c.Claim += "."
		return
	}
	c.Facts = append(c.Facts, fact("descriptor that the loop did not take", float64(fd), "descriptors", t.pos))
}

// lowered adds that the descriptor limit lowered maxclients.
func (r *Reading) lowered(c *Candidate) {
	l := &r.limits
	from := ""
	if l.asked > 0 {
		from = fmt.Sprintf(" from %d", l.asked)
	}
	claim := fmt.Sprintf("The descriptor limit of %d lowered maxclients%s to %d.", l.files, from, l.limit)
	if l.files == 0 { // what CONFIG SET maxclients was answered
		claim = fmt.Sprintf("The system's descriptor limit allows maxclients of %d at most: a higher one was refused.", l.limit)
	}
	lowered := fact("maxclients as the descriptor limit left it", float64(l.limit), "connections", l.pos)
	switch n := r.times(serverlog.Refused); {
	case c.Settled:
		c.Claim += " " + claim
	case float64(n) >= val("refused"):
		c.Score, c.Settled, c.From = val("descriptors"), true, l.at
		c.Claim = fmt.Sprintf("%s It was reached: %s refused.", claim, many(n, "connection"))
	default:
		c.Score, c.From, c.Claim = val("lowered"), l.at, claim+" Whether it was reached the log does not tell; for more raise the descriptor limit (ulimit -n) first."
	}
	c.Facts = append(c.Facts, lowered)
}

// outOfRange tells ERANGE as the C libraries of Linux, BSD, macOS and musl word it.
func outOfRange(s string) bool {
	return strings.Contains(s, "out of range") || strings.Contains(s, "too large") || strings.Contains(s, "not representable")
}

// outOfFiles tells EMFILE and ENFILE.
func outOfFiles(s string) bool {
	return strings.Contains(s, "oo many open files") || strings.Contains(s, "file table overflow") || strings.Contains(s, "No file descriptors available")
}

// churn judges connections accepted and closed at a high rate.
func (r *Reading) churn() Candidate {
	f := &r.flow
	secs := f.last.Sub(f.first).Seconds()
	if float64(f.accepted) < val("accepted") || secs <= 0 {
		return Candidate{}
	}
	rate, back := float64(f.accepted)/secs, float64(f.closed)/float64(f.accepted)
	if rate < val("churn rate") || back < val("churn back") || r.grew() {
		return Candidate{}
	}
	c := Candidate{Cause: "connection-churn", From: f.first, To: f.last}
	for host, h := range f.hosts {
		if host != "" && h.accepted > 0 {
			c.Sources = append(c.Sources, finding.Source{Host: host, Connections: int(h.accepted), Share: float64(h.accepted) / float64(f.accepted)})
		}
	}
	slices.SortFunc(c.Sources, func(a, b finding.Source) int {
		return cmp.Or(-cmp.Compare(a.Connections, b.Connections), cmp.Compare(a.Host, b.Host))
	})
	if !r.turnover(secs, back, c.Sources) {
		return Candidate{}
	}
	c.Sources = c.Sources[:min(len(c.Sources), maxSources)]
	share := min((rate-val("churn rate"))/(val("churn full")-val("churn rate")), 1)
	c.Score = 0.5 + 0.3*share
	c.Settled = c.Score >= 0.6
	from := "of hosts that are not told"
	if len(c.Sources) > 0 {
		top := c.Sources[0]
		if from = "from " + top.Host; top.Connections < int(f.accepted) {
			from = fmt.Sprintf("%d of them from %s", top.Connections, top.Host)
		}
	}
	c.Claim = fmt.Sprintf("%d connections accepted and %d closed in %s (%.1f accepted a second), %s: connections are opened and closed all the time.",
		f.accepted, f.closed, span(f.last.Sub(f.first)), rate, from)
	c.Facts = []finding.Evidence{fact("connections accepted", float64(f.accepted), "connections", f.pos, f.end),
		fact("connections closed", float64(f.closed), "connections", f.pos, f.end),
		fact("accepted", rate, "connections/s", f.pos, f.end)}
	if f.named > 0 {
		c.Facts = append(c.Facts, fact("of those whose age the log tells, closed at an age of 0 or 1 s", float64(f.brief)/float64(f.named), "share", f.pos, f.end))
	}
	return c
}

// turnover tells connections that are opened and closed all the time from a wave of them, by
// their ages, by how long it goes on, or by the one host they are of.
func (r *Reading) turnover(secs, back float64, hosts []finding.Source) bool {
	f := &r.flow
	if 2*f.named >= f.closed && f.named > 0 {
		return float64(f.brief) >= val("churn brief")*float64(f.named)
	}
	return secs >= val("churn lasts") && back >= 2*val("churn back") || len(hosts) > 0 && hosts[0].Share >= val("churn host")
}

// outage judges crashes and what a quorum of Sentinels or the cluster holds for down.
func (r *Reading) outage() Candidate {
	c := Candidate{Cause: "server-outage"}
	for _, s := range []struct {
		id      serverlog.ID
		score   float64
		settled bool
		what    string
	}{
		{serverlog.SentinelSwitch, 0.75, true, "Sentinel switched the primary, %s"},
		{serverlog.SentinelDown, 0.45, false, "Sentinel held an instance for down, %s"},
		{serverlog.Killed, 0.85, true, "The system killed the server for want of memory, %s"},
		{serverlog.Crashed, 0.5, false, "The server crashed, %s"},
		{serverlog.Failover, 0.45, false, "A failover took place, %s"},
	} {
		t := r.tally[s.id]
		if t == nil {
			continue
		}
		c.Facts = append(c.Facts, fact(strings.TrimSuffix(s.what, ", %s"), float64(t.lines), "times", t.pos, t.end))
		if s.score > c.Score {
			c.Score, c.Settled, c.From, c.To = s.score, s.settled, t.first, t.last
			c.Claim = fmt.Sprintf(s.what, t.times())
			if t.detail != "" {
				c.Claim += fmt.Sprintf(" (%s)", t.detail[:min(len(t.detail), 80)])
			}
			c.Claim += "."
		}
	}
	return c
}

// stalls judges what holds the server up.
func (r *Reading) stalls() Candidate {
	fsync, fork := r.tally[serverlog.FsyncSlow], r.tally[serverlog.ForkFailed]
	n := r.times(serverlog.FsyncSlow, serverlog.ForkFailed)
	if float64(n) < val("stalls") {
		return Candidate{}
	}
	c := Candidate{Cause: "server-stall", Score: 0.45, Claim: fmt.Sprintf("The disk or memory held the server up: %s of slow AOF fsyncs and failed forks.", many(n, "line"))}
	for _, t := range []*tally{fsync, fork} {
		if t != nil {
			c.Facts = append(c.Facts, fact("slow fsyncs or failed forks", float64(t.lines), "times", t.pos, t.end))
			c.From, c.To = t.first, t.last
		}
	}
	return c
}

// growth judges counts that rise: which of the causes of growth it is, a log does not tell.
func (r *Reading) growth() Candidate {
	if !r.grew() {
		return Candidate{}
	}
	first, last := r.counts[0], r.counts[len(r.counts)-1]
	if last.at.Sub(first.at).Seconds() < val("growing") {
		return Candidate{}
	}
	return Candidate{Cause: "connection-leak", Score: 0.35, From: first.at, To: last.at,
		Claim: fmt.Sprintf("Connections grow from %d to %d in %s.", first.clients, last.clients, span(last.at.Sub(first.at))),
		Facts: []finding.Evidence{fact("connections at the first count", float64(first.clients), "connections", first.pos),
			fact("connections at the last count", float64(last.clients), "connections", last.pos)}}
}
