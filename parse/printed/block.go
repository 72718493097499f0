package printed

import "bytes"

// Block finds the first stretch of whole lines in a text that is one of the forms: for a
// reader of pastes in which such data stand beside a server's replies and prose. Nested data
// are followed to their last bracket, rows for as long as they come; counts of sockets by
// peer are too like other text to be found so, and CSV is only told where it is all there is.
// FormNone: there is none.
func Block(text []byte) (lo, hi int, form Form) {
	for lo < len(text) {
		line, _, _ := bytes.Cut(text[lo:], []byte("\n"))
		if i, ok := opensData(line); ok {
			n := extent(text[lo+i:])
			if form = tellData(text[lo+i : lo+i+n]); form != FormNone {
				return lo, endOfLine(text, lo+i+n), form
			}
		} else if is := rowOf(line); is != nil {
			hi = runOf(text, lo, is)
			if form = Tell(text[lo:hi]); form != FormNone {
				return lo, hi, form
			}
			lo = hi
			continue
		}
		lo += len(line) + 1
	}
	return len(text), len(text), FormNone
}

// extent gives the length of the nested data that text begins with: up to the bracket that
// closes them, or all of it.
func extent(text []byte) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'':
			quote = c
		case c == '{', c == '[', c == '(':
			depth++
		case c == '}', c == ']', c == ')':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func endOfLine(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

// rowOf gives the test that a line passes which is a row of one of the forms with rows.
func rowOf(line []byte) func([]byte) bool {
	for _, is := range [...]func([]byte) bool{isStatLine, isSample, isSocket} {
		if is(line) {
			return is
		}
	}
	return nil
}

func isStatLine(line []byte) bool {
	return len(line) < 200 && (statRow.Match(line) || statHeader(line) || bytes.HasPrefix(line,
		[]byte("------- data ------")))
}

func isSample(line []byte) bool {
	name, ok := sampleName(line)
	return ok && ours(name) || bytes.HasPrefix(line, []byte("# TYPE ")) || bytes.HasPrefix(line, []byte("# HELP "))
}

func isSocket(line []byte) bool {
	_, ok := socketOf(line)
	return ok
}

// runOf gives the end of the lines from lo on that pass a test, with blank ones between.
func runOf(text []byte, lo int, is func([]byte) bool) (hi int) {
	hi = lo
	for at := lo; at < len(text); {
		line, _, _ := bytes.Cut(text[at:], []byte("\n"))
		at = min(at+len(line)+1, len(text))
		switch {
		case is(bytes.TrimRight(line, "\r")):
			hi = at
		case len(bytes.TrimSpace(line)) > 0:
			return hi
		}
	}
	return hi
}
