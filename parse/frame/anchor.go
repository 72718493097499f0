package frame

import (
	"bytes"

	"github.com/connbox/connbox/parse/record"
)

// An anchor is a beginning by which a line of a server's text is recognised anywhere.
type anchor uint8

const (
	noAnchor      anchor = iota
	clientAnchor         // id=7 addr=10.0.0.1:4242, addr=10.0.0.1:4242 fd=8
	sectionAnchor        // # Clients
	promptAnchor         // 127.0.0.1:6379> info
	infoAnchor           // connected_clients:412
	treeAnchor           // 1) "maxclients"
)

// anchorOf tells which anchor a line begins with.
func anchorOf(line []byte) anchor {
	switch {
	case len(line) == 0:
		return noAnchor
	case isClient(line):
		return clientAnchor
	case isSection(line):
		return sectionAnchor
	case isPrompt(line):
		return promptAnchor
	case isInfo(line):
		return infoAnchor
	case isTree(line):
		return treeAnchor
	}
	return noAnchor
}

// A hint is a text that each anchor of a kind has, and how to find the anchor's beginning
// from the place of the hint.
var hints = []struct {
	text  string
	begin func(line []byte, at int) int
}{
	{"id=", here}, {"addr=", here}, {"# ", here}, {"1) ", here}, {"> ", wordBegin}, {":", wordBegin},
}

func here(_ []byte, at int) int { return at }

// wordBegin goes back from a place to the beginning of the word that ends there.
func wordBegin(line []byte, at int) int {
	for at > 0 && line[at-1] > ' ' && line[at-1] != '|' && line[at-1] != '`' && line[at-1] != '"' {
		at--
	}
	return at
}

// findAnchor gives the place of the first anchor behind a line's beginning; -1 for none.
func findAnchor(line []byte) (at int, kind anchor) {
	at = -1
	head := line[:min(len(line), maxPrefix)]
	for _, h := range hints {
		for from := 0; ; {
			i := bytes.Index(head[from:], []byte(h.text))
			if i < 0 || at >= 0 && from+i > at+64 {
				break
			}
			i += from
			from = i + 1
			for _, b := range [...]int{h.begin(line, i), keyBegin(line, i)} {
				if b <= 0 || at >= 0 && b >= at || wordByte(line[b-1]) {
					continue
				}
				if k := anchorOf(line[b:]); k != noAnchor {
					at, kind = b, k
				}
			}
		}
	}
	return at, kind
}

// keyBegin goes back from a colon, and blanks before it, to the beginning of the key.
func keyBegin(line []byte, at int) int {
	if line[at] == ':' {
		at = len(bytes.TrimRight(line[:at], " "))
	}
	for at > 0 && line[at-1] != '.' && wordByte(line[at-1]) && line[at-1] < 0x80 {
		at--
	}
	return at
}

func wordByte(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || b-'0' <= 9 || b == '_' || b >= 0x80 || b == '.'
}

// isClient tells a line of CLIENT LIST: a number or an address, and a further field.
func isClient(line []byte) bool {
	head := line[:min(len(line), 256)]
	if rest, ok := bytes.CutPrefix(head, []byte("id=")); ok {
		return len(rest) > 0 && rest[0]-'0' <= 9 && (bytes.Contains(rest, []byte(" addr=")) || bytes.Contains(rest, []byte(" fd=")))
	}
	if !bytes.HasPrefix(head, []byte("addr=")) {
		return false
	}
	if bytes.Contains(head, []byte(" fd=")) {
		return true
	}
	// What awk left of a client: its address, with other fields or without.
	addr, rest, more := bytes.Cut(head[len("addr="):], []byte(" "))
	if !more {
		return peer(addr)
	}
	for _, key := range clientKeys {
		if bytes.HasPrefix(rest, key) {
			return bytes.IndexByte(addr, ':') >= 0
		}
	}
	return false
}

// peer tells an address with its port.
func peer(addr []byte) bool {
	host, port, ok := cutLast(bytes.TrimRight(addr, " \t,;|`\"'"), ':')
	return ok && len(host) > 1 && isNumber(port) && len(port) <= 5
}

// clientKeys are the fields that people pick out of CLIENT LIST.
var clientKeys = [...][]byte{[]byte("laddr="), []byte("name="), []byte("age="), []byte("idle="), []byte("flags="), []byte("db="),
	[]byte("cmd="), []byte("user="), []byte("omem="), []byte("id="), []byte("sub="), []byte("lib-name="), []byte("tot-mem=")}

// isSection tells a section line of INFO.
func isSection(line []byte) bool {
	name, ok := bytes.CutPrefix(line[:min(len(line), 64)], []byte("# "))
	name, _, _ = bytes.Cut(name, []byte(`\`)) // a line end as a program prints it
	if first, _, several := bytes.Cut(name, []byte(" ")); ok && several && record.IsSection(bytes.TrimRight(first, "\r")) && nextInRun(line[1:]) == 1+len(first) {
		return true // its keys stand behind it on the line
	}
	return ok && record.IsSection(bytes.TrimRight(name, " \t|`\"'"))
}

// isPrompt tells a prompt of redis-cli with a command: 127.0.0.1:6379> info, host:6379[3]> info.
func isPrompt(line []byte) bool {
	i := bytes.Index(line[:min(len(line), 128)], []byte("> "))
	if i <= 0 || bytes.IndexByte(line[:i], ' ') >= 0 {
		return false
	}
	host, port, ok := cutLast(line[:i], ':')
	if !ok || len(host) == 0 {
		return false
	}
	if j := bytes.IndexByte(port, '['); j > 0 && port[len(port)-1] == ']' {
		port = port[:j]
	}
	return isNumber(port) && len(port) <= 5
}

// isInfo tells a line of INFO by a known key and a value of the right kind.
func isInfo(line []byte) bool {
	key, value, ok := bytes.Cut(line[:min(len(line), 256)], []byte(":"))
	if !ok {
		return false
	}
	number, known := record.IsKey(scored(bytes.TrimRight(key, " \t")))
	if !known {
		return false
	}
	if i := nextInRun(value); i >= 0 {
		value = value[:i]
	}
	if i := bytes.Index(value, []byte(" id=")); i >= 0 && isClient(value[i+1:]) { // clients on the same line
		value = value[:i]
	}
	value = untagged(bytes.Trim(value, " \t\r|`\"'"))
	if number {
		value = unremarked(value)
		value = ungrouped(value)
	}
	return !number && len(value) > 0 && bytes.IndexByte(value, ' ') < 0 || number && isNumber(bytes.TrimPrefix(value, []byte("-")))
}

// isTree tells an item of a numbered list, 1) "a" or   2) 1) (integer) 3, but for one that
// is itself a line of CLIENT LIST.
func isTree(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	n := 0
	for n < len(line) && line[n]-'0' <= 9 {
		n++
	}
	if n == 0 || n+2 >= len(line) || line[n] != ')' && line[n] != '#' || line[n+1] != ' ' {
		return false
	}
	switch rest := line[n+2:]; {
	case rest[0] == '"':
		return !isClient(rest[1:])
	case rest[0] == '(':
		return true
	default:
		return isTree(rest)
	}
}

func isNumber(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 20
}

func cutLast(b []byte, sep byte) (before, after []byte, ok bool) {
	i := bytes.LastIndexByte(b, sep)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+1:], true
}
