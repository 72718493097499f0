package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

var Wave = cause.Cause{
	ID:       "reconnect-wave",
	Title:    "Reconnect wave",
	Phrase:   "a reconnect wave",
	Question: "Did everyone reconnect at once after a restart or failover, over the limit?",
	Method:   cause.Section(methods, "reconnect-wave"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "refused", None: 2, Full: 10, Unit: "connections", Why: "A wave that fits under the limit is no incident.", Of: cause.Of(func(x *wave) float64 { return x.refused }),
			Says: "connections refused after everyone was cut", Short: "%s connections were refused after it"},
		{Name: "cut", None: 0.6, Full: 0.8, Unit: "of the connections", Why: "The share is of connections that closed between two lists of one process and were replaced by the same hosts by the next list.", Of: cause.Of(func(x *wave) float64 { return x.cut }), IfKnown: true,
			Says: "share of the connections that went and came back at once", Short: "a share of %s of the connections went and came back at once"},
		{Name: "again", None: 2, Full: 1.5, Unit: "times the level before", Why: "Where no restart shows a cut, the count once everyone is back must match the count before: those who come back are those who were there. A release that multiplies its pools replaces everyone, too.", IfKnown: true, Of: cause.Of(func(x *wave) float64 { return x.again }),
			Says: "connections after the wave, against those before it", Short: "%s times as many came back as had been there"},
		{Name: "usual", Value: 0.3, Unit: "of the connections", Why: "At other times no more than this may close between two lists. Where all connections turn over all the time, one more exchange shows nothing."},
		{Name: "lasting", None: 0.5, Full: 0.25, Unit: "of the time since", Why: "Refusals that last longer are those of a storm.", Of: cause.Of(func(x *wave) float64 { return x.lasting }),
			Says: "share of the samples since with refusals", Short: "refusals lasted for %s of the time since"},
		{Name: "quiet", None: 0.15, Full: 0.35, Unit: "of the time since", Why: "The alternative to lasting: refusals ended, and this long before the end of the recording.", Of: cause.Of(func(x *wave) float64 { return x.quiet }),
			Says: "share of the time since without refusals, at the end", Short: "no refusals in the last %s of the time since"},
	},
	Views: []cause.View{
		{Name: "INFO", Rule: "cut, again, refused, lasting | quiet"},
	},
	Refuted: []string{
		"the server did not restart",
		"nobody was refused after it, or refusals went on for long",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the wave is over; a random delay spreads the next one"},
	},
	Opens:   []string{"back-off"},
	Alerts:  []string{"RedisManyNewConnections"},
	Follows: finding.Trigger,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "let clients reconnect after a random delay of up to several seconds", Effect: "the wave spreads out", Check: "refusals stay at 0 at the next restart"},
		{Risk: finding.Safe, Command: "wait: the wave ends by itself once every client has come back", Effect: "nothing is cut a second time", Check: "accepted connections a second fall back to what they were"},
	},
	Assess: assessWave,
}

// A wave is everyone coming back: what was cut and how many came (NaN: all, by a restart), and
// what was refused.
type wave struct{ cut, again, refused, lasting, quiet float64 }

func assessWave(p *cause.Pass) cause.Assessment {
	at, cut, again := restart(p.Model), math.NaN(), math.NaN()
	if at < 0 {
		if at, cut = massCut(p); p.Part("cut", cut) < cause.Active {
			return cause.No(p.Part("cut", cut), "the server did not restart, and no more than a part of the connections went at once")
		}
		again = stat.Median(p.Occupancy[at:]) / max(stat.Median(p.Occupancy[:at]), 1)
	}
	ref := p.Sum(at, len(p.Samples), measure.RefusedOf)
	n, last := 0, at
	for i := at; i < len(p.Samples); i++ {
		if p.Samples[i].Refused > 0 || p.Samples[i].Full {
			n, last = n+1, i
		}
	}
	quiet := float64(len(p.Samples)-1-last) / max(float64(len(p.Samples)-at), 1)
	lasting := float64(n) / max(float64(len(p.Samples)-at), 1)
	score := p.Judge("INFO", "", cause.Span{From: at, To: len(p.Samples) - 1}, &wave{cut, again, ref, lasting, quiet})
	if score < cause.Active {
		return cause.No(score, "after everyone was cut %.0f connections were refused, in %.0f %% of the samples since", ref, lasting*100)
	}
	a := cause.Assessment{Score: score, Onset: at, OnsetLo: max(at-1, 0), End: -1, Began: p.Outage(at)}
	a.Sources = p.StormSources(at, min(at+10, len(p.Samples)-1))
	what := "Most connections were cut"
	if restart(p.Model) >= 0 {
		what = "The server restarted"
	}
	a.Claim = fmt.Sprintf("%s at %s and everyone reconnected at once: %.0f connections were refused until the wave was over.", what, finding.Clock(p.TimeOf(at)), ref)
	a.Evidence = []finding.Evidence{
		finding.New("connections refused after everyone was cut", ref, "connections", p.Place(at, false)),
		finding.New("server processes seen", float64(len(p.TL.Servers)), "processes", p.Place(at, false)),
	}
	return a
}

// restart gives the first sample of another server process; -1 none.
func restart(m *measure.Model) int {
	for i := 1; i < len(m.Samples); i++ {
		if m.Samples[i].Epoch != m.Samples[i-1].Epoch {
			return i
		}
	}
	return -1
}

// backFrom counts the connections gone by a sample that came back to their hosts by the
// next.
func backFrom(m *measure.Model, at, next int) (back float64) {
	for _, e := range m.Entities {
		c := e.At(at)
		came := float64(c.Births)
		if next != at {
			came += float64(e.At(next).Births)
		}
		back += min(float64(c.Deaths), came)
	}
	return back
}

// massCut finds the sample by which most connections of one process had gone and come back
// from the hosts they were from, and their share. Where connections turn over all the
// time it finds none.
func massCut(p *cause.Pass) (at int, most float64) {
	share := make([]float64, len(p.Lists)) // gone and back, of those there were
	gone := make([]float64, len(p.Lists))  // gone a second, of those there were
	for k := 1; k < len(p.Lists); k++ {
		i := p.Lists[k]
		were, dead := max(p.Samples[p.Lists[k-1]].Listed, 1), p.Samples[i].Deaths
		if p.InfoOnly {
			were, dead = max(p.Occupancy[p.Lists[k-1]], 1), float64(p.Entities[0].At(i).Deaths)
		}
		gone[k] = dead / were / max(p.ListTimes[k]-p.ListTimes[k-1], 1)
		if p.Part("cut", dead/were) > 0 { // below, it would not score however many came back
			share[k] = backFrom(p.Model, i, p.Lists[min(k+1, len(p.Lists)-1)]) / were
		}
	}
	if len(gone) < 4 {
		return -1, 0
	}
	usual := stat.Median(gone[1:])
	for k := 1; k < len(p.Lists); k++ {
		if usual*(p.ListTimes[k]-p.ListTimes[k-1]) > p.Number("usual") {
			continue
		}
		if p.Part("cut", share[k]) > p.Part("cut", most) {
			at, most = p.Lists[k], share[k]
		}
	}
	return at, most
}
