package analyze

import (
	"fmt"
	"math"

	"connbox/analyze/stat"
	"connbox/parse"
)

// Numbers of the pool size.
const (
	poolMoments = 40   // moments of one instance under which a 99 % quantile says nothing
	poolSurge   = 0.25 // of the instances, twice at once in a rolling deploy (Kubernetes' maxSurge)
	poolBudget  = 0.8  // of the limit, for the whole fleet
	poolWorked  = 0.9  // of an instance's connections in use: there is no spare one to take away
)

// poolSize answers with the connections that one instance had in use at once: at each list,
// those used within the last second. An application that holds a connection without using it
// shows in those used between two lists, which bound the size from above.
func (p *plan) poolSize() WhatIf {
	a := p.target()
	if a == nil || (p.infoOnly || p.oneAddress) && len(p.appInUse(a)) == 0 {
		return missing("instances cannot be told apart")
	}
	peak := max(p.lastListBefore(p.peakSlot), p.lists[0])
	hosts := float64(a.hosts(p.tl, peak))
	now := float64(a.at(p.tl, peak).n) / max(hosts, 1)
	busy, between := p.inUse(a)
	from, at := "at work", p.listRange()
	if x := p.appInUse(a); len(x) > 0 {
		busy, between, from, at = x, x, "in use, by --app", []string{"--app"}
	}
	if len(busy) < poolMoments {
		return missing("%d moments of %s's instances are too few", len(busy), a.label)
	}
	if now < 2 {
		return missing("an instance of %s holds one connection: there is no pool to size", a.label)
	}
	q99 := stat.Quantile(busy, 0.99)
	if from != "in use, by --app" && stat.Quantile(busy, 0.75) >= poolWorked*now {
		return missing("instances of %s work with nearly all of about %.0f connections at once: they are needed, or the pool hands them out in turn; the pool's own metrics (--app) tell",
			a.label, now)
	}
	size := math.Ceil(q99) + 1
	w := WhatIf{Question: fmt.Sprintf("Which pool size would do for %s?", a.label), Value: size,
		Lo: math.Ceil(stat.Median(busy)) + 1, Hi: max(math.Ceil(stat.Quantile(between, 0.99))+1, size), Unit: "connections", At: at}
	w.Answer = fmt.Sprintf("%.0f an instance: at most %.0f were %s in 99 %% of %d moments (median %.0f, most %.0f)", size, q99, from, len(busy), stat.Median(busy), stat.Quantile(busy, 1))
	if back := hosts * (now - size); back >= 1 {
		w.Answer += fmt.Sprintf("; instead of %.0f, that gives %.0f slots back on %s", now, back, many(int(hosts), "instance"))
	}
	w.Answer += "."
	if w.Hi > size {
		w.Answer += fmt.Sprintf(" Up to %.0f if it holds connections that it does not use: as many were used between two lists (%s).", w.Hi, duration(p.listEvery()))
	}
	if p.hostsHidden() && from != "in use, by --app" {
		w.Answer += " (If an address is a gateway for several instances, they share that.)"
	}
	if l := p.limitPeak; l > 0 {
		rest := max(p.occ[p.peakSlot]-float64(a.at(p.tl, peak).n), 0)
		fleet := hosts*(1+poolSurge)*size + rest
		fit := "fits"
		if fleet > poolBudget*l {
			fit = "does not fit"
		}
		w.Answer += fmt.Sprintf(" The fleet in a rolling deploy, %.0f × %.2f × %.0f + %.0f others = %.0f, %s into 0.8 × %.0f.", hosts, 1+poolSurge, size, rest, fleet, fit, l)
	}
	return w
}

// target is the application that the root cause is about, else the one with most connections.
func (p *plan) target() *app {
	if p.blamed() {
		for _, e := range p.ents {
			if e.is(p.r.Causes[0].Sources[0]) {
				return e.app
			}
		}
	}
	if len(p.apps) == 0 {
		return nil
	}
	return p.apps[0]
}

// is tells whether an entity is the one a report names.
func (e *entity) is(s Source) bool {
	return (s.Host == "" || e.host == s.Host) && e.name == s.Name
}

// inUse gives, of every instance at every list but the first, the connections at work, and
// those used since the list before. Those that wait in a command or subscribe are in use
// without being used. One that was just opened may be a pool's spare one, or leaked: among
// those used since, it counts only where most are new at every list.
func (p *plan) inUse(a *app) (busy, between []float64) {
	for _, e := range a.ents {
		var births, rows int32
		var cells []cell
		for _, i := range p.lists[1:] {
			if c := e.at(p.tl, i); c.n > 0 {
				cells = append(cells, c)
				births, rows = births+c.births, rows+c.n
			}
		}
		for _, c := range cells {
			if 2*births < rows {
				c.active = max(c.active-c.births, 0)
			}
			busy = append(busy, float64(min(c.busy+c.blocked+c.pubsub, c.n)))
			between = append(between, float64(min(max(c.active, c.busy)+c.blocked+c.pubsub, c.n)))
		}
	}
	return busy, between
}

// appInUse gives the connections in use by the metrics of the application's own pools: those
// of the service of its name, of all services where only one is there.
func (p *plan) appInUse(a *app) []float64 {
	if p.appMetrics == nil {
		return nil
	}
	services := map[string]bool{}
	for _, x := range p.appMetrics.Pools {
		services[x.Service] = true
	}
	var out []float64
	for _, x := range p.appMetrics.Pools {
		if x.Service != a.label && len(services) > 1 {
			continue
		}
		total, idle := x.Values[parse.AppTotal], x.Values[parse.AppIdle]
		for _, v := range x.Values[parse.AppUsed] {
			out = append(out, v.V)
		}
		if len(x.Values[parse.AppUsed]) == 0 {
			for i := range min(len(total), len(idle)) {
				out = append(out, max(total[i].V-idle[i].V, 0))
			}
		}
	}
	return out
}
