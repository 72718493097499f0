package reduce

import (
	"cmp"
	"math"
	"slices"
)

// The numbers of the search for one incident that several servers saw.
const (
	least  = 3       // servers
	rare   = 0.04    // groups of a run that chance may give, at most; each look counts
	widest = 15 * 60 // seconds from the first onset to the last, and the widest interval of an onset
	around = 90 * 60 // seconds before and after in which the rate is counted
	prior  = 30 * 60 // seconds for which the mean rate of the whole run counts, beside those
	beside = 0.1     // onsets that chance puts between a group and one more of it, at most
	grain  = 10.0    // seconds: onsets are no finer
)

// widths are the stretches that are tried, in seconds.
var widths = [...]float64{60, 120, 240, 480, widest}

// A candidate is a stretch with more onsets than chance gives.
type candidate struct {
	*sequence
	from, to float64
	units    int // servers or, of those that are no cluster by itself, clusters
	chance   float64
	members  []int // places in the incidents, by time; of those that were taken
}

// find looks for groups among incidents that are sorted in no way; it gives those that chance
// explains least, which have no member in common. Three kinds of stretch are tried for each cause: of
// all its incidents, of those with one service most to blame, and of those of one cluster. In the
// first two a cluster counts once: its servers are not independent.
//
// A stretch of w seconds with k onsets is held against a Poisson count with the rate of the hours
// around, without the stretch itself: chance = P(at least k-1 beside the first) times the stretches
// that were tried in the whole run.
func find(all []incident) []candidate {
	type stratum struct{ cause, of string }
	strata := map[stratum][]int{}
	n := 0
	for i := range all {
		x := &all[i]
		if math.IsNaN(x.at) || x.hi-x.lo > widest {
			continue
		}
		n++
		for _, of := range [...]string{"all", nonEmpty("service ", x.attributes[attrService]), nonEmpty("cluster ", x.attributes[attrCluster])} {
			if of != "" {
				key := stratum{x.cause, of}
				strata[key] = append(strata[key], i)
			}
		}
	}
	if n < least {
		return nil
	}
	tries := float64(n*len(widths)) * 3
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range all {
		if !math.IsNaN(all[i].at) {
			lo, hi = min(lo, all[i].at), max(hi, all[i].at)
		}
	}
	var found []candidate
	for key, in := range strata {
		if len(in) >= least {
			s := &sequence{all: all, cause: key.cause, of: key.of, begin: lo, end: hi, tries: tries}
			s.take(in)
			found = append(found, s.search()...)
		}
	}
	return disjoint(found)
}

func nonEmpty(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// disjoint takes the least likely ones first, and leaves out those that share a member with one
// that was taken.
func disjoint(found []candidate) []candidate {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.chance, b.chance), -cmp.Compare(a.units, b.units), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.cause, b.cause),
			cmp.Compare(a.of, b.of))
	})
	taken := map[int]bool{}
	var out []candidate
	for _, c := range found {
		c.members = c.within(c.from, c.to)
		if slices.ContainsFunc(c.members, func(i int) bool { return taken[i] }) {
			continue
		}
		for _, i := range c.members {
			taken[i] = true
		}
		out = append(out, c)
	}
	return out
}

// A sequence is the incidents of one stratum by time.
type sequence struct {
	all        []incident
	cause, of  string
	begin, end float64 // of the run
	tries      float64
	place      []int     // of all its incidents, by time
	at         []float64 // theirs
	unit       []float64 // onsets of the independent ones, by time
}

// take sorts the incidents and leaves out, of those that count, a server's or a cluster's second one
// within the widest stretch.
func (s *sequence) take(in []int) {
	s.place = slices.Clone(in)
	slices.SortFunc(s.place, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.all[a].at, s.all[b].at), cmp.Compare(s.all[a].input, s.all[b].input), cmp.Compare(s.all[a].key, s.all[b].key))
	})
	last := map[string]float64{}
	for _, i := range s.place {
		x := &s.all[i]
		s.at = append(s.at, x.at)
		unit := "server " + x.key
		if c := x.attributes[attrCluster]; c != "" && s.of != "cluster "+c {
			unit = "cluster " + c
		}
		if t, ok := last[unit]; ok && x.at-t < widest {
			continue
		}
		last[unit] = x.at
		s.unit = append(s.unit, x.at)
	}
}

// search tries every stretch that begins with an onset.
func (s *sequence) search() []candidate {
	var out []candidate
	for _, w := range widths {
		hi := 0
		for lo := range s.unit {
			for hi < len(s.unit) && s.unit[hi] <= s.unit[lo]+w {
				hi++
			}
			k := hi - lo
			if k < least {
				continue
			}
			from, to := s.unit[lo], s.unit[hi-1]
			mean := s.rate(lo, hi) * (to - from + grain)
			if float64(k-1) <= mean {
				continue
			}
			if chance := tail(k-1, mean) * s.tries; chance <= rare {
				from, to = s.extend(lo, hi)
				out = append(out, candidate{sequence: s, from: from, to: to, units: k, chance: chance})
			}
		}
	}
	return out
}

// extend gives the ends of a stretch with the onsets beside it that are so near that chance would
// rarely bring one in between.
func (s *sequence) extend(lo, hi int) (from, to float64) {
	gap := beside / s.rate(lo, hi)
	for lo > 0 && s.unit[lo]-s.unit[lo-1] <= gap && s.unit[hi-1]-s.unit[lo-1] <= widest {
		lo--
	}
	for hi < len(s.unit) && s.unit[hi]-s.unit[hi-1] <= gap && s.unit[hi]-s.unit[lo] <= widest {
		hi++
	}
	return s.unit[lo], s.unit[hi-1]
}

// rate is how many onsets a second there are around the stretch from lo to hi, without it: those within
// an hour and a half, and for half an hour the mean of the run with one onset more than seen, so
// that a rate is never zero for want of seeing.
func (s *sequence) rate(lo, hi int) float64 {
	n := len(s.unit)
	first := max(s.unit[lo]-around, s.begin)
	last := min(s.unit[hi-1]+around, s.end)
	a, _ := slices.BinarySearch(s.unit, first)
	b, _ := slices.BinarySearch(s.unit, math.Nextafter(last, math.Inf(1)))
	near := float64(max(b-a-(hi-lo), 0))
	span := max(last-first-(s.unit[hi-1]-s.unit[lo]), 0)
	mean := (float64(n-(hi-lo)) + 0.5) / max(s.end-s.begin, 3600)
	return (near + mean*prior) / (span + prior)
}

// within gives the places of all incidents of the stretch.
func (s *sequence) within(from, to float64) []int {
	a, _ := slices.BinarySearch(s.at, from)
	b, _ := slices.BinarySearch(s.at, math.Nextafter(to, math.Inf(1)))
	return s.place[a:b]
}

// groups finds them, and how many chance gives.
func (r *Reducer) groups(s *Summary, all []incident) {
	r.unclocked, r.unplaced = 0, 0
	for i := range all {
		switch x := &all[i]; {
		case math.IsNaN(x.at):
			r.unclocked++
		case x.hi-x.lo > widest:
			r.unplaced++
		}
	}
	found := find(all)
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(-cmp.Compare(len(a.members), len(b.members)), cmp.Compare(a.from, b.from))
	})
	for n, c := range found {
		for _, i := range c.members {
			all[i].group = n + 1
		}
		s.Counts.Shared += len(c.members)
	}
	of := attributesAmong(all)
	for n := range found[:min(len(found), listed)] {
		s.Groups = append(s.Groups, r.group(&found[n], all, of))
	}
	s.MoreGroups = max(len(found)-listed, 0)
	s.FalseGroups, s.Simulated = simulate(all)
}

// group words a group.
func (r *Reducer) group(c *candidate, all []incident, of *among) Group {
	first, last := &all[c.members[0]], &all[c.members[len(c.members)-1]]
	g := Group{Cause: first.cause, Began: timeOf(first.at), WithinS: last.at - first.at, Chance: c.chance, Of: c.of, Shares: r.shares(c, all, of)}
	lo, hi := math.Inf(1), math.Inf(-1)
	seen := map[string]bool{}
	for _, i := range c.members {
		x := &all[i]
		if !math.IsNaN(x.clock) {
			lo, hi = min(lo, x.clock), max(hi, x.clock)
		}
		if seen[x.key] {
			continue
		}
		seen[x.key] = true
		g.Servers, g.Inputs, g.Refused = append(g.Servers, x.server), append(g.Inputs, x.input), g.Refused+x.refused
	}
	if hi > lo {
		g.ClockS = math.Round((hi-lo)*1000) / 1000
	}
	for i := range all {
		x := &all[i]
		if x.group == 0 && x.cause == first.cause && !seen[x.key] && x.lo <= last.at && x.hi >= first.at {
			g.Possible++
		}
	}
	return g
}

// common is the part of a group that must have a value for it to be told.
const common = 0.6

// shares gives what most servers of a group have in common and others have not: services and
// libraries are held against those of the other incidents, the rest against all servers.
func (r *Reducer) shares(c *candidate, all []incident, of *among) []Share {
	out := []Share{}
	m := len(c.members)
	for a := range numAttributes {
		count := map[string]int{}
		for _, i := range c.members {
			count[all[i].attributes[a]]++
		}
		have, others := r.values[a], len(r.servers)-m
		if a == attrService || a == attrLib {
			have, others = of.values[a], of.n-m
		}
		for v, n := range count {
			if v == "" || float64(n) < common*float64(m) {
				continue
			}
			elsewhere := (float64(max(have[v]-n, 0)) + 0.5) / (float64(max(others, 0)) + 1)
			if lift := float64(n) / float64(m) / elsewhere; lift >= 2 {
				out = append(out, Share{attributeNames[a], v, n, math.Round(lift*10) / 10})
			}
		}
	}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(-cmp.Compare(a.N, b.N), -cmp.Compare(a.Lift, b.Lift), cmp.Compare(a.What, b.What))
	})
	return out
}

// among counts the services and libraries of all incidents.
type among struct {
	n      int
	values [numAttributes]map[string]int
}

func attributesAmong(all []incident) *among {
	out := &among{n: len(all)}
	for _, a := range [...]int{attrService, attrLib} {
		out.values[a] = map[string]int{}
		for i := range all {
			out.values[a][all[i].attributes[a]]++
		}
	}
	return out
}
