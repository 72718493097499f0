package redact

import (
	"crypto/rand"

	"github.com/connbox/connbox/parse/record"
)

// censusMost bounds the connections a Census tells apart: what it remembers is in memory. It is
// arbitrary.
const censusMost = 100_000

// A Census counts what private text a recording holds: what a Redactor would replace, without
// replacing it.
type Census struct {
	r    *Redactor
	seen map[censusKey]bool
	rows record.Clients
	more bool
}

// A censusKey is all that is private in the known fields of a client's line.
type censusKey struct{ host, local, name, user, lib, version string }

// NewCensus begins one.
func NewCensus() *Census {
	key := make([]byte, 32)
	rand.Read(key)
	return &Census{r: New(key, All), seen: map[censusKey]bool{}}
}

// Add looks at a record, which stays as it is. Of the lines of CLIENT LIST it looks at those that are new.
func (c *Census) Add(rec record.Record) {
	list, ok := rec.(*record.Clients)
	if !ok {
		if c.bounded() {
			c.r.Record(rec)
		}
		return
	}
	c.rows.Rows, c.rows.Layouts = c.rows.Rows[:0], list.Layouts
	for i := range list.Rows {
		x := &list.Rows[i]
		k := censusKey{record.HostOf(x.Addr), record.HostOf(x.Laddr), x.Name, x.User, x.LibName, x.LibVer}
		if c.seen[k] && x.Raw == "" && x.Extra == "" || !c.bounded() {
			continue
		}
		c.seen[k] = true
		c.rows.Rows = append(c.rows.Rows, *x)
	}
	if len(c.rows.Rows) > 0 {
		c.r.Record(&c.rows)
	}
}

// bounded tells whether there is room for more.
func (c *Census) bounded() bool {
	c.more = c.more || len(c.seen) >= censusMost || len(c.r.known) >= 4*censusMost
	return !c.more
}

// Found gives what there is, by kind; more tells that not all of it was counted.
func (c *Census) Found() (found []Found, more bool) { return c.r.Found(), c.more }
