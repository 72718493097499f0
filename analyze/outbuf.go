package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/stat"
)

var outbuf = Cause{
	ID:       "output-buffer-loop",
	Title:    "Output-buffer disconnect loop",
	Phrase:   "an output-buffer disconnect loop",
	Question: "Are slow readers cut at client-output-buffer-limit, back at once, and cut again?",
	Method: "A connection that disappears with output waiting for it (omem), at a good part of the limit of its class, was " +
		"cut; a new connection of the same source in the same or the next two lists closes the loop. From Redis 7.4 on, " +
		"client_output_buffer_limit_disconnections counts the cuts exactly. In INFO alone, before that: client memory falls as " +
		"output waits for some client (client_recent_max_output_buffer), and others are accepted meanwhile that otherwise would not be.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"cuts", 3, "cuts", "one cut is a slow reader, several of one source are a loop; full score at twice this"},
		{"fill", 0.2, "of the limit", "the last list before the cut sees the buffer part full; connections that close by themselves have next to nothing waiting"},
		{"floor", 131072, "bytes", "with no limit known: more than any ordinary reply leaves waiting between two lists"},
		{"counted", 6, "cuts", "counted by the server, where no list shows whose they are: enough for a loop, as the connections must have come back to be cut again; ramp from 2"},
		{"rebirth", 0.5, "share", "clients that do not come back are no loop"},
		{"falls", 6, "samples", "in INFO alone: in which client memory fell by the floor and more for each connection that closed, while some client had as much waiting; ramp from 2, as a few may be large replies"},
		{"beyond", 0.4, "connections a fall", "accepted where output waits beyond what was accepted at other times, which is what came back; ramp from 0.15"},
		{"sigma", 3, "standard deviations", "that those are from chance, as a Poisson count; ramp from 1.5"},
	},
	Rivals: []Rival{
		{"client-eviction", "evicted_clients does not rise"},
		{"idle-cut", "output waits for the connections that go, whatever their idle time"},
		{"connection-churn", "output waits for the connections that go"},
		{"connection-leak", "the connections are cut and replaced, their number does not grow"},
		{"internal-connections", "the connections are cut with output waiting and come back; internal ones pile up and stay"},
	},
	Fixes: []Fix{
		{Safe, "redis-cli CLIENT LIST | grep -F '{match}'", "shows omem of the slow readers as it fills", "omem stays near 0 once the reader keeps up"},
		{Changes, "make the reader faster or its replies smaller (paging, fewer channels a connection); raise client-output-buffer-limit only with the memory to spare", "the buffer no longer fills to the limit", "no connection of the source is replaced any more"},
	},
	assess: assessOutbuf,
}

// obufLimits reads client-output-buffer-limit: bytes by class, the lower of hard and
// soft that is set. Classes without a limit are left out.
func obufLimits(v string) map[string]float64 {
	out := map[string]float64{}
	f := strings.Fields(v)
	for i := 0; i+3 < len(f); i += 4 {
		lim := math.Inf(1)
		for _, s := range f[i+1 : i+3] {
			if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 {
				lim = min(lim, n)
			}
		}
		if !math.IsInf(lim, 1) {
			out[f[i]] = lim
		}
	}
	return out
}

// cutsBySource finds the deaths that look like cuts.
func (p *pass) cutsBySource() map[*entity][]death {
	if p.infoOnly {
		return nil
	}
	limits := obufLimits(p.tl.Config["client-output-buffer-limit"])
	known := len(limits) > 0
	owner := map[*series]*entity{}
	for _, e := range p.ents {
		for _, s := range e.parts {
			owner[s] = e
		}
	}
	out := map[*entity][]death{}
	for _, d := range p.tl.Deaths {
		class := "normal"
		switch {
		case d.replica:
			class = "slave"
		case d.pubsub:
			class = "pubsub"
		}
		need := p.val("floor")
		if lim, ok := limits[class]; ok {
			need = min(p.val("fill")*lim, lim)
		} else if known && class == "normal" {
			continue // normal clients have no limit by default: nothing cuts them
		}
		if float64(d.omemMax) >= need {
			e := owner[p.tl.Sources[d.src]]
			out[e] = append(out[e], d)
		}
	}
	return out
}

func assessOutbuf(p *pass) assessment {
	counted := p.sum(0, len(p.s), func(s *Sample) float64 { return s.ObufCuts })
	cuts := p.cutsBySource()
	byApp := map[*app][]death{}
	for e, d := range cuts {
		byApp[e.app] = append(byApp[e.app], d...)
	}
	var worst *app
	for _, a := range p.apps {
		if worst == nil || len(byApp[a]) > len(byApp[worst]) {
			worst = a
		}
	}
	if worst == nil || len(byApp[worst]) == 0 {
		if counted > 0 {
			return p.countedCuts(counted)
		}
		if p.infoOnly {
			return p.sawtooth()
		}
		return no(0, "no connection went away with output waiting for it")
	}
	d := byApp[worst]
	slices.SortFunc(d, func(a, b death) int { return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.id, b.id)) })
	back := p.rebirths(worst, d)
	n := float64(len(d))
	score := stat.Ramp(max(n, min(counted, 2*n)), p.val("cuts")-1.5, p.val("cuts")+0.5) * stat.Ramp(back, 0.2, p.val("rebirth"))
	if score < active {
		return no(score, "%d connections of %s went away with output waiting; %.0f %% were replaced", len(d), worst.label, back*100)
	}
	return p.outbufReport(worst, d, back, counted, score, cuts)
}

// countedCuts judges by the server's own count (7.4 and later) alone. Cuts in many samples
// are a loop; how many connections there are to cut, occupancy bounds.
func (p *pass) countedCuts(counted float64) assessment {
	var slots []int
	for i := range p.s {
		if p.s[i].ObufCuts > 0 {
			slots = append(slots, i)
		}
	}
	score := stat.Ramp(counted, 2, p.val("counted")) * stat.Ramp(float64(len(slots)), 1, 3)
	if score < active {
		return no(min(score, 0.4), "the server counts %.0f cuts, but no list shows whose", counted)
	}
	first, last := slots[0], slots[len(slots)-1]
	a := assessment{score: score, onset: first, onsetLo: max(first-1, 0), end: -1}
	a.claim = fmt.Sprintf("The server cut %.0f clients at their output-buffer limit, in %s from %s on.", counted, many(len(slots), "sample"), hhmmss(p.timeOf(first)))
	a.evidence = []Evidence{ev("cuts counted by the server (client_output_buffer_limit_disconnections)", counted, "connections", p.pos(first, false), p.pos(last, false))}
	return a
}

// rebirths gives the share of cuts that were followed by a new connection of the same
// application in the same list or the two after it; each birth answers one cut.
func (m *model) rebirths(a *app, cuts []death) float64 {
	left := map[int]int{}
	births := func(i int) int {
		if _, ok := left[i]; !ok {
			left[i] = int(a.at(m.tl, i).births)
		}
		return left[i]
	}
	back := 0
	for _, d := range cuts {
		k, _ := slices.BinarySearch(m.lists, d.slot)
		for j := k; j < min(k+4, len(m.lists)); j++ {
			if births(m.lists[j]) > 0 {
				left[m.lists[j]]--
				back++
				break
			}
		}
	}
	return float64(back) / float64(len(cuts))
}

func (m *model) outbufReport(a *app, d []death, back, counted, score float64, cuts map[*entity][]death) assessment {
	first, last := d[0].slot, d[len(d)-1].slot
	out := assessment{score: score, onset: m.outbufOnset(a, first), onsetLo: first - 1, end: -1}
	out.onsetLo = max(out.onset-1, 0)
	ents := slices.Clone(a.ents)
	slices.SortStableFunc(ents, func(x, y *entity) int {
		return cmp.Or(-cmp.Compare(len(cuts[x]), len(cuts[y])), cmp.Compare(x.host, y.host))
	})
	for _, e := range ents {
		if len(cuts[e]) > 0 && len(out.sources) < 20 {
			s := e.source()
			s.Connections, s.Share = len(cuts[e]), float64(len(cuts[e]))/float64(len(d))
			out.sources = append(out.sources, s)
		}
	}
	var most int64
	for _, x := range d {
		most = max(most, x.omemMax)
	}
	kind := "clients"
	if d[0].pubsub {
		kind = "pub/sub subscribers"
	}
	out.claim = fmt.Sprintf("%s of %s were cut with output waiting for them and came back: %d cuts from %s on, %.0f %% replaced.",
		strings.ToUpper(kind[:1])+kind[1:], a.label, len(d), hhmmss(m.timeOf(first)), back*100)
	out.evidence = []Evidence{
		ev(fmt.Sprintf("connections of %s that went away with output waiting", a.label), float64(len(d)), "connections", d[0].pos.String(), d[len(d)-1].pos.String()),
		ev("share that was replaced within three lists", back, "share", d[0].pos.String(), m.pos(last, true)),
		ev("most output seen waiting for one of them", float64(most), "bytes", d[0].pos.String()),
	}
	if counted > 0 {
		out.evidence = append(out.evidence, ev("cuts counted by the server (client_output_buffer_limit_disconnections)", counted, "connections", m.pos(last, false)))
	}
	if v := m.tl.Config["client-output-buffer-limit"]; v != "" {
		lim := obufLimits(v)
		class := "normal"
		if d[0].pubsub {
			class = "pubsub"
		}
		if l, ok := lim[class]; ok {
			out.evidence = append(out.evidence, ev(fmt.Sprintf("client-output-buffer-limit of class %s (the lower of hard and soft)", class), l, "bytes", d[0].pos.String()))
		}
	}
	return out
}

// outbufOnset goes back from the first cut to where output began to wait for the source.
func (m *model) outbufOnset(a *app, first int) int {
	k, _ := slices.BinarySearch(m.lists, first)
	for k = min(k, len(m.lists)-1); k > 0; k-- {
		if a.at(m.tl, m.lists[k-1]).omem < 1<<16 {
			return m.lists[k]
		}
	}
	return first
}
