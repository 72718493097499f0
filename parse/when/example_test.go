package when_test

import (
	"fmt"

	"github.com/connbox/connbox/parse/when"
)

// A time is read as far as it goes.
func ExampleRead() {
	line := []byte("21 Nov 2026 06:28:09.655 # Server started")
	t, n := when.Read(line, false)
	fmt.Println(t.At, t.Zone, string(line[n:]))
	// Output: 2026-11-21 06:28:09.655 +0000 UTC false  # Server started
}
