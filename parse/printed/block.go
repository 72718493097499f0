package printed

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/connbox/connbox/parse/exposition"
)

// maxBlock bounds a block in the midst of other text. It is arbitrary, far above what people
// paste beside something else.
const maxBlock = 1 << 20

// A Block gathers, line by line, what a program printed in the midst of other text: nested
// data to their last bracket, rows and counts for as long as they come. CSV is only told where
// it is all there is. The zero Block is empty and ready.
type Block struct {
	lines [][]byte
	size  int
	row   func([]byte) bool // nil: nested data
	depth int
	quote byte
	whole bool // nested data are closed
}

// Opens tells whether a line may begin a block.
func Opens(line []byte) bool {
	_, nested := opensData(line)
	return nested || rowOf(line) != nil
}

// Begin empties the block and takes its first line, which Opens.
func (b *Block) Begin(line []byte) {
	*b = Block{row: rowOf(line)}
	at, nested := opensData(line)
	if nested {
		b.row = nil
		b.follow(line[at:])
	}
	b.keep(line)
}

// Add takes the next line; false where it is no part of the block, or too much.
func (b *Block) Add(line []byte) bool {
	switch {
	case b.whole || b.size+len(line) > maxBlock:
		return false
	case b.row == nil:
		b.follow(line)
	case len(bytes.TrimSpace(line)) > 0 && !b.row(line):
		return false
	}
	b.keep(line)
	return true
}

// Whole tells that nothing more can belong to the block.
func (b *Block) Whole() bool { return b.whole }

// Lines gives what was gathered.
func (b *Block) Lines() [][]byte { return b.lines }

// Read reads the block; nil where it is none of the forms.
func (b *Block) Read() *Result {
	text := append(bytes.Join(b.lines, []byte("\n")), '\n')
	var form Form
	if b.row == nil { // what stands around the brackets is prose
		at, _ := dataStart(text)
		form = tellData(text[at:])
	} else {
		form = Tell(text)
	}
	if form == FormNone {
		return nil
	}
	r, err := Read(bytes.NewReader(text), form)
	if err != nil || r.Len() == 0 {
		return nil
	}
	return r
}

func (b *Block) keep(line []byte) {
	b.lines = append(b.lines, slices.Clone(line))
	b.size += len(line) + 1
}

// follow counts brackets outside of quotes.
func (b *Block) follow(line []byte) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case b.quote != 0 && c == '\\':
			i++
		case b.quote != 0:
			if c == b.quote {
				b.quote = 0
			}
		case c == '"', c == '\'':
			b.quote = c
		case c == '{', c == '[', c == '(':
			b.depth++
		case c == '}', c == ']', c == ')':
			if b.depth--; b.depth <= 0 {
				b.whole = true
				return
			}
		}
	}
}

// rowOf gives the test that a line passes which is a row of one of the forms with rows.
func rowOf(line []byte) func([]byte) bool {
	for _, is := range [...]func([]byte) bool{isStatLine, isSample, isHerokuLine, isSocket} {
		if is(line) {
			return is
		}
	}
	if Counts(line) {
		return isCounted
	}
	return nil
}

func isStatLine(line []byte) bool {
	return len(line) < 200 && (bytes.Contains(line, []byte(" (+")) && statRow.Match(line) ||
		bytes.Contains(line, []byte("keys")) && statHeader(line) || bytes.HasPrefix(line, []byte("------- data ------")))
}

func isSample(line []byte) bool {
	name, ok := exposition.Name(line)
	return ok && ours(name) || bytes.HasPrefix(line, []byte("# TYPE ")) || bytes.HasPrefix(line, []byte("# HELP "))
}

func isSocket(line []byte) bool {
	_, ok := socketOf(line)
	return ok
}

// countCommand is a shell line that counts sockets, in all or by peer.
var countCommand = regexp.MustCompile(`\b(netstat|ss|lsof -i\S*|(?i:client list))\b.*\|.*\b(wc -l|uniq -c|grep -c)`)

// Counts tells a shell line that counts connections: what it prints are numbers alone, or beside
// names.
func Counts(line []byte) bool {
	return len(line) < 300 && bytes.IndexByte(line, '|') > 0 && countCommand.Match(line)
}

// isCounted tells what such a command prints.
func isCounted(line []byte) bool {
	_, ok := peerOf(line)
	return ok
}
