package serverlog

import (
	"bytes"

	"github.com/connbox/connbox/parse/when"
)

// A Line is one line of a log taken apart. Text points into the line.
type Line struct {
	// Prefix is how many bytes stand before the head: a collector's stamp, a pod's name.
	Prefix int
	// PID is the process that wrote the line, 0 where the head does not tell.
	PID int64
	// Role is M (primary), S (replica), C (child) or X (Sentinel); 0 before Redis 3.0.
	Role byte
	// Level is one of . - * # (debug, verbose, notice, warning); 0 where it is not told.
	Level byte
	// Date has its year only from Redis 5.0 on; the zero Time where the head has none.
	Date when.Time
	Text []byte // the sentence, without the line's end and a collector's quotation marks
}

// maxPrefix is how far into a line a head is looked for: prefixes are collectors' stamps
// and names of hosts, pods and files.
const maxPrefix = 256

// Cut takes a line apart if it has the head of a server's log, behind any prefix. The forms
//
//	[7805] 21 Nov 04:51:06.655 # text              Redis 2.2 to 2.8, to 2.4 without milliseconds
//	7805:M 21 Nov 04:51:06.655 # text              3.0 to 4.0
//	7805:M 21 Nov 2026 04:51:06.655 # text         from 5.0
//	7805:M 2026-11-21T04:51:06.655+01:00 # text    Valkey, log-timestamp-format iso8601
//	7805:M 1795236666655 # text                    and milliseconds
//	pid=7805 role=primary timestamp="…" level=warning message="text"    log-format logfmt
//	7805:signal-handler (1795236666) text          from a signal's handler
//	9:57:M 21 Nov 2026 04:51:06.655 # text         KeyDB, with the thread
//	Nov 21 04:51:06 host redis[7805]: text         syslog, which has no head of the server's own
//	2026-11-21T04:51:06Z I 7805:M text             an operator's, which took off the server's time
//	04:51:06.655 # text                            as people cut the head and the day off
//	{"message":"7805:M 21 Nov …"}                 a collector's JSON, and ElastiCache's engine log
//
// are told by their look; a text of no known sentence is cut all the same.
func Cut(line []byte, l *Line) bool {
	*l = Line{}
	line = trimEnd(line)
	if cutCollected(line, l) || cutClock(line, l) {
		return true
	}
	head := line[:min(len(line), maxPrefix+64)]
	for i := 0; ; i++ {
		n := bytes.IndexByte(head[i:], ':')
		if n < 0 {
			break
		}
		i += n
		if i > 0 && isDigit(head[i-1]) && i+2 < len(head) && (cutRole(line, i, l) || cutSignal(line, i, l)) {
			return l.quoted(line)
		}
	}
	for i := 0; ; i++ {
		n := bytes.IndexByte(head[i:], ']')
		if n < 0 {
			break
		}
		i += n
		if cutBracket(line, i, l) || cutSyslog(line, i, l) {
			return l.quoted(line)
		}
	}
	return bytes.Contains(head, []byte(" role=")) && cutLogfmt(line, l)
}

// cutRole reads pid:M date level text around the colon at i.
func cutRole(line []byte, i int, l *Line) bool {
	role := line[i+1]
	if role != 'M' && role != 'S' && role != 'C' && role != 'X' || line[i+2] != ' ' {
		return false
	}
	d, level, text, ok := dateLevel(line[i+3:])
	if !ok {
		return cutStripped(line, i, l)
	}
	l.begin(line, i)
	l.Role, l.Date, l.Level, l.Text = role, d, level, text
	return true
}

// cutStripped reads pid:M text around the colon at i: operators and collectors put a time of their
// own before the line and take off the server's. Only a sentence of a server's is one.
func cutStripped(line []byte, i int, l *Line) bool {
	var e Event
	if text := line[i+3:]; len(text) == 0 || !isLetter(text[0]) || !Match(text, &e) {
		return false
	}
	l.begin(line, i)
	l.Role, l.Date, l.Text = line[i+1], prefixDate(line[:l.Prefix]), line[i+3:]
	return true
}

// cutClock reads clock level text, with milliseconds, of which people have cut off what stands before.
// Other programs write a dash behind their time, too: what it is is told by the sentence. The day is not
// told, and with it nothing of the time.
func cutClock(line []byte, l *Line) bool {
	const clock = "00:00:00.000"
	if len(line) < len(clock)+4 {
		return false
	}
	for i := range len(clock) {
		if c := clock[i]; c == '0' && !isDigit(line[i]) || c != '0' && c != line[i] {
			return false
		}
	}
	level, text := line[len(clock)+1], line[len(clock)+3:]
	marked := level == '*' || level == '#'
	if line[len(clock)] != ' ' || line[len(clock)+2] != ' ' || !marked && level != '-' && level != '.' {
		return false
	}
	var e Event
	if !Match(text, &e) && !(marked && text[0] >= 'A' && text[0] <= 'Z') {
		return false
	}
	l.Level, l.Text = level, text
	return true
}

// begin reads the process id that ends before i, with KeyDB's thread after it.
func (l *Line) begin(line []byte, i int) {
	lo := digitsBefore(line, i)
	l.PID, _ = number(line[lo:i])
	if lo > 1 && line[lo-1] == ':' {
		if first := digitsBefore(line, lo-1); first < lo-1 && (first == 0 || line[first-1] == ' ') {
			l.PID, _ = number(line[first : lo-1])
			lo = first
		}
	}
	l.Prefix = lo
}

// cutSignal reads pid:signal-handler (unix seconds) text.
func cutSignal(line []byte, i int, l *Line) bool {
	rest, ok := bytes.CutPrefix(line[i:], []byte(":signal-handler ("))
	if !ok {
		return false
	}
	at, text, ok := bytes.Cut(rest, []byte(") "))
	date, n := when.Read(at, false)
	if !ok || n == 0 || n < len(at) {
		return false
	}
	l.begin(line, i)
	l.Date = date
	l.Level, l.Text = '#', text
	return true
}

// cutBracket reads [pid] date level text, whose bracket closes at i.
func cutBracket(line []byte, i int, l *Line) bool {
	lo := digitsBefore(line, i)
	if lo == i || lo == 0 || line[lo-1] != '[' || i+2 >= len(line) || line[i+1] != ' ' {
		return false
	}
	d, level, text, ok := dateLevel(line[i+2:])
	if !ok {
		return false
	}
	l.PID, _ = number(line[lo:i])
	l.Prefix, l.Date, l.Level, l.Text = lo-1, d, level, text
	return true
}

// syslogIdents are the names under which servers log to syslog: the default of syslog-ident
// and the usual programs' names.
var syslogIdents = []string{"redis", "redis-server", "redis-sentinel", "valkey", "valkey-server", "valkey-sentinel", "keydb", "keydb-server"}

// cutSyslog reads stamp host ident[pid]: text, whose bracket closes at i.
func cutSyslog(line []byte, i int, l *Line) bool {
	text, ok := bytes.CutPrefix(line[i:], []byte("]: "))
	lo := digitsBefore(line, i)
	if !ok || lo == i || lo < 2 || line[lo-1] != '[' {
		return false
	}
	ident := line[bytes.LastIndexByte(line[:lo-1], ' ')+1 : lo-1]
	for _, known := range syslogIdents {
		if string(ident) == known {
			l.PID, _ = number(line[lo:i])
			l.Date = prefixDate(line[:lo])
			l.Prefix, l.Text = i+3, text
			return true
		}
	}
	return false
}

var logfmtRoles = map[string]byte{"primary": 'M', "replica": 'S', "RDB/AOF": 'C', "sentinel": 'X'}

var logfmtLevels = map[string]byte{"debug": '.', "info": '-', "notice": '*', "warning": '#'}

// cutLogfmt reads pid=1 role=primary timestamp="…" level=warning message="…". The server
// has no quotation marks in the message: it writes ' for ".
func cutLogfmt(line []byte, l *Line) bool {
	lo := bytes.Index(line, []byte("pid="))
	if lo < 0 || lo > 0 && isLetter(line[lo-1]) {
		return false
	}
	rest := line[lo:]
	value := func(before, after string) ([]byte, bool) {
		var v []byte
		r, ok := bytes.CutPrefix(rest, []byte(before))
		if ok {
			v, rest, ok = bytes.Cut(r, []byte(after))
		}
		return v, ok
	}
	pid, ok1 := value("pid=", " ")
	role, ok2 := value("role=", " ")
	at, ok3 := value(`timestamp="`, `" `)
	level, ok4 := value("level=", " ")
	text, ok5 := bytes.CutPrefix(rest, []byte(`message="`))
	d, n := when.Read(at, false)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !d.Day || n != len(at) {
		return false
	}
	l.PID, _ = number(pid)
	l.Role, l.Level = logfmtRoles[string(role)], logfmtLevels[string(level)]
	l.Prefix, l.Date, l.Text = lo, d, bytes.TrimSuffix(text, []byte(`"`))
	return true
}

// quoted takes off what a collector put around the line: JSON's escapes and marks, a
// backtick. It always gives true.
func (l *Line) quoted(line []byte) bool {
	if l.Prefix == 0 {
		return true
	}
	switch line[l.Prefix-1] {
	case '"':
		if text, _, ok := bytes.Cut(l.Text, []byte(`\n"`)); ok {
			l.Text = text
		} else if i := bytes.LastIndexByte(l.Text, '"'); i >= 0 {
			l.Text = l.Text[:i]
		}
	case '`', '\'':
		l.Text = bytes.TrimSuffix(l.Text, line[l.Prefix-1:l.Prefix])
	}
	return true
}

// dateLevel reads date level text.
func dateLevel(b []byte) (d when.Time, level byte, text []byte, ok bool) {
	d, n := when.Read(b, false)
	if !d.Day || n+2 > len(b) || b[n] != ' ' {
		return d, 0, nil, false
	}
	if b[n+1] == '\\' && n+2 < len(b) { // as Markdown's editors write it
		n++
	}
	level = b[n+1]
	if level != '.' && level != '-' && level != '*' && level != '#' || n+2 < len(b) && b[n+2] != ' ' {
		return d, 0, nil, false
	}
	return d, level, bytes.TrimLeft(b[n+2:], " "), true
}

// trimEnd takes off line ends and blanks.
func trimEnd(b []byte) []byte {
	n := len(b)
	for n > 0 && (b[n-1] == '\n' || b[n-1] == '\r' || b[n-1] == ' ') {
		n--
	}
	return b[:n]
}

// trimQuote takes off what stands behind a sentence in a quotation or in JSON.
func trimQuote(b []byte) []byte {
	if i := bytes.Index(b, []byte(`\n"`)); i >= 0 {
		b = b[:i]
	}
	b, _, _ = bytes.Cut(b, []byte(` {"`)) // what Monolog and Winston put behind a message
	b = bytes.TrimRight(b, " \r\n\t`'\"*}],;")
	for _, end := range [...]string{`\n`, `\r`} { // as a program prints them
		b = bytes.TrimSuffix(b, []byte(end))
	}
	return b
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// digitsBefore gives where the run of digits that ends before i begins.
func digitsBefore(b []byte, i int) int {
	for i > 0 && isDigit(b[i-1]) {
		i--
	}
	return i
}
