package dump_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

// A dump is read record by record.
func ExampleReader() {
	const text = `2026-11-21T06:28:09Z
# Clients
connected_clients:2
maxclients:100
id=3 addr=10.0.0.7:50412 fd=8 name=cart age=61 idle=60 flags=N cmd=get
id=4 addr=10.0.0.8:50914 fd=9 name=cart age=12 idle=0 flags=b cmd=blpop
2026-11-21T06:28:19Z
ERR max number of clients reached
`
	src := dump.NewReader(strings.NewReader(text), "incident.txt")
	for src.Scan() {
		switch r := src.Record().(type) {
		case *record.Info:
			n, _ := r.Int("maxclients")
			fmt.Println(r.Pos, "limit", n)
		case *record.Clients:
			for i := range r.Rows {
				fmt.Println(r.Pos, r.Rows[i].Host(), "idle for", r.Rows[i].Idle, "s")
			}
		case *record.Failure:
			fmt.Println(r.Pos, r.Class)
		}
	}
	if err := src.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// incident.txt:2 limit 100
	// incident.txt:5 10.0.0.7 idle for 60 s
	// incident.txt:5 10.0.0.8 idle for 0 s
	// incident.txt:8 maxclients
}
