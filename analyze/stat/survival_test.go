package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The weeks in remission of 21 children on 6-mercaptopurine (Freireich et al. 1963; Gehan
// 1965), with the product-limit estimate that textbooks print (Collett, Modelling Survival
// Data in Medical Research; Klein and Moeschberger, Survival Analysis, 1.2 and 4.1).
func TestIncidenceKaplanMeier(t *testing.T) {
	data := []struct {
		week, relapses, censored, survives float64 // survives: just after the week
	}{
		{6, 3, 1, 0.857}, {7, 1, 0, 0.807}, {9, 0, 1, 0.807}, {10, 1, 1, 0.753}, {11, 0, 1, 0.753}, {13, 1, 0, 0.690}, {16, 1, 0, 0.627},
		{17, 0, 1, 0.627}, {19, 0, 1, 0.627}, {20, 0, 1, 0.627}, {22, 1, 0, 0.538}, {23, 1, 0, 0.448}, {25, 0, 1, 0.448}, {32, 0, 2, 0.448}, {34, 0, 1, 0.448}, {35, 0, 1, 0.448},
	}
	// Those censored in a week were at risk in all of it: they leave after its relapses.
	var table []Life
	for _, d := range data {
		table = append(table, Life{Event: d.relapses}, Life{Censored: d.censored})
	}
	table[0].Entered = 21
	p := Incidence(table)
	const last = 0.448
	if math.Abs(1-p[0]-last) > 5e-4 {
		t.Errorf("%.4f stay in remission, want %v", 1-p[0], last)
	}
	for k, d := range data[:len(data)-1] {
		// What survives to the end, of those that survive this week.
		if got := (1 - p[0]) / (1 - p[2*k+2]); d.survives > last && math.Abs(got-d.survives) > 1e-3 {
			t.Errorf("week %v: %.4f survive, want %v", d.week, got, d.survives)
		}
	}
}

// By hand: the actuarial method, ends of two kinds, and delayed entry.
func TestIncidenceByHand(t *testing.T) {
	for _, c := range []struct {
		name  string
		table []Life
		want  []float64
	}{
		{"nothing", []Life{{}, {}}, []float64{nan, nan}},
		{"cut short for half an interval", []Life{{100, 10, 0, 20}, {0, 7, 0, 14}}, []float64{1 - 64.0/81, 1.0 / 9}},
		{"two ends, nobody cut short", []Life{{100, 30, 20, 0}, {0, 10, 40, 0}}, []float64{0.4, 0.2}},
		{"watched from the middle on", []Life{{10, 5, 0, 0}, {5, 5, 5, 0}}, []float64{0.75, 0.5}},
		{"nobody there in between", []Life{{4, 1, 3, 0}, {}, {2, 1, 0, 0}}, []float64{0.25, nan, 0.5}},
	} {
		for b, got := range Incidence(c.table) {
			if math.Abs(got-c.want[b]) > 1e-12 || math.IsNaN(got) != math.IsNaN(c.want[b]) {
				t.Errorf("%s: interval %d: %v, want %v", c.name, b, got, c.want[b])
			}
		}
	}
}

// Uses at rate a against closings at rate b, watched from a random age on and for a random
// time: the chance of a use by the end is a/(a+b)·(1 − exp(−(a+b)·rest)). Leaving out what was
// cut short, or counting it as not used, is off by far.
func TestIncidenceUnbiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(71, 1))
	const a, b, width, bins = 1.0, 0.5, 0.1, 20
	table := make([]Life, bins+1) // the last: watched to the end
	used, ended, all := 0.0, 0.0, 0.0
	bin := func(x float64) int { return min(int(x/width), bins) }
	for range 100000 {
		enter, watched := 0.0, rng.Float64()*2
		if rng.IntN(2) == 0 {
			enter = rng.Float64() * 0.8
		}
		end := rng.ExpFloat64() / (a + b)
		if end < enter {
			continue // never seen
		}
		all++
		table[bin(enter)].Entered++
		switch until := min(enter+watched, bins*width); {
		case end > until:
			table[bin(until)].Censored++
		case rng.Float64() < a/(a+b):
			table[bin(end)].Event++
			used, ended = used+1, ended+1
		default:
			table[bin(end)].Other++
			ended++
		}
	}
	p := Incidence(table)
	for _, k := range []int{0, 5, 10, 15} {
		want := a / (a + b) * (1 - math.Exp(-(a+b)*width*float64(bins-k)))
		if math.Abs(p[k]-want) > 0.03 {
			t.Errorf("from interval %d on: %.3f, want %.3f", k, p[k], want)
		}
	}
	if want := a / (a + b) * (1 - math.Exp(-(a+b)*width*bins)); math.Abs(used/all-want) < 0.1 {
		t.Errorf("counting what is cut short as not used gives %.3f of %.3f: the test shows nothing", used/all, want)
	}
}

func ExampleIncidence() {
	// Of 100 that rest, 40 are used and 10 closed in the first minute, 5 and 15 in the second.
	for b, p := range Incidence([]Life{{Entered: 100, Event: 40, Other: 10}, {Event: 5, Other: 15, Censored: 30}}) {
		fmt.Printf("idle for %d min: used again in %.0f %%\n", b, p*100)
	}
	// Output:
	// idle for 0 min: used again in 47 %
	// idle for 1 min: used again in 14 %
}
