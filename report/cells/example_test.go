package cells_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/report/cells"
)

// A column of text as wide as ten cells, whatever the characters take.
func ExampleWrap() {
	fmt.Println(strings.Join(cells.Wrap("ten cells of 宽い text", 10), "|"))
	// Output: ten cells|of 宽い|text
}
