package parse_test

import (
	"context"
	"fmt"
	"strings"
	"time"

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

// An Input is a recording that lies elsewhere than in a file: bytes in memory, an object of a
// store, a stream. It may be bounded.
func ExampleFromReader() {
	text := "# Clients\nconnected_clients:41\nmaxclients:50\n"
	in := parse.FromReader(strings.NewReader(text), "s3://nights/redis-1.txt")
	defer in.Close()
	src, err := in.Open(context.Background(), record.Options{MaxTime: time.Minute, MaxRecords: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	for src.Scan() {
		fmt.Println(src.Record().Kind(), "at", src.Record().Base().Pos)
	}
	fmt.Println(src.Err())
	// Output:
	// info at s3://nights/redis-1.txt:1
	// <nil>
}
