package dump

import (
	"fmt"
	"strings"
	"testing"
)

// A list of clients without ids is one, whatever their addresses are; where it comes again,
// it is the next.
func TestListsWithoutIDs(t *testing.T) {
	list := func(form string) string {
		var b strings.Builder
		for i := range 5 {
			fmt.Fprintf(&b, strings.ReplaceAll(form, "N", "%[1]d")+" name= age=100 idle=90 flags=N db=0 cmd=get\n", i+10)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ text, want string }{
		"masked":               {list("addr=x.x.x.x:xxxx fd=N"), "list 5@1"},
		"unix sockets":         {list("addr=/tmp/redis.sock:0 fd=N"), "list 5@1"},
		"one address":          {list("addr=10.0.0.1:6379 fd=N"), "list 5@1"},
		"ids, one address":     {list("id=N addr={redacted}:1 fd=8"), "list 5@1"},
		"twice, by descriptor": {list("addr=10.0.0.1:0 fd=N") + list("addr=10.0.0.1:0 fd=N"), "list 5@1, list 5@6"},
		"twice, by address":    {list("addr=10.0.0.1:N fd=8") + list("addr=10.0.0.1:N fd=8"), "list 5@1, list 5@6"},
		"laddr between":        {list("addr=*:* laddr=10.0.0.9:6379 fd=N"), "list 5@1"},
	} {
		if got := kinds(t, c.text); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
