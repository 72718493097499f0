package growth_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/stat/growth"
)

var (
	each    = flag.Int("each", 30, "series of each shape that TestErrorRates simulates")
	first   = flag.Uint64("seed", 1, "first seed of TestErrorRates")
	only    = flag.String("only", "", "the one shape that TestErrorRates simulates")
	verbose = flag.Bool("wrong", false, "TestErrorRates prints each series it took for another shape")
)

// A matrix counts how often each shape was taken for each, and how often intervals held.
type matrix struct {
	chosen      map[string]map[string]int
	held, asked map[string]int
}

func measured(t *testing.T) matrix {
	m := matrix{map[string]map[string]int{}, map[string]int{}, map[string]int{}}
	for _, name := range names() {
		m.chosen[name] = map[string]int{}
		for k := range *each {
			if *only != "" && name != *only {
				break
			}
			seed := *first + uint64(k)
			s, tr := simulate(name, seed)
			best, ok := growth.Fit(s).Best()
			if !ok {
				m.chosen[name]["nothing"]++
				continue
			}
			m.chosen[name][best.Shape]++
			if best.Shape == name {
				m.cover(best, tr)
			} else if *verbose {
				t.Logf("seed %d: %s taken for %s (%.2f), %d samples, %v, %v", seed, name, best.Shape,
					best.Weight, len(s.N), tr.param, best.Params)
			}
		}
	}
	return m
}

// cover notes for each parameter that was simulated whether its interval holds it; of several
// of one name, the first.
func (m matrix) cover(f growth.Fitted, tr truth) {
	seen := map[string]bool{}
	for _, p := range f.Params {
		if want, ok := tr.param[p.Name]; ok && !seen[p.Name] {
			seen[p.Name] = true
			key := f.Shape + ", " + p.Name
			m.asked[key]++
			if p.Lo <= want && want <= p.Hi {
				m.held[key]++
			}
		}
	}
}

func (m matrix) String() string {
	var b strings.Builder
	all := names()
	for _, row := range all {
		fmt.Fprintf(&b, "%-20s", row)
		for _, col := range all {
			fmt.Fprintf(&b, "%6d", m.chosen[row][col])
		}
		fmt.Fprintf(&b, "%6d\n", m.chosen[row]["nothing"])
	}
	for _, row := range all {
		for key, n := range m.asked {
			if strings.HasPrefix(key, row+", ") {
				fmt.Fprintf(&b, "%-40s held %.3f of %d\n", key, float64(m.held[key])/float64(n), n)
			}
		}
	}
	return b.String()
}

// TestErrorRates measures how often the right shape is chosen. The figures of docs/method.md
// are those of -each 600.
func TestErrorRates(t *testing.T) {
	m := measured(t)
	t.Logf("rows: simulated; columns: chosen\n%v", m)
	if *only != "" {
		return
	}
	right := 0
	for _, name := range names() {
		n := m.chosen[name][name]
		right += n
		if float64(n) < 0.9*float64(*each) {
			t.Errorf("%s: %d of %d right", name, n, *each)
		}
	}
	if total := *each * len(names()); float64(right) < 0.96*float64(total) {
		t.Errorf("%d of %d right, want 96 %%", right, total)
	}
	if n := *each - m.chosen[growth.Constant][growth.Constant]; float64(n) > max(1, 0.02*float64(*each)) {
		t.Errorf("%d of %d constants called growth", n, *each)
	}
	for key, n := range m.asked {
		if held := float64(m.held[key]) / float64(n); held < 0.75 {
			t.Errorf("the 90 %% interval of %s holds in %.2f", key, held)
		}
	}
}
