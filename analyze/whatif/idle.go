package whatif

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// cutBudget is the share of a timeout's cuts that may hit a connection still in use, for the
// timeout to be worth proposing.
const cutBudget = 0.05

// A cut is what one timeout would have done.
type cut struct {
	bin                      int
	all, used, closed, still float64 // spells that reached it, by how they went on
	freed                    float64 // connections of the fullest list that it would have closed
}

func (c cut) seconds() float64 { return float64(timeline.SpellEdges[c.bin]) }

// Timeout answers by playing `timeout N` over the recording: every idle spell that reached N
// would have ended there. N is the least for which few of these were used again, else the one
// with the smallest share; spells that nobody saw end are counted apart.
func (p *Plan) Timeout() finding.WhatIf {
	var all timeline.SpellCounts
	for _, s := range p.TL.Sources {
		all.Sum(&s.Spells)
	}
	cuts := p.cuts(&all)
	if len(cuts) == 0 {
		return missing("%s, %s apart, are too short a watch for any timeout in use", finding.Count(len(p.Lists), p.ListWord()), finding.Duration(p.ListEvery()))
	}
	best, least := -1, math.Inf(1)
	for i, c := range cuts {
		if c.all == 0 {
			break
		}
		if share := c.used / c.all; share < least {
			best, least = i, share
		}
		if least <= cutBudget {
			break
		}
	}
	w := finding.WhatIf{At: append(p.ListRange(), p.Place(p.Lists[p.SlotOf(&p.TL.Peak)], true)), Unit: "connections"}
	inForce := ""
	if v := measure.Atof(p.TL.Config["timeout"]); v > 0 {
		inForce = fmt.Sprintf(" In force is timeout %.0f.", v)
	}
	if best < 0 {
		n := cuts[0].seconds()
		w.Question = fmt.Sprintf("What would `timeout %.0f` have done?", n)
		w.Answer = fmt.Sprintf("Nothing: no connection that it may cut rested for %s.%s", finding.Duration(n), inForce)
		return w
	}
	c := cuts[best]
	w.Question, w.Value = fmt.Sprintf("What would `timeout %.0f` have done?", c.seconds()), c.all
	share := stat.Share(c.used, c.all, 0.9)
	met := "their clients would have met a cut connection"
	if c.used == 0 {
		met = "no client would have met a cut connection"
	}
	w.Answer = fmt.Sprintf("It would have closed %s, %.0f of which %s used again (%.1f %%, at most %.1f %%): %s. %.0f closed later by themselves, %.0f rested to the end. At the peak, %.0f slots fewer would have been taken.",
		finding.Count(int(c.all), "connection"), c.used, were(c.used), share.Value*100, share.Hi*100, met, c.closed, c.still, c.freed)
	if least > cutBudget {
		w.Answer += fmt.Sprintf(" No timeout from %s to %s has fewer than %.0f %% in use.", finding.Duration(cuts[0].seconds()), finding.Duration(cuts[len(cuts)-1].seconds()), cutBudget*100)
	}
	if e, _, ok := p.rate(); ok && p.root() == "connection-leak" {
		w.Answer += fmt.Sprintf(" A leak of %.1f a minute would have levelled off at about %.0f.", e.Value, e.Value*c.seconds()/60)
	}
	w.Answer += " It spares subscribers, blocked clients, MONITOR and replicas." + inForce
	return w
}

func were(n float64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// cuts plays the timeouts that the recording can tell of: longer than the distance of two
// lists, as shorter spells are not seen, and short enough to be reached and watched further.
func (p *Plan) cuts(k *timeline.SpellCounts) []cut {
	if len(p.ListTimes) < 3 {
		return nil
	}
	span := p.ListTimes[len(p.ListTimes)-1] - p.ListTimes[0]
	var out []cut
	for b := 1; b < timeline.SpellBins; b++ {
		if n := float64(timeline.SpellEdges[b]); n < 2*p.ListEvery() || n > span/2 {
			continue
		}
		c := cut{bin: b}
		c.all, c.used, c.closed, c.still = k.Reached(b)
		c.freed = p.TL.Peak.Resting(b, nil)
		out = append(out, c)
	}
	return out
}

// Keepalive answers for hosts that fell silent and kept their connections. A dead peer that
// owes nothing is gone two intervals after its last use: the first probe after one, then three
// probes a third of it apart (anetKeepAlive in redis anet.c; redis.conf says twice the time).
func (p *Plan) Keepalive() finding.WhatIf {
	if p.AllInOne() {
		return missing("hosts cannot be told apart")
	}
	need := measure.SilentLists
	last := len(p.Lists) - 1
	if last < need+4 {
		return missing("%s are too few to call a host silent", finding.Count(len(p.Lists), p.ListWord()))
	}
	const propose = 60.0
	inForce := measure.Atof(p.TL.Config["tcp-keepalive"])
	end := p.ListTimes[last]
	w := finding.WhatIf{Question: fmt.Sprintf("What would `tcp-keepalive %.0f` have cleared?", propose), Unit: "connections", At: p.ListRange()}
	hosts, held, atForce := 0, 0.0, 0.0
	for _, e := range p.Entities {
		c := e.At(p.Lists[last])
		use := p.LastUse(e)
		if c.N == 0 || use < 0 || last-use < need || !p.Worked(e) || c.Blocked+c.PubSub+c.Internal > 0 {
			continue
		}
		hosts++
		held += float64(c.N)
		// The last use lies between its list and the one before: the later time is the safe one.
		if p.ListTimes[use]+2*propose <= end {
			w.Value += float64(c.N)
		}
		if inForce > 0 && p.ListTimes[use]+2*inForce <= end {
			atForce += float64(c.N)
		}
	}
	switch {
	case hosts == 0:
		w.Answer = "Nothing: no host fell silent with connections open. It closes connections of dead peers only, not leaked ones, whose peer answers."
	case atForce > 0:
		w.Answer = fmt.Sprintf("Little: %.0f connections of silent hosts outlived the tcp-keepalive of %.0f s in force by more than twice that. Their peers still answer, or they are older than the setting.", atForce, inForce)
		w.Value = 0
	default:
		w.Answer = fmt.Sprintf("%.0f of the %.0f connections that %s left behind would have been gone by the end, each %.0f s after its last use.", w.Value, held, finding.Count(hosts, "silent host"), 2*propose)
		if inForce > 0 {
			w.Answer += fmt.Sprintf(" With the %.0f s in force it takes %s.", inForce, finding.Duration(2*inForce))
		}
	}
	return w
}

// leastSpells is how many idle spells of the named sources it takes to judge them by their
// own; with fewer, those of all sources count.
const leastSpells = 30

// Kill answers what closing the named sources' connections frees, and how likely that hits
// one in use: by the chance that a connection of theirs was used again after such an idle time.
func (p *Plan) Kill() finding.WhatIf {
	sources := p.Report.Causes[0].Sources
	named := map[int32]bool{}
	var own, all timeline.SpellCounts
	index := map[*timeline.Series]int32{}
	for i, s := range p.TL.Sources {
		index[s] = int32(i)
		all.Sum(&s.Spells)
	}
	for _, e := range p.Entities {
		if slices.ContainsFunc(sources, e.Is) {
			for _, s := range e.Parts {
				named[index[s]] = true
				own.Sum(&s.Spells)
			}
		}
	}
	of := func(src int32) bool { return named[src] }
	picture, when := &p.TL.Last, "at the end"
	if p.TL.Last.Resting(0, of) < p.TL.Peak.Resting(0, of)/2 {
		picture, when = &p.TL.Peak, "at the peak"
	}
	total := picture.Resting(0, of)
	if total == 0 {
		return missing("the named sources had no connection that may be closed (blocked, subscribed and internal ones are spared)")
	}
	judge := &own
	if n, _, _, _ := own.Reached(0); n < leastSpells {
		judge = &all
	}
	chance := judge.Resume()
	bin, freed, hits, hi := p.killFrom(picture, of, judge, chance)
	w := finding.WhatIf{Value: freed, Unit: "connections", At: []string{p.Place(p.Lists[p.SlotOf(picture)], true), p.Place(p.Lists[0], true)}}
	all0 := p.expectedHits(picture, of, chance, 0)
	w.Question = fmt.Sprintf("What would killing the connections of %s do?", whoKilled(sources))
	w.Answer = fmt.Sprintf("All %.0f of them %s would free as many slots and hit about %s in use.", total, when, Rounded(all0))
	if bin > 0 {
		w.Answer = fmt.Sprintf("Only those idle for %s and more, %.0f of %.0f %s, would free as many slots and hit about %s in use (at most %s, 90 %%); all of them, about %s.",
			finding.Duration(float64(timeline.SpellEdges[bin])), freed, total, when, Rounded(hits), Rounded(hi), Rounded(all0))
	}
	w.Answer += " " + p.KillHow(sources[0])
	return w
}

// expectedHits sums the chances of a use over the connections of a picture from a bin on. An
// idle time that no spell reached tells nothing, so it counts as in use.
func (p *Plan) expectedHits(k *timeline.Peak, of func(int32) bool, chance [timeline.SpellBins]float64, bin int) float64 {
	hits := 0.0
	for i := range k.Src {
		if k.Is[i] != 0 || !of(k.Src[i]) || !(k.Idle[i] >= float64(timeline.SpellEdges[bin])) {
			continue
		}
		if c := chance[timeline.SpellBin(int64(k.Idle[i]))]; math.IsNaN(c) {
			hits++
		} else {
			hits += c
		}
	}
	return hits
}

// killFrom finds the least idle time from which on at most one kill in fifty hits a
// connection in use; where there is none, the one with the smallest share. hi is the upper
// bound: of each connection by the spells that reached the bin it rests in.
func (p *Plan) killFrom(k *timeline.Peak, of func(int32) bool, judge *timeline.SpellCounts, chance [timeline.SpellBins]float64) (bin int, freed, hits, hi float64) {
	least := math.Inf(1)
	for b := range timeline.SpellBins {
		n := k.Resting(b, of)
		if n == 0 {
			break
		}
		h := p.expectedHits(k, of, chance, b)
		if h/n < least {
			least, bin, freed, hits = h/n, b, n, h
		}
		if h/n <= 0.02 {
			break
		}
	}
	for b := bin; b < timeline.SpellBins; b++ {
		n := k.Resting(b, of)
		if b+1 < timeline.SpellBins {
			n -= k.Resting(b+1, of)
		}
		if reached, used, _, _ := judge.Reached(b); n > 0 {
			hi += n * stat.Share(used, reached, 0.9).Hi
		}
	}
	return bin, freed, hits, max(hi, hits)
}

func whoKilled(sources []finding.Source) string {
	s := measure.NameOf(sources[0])
	if len(sources) > 1 {
		s = fmt.Sprintf("%s and %d more", s, len(sources)-1)
	}
	return s
}

// KillHow says how the server's version lets one name the source. Valkey 9.0 filters by IP, NAME
// and IDLE. Redis filters by neither host nor name: USER is as near as it comes (ACLs, 6.0), else
// ids one by one (2.8.12). MAXAGE (7.4) is no help, as age is not idleness.
func (p *Plan) KillHow(s finding.Source) string {
	id := record.Identity{Family: p.TL.Slots.Family}
	if n := len(p.TL.Servers); n > 0 {
		id.Version = p.TL.Servers[n-1].Version
	}
	since := func(f record.Family, major, minor int) bool { return id.Family == f && id.AtLeast(major, minor) }
	named := ""
	if plain.MatchString(s.Host) {
		named += " IP " + s.Host
	}
	if plain.MatchString(s.Name) {
		named += " NAME " + s.Name
	}
	switch {
	case named != "" && since(record.FamilyValkey, 9, 0):
		return "On this server: CLIENT KILL" + named + " TYPE normal IDLE seconds."
	case since(record.FamilyRedis, 2, 8), since(record.FamilyValkey, 7, 2), since(record.FamilyKeyDB, 6, 2):
		return "This server's CLIENT KILL knows neither host, name nor idle time: take the ids from CLIENT LIST and CLIENT KILL ID each."
	}
	return "What this server's CLIENT KILL can filter by is not known."
}
