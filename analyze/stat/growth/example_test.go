package growth_test

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat/growth"
)

// Forty minutes of a service with 20 connections that from minute 10 on leaves three behind
// every two minutes.
func Example() {
	var s growth.Series
	for i := range 40 {
		s.T = append(s.T, float64(60*i))
		s.N = append(s.N, 20+float64(max(i-10, 0)*3/2))
	}
	c := growth.Fit(s)
	best, _ := c.Best()
	second, _ := c.RunnerUp()
	fmt.Printf("%s: %.2f, before %s\n", best.Shape, best.Weight, second.Shape)
	for _, p := range best.Params {
		fmt.Printf("%s: %.1f %s\n", p.Name, p.Value, p.Unit)
	}
	fmt.Printf("minute 25: %.0f measured, %.1f by the curve\n", s.N[25], best.Curve[25])
	// Output:
	// steady rise: 1.00, before saturating rise
	// rate: 1.5 connections/min
	// onset: 620.0 s
	// level before: 20.0 connections
	// minute 25: 42 measured, 42.0 by the curve
}
