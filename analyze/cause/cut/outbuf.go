// Package cut has the causes that cut connections which then come back: output buffers,
// evictions, idle time-outs, clients that open a connection for each request.
package cut

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

// methods has a paragraph for each cause.
//
//go:embed method.md
var methods string

var Outbuf = cause.Cause{
	ID:       "output-buffer-loop",
	Title:    "Output-buffer disconnect loop",
	Phrase:   "an output-buffer disconnect loop",
	Question: "Are slow readers cut at client-output-buffer-limit, back at once, and cut again?",
	Method:   cause.Section(methods, "output-buffer-loop"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "cuts", Value: 3, None: 1.5, Full: 3.5, Unit: "cuts", Why: "One cut is a slow reader. Several cuts of one source are a loop.", Of: cause.Of(func(x *cuts) float64 { return x.n }),
			Says: "connections that went away with output waiting", Short: "%s cuts are a slow reader"},
		{Name: "fill", Value: 0.2, Unit: "of the limit", Why: "The last list before a cut shows the buffer partly full. A connection that closes by itself has next to nothing waiting."},
		{Name: "floor", Value: 131072, Unit: "bytes", Why: "Where the limit is not known: an ordinary reply leaves less than this waiting between two lists."},
		{Name: "counted", None: 2, Full: 6, Unit: "cuts", Why: "The server counts cuts, but no list shows whose. So many cuts are a loop, because the connections must have come back to be cut again.", Of: cause.Of(func(x *cuts) float64 { return x.n }),
			Says: "cuts counted by the server (client_output_buffer_limit_disconnections)", Short: "the server counts %s cuts"},
		{Name: "rebirth", None: 0.2, Full: 0.5, Unit: "share", Why: "Clients that do not come back are no loop.", Of: cause.Of(func(x *cuts) float64 { return x.back }),
			Says: "share that was replaced within three lists", Short: "a share of %s came back"},
		{Name: "falls", None: 2, Full: 6, Unit: "samples", Why: "In INFO alone, a fall counts if client memory falls by the floor and more for each connection that closed, while some client had as much output waiting. A few falls may be large replies.", Of: cause.Of(func(x *cuts) float64 { return x.n }),
			Says: "samples in which client memory fell by more than ordinary connections hold, while output waited", Short: "client memory fell %s times while output waited"},
		{Name: "beyond", None: 0.15, Full: 0.4, Unit: "connections a fall", Why: "Connections that were accepted while output waited, beyond those accepted at other times, are clients that came back.", Of: cause.Of(func(x *cuts) float64 { return x.beyond }),
			Says: "connections accepted for each, beyond those of other samples", Short: "%s connections more than usual were accepted for each"},
		{Name: "sigma", None: 1.5, Full: 3, Unit: "standard deviations", Why: "The row tests the surplus of accepted connections against chance, as a Poisson count.", Of: cause.Of(func(x *cuts) float64 { return x.sigma }),
			Says: "how far these are from chance", Short: "they are %s standard deviations from chance"},
		{Name: "samples", None: 1, Full: 3, Unit: "samples", Why: "Cuts in one sample may come from a reader that was slow once.", Of: cause.Of(func(x *cuts) float64 { return x.samples }),
			Says: "samples with cuts", Short: "cuts were counted in %s samples"},
		{Name: "again", None: 2, Full: 5, Unit: "samples", Why: "A loop repeats full syncs again and again. A restart causes one.", Of: cause.Of(func(x *cuts) float64 { return x.samples }),
			Says: "samples with full syncs", Short: "full syncs were counted in %s samples"},
		{Name: "back_lists", Value: 4, Unit: "lists", Why: "The connection that replaces a cut one must appear within so many lists."},
		{Name: "waiting", Value: 65536, Unit: "bytes", Why: "From so many bytes on, output is waiting for the source. It is half of the floor that counts where no limit is known."},
		{Name: "calm", Value: 10, Unit: "samples", Why: "At least so many samples must have less output waiting. With fewer, the loop ran all the time, and samples after a fall are compared with the others instead."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "cuts, rebirth"},
		{Name: "counted by the server", Rule: "counted, samples"},
		{Name: "client memory, INFO alone", Rule: "falls, beyond, sigma"},
		{Name: "full syncs, INFO alone", Rule: "counted, again"},
	},
	Refuted: []string{
		"nothing waited for the connections that went (omem) and the server counted no cut",
		"the connections that were cut did not come back",
	},
	Alerts: []string{"RedisManyNewConnections", "RedisClientMemoryRises"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST | grep -F '{match}'", Effect: "shows omem of the slow readers as it fills", Check: "omem stays near 0 once the reader keeps up"},
		{Risk: finding.Changes, Good: true, Command: "make the readers faster or their replies smaller (paging, fewer channels a connection); raise client-output-buffer-limit only with the memory to spare", Effect: "the buffer no longer fills to the limit", Check: "no connection of the source is replaced any more"},
		{Risk: finding.Disconnects, Command: "stop the slow readers ({who}) until they keep up", Effect: "no buffer fills any more; what they would have read is lost as before", Check: "accepted connections fall"},
	},
	Assess: assessOutbuf,
}

// cuts are what is seen of connections cut with output waiting, in any view.
type cuts struct {
	n, samples    float64 // cuts, and samples with any
	back          float64 // share that came back
	beyond, sigma float64 // accepted with each beyond the usual, and how far that is from chance
}

// obufLimits reads client-output-buffer-limit: bytes by class, the lower of hard and
// soft that is set. Classes without a limit are left out.
func obufLimits(v string) map[string]float64 {
	out := map[string]float64{}
	for class := range slices.Chunk(strings.Fields(v), 4) {
		if len(class) < 4 {
			break
		}
		lim := math.Inf(1)
		for _, s := range class[1:3] {
			if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 {
				lim = min(lim, n)
			}
		}
		if !math.IsInf(lim, 1) {
			out[class[0]] = lim
		}
	}
	return out
}

// cutsBySource finds the deaths that look like cuts.
func cutsBySource(p *cause.Pass) map[*measure.Entity][]timeline.Death {
	if p.InfoOnly {
		return nil
	}
	limits := obufLimits(p.TL.Config["client-output-buffer-limit"])
	known := len(limits) > 0
	owner := map[*timeline.Series]*measure.Entity{}
	for _, e := range p.Entities {
		for _, s := range e.Parts {
			owner[s] = e
		}
	}
	out := map[*measure.Entity][]timeline.Death{}
	for _, d := range p.TL.Deaths {
		class := "normal"
		switch {
		case d.Replica:
			class = "slave"
		case d.Pubsub:
			class = "pubsub"
		}
		need := p.Number("floor")
		if lim, ok := limits[class]; ok {
			need = min(p.Number("fill")*lim, lim)
		} else if known && class == "normal" {
			continue // normal clients have no limit by default: nothing cuts them
		}
		if float64(d.OmemMax) >= need {
			e := owner[p.TL.Sources[d.Src]]
			out[e] = append(out[e], d)
		}
	}
	return out
}

func assessOutbuf(p *cause.Pass) cause.Assessment {
	counted := p.Sum(0, len(p.Samples), func(s *timeline.Sample) float64 { return s.ObufCuts })
	bySource := cutsBySource(p)
	byApp := map[*measure.App][]timeline.Death{}
	for e, d := range bySource {
		byApp[e.App] = append(byApp[e.App], d...)
	}
	var worst *measure.App
	for _, a := range p.Apps {
		if worst == nil || len(byApp[a]) > len(byApp[worst]) {
			worst = a
		}
	}
	if worst == nil || len(byApp[worst]) == 0 {
		if counted > 0 {
			return countedCuts(p, counted)
		}
		if p.InfoOnly {
			return sawtooth(p)
		}
		return cause.No(0, "no connection went away with output waiting for it")
	}
	d := byApp[worst]
	slices.SortFunc(d, func(a, b timeline.Death) int { return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Id, b.Id)) })
	back := rebirths(p, worst, d)
	n := float64(len(d))
	score := p.Judge("client lists", worst.Label, cause.Span{From: d[0].Slot, To: d[len(d)-1].Slot, Lists: true}, &cuts{n: max(n, min(counted, 2*n)), back: back})
	if score < cause.Active {
		return cause.No(score, "%d connections of %s went away with output waiting; %.0f %% were replaced", len(d), worst.Label, back*100)
	}
	return outbufReport(p, worst, d, back, counted, score, bySource)
}

// countedCuts judges by the server's own count (7.4 and later) alone. Cuts in many samples
// are a loop; how many connections there are to cut, occupancy bounds.
func countedCuts(p *cause.Pass, counted float64) cause.Assessment {
	var slots []int
	for i := range p.Samples {
		if p.Samples[i].ObufCuts > 0 {
			slots = append(slots, i)
		}
	}
	first, last := slots[0], slots[len(slots)-1]
	score := p.Judge("counted by the server", "cuts that the server counted", cause.Span{From: first, To: last}, &cuts{n: counted, samples: float64(len(slots))})
	if score < cause.Active {
		return cause.No(score, "the server counts %.0f cuts, but no list shows whose", counted)
	}
	a := cause.Assessment{Score: score, Onset: first, OnsetLo: max(first-1, 0), End: -1}
	a.Claim = fmt.Sprintf("The server cut %.0f clients at their output-buffer limit, in %s from %s on.", counted, finding.Count(len(slots), "sample"), finding.Clock(p.TimeOf(first)))
	a.Evidence = p.Evidence("counted")
	return a
}

// rebirths gives the share of cuts that were followed by a new connection of the same
// application in the same list or the two after it; each birth answers one cut.
func rebirths(p *cause.Pass, a *measure.App, cuts []timeline.Death) float64 {
	m, left, within := p.Model, map[int]int{}, int(p.Number("back_lists"))
	births := func(i int) int {
		if _, ok := left[i]; !ok {
			left[i] = int(a.At(i).Births)
		}
		return left[i]
	}
	back := 0
	for _, d := range cuts {
		k, _ := slices.BinarySearch(m.Lists, d.Slot)
		for j := k; j < min(k+within, len(m.Lists)); j++ {
			if births(m.Lists[j]) > 0 {
				left[m.Lists[j]]--
				back++
				break
			}
		}
	}
	return float64(back) / float64(len(cuts))
}

func outbufReport(p *cause.Pass, a *measure.App, d []timeline.Death, back, counted, score float64, cuts map[*measure.Entity][]timeline.Death) cause.Assessment {
	m, first, last := p.Model, d[0].Slot, d[len(d)-1].Slot
	out := cause.Assessment{Score: score, Onset: outbufOnset(p, a, first), OnsetLo: first - 1, End: -1}
	out.OnsetLo = max(out.Onset-1, 0)
	ents := slices.Clone(a.Entities)
	slices.SortStableFunc(ents, func(x, y *measure.Entity) int {
		return cmp.Or(-cmp.Compare(len(cuts[x]), len(cuts[y])), cmp.Compare(x.Host, y.Host))
	})
	for _, e := range ents {
		if len(cuts[e]) > 0 && len(out.Sources) < cause.MostSources {
			s := e.Source()
			s.Connections, s.Share = len(cuts[e]), float64(len(cuts[e]))/float64(len(d))
			out.Sources = append(out.Sources, s)
		}
	}
	var most int64
	for _, x := range d {
		most = max(most, x.OmemMax)
	}
	kind := "clients"
	if d[0].Pubsub {
		kind = "pub/sub subscribers"
	}
	out.Claim = fmt.Sprintf("%s of %s were cut with output waiting for them and came back: %d cuts from %s on, %.0f %% replaced.",
		strings.ToUpper(kind[:1])+kind[1:], a.Label, len(d), finding.Clock(m.TimeOf(first)), back*100)
	out.Evidence = []finding.Evidence{
		finding.New(fmt.Sprintf("connections of %s that went away with output waiting", a.Label), float64(len(d)), "connections", d[0].Pos.String(), d[len(d)-1].Pos.String()),
		finding.New("share that was replaced within three lists", back, "share", d[0].Pos.String(), m.Place(last, true)),
		finding.New("most output seen waiting for one of them", float64(most), "bytes", d[0].Pos.String()),
	}
	if counted > 0 {
		out.Evidence = append(out.Evidence, finding.New("cuts counted by the server (client_output_buffer_limit_disconnections)", counted, "connections", m.Place(last, false)))
	}
	if v := m.TL.Config["client-output-buffer-limit"]; v != "" {
		lim := obufLimits(v)
		class := "normal"
		if d[0].Pubsub {
			class = "pubsub"
		}
		if l, ok := lim[class]; ok {
			out.Evidence = append(out.Evidence, finding.New(fmt.Sprintf("client-output-buffer-limit of class %s (the lower of hard and soft)", class), l, "bytes", d[0].Pos.String()))
		}
	}
	return out
}

// outbufOnset goes back from the first cut to where output began to wait for the source.
func outbufOnset(p *cause.Pass, a *measure.App, first int) int {
	m, waiting := p.Model, int64(p.Number("waiting"))
	k, _ := slices.BinarySearch(m.Lists, first)
	for k = min(k, len(m.Lists)-1); k > 0; k-- {
		if a.At(m.Lists[k-1]).OutMem < waiting {
			return m.Lists[k]
		}
	}
	return first
}
