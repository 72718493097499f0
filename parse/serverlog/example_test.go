package serverlog_test

import (
	"fmt"

	"github.com/connbox/connbox/parse/serverlog"
)

func Example() {
	line := []byte("redis_1 | 1:M 21 Nov 2026 04:51:06.655 # Current maximum open files is 1024. maxclients has been " +
		"reduced to 992 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.")
	var l serverlog.Line
	var e serverlog.Event
	if serverlog.Cut(line, &l) && serverlog.Match(l.Text, &e) && e.ID == serverlog.LimitReduced {
		limit, _ := e.Number(serverlog.Limit)
		files, _ := e.Number(serverlog.Files)
		fmt.Println(l.Date.At.Format("15:04:05"), "maxclients", limit, "for", files, "files")
	}
	// Output: 04:51:06 maxclients 992 for 1024 files
}
