package inert_test

import (
	"fmt"

	"github.com/connbox/connbox/report/inert"
)

// A name that would clear the screen is printed as what it is.
func Example() {
	fmt.Println(inert.Printable("app\x1b[2J", 20))
	// Output: app\x1b[2J
}
