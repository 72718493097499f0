package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// show writes a reply so that a test can compare it.
func show(r *response, i int) string {
	n := r.nodes[i]
	if !strings.ContainsRune("*~%>|", rune(n.kind)) {
		return fmt.Sprintf("%c%s", n.kind, r.bytes(i))
	}
	var parts []string
	for j := i + 1; len(parts) < n.n; j = r.next(j) {
		parts = append(parts, show(r, j))
	}
	return fmt.Sprintf("%c[%s]", n.kind, strings.Join(parts, " "))
}

func TestReadReply(t *testing.T) {
	tests := []struct{ in, want string }{
		{"+OK\r\n", "+OK"},
		{"-ERR no\r\n", "-ERR no"},
		{":-12\r\n", ":-12"},
		{"$0\r\n\r\n", "$"},
		{"$5\r\na\r\nb\x00\r\n", "$a\r\nb\x00"},
		{"$-1\r\n", "_"},
		{"*-1\r\n", "_"},
		{"_\r\n", "_"},
		{"#t\r\n", "#t"},
		{",1.5\r\n", ",1.5"},
		{"(123456789012345678901\r\n", "(123456789012345678901"},
		{"!5\r\nERR x\r\n", "!ERR x"},
		{"=7\r\ntxt:abc\r\n", "=abc"},
		{"*0\r\n", "*[]"},
		{"*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", "*[*[:1] $x]"},
		{"%1\r\n+a\r\n*0\r\n", "%[+a *[]]"},
		{"~2\r\n+a\r\n+b\r\n", "~[+a +b]"},
		{">1\r\n+x\r\n+OK\r\n", "+OK"},
		{"|1\r\n+ttl\r\n:1\r\n+OK\r\n", "+OK"},
		{"*2\r\n|1\r\n+ttl\r\n:1\r\n+a\r\n+b\r\n", "*[+a +b]"},
	}
	var r response // one for all: what is left of a reply must not show in the next
	for _, tt := range tests {
		if err := newRespReader(strings.NewReader(tt.in), 1<<20).read(&r); err != nil {
			t.Errorf("%q: %v", tt.in, err)
		} else if got := show(&r, 0); got != tt.want || r.next(0) != len(r.nodes) || r.wire != len(tt.in) {
			t.Errorf("%q: %s, %d nodes, %d bytes; want %s", tt.in, got, len(r.nodes), r.wire, tt.want)
		}
	}
}

func TestReadReplyRefuses(t *testing.T) {
	tests := []struct {
		in   string
		eof  error // the input ends; nil = it is wrong
		word string
	}{
		{"", io.EOF, ""},
		{"+O", io.ErrUnexpectedEOF, ""},
		{"$3\r\nab", io.ErrUnexpectedEOF, ""},
		{"*2\r\n:1\r\n", io.ErrUnexpectedEOF, ""},
		{"\r\n", nil, "empty line"},
		{"+OK\n", nil, "without CR LF"},
		{"?\r\n", nil, "no reply of a Redis server"},
		{":x\r\n", nil, "no integer"},
		{"$x\r\n", nil, "no length"},
		{"$?\r\n", nil, "no length"},
		{"$-2\r\n", nil, "no length"},
		{"$99999999999999999999\r\n", nil, "no length"},
		{"$1001\r\n", nil, "over the limit of 1000"},
		{"=3\r\nabc\r\n", nil, "verbatim"},
		{"*131073\r\n", nil, "over the limit of 131072"},
		{"$1\r\nabc", nil, "does not end there"},
		{strings.Repeat("*1\r\n", 18), nil, "deeper than 16"},
		{"*900\r\n" + strings.Repeat(":1\r\n", 900), nil, "over the limit of 1000"},
	}
	for _, tt := range tests {
		var r response
		err := newRespReader(strings.NewReader(tt.in), 1000).read(&r)
		var pe protocolError
		switch {
		case tt.eof != nil && err != tt.eof:
			t.Errorf("%q: %v, want %v", tt.in, err, tt.eof)
		case tt.eof == nil && (!errors.As(err, &pe) || !strings.Contains(err.Error(), tt.word)):
			t.Errorf("%.40q: %v, want a protocol error with %q", tt.in, err, tt.word)
		}
	}
}

// The second of two replies of the same size is read into the memory of the first.
func TestReadReplyReusesMemory(t *testing.T) {
	text := fmt.Sprintf("$%d\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20))
	src := strings.NewReader(text)
	d := newRespReader(src, 2<<20)
	var r response
	read := func() {
		src.Reset(text)
		if err := d.read(&r); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if n := testing.AllocsPerRun(10, read); n > 0 {
		t.Errorf("%v allocations a reply", n)
	}
}

// FuzzRESP feeds bytes of a hostile server. Whatever comes is a well-formed reply or an
// error, the same however the bytes are cut into packets, within the limits.
func FuzzRESP(f *testing.F) {
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, in []byte) {
		var whole, bits response
		err := newRespReader(bytes.NewReader(in), limit).read(&whole)
		err2 := newRespReader(iotest.OneByteReader(bytes.NewReader(in)), limit).read(&bits)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("whole: %v, byte by byte: %v", err, err2)
		}
		if cap(whole.text) > 4*len(in)+4*bulkStep || cap(whole.nodes) > 4*len(in)+64 {
			t.Fatalf("%d bytes of input hold %d bytes, %d nodes", len(in), cap(whole.text), cap(whole.nodes))
		}
		if err != nil {
			return
		}
		if a, b := show(&whole, 0), show(&bits, 0); a != b {
			t.Fatalf("whole: %s, byte by byte: %s", a, b)
		}
		if whole.next(0) != len(whole.nodes) || whole.wire > len(in) {
			t.Fatalf("%d of %d nodes in the tree, %d bytes read of %d", whole.next(0), len(whole.nodes), whole.wire, len(in))
		}
	})
}

var (
	sized         = regexp.MustCompile(`^\([0-9]+ bytes(, #[0-9a-f]{8})?\)$`)
	moreArguments = regexp.MustCompile(`^\.\.\. \([0-9]{1,18} more arguments\)$`)
	commandWord   = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,64}$`)
)

// FuzzSlowlog feeds any reply to the reader of slow logs: an error or entries, and with
// arguments hidden nothing of them is left but lengths and names.
func FuzzSlowlog(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		var rep response
		if newRespReader(bytes.NewReader(in), 1<<16).read(&rep) != nil {
			return
		}
		r := &recorder{mac: newMAC()}
		if _, err := decodeSlowlog(&rep, &r.slow, false, r.mac); err != nil {
			return
		}
		for _, e := range r.slow.Entries {
			for i, a := range e.Args {
				if !sized.MatchString(a) && a != "(redacted)" && !moreArguments.MatchString(a) && (i > 1 || !commandWord.MatchString(a)) {
					t.Errorf("argument %d is %q", i, a)
				}
			}
		}
	})
}
