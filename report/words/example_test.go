package words_test

import (
	"fmt"

	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// A report in a few words, as every format begins.
func Example() {
	r := reporttest.LeakThenStorm()
	fmt.Printf("%s (%s)\n", words.Headline(r), words.Certainty(r.Verdict))
	// Output: Connection leak, then a retry storm (confidence 0.94)
}
