package dump

import (
	"bytes"
	"slices"
	"time"

	"github.com/connbox/connbox/parse/frame"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// The dump's states. A line is classed by its look (and, where that is not enough, by the
// two lines after it); a class may go on with the reply being read, or end it and be looked
// at again as the beginning of the next thing.
//
//	state      a reply begins with                  goes on with                 ends at
//	idle       -                                    time lines, chatter          -
//	info       "# Section", a key by itself      key:value, new sections      a section or first key seen before
//	clients    id=N addr=, addr= fd=                id=, addr=, wrapped pieces   an id seen before
//	tree       "1) ", "1# "                         items in the list's columns  an index that does not follow
//	flatSlow   number, unix time, number            anything                     time line + reply, section, client
//	flatConf   known parameter, value, name         name and value by turns      a name that is none
//	other      one of otherShapes                   as its shape says            anything else
//	block      what printed.Opens                   rows, or to the last bracket a reply of the server's
//
// Every state ends at a time line, at a redis-cli error, at a prompt with a command, and
// at the beginning of another kind of reply. Chatter inside INFO and CLIENT LIST is laid
// aside and does not end them: an ssh warning must not make half of the clients vanish.
// One-line replies (--json, --csv, "(empty array)", errors) never become a state.
type dumpState uint8

const (
	stateIdle dumpState = iota
	stateInfo
	stateClients
	stateTree
	stateFlatSlow
	stateFlatConf
	stateOther
	stateBlock
)

// lineClass is what a line looks like.
type lineClass uint8

const (
	lineChatter  lineClass = iota
	lineBlank              // nothing
	lineTime               // a time line; the stamp is in d.stamp
	lineHeading            // the name of a server
	lineEcho               // a prompt or a shell line with a command of the server's
	lineSection            // "# Server"
	lineInfo               // key:value
	lineClient             // a line of CLIENT LIST
	lineWrapped            // a piece of a line of CLIENT LIST that was broken in two
	lineTree               // an item of a numbered list
	lineEmpty              // "(empty array)"
	lineFailure            // a server's or redis-cli's error
	lineValue              // a reply of --json or --csv; it is in d.value
	lineFlatSlow           // first line of a flat SLOWLOG
	lineFlatConf           // first line of a flat CONFIG GET
	lineOtherNew           // first line of one of otherShapes, which is in d.shape
	lineOther              // a further line of it
	lineBlock              // first line of what a program printed
)

// step takes one line. It may finish the reply being read, which puts a record into d.out;
// the line is then held and comes again.
func (d *Reader) step() {
	line := trimCR(d.lines.line())
	if d.logLine(line) {
		return
	}
	if d.state == stateBlock {
		d.stepBlock(line)
		return
	}
	var st stamp
	class := lineClient
	if d.state != stateClients || !clientPrefix(line) { // the fast path of a long list
		d.clean = append(d.clean[:0], stripEscapes(d.scratch, line)...)
		line = trimCR(d.clean)
		class, st = d.classify(line)
	}
	if d.state != stateIdle && !d.goesOn(class, line) {
		d.lines.hold()
		d.finish()
		return
	}
	if d.state == stateIdle && d.logs.Pending() && class > lineBlank {
		d.lines.hold()
		d.logs.Flush()
		return
	}
	if d.state == stateIdle && d.chat.Lines > 0 && class > lineBlank {
		d.lines.hold()
		d.sayChatter()
		return
	}
	if d.state == stateIdle && class > lineEcho {
		if d.sayServer() {
			d.lines.hold()
			return
		}
		if st, ok := stampIn(d.lines.prefix); ok {
			d.setTime(st)
		}
		d.begin(class, line)
	}
	switch class {
	case lineBlank:
		d.blank()
	case lineTime:
		d.setTime(st)
	case lineHeading:
		d.whose.head(frame.Heading(line))
	case lineEcho:
		d.command = commandOf(line)
		d.whose.ask(frame.Prompt(line))
		d.whose.sit(frame.ShellHost(line))
		d.whose.head(frame.Shell(line))
	case lineChatter:
		if d.command == "DBSIZE" && bytes.HasPrefix(line, []byte("(integer) ")) {
			d.pos, d.began = d.here(), d.at
			d.sayOther(d.command, line)
			d.command = ""
		} else if !d.bareLogLine(line) && !isOrnament(line) {
			d.addChatter(line)
		}
	case lineFailure:
		d.fail(line)
	case lineEmpty:
		d.emptyList(line)
	case lineValue:
		d.sayValue(&d.value, d.whole, line)
		d.command = ""
	case lineBlock:
		if d.gather.block.Whole() {
			d.finish()
		}
	default:
		d.add(class, line)
	}
}

// begin starts a reply at the current line.
func (d *Reader) begin(class lineClass, line []byte) {
	d.pos, d.began = d.here(), d.at
	d.text, d.full, d.partial, d.blanks, d.lastLine = d.text[:0], false, false, 0, 0
	d.sections, d.firstKey, d.items = d.sections[:0], "", 0
	switch class {
	case lineSection, lineInfo:
		d.state = stateInfo
	case lineClient:
		d.state = stateClients
		d.newIDs()
		d.newClient(clientKey(line))
	case lineTree:
		d.state = stateTree
		d.tree = treeShape{}
		d.tree.follows(line)
	case lineFlatSlow:
		d.state = stateFlatSlow
	case lineFlatConf:
		d.state = stateFlatConf
	case lineOtherNew:
		d.state = stateOther
	case lineBlock:
		d.beginBlock(line)
	}
}

// stepBlock takes a line into the block being read, or ends it there.
func (d *Reader) stepBlock(line []byte) {
	d.clean = append(d.clean[:0], stripEscapes(d.scratch, line)...)
	if !d.inBlock(trimCR(d.clean)) {
		d.lines.hold()
		d.finish()
	} else if d.gather.block.Whole() {
		d.finish()
	}
}

// goesOn tells whether a line belongs to the reply being read, or stands in it without
// ending it.
func (d *Reader) goesOn(class lineClass, line []byte) bool {
	switch class {
	case lineTime, lineHeading, lineBlock, lineEcho, lineEmpty, lineFailure, lineValue:
		return false
	}
	if name := d.owned(); name != "" && name != d.whose.heading {
		return false
	}
	switch d.state {
	case stateInfo:
		switch class {
		case lineSection:
			return !d.seenSection(line)
		case lineInfo:
			key, _, _ := bytes.Cut(line, []byte(":"))
			return d.firstKey == "" || d.firstKey != string(key)
		}
		return class == lineBlank || class == lineChatter
	case stateClients:
		if class == lineClient {
			if cutID := !d.lines.ended && bytes.IndexByte(line, ' ') < 0; cutID || d.newClient(clientKey(line)) {
				return true
			}
			d.warnOnce(d.here(), "a client comes a second time without a time line between: taken for the next CLIENT LIST")
			return false
		}
		return class == lineWrapped || class == lineBlank || class == lineChatter
	case stateTree:
		return class == lineBlank || class == lineTree && d.tree.follows(line)
	case stateFlatSlow:
		return class == lineFlatSlow || class == lineBlank
	case stateOther:
		return class == lineOther || class == lineBlank
	}
	return class == lineFlatConf // of stateFlatConf
}

// newClient tells whether a client is not in the list being read. Of a list that was cut,
// what comes behind is not remembered.
func (d *Reader) newClient(key uint64) bool {
	_, was := d.ids[key]
	if !was && !d.full && key != 0 {
		d.ids[key] = struct{}{}
	}
	return !was
}

// add appends a line to the reply being read.
func (d *Reader) add(class lineClass, line []byte) {
	if d.full {
		return
	}
	switch d.state {
	case stateInfo:
		if class == lineSection {
			d.sections = append(d.sections, d.parser.Interner.Intern(line))
		} else if len(d.sections) == 0 && d.firstKey == "" {
			key, _, _ := bytes.Cut(line, []byte(":"))
			d.firstKey = string(key)
		}
	case stateClients:
		if class == lineWrapped && len(d.text) > 0 {
			d.text = d.text[:len(d.text)-1]
			d.append(line, "\n")
			return
		}
	case stateFlatSlow, stateFlatConf:
		line = trimCR(d.lines.line()) // with its escapes: they may be data here
	}
	for ; d.blanks > 0; d.blanks-- {
		d.append(nil, d.lineEnd())
	}
	d.lastLine = len(d.text)
	d.items++
	d.append(line, d.lineEnd())
	d.partial = !d.lines.ended && !d.lines.cut && !d.full // only the last line of an input
	if d.lines.cut {
		d.warn.Add(d.here(), "line longer than %d bytes, cut there", d.lines.max)
	}
}

// lineEnd is the server's own: INFO has CRLF, and CLIENT LIST LF.
func (d *Reader) lineEnd() string {
	switch d.state {
	case stateInfo:
		return "\r\n"
	case stateOther:
		return d.shape.end
	}
	return "\n"
}

func (d *Reader) append(line []byte, end string) {
	most := d.max
	if d.state == stateClients {
		most = min(most, record.MaxListBytes)
	}
	switch {
	case d.full:
		return
	case d.state == stateClients && d.items > d.most:
		d.full = true
		d.warn.Add(d.here(), "CLIENT LIST of more than %d clients, cut here", d.most)
		return
	case len(d.text)+len(line)+len(end) > most:
		d.full = true
		d.warn.Add(d.here(), "reply longer than %d bytes, cut here", most)
		return
	}
	d.text = append(append(d.text, line...), end...)
}

// blank holds a blank line back until it is clear that it stands inside the reply: INFO has
// one between sections, and the flat forms print empty values so.
func (d *Reader) blank() {
	switch d.state {
	case stateInfo, stateFlatSlow, stateOther:
		if d.blanks < 1000 {
			d.blanks++
		}
	}
}

// seenSection tells a section that the reply has already. A reply with an absurd number of
// sections ends, too: looking through them takes ever longer.
func (d *Reader) seenSection(line []byte) bool {
	return len(d.sections) >= maxSections || slices.Contains(d.sections, string(line))
}

// setTime takes a time line.
func (d *Reader) setTime(st stamp) {
	if st.clock && !d.at.IsZero() { // the order tells the day
		day := d.lineAt.Truncate(24 * time.Hour)
		st.at = day.Add(st.at.Sub(record.DayUnknown))
		if d.lineAt.Sub(st.at) > 12*time.Hour {
			st.at = st.at.Add(24 * time.Hour)
		}
	}
	d.at, d.told, d.zone, d.base = st.at, true, st.zone, time.Time{}
	if st.zone != "" {
		d.at = d.at.Add(d.shift)
	}
	d.lineAt, d.logTimed = d.at, false
	d.logs.Calendar.Anchor(d.at)
}

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
		return leading(line) >= s.top+2
	}
	return true
}

func leading(line []byte) int {
	return len(line) - len(bytes.TrimLeft(line, " "))
}

// newIDs empties the set of a list's clients. A large one is given up, as emptying it would
// cost each small list after it.
func (d *Reader) newIDs() {
	if d.ids == nil || len(d.ids) > 1<<15 {
		d.ids = make(map[uint64]struct{})
	}
	clear(d.ids)
}
