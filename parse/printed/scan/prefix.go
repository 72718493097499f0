package scan

import (
	"bytes"
	"io"
)

// prefixOf gives what all lines begin with of blanks and the marks of quotes and tables.
func prefixOf(head []byte) []byte {
	var prefix []byte
	first := true
	for _, line := range Lines(head) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		n := 0
		for n < len(line) && n < 32 && bytes.IndexByte([]byte(" \t>|"), line[n]) >= 0 {
			n++
		}
		if first {
			prefix, first = line[:n], false
		}
		n = min(n, len(prefix))
		for i := range n {
			if line[i] != prefix[i] {
				n = i
				break
			}
		}
		prefix = prefix[:n]
	}
	return prefix
}

// Unprefixed takes off each line what all lines of a text begin with.
func Unprefixed(text []byte) []byte {
	prefix := prefixOf(text)
	if len(prefix) == 0 {
		return text
	}
	out, err := io.ReadAll(&unprefixed{r: bytes.NewReader(text), prefix: prefix})
	if err != nil {
		return text
	}
	return out
}

// An unprefixed reader leaves out a prefix of lines, or what of it a line has.
type unprefixed struct {
	r      io.Reader
	prefix []byte
	at     int // place in the prefix; at its end: inside of a line
}

func (u *unprefixed) Read(p []byte) (int, error) {
	for {
		n, err := u.r.Read(p)
		kept := 0
		for _, b := range p[:n] {
			if u.at < len(u.prefix) {
				if b == u.prefix[u.at] {
					u.at++
					continue
				}
				u.at = len(u.prefix)
			}
			p[kept] = b
			kept++
			if b == '\n' {
				u.at = 0
			}
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}

// Lines splits text; the last line may be cut short and is left out where others are.
func Lines(text []byte) [][]byte {
	all := bytes.Split(text, []byte("\n"))
	for i := range all {
		all[i] = bytes.TrimRight(all[i], "\r")
	}
	if n := len(all); n > 2 && len(text) >= 60<<10 {
		all = all[:n-1]
	}
	return all
}
