package serverlog

import (
	"bytes"
	"slices"
	"strings"
)

// One of bareMarks is in every bare sentence: a line without them costs three looks.
var bareMarks = [...]string{"lient", " process ", "EMFILE"}

// Match finds the sentence that text is and fills e, which points into text; level, if any,
// is not part of it. It reports false, with e zero, for a text that is none of the table's.
func Match(text []byte, e *Event) bool {
	*e = Event{}
	if len(text) == 0 {
		return false
	}
	for _, row := range byFirst[text[0]] {
		if patterns[row].match(text, e) {
			return true
		}
	}
	return false
}

// begun tells a text that begins as one of the longer sentences.
func begun(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	for _, row := range byFirst[text[0]] {
		p := &patterns[row]
		if len(p.pieces) > 0 && len(p.first) >= minBegun && bytes.HasPrefix(text, p.first) {
			return true
		}
	}
	return false
}

// minBegun is how many of a sentence's first words a line must have for the lines after it to
// be looked at: "Client " has 7 bytes.
const minBegun = 7

// MatchBare finds a sentence in a line that has no log's head: in a quotation, behind a
// collector's prefix, in a client's log. at is where it begins.
func MatchBare(line []byte, e *Event) (at int, ok bool) {
	*e = Event{}
	if !slices.ContainsFunc(bareMarks[:], func(mark string) bool { return bytes.Contains(line, []byte(mark)) }) {
		return 0, false
	}
	for _, row := range bareRows {
		p := &patterns[row]
		at := bytes.Index(line, p.first)
		if at < 0 || at > 0 && isLetter(line[at-1]) {
			continue
		}
		if text := trimQuote(line[at:]); p.match(text, e) {
			return at, true
		}
	}
	return 0, false
}

// A pattern is a sentence made ready: words to be found in turn, with what stands between.
type pattern struct {
	id     ID
	first  []byte // words before the first hole
	pieces []piece
}

// A piece is a hole and the words after it, which may be none at the end.
type piece struct {
	hole     hole
	quantity Quantity
	words    []byte
}

type hole uint8

const (
	holeAny hole = iota
	holePeer
	holeClient
	holeDetail
	holeData
	holeNumber
)

var holeWords = map[string]hole{"…": holeAny, "peer": holePeer, "client": holeClient, "detail": holeDetail, "data": holeData}

// patterns, byFirst and bareRows are sentences compiled: by row, by the text's first byte,
// and the rows known without a head.
var (
	patterns = compileAll()
	byFirst  = indexFirst()
	bareRows = indexBare()
)

func compileAll() []pattern {
	all := make([]pattern, len(sentences))
	for i := range sentences {
		all[i] = compile(&sentences[i])
	}
	return all
}

func compile(s *Sentence) pattern {
	first, rest, more := strings.Cut(s.Text, "{")
	p := pattern{id: s.ID, first: []byte(first)}
	for more {
		var name, words string
		name, rest, _ = strings.Cut(rest, "}")
		words, rest, more = strings.Cut(rest, "{")
		pc := piece{words: []byte(words)}
		if h, ok := holeWords[name]; ok {
			pc.hole = h
		} else {
			pc.hole, pc.quantity = holeNumber, quantityOf(name)
		}
		p.pieces = append(p.pieces, pc)
	}
	return p
}

// quantityOf gives numQuantities for a name that is none, which a test looks for.
func quantityOf(name string) Quantity {
	for q, w := range quantityWords {
		if w == name {
			return Quantity(q)
		}
	}
	return numQuantities
}

func indexFirst() (index [256][]int) {
	for row := range patterns {
		switch p := &patterns[row]; {
		case len(p.first) > 0:
			index[p.first[0]] = append(index[p.first[0]], row)
		case p.pieces[0].hole == holeNumber:
			for c := '0'; c <= '9'; c++ {
				index[c] = append(index[c], row)
			}
		default:
			for c := 'A'; c <= 'Z'; c++ {
				index[c] = append(index[c], row)
			}
		}
	}
	return index
}

func indexBare() (rows []int) {
	for row := range sentences {
		if sentences[row].Bare {
			rows = append(rows, row)
		}
	}
	return rows
}

// minCut is how much of the last words must stand in a line that ends early, unless it is
// as long as the servers let a line become (LOG_MAX_LEN, 1024 bytes).
const (
	minCut     = 4
	maxMessage = 1000
)

func (p *pattern) match(text []byte, e *Event) bool {
	if !bytes.HasPrefix(text, p.first) {
		return false
	}
	pos := len(p.first)
	for i := range p.pieces {
		pc := &p.pieces[i]
		end := len(text)
		if len(pc.words) > 0 {
			n := bytes.Index(text[pos:], pc.words)
			if n < 0 {
				n, e.Left = cutShort(text[pos:], pc.words, i == len(p.pieces)-1)
			}
			if n < 0 {
				*e = Event{}
				return false
			}
			end = pos + n
		} else if pc.hole == holeNumber && i < len(p.pieces)-1 {
			for end = pos; end < len(text) && isDigit(text[end]); end++ {
			}
		}
		if !pc.fill(text, pos, end, e) {
			*e = Event{}
			return false
		}
		pos = min(end+len(pc.words), len(text))
	}
	if len(p.pieces) == 0 && pos < len(text) {
		return false // more words than the sentence has
	}
	e.ID = p.id
	return e.ID != SentinelEvent || e.nameOnly()
}

// cutShort finds the beginning of the sentence's last words at the end of a text, and gives
// its place and the words that are missing; -1 when it is not there.
func cutShort(text, words []byte, last bool) (at int, left string) {
	if !last {
		return -1, ""
	}
	for n := min(len(words)-1, len(text)); n >= minCut; n-- {
		if bytes.HasSuffix(text, words[:n]) {
			return len(text) - n, string(words[n:])
		}
	}
	if len(text) >= maxMessage {
		return len(text), ""
	}
	return -1, ""
}

// fill puts what stands in a hole into e and tells whether it may stand there.
func (pc *piece) fill(text []byte, lo, hi int, e *Event) bool {
	v := text[lo:hi]
	switch pc.hole {
	case holePeer:
		e.Peer = v
		return isPeer(v)
	case holeClient:
		e.Client = v
		return bytes.HasPrefix(v, []byte("id=")) || bytes.HasPrefix(v, []byte("addr="))
	case holeDetail:
		if e.Detail == nil {
			e.Detail = v
		}
	case holeData:
		e.data = [2]int{lo, hi}
	case holeNumber:
		n, ok := number(v)
		e.set(pc.quantity, n)
		return ok
	}
	return true
}

// nameOnly leaves of one of Sentinel's events its name; other lines begin with + and -, too.
func (e *Event) nameOnly() bool {
	name, _, _ := bytes.Cut(e.Detail, []byte(" "))
	for _, c := range name {
		if (c < 'a' || c > 'z') && c != '-' {
			*e = Event{}
			return false
		}
	}
	if len(name) < 3 {
		*e = Event{}
		return false
	}
	e.Detail = name
	return true
}

// isPeer tells an address: one word with a colon, or what a server prints where it cannot
// tell its replica's.
func isPeer(v []byte) bool {
	if bytes.HasPrefix(v, []byte("client id #")) {
		return true
	}
	return len(v) > 1 && len(v) < 256 && bytes.IndexByte(v, ':') >= 0 && bytes.IndexByte(v, ' ') < 0
}

// number reads a whole number without a sign of up to 18 digits.
func number(v []byte) (n int64, ok bool) {
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	for _, c := range v {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
