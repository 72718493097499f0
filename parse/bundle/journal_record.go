package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// errJournal is what everything wrong in the bytes of a journal record wraps.
var errJournal = errors.New("damaged journal record")

// AppendRecord appends a record's journal form, which holds everything but Pos: a byte for
// the kind, the head, and the record's own fields in the order in which they are declared,
// those of a row of CLIENT LIST too; numbers as varints, texts and lists with their length
// before them. Times keep microseconds. zstd makes little of what repeats from row to row.
func AppendRecord(dst []byte, rec record.Record) []byte {
	h := rec.Base()
	dst = append(dst, byte(rec.Kind()))
	dst = binary.AppendVarint(dst, segment.Micros(h.At))
	dst = binary.AppendVarint(dst, segment.TookMicros(h.Took))
	dst = binary.AppendVarint(dst, int64(h.Size))
	return appendValue(dst, reflect.ValueOf(rec).Elem())
}

var headType = reflect.TypeFor[record.Head]()

// fieldsOf has what ownFields gives, by type: to ask reflect for each of a list's rows takes an
// allocation a field.
var fieldsOf sync.Map

// ownFields gives the places of a struct's fields that are part of a journal form.
func ownFields(t reflect.Type) []int {
	if known, ok := fieldsOf.Load(t); ok {
		return known.([]int)
	}
	var own []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Type != headType {
			own = append(own, i)
		}
	}
	fieldsOf.Store(t, own)
	return own
}

func appendValue(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Struct:
		for _, i := range ownFields(v.Type()) {
			dst = appendValue(dst, v.Field(i))
		}
	case reflect.String:
		dst = append(binary.AppendUvarint(dst, uint64(v.Len())), v.String()...)
	case reflect.Slice:
		dst = binary.AppendUvarint(dst, uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return append(dst, v.Bytes()...)
		}
		for i := range v.Len() {
			dst = appendValue(dst, v.Index(i))
		}
	case reflect.Bool:
		dst = append(dst, 0)
		if v.Bool() {
			dst[len(dst)-1] = 1
		}
	case reflect.Uint64:
		dst = binary.AppendUvarint(dst, v.Uint())
	default:
		dst = binary.AppendVarint(dst, v.Int())
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
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// bytes reads a length, and gives as many bytes.
func (r *recordReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// value fills v, whose memory it uses again; bytes stay those of r.
func (r *recordReader) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, i := range ownFields(v.Type()) {
			if r.value(v.Field(i)); r.err != nil {
				return
			}
		}
	case reflect.String:
		if b := r.bytes(); r.intern != nil {
			v.SetString(r.intern(b))
		} else {
			v.SetString(string(b))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(r.bytes())
			return
		}
		n := r.uvarint()
		if least := leastSize(v.Type().Elem()); n > uint64(len(r.b)/least) || n > record.MaxListRows && least > 1 {
			r.fail()
			return
		}
		if v.Cap() < int(n) {
			v.Set(reflect.MakeSlice(v.Type(), int(n), int(n)))
		}
		v.SetLen(int(n))
		for i := 0; i < int(n) && r.err == nil; i++ {
			r.value(v.Index(i))
		}
	case reflect.Bool:
		u := r.uvarint()
		if u > 1 {
			r.fail()
		}
		v.SetBool(u == 1)
	case reflect.Uint64:
		v.SetUint(r.uvarint())
	default:
		v.SetInt(r.varint())
	}
}

// leastSize gives the bytes that a value of a type takes at least.
func leastSize(t reflect.Type) int {
	if t.Kind() != reflect.Struct {
		return 1
	}
	n := 0
	for i := range t.NumField() {
		n += leastSize(t.Field(i).Type)
	}
	return n
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
	switch rec := rec.(type) { // lists that were given may have been kept
	case *record.Clients:
		rec.Layouts = nil
	case *record.Slowlog:
		rec.Entries = nil
	}
	if r.value(reflect.ValueOf(rec).Elem()); r.err == nil && len(r.b) != 0 {
		r.fail()
	}
	if r.err != nil {
		return rec, r.err
	}
	switch rec := rec.(type) {
	case *record.Info:
		rec.Reset(rec.Text)
	case *record.Clients:
		return rec, segment.CheckLayouts(rec)
	}
	return rec, nil
}

// A RecordBuffer gives records back from the form that AppendRecord writes. The zero value is
// ready for use.
type RecordBuffer struct{ set segment.Set }

// Record reads one record, which is valid until the next call; its texts belong to b.
func (d *RecordBuffer) Record(b []byte) (record.Record, error) {
	return decode(&d.set, &recordReader{b: b})
}
