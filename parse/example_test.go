package parse_test

import (
	"fmt"

	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// A recording is read record by record, whatever it is made of.
func ExampleOpen() {
	src, err := parse.Open("../fixtures/incidents/leak-then-storm.dump.zst")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	lists, most := 0, 0
	for src.Scan() {
		if list, ok := src.Record().(*record.Clients); ok {
			lists, most = lists+1, max(most, len(list.Rows))
		}
	}
	fmt.Println(src.Origin().Kind, lists, "lists of at most", most, "clients", src.Err())
	// Output: dump 120 lists of at most 170 clients <nil>
}
