package cut

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

var QueryBuffer = cause.Cause{
	ID:       "query-buffer-growth",
	Title:    "Query-buffer growth",
	Phrase:   "growing query buffers",
	Question: "Do clients send commands without an end, until they are cut at client-query-buffer-limit or memory is full?",
	Method: "A query buffer holds what a client has sent of a command that is not whole yet; it is empty again once the command " +
		"is read. Buffers of more than 64 KiB are followed from list to list: those of large values are emptied, those of a client " +
		"that sends without an end only fill. From Redis 7.4 on, client_query_buffer_limit_disconnections counts the cuts; in " +
		"INFO alone, client_recent_max_input_buffer stands for the largest buffer.",
	Needs: []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "held", None: 1 << 20, Full: 16 << 20, Unit: "bytes", Why: "One large value of half a megabyte is ordinary for some services. In public reports clients held 46 MB each, and the limit is 1 GB by default.", Of: cause.Of(func(q *queries) float64 { return q.held }),
			Says: "most that large query buffers held at once", Short: "large query buffers held %s bytes at most"},
		{Name: "filled", None: 2, Full: 6, Unit: "times", Why: "A large buffer that held at least as much as in the list before is not being emptied. A value that takes long to arrive shows this once or twice.", Of: cause.Of(func(q *queries) float64 { return q.filled }),
			Says: "times that a large query buffer held at least as much as in the sample before", Short: "a large buffer held as much as before only %s times"},
		{Name: "kept", None: 0.6, Full: 0.85, Unit: "share", Why: "The share is of all comparisons of a large buffer with the one before. Large values in a row grow and shrink by turns, so about half of the comparisons show growth.", Of: cause.Of(func(q *queries) float64 { return q.filled / max(q.filled+q.emptied, 1) }),
			Says: "share of the comparisons with the sample before in which the buffer had not been emptied", Short: "a share of %s had not been emptied since the sample before"},
		{Name: "cuts", None: 1, Full: 3, Unit: "clients", Why: "The server counts these cuts itself. One may be an accident of a single client.", Of: cause.Of(func(q *queries) float64 { return q.cuts }),
			Says: "clients cut at client-query-buffer-limit, as the server counts them", Short: "the server counts %s cuts at client-query-buffer-limit"},
	},
	Views: []cause.View{
		{Name: "client lists, or INFO alone", Rule: "held & filled & kept | cuts"},
	},
	Refuted: []string{
		"no query buffer grew beyond what a large value takes",
		"the large buffers were emptied from sample to sample",
	},
	Alerts: []string{"RedisClientMemoryRises"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST | sed -E 's/.* addr=([^ ]*).* qbuf=([0-9]+).*/\\2 \\1/' | sort -rn | head -20", Effect: "shows whose unfinished commands are largest", Check: "the largest qbuf is under a megabyte"},
		{Risk: finding.Disconnects, Command: "stop {who}, whose commands do not end", Effect: "its query buffers are freed at once; nobody else is cut", Check: "used_memory falls"},
		{Risk: finding.Changes, Good: true, Command: "fix the client that never finishes its commands ({who}): a wrong length, a pipeline that is never flushed, bytes that are no command", Effect: "commands arrive whole and are read at once", Check: "the largest qbuf is under a megabyte for an hour"},
	},
	Assess: assessQueryBuffer,
}

// queries are what is seen of large query buffers, in any view.
type queries struct {
	held            float64 // bytes at once
	filled, emptied float64 // comparisons with the sample before
	cuts            float64 // counted by the server
	first           int     // sample with the first
}

func assessQueryBuffer(p *cause.Pass) cause.Assessment {
	cuts := p.Sum(0, len(p.Samples), func(s *timeline.Sample) float64 { return s.QueryCuts })
	worst, label := queriesOfInfo(p), ""
	if !p.InfoOnly {
		worst = &queries{first: -1}
		for _, a := range p.Apps {
			if q := queriesOf(p, a.At); q.filled > worst.filled || q.filled == worst.filled && q.held > worst.held {
				worst, label = q, a.Label
			}
		}
	}
	worst.cuts = cuts
	if worst.first < 0 || worst.filled == 0 { // the server's count alone
		worst.first = firstCut(p.Model)
	}
	if worst.first < 0 {
		return cause.No(0, "no query buffer grew beyond what a command takes")
	}
	score := p.Judge("client lists, or INFO alone", label, cause.Span{From: worst.first, To: len(p.Samples) - 1, Lists: !p.InfoOnly}, worst)
	if score < cause.Active {
		return cause.No(score, "large query buffers held %.0f bytes at most, and %.0f comparisons found them not emptied, %.0f emptied", worst.held, worst.filled, worst.emptied)
	}
	a := cause.Assessment{Score: score, Onset: worst.first, OnsetLo: max(worst.first-1, 0), End: -1}
	if !p.InfoOnly {
		a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 { return queriesOf(p, e.At).filled })
	}
	a.Claim = fmt.Sprintf("Query buffers fill and are not emptied, %.3g MiB at once from %s on: commands that never end.", worst.held/(1<<20), finding.Clock(p.TimeOf(worst.first)))
	if cuts > 0 {
		a.Claim = fmt.Sprintf("The server cut %.0f clients at client-query-buffer-limit from %s on: they send commands that never end.", cuts, finding.Clock(p.TimeOf(worst.first)))
	}
	a.Evidence = p.Evidence("held", "filled", "kept", "cuts")
	return a
}

// queriesOf sums up the large query buffers of a source over the lists.
func queriesOf(p *cause.Pass, at func(int) timeline.Cell) *queries {
	q := &queries{first: -1}
	for _, i := range p.Lists {
		c := at(i)
		if c.Query > 0 && q.first < 0 {
			q.first = i
		}
		q.held, q.filled, q.emptied = max(q.held, float64(c.Query)), q.filled+float64(c.Filled), q.emptied+float64(c.Emptied)
	}
	return q
}

// queriesOfInfo does so by the largest query buffer of the last seconds, for the whole server.
func queriesOfInfo(p *cause.Pass) *queries {
	q, last := &queries{first: -1}, 0.0
	for i := range p.Samples {
		s := &p.Samples[i]
		if !(s.InMax >= 0) {
			continue
		}
		now := s.InMax
		if now < timeline.LargeQuery {
			now = 0
		}
		switch {
		case now > 0 && q.first < 0:
			q.first = i
		case last > 0 && now >= last:
			q.filled++
		case last > 0:
			q.emptied++
		}
		q.held, last = max(q.held, now), now
	}
	return q
}

// firstCut gives the first sample for which the server counts a cut; -1 where there is none.
func firstCut(m *measure.Model) int {
	for i := range m.Samples {
		if m.Samples[i].QueryCuts > 0 {
			return i
		}
	}
	return -1
}
