package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// chains are stories with more than one cause: what must be root, what follows from what,
// and what must not be tied together.
var chains = []struct {
	name  string
	limit int
	n     int
	roles map[string]Role   // of the causes that must be named
	led   map[string]string // child -> the parent that its evidence must name
	apart []string          // causes that must name no parent
	claim string            // within the claim of the root, or of the child
	setup func(w *world)
	step  func(w *world, i int)
}{
	{name: "leak, limit, storm", limit: 200, n: 160,
		roles: map[string]Role{"connection-leak": Root, "retry-storm": Consequence}, led: map[string]string{"retry-storm": "connection-leak"},
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 3, 20, 0.4)
			w.pool("10.1.0.2", "cart", 10, 0.4)
			if i > 10 {
				w.leak("10.1.0.2", "cart")
				w.leak("10.1.0.2", "cart")
			}
			w.dialAtLimit(300, "web")
		}},
	{name: "a storm that outlives the leak: its connections are killed, the retries go on", limit: 200, n: 200,
		roles: map[string]Role{"connection-leak": Root, "retry-storm": Consequence}, led: map[string]string{"retry-storm": "connection-leak"},
		claim: "It outlived a connection leak",
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 3, 20, 0.4)
			w.pool("10.1.0.2", "cart", 10, 0.4)
			switch {
			case i > 10 && i < 110:
				w.leak("10.1.0.2", "cart")
				w.leak("10.1.0.2", "cart")
			case i == 110:
				for _, c := range lostOf(w, "10.1.0.2") {
					w.close(c)
				}
			}
			if i >= 60 {
				for range 300 {
					w.open("10.3.0.1", "orders")
				}
				w.close(w.of("", "web")[0])
			}
		}},
	{name: "a burst, and a storm that outlives it", limit: 200, n: 140,
		roles: map[string]Role{"retry-storm": Root}, apart: []string{"retry-storm"}, claim: "It outlived the burst of requests",
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 4, 20, 0.5)
			if i >= 50 && i < 60 {
				w.commands += 2400
			}
			if i >= 50 {
				w.retry("worker", 600)
			}
		}},
	{name: "KEYS, pools grow, limit, storm", limit: 220, n: 140,
		roles: map[string]Role{"slow-commands": Root, "retry-storm": Consequence}, led: map[string]string{"retry-storm": "slow-commands"},
		step: func(w *world, i int) {
			n := 10
			if i > 50 {
				n = min(10+(i-50)*3, 40)
				if i%5 == 0 {
					w.keys(i)
				}
			}
			w.fleet("10.2.0", "web", 6, n, 0.3)
			w.dialAtLimit(400, "web")
		}},
	{name: "restart, wave, storm", limit: 150, n: 140,
		roles: map[string]Role{"retry-storm": Root}, apart: []string{"retry-storm"}, claim: "It outlived the restart",
		step: func(w *world, i int) {
			if i == 50 {
				w.restart(150)
			}
			w.fleet("10.2.0", "web", 6, 20, 0.5)
			if i >= 50 {
				w.retry("worker", 500)
			}
		}},
	{name: "two causes that have nothing to do with each other", limit: 900, n: 140,
		roles: map[string]Role{"connection-leak": "", "protected-mode-refusals": ""}, apart: []string{"connection-leak", "protected-mode-refusals"},
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 4, 10, 0.5)
			if i > 20 {
				w.leak("10.1.0.2", "cart")
			}
			w.refused += 3
		}},
	{name: "a leak below the limit, and churn beside it", limit: 2000, n: 140,
		roles: map[string]Role{"connection-leak": "", "connection-churn": ""}, apart: []string{"connection-leak", "connection-churn"},
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 4, 10, 0.5)
			if i > 20 {
				w.leak("10.1.0.2", "cart")
			}
			w.accepted, w.nextID, w.commands = w.accepted+150, w.nextID+150, w.commands+400
		}},
	{name: "a leak too small to have filled the limit, and a storm of its own", limit: 300, n: 160,
		roles: map[string]Role{"retry-storm": Root, "connection-leak": Amplifier}, apart: []string{"retry-storm"},
		step: func(w *world, i int) {
			w.fleet("10.2.0", "web", 6, 20, 0.5)
			if i > 10 && i < 90 && i%5 == 0 {
				w.leak("10.1.0.2", "cart")
			}
			if i >= 90 {
				w.retry("worker", 900)
			}
		}},
}

// dialAtLimit lets clients dial in vain once the limit is reached, while one connection of
// a name turns over.
func (w *world) dialAtLimit(tries int, name string) {
	if len(w.clients) < w.limit {
		return
	}
	for range tries {
		w.open("10.3.0.1", "orders")
	}
	w.close(w.of("", name)[0])
}

// retry plays a fleet that takes what slots it gets, loses some, and tries again at once.
func (w *world) retry(name string, tries int) {
	for _, c := range w.of("", name) {
		if w.rng.Float64() < 0.15 {
			w.close(c)
		}
	}
	for k := range tries {
		w.open(fmt.Sprintf("10.4.0.%d", k%12+1), name)
	}
	for _, c := range w.of("", name) {
		c.used = w.at
		w.commands += 3
	}
}

func TestChains(t *testing.T) {
	for _, s := range chains {
		t.Run(s.name, func(t *testing.T) {
			r := storyReport(s.limit, s.n, s.setup, s.step)
			checkReport(t, r)
			var claims strings.Builder
			for _, c := range r.Causes {
				claims.WriteString(c.Claim)
				if _, ok := s.roles[c.ID]; !ok {
					t.Errorf("%s took part as %s", c.ID, c.Role)
				}
			}
			for id, role := range s.roles {
				c := findCause(r, id)
				if c == nil {
					t.Fatalf("%s is not among %+v\nruled out %+v", id, r.Causes, r.RuledOut)
				}
				if role != "" && c.Role != role {
					t.Errorf("%s is %s, want %s: %+v", id, c.Role, role, c.Evidence)
				}
			}
			for child, parent := range s.led {
				if got := parentsIn(findCause(r, child)); !slices.Contains(got, parent) {
					t.Errorf("%s follows from %v, want %s", child, got, parent)
				}
			}
			for _, id := range s.apart {
				if got := parentsIn(findCause(r, id)); len(got) > 0 {
					t.Errorf("%s is said to follow from %v", id, got)
				}
			}
			if s.claim != "" && !strings.Contains(claims.String(), s.claim) {
				t.Errorf("nothing says %q: %s", s.claim, claims.String())
			}
			if s.claim == "" && strings.Contains(claims.String(), "outlived") {
				t.Errorf("something outlived: %s", claims.String())
			}
		})
	}
}

// parentsIn reads from a cause's evidence what led to it.
func parentsIn(c *Finding) []string {
	var out []string
	for _, e := range c.Evidence {
		if id, _, ok := strings.Cut(e.Claim, " led to it: "); ok {
			out = append(out, id)
		}
	}
	return out
}

// The graph names causes of the catalog, has no cycle, and says how.
func TestMechanismGraph(t *testing.T) {
	next := map[string][]string{}
	for _, e := range mechanisms {
		if CauseByID(e.from) == nil || CauseByID(e.to) == nil || e.how == "" || e.by == "" {
			t.Errorf("edge %+v", e)
		}
		next[e.from] = append(next[e.from], e.to)
	}
	var walk func(id string, path []string)
	walk = func(id string, path []string) {
		if slices.Contains(path, id) {
			t.Fatalf("a cycle: %v", append(path, id))
		}
		for _, to := range next[id] {
			walk(to, append(path, id))
		}
	}
	for _, c := range catalog {
		walk(c.ID, nil)
	}
}

// What was taken out of the ledger and what is left make up what was there.
func TestButForAddsUp(t *testing.T) {
	w := newWorld(200)
	w.run(160, chains[0].step)
	r := w.report()
	leak := findCause(r, "connection-leak")
	var held, others float64
	for _, e := range leak.Evidence {
		switch {
		case strings.HasPrefix(e.Claim, "slots it held"):
			held = e.Value
		case strings.HasPrefix(e.Claim, "slots in use without"):
			others = e.Value
			if !e.For {
				t.Errorf("speaks against: %s", e.Claim)
			}
		}
	}
	if held < 100 || held+others < 198 || held+others > 200 {
		t.Errorf("%.0f held and %.0f others of 200 slots", held, others)
	}
}
