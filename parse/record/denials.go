package record

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// DenialsCommand is the command of a reply that lists what access control denied, kept whole.
const DenialsCommand = "ACL LOG"

// A Denial is an entry of ACL LOG: what was denied how often, and to whom. Source: acl.c,
// aclCommand; an entry is kept for a minute and counts what is alike.
type Denial struct {
	Count  int64
	Reason string // auth, command, key, channel, …
	User   string
	Host   string // empty: not told
}

// aclItem is what redis-cli puts before an item of a list, and around a text.
var aclItem = regexp.MustCompile(`^\s*(?:\d+[)#] +)*(?:"(.*)"|\(integer\) (\d+)|(.*))\s*$`)

// ACLKeys are the names in an entry, in the server's order. Source: acl.c.
var ACLKeys = map[string]bool{"count": true, "reason": true, "context": true, "object": true, "username": true, "age-seconds": true,
	"client-info": true, "entry-id": true, "timestamp-created": true, "timestamp-last-updated": true}

// Denials gives the entries of ACL LOG; false for another reply.
func (o *Other) Denials() (out []Denial, ok bool) {
	if !strings.HasPrefix(o.Command, DenialsCommand) {
		return nil, false
	}
	key := ""
	for line := range bytes.Lines(o.Text) {
		m := aclItem.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		value := string(m[1]) + string(m[2]) + string(m[3])
		if key == "" {
			if key = value; key == "count" {
				out = append(out, Denial{})
			}
			if !ACLKeys[key] {
				key = ""
			}
			continue
		}
		if len(out) > 0 {
			out[len(out)-1].take(key, value)
		}
		key = ""
	}
	return out, true
}

func (d *Denial) take(key, value string) {
	switch key {
	case "count":
		d.Count, _ = strconv.ParseInt(value, 10, 64)
	case "reason":
		d.Reason = strings.Clone(value)
	case "username":
		d.User = strings.Clone(value)
	case "client-info":
		if _, addr, ok := strings.Cut(value, " addr="); ok {
			addr, _, _ = strings.Cut(addr, " ")
			d.Host = strings.Clone(HostOf(addr))
		}
	}
}
