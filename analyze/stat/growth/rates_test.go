package growth_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/stat/growth"
)

var each = flag.Int("each", 40, "series of each shape that TestErrorRates simulates")
var only = flag.String("only", "", "the one shape that TestErrorRates simulates")
var verbose = flag.Bool("wrong", false, "TestErrorRates prints each series it took for another shape")
var seed0 = flag.Uint64("seed", 1, "first seed of TestErrorRates")

// A matrix counts how often each shape was taken for each, and how often intervals held.
type matrix struct {
	chosen      map[string]map[string]int
	held, asked map[string]int
}

func measured(each int, seed uint64) matrix {
	m := matrix{map[string]map[string]int{}, map[string]int{}, map[string]int{}}
	for _, sh := range growth.Shapes() {
		if *only != "" && sh.Name != *only {
			continue
		}
		m.chosen[sh.Name] = map[string]int{}
		for k := range each {
			s, tr := simulate(sh.Name, seed+uint64(k))
			best, ok := growth.Fit(s).Best()
			if !ok {
				m.chosen[sh.Name]["nothing"]++
				continue
			}
			m.chosen[sh.Name][best.Shape]++
			if best.Shape != sh.Name && *verbose {
				fmt.Printf("%s taken for %s %.2f, seed %d, %d samples: %v %v phi %v\n", sh.Name, best.Shape, best.Weight, seed+uint64(k), len(s.N), tr.param, best.Params, best.Phi)
			}
			if best.Shape == sh.Name {
				m.cover(best, tr)
			}
		}
	}
	return m
}

func (m matrix) cover(f growth.Fitted, tr truth) {
	seen := map[string]bool{}
	for _, p := range f.Params {
		if want, ok := tr.param[p.Name]; ok && !seen[p.Name] {
			seen[p.Name] = true
			key := f.Shape + " " + p.Name
			m.asked[key]++
			if *verbose && p.Name == "filling rate" {
				fmt.Println("FR", p.Value/want, (p.Hi-p.Lo)/want)
			}
			if p.Lo <= want && want <= p.Hi {
				m.held[key]++
			}
		}
	}
}

func (m matrix) String() string {
	var b strings.Builder
	all := growth.Shapes()
	for _, row := range all {
		fmt.Fprintf(&b, "%-20s", row.Name)
		for _, col := range all {
			fmt.Fprintf(&b, "%6d", m.chosen[row.Name][col.Name])
		}
		fmt.Fprintf(&b, "%6d\n", m.chosen[row.Name]["nothing"])
	}
	for _, row := range all {
		for key, n := range m.asked {
			if strings.HasPrefix(key, row.Name+" ") {
				fmt.Fprintf(&b, "%-40s held %.3f of %d\n", key, float64(m.held[key])/float64(n), n)
			}
		}
	}
	return b.String()
}

func TestErrorRates(t *testing.T) {
	m := measured(*each, *seed0)
	t.Logf("rows: simulated; columns: chosen\n%v", m)
}
