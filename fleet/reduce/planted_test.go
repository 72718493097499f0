package reduce

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/connbox/connbox/fleet"
)

var causeIDs = []string{"connection-leak", "retry-storm", "slow-commands", "connection-churn", "deploy-overlap", "server-stall", "auth-failure-loop",
	"maxclients-too-low", "oversized-pool", "blocking-commands", "idle-cut", "reconnect-wave"}

// A night is a made-up fleet: servers in clusters of four, incidents by the hour's rate with a peak
// in the morning, and shared ones that are planted.
type night struct {
	rows    []fleet.Row
	planted []map[string]bool // servers
}

// simulatedNight makes one. A planted incident is of three to eight servers of different clusters
// within four minutes, give or take what an onset is uncertain by; every second one has one service
// in common.
func simulatedNight(dice *rand.Rand, servers, groups int) night {
	begin := time.Date(2026, 8, 18, 20, 0, 0, 0, time.UTC)
	to := begin.Add(12 * time.Hour)
	var n night
	onset := map[int]fleet.Cause{}
	add := func(s int, cause, service string, at time.Time) {
		half := time.Duration(5+dice.IntN(60)) * time.Second
		seen := at.Add(time.Duration(dice.NormFloat64() * float64(half) / 1.645))
		lo, hi := seen.Add(-half), seen.Add(half)
		onset[s] = fleet.Cause{ID: cause, Role: "root", Onset: &seen, OnsetLo: &lo, OnsetHi: &hi,
			Sources: []fleet.Source{{Service: service, Connections: 50}}}
	}
	for g := range groups {
		at := begin.Add(time.Duration(dice.Float64() * 11.5 * float64(time.Hour)))
		cause, shared := causeIDs[dice.IntN(len(causeIDs))], fmt.Sprintf("svc-%d", dice.IntN(60))
		size := 3 + dice.IntN(6)
		if g%2 == 1 { // without a service in common it takes more servers to be no chance
			size = max(size, 5)
		}
		in, clusters := map[string]bool{}, map[int]bool{}
		for len(in) < size {
			s := dice.IntN(servers)
			if _, has := onset[s]; has || clusters[s/4] {
				continue
			}
			clusters[s/4] = true
			service := shared
			if g%2 == 1 {
				service = fmt.Sprintf("svc-%d", dice.IntN(60))
			}
			add(s, cause, service, at.Add(time.Duration(dice.Float64()*4*float64(time.Minute))))
			in[fmt.Sprintf("s%03d", s)] = true
		}
		n.planted = append(n.planted, in)
	}
	for s := range servers {
		if _, has := onset[s]; has || dice.Float64() > 0.4 {
			continue
		}
		hour := dice.Float64() * 12
		if dice.Float64() < 0.5 { // the peak
			hour = min(max(9+1.2*dice.NormFloat64(), 0), 12)
		}
		add(s, causeIDs[dice.IntN(len(causeIDs))], fmt.Sprintf("svc-%d", dice.IntN(60)), begin.Add(time.Duration(hour*float64(time.Hour))))
	}
	for s := range servers {
		name := fmt.Sprintf("s%03d", s)
		row := fleet.Row{Schema: 1, Input: name + ".connbox", Server: name, Label: name, Cluster: fmt.Sprintf("c%d", s/4), Zone: fmt.Sprintf("z%d", s%3), Status: "healthy", From: &begin, To: &to}
		if c, ok := onset[s]; ok {
			row.Status, row.Cause, row.Causes = "incident", c.ID, []fleet.Cause{c}
		}
		n.rows = append(n.rows, row)
	}
	return n
}

// score counts the planted incidents that were found, most of their servers in one group, and the
// groups in which no planted incident has most.
func (n *night) score(s *Summary) (found, falsely int) {
	hit := map[int]bool{}
	for _, g := range s.Groups {
		is := -1
		for k, p := range n.planted {
			in := 0
			for _, name := range g.Servers {
				if p[name] {
					in++
				}
			}
			if 2*in > len(g.Servers) && 3*in >= 2*len(p) {
				is = k
			}
		}
		if is < 0 {
			falsely++
		} else {
			hit[is] = true
		}
	}
	return len(hit), falsely
}

// TestPlantedGroups: of incidents planted in 20 nights of 500 servers, with some 200 others each, at
// least 95 in a hundred are found, and no more than three groups, one a week, are false.
func TestPlantedGroups(t *testing.T) {
	found, planted, falsely, expected := 0, 0, 0, 0.0
	for i := range 20 {
		n := simulatedNight(rand.New(rand.NewPCG(uint64(i), 7)), 500, 6)
		r := New()
		for k := range n.rows {
			r.Add(&n.rows[k])
		}
		s := r.Summary("test")
		a, b := n.score(s)
		found, planted, falsely, expected = found+a, planted+len(n.planted), falsely+b, expected+s.FalseGroups
	}
	t.Logf("found %d of %d, %d false; the simulation expects %.2f of those", found, planted, falsely, expected)
	if float64(found) < 0.95*float64(planted) || falsely > 3 {
		t.Errorf("found %d of %d, %d false", found, planted, falsely)
	}
}

// TestNoGroups: nights without a planted incident have no group.
func TestNoGroups(t *testing.T) {
	falsely := 0
	for i := range 20 {
		n := simulatedNight(rand.New(rand.NewPCG(uint64(i), 8)), 500, 0)
		r := New()
		for k := range n.rows {
			r.Add(&n.rows[k])
		}
		falsely += len(r.Summary("test").Groups)
	}
	t.Logf("%d groups in 20 nights", falsely)
	if falsely > 3 {
		t.Errorf("%d groups in 20 nights", falsely)
	}
}
