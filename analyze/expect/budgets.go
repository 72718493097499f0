package expect

import (
	"cmp"
	"slices"
)

// OfBudgets makes an expectation of budgets as people write them on a line: "growth_per_min < 0.5",
// "max_connections: 800", "refused=0". Another verdict than an incident is wanted if healthy is set.
func OfBudgets(lines []string, healthy bool, near func(string, []string) string) (*Expectation, []Problem) {
	r := &reader{e: &Expectation{Name: "budgets", at: map[string]Place{"expect": {1, 1}}}, opts: Options{NoInput: true, Near: near}, bad: map[string]bool{}}
	r.e.Expect, r.e.Budgets = Version, Bounds{}
	if healthy {
		r.e.Verdict = "healthy"
	}
	for i, line := range lines {
		name, bound, err := Pair(line)
		if err != nil {
			r.problem(Place{i + 1, 1}, "%q: %s", line, err)
			continue
		}
		if _, twice := r.e.Budgets[name]; twice {
			r.problem(Place{i + 1, 1}, "%s is given twice", name)
		}
		r.e.Budgets[name] = bound
	}
	if len(lines) == 0 && !healthy {
		return r.e, nil
	}
	if len(r.problems) == 0 {
		r.check()
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	r.e.at = nil // they stand in no file
	return r.e, r.problems
}
