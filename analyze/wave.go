package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

var wave = Cause{
	ID:       "reconnect-wave",
	Title:    "Reconnect wave",
	Phrase:   "a reconnect wave",
	Question: "Did everyone reconnect at once after a restart or failover, over the limit?",
	Method: "The server process must have changed, or most connections must have gone between two lists and come back from " +
		"the same hosts (a Sentinel that turns a primary into a replica runs CLIENT KILL TYPE normal; a partition ends), and " +
		"connections must have been refused on the way. When the refusals then go on, the retries are the cause and " +
		"the wave is what set them off.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"refused", 10, "connections", "ramp from 2; a wave that fits under the limit is no incident"},
		{"cut", 0.8, "of the connections", "gone between two lists of one process and back from the same hosts by the next; ramp from 0.6"},
		{"usual", 0.3, "of the connections", "may go in that time otherwise: where all turn over all the time, that most went says nothing"},
		{"lasting", 0.25, "of the time since", "refusals that last longer are a storm's; ramp to 0.5"},
		{"quiet", 0.35, "of the time since", "or they ended, and this long before the end of the recording; ramp from 0.15"},
	},
	Rivals: []Rival{
		{"retry-storm", "refusals end once everyone is back"},
		{"deploy-overlap", "the server restarted, the hosts are the same"},
		{"oversized-pool", "the connections are those from before the restart or cut, and the refusals end"},
	},
	Fixes: []Fix{
		{Changes, "let clients reconnect after a random delay of up to several seconds", "the wave spreads out", "refusals stay at 0 at the next restart"},
	},
	assess: assessWave,
}

func assessWave(p *pass) assessment {
	at, cut := p.restart(), 1.0
	if at < 0 {
		if at, cut = p.massCut(); cut < active {
			return no(cut, "the server did not restart, and no more than a part of the connections went at once")
		}
	}
	ref := p.sum(at, len(p.s), refusedOf)
	n, last := 0, at
	for i := at; i < len(p.s); i++ {
		if p.s[i].Refused > 0 || p.s[i].Full {
			n, last = n+1, i
		}
	}
	quiet := float64(len(p.s)-1-last) / max(float64(len(p.s)-at), 1)
	lasting := float64(n) / max(float64(len(p.s)-at), 1)
	score := cut * stat.Ramp(ref, 2, p.val("refused")) * max(stat.Ramp(lasting, p.val("lasting")+0.25, p.val("lasting")), stat.Ramp(quiet, 0.15, p.val("quiet")))
	if score < active {
		return no(score, "after everyone was cut %.0f connections were refused, in %.0f %% of the samples since", ref, lasting*100)
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1, began: p.outage(at)}
	a.sources = p.stormSources(at, min(at+10, len(p.s)-1))
	what := "Most connections were cut"
	if p.restart() >= 0 {
		what = "The server restarted"
	}
	a.claim = fmt.Sprintf("%s at %s and everyone reconnected at once: %.0f connections were refused until the wave was over.", what, hhmmss(p.timeOf(at)), ref)
	a.evidence = []Evidence{
		ev("connections refused after everyone was cut", ref, "connections", p.pos(at, false)),
		ev("server processes seen", float64(len(p.tl.Servers)), "processes", p.pos(at, false)),
	}
	return a
}

// restart gives the first sample of another server process; -1 none.
func (m *model) restart() int {
	for i := 1; i < len(m.s); i++ {
		if m.s[i].Epoch != m.s[i-1].Epoch {
			return i
		}
	}
	return -1
}

// backFrom counts the connections gone by a sample that came back to their hosts by the
// next.
func (m *model) backFrom(at, next int) (back float64) {
	for _, e := range m.ents {
		c := e.at(m.tl, at)
		came := float64(c.births)
		if next != at {
			came += float64(e.at(m.tl, next).births)
		}
		back += min(float64(c.deaths), came)
	}
	return back
}

// massCut finds the sample by which most connections of one process had gone and come back
// from the hosts they were from, and how sure that is. Where connections turn over all the
// time it finds none.
func (p *pass) massCut() (at int, score float64) {
	share := make([]float64, len(p.lists)) // gone and back, of those there were
	gone := make([]float64, len(p.lists))  // gone a second, of those there were
	for k := 1; k < len(p.lists); k++ {
		i := p.lists[k]
		were, dead := max(p.s[p.lists[k-1]].Listed, 1), p.s[i].Deaths
		if p.infoOnly {
			were, dead = max(p.occ[p.lists[k-1]], 1), float64(p.ents[0].at(p.tl, i).deaths)
		}
		gone[k] = dead / were / max(p.t[k]-p.t[k-1], 1)
		if dead > 0.6*were { // below, it would not score however many came back
			share[k] = p.backFrom(i, p.lists[min(k+1, len(p.lists)-1)]) / were
		}
	}
	if len(gone) < 4 {
		return -1, 0
	}
	usual := stat.Median(gone[1:])
	for k := 1; k < len(p.lists); k++ {
		if usual*(p.t[k]-p.t[k-1]) > p.val("usual") {
			continue
		}
		if x := stat.Ramp(share[k], 0.6, p.val("cut")); x > score {
			at, score = p.lists[k], x
		}
	}
	return at, score
}
