package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var protected = Cause{
	ID:       "protected-mode-refusals",
	Title:    "Protected-mode refusals",
	Phrase:   "protected-mode refusals",
	Question: "Were connections refused though the limit was never near?",
	Method: "rejected_connections also counts protected-mode denials (3.2 and later, networking.c clientAcceptHandler). " +
		"Named when refusals rise across many samples while occupancy stays far from the limit on both sides of each.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"refused", 10, "connections", "a handful may be a burst between two samples; ramp from 3"},
		{"samples", 8, "samples", "a burst to the limit between samples shows in one or two, a limit lowered by mistake in a few; ramp from 2"},
		{"used", 0.7, "of the limit", "highest use anywhere near a refusal; ramp to 0.9"},
		{"top", 0.93, "of the most connections", "at which the upper quartile of refusals came, where the limit is not known: it was no lower than what was connected at other times, and a full server stays full. Ramp to 0.98"},
	},
	Rivals: []Rival{{"retry-storm", "the limit is never near"}, {"maxclients-too-low", "the limit is never near"}},
	Fixes: []Fix{
		{Safe, "redis-cli CONFIG GET protected-mode; redis-cli CONFIG GET bind; redis-cli CONFIG GET requirepass | wc -c", "protected mode refuses other hosts when no password and no bind address is set", "the log says 'Redis is running in protected mode' to the refused client"},
		{Changes, "set a password (or ACL) and a bind address", "clients of other hosts are served", "rejected_connections no longer rises"},
	},
	assess: assessProtected,
}

func assessProtected(p *pass) assessment {
	if !p.holds(refusedOf) {
		return no(0, refusedUncounted)
	}
	if p.refused == 0 {
		return no(0, "no connection was refused")
	}
	n, near, first := 0, 0.0, -1
	for i := range p.s {
		if !(p.s[i].Refused > 0) {
			continue
		}
		n++
		if first < 0 {
			first = i
		}
		for j := max(i-1, 0); j <= min(i+1, len(p.s)-1); j++ {
			if u := p.occ[j] / p.s[j].Limit; !math.IsNaN(u) {
				near = max(near, u)
			}
		}
	}
	score := stat.Ramp(p.refused, 3, p.val("refused")) * stat.Ramp(float64(n), 2, p.val("samples")) * stat.Ramp(near, 0.9, p.val("used"))
	if math.IsNaN(p.used) {
		// The limit is not known, but whatever it is, it stands above all that was connected.
		near = p.belowTop()
		score = 0.85 * stat.Ramp(p.refused, 3, p.val("refused")) * stat.Ramp(float64(n), 2, p.val("samples")) * stat.Ramp(near, 0.98, p.val("top"))
	}
	if score < active {
		return no(score, "refusals came while up to %.0f %% of the limit was used", near*100)
	}
	usual := stat.Median(p.occ[:first])
	a := assessment{score: score, onset: first, onsetLo: max(first-1, 0), end: -1}
	a.began = p.counted(first, refusedOf)
	if top := p.occ[p.peakSlot]; p.belowTop() >= 0.98 && usual < 0.97*top-1 {
		a.open = fmt.Sprintf("connections were refused when most were connected (%.0f): the limit told may not be the one in force", top)
	}
	a.claim = fmt.Sprintf("%.0f connections were refused in %d samples while at most %.0f %% of the limit was used: not for want of slots.", p.refused, n, near*100)
	a.evidence = []Evidence{
		ev("connections refused", p.refused, "connections", p.pos(first, false), p.pos(len(p.s)-1, false)),
		ev("highest use of the limit near a refusal", near, "share", p.pos(first, false)),
	}
	return a
}

// belowTop gives how near to the most connections of the recording the server was at its
// refusals: the upper quartile, of that.
func (m *model) belowTop() float64 {
	var at []float64
	top := 0.0
	for i := range m.s {
		top = max(top, known(m.occ[i]))
		if m.s[i].Refused > 0 {
			at = append(at, m.occ[i])
		}
	}
	return stat.Quantile(at, 0.75) / max(top, 1)
}
