package snapshot

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Service is the hosts that run one program, as far as a list can tell: those that give
// the same client name or, where a host gives none or one of its own, are in one network.
type Service struct {
	Key   string
	Hosts []*Group // the longest connected first
	Count int      // connections
	ages  []birth  // the youngest first
	idles []float64
}

// A birth is how long ago a connection was opened, and by which of a service's hosts.
type birth struct {
	age  float64
	host *Group
}

// services parts the connections by service, most connections first, equal ones by key;
// nil where addresses are masked.
func (f *Facts) services() []Service {
	if f.Masked || f.Ageless {
		return nil
	}
	hosts, names, known := map[string]*Group{}, map[string]string{}, map[string]int{}
	for i := range f.Hosts {
		hosts[f.Hosts[i].Key] = &f.Hosts[i]
	}
	for i := range f.rows {
		if c := f.rows[i]; c.Name != "" && names[c.Host()] == "" {
			names[c.Host()] = c.Name
			known[c.Name]++
		}
	}
	parts := map[string]*Service{}
	of := func(host string) *Service {
		key := names[host]
		if known[key] < 2 {
			key = network(host)
		}
		if parts[key] == nil {
			parts[key] = &Service{Key: key}
		}
		return parts[key]
	}
	for i := range f.Hosts {
		s := of(f.Hosts[i].Key)
		s.Hosts = append(s.Hosts, &f.Hosts[i])
	}
	for i := range f.rows {
		c := f.rows[i]
		s := of(c.Host())
		s.Count++
		s.ages = append(s.ages, birth{float64(c.Age), hosts[c.Host()]})
		s.idles = append(s.idles, float64(c.Idle))
	}
	out := make([]Service, 0, len(parts))
	for _, s := range parts {
		slices.SortStableFunc(s.Hosts, func(a, b *Group) int { return cmp.Or(cmp.Compare(b.AgeHi, a.AgeHi), strings.Compare(a.Key, b.Key)) })
		slices.SortStableFunc(s.ages, func(a, b birth) int { return cmp.Compare(a.age, b.age) })
		slices.Sort(s.idles)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Service) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Key, b.Key)) })
	return out
}

// network is an address without its last part.
func network(host string) string {
	return host[:strings.LastIndexAny(host, ".:")+1]
}

// ofServices gives the largest of what services with so many hosts have; NaN where no list
// tells hosts apart, 0 where no service is large enough.
func ofServices(f *Facts, hosts int, get func(s *Service) float64) float64 {
	if f.Masked || math.IsNaN(f.Rows) {
		return math.NaN()
	}
	best := 0.0
	for i := range f.Services {
		if s := &f.Services[i]; len(s.Hosts) >= hosts {
			best = max(best, get(s))
		}
	}
	return best
}

// fleet gives what the largest service with so many hosts and a third of the connections
// has; NaN where there is none.
func fleet(f *Facts, hosts int, get func(s *Service) float64) float64 {
	for i := range f.Services {
		if s := &f.Services[i]; len(s.Hosts) >= hosts && 3*float64(s.Count) >= f.Rows {
			return get(s)
		}
	}
	return math.NaN()
}

// overlap is how much of one service's hosts stand in two generations, by its share of the
// connections.
func overlap(f *Facts, _ *Pair) float64 {
	return ofServices(f, 4, func(s *Service) float64 {
		return parted(s.born()) * min(1, 2*float64(s.Count)/f.Rows)
	})
}

// born gives how long ago each host opened its oldest connection, in order.
func (s *Service) born() []float64 {
	ages := make([]float64, 0, len(s.Hosts))
	for _, g := range s.Hosts {
		ages = append(ages, g.AgeHi)
	}
	slices.Sort(ages)
	return ages
}

// hostBirths is how unevenly the hosts of the largest service came, 0 to 1.
func hostBirths(f *Facts, _ *Pair) float64 {
	return fleet(f, 6, func(s *Service) float64 { return unevenness(s.born()) })
}

// youngHosts is the share of the largest service's hosts that are not half as old as its
// oldest.
func youngHosts(f *Facts, _ *Pair) float64 {
	return fleet(f, 4, func(s *Service) float64 {
		ages := s.born()
		i, _ := slices.BinarySearch(ages, ages[len(ages)-1]/2)
		return float64(i) / float64(len(ages))
	})
}

// starved is the connections of the youngest third of the largest service's hosts by those
// of the oldest third.
func starved(f *Facts, _ *Pair) float64 {
	return fleet(f, 6, func(s *Service) float64 {
		n, third := len(s.Hosts), len(s.Hosts)/3
		old, young := 0, 0
		for i := range third {
			old, young = old+s.Hosts[i].Count, young+s.Hosts[n-1-i].Count
		}
		return float64(young) / float64(max(old, 1))
	})
}

// A pool that grows behind a stall opens connections on most of its hosts within
// growthSpan seconds, beside those that are at least olderBy seconds older.
const (
	growthSpan = 5.0
	olderBy    = 20.0
)

// growths finds the moments at which most hosts of a service that had connections before
// opened more: how many, and the share of its connections that they opened.
func (s *Service) growths() (moments int, share float64) {
	n := 0
	for lo := 0; lo < len(s.ages); {
		hi, hosts := lo, map[*Group]bool{}
		for ; hi < len(s.ages) && s.ages[hi].age-s.ages[lo].age <= growthSpan; hi++ {
			if b := s.ages[hi]; b.host.AgeHi >= b.age+olderBy {
				hosts[b.host] = true
			}
		}
		if 2*len(hosts) >= len(s.Hosts) && hi-lo >= 4 {
			moments, n = moments+1, n+hi-lo
		}
		lo = hi
	}
	return moments, float64(n) / float64(max(s.Count, 1))
}

func regrown(f *Facts, _ *Pair) float64 {
	return ofServices(f, 3, func(s *Service) float64 {
		_, share := s.growths()
		return share * min(1, 3*float64(s.Count)/f.Rows)
	})
}

func regrowths(f *Facts, _ *Pair) float64 {
	return ofServices(f, 3, func(s *Service) float64 {
		n, _ := s.growths()
		return float64(n)
	})
}

// allBusy is the share of the connections that belong to services with the same number on
// each host of which none rests for longer than 10 s.
func allBusy(f *Facts, _ *Pair) float64 {
	if f.Masked || !(f.Rows > 0) {
		return math.NaN()
	}
	n := 0
	for i := range f.Services {
		if s := &f.Services[i]; s.busy() {
			n += s.Count
		}
	}
	return float64(n) / f.Rows
}

// busy tells pools of one size, none of whose connections rests.
func (s *Service) busy() bool {
	size := s.Hosts[0].Count
	return len(s.Hosts) >= 2 && size >= 2 && s.idles[len(s.idles)-1] <= busyIdle &&
		!slices.ContainsFunc(s.Hosts, func(g *Group) bool { return g.Count != size || g.Blocked > 0 })
}

// busyIdle is how many seconds a connection of a busy pool rests at most.
const busyIdle = 10
