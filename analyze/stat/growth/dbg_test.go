package growth_test

import (
	"fmt"
	"github.com/connbox/connbox/analyze/stat/growth"
	"testing"
)

func TestDbg(t *testing.T) {
	s, _ := simulate(growth.Sawtooth, 7)
	fmt.Println(s.N)
	for _, f := range growth.Fit(s).Shapes {
		fmt.Println(f.Shape, f.Weight, f.Params, f.Reason, f.Phi)
	}
	for k := uint64(1); k < 100; k++ {
		s, _ := simulate(growth.Demand, k)
		c := growth.Fit(s)
		if _, ok := c.Best(); !ok {
			fmt.Println(k)
			for _, f := range c.Shapes {
				fmt.Println(f.Shape, f.Weight, f.Params, f.Reason, f.Phi)
			}
			break
		}
	}
}
