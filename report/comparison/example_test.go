package comparison_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/report/comparison"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// What became of an incident, for a ticket.
func Example() {
	var b strings.Builder
	if err := comparison.WriteMarkdown(&b, reporttest.Fix(), words.Options{}); err != nil {
		fmt.Println(err)
	}
	first, _, _ := strings.Cut(b.String(), "\n")
	fmt.Println(first)
	// Output: # Fixed
}
