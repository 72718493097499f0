// Package recordtest helps tests that read recordings.
package recordtest

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// Summary reads a recording to its end and gives a line a record, with its place and its
// time of day, then a line a warning, and the error if there is one.
func Summary(src record.Source) string {
	var b strings.Builder
	for src.Scan() {
		r := src.Record()
		h := r.Base()
		at := "-"
		if !h.At.IsZero() {
			at = h.At.Format("15:04:05.999999")
		}
		fmt.Fprintf(&b, "%s %s ", h.Pos, at)
		switch r := r.(type) {
		case *record.Info:
			n := 0
			r.Each(func(_, _, _ []byte) { n++ })
			fmt.Fprintf(&b, "info %d\n", n)
		case *record.Clients:
			b.WriteString("clients")
			for i := range r.Rows {
				fmt.Fprintf(&b, " %d", r.Rows[i].ID)
			}
			b.WriteByte('\n')
		case *record.Slowlog:
			b.WriteString("slowlog")
			for _, e := range r.Entries {
				fmt.Fprintf(&b, " %d:%d:%d%q%s/%s", e.ID, e.Time, e.Micros, e.Args, e.Addr, e.Name)
			}
			b.WriteByte('\n')
		case *record.Config:
			fmt.Fprintf(&b, "config %v\n", r.Pairs)
		case *record.Failure:
			fmt.Fprintf(&b, "failure %s %q %q\n", r.Class, r.Command, r.Text)
		case *record.Chatter:
			fmt.Fprintf(&b, "chatter %d %q\n", r.Lines, r.Text)
		case *record.Other:
			fmt.Fprintf(&b, "other %q %q\n", r.Command, r.Text)
		}
	}
	for _, w := range src.Warnings() {
		fmt.Fprintf(&b, "warning %s\n", w)
	}
	if err := src.Err(); err != nil {
		fmt.Fprintf(&b, "error %v\n", err)
	}
	return b.String()
}
