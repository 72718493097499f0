package capture

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
)

// The limits of one reply beside its size in bytes, which Options.MaxReply sets. A slow log
// of 128 entries has 5,000 nodes in 3 levels.
const (
	maxNodes = 1 << 17
	maxDepth = 16
	// maxLine bounds a line (a header, an error, a status); it is bufio's buffer too.
	maxLine = 64 << 10
	// bulkStep is how far a bulk string's announced length is believed ahead of its bytes.
	bulkStep = 256 << 10
)

// A protocolError is a reply that is not RESP, or over a limit. The connection is of no
// further use: where the next reply begins is not known.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// A replyError is an error reply: the server's own words. The connection goes on.
type replyError string

func (e replyError) Error() string { return string(e) }

// A node is one value of a reply. Aggregates come before their elements.
type node struct {
	kind   byte // the type byte of RESP; '_' for every null
	lo, hi int  // where its bytes are in response.text, for kinds that have bytes
	n      int  // number of direct elements, for aggregates
}

// A response is one decoded reply: its values in reading order. It is reused from command to
// command; what is read from it is valid until the next.
type response struct {
	nodes []node
	text  []byte
	wire  int // bytes received, protocol included
	parts int // replies that it was put together from; 0 = it is one
}

// bytes gives the text of node i.
func (r *response) bytes(i int) []byte { return r.text[r.nodes[i].lo:r.nodes[i].hi] }

// string gives the text of node i as a string of its own.
func (r *response) string(i int) string { return string(r.bytes(i)) }

// int gives the number in node i: an integer, or digits in a string.
func (r *response) int(i int) (int64, bool) {
	n, err := strconv.ParseInt(string(r.bytes(i)), 10, 64)
	return n, err == nil
}

// next gives the index of the node after i and all that is inside it.
func (r *response) next(i int) int {
	for open := 1; open > 0 && i < len(r.nodes); i++ {
		open += r.nodes[i].n - 1
	}
	return i
}

// isText tells whether node i is a string (bulk, status or verbatim).
func (r *response) isText(i int) bool {
	switch r.nodes[i].kind {
	case '$', '+', '=':
		return true
	}
	return false
}

// isList tells whether node i is an aggregate whose elements come one after the other; a
// map is one, of keys and values by turns.
func (r *response) isList(i int) bool {
	switch r.nodes[i].kind {
	case '*', '~', '%':
		return true
	}
	return false
}

// A respReader decodes RESP2 and RESP3 from a connection. Source: the RESP protocol
// specification; streamed strings and aggregates ("$?", "*?") are refused, no server sends
// them.
type respReader struct {
	br    *bufio.Reader
	max   int          // bytes of one reply
	cut   *fieldCutter // nil = bulk strings are taken whole
	chunk []byte       // of a bulk string that goes through cut
}

// maxCut is how many times max a reply may be whose long fields are cut: a list of clients with
// megabytes in their names.
const maxCut = 16

func newRespReader(r io.Reader, max int) *respReader {
	return &respReader{br: bufio.NewReaderSize(r, maxLine), max: max}
}

// read decodes the next reply into r, over what r held. Push messages and attributes are
// passed over. An error reply is no error here.
func (d *respReader) read(r *response) error {
	r.wire = 0
	for {
		if err := d.any(r); err != nil {
			return err
		}
		if k := r.nodes[0].kind; k != '>' && k != '|' {
			return nil
		}
	}
}

// any decodes what comes next, be it a push message or an attribute.
func (d *respReader) any(r *response) error {
	r.nodes, r.text = r.nodes[:0], r.text[:0]
	return d.value(r, 0)
}

func (d *respReader) value(r *response, depth int) error {
	line, err := d.line(r)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return protocolError(fmt.Sprintf("reply nests deeper than %d levels", maxDepth))
	}
	if len(r.nodes) >= maxNodes {
		return protocolError(fmt.Sprintf("reply of more than %d values", maxNodes))
	}
	if len(line) == 0 {
		return protocolError("empty line where a reply should begin")
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+', '-', ':', ',', '(', '#':
		if kind == ':' {
			if _, err := strconv.ParseInt(string(rest), 10, 64); err != nil {
				return protocolError(fmt.Sprintf("%.20q is no integer", rest))
			}
		}
		lo := len(r.text)
		r.text = append(r.text, rest...)
		r.nodes = append(r.nodes, node{kind: kind, lo: lo, hi: len(r.text)})
		return nil
	case '_':
		r.nodes = append(r.nodes, node{kind: '_'})
		return nil
	case '$', '=', '!':
		return d.bulk(r, kind, rest)
	case '*', '~', '%', '>', '|':
		return d.aggregate(r, kind, rest, depth)
	}
	return protocolError(fmt.Sprintf("%.40q is no reply of a Redis server", line))
}

// line reads up to CRLF, which it takes off. The slice is valid until the next read.
func (d *respReader) line(r *response) ([]byte, error) {
	line, err := d.br.ReadSlice('\n')
	r.wire += len(line)
	switch {
	case err == bufio.ErrBufferFull:
		return nil, protocolError(fmt.Sprintf("line of more than %d bytes", maxLine))
	case err != nil:
		return nil, cut(err, r.wire)
	case r.wire > d.max:
		return nil, d.tooLarge(r.wire)
	case !bytes.HasSuffix(line, []byte("\r\n")):
		return nil, protocolError(fmt.Sprintf("line without CR LF: %.40q", line))
	}
	return line[:len(line)-2], nil
}

// cut makes an end of input in the middle of a reply what it is.
func cut(err error, got int) error {
	if err == io.EOF && got > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (d *respReader) tooLarge(n int) error {
	return protocolError(fmt.Sprintf("reply of %d bytes or more is over the limit of %d", n, d.max))
}

// length reads the number in a header; -1 is a null.
func length(b []byte) (int, error) {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < -1 {
		return 0, protocolError(fmt.Sprintf("%.20q is no length", b))
	}
	return int(n), nil
}

func (d *respReader) bulk(r *response, kind byte, header []byte) error {
	n, err := length(header)
	if err != nil {
		return err
	}
	if n < 0 {
		r.nodes = append(r.nodes, node{kind: '_'})
		return nil
	}
	if d.cut != nil {
		return d.bulkInFields(r, kind, n)
	}
	if n > d.max-r.wire {
		return d.tooLarge(n)
	}
	lo := len(r.text)
	// The CRLF is read with the bytes and taken off again.
	for left := n + 2; left > 0; {
		step := min(left, bulkStep)
		at := len(r.text)
		r.text = slices.Grow(r.text, step)[:at+step]
		got, err := io.ReadFull(d.br, r.text[at:])
		r.wire += got
		if err != nil {
			return cut(err, r.wire)
		}
		left -= step
	}
	hi := lo + n
	if r.text[hi] != '\r' || r.text[hi+1] != '\n' {
		return protocolError(fmt.Sprintf("bulk string of %d bytes does not end there", n))
	}
	r.text = r.text[:hi]
	if kind == '=' { // verbatim: three letters of format and a colon come first
		if n < 4 || r.text[lo+3] != ':' {
			return protocolError("verbatim string without its format")
		}
		lo += 4
	}
	r.nodes = append(r.nodes, node{kind: kind, lo: lo, hi: hi})
	return nil
}

// bulkInFields reads a bulk string of fields, of which the long ones are cut as they come.
func (d *respReader) bulkInFields(r *response, kind byte, n int) error {
	if n/maxCut > d.max-r.wire {
		return d.tooLarge(n)
	}
	lo := len(r.text)
	d.chunk = slices.Grow(d.chunk[:0], min(n, bulkStep))
	for left := n; left > 0; {
		p := d.chunk[:min(left, bulkStep)]
		got, err := io.ReadFull(d.br, p)
		r.wire += got
		if err != nil {
			return cut(err, r.wire)
		}
		left -= got
		if r.text = d.cut.add(r.text, p); len(r.text)-lo > d.max {
			return d.tooLarge(n)
		}
	}
	r.text = d.cut.end(r.text)
	d.chunk = nil
	var end [2]byte
	got, err := io.ReadFull(d.br, end[:])
	r.wire += got
	if err != nil {
		return cut(err, r.wire)
	}
	if string(end[:]) != "\r\n" {
		return protocolError(fmt.Sprintf("bulk string of %d bytes does not end there", n))
	}
	if kind == '=' {
		lo += min(len("txt:"), len(r.text)-lo)
	}
	r.nodes = append(r.nodes, node{kind: kind, lo: lo, hi: len(r.text)})
	return nil
}

// longField is how much is kept of a field of CLIENT LIST that is longer.
const longField = 256

// A fieldCutter cuts fields, which end with a space or a line's end, and puts length and hash in
// the place of what it takes away: "name=aaaa...(41943045-bytes,#5e884898)". It holds no more
// than longField bytes of a field, whatever its length.
type fieldCutter struct {
	n   int // bytes of the field so far
	sum hash.Hash
}

// add appends the next bytes.
func (f *fieldCutter) add(dst, p []byte) []byte {
	for len(p) > 0 {
		end := bytes.IndexAny(p, " \n")
		if end < 0 {
			return f.part(dst, p)
		}
		dst = append(f.end(f.part(dst, p[:end])), p[end])
		p = p[end+1:]
	}
	return dst
}

// part takes a part of a field.
func (f *fieldCutter) part(dst, p []byte) []byte {
	if room := max(0, longField-f.n); len(p) > room {
		if f.n <= longField { // it becomes long here
			f.sum = sha256.New()
			f.sum.Write(dst[len(dst)-f.n:])
		}
		f.sum.Write(p)
		dst = append(dst, p[:room]...)
	} else {
		dst = append(dst, p...)
	}
	f.n += len(p)
	return dst
}

// end ends a field.
func (f *fieldCutter) end(dst []byte) []byte {
	if f.n > longField {
		dst = fmt.Appendf(dst, "...(%d-bytes,#%x)", f.n, f.sum.Sum(nil)[:4])
	}
	f.n = 0
	return dst
}

func (d *respReader) aggregate(r *response, kind byte, header []byte, depth int) error {
	n, err := length(header)
	if err != nil {
		return err
	}
	if n < 0 {
		r.nodes = append(r.nodes, node{kind: '_'})
		return nil
	}
	if n > maxNodes {
		return protocolError(fmt.Sprintf("reply of %d values is over the limit of %d", n, maxNodes))
	}
	if kind == '%' || kind == '|' {
		n *= 2
	}
	r.nodes = append(r.nodes, node{kind: kind, n: n})
	for range n {
		at := len(r.nodes)
		if err := d.value(r, depth+1); err != nil {
			return err
		}
		if r.nodes[at].kind == '|' { // an attribute is no element: the value follows it
			r.nodes = r.nodes[:at]
			if err := d.value(r, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendCommand writes a command as the array of bulk strings that servers take.
func appendCommand(dst []byte, args []string) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(args)), 10), "\r\n"...)
	for _, a := range args {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(a)), 10), "\r\n"...)
		dst = append(append(dst, a...), "\r\n"...)
	}
	return dst
}
