package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
)

// chains are stories with more than one cause: what must be root, what follows from what,
// and what must not be tied together.
var chains = []struct {
	name  string
	limit int
	n     int
	roles map[string]finding.Role // of the causes that must be named
	led   map[string]string       // child -> the parent that its evidence must name
	apart []string                // causes that must name no parent
	claim string                  // within the claim of the root, or of the child
	setup func(w *world.World)
	step  func(w *world.World, i int)
}{
	{name: "leak, limit, storm", limit: 200, n: 160,
		roles: map[string]finding.Role{"connection-leak": finding.Root, "retry-storm": finding.Consequence}, led: map[string]string{"retry-storm": "connection-leak"},
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 20, 0.4)
			w.Pool("10.1.0.2", "cart", 10, 0.4)
			if i > 10 {
				w.Leak("10.1.0.2", "cart")
				w.Leak("10.1.0.2", "cart")
			}
			w.DialAtLimit(300, "web")
		}},
	{name: "a storm that outlives the leak: its connections are killed, the retries go on", limit: 200, n: 200,
		roles: map[string]finding.Role{"connection-leak": finding.Root, "retry-storm": finding.Consequence}, led: map[string]string{"retry-storm": "connection-leak"},
		claim: "It outlived a connection leak",
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 20, 0.4)
			w.Pool("10.1.0.2", "cart", 10, 0.4)
			switch {
			case i > 10 && i < 110:
				w.Leak("10.1.0.2", "cart")
				w.Leak("10.1.0.2", "cart")
			case i == 110:
				for _, c := range lostOf(w, "10.1.0.2") {
					w.Close(c)
				}
			}
			if i >= 60 {
				for range 300 {
					w.Open("10.3.0.1", "orders")
				}
				w.Close(w.Of("", "web")[0])
			}
		}},
	{name: "a burst, and a storm that outlives it", limit: 200, n: 140,
		roles: map[string]finding.Role{"retry-storm": finding.Root}, apart: []string{"retry-storm"}, claim: "It outlived the burst of requests",
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 4, 20, 0.5)
			if i >= 50 && i < 60 {
				w.Commands += 2400
			}
			if i >= 50 {
				w.Retry("worker", 600)
			}
		}},
	{name: "KEYS, pools grow, limit, storm", limit: 220, n: 140,
		roles: map[string]finding.Role{"slow-commands": finding.Root, "retry-storm": finding.Consequence}, led: map[string]string{"retry-storm": "slow-commands"},
		step: func(w *world.World, i int) {
			n := 10
			if i > 50 {
				n = min(10+(i-50)*3, 40)
				if i%5 == 0 {
					w.Keys(i)
				}
			}
			w.Fleet("10.2.0", "web", 6, n, 0.3)
			w.DialAtLimit(400, "web")
		}},
	{name: "restart, wave, storm", limit: 150, n: 140,
		roles: map[string]finding.Role{"retry-storm": finding.Root}, apart: []string{"retry-storm"}, claim: "It outlived the restart",
		step: func(w *world.World, i int) {
			if i == 50 {
				w.Restart(150)
			}
			w.Fleet("10.2.0", "web", 6, 20, 0.5)
			if i >= 50 {
				w.Retry("worker", 500)
			}
		}},
	{name: "two causes that have nothing to do with each other", limit: 900, n: 140,
		roles: map[string]finding.Role{"connection-leak": "", "protected-mode-refusals": ""}, apart: []string{"connection-leak", "protected-mode-refusals"},
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 4, 10, 0.5)
			if i > 20 {
				w.Leak("10.1.0.2", "cart")
			}
			w.Refused += 3
		}},
	{name: "a leak below the limit, and churn beside it", limit: 2000, n: 140,
		roles: map[string]finding.Role{"connection-leak": "", "connection-churn": ""}, apart: []string{"connection-leak", "connection-churn"},
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 4, 10, 0.5)
			if i > 20 {
				w.Leak("10.1.0.2", "cart")
			}
			w.Accepted, w.NextID, w.Commands = w.Accepted+150, w.NextID+150, w.Commands+400
		}},
	{name: "a leak too small to have filled the limit, and a storm of its own", limit: 300, n: 160,
		roles: map[string]finding.Role{"retry-storm": finding.Root, "connection-leak": finding.Amplifier}, apart: []string{"retry-storm"},
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 6, 20, 0.5)
			if i > 10 && i < 90 && i%5 == 0 {
				w.Leak("10.1.0.2", "cart")
			}
			if i >= 90 {
				w.Retry("worker", 900)
			}
		}},
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
func parentsIn(c *finding.Finding) []string {
	var out []string
	for _, e := range c.Evidence {
		if id, _, ok := strings.Cut(e.Claim, " led to it: "); ok {
			out = append(out, id)
		}
	}
	return out
}

// What was taken out of the ledger and what is left make up what was there.
func TestButForAddsUp(t *testing.T) {
	w := world.New(200)
	w.Run(160, chains[0].step)
	r := report(w)
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
