package reduce

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/fleet"
)

// talk are the roles of causes whose sources are people to talk to: what is a consequence has its
// own source.
var talk = [...]string{"root", "trigger", "amplifier"}

type serviceKey struct{ service, cause string }

type serviceSum struct {
	servers, connections, refused int64
	since                         time.Time
	team                          string
	teams                         bool // several
	most                          int64
	worst, input                  string
}

// serviceRows adds a row's sources by service and cause.
func (r *Reducer) serviceRows(row *fleet.Row) {
	for i := range row.Causes {
		c := &row.Causes[i]
		if !slices.Contains(talk[:], c.Role) {
			continue
		}
		conns := map[string]int64{}
		for _, s := range c.Sources {
			conns[s.Service] += int64(s.Connections)
		}
		for service, n := range conns {
			if !r.told.first("service", service, c.ID) {
				continue
			}
			r.addService(row, c, service, n)
		}
	}
}

func (r *Reducer) addService(row *fleet.Row, c *fleet.Cause, service string, n int64) {
	key := serviceKey{r.text(service), r.text(c.ID)}
	s := r.services[key]
	if s == nil {
		if len(r.services) >= maxServices {
			r.unserviced++
			return
		}
		s = &serviceSum{team: r.text(row.Team), most: -1}
		r.services[key] = s
	}
	s.servers++
	s.connections += n
	if row.Refused != nil {
		s.refused += *row.Refused
	}
	if c.Onset != nil && (s.since.IsZero() || c.Onset.Before(s.since)) {
		s.since = *c.Onset
	}
	s.teams = s.teams || s.team != row.Team
	if n > s.most || n == s.most && row.Input < s.input {
		s.most, s.worst, s.input = n, r.text(row.Server), row.Input
	}
}

// serviceTable ranks by what is refused now, then by connections; there is no mixed score.
func (r *Reducer) serviceTable(s *Summary) {
	all := []Service{}
	leaks := map[string]bool{}
	for key, x := range r.services {
		if key.cause == "connection-leak" {
			leaks[key.service] = true
		}
		row := Service{Service: key.service, Cause: key.cause, Servers: int(x.servers), Connections: x.connections, Refused: x.refused, Worst: x.worst, Input: x.input}
		if !x.teams {
			row.Team = x.team
		}
		if !x.since.IsZero() {
			since := x.since
			row.Since = &since
		}
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b Service) int {
		return cmp.Or(-cmp.Compare(a.Refused, b.Refused), -cmp.Compare(a.Servers, b.Servers), -cmp.Compare(a.Connections, b.Connections),
			cmp.Compare(a.Service, b.Service), cmp.Compare(a.Cause, b.Cause))
	})
	s.Counts.Leaking = len(leaks)
	s.Services = all[:min(len(all), listed)]
	s.MoreServices = len(all) - len(s.Services)
}

// A poolSum sums a service's pools over servers. Sums of fractions are of thousandths, so that they
// come out the same in any order.
type poolSum struct {
	servers, instances, size, needed int64
	spare, least                     int64
}

// wasteful are the causes whose sources hold connections that no pool needs: their size says
// nothing of a pool's setting.
var wasteful = [...]string{"connection-leak", "zombie-connections", "retry-storm", "connection-churn", "output-buffer-loop", "serverless-fanout"}

// poolRows adds the pools of a row that hold at least two connections more than they need.
func (r *Reducer) poolRows(row *fleet.Row) {
	skip := map[string]bool{}
	for i := range row.Causes {
		if slices.Contains(wasteful[:], row.Causes[i].ID) {
			for _, s := range row.Causes[i].Sources {
				skip[s.Service] = true
			}
		}
	}
	for _, p := range row.Pools {
		if p.Size-p.Needed < 2 || skip[p.Service] {
			continue
		}
		if !r.told.first("pool", p.Service, "") {
			continue
		}
		s := r.pools[p.Service]
		if s == nil {
			if len(r.pools) >= maxServices {
				continue
			}
			s = &poolSum{}
			r.pools[r.text(p.Service)] = s
		}
		s.servers++
		s.instances += int64(math.Round(p.Instances * 1000))
		s.size += int64(math.Round(p.Size * 1000))
		s.needed += int64(math.Round(p.Needed * 1000))
		s.spare += int64(p.Spare)
		s.least += int64(max(0, math.Floor(p.Instances*(p.Size-p.Hi))))
	}
}

func (r *Reducer) poolTable(s *Summary) {
	all := []Pool{}
	for service, p := range r.pools {
		n := float64(p.servers) * 1000
		all = append(all, Pool{Service: service, Servers: int(p.servers), Instances: float64(p.instances) / 1000, Size: round1(float64(p.size) / n), Needed: round1(float64(p.needed) / n),
			Spare: p.spare, SpareLo: p.least})
	}
	slices.SortFunc(all, func(a, b Pool) int { return cmp.Or(-cmp.Compare(a.Spare, b.Spare), cmp.Compare(a.Service, b.Service)) })
	s.Pools = all[:min(len(all), listed)]
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }
