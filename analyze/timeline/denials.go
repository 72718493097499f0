package timeline

import (
	"fmt"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// A denied is what ACL LOG says was denied.
type denied struct {
	pos   record.Pos
	count int64 // times in all
	by    map[record.Denial]int64
}

// maxDenials bounds the kinds of denial that are told apart; acllog-max-len is 128 by default.
const maxDenials = 1024

// denials takes ACL LOG; the last one counts.
func (tl *Timeline) denials(o *record.Other) {
	list, ok := o.Denials()
	if !ok || len(list) == 0 {
		return
	}
	d := denied{pos: o.Pos, by: map[record.Denial]int64{}}
	for _, x := range list {
		n := max(x.Count, 1)
		x.Count = 0
		if _, known := d.by[x]; known || len(d.by) < maxDenials {
			d.by[x] += n
		}
		d.count += n
	}
	tl.Denied = d
}

// reasons are what ACL LOG's reasons mean.
var reasons = map[string]string{"auth": "logins", "command": "commands", "key": "commands on keys", "channel": "commands on channels"}

// Summary says what was denied most; empty without ACL LOG.
func (d *denied) Summary() string {
	var most record.Denial
	n := int64(0)
	for x, count := range d.by {
		if count > n || count == n && fmt.Sprint(x) < fmt.Sprint(most) {
			most, n = x, count
		}
	}
	if n == 0 {
		return ""
	}
	what := reasons[most.Reason]
	if what == "" {
		what = "accesses"
	}
	s := fmt.Sprintf("ACL LOG: %d %s were denied, user %q", n, what, most.User)
	if most.Host != "" {
		s += " from " + most.Host
	}
	if rest := d.count - n; rest > 0 {
		s += fmt.Sprintf("; beside them %s", finding.Count(int(rest), "denial"))
	}
	return s + "."
}
