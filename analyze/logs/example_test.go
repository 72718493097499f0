package logs_test

import (
	"fmt"

	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

func Example() {
	var f serverlog.Folder
	f.Line(1, []byte("7:M 21 Nov 2026 04:00:00.000 # Accepting client connection: accept: Too many open files"))
	f.Flush()
	var r logs.Reading
	for e := f.Next(); e != nil; e = f.Next() {
		r.Add(e, record.Pos{File: "redis.log", Line: e.Line})
	}
	c := r.Judge().Candidates[0]
	fmt.Println(c.Cause, c.Settled, c.Facts[0].At)
	fmt.Println(c.Claim)
	// Output:
	// fd-limit true [redis.log:1]
	// The process had no descriptor left: 1 attempt to accept a connection failed with “Too many open files”.
}
