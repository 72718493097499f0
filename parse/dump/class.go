package dump

import (
	"bytes"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/frame"
	"github.com/connbox/connbox/parse/library"
	"github.com/connbox/connbox/parse/printed"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/serverlog"
)

// classify tells what a line is in the present state. line is without its \r's and escapes.
func (d *Reader) classify(line []byte) (lineClass, stamp) {
	switch {
	case d.form == flatConfForm && d.items%2 == 1:
		return lineFlatConf, stamp{} // a value may be anything
	case len(line) == 0:
		return lineBlank, stamp{}
	case d.form == flatSlowForm:
		return d.classifyFlatSlow(line)
	case d.form == flatConfForm && flatName(line) && d.hasNext():
		return lineFlatConf, stamp{}
	case d.form != nil && d.form.goesOn != nil && d.form.goesOn(d, line):
		return lineOther, stamp{}
	case d.isClient(line):
		return lineClient, stamp{}
	case d.otherAhead(line):
		return lineOtherNew, stamp{}
	case isTree(line):
		return lineTree, stamp{}
	case reply.IsEmptyList(line):
		return lineEmpty, stamp{}
	case reply.Digits(line, 18) && d.flatSlowAhead():
		return lineFlatSlow, stamp{}
	}
	if st, ok := parseStamp(line); ok {
		return lineTime, st
	}
	if record.MayBeFailure(line) {
		if _, ok := record.ClassifyFailure(string(line[:min(len(line), record.MaxFailureText)])); ok {
			return lineFailure, stamp{}
		}
	}
	return d.classifyText(line), stamp{}
}

// classifyText goes through what is left when a line is no client, list, time or failure.
func (d *Reader) classifyText(line []byte) lineClass {
	switch {
	case d.isRemark(line):
		return lineInfo
	case line[0] == '#' && d.isSection(line):
		return lineSection
	case printed.Counts(line) && d.opensBlock(line): // the cheaper first: every line comes here
		return lineBlock
	case isEcho(line):
		return lineEcho
	case d.form == infoForm && d.headsReply(line):
		return lineHeading
	case d.isOneLine(line):
		return lineValue
	case d.isInfo(line):
		return lineInfo
	case d.form == clientsForm && d.lines.ended() && (isWrapped(line, d.text[d.lastLine:]) || d.isTail(line)):
		return lineWrapped
	case d.form != flatConfForm && d.flatConfAhead(line):
		return lineFlatConf
	}
	switch {
	case d.form != nil && d.form.class == lineOther && d.form.goesOn == nil:
		return lineOther
	case d.opensBlock(line):
		return lineBlock
	case d.isHeading(line):
		return lineHeading
	}
	return lineChatter
}

// classifyFlatSlow tells what ends a flat SLOWLOG. Its arguments are a stranger's text with
// no quotes around, so that only the beginning of another reply ends it, and a time line
// only before one or at the end.
func (d *Reader) classifyFlatSlow(line []byte) (lineClass, stamp) {
	if d.isClient(line) && bytes.Contains(line, []byte(" cmd=")) {
		return lineClient, stamp{}
	}
	if line[0] == '#' && record.IsSection(line[min(2, len(line)):]) && d.isSection(line) {
		return lineSection, stamp{}
	}
	if isEcho(line) {
		return lineEcho, stamp{}
	}
	if st, ok := parseDate(line); ok {
		next, more := d.lines.peek(1)
		if !more && !reply.Digits(line, 19) || more && startsReply(next) {
			return lineTime, st
		}
	}
	if class, ok := record.ClassifyFailure(string(line[:min(len(line), record.MaxFailureText)])); ok && class != record.FailOther {
		return lineFailure, stamp{}
	}
	return lineFlatSlow, stamp{}
}

// startsReply tells a line that begins INFO or CLIENT LIST, or is a failure.
func startsReply(line []byte) bool {
	if line, ok := bytes.CutPrefix(line, []byte("# ")); ok {
		return record.IsSection(line)
	}
	_, failed := record.ClassifyFailure(string(line[:min(len(line), record.MaxFailureText)]))
	return failed || clientPrefix(line) && frame.Client(line)
}

// clientPrefix tells a line that begins as one of CLIENT LIST.
func clientPrefix(line []byte) bool {
	if len(line) > 3 && line[0] == 'i' && line[1] == 'd' && line[2] == '=' {
		return line[3]-'0' <= 9
	}
	return bytes.HasPrefix(line, []byte("addr="))
}

// isClient is stricter outside of a list: a word like id=5 stands in other text, too.
func (d *Reader) isClient(line []byte) bool {
	if !clientPrefix(line) {
		return false
	}
	return d.form == clientsForm || frame.Client(line)
}

// clientKey gives what a client is recognised by when its list comes again: its id or, on
// servers that print none, its address with its descriptor: masked addresses and those of unix
// sockets are all the same. 0: there is nothing to recognise it by.
func clientKey(line []byte) uint64 {
	if line[0] == 'i' {
		var id uint64
		for _, b := range line[3:] {
			if b-'0' > 9 {
				break
			}
			id = id*10 + uint64(b-'0')
		}
		return id
	}
	addr, rest, _ := bytes.Cut(line, []byte(" "))
	if at := bytes.Index(rest, []byte("fd=")); at >= 0 && at < 64 {
		fd, _, _ := bytes.Cut(rest[at:], []byte(" "))
		addr = line[:len(addr)+1+at+len(fd)]
	} else if bytes.ContainsAny(addr, "*{}<>xX/") || bytes.HasSuffix(addr, []byte(":0")) {
		return 0
	}
	sum := uint64(14695981039346656037) // FNV-1a
	for _, b := range addr {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return sum
}

// isWrapped tells a piece of a client's line that a terminal or a mail program broke off:
// at most its first word has no key, and its last may be the beginning of one; one of the others is
// known, and the line before does not have it yet.
func isWrapped(line, before []byte) bool {
	if len(line) > 1024 || len(before) > 4096 || bytes.HasPrefix(line, []byte("id=")) || bytes.HasPrefix(line, []byte("addr=")) {
		return false
	}
	known := false
	words := bytes.Split(bytes.TrimRight(line, " "), []byte(" "))
	for i, word := range words {
		eq := bytes.IndexByte(word, '=')
		if eq < 0 && i > 0 && (i < len(words)-1 || !record.BeginsField(string(word))) {
			return false
		}
		if _, isField := record.FieldByKey(string(word[:max(eq, 0)])); !isField {
			continue
		}
		known = true
		// The first word may be the rest of a longer key: p|sub=0.
		if (i > 0 || len(words) == 1) && bytes.Contains(before, append([]byte(" "), word[:eq+1]...)) {
			return false
		}
	}
	return known
}

// isTail tells the last piece of a client's line that was broken within its last word: the width is
// that of the pieces before it, or the key is whole with it.
func (d *Reader) isTail(line []byte) bool {
	if bytes.IndexByte(line, ' ') >= 0 || len(line) > 64 || d.wide < 40 || d.wideLast != d.wide {
		return false
	}
	before := bytes.TrimSuffix(d.text[d.lastLine:], []byte("\n"))
	word := before[bytes.LastIndexByte(before, ' ')+1:]
	key, _, ok := bytes.Cut(append(slices.Clone(word), line...), []byte("="))
	if _, known := record.FieldByKey(string(key)); !ok || !known {
		return false
	}
	return bytes.IndexByte(word, '=') < 0 || d.wraps > 0
}

// isTree tells an item of a numbered list of redis-cli from a list in prose.
func isTree(line []byte) bool {
	t, ok := reply.ParseTreeLine(line)
	if !ok {
		return false
	}
	if len(t.Rest) == 0 {
		return true
	}
	_, nested := reply.ParseTreeLine(t.Rest)
	return nested || t.Rest[0] == '"' || t.Rest[0] == '('
}

// isSection tells INFO's section lines from other comments: by name, or by the key that
// comes next.
func (d *Reader) isSection(line []byte) bool {
	name, ok := bytes.CutPrefix(line, []byte("# "))
	if !ok || len(name) == 0 || len(name) > reply.MaxKeyLen {
		return false
	}
	if record.IsSection(name) {
		return true
	}
	for _, b := range name {
		if b <= ' ' && b != ' ' || b == ':' || b >= 0x7f {
			return false
		}
	}
	key, rest, ok := d.nextKey()
	return ok && len(key) > 0 && len(rest) > 0 && strings.IndexByte(key, ' ') < 0
}

// isRemark tells the line that Kvrocks puts under its Keyspace: "# Last DBSIZE SCAN time: …".
func (d *Reader) isRemark(line []byte) bool {
	return d.form == infoForm && bytes.HasPrefix(line, []byte("# ")) && bytes.Contains(line, []byte(": ")) &&
		string(d.text[d.lastLine:]) == "# Keyspace\r\n"
}

// nextKey splits the line after this one as INFO's lines are.
func (d *Reader) nextKey() (key, value string, ok bool) {
	next, more := d.lines.peek(1)
	if !more || !infoShape(next) {
		return "", "", false
	}
	return strings.Cut(string(next), ":")
}

// isInfo tells key:value lines; outside of INFO only by keys that INFO may begin with, and where
// the value may be theirs: prose says "connected_clients:5 is what we saw", too.
func (d *Reader) isInfo(line []byte) bool {
	if !infoShape(line) {
		return false
	}
	key, value, _ := bytes.Cut(line, []byte(":"))
	if d.form == infoForm {
		return len(value) == 0 || value[0] != ' ' && value[0] != ':' || !libraryLine(line)
	}
	number, known := record.IsKey(key)
	return known && (!number || len(bytes.Trim(value, "-.0123456789 ")) == 0)
}

// libraryLine tells a message of a client's library, which often begins with its class and a colon.
func libraryLine(line []byte) bool {
	_, rank := library.Says(line[:min(len(line), maxStrange)])
	return rank > 0
}

// infoShape tells a line that may be one of INFO's: a word that begins with a letter, then
// a colon. Prompts (user@host:~$), URLs and warnings have that shape, too.
func infoShape(line []byte) bool {
	if line = line[:min(len(line), 256)]; len(line) == 0 || line[0]|0x20 < 'a' || line[0]|0x20 > 'z' {
		return false
	}
	for i, b := range line {
		switch {
		case b == ':':
			return !bytes.HasPrefix(line[i:], []byte("://")) && string(line[:i]) != "Warning" && string(line[:i]) != "WARNING"
		case b <= ' ' || b >= 0x7f || b == '@' || b == '"' || b == '\'' || b == '$':
			return false
		}
	}
	return false
}

func mayBeJSON(line []byte) bool {
	return bytes.HasPrefix(line, []byte("[[")) || bytes.HasPrefix(line, []byte(`{"`)) || bytes.HasPrefix(line, []byte(`["`))
}

// mayBeCSV tells lists that begin with a text, and SLOWLOG GET: 12,1795236648,36,"a".
func mayBeCSV(line []byte) bool {
	if line[0] == '"' {
		return bytes.Contains(line, []byte(`",`))
	}
	id, rest, _ := bytes.Cut(line[:min(len(line), 64)], []byte(","))
	at, rest, _ := bytes.Cut(rest, []byte(","))
	took, _, ok := bytes.Cut(rest, []byte(`,"`))
	_, isTime := reply.UnixTime(at)
	return ok && isTime && reply.Digits(id, 18) && reply.Digits(took, 18)
}

func (d *Reader) hasNext() bool {
	_, ok := d.lines.peek(1)
	return ok
}

// flatSlowAhead tells whether a unix time and a number come after the number at hand.
func (d *Reader) flatSlowAhead() bool {
	next, ok := d.lines.peek(1)
	if _, isTime := reply.UnixTime(next); !ok || !isTime {
		return false
	}
	next, ok = d.lines.peek(2)
	return ok && reply.Digits(next, 18)
}

// flatConfAhead tells whether a flat CONFIG GET begins: a parameter's name, its value, and
// then another name, another reply, or nothing.
func (d *Reader) flatConfAhead(line []byte) bool {
	if !reply.IsParameter(line) || !d.hasNext() {
		return false
	}
	next, ok := d.lines.peek(2)
	if !ok || flatName(next) {
		return true
	}
	_, isTime := parseDate(next)
	return isTime || startsReply(next)
}

// flatName tells the name of a parameter in the flat form, where a word of other text
// could stand in its place.
func flatName(line []byte) bool {
	return reply.IsParameter(line) || reply.MayBeParameter(line) && bytes.ContainsAny(line, "-_.")
}

// echoCommands are the commands whose replies a dump may hold.
var echoCommands = map[string]bool{
	"INFO": true, "CLIENT": true, "SLOWLOG": true, "COMMANDLOG": true, "CONFIG": true, "LATENCY": true,
	"MEMORY": true, "ROLE": true, "CLUSTER": true, "DBSIZE": true, "TIME": true, "PING": true,
}

// isOrnament tells a line that says nothing: a rule, the fence of a code block, the time that
// redis-cli took, a prompt alone, the command of --stat, whose output is known by itself.
func isOrnament(line []byte) bool {
	s := bytes.TrimSpace(line)
	if bytes.HasSuffix(s, []byte(">")) && frame.Prompt(append(s[:len(s):len(s)], " "...)) != "" || bytes.Contains(s, []byte("-cli --stat")) {
		return true
	}
	if fence, ok := bytes.CutPrefix(s, []byte("```")); ok {
		return len(fence) < 16 && bytes.IndexByte(fence, ' ') < 0
	}
	if n := len(s); n > 3 && s[0] == '(' && bytes.HasSuffix(s, []byte("s)")) {
		return len(bytes.Trim(s[1:n-2], "0123456789.")) == 0
	}
	return len(bytes.Trim(s, "-=*_`~#>|+ \t")) == 0
}

// isEcho tells a shell line or a prompt of redis-cli with a command on it.
func isEcho(line []byte) bool {
	return len(line) < 512 && (bytes.Contains(line, []byte("-cli")) || bytes.Contains(line, []byte("> "))) && commandOf(line) != ""
}

// commandOf gives the command on a shell line or prompt: up to four words, upper case.
func commandOf(line []byte) string {
	s := string(line)
	if i := strings.Index(s, "-cli"); i >= 0 {
		s = s[i+len("-cli"):]
	} else if i := strings.Index(s, "> "); i >= 0 && !strings.Contains(s[:i], " ") {
		s = s[i+2:]
		if word, _, _ := strings.Cut(s, " "); !echoCommands[strings.ToUpper(word)] {
			return ""
		}
	} else {
		return ""
	}
	words := strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return r <= ' ' || r == ';' || r == '"' || r == '\'' })
	for i, w := range words {
		if echoCommands[w] {
			return strings.Join(words[i:min(len(words), i+4)], " ")
		}
	}
	return ""
}

// Begins tells whether one of the whole lines of a text's beginning is of INFO or CLIENT
// LIST, a failure or a log's: it is a dump then, and needs no further look.
func Begins(head []byte) bool {
	var look serverlog.Look
	for {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		if !more {
			return false
		}
		line = trimCR(line)
		key, _, ok := bytes.Cut(bytes.TrimLeft(line, " \t>|#/"), []byte(":"))
		if _, known := record.IsKey(key); ok && known || startsReply(bytes.TrimLeft(line, " \t>|/")) || isLog(line, &look) {
			return true
		}
		head = rest
	}
}
