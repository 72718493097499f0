package dump

import (
	"bytes"

	"github.com/connbox/connbox/parse/reply"
)

// A form is a reply of several lines. A line is classed by its look and, where that is not
// enough, by the two lines after it (classify); the class may go on with the reply being read,
// or end it, and is looked at again then as the beginning of the next thing.
//
// Every reply ends at a time line, at a redis-cli error, at a prompt with a command, and at the
// beginning of another kind of reply. Replies of one line (--json, --csv, "(empty array)",
// errors) have no form.
type form struct {
	command string    // of a reply that is kept whole, see keptForm; empty for a record of its own
	class   lineClass // of its lines
	end     string    // the server's own line end
	blank   blankLine
	// aside tells that chatter in it is laid aside and does not end it: an ssh warning must not
	// make half of the clients vanish.
	aside bool
	exact bool // its lines keep their terminal escapes, which may be data

	starts func(d *Reader, line []byte) bool // of a reply kept whole
	goesOn func(d *Reader, line []byte) bool // as well, for d.items lines taken already; nil: any line may

	// same tells whether a line of its class is of the same reply, and not of the next of its form.
	same   func(d *Reader, class lineClass, line []byte) bool
	finish func(d *Reader) // makes a record of d.text
}

// A blankLine is what a blank line does to a reply.
type blankLine uint8

const (
	blankEnds   blankLine = iota
	blankStands           // and is of no matter
	blankKept             // if more of the reply follows: INFO has one between sections, and the flat forms print empty values so
)

// The forms that are records of their own. What begins them is in classify.
var (
	infoForm     = &form{class: lineInfo, end: "\r\n", blank: blankKept, aside: true, same: (*Reader).sameInfo, finish: (*Reader).finishInfo}
	clientsForm  = &form{class: lineClient, end: "\n", blank: blankStands, aside: true, same: (*Reader).sameClients, finish: (*Reader).finishClients}
	treeForm     = &form{class: lineTree, end: "\n", blank: blankStands, same: (*Reader).sameTree, finish: (*Reader).finishTree}
	flatSlowForm = &form{class: lineFlatSlow, end: "\n", blank: blankKept, exact: true, same: always, finish: (*Reader).finishFlatSlow}
	flatConfForm = &form{class: lineFlatConf, end: "\n", exact: true, same: always, finish: (*Reader).finishFlatConf}
	blockForm    = &form{class: lineBlock, finish: (*Reader).finishBlock}
)

// always is for forms whose lines classify itself tells from the next reply's.
func always(*Reader, lineClass, []byte) bool { return true }

// sameInfo ends INFO at a section, a first key or a number of clients that it has already.
func (d *Reader) sameInfo(class lineClass, line []byte) bool {
	if class == lineSection {
		return !d.seenSection(line)
	}
	if d.counted && bytes.HasPrefix(line, clientsKey) {
		return false
	}
	key, _, _ := bytes.Cut(line, []byte(":"))
	return d.firstKey == "" || d.firstKey != string(key)
}

// clientsKey is the line by which INFO is known to begin anew where its sections are not repeated.
var clientsKey = []byte("connected_clients:")

// sameClients ends CLIENT LIST at a client that it has already.
func (d *Reader) sameClients(_ lineClass, line []byte) bool {
	cutID := !d.lines.ended() && bytes.IndexByte(line, ' ') < 0
	if cutID || d.newClient(clientKey(line)) {
		return true
	}
	d.warnOnce(d.here(), "a client comes a second time without a time line between: taken for the next CLIENT LIST")
	return false
}

// sameTree ends a numbered list at an index that does not follow.
func (d *Reader) sameTree(_ lineClass, line []byte) bool { return d.tree.follows(line) }

// A treeShape keeps the columns of a numbered list.
type treeShape struct {
	top, index int // column and index of the last top item; index 0 = none yet
}

// follows tells whether a line of a numbered list goes on with it: an item of the top list
// with the next index, or something indented behind the top list's brackets.
func (s *treeShape) follows(line []byte) bool {
	t, ok := reply.ParseTreeLine(line)
	switch {
	case !ok:
		return false
	case s.index == 0:
		s.top, s.index = t.Col, t.Index
	case t.Col == s.top && t.Index == s.index+1:
		s.index++
	default:
		return len(line)-len(bytes.TrimLeft(line, " ")) >= s.top+2
	}
	return true
}
