package frame

import (
	"bytes"

	"github.com/connbox/connbox/parse/record"
)

// replacements are what editors, chat programs and issue trackers make of a server's bytes.
var replacements = []struct{ from, to string }{
	{"\u00a0", " "}, {"\u202f", " "}, {"\u2007", " "}, {"\u2009", " "},
	{"\u200b", ""}, {"\u200e", ""}, {"\u2060", ""}, {"\ufeff", ""},
	{"\u201c", `"`}, {"\u201d", `"`}, {"\u201e", `"`}, {"\u2018", "'"}, {"\u2019", "'"},
	{"&gt;", ">"}, {"&lt;", "<"}, {"&quot;", `"`}, {"&#39;", "'"}, {"&nbsp;", " "}, {"&amp;", "&"},
	{`\_`, "_"}, {`\#`, "#"}, {`\*`, "*"}, {`\[`, "["}, {`\]`, "]"}, {`\>`, ">"}, {`\=`, "="},
}

// clean undoes replacements. A line without any is given back as it is; so is one that
// would be no line of CLIENT LIST or INFO even then, as the bytes may be data.
func (s *Stripper) clean(line []byte) []byte {
	if !suspicious(line) || anchorOf(line) == treeAnchor { // a list's arguments are data
		return line
	}
	s.buf = s.buf[:0]
	for i := 0; i < len(line); {
		n := 0
		for _, r := range replacements {
			if bytes.HasPrefix(line[i:], []byte(r.from)) {
				s.buf, n = append(s.buf, r.to...), len(r.from)
				break
			}
		}
		if n == 0 {
			s.buf, n = append(s.buf, line[i]), 1
		}
		i += n
	}
	if anchorOf(s.buf) == noAnchor && s.shape.match(s.buf) == 0 {
		if at, _ := findAnchor(s.buf); at < 0 && !keyed(s.buf) {
			return line
		}
	}
	return s.buf
}

// emphasised takes off the stars by which people point to a line of a reply: **used_memory:5**.
func emphasised(line []byte) []byte {
	i := bytes.Index(line[:min(len(line), maxPrefix)], []byte("**"))
	if i < 0 {
		return line
	}
	inner, ok := bytes.CutSuffix(trimEnd(line[i+2:], nil), []byte("**"))
	if !ok || !keyed(inner) && !isClient(inner) {
		return line
	}
	return append(line[:i:i], inner...)
}

// suspicious is a cheap look for the first bytes of replacements.
func suspicious(line []byte) bool {
	for _, b := range line {
		if b == '\\' || b == '&' || b == 0xc2 || b == 0xe2 || b == 0xef {
			return true
		}
	}
	return false
}

// keyed tells a line that begins as a key of INFO does: letters, digits and underscores up
// to a colon.
func keyed(line []byte) bool {
	key, _, ok := bytes.Cut(line[:min(len(line), 80)], []byte(":"))
	if !ok || len(key) == 0 || bytes.IndexByte(key, '_') < 0 {
		return false
	}
	return isWord(key)
}

// split parts a line that holds several of the server's: CLIENT LIST on one line, and text
// in which a program printed line ends as \n.
func (s *Stripper) split(line []byte) [][]byte {
	s.parts = s.parts[:0]
	if escaped := bytes.Count(line, []byte(`\n`)); escaped > 0 && (anchorOf(line) == clientAnchor || anchorOf(line) == infoAnchor || isSection(line)) {
		for part := range bytes.SplitSeq(line, []byte(`\n`)) {
			part = bytes.TrimSuffix(part, []byte(`\r`))
			s.parts = s.clients(s.parts, bytes.TrimRight(part, " \t"))
		}
		if last := len(s.parts) - 1; len(bytes.Trim(s.parts[last], `"' ,)]`)) == 0 {
			s.parts = s.parts[:last]
		}
		return s.parts
	}
	if kind := anchorOf(line); kind == infoAnchor || kind == sectionAnchor {
		for i := nextInRun(line); i >= 0; i = nextInRun(line) {
			s.parts = append(s.parts, s.unblank(bytes.TrimRight(line[:i], " \t\r")))
			if line = line[i+1:]; !isSection(line) {
				line = bytes.TrimPrefix(line, []byte("# "))
			}
		}
	}
	if i := bytes.Index(line, []byte(" id=")); i > 0 && anchorOf(line) == infoAnchor && isClient(line[i+1:]) {
		s.parts = append(s.parts, s.unblank(bytes.TrimRight(line[:i], " \t\r")))
		line = line[i+1:]
	}
	s.parts = s.clients(s.parts, line)
	return s.parts
}

// clients appends the clients that stand on one line, each as a line.
func (s *Stripper) clients(parts [][]byte, line []byte) [][]byte {
	if anchorOf(line) != clientAnchor {
		return append(parts, s.unblank(line))
	}
	begin := []byte(" id=")
	if !bytes.HasPrefix(line, []byte("id=")) {
		begin = []byte(" addr=")
	}
	from := 0
	for i := len(begin); ; {
		j := bytes.Index(line[i:], begin)
		if j < 0 {
			break
		}
		i += j + 1
		if isClient(line[i:]) {
			parts = append(parts, bytes.TrimRight(line[from:i], " ,;"))
			from = i
		}
	}
	return append(parts, line[from:])
}

// unblank takes the blanks out that stand around the colon of a key of INFO, and what pages put
// behind its value. Some servers print blanks after keys of their own: only a known key shows
// that a program put them there.
func (s *Stripper) unblank(line []byte) []byte {
	key, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(value) == 0 {
		return line
	}
	trimmed, bare := bytes.TrimLeft(value, " \t"), scored(bytes.TrimRight(key, " \t"))
	number, known := record.IsKey(bare)
	if known {
		trimmed = untagged(trimmed)
		if number {
			trimmed = ungrouped(unremarked(trimmed))
		}
		s.blanked = value[0] == ' ' || value[0] == '\t' || len(bare) < len(key)
	}
	if !known && !s.blanked || len(trimmed) == len(value) && string(bare) == string(key) || len(trimmed) == 0 || !isWord(bare) {
		return line
	}
	return append(append(append([]byte(nil), bare...), ':'), trimmed...)
}

// scored gives a key with the underscores that a picture's reader took for blanks: connected clients.
func scored(key []byte) []byte {
	if bytes.IndexByte(key, ' ') < 0 || len(key) > 64 {
		return key
	}
	if k := bytes.ReplaceAll(key, []byte(" "), []byte("_")); isWord(k) {
		if number, known := record.IsKey(k); known && number {
			return k
		}
	}
	return key
}

// untagged takes the mark-up off that ends a line of a page: <br>, </td>.
func untagged(value []byte) []byte {
	for len(value) > 0 && value[len(value)-1] == '>' {
		i := bytes.LastIndexByte(value, '<')
		if i <= 0 || len(value)-i > maxTag || bytes.IndexByte(value[i:], '=') >= 0 {
			break
		}
		value = bytes.TrimRight(value[:i], " \t")
	}
	return value
}

// unremarked takes off what a person wrote behind a number: 9987      # current connections.
func unremarked(value []byte) []byte {
	i := bytes.IndexByte(value, ' ')
	if i <= 0 || !isNumber(value[:i]) {
		return value
	}
	if record.BeginsRemark(bytes.TrimLeft(value[i:], " \t")) {
		return value[:i]
	}
	return value
}

// nextInRun gives the blank behind which the next line of INFO begins, where a shell or a page made
// one line of several: connected_clients:5 maxclients:9, # Clients connected_clients:5. It is
// believed where one of the next keys is known. -1: nothing more begins.
func nextInRun(line []byte) int {
	first, keys := -1, 0
	for i := 1; i < len(line) && keys < maxUnknown; i++ {
		if line[i] != ' ' {
			continue
		}
		rest := line[i+1 : min(len(line), i+80)]
		named := bytes.HasPrefix(rest, []byte("# "))
		rest = bytes.TrimPrefix(rest, []byte("# "))
		word := 0
		for word < len(rest) && isKeyByte[rest[word]] {
			word++
		}
		known := named && record.IsSection(rest[:word])
		if !known && (word == 0 || word == len(rest) || rest[word] != ':') {
			continue
		}
		if first < 0 {
			first = i
		}
		if _, is := record.IsKey(rest[:word]); known || is {
			return first
		}
		keys++
	}
	return -1
}

// maxUnknown is how many keys of a run are looked at for one that is known.
const maxUnknown = 12

// maxTag is the length of the mark-up that is looked for.
const maxTag = 8

// ungrouped takes the blanks out of a number whose thousands stand apart: 10 000.
func ungrouped(value []byte) []byte {
	groups := bytes.Split(value, []byte(" "))
	if len(groups) < 2 || len(groups[0]) > 3 || !isNumber(groups[0]) {
		return value
	}
	for _, g := range groups[1:] {
		if len(g) != 3 || !isNumber(g) {
			return value
		}
	}
	return bytes.Join(groups, nil)
}

func isWord(b []byte) bool {
	for _, c := range b {
		if !wordByte(c) || c >= 0x80 {
			return false
		}
	}
	return len(b) > 0
}

// Plain tells, cheaply, an ordinary line of INFO, with which Strip would do nothing: a key, a
// colon, and a value without blanks around it, without a further colon and without a sign
// that an editor could have put there.
func Plain(line []byte) bool {
	i := 0
	for i < len(line) && isKeyByte[line[i]] {
		i++
	}
	if i == 0 || i+1 >= len(line) || line[i] != ':' || line[i+1] == ' ' || line[len(line)-1] == ' ' {
		return false
	}
	number := line[i+1]-'0' <= 9 // behind which a remark may stand
	for _, b := range line[i+1:] {
		if isOddByte[b] || number && b == ' ' {
			return false
		}
	}
	return true
}

var isKeyByte, isOddByte = byteTables()

func byteTables() (key, odd [256]bool) {
	for b := range 256 {
		c := byte(b)
		key[b] = c >= 'a' && c <= 'z' || c-'0' <= 9 || c == '_' || c >= 'A' && c <= 'Z'
		odd[b] = c < ' ' || c >= 0x7f || c == ':' || c == '\\' || c == '&' || c == '#' || c == '`' || c == '"' || c == '<'
	}
	return key, odd
}

// Item tells an item of a numbered list, which Strip leaves alone where it has no prefix.
func Item(line []byte) bool { return isTree(line) }

// Client tells a line of CLIENT LIST, or what people picked out of one.
func Client(line []byte) bool { return isClient(line) }
