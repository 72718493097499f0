package snapshot

import (
	"math"
	"slices"
)

// excess is the largest host's connections by those of the median host.
func excess(f *Facts, _ *Pair) float64 {
	if f.Masked || len(f.Hosts) < 3 {
		return math.NaN()
	}
	return float64(f.Hosts[0].Count) / float64(f.Hosts[len(f.Hosts)/2].Count)
}

// equalHosts is the share of hosts with the most common count, of those with at least two.
func equalHosts(f *Facts, _ *Pair) float64 {
	if f.Masked || len(f.Hosts) < 3 {
		return math.NaN()
	}
	counts := map[int]int{}
	n, best := 0, 0
	for _, g := range f.Hosts {
		if g.Count < 2 {
			continue
		}
		n++
		counts[g.Count]++
		best = max(best, counts[g.Count])
	}
	if n < 3 {
		return math.NaN()
	}
	return float64(best) / float64(n)
}

// unusedHosts is the share of hosts most of whose connections are unused.
func unusedHosts(f *Facts, _ *Pair) float64 {
	if f.Masked || len(f.Hosts) == 0 {
		return math.NaN()
	}
	n := 0
	for _, g := range f.Hosts {
		if g.NeverUsed > 0.5 {
			n++
		}
	}
	return float64(n) / float64(len(f.Hosts))
}

// window is the fullest fiftieth of the time in which the survivors were opened, or 3 s: the
// places of its ends among the sorted ages.
func window(ages []float64) (lo, hi int) {
	return densest(ages, max(3, (ages[len(ages)-1]-ages[0])/50))
}

// inBurst judges the survivors by the fullest fiftieth of that time, from which age to which; NaN
// of a few.
func inBurst(f *Facts, of func(ages []float64, lo, hi int) float64) float64 {
	if len(f.ages) < 5 {
		return math.NaN()
	}
	lo, hi := window(f.ages)
	return of(f.ages, lo, hi)
}

func burst(f *Facts, _ *Pair) float64 {
	return inBurst(f, func(a []float64, lo, hi int) float64 { return float64(hi-lo+1) / float64(len(a)) })
}

func burstAge(f *Facts, _ *Pair) float64 {
	return inBurst(f, func(a []float64, _, hi int) float64 { return a[hi] })
}

func burstHosts(f *Facts, _ *Pair) float64 {
	if f.Masked {
		return math.NaN()
	}
	return inBurst(f, func(a []float64, lo, hi int) float64 {
		in := map[string]bool{}
		for i := range f.rows {
			if age := float64(f.rows[i].Age); age >= a[lo] && age <= a[hi] {
				in[f.rows[i].Host()] = true
			}
		}
		return float64(len(in)) / float64(len(f.Hosts))
	})
}

// silentShare is the share of connections on hosts none of whose connections was used for
// 2 minutes, though they were used before.
func silentShare(f *Facts, _ *Pair) float64 {
	if f.Masked || len(f.Hosts) == 0 {
		return math.NaN()
	}
	least, n := map[string]int64{}, 0.0
	for i := range f.rows {
		h := f.rows[i].Host()
		if v, ok := least[h]; !ok || f.rows[i].Idle < v {
			least[h] = f.rows[i].Idle
		}
	}
	for _, g := range f.Hosts {
		if least[g.Key] > 120 && g.NeverUsed < 0.9 && g.Count >= 2 {
			n += float64(g.Count)
		}
	}
	return n / f.Rows
}

// oddLimit tells a limit that a descriptor limit leaves: 32 are kept back, so that limit
// and 32 are a multiple of 1024, or of 1000, while the limit itself is no round number.
func oddLimit(f *Facts, _ *Pair) float64 {
	if !(f.Limit > 0) {
		return math.NaN()
	}
	l := int64(f.Limit)
	switch {
	case l%100 == 0 || l&(l-1) == 0:
		return 0
	case (l+32)%1024 == 0 || (l+32)%1000 == 0:
		return 1
	case (l+32)%256 == 0:
		return 0.8
	case (l+32)%64 == 0 || (l+32)%100 == 0 || l%16 == 0:
		return 0.5
	}
	return 0.3
}

// generations is how much the hosts are parted into two ages.
func generations(f *Facts, _ *Pair) float64 {
	if f.Masked || len(f.Hosts) < 4 {
		return math.NaN()
	}
	ages := make([]float64, 0, len(f.Hosts))
	for _, g := range f.Hosts {
		ages = append(ages, g.AgeHi)
	}
	slices.Sort(ages)
	return parted(ages)
}

// parted tells two clearly parted ages of hosts: the share of those in the smaller of the
// two groups, doubled, where the gap between them is wider than the younger group.
func parted(ages []float64) float64 {
	gap, at := 0.0, 0
	for i := 1; i < len(ages); i++ {
		if d := ages[i] - ages[i-1]; d > gap {
			gap, at = d, i
		}
	}
	if young := ages[at-min(at, 1)] - ages[0]; at == 0 || gap < young {
		return 0
	}
	n := min(at, len(ages)-at)
	return 2 * float64(n) / float64(len(ages))
}

// leaky is how much the host with the most unused connections looks like a leak: the
// weakest of mostly unused, evenly opened, and more of them than the median host has at all.
func leaky(f *Facts, _ *Pair) float64 {
	if f.Masked || math.IsNaN(f.Rows) {
		return math.NaN()
	}
	g := worst(f)
	if g == nil || g.Count < 6 || len(f.Hosts) < 2 {
		return 0
	}
	unused := g.NeverUsed * float64(g.Count)
	beyond := unused / float64(f.Hosts[len(f.Hosts)/2].Count)
	ramp := func(v, lo, hi float64) float64 { return min(max((v-lo)/(hi-lo), 0), 1) }
	return min(ramp(g.NeverUsed, 0.3, 0.7), ramp(g.Even, 0.65, 0.3), ramp(beyond, 0.8, 2.5))
}

// slowCommands are commands whose work grows with all keys, or with a whole value by design.
// Source: the complexity in each command's page of the Redis documentation.
var slowCommands = map[string]bool{"keys": true, "flushall": true, "flushdb": true, "sort": true, "sunion": true, "sinter": true,
	"sdiff": true, "zunionstore": true, "zinterstore": true, "sunionstore": true, "sinterstore": true, "debug": true, "eval": true, "evalsha": true, "fcall": true}

func slowSeen(f *Facts, _ *Pair) float64 {
	n := 0.0
	if len(f.Cmds) == 0 {
		return math.NaN()
	}
	for _, g := range f.Cmds {
		if slowCommands[g.Key] {
			n += float64(g.Count)
		}
	}
	return share(n, f.Rows)
}
