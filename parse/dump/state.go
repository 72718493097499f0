package dump

import (
	"bytes"
	"slices"
	"time"

	"github.com/connbox/connbox/parse/frame"
	"github.com/connbox/connbox/parse/record"
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
	lineOtherNew           // first line of one of otherForms, which is in d.ahead
	lineOther              // a further line of it
	lineBlock              // first line of what a program printed
)

// step takes one line. It may finish the reply being read, which puts a record into d.out;
// the line is then held and comes again.
func (d *Reader) step() {
	line := d.lines.line()
	if d.logLine(line) {
		return
	}
	if d.form == blockForm {
		d.stepBlock(line)
		return
	}
	var st stamp
	class := lineClient
	if d.form != clientsForm || !clientPrefix(line) { // the fast path of a long list
		line = trimCR(stripEscapes(line))
		class, st = d.classify(line)
	}
	if d.closes(class, line) {
		d.lines.hold()
		return
	}
	if d.form == nil && class > lineEcho {
		if st, ok := stampIn(d.lines.prefix); ok {
			d.setTime(st)
		}
		if class != lineFailure {
			d.whose.answered()
		}
		d.begin(class, line)
	}
	d.take(class, st, line)
}

// closes tells whether a line ends what was before it, which is a record now; the line is read
// again after that.
func (d *Reader) closes(class lineClass, line []byte) bool {
	switch {
	case d.form != nil && d.goesOn(class, line):
		return false
	case d.form != nil:
		d.finish()
	case d.logs.Pending() && class > lineBlank:
		d.logs.Flush()
	case d.chat.Lines > 0 && class > lineBlank && class != lineBlock:
		d.sayChatter()
	default:
		return class > lineEcho && d.sayServer()
	}
	return true
}

// take enters a line, by its class, into the form that is open, or into what is known beside.
func (d *Reader) take(class lineClass, st stamp, line []byte) {
	switch class {
	case lineBlank:
		if d.form != nil && d.form.blank == blankKept && d.blanks < 1000 {
			d.blanks++
		}
	case lineTime:
		d.setTime(st)
	case lineHeading:
		d.whose.head(frame.Heading(line))
		d.whose.typed = false
	case lineEcho:
		d.command = commandOf(line)
		d.whose.ask(frame.Prompt(line))
		d.whose.sit(frame.ShellHost(line))
		d.whose.head(frame.Shell(line))
		if a, ok := frame.Asked(line); ok {
			d.whose.asked, d.whose.typed = a, true
		}
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
	d.sections, d.firstKey, d.counted, d.items = d.sections[:0], "", false, 0
	switch class {
	case lineSection, lineInfo:
		d.form = infoForm
	case lineClient:
		d.form = clientsForm
		d.wide, d.wideLast, d.wraps = 0, 0, 0
		d.newIDs()
		d.newClient(clientKey(line))
	case lineTree:
		d.form = treeForm
		d.tree = treeShape{}
		d.tree.follows(line)
	case lineFlatSlow:
		d.form = flatSlowForm
	case lineFlatConf:
		d.form = flatConfForm
	case lineOtherNew:
		d.form = d.ahead
	case lineBlock:
		d.form = blockForm
		d.beginBlock(line)
	}
}

// stepBlock takes a line into the block being read, or ends it there.
func (d *Reader) stepBlock(line []byte) {
	if !d.inBlock(trimCR(stripEscapes(line))) {
		d.lines.hold()
		d.finish()
	} else if d.gather.block.Whole() {
		d.finish()
	}
}

// goesOn tells whether a line belongs to the reply being read, or stands in it without
// ending it.
func (d *Reader) goesOn(class lineClass, line []byte) bool {
	if name := d.owned(); name != "" && name != d.whose.heading {
		return false
	}
	switch class {
	case lineBlank:
		return d.form.blank != blankEnds
	case lineChatter:
		return d.form.aside
	case lineSection:
		return d.form == infoForm && d.sameInfo(class, line)
	case lineWrapped:
		return d.form == clientsForm
	case d.form.class:
		return d.form.same == nil || d.form.same(d, class, line)
	}
	return false
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
	switch {
	case d.form == infoForm:
		if class == lineSection {
			d.sections = append(d.sections, d.parser.Interner.Intern(line))
		} else if len(d.sections) == 0 && d.firstKey == "" {
			key, _, _ := bytes.Cut(line, []byte(":"))
			d.firstKey = string(key)
		}
		d.counted = d.counted || bytes.HasPrefix(line, clientsKey)
	case d.form == clientsForm:
		if class == lineWrapped && len(d.text) > 0 {
			d.wraps++
			d.widen(line)
			d.text = d.text[:len(d.text)-1]
			if parted(d.text[d.lastLine:], line) {
				d.append([]byte(" "), "")
			}
			d.append(line, "\n")
			return
		}
		d.widen(line)
	case d.form.exact:
		line = d.lines.line() // with its escapes: they may be data here
	}
	for ; d.blanks > 0; d.blanks-- {
		d.append(nil, d.form.end)
	}
	d.lastLine, d.lastPos = len(d.text), d.here()
	d.items++
	d.append(line, d.form.end)
	d.partial = !d.lines.ended() && !d.lines.cut() && !d.full // only the last line of an input
	if d.lines.cut() {
		d.warn.Add(d.here(), "line longer than %d bytes, cut there", d.lines.max)
	}
}

// widen keeps how long the pieces of a list's lines are.
func (d *Reader) widen(line []byte) {
	d.wideLast = len(line)
	d.wide = max(d.wide, d.wideLast)
}

// parted tells a line that was broken at a blank, which is gone: a whole field stands on either side.
func parted(before, line []byte) bool {
	word := before[bytes.LastIndexByte(before, ' ')+1:]
	first, _, _ := bytes.Cut(line, []byte(" "))
	return bytes.IndexByte(word, '=') > 0 && bytes.IndexByte(first, '=') > 0
}

func (d *Reader) append(line []byte, end string) {
	most := d.max
	if d.form == clientsForm {
		most = min(most, record.MaxListBytes)
	}
	switch {
	case d.full:
		return
	case d.form == clientsForm && d.items > d.most:
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

// newIDs empties the set of a list's clients. A large one is given up, as emptying it would
// cost each small list after it.
func (d *Reader) newIDs() {
	if d.ids == nil || len(d.ids) > 1<<15 {
		d.ids = make(map[uint64]struct{})
	}
	clear(d.ids)
}
