package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

var Protected = cause.Cause{
	ID:       "protected-mode-refusals",
	Title:    "Protected-mode refusals",
	Phrase:   "protected-mode refusals",
	Question: "Were connections refused though the limit was never near?",
	Method:   cause.Section(methods, "protected-mode-refusals"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "refused", None: 3, Full: 10, Unit: "connections", Why: "A handful of refusals may be a burst between two samples.", Of: cause.Of(func(x *denied) float64 { return x.n }),
			Says: "connections refused", Short: "%s connections were refused"},
		{Name: "samples", None: 2, Full: 8, Unit: "samples", Why: "A burst to the limit between samples shows in one or two samples. A limit that was lowered by mistake shows in a few.", Of: cause.Of(func(x *denied) float64 { return x.samples }),
			Says: "samples with refusals", Short: "they were refused in %s samples"},
		{Name: "used", None: 0.9, Full: 0.7, Unit: "of the limit", Why: "The value is the highest use of the limit near any refusal. A full server refuses for want of slots.", Of: cause.Of(func(x *denied) float64 { return x.near }),
			Says: "highest use of the limit near a refusal", Short: "up to %s of the limit was used when they were refused"},
		{Name: "top", None: 0.98, Full: 0.93, Unit: "of the most connections", Why: "Where the limit is not known, the value is the upper quartile of the connections at refusals, against the most connections. The limit was no lower than what was connected at other times, and a full server stays full.", Of: cause.Of(func(x *denied) float64 { return x.near }),
			Says: "connections at the refusals, of the most", Short: "they were refused at %s of the most connections"},
		{Name: "at_top", Value: 0.98, Unit: "of the most connections", Why: "Where connections were refused at this share of the most connections, the reported limit may not be the one in force."},
		{Name: "usual", Value: 0.97, Unit: "of the most connections", Why: "The reported limit is doubted only where the usual count before was below this share of the most connections, less one."},
	},
	Views: []cause.View{
		{Name: "limit known", Rule: "refused, samples, used"},
		{Name: "limit not known", Rule: "refused, samples, top"},
	},
	Refuted: []string{
		"no connection was refused",
		"refusals came near the limit",
	},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CONFIG GET protected-mode; redis-cli CONFIG GET bind; redis-cli CONFIG GET requirepass | wc -c", Effect: "shows whether a password or an address is set; where neither is, other hosts are refused", Check: "the log says 'Redis is running in protected mode' to the refused client"},
		{Risk: finding.Changes, Good: true, Command: "set a password (or ACL) and a bind address", Effect: "clients of other hosts are served", Check: "rejected_connections no longer rises"},
		{Risk: finding.Changes, Command: "run the refused clients on the server's own host, or through a tunnel to it", Effect: "they are served, for only other hosts are refused", Check: "the client is answered"},
	},
	Assess: assessProtected,
}

type denied struct{ n, samples, near float64 } // refused, in samples, at a share of the limit or the most

func assessProtected(p *cause.Pass) cause.Assessment {
	if !p.Holds(measure.RefusedOf) {
		return cause.No(0, cause.RefusedUncounted)
	}
	if p.Refused == 0 {
		return cause.No(0, "no connection was refused")
	}
	n, near, first := 0, 0.0, -1
	for i := range p.Samples {
		if !(p.Samples[i].Refused > 0) {
			continue
		}
		n++
		if first < 0 {
			first = i
		}
		for j := max(i-1, 0); j <= min(i+1, len(p.Samples)-1); j++ {
			if u := p.Occupancy[j] / p.Samples[j].Limit; !math.IsNaN(u) {
				near = max(near, u)
			}
		}
	}
	view := "limit known"
	if math.IsNaN(p.Used) {
		// The limit is not known, but whatever it is, it is above all that was connected.
		view, near = "limit not known", belowTop(p.Model)
	}
	score := p.Judge(view, "", cause.Span{From: first, To: len(p.Samples) - 1}, &denied{p.Refused, float64(n), near})
	if score < cause.Active {
		return cause.No(score, "refusals came while up to %.0f %% of the limit was used", near*100)
	}
	usual := stat.Median(p.Occupancy[:first])
	a := cause.Assessment{Score: score, Onset: first, OnsetLo: max(first-1, 0), End: -1}
	a.Began = p.Counted(first, measure.RefusedOf)
	if top := p.Occupancy[p.PeakSlot]; belowTop(p.Model) >= p.Number("at_top") && usual < p.Number("usual")*top-1 {
		a.Open = fmt.Sprintf("connections were refused when most were connected (%.0f): the limit told may not be the one in force", top)
	}
	of, share := "the limit was used", "highest use of the limit near a refusal"
	if view == "limit not known" {
		of = "what was connected at other times was (the limit, not known, is no lower)"
		share = "connections near a refusal, of the most at any time"
	}
	a.Claim = fmt.Sprintf("%.0f connections were refused in %d samples while at most %.0f %% of %s: not for want of slots.", p.Refused, n, near*100, of)
	a.Evidence = []finding.Evidence{
		finding.New("connections refused", p.Refused, "connections", p.Place(first, false), p.Place(len(p.Samples)-1, false)),
		finding.New(share, near, "share", p.Place(first, false)),
	}
	return a
}

// belowTop gives how near to the most connections of the recording the server was at its
// refusals: the upper quartile, of that.
func belowTop(m *measure.Model) float64 {
	var at []float64
	top := 0.0
	for i := range m.Samples {
		top = max(top, timeline.Known(m.Occupancy[i]))
		if m.Samples[i].Refused > 0 {
			at = append(at, m.Occupancy[i])
		}
	}
	return stat.Quantile(at, 0.75) / max(top, 1)
}
