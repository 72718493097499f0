package reply_test

import (
	"fmt"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// One parser serves all replies of a server, in the memory of the first.
func ExampleClientParser() {
	var p reply.ClientParser
	var list record.Clients
	for _, text := range []string{
		"id=3 addr=10.0.0.7:50412 fd=8 name=cart age=61 idle=60 flags=N cmd=get\n",
		"id=3 addr=10.0.0.7:50412 fd=8 name=cart age=71 idle=70 flags=N cmd=get\nid=4 addr=10.0.0.8:50914 fd=9 name= age=2 idle=2 flags=N cmd=NULL\n",
	} {
		p.Parse([]byte(text), &list)
		for i := range list.Rows {
			row := &list.Rows[i]
			fmt.Println(row.ID, row.Host(), "idle for", row.Idle, "s")
		}
		fmt.Println(string(reply.AppendClients(nil, &list)) == text)
	}
	// Output:
	// 3 10.0.0.7 idle for 60 s
	// true
	// 3 10.0.0.7 idle for 70 s
	// 4 10.0.0.8 idle for 2 s
	// true
}
