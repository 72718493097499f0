package units_test

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/report/units"
)

// Numbers are written one way everywhere, and what is not known is no zero.
func Example() {
	fmt.Println(units.Number(12767), units.Percent(0.004), units.Seconds(690), units.Measure(math.NaN(), "bytes"))
	// Output: 12 767 <1 % 11 min 30 s n/a
}
