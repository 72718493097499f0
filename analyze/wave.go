package analyze

import (
	"fmt"

	"connbox/analyze/stat"
)

var wave = Cause{
	ID:       "reconnect-wave",
	Title:    "Reconnect wave",
	Phrase:   "a reconnect wave",
	Question: "Did everyone reconnect at once after a restart or failover, over the limit?",
	Method: "The server process must have changed, occupancy must have come back from nothing within a few samples, and " +
		"connections must have been refused on the way. When the refusals then go on, the retries are the cause and " +
		"the wave is what set them off.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"refused", 10, "connections", "ramp from 2; a wave that fits under the limit is no incident"},
		{"lasting", 0.25, "of the time since", "refusals that last longer are a storm's; ramp to 0.5"},
		{"quiet", 0.35, "of the time since", "or they ended, and this long before the end of the recording; ramp from 0.15"},
	},
	Rivals: []Rival{
		{"retry-storm", "refusals end once everyone is back"},
		{"deploy-overlap", "the server restarted, the hosts are the same"},
		{"oversized-pool", "the connections are those from before the restart, and the refusals end"},
	},
	Fixes: []Fix{
		{Changes, "let clients reconnect after a random delay of up to several seconds", "the wave spreads out", "refusals stay at 0 at the next restart"},
	},
	assess: assessWave,
}

func assessWave(p *pass) assessment {
	if len(p.tl.Servers) < 2 {
		return no(0, "the server did not restart")
	}
	at := len(p.s)
	for i := 1; i < len(p.s); i++ {
		if p.s[i].Epoch != p.s[i-1].Epoch {
			at = i
			break
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
	score := stat.Ramp(ref, 2, p.val("refused")) * max(stat.Ramp(lasting, p.val("lasting")+0.25, p.val("lasting")), stat.Ramp(quiet, 0.15, p.val("quiet")))
	if score < active {
		return no(score, "after the restart %.0f connections were refused, in %.0f %% of the samples since", ref, lasting*100)
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1, began: p.outage(at)}
	a.sources = p.stormSources(at, min(at+10, len(p.s)-1))
	a.claim = fmt.Sprintf("The server restarted at %s and everyone reconnected at once: %.0f connections were refused until the wave was over.", hhmmss(p.timeOf(at)), ref)
	a.evidence = []Evidence{
		ev("connections refused after the restart", ref, "connections", p.pos(at, false)),
		ev("server processes seen", float64(len(p.tl.Servers)), "processes", p.pos(at, false)),
	}
	return a
}
