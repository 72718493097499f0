package printed_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/printed"
)

// A CloudWatch export becomes lines of INFO, each with its time and place.
func Example() {
	text := `{"Label": "CurrConnections", "Datapoints": [
		{"Timestamp": "2024-05-02T10:05:00Z", "Maximum": 2390.0, "Unit": "Count"},
		{"Timestamp": "2024-05-02T10:00:00Z", "Maximum": 412.0, "Unit": "Count"}]}`
	form := printed.Tell([]byte(text))
	r, err := printed.Read(strings.NewReader(text), form)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(form)
	for p := range r.Replies() {
		fmt.Printf("%s line %d: %s\n", p.At.Format("15:04"), p.Line, strings.TrimSpace(string(p.Text)))
	}
	// Output:
	// CloudWatch JSON
	// 10:00 line 3: connected_clients:412
	// 10:05 line 2: connected_clients:2390
}
