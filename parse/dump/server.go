package dump

import (
	"bytes"
	"time"

	"github.com/connbox/connbox/parse/frame"
	"github.com/connbox/connbox/parse/record"
)

// A whose tells of which server the replies to come are, by the headings, prompts and shell
// lines of the text. Its label is what people would call the server; empty: nothing tells.
type whose struct {
	heading string       // of the last heading, shell line or prefix
	first   string       // the first prompt under it
	prompt  string       // the last
	shell   string       // machine of the last shell prompt
	said    string       // label of the last reply
	replied bool         // there was one
	asked   record.Asked // where it is asked
	typed   bool         // the label is of a prompt or a shell line, and not of a heading
	good    *whose       // as it was when a reply came last
}

// answered keeps whose the reply at hand is.
func (w *whose) answered() {
	good := *w
	good.good = nil
	w.good = &good
}

// unanswered goes back to the server that answered last where the one that was typed did not: what
// comes next without a prompt is not its.
func (w *whose) unanswered() {
	if g := w.good; g != nil && w.typed {
		w.heading, w.first, w.prompt, w.asked, w.typed = g.heading, g.first, g.prompt, g.asked, g.typed
	}
}

func (w *whose) label() string {
	switch {
	case w.heading == "":
		return w.prompt
	case w.prompt != w.first:
		return w.heading + " " + w.prompt
	}
	return w.heading
}

// head takes a heading: prompts count anew under it.
func (w *whose) head(name string) {
	if name != "" && name != w.heading {
		w.heading, w.first, w.prompt, w.asked = name, "", "", record.Asked{}
	}
}

// ask takes a prompt.
func (w *whose) ask(name string) {
	if name == "" {
		return
	}
	if w.first == "" {
		w.first = name
	}
	w.prompt = name
}

// sit takes the machine of a shell's prompt: another one than before is another server's.
func (w *whose) sit(host string) {
	if host == "" || host == w.shell {
		return
	}
	if w.shell != "" {
		if w.said == "" {
			w.said = w.shell
		}
		w.head(host)
	}
	w.shell = host
}

// turn tells whether a reply is of another server than the one before, and which. A prompt
// that comes after replies without one names these, too.
func (w *whose) turn() (record.Server, bool) {
	now := w.label()
	if now == w.said {
		w.replied = true
		return record.Server{}, false
	}
	before, replied := w.said, w.replied
	w.said, w.replied = now, true
	if !replied || before == "" && w.heading == "" {
		return record.Server{}, false
	}
	return record.Server{Name: now, Before: before, Asked: w.asked}, true
}

// isHeading tells a line that names the server of what follows.
func (d *Reader) isHeading(line []byte) bool {
	return (d.form == nil || !d.form.exact) && frame.Heading(line) != ""
}

// headsReply tells a name and a colon within INFO (redis-2:, Host: redis-2): a heading where a
// reply begins behind it, and else a key.
func (d *Reader) headsReply(line []byte) bool {
	if line[len(line)-1] != ':' && !bytes.Contains(line, []byte(": ")) || frame.Heading(line) == "" {
		return false
	}
	next, ok := d.lines.peek(1)
	return ok && (startsReply(next) || frame.Prompt(next) != "")
}

// owned takes the machine that a prefix names.
func (d *Reader) owned() string {
	if len(d.lines.prefix) == 0 {
		return ""
	}
	return frame.Owner(d.lines.prefix)
}

// sayServer delivers the note that the reply to come is another server's; false where it
// is not.
func (d *Reader) sayServer() bool {
	d.whose.head(d.owned())
	note, ok := d.whose.turn()
	if !ok {
		if d.asked == (record.Asked{}) && !d.several {
			d.asked = d.whose.asked
		}
		return false
	}
	d.several = true
	d.sayNote(note, d.here())
	return true
}

func (d *Reader) sayNote(note record.Server, pos record.Pos) {
	d.other = *note.Other()
	d.other.Pos, d.other.Took = pos, -1
	d.connected, d.base = -1, time.Time{}
	d.out = &d.other
}
