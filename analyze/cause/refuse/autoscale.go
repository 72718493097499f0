package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

var Autoscale = cause.Cause{
	ID:       "autoscaling-spiral",
	Title:    "Autoscaling spiral",
	Phrase:   "an autoscaling spiral",
	Question: "Did failing instances make the scaler add instances that fail?",
	Method:   cause.Section(methods, "autoscaling-spiral"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "rise", None: 1.5, Full: 3, Unit: "times", Why: "Refusals in the last third of the stay at the limit are compared with those in the first.", Of: cause.Of(func(x *spiral) float64 { return x.rise }),
			Says: "refusals a second in the last third at the limit, against the first", Short: "refusals rose %s times at the limit"},
		{Name: "tau", None: 0.3, Full: 0.6, Unit: "τ-b", Why: "The rank correlation is of refusals with time at the limit, up to their highest rate.", Of: cause.Of(func(x *spiral) float64 { return x.tau }),
			Says: "rank correlation of refusals with time at the limit, up to when they are highest", Short: "refusals did not go on rising (τ %s)"},
		{Name: "work", None: 0.5, Full: 0.8, Unit: "elasticity", Why: "The elasticity is of commands to connections before the limit. Where it is high, new hosts came with the work."},
		{Name: "per_command", None: 0.2, Full: 0.5, Unit: "refusals per command", Why: "The ratio is of the last third of the stay at the limit. Fleets that merely outgrew the limit do not reach it.", Of: cause.Of(func(x *spiral) float64 { return x.perCmd }),
			Says: "refusals per command in the last third at the limit", Short: "%s refusals per command: the fleet outgrew its limit"},
		{Name: "outweigh", None: 0.5, Full: 1, Unit: "refusals per command", Why: "With so many refusals for each command, refusals need only double.", Of: cause.Of(func(x *spiral) float64 { return x.perCmd }),
			Says: "refusals per command in the last third at the limit", Short: "%s refusals per command"},
		{Name: "fresh", None: 0, Full: 1, Unit: "hosts", Why: "Around the time the limit was reached, an application that already had hosts must gain new ones.", Of: cause.Of(func(x *spiral) float64 { return x.fresh }),
			Says: "new hosts that its work does not explain", Short: "%s new hosts came that the work does not explain"},
		{Name: "samples", Value: 8, Unit: "samples", Why: "A shorter stay at the limit cannot show a rise."},
		{Name: "rise_hidden", None: 2.5, Full: 5, Unit: "times", Why: "Where instances cannot be seen, each one that comes adds its attempts, so that refusals multiply: by 5 to 19 in recorded and simulated spirals. In a storm refusals rise with what fills the limit, to two or three times.", Of: cause.Of(func(x *spiral) float64 { return x.rise }),
			Says: "refusals a second in the last third at the limit, against the first", Short: "refusals rose %s times at the limit, and no instance shows"},
		{Name: "rise_beside", None: 1.2, Full: 2, Unit: "times", Why: "Refusals at the end are compared with those at the beginning, where they also outweigh the commands.", Of: cause.Of(func(x *spiral) float64 { return x.rise }),
			Says: "refusals a second in the last third at the limit, against the first", Short: "refusals rose %s times at the limit"},
		{Name: "work_lists", Value: 3, Unit: "lists", Why: "Commands are compared with connections over at least so many lists, from the first new instance to the limit."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "per_command, rise | rise_beside & outweigh, tau, fresh"},
		{Name: "one address", Rule: "per_command, rise_hidden, tau"},
	},
	Refuted: []string{
		"refusals did not rise while the limit was reached",
		"no host of a running application was added then",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the scaler's new instances fill it again"},
	},
	Opens: []string{"back-off"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Command: "stop the autoscaler of {name} and go back to the number of instances before {onset}", Effect: "a stopped instance frees its whole pool", Check: "rejected_connections rises more slowly at once"},
		{Risk: finding.Changes, Good: true, Command: "scale on work done (requests served), not on errors or CPU, and let health checks pass without Redis", Effect: "a full Redis no longer adds instances", Check: "the number of instances stays when connections are refused"},
	},
	Assess: assessAutoscale,
}

// A spiral is how refusals went at the limit, and the hosts that came.
type spiral struct{ rise, tau, perCmd, fresh float64 }

func assessAutoscale(p *cause.Pass) cause.Assessment {
	var slots []int
	var t, rate []float64
	for _, i := range p.AtLimit {
		if s := &p.Samples[i]; s.Span > 0 && s.Refused >= 0 {
			slots, t, rate = append(slots, i), append(t, s.T), append(rate, s.Refused/s.Span)
		}
	}
	if !p.Holds(measure.RefusedOf) {
		return cause.No(0, cause.RefusedUncounted)
	}
	if len(slots) < int(p.Number("samples")) || p.Refused == 0 {
		return cause.No(0, "%s at the limit with refusals counted", finding.Count(len(slots), "sample"))
	}
	k := len(rate) / 3
	r0, r1 := stat.Median(rate[:k]), stat.Median(rate[len(rate)-k:])
	top := topOf(p, rate)
	tau := stat.TauB(t[:top], rate[:top])
	a, fresh, first := scaledApp(p)
	view := "client lists"
	if p.AllInOne() {
		// The instances do not show; that refusals rise all the time must do.
		view = "one address"
		fresh, first = 1, max(len(p.Lists)-1, 0)
		for k, i := range p.Lists {
			if i >= slots[0] {
				first = k
				break
			}
		}
		if len(p.Apps) > 0 {
			a = p.Apps[0]
		}
	}
	tail := slots[len(slots)-k:]
	perCmd := p.Sum(tail[0], tail[len(tail)-1]+1, measure.RefusedOf) / max(p.Sum(tail[0], tail[len(tail)-1]+1, measure.CommandsOf), 1)
	rise := r1 / max(r0, 1e-9)
	if r1 <= r0 {
		return cause.No(0, "refusals did not rise while the limit was reached")
	}
	label := ""
	if a != nil {
		label = a.Label
	}
	score := p.Judge(view, label, cause.Span{From: slots[0], To: slots[len(slots)-1]}, &spiral{rise, tau, perCmd, fresh})
	if score < cause.Active || a == nil {
		return cause.No(score, "refusals went from %.1f to %.1f a second at the limit; %.0f new hosts of a running application that its work does not explain", r0, r1, fresh)
	}
	// It begins with the failure that the scaler answers, where that shows first.
	onset := min(p.Lists[first], firstRefused(p.Model, slots[0]))
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	out.Sources = p.Holders(a, p.Lists[len(p.Lists)-1])
	if p.AllInOne() {
		out.Sources = p.StormSources(slots[0], slots[len(slots)-1])
	}
	out.Claim = fmt.Sprintf("%s got new instances from %s on, the limit was reached, and refusals rose from %.1f to %.1f a second while no slot came free.",
		a.Label, finding.Clock(p.TimeOf(onset)), r0, r1)
	if !p.Holds(measure.CommandsOf) {
		out.Open = "maxclients-too-low cannot be ruled out: INFO does not count commands here"
	}
	out.Evidence = p.Evidence("rise", "rise_hidden", "tau", "fresh", "per_command")
	return out
}

// topOf gives how many samples of a rate there are up to where it was highest, in the mean
// of an eighth of them.
func topOf(p *cause.Pass, rate []float64) int {
	k := max(len(rate)/8, 3)
	top, most := len(rate), 0.0
	for i := k; i <= len(rate); i++ {
		if m := stat.Mean(rate[i-k : i]); m > most {
			top, most = i, m
		}
	}
	return min(max(top, int(p.Number("samples"))), len(rate))
}

// scaledApp finds the application with most new hosts from shortly before the limit was
// reached on that its work does not explain, among those that had hosts from the beginning.
// Where hosts came with the work, those that go on coming at that pace for as long do so, too: a
// scaler that failures drive begins shortly before the limit, or hurries at it.
func scaledApp(p *cause.Pass) (best *measure.App, most float64, first int) {
	if p.LimitReached >= len(p.Samples) {
		return nil, 0, 0
	}
	satT := p.Samples[p.LimitReached].T
	for _, a := range p.Apps {
		old, before, after, at := 0, 0, 0, len(p.Lists)
		came, since, last := 0, satT, satT // hosts that came before the limit, and from when on
		for _, e := range a.Entities {
			k := p.FirstList(e)
			if k > 0 && k < len(p.Lists) && p.ListTimes[k] <= satT {
				came, since = came+1, min(since, p.ListTimes[k])
			} else if k < len(p.Lists) {
				last = max(last, p.ListTimes[k])
			}
			switch {
			case k >= len(p.Lists):
				continue
			case p.ListTimes[k] <= p.ListTimes[0]+(satT-p.ListTimes[0])/2:
				old++
				continue
			case p.ListTimes[k] <= satT:
				before++
			default:
				after++
			}
			at = min(at, k)
		}
		if old == 0 || before+after == 0 {
			continue
		}
		with := withWork(p, at, satT)
		pace := float64(came) / max(satT-since, p.Interval)
		if fresh := max(float64(after)-with*pace*min(last-satT, satT-since), 0) + float64(before)*(1-with); fresh > most {
			best, most, first = a, fresh, at
		}
	}
	return best, most, first
}

// withWork says how far the commands rose with the connections, as they do where traffic
// grows, from a list up to when the limit was reached.
func withWork(p *cause.Pass, from int, satT float64) float64 {
	to := from
	for to < len(p.Lists) && p.ListTimes[to] <= satT {
		to++
	}
	el := p.Elasticity(measure.Window{Lo: max(from-3, 0), Hi: to})
	if float64(to-from) < p.Number("work_lists") || math.IsNaN(el) {
		return 0
	}
	return p.Part("work", el)
}
