package dump

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/printed"
	"github.com/connbox/connbox/parse/record"
)

// A gathered is what programs printed in the midst of a dump: the block being read, and the
// replies of the last one that are still to be given.
type gathered struct {
	block   printed.Block
	replies []printed.Reply
	pos     record.Pos // where the block begins
	named   bool       // its servers are told apart
	records printed.Records
}

// opensBlock tells a line that may begin what a program printed.
func (d *Reader) opensBlock(line []byte) bool {
	return (d.form == nil || d.form.aside) && printed.Opens(line)
}

// inBlock tells whether a line goes on with the block: not one by which another reply begins.
func (d *Reader) inBlock(line []byte) bool {
	return !startsReply(line) && !isEcho(line) && !mayBeTimeOfReply(line) && d.gather.block.Add(line)
}

// mayBeTimeOfReply tells a time line that has a date in words or with dashes: within nested
// data times are quoted or numbers alone.
func mayBeTimeOfReply(line []byte) bool {
	if len(line) == 0 || line[0] == ' ' || line[0] == '"' {
		return false
	}
	_, ok := parseDate(line)
	return ok && bytes.IndexByte(line, ':') > 0
}

// beginBlock begins a block at the current line.
func (d *Reader) beginBlock(line []byte) {
	d.pos, d.began = d.here(), d.at
	d.gather.block.Begin(line)
	d.gather.pos = d.pos
}

// finishBlock reads the block. Where it is nothing that is known, its lines are of no use.
func (d *Reader) finishBlock() {
	r := d.gather.block.Read()
	if r == nil {
		fresh := d.chat.Lines == 0
		for _, line := range d.gather.block.Lines() {
			if len(line) > 0 && !isOrnament(line) {
				d.addChatter(line)
			}
		}
		if fresh && d.chat.Lines > 0 {
			d.chat.Pos = d.gather.pos
		}
		return
	}
	if d.chat.Lines > 0 { // it stands before the block
		d.sayChatter()
	}
	d.found = true
	d.gather.replies, d.gather.named = nil, len(r.Servers) > 1
	for reply := range r.Replies() {
		d.gather.replies = append(d.gather.replies, reply)
	}
	d.blockUnused(r)
}

// blockUnused names the values of a block that are of no use. Of tables of rows each is known.
func (d *Reader) blockUnused(r *printed.Result) {
	switch r.Form {
	case printed.FormStat, printed.FormSockets, printed.FormPeers:
		return
	}
	var left []string
	n := 0
	for _, u := range r.Uses {
		if u.Key == "" && u.Name != printed.Around {
			left = append(left, fmt.Sprintf("%s (%d)", u.Name, u.Values))
			n += u.Values
		}
	}
	if n == 0 {
		return
	}
	fresh := d.chat.Lines == 0
	d.addChatter([]byte(strings.Join(left, ", ")))
	d.chat.Lines += n - 1
	if fresh {
		d.chat.Pos = d.gather.pos
	}
}

// sayGathered delivers the next reply of a block; false where there is none.
func (d *Reader) sayGathered() bool {
	g := &d.gather
	if len(g.replies) == 0 {
		return false
	}
	r := &g.replies[0]
	if g.named && r.Server != "" {
		d.whose.head(r.Server)
		if note, ok := d.whose.turn(); ok {
			d.sayNote(note, g.pos)
			return true
		}
	}
	if r.At.IsZero() && !d.at.IsZero() {
		r.At = d.at.Add(max(r.After, 0))
	}
	d.out = g.records.Of(r)
	pos := g.pos
	pos.Line += d.out.Base().Pos.Line - 1
	d.out.Base().Pos = pos
	g.replies = g.replies[1:]
	return true
}
