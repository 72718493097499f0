package parse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// maxRecord bounds one record in its journal form, and so the memory to read one. A
// CLIENT LIST of 65,000 clients takes about 4 MB.
const maxRecord = 32 << 20

// maxListRows bounds the rows of one CLIENT LIST; servers stop at some 65,000 for each of
// their addresses.
const maxListRows = 1 << 18

// maxLayoutKeys bounds the keys of a list's layouts together; servers have one of some 30.
const maxLayoutKeys = 1 << 20

// errJournal is what everything wrong in the bytes of a journal record wraps.
var errJournal = errors.New("damaged journal record")

// appendRecord appends a record's journal form, which holds everything but Pos: a byte for
// the kind, the head, and the kind's own fields; numbers as varints, texts with their
// length before them. Times keep microseconds.
func appendRecord(dst []byte, rec record.Record) []byte {
	h := rec.Base()
	dst = append(dst, byte(rec.Kind()))
	dst = binary.AppendVarint(dst, unixMicro(h.At))
	dst = binary.AppendVarint(dst, tookMicro(h.Took))
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
		n += 2 * len(joinLayouts(r.Layouts))
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
	dst = appendText(dst, joinLayouts(r.Layouts))
	dst = binary.AppendUvarint(dst, uint64(len(r.Rows)))
	prev := new(record.Client)
	for i := range r.Rows {
		dst = appendClientDiff(dst, prev, &r.Rows[i])
		prev = &r.Rows[i]
	}
	return dst
}

// numDiffs is how many fields appendClientDiff knows: the columns, Has, Layout, Age, Idle.
const numDiffs = len(clientColumns) + 4

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
	for i := range clientColumns {
		if col := &clientColumns[i]; col.num != nil {
			num(i, *col.num(prev), *col.num(c))
		} else if s := *col.str(c); s != *col.str(prev) {
			set |= 1 << i
			dst = appendText(dst, s)
		}
	}
	num(len(clientColumns), int64(prev.Has), int64(c.Has))
	num(len(clientColumns)+1, int64(prev.Layout), int64(c.Layout))
	num(len(clientColumns)+2, prev.Age, c.Age)
	num(len(clientColumns)+3, prev.Idle, c.Idle)
	for i := range 5 {
		dst[at+i] = byte(set >> (8 * i))
	}
	return dst
}

// A recordReader reads what appendRecord wrote. The first error sticks.
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
		case len(clientColumns):
			c.Has += record.FieldSet(r.varint())
		case len(clientColumns) + 1:
			c.Layout += int(r.varint())
		case len(clientColumns) + 2:
			c.Age += r.varint()
		case len(clientColumns) + 3:
			c.Idle += r.varint()
		default:
			if col := &clientColumns[i]; col.num != nil {
				*col.num(c) += r.varint()
			} else {
				*col.str(c) = r.text()
			}
		}
	}
}

// A recordSet holds one record of each kind, to be filled again and again.
type recordSet struct {
	info    record.Info
	clients record.Clients
	changes ClientChanges
	slowlog record.Slowlog
	config  record.Config
	other   record.Other
	failure record.Failure
	mark    record.Mark
	chatter record.Chatter
}

// of gives the record of a kind, nil for an unknown one.
func (s *recordSet) of(k record.Kind) record.Record {
	switch k {
	case record.KindInfo:
		return &s.info
	case record.KindClients:
		return &s.clients
	case record.KindSlowlog:
		return &s.slowlog
	case record.KindConfig:
		return &s.config
	case record.KindOther:
		return &s.other
	case record.KindFailure:
		return &s.failure
	case record.KindMark:
		return &s.mark
	case record.KindChatter:
		return &s.chatter
	}
	return nil
}

// decode reads one record in journal form. What it gives belongs to s, and the texts of
// Info and Other to b.
func (s *recordSet) decode(r *recordReader) (record.Record, error) {
	if len(r.b) == 0 {
		return nil, errJournal
	}
	rec := s.of(record.Kind(r.b[0]))
	if rec == nil {
		return nil, fmt.Errorf("%w: unknown kind %d", errJournal, r.b[0])
	}
	r.b = r.b[1:]
	at, took, size := r.varint(), r.varint(), r.varint()
	*rec.Base() = record.Head{At: microTime(at), Took: microTook(took), Size: int(size)}
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
		return rec, checkLayouts(c)
	}
	return rec, r.err
}

// checkLayouts makes sure that each row's Layout is one: others index with it.
func checkLayouts(c *record.Clients) error {
	keys := 0
	for _, l := range c.Layouts {
		keys += len(l)
	}
	if keys > maxLayoutKeys {
		return fmt.Errorf("CLIENT LIST has %d different keys, which is too many", keys)
	}
	for i := range c.Rows {
		if l := c.Rows[i].Layout; l < -1 || l >= len(c.Layouts) {
			return fmt.Errorf("row %d of CLIENT LIST has layout %d of %d", i+1, l, len(c.Layouts))
		}
	}
	return nil
}

func (r *recordReader) clients(c *record.Clients) {
	if l, ok := splitLayouts(r.text()); ok {
		c.Layouts = l
	} else {
		r.fail()
	}
	n := r.count(5)
	if n > maxListRows {
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

// unixMicro gives a time's microseconds, atUnknown for the zero time or one too far off.
func unixMicro(t time.Time) int64 {
	if t.IsZero() || t.Year() > 200000 || t.Year() < -200000 {
		return atUnknown
	}
	return t.UnixMicro()
}

func microTime(us int64) time.Time {
	if us == atUnknown {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func tookMicro(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Microseconds()
}

// microTook gives -1, not -1 µs, for an unknown duration, and no number that overflows.
func microTook(us int64) time.Duration {
	if us < 0 || us > 1<<53 {
		return -1
	}
	return time.Duration(us) * time.Microsecond
}
