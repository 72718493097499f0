package record

import "strings"

const (
	maxIntern      = 1 << 17  // strings per generation: twice a large server's addresses
	maxInternBytes = 16 << 20 // bytes per generation
	maxInternLen   = 256      // longer strings are rare and not worth keeping
)

// An Interner gives equal byte strings one shared string, so that a value seen in every
// sample is allocated once. It keeps two generations and forgets the older one when the
// younger is full: memory stays bounded however many names a stranger invents, and values
// still in use move over. The zero Interner is ready. It is not safe for concurrent use.
type Interner struct {
	cur, old map[string]string
	bytes    int
}

// Intern gives b as a string that may be kept.
func (in *Interner) Intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := in.cur[string(b)]; ok {
		return s
	}
	if len(b) > maxInternLen {
		return string(b)
	}
	s, ok := in.old[string(b)]
	if !ok {
		s = string(b)
	}
	if in.cur == nil || len(in.cur) >= maxIntern || in.bytes > maxInternBytes {
		in.old, in.cur, in.bytes = in.cur, make(map[string]string, 64), 0
	}
	in.cur[s] = s
	in.bytes += len(s)
	return s
}

// Bytes for Only.
const (
	DigitBytes  = "0123456789"
	LowerBytes  = "abcdefghijklmnopqrstuvwxyz"
	LetterBytes = LowerBytes + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Only tells whether s has bytes of a set of ASCII, at least one, and no others.
func Only[S ~string | ~[]byte](s S, set string) bool {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return len(s) > 0
}
