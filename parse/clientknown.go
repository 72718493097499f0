package parse

import "bytes"

// Limits on the lines that are kept for comparing. Lines and clients over them are read all
// the same, only slower. They are arbitrary: a line of the newest servers has some 400 bytes
// and 36 keys, and a server rarely more than 65,000 clients.
const (
	maxKnownLine  = 512
	maxKnownKeys  = 48
	maxKnownLines = 1 << 16
)

// A knownLine is a client's line as it was last read, with what was read from it. Only
// lines that layoutPlan.starts accepts are kept.
type knownLine struct {
	size   int                  // of text
	head   int                  // length of the first key and value, and the space
	starts [maxKnownKeys]uint16 // where each value begins in text
	bytes  [maxKnownLine]byte   // here and not elsewhere, as lines are read one after the other
	row    Client
}

func (l *knownLine) text() []byte { return l.bytes[:l.size] }

func (l *knownLine) keep(line []byte) { l.size = copy(l.bytes[:], line) }

// knownLines keep the lines of the last list. A client is found by its place, as lists keep
// their cyclic order (the server only turns them), and where that fails by its key. Finding
// the wrong client costs time and is no mistake: every byte is compared.
type knownLines struct {
	lines []knownLine
	keys  []uint64 // by place in lines, as what follows
	next  []int32  // the line after it in the last list
	seen  []uint64 // number of the last list that had it; 0 = free
	rows  []int32  // its row in that list
	slots map[uint64]int32
	free  []int32

	list        uint64 // number of the list being read
	distinct    int    // known lines in it so far
	first, last int32  // of them; noLine = none yet
	expect      int32  // the one that should come next
}

const noLine = int32(-1)

// begin starts a list of size bytes.
func (k *knownLines) begin(size int) {
	k.expect = k.first
	if k.list++; k.list == 1 {
		n := min(size/256, maxKnownLines)
		k.slots, k.expect = make(map[uint64]int32, n), noLine
		k.lines = make([]knownLine, 0, n)
	}
	k.distinct, k.first, k.last = 0, noLine, noLine
}

// find gives the line that rest, a text that begins with a line, should be compared with.
func (k *knownLines) find(rest []byte) int32 {
	if s := k.expect; s >= 0 {
		if l := &k.lines[s]; bytes.HasPrefix(rest, l.bytes[:l.head]) {
			return s
		}
	}
	if !clientPrefix(rest) {
		return noLine
	}
	if s, ok := k.slots[knownKey(rest)]; ok {
		return s
	}
	return noLine
}

// knownKey is clientKey of a text's first line. An endless word is looked at only so far.
func knownKey(rest []byte) uint64 { return clientKey(rest[:min(len(rest), 128)]) }

// mark notes that s is the line just read, and gives its client's row in the list before;
// -1 where it was in this list already.
func (k *knownLines) mark(s int32, row int) (before int32) {
	if k.seen[s] == k.list {
		return -1
	}
	before, k.expect = k.rows[s], k.next[s]
	k.link(s, row)
	return before
}

// link puts s behind the line before it.
func (k *knownLines) link(s int32, row int) {
	k.seen[s], k.rows[s] = k.list, int32(row)
	k.distinct++
	if k.last < 0 {
		k.first = s
	} else {
		k.next[k.last] = s
	}
	k.last = s
}

// learn keeps a line that was read anew into c, in the place of s if there is such.
func (k *knownLines) learn(s int32, line []byte, c *Client, row int, plans []layoutPlan) {
	if c.Layout < 0 || len(line) > maxKnownLine || !clientPrefix(line) {
		return
	}
	var starts [maxKnownKeys]uint16
	head, ok := plans[c.Layout].starts(line, &starts)
	if !ok {
		return
	}
	if s < 0 {
		if s = k.place(line); s < 0 {
			return
		}
		k.link(s, row)
	} else {
		k.mark(s, row)
	}
	l := &k.lines[s]
	l.row, l.head, l.starts = *c, head, starts
	l.keep(line)
}

// place gives a free place for a new client's line, noLine if there is none.
func (k *knownLines) place(line []byte) int32 {
	var s int32
	switch n := len(k.free); {
	case n > 0:
		s, k.free = k.free[n-1], k.free[:n-1]
	case len(k.lines) >= maxKnownLines:
		return noLine
	default:
		s = int32(len(k.lines))
		k.lines = append(k.lines, knownLine{})
		k.keys, k.next = append(k.keys, 0), append(k.next, noLine)
		k.seen, k.rows = append(k.seen, 0), append(k.rows, 0)
	}
	k.keys[s] = knownKey(line)
	k.slots[k.keys[s]] = s
	return s
}

// end closes a list: the last line is followed by the first, and who was not in it is
// forgotten.
func (k *knownLines) end() {
	if k.last >= 0 {
		k.next[k.last] = k.first
	}
	if k.distinct == len(k.lines)-len(k.free) {
		return
	}
	for s, seen := range k.seen {
		if seen == k.list || seen == 0 {
			continue
		}
		if k.slots[k.keys[s]] == int32(s) {
			delete(k.slots, k.keys[s])
		}
		k.seen[s] = 0
		k.lines[s].row = Client{}
		k.free = append(k.free, int32(s))
	}
}

// starts finds where each value of a line begins, and how long the first
// key, its value and the space are.
// It reports false for a line that has not each key once, behind a single space, with no
// space in its value: general understands such lines, comparing does not.
func (plan *layoutPlan) starts(line []byte, starts *[maxKnownKeys]uint16) (head int, ok bool) {
	if len(plan.steps) > maxKnownKeys {
		return 0, false
	}
	end := -1
	for i := range plan.steps {
		st := &plan.steps[i]
		if end >= 0 && (end == len(line) || line[end] != ' ') || !st.matches(line, end+1) {
			return 0, false
		}
		pos := end + 1 + len(st.key)
		starts[i] = uint16(pos)
		if end = indexSpace(line, pos); i == 0 {
			head = min(end+1, len(line))
		}
	}
	return head, end == len(line)
}
