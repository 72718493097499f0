package analyze

import (
	"fmt"
	"math"
	"slices"
)

// An Alternative is a question "what if" that a recording can answer, as data. The table is
// what the reports, docs/method.md and the tests go by.
type Alternative struct {
	ID       string
	Question string
	Formula  string // as docs/method.md has it, in a line
	Needs    []Need
	Leads    []string // causes whose report opens with it

	asked   func(*plan) bool // whether the question arises at all
	compute func(*plan) WhatIf
}

// alternatives is the table, in the order of a report.
var alternatives = [...]Alternative{
	{ID: "time-to-limit", Question: "When is the limit reached if nothing is done?",
		Formula: "first passage of (limit − occupancy) at the counted rate; else (limit − level) / slope",
		Needs:   []Need{NeedCounts}, Leads: []string{"connection-leak", "blocking-commands", "zombie-connections"},
		asked: (*plan).below, compute: (*plan).timeToLimit},
	{ID: "alert", Question: "Which alert would have caught it?",
		Formula: "each rule of the table, played over the recording: warning = limit or first refusal − first firing",
		Needs:   []Need{NeedInfo},
		asked:   (*plan).incident, compute: (*plan).alert},
	{ID: "pool-size", Question: "Which pool size would do?",
		Formula: "⌈q0.99 of the connections of one instance used within a second of a list⌉ + 1; with --app, of those in use",
		Needs:   []Need{NeedList}, Leads: []string{"oversized-pool", "app-pool-exhaustion", "deploy-overlap"},
		asked: (*plan).pooled, compute: (*plan).poolSize},
	{ID: "timeout", Question: "What would `timeout N` have done?",
		Formula: "closed = idle spells that reached N; cut in use = those of them that ended in a use",
		Needs:   []Need{NeedList}, Leads: []string{"connection-leak", "zombie-connections", "idle-cut"},
		asked: (*plan).incident, compute: (*plan).timeout},
	{ID: "raise-maxclients", Question: "What does raising maxclients buy?",
		Formula: "time = (new − old) / rate; memory = (new − old) × mem_clients_normal / connected_clients; descriptors = new + 32",
		Needs:   []Need{NeedInfo}, Leads: []string{"maxclients-too-low", "fd-limit", "serverless-fanout"},
		asked: (*plan).limitKnown, compute: (*plan).raise},
	{ID: "tcp-keepalive", Question: "What would tcp-keepalive have cleared?",
		Formula: "gone = last use of a silent host + 2 × tcp-keepalive",
		Needs:   []Need{NeedList}, Leads: []string{"zombie-connections"},
		asked: (*plan).incident, compute: (*plan).keepalive},
	{ID: "kill", Question: "What would killing the named sources do?",
		Formula: "freed = their connections idle for x or more; in use = Σ chance of a use by idle time",
		Needs:   []Need{NeedList}, Leads: []string{"connection-leak", "zombie-connections"},
		asked: (*plan).unneeded, compute: (*plan).kill},
	{ID: "back-off", Question: "What would back-off with jitter have done?",
		Formula: "refused = accepted × (1 − q) / q with 1 / Σ (1 − q)ᵏ 2^min(k, 6) = accepted / attempts",
		Needs:   []Need{NeedInfo}, Leads: []string{"retry-storm", "autoscaling-spiral", "reconnect-wave"},
		asked: (*plan).refusedAtLimit, compute: (*plan).backOff},
}

// Alternatives gives the table. The slice is the caller's, what it leads to is not.
func Alternatives() []Alternative { return slices.Clone(alternatives[:]) }

// A plan is one look at the alternatives of a recording whose causes are known.
type plan struct {
	*model
	r    *Report
	took []opinion
}

// whatIf answers the questions that arise, those of the root cause first, those that lack
// data last.
func (m *model) whatIf(r *Report, took []opinion) []WhatIf {
	p := &plan{m, r, took}
	var lead, rest, open []WhatIf
	for i := range alternatives {
		a := &alternatives[i]
		if len(m.s) == 0 || !a.asked(p) {
			continue
		}
		var w WhatIf
		if lacks := m.lacks(a.Needs); len(lacks) > 0 {
			w = missing("needs %s", lacks[0].words())
		} else {
			w = a.compute(p)
		}
		w.ID, w.Formula, w.At = a.ID, a.Formula, slices.Compact(w.At)
		if w.Question == "" {
			w.Question = a.Question
		}
		switch {
		case w.Missing:
			open = append(open, w)
		case slices.Contains(a.Leads, r.Verdict.Cause):
			lead = append(lead, w)
		default:
			rest = append(rest, w)
		}
	}
	return slices.Concat(lead, rest, open)
}

// missing is the answer where the recording does not hold it.
func missing(format string, args ...any) WhatIf {
	return WhatIf{Answer: "Not enough data: " + fmt.Sprintf(format, args...) + ".", Value: math.NaN(), Missing: true}
}

// lacks gives the observations that a recording has too few of.
func (m *model) lacks(needs []Need) []Need {
	infos := 0
	for i := range m.s {
		if m.s[i].HasInfo {
			infos++
		}
	}
	var out []Need
	for _, n := range needs {
		switch n {
		case NeedCounts:
			if infos < 2 && m.tl.Lists < 2 {
				out = append(out, n)
			}
		case NeedInfo:
			if infos < 2 {
				out = append(out, n)
			}
		case NeedList:
			if m.tl.Lists < 2 {
				out = append(out, n)
			}
		}
	}
	return out
}

func (p *plan) incident() bool { return p.r.Verdict.Status == Incident }

// below tells whether the limit is still to be reached: refusals tell that it was, between
// two samples.
func (p *plan) below() bool { return p.satFirst >= len(p.s) && p.refused == 0 }

func (p *plan) limitKnown() bool { return p.incident() && !math.IsNaN(p.limitPeak) }

func (p *plan) blamed() bool { return p.incident() && len(p.r.Causes[0].Sources) > 0 }

// killable are the causes whose sources hold connections that nobody needs: killing those of
// others would only bring them back, and those that wait in a command are spared.
var killable = [...]string{"connection-leak", "zombie-connections", "oversized-pool", "deploy-overlap"}

func (p *plan) unneeded() bool { return p.blamed() && slices.Contains(killable[:], p.root()) }

func (p *plan) refusedAtLimit() bool {
	for _, i := range p.sat {
		if p.s[i].Refused > 0 {
			return true
		}
	}
	return false
}

// root gives the id of the root cause, empty without one.
func (p *plan) root() string { return p.r.Verdict.Cause }

// rate gives the counted rate of a steady growth among the causes, in connections a minute.
func (p *plan) rate() (e Evidence, o opinion, ok bool) {
	for _, o := range p.took {
		for _, e := range o.evidence {
			if e.Unit == "connections/min" && e.HasInterval && e.Value > 0 {
				return e, o, true
			}
		}
	}
	return Evidence{}, opinion{}, false
}

// listEvery gives the distance of two lists in seconds.
func (m *model) listEvery() float64 {
	if len(m.t) < 2 {
		return m.dt
	}
	return max((m.t[len(m.t)-1]-m.t[0])/float64(len(m.t)-1), 0.001)
}

// listRange gives where the first and the last list stand.
func (m *model) listRange() []string {
	if len(m.lists) == 0 {
		return nil
	}
	return []string{m.pos(m.lists[0], true), m.pos(m.lists[len(m.lists)-1], true)}
}
