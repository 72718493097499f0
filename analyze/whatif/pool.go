package whatif

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/appmetrics"
)

// Numbers of the pool size.
const (
	poolMoments = 40   // moments of one instance under which a 99 % quantile says nothing
	poolSurge   = 0.25 // of the instances, twice at once in a rolling deploy (Kubernetes' maxSurge)
	poolBudget  = 0.8  // of the limit, for the whole fleet
	poolWorked  = 0.9  // of an instance's connections in use: there is no spare one to take away
)

// A demand is what is known of one pool's use.
type demand struct {
	who        string
	hosts, now float64 // instances, and connections of one
	moments    int
	busy       func(q float64) float64 // quantiles of those in use at once, of every instance at every moment
	between    func(q float64) float64 // of those used between two moments
	at         []string
	by         string // completes "at most 4 were …"
}

// PoolSize answers with the connections that one instance had in use at once: by the
// application's own metrics; without them, at each list, by those used within the last second.
func (p *Plan) PoolSize() finding.WhatIf {
	if w, ok := p.poolByApp(); ok {
		return w
	}
	a := p.target()
	if a == nil || p.AllInOne() {
		return missing("instances cannot be told apart")
	}
	d, lack := demandOf(p.Model, a)
	if lack != "" {
		return missing("%s", lack)
	}
	w := p.sized(d)
	if p.HostsHidden() {
		w.Answer += " (If an address is a gateway for several instances, they share that.)"
	}
	return w
}

// demandOf counts what an application had in use; lack says why that tells no pool's size.
func demandOf(m *measure.Model, a *measure.App) (d demand, lack string) {
	peak := max(m.LastListBefore(m.PeakSlot), m.Lists[0])
	d = demand{who: a.Label, hosts: float64(a.Hosts(peak)), at: m.ListRange(), by: "at work"}
	d.now = float64(a.At(peak).N) / max(d.hosts, 1)
	if d.now < 2 {
		return d, fmt.Sprintf("an instance of %s holds one connection: there is no pool to size", a.Label)
	}
	busy, between := inUse(m, a)
	d.moments, d.busy, d.between = busy.N, busy.Quantile, between.Quantile
	switch {
	case d.moments < poolMoments:
		lack = fmt.Sprintf("%d moments of %s's instances are too few", d.moments, a.Label)
	case d.busy(0.75) >= poolWorked*d.now:
		lack = fmt.Sprintf("instances of %s work with nearly all of about %.0f connections at once: they are needed, or the pool hands them out in turn; the pool's own metrics (--app) tell",
			a.Label, d.now)
	}
	return d, lack
}

// needs gives the connections that an instance needs, with the ends of its interval.
func (d *demand) needs() (size, lo, hi float64) {
	size = math.Ceil(d.busy(0.99)) + 1
	return size, math.Ceil(d.busy(0.5)) + 1, max(math.Ceil(d.between(0.99))+1, size)
}

// mostPools bounds the pools of a report.
const mostPools = 20

// Pools sizes the pools of all applications that can be told apart, of healthy recordings as well,
// the most slots to give back first. A pool of which nearly all is in use is none to size.
func Pools(m *measure.Model) []finding.Pool {
	if m.TL.Lists < 2 || len(m.Samples) == 0 || m.AllInOne() {
		return nil
	}
	var out []finding.Pool
	for _, a := range m.Apps {
		if d, lack := demandOf(m, a); lack == "" {
			p := finding.Pool{Service: a.Label, Instances: d.hosts, Size: d.now}
			p.Needed, p.Lo, p.Hi = d.needs()
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Pool) int { return cmp.Compare(b.Spare(), a.Spare()) })
	return out[:min(len(out), mostPools)]
}

// sized makes the answer from a demand that no pool's size has cut off.
func (p *Plan) sized(d demand) finding.WhatIf {
	size, lo, hi := d.needs()
	w := finding.WhatIf{Question: fmt.Sprintf("Which pool size would do for %s?", d.who), Value: size, Lo: lo, Hi: hi, Unit: "connections", At: d.at}
	w.Answer = fmt.Sprintf("%.0f an instance: at most %.0f were %s in 99 %% of %d moments (median %.0f, most %.0f)", size, d.busy(0.99), d.by, d.moments, d.busy(0.5), d.busy(1))
	if back := d.hosts * (d.now - size); back >= 1 && math.Round(d.now) > size {
		slots := finding.Count(int(math.Round(back)), "slot") + " back"
		w.Answer += fmt.Sprintf("; instead of %.0f, that gives %s on %s", d.now, slots, finding.Count(int(d.hosts), "instance"))
		w.Gain = fmt.Sprintf("%.0f an instance instead of %.0f, %s", size, d.now, slots)
	}
	w.Answer += "."
	if w.Hi > size {
		w.Answer += fmt.Sprintf(" Up to %.0f if it holds connections that it does not use: as many were used between two lists (%s).", w.Hi, finding.Duration(p.ListEvery()))
	}
	w.Answer += p.fleetFits(d, size)
	return w
}

// fleetFits holds the fleet of a rolling deploy against the budget.
func (p *Plan) fleetFits(d demand, size float64) string {
	l := p.LimitPeak
	if !(l > 0) {
		return ""
	}
	rest := max(p.Occupancy[p.PeakSlot]-d.hosts*d.now, 0)
	fleet := d.hosts*(1+poolSurge)*size + rest
	fit := "fits"
	if fleet > poolBudget*l {
		fit = "does not fit"
	}
	return fmt.Sprintf(" The fleet in a rolling deploy, %.0f × %.2f × %.0f + %.0f others = %.0f, %s into 0.8 × %.0f.", d.hosts, 1+poolSurge, size, rest, fleet, fit, l)
}

// target is the application that the root cause is about, else the one with most connections.
func (p *Plan) target() *measure.App {
	if p.blamed() {
		for _, e := range p.Entities {
			if e.Is(p.Report.Causes[0].Sources[0]) {
				return e.App
			}
		}
	}
	if len(p.Apps) == 0 {
		return nil
	}
	return p.Apps[0]
}

// inUse gives, of every instance at every list but the first, the connections at work, and
// those used since the list before. Those that wait in a command or subscribe are in use
// without being used. One that was just opened may be a pool's spare one, or leaked: among
// those used since, it counts only where most are new at every list.
func inUse(m *measure.Model, a *measure.App) (busy, between stat.Tally) {
	for _, e := range a.Entities {
		var births, rows int32
		var any, old stat.Tally // between, with and without those just opened
		w := m.Shown(e)
		for _, i := range m.Lists[min(max(w.Lo, 1), w.Hi):w.Hi] {
			c := e.At(i)
			if c.N == 0 {
				continue
			}
			births, rows = births+c.Births, rows+c.N
			waiting := c.Blocked + c.PubSub
			busy.Add(int(min(c.Busy+waiting, c.N)))
			any.Add(int(min(max(c.Active, c.Busy)+waiting, c.N)))
			old.Add(int(min(max(c.Active-c.Births, c.Busy)+waiting, c.N)))
		}
		if 2*births < rows {
			any = old
		}
		between.AddAll(any)
	}
	return busy, between
}

// poolByApp answers from the metrics of the application's own pools: those of the service
// that the root cause or the list's largest application names, of all where only one is there.
// A pool that was full cut the demand off: requests that waited are added where they are
// told, and where they are not, the size is only known to be too small.
func (p *Plan) poolByApp() (finding.WhatIf, bool) {
	pools, service := p.poolsOfTarget()
	d := demand{who: service, at: []string{"--app"}, by: "in use, by --app"}
	full, size, waiting := 0.0, 0.0, false
	var used []float64
	for _, x := range pools {
		s := measure.PoolStateOf(x)
		use := inUseOf(x)
		if len(use) == 0 {
			continue
		}
		d.hosts++
		d.now += max(s.Size, stat.Quantile(use, 1))
		size = max(size, s.Size)
		full += s.Busy
		waiting = waiting || len(x.Values[appmetrics.Waiting]) > 0
		used = append(used, use...)
	}
	if d.moments = len(used); d.moments < poolMoments {
		return finding.WhatIf{}, false
	}
	d.now /= d.hosts
	d.busy = func(q float64) float64 { return stat.Quantile(used, q) }
	d.between = d.busy
	if full /= d.hosts; full > 0.01 && !waiting && size > 0 {
		return finding.WhatIf{Question: fmt.Sprintf("Which pool size would do for %s?", d.who), Value: size + 1, Lo: size + 1, Hi: math.Inf(1), Unit: "connections", At: d.at,
			Answer: fmt.Sprintf("More than %.0f an instance: its pools were full in %.0f %% of the moments, and the metrics do not say how many requests waited.%s", size, full*100, p.fleetFits(d, 2*size))}, true
	}
	return p.sized(d), true
}

// poolsOfTarget gives the pools of the service in question, and its name.
func (p *Plan) poolsOfTarget() ([]*appmetrics.Pool, string) {
	if p.AppMetrics == nil {
		return nil, ""
	}
	name := ""
	if a := p.target(); a != nil {
		name = a.Label
	}
	if p.root() == "app-pool-exhaustion" && p.blamed() {
		name = p.Report.Causes[0].Sources[0].Name
	}
	services := map[string]bool{}
	for _, x := range p.AppMetrics.Pools {
		services[x.Service] = true
	}
	var out []*appmetrics.Pool
	for _, x := range p.AppMetrics.Pools {
		if x.Service == name || len(services) == 1 {
			out = append(out, x)
		}
	}
	return out, name
}

// inUseOf gives the connections of a pool in use at each moment, with the requests that wait
// for one.
func inUseOf(x *appmetrics.Pool) []float64 {
	var out []float64
	used, idle, total := x.Values[appmetrics.Used], x.Values[appmetrics.Idle], x.Values[appmetrics.Total]
	clock := used
	if len(clock) == 0 {
		clock = idle
	}
	for i, at := range clock {
		n := measure.ValueAt(used, i, at.T)
		if len(used) == 0 {
			n = max(measure.ValueAt(total, i, at.T)-at.V, 0)
		}
		if !math.IsNaN(n) {
			out = append(out, n+timeline.Known(measure.ValueAt(x.Values[appmetrics.Waiting], i, at.T)))
		}
	}
	return out
}

// pooled tells whether pools are worth sizing: dead peers have none.
func (p *Plan) pooled() bool { return p.incident() && p.root() != "zombie-connections" }
