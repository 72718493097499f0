package timeline

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// serverLog takes an entry of the server's own log. A bundle keeps it as a reply of its own.
func (c *collector) serverLog(r *record.Log) {
	c.tl.Log.Add(&r.Entry, r.Pos)
	if r.Entry.Event == serverlog.Other {
		c.leftOver(r.Entry.Count, r.Pos, r.Entry.Text)
	}
}

// unused counts lines that are of no use here.
func (c *collector) unused(r *record.Chatter) { c.leftOver(int64(r.Lines), r.Pos, r.Text) }

// maxUnusedText bounds the runes of unused text that are shown of a place.
const maxUnusedText = 60

// leftOver counts lines of no use and keeps the first places.
func (c *collector) leftOver(lines int64, pos record.Pos, text string) {
	if lines <= 0 {
		return
	}
	u := &c.tl.Unused
	u.Lines += lines
	if len(u.At) == finding.MaxUnused {
		return
	}
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > maxUnusedText {
		text = string(runes[:maxUnusedText]) + "…"
	}
	u.At, u.Text = append(u.At, pos.String()), append(u.Text, text)
}
