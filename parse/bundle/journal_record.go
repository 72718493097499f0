package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// errJournal is what everything wrong in the bytes of a journal record wraps.
var errJournal = errors.New("damaged journal record")

// AppendRecord appends a record's journal form, which holds everything but Pos: a byte for
// the kind, the head, and the kind's own fields; numbers as varints, texts with their
// length before them. Times keep microseconds.
func AppendRecord(dst []byte, rec record.Record) []byte {
	h := rec.Base()
	dst = append(dst, byte(rec.Kind()))
	dst = binary.AppendVarint(dst, segment.Micros(h.At))
	dst = binary.AppendVarint(dst, segment.TookMicros(h.Took))
	dst = binary.AppendVarint(dst, int64(h.Size))
	switch r := rec.(type) {
	case *record.Info:
		dst = append(dst, r.Text...)
	case *record.Clients:
		dst = appendClientsRecord(dst, r)
	case *record.Slowlog:
		dst = binary.AppendUvarint(dst, uint64(len(r.Entries)))
		for i := range r.Entries {
			dst = appendSlowEntry(dst, &r.Entries[i])
		}
	case *record.Config:
		dst = binary.AppendUvarint(dst, uint64(len(r.Pairs)))
		for _, p := range r.Pairs {
			dst = appendText(appendText(dst, p.Key), p.Value)
		}
	case *record.Other:
		dst = append(appendText(dst, r.Command), r.Text...)
	case *record.Failure:
		dst = appendText(appendText(appendText(dst, r.Command), string(r.Class)), r.Text)
	case *record.Mark:
		dst = appendText(dst, r.Text)
	case *record.Chatter:
		dst = appendText(binary.AppendVarint(dst, int64(r.Lines)), r.Text)
	}
	return dst
}

// recordSize gives about the bytes of a record's journal form.
func recordSize(rec record.Record) (int, error) {
	const head, num = 64, 10
	n := head
	switch r := rec.(type) {
	case *record.Info:
		n += len(r.Text)
	case *record.Clients:
		n += 2 * len(segment.JoinLayouts(r.Layouts))
		for i := range r.Rows {
			n += clientSize(&r.Rows[i])
		}
	case *record.Slowlog:
		for i := range r.Entries {
			e := &r.Entries[i]
			n += 6*num + len(e.Addr) + len(e.Name)
			for _, a := range e.Args {
				n += num + len(a)
			}
		}
	case *record.Config:
		for _, p := range r.Pairs {
			n += 2*num + len(p.Key) + len(p.Value)
		}
	case *record.Other:
		n += len(r.Command) + len(r.Text)
	case *record.Failure:
		n += len(r.Command) + len(r.Class) + len(r.Text)
	case *record.Mark:
		n += len(r.Text)
	case *record.Chatter:
		n += len(r.Text)
	default:
		return 0, fmt.Errorf("a record of type %T has no place in a bundle", rec)
	}
	return n, nil
}

// clientSize gives about what appendClientDiff takes for a client as servers send them.
func clientSize(c *record.Client) int {
	return 60 + len(c.Addr) + len(c.Laddr) + len(c.Name) + len(c.Flags) + len(c.Capa) + len(c.Events) +
		len(c.Cmd) + len(c.User) + len(c.LibName) + len(c.LibVer) + len(c.Extra) + len(c.Raw)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendSlowEntry(dst []byte, e *record.SlowEntry) []byte {
	dst = binary.AppendVarint(dst, e.ID)
	dst = binary.AppendVarint(dst, e.Time)
	dst = binary.AppendVarint(dst, e.Micros)
	six := byte(0)
	if e.Six {
		six = 1
	}
	dst = appendText(appendText(append(dst, six), e.Addr), e.Name)
	dst = binary.AppendUvarint(dst, uint64(len(e.Args)))
	for _, a := range e.Args {
		dst = appendText(dst, a)
	}
	return dst
}

func appendClientsRecord(dst []byte, r *record.Clients) []byte {
	dst = appendText(dst, segment.JoinLayouts(r.Layouts))
	dst = binary.AppendUvarint(dst, uint64(len(r.Rows)))
	prev := new(record.Client)
	for i := range r.Rows {
		dst = appendClientDiff(dst, prev, &r.Rows[i])
		prev = &r.Rows[i]
	}
	return dst
}

// Bits of appendClientDiff's set behind those of the fields.
const (
	diffHas = record.NumFields + iota
	diffLayout
	diffExtra
	diffRaw
	numDiffs
)

// appendClientDiff appends the fields of c that differ from prev's, after a bit set that
// says which.
func appendClientDiff(dst []byte, prev, c *record.Client) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0)
	var set uint64
	num := func(bit int, a, b int64) {
		if a != b {
			set |= 1 << bit
			dst = binary.AppendVarint(dst, b-a)
		}
	}
	text := func(bit int, a, b string) {
		if a != b {
			set |= 1 << bit
			dst = appendText(dst, b)
		}
	}
	for f := range record.NumFields {
		if spec := record.Field(f).Spec(); spec.Num != nil {
			num(f, *spec.Num(prev), *spec.Num(c))
		} else {
			text(f, *spec.Str(prev), *spec.Str(c))
		}
	}
	num(diffHas, int64(prev.Has), int64(c.Has))
	num(diffLayout, int64(prev.Layout), int64(c.Layout))
	text(diffExtra, prev.Extra, c.Extra)
	text(diffRaw, prev.Raw, c.Raw)
	for i := range 5 {
		dst[at+i] = byte(set >> (8 * i))
	}
	return dst
}

// A recordReader reads what AppendRecord wrote. The first error sticks.
type recordReader struct {
	b      []byte
	err    error
	intern func([]byte) string // may be nil
}

func (r *recordReader) fail() {
	if r.err == nil {
		r.err = errJournal
	}
	r.b = nil
}

func (r *recordReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *recordReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *recordReader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return ""
	}
	b := r.b[:n]
	r.b = r.b[n:]
	if r.intern != nil {
		return r.intern(b)
	}
	return string(b)
}

// count reads how many things follow, each of which takes at least size bytes.
func (r *recordReader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *recordReader) clientDiff(prev, c *record.Client) {
	*c = *prev
	if len(r.b) < 5 {
		r.fail()
		return
	}
	var set uint64
	for i := range 5 {
		set |= uint64(r.b[i]) << (8 * i)
	}
	r.b = r.b[5:]
	if set>>numDiffs != 0 {
		r.fail()
		return
	}
	for ; set != 0; set &= set - 1 {
		switch i := bits.TrailingZeros64(set); i {
		case diffHas:
			c.Has += record.FieldSet(r.varint())
		case diffLayout:
			c.Layout += int(r.varint())
		case diffExtra:
			c.Extra = r.text()
		case diffRaw:
			c.Raw = r.text()
		default:
			if spec := record.Field(i).Spec(); spec.Num != nil {
				*spec.Num(c) += r.varint()
			} else {
				*spec.Str(c) = r.text()
			}
		}
	}
}

// decode reads one record in journal form. What it gives belongs to s, and the texts of
// Info and Other to b.
func decode(s *segment.Set, r *recordReader) (record.Record, error) {
	if len(r.b) == 0 {
		return nil, errJournal
	}
	rec := s.Of(record.Kind(r.b[0]))
	if rec == nil {
		return nil, fmt.Errorf("%w: unknown kind %d", errJournal, r.b[0])
	}
	r.b = r.b[1:]
	at, took, size := r.varint(), r.varint(), r.varint()
	*rec.Base() = record.Head{At: segment.TimeOf(at), Took: segment.TookOf(took), Size: int(size)}
	switch rec := rec.(type) {
	case *record.Info:
		rec.Reset(r.b)
		r.b = nil
	case *record.Clients:
		r.clients(rec)
	case *record.Slowlog:
		r.slowlog(rec)
	case *record.Config:
		rec.Pairs = rec.Pairs[:0]
		for n := r.count(2); n > 0; n-- {
			rec.Pairs = append(rec.Pairs, record.Pair{Key: r.text(), Value: r.text()})
		}
	case *record.Other:
		rec.Command = r.text()
		rec.Text, r.b = r.b, nil
	case *record.Failure:
		rec.Command, rec.Class, rec.Text = r.text(), record.FailureClass(r.text()), r.text()
	case *record.Mark:
		rec.Text = r.text()
	case *record.Chatter:
		rec.Lines, rec.Text = int(r.varint()), r.text()
	}
	if r.err == nil && len(r.b) != 0 {
		r.fail()
	}
	if c, ok := rec.(*record.Clients); ok && r.err == nil {
		return rec, segment.CheckLayouts(c)
	}
	return rec, r.err
}

func (r *recordReader) clients(c *record.Clients) {
	if l, ok := segment.SplitLayouts(r.text()); ok {
		c.Layouts = l
	} else {
		r.fail()
	}
	n := r.count(5)
	if n > segment.MaxListRows {
		r.fail()
	}
	c.Rows = c.Rows[:0]
	prev := new(record.Client)
	for i := 0; i < n && r.err == nil; i++ {
		c.Rows = append(c.Rows, record.Client{})
		r.clientDiff(prev, &c.Rows[i])
		prev = &c.Rows[i]
	}
}

func (r *recordReader) slowlog(s *record.Slowlog) {
	s.Entries = s.Entries[:0]
	for n := r.count(7); n > 0 && r.err == nil; n-- {
		e := record.SlowEntry{ID: r.varint(), Time: r.varint(), Micros: r.varint()}
		if len(r.b) == 0 || r.b[0] > 1 {
			r.fail()
			return
		}
		e.Six = r.b[0] == 1
		r.b = r.b[1:]
		e.Addr, e.Name = r.text(), r.text()
		for m := r.count(1); m > 0; m-- {
			e.Args = append(e.Args, r.text())
		}
		s.Entries = append(s.Entries, e)
	}
}
