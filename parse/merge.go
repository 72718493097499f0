package parse

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/segment"
)

// A Merged gives the records of several recordings of one server as one, in order of time.
//
// Each recording keeps its own order: a record without a time, or with one that ran
// backwards, counts as of the time before it. At equal times the recording named first
// comes first.
//
// Where recordings overlap because one is a copy of a part of another, a record comes
// once: the second of two from different recordings is left out if kind, time to the
// microsecond, duration, size and content are the same. Of lists the content is left out
// where there is a duration, as two recorders never agree in that and the rest; a text's
// records have none, and its times often no more than seconds.
//
// A recording that cannot be read to its end does not keep the others from being read; Err
// gives the first such error.
type Merged struct {
	parts  []mergePart
	cur    int        // part of the record given last, -1 before the first
	lists  int        // part of the list given last, -1 before the first
	at     time.Time  // of the record given last
	now    []mergeKey // records given at that time
	warn   record.Warnings
	buf    []byte
	ended  bool
	warned bool
	name   string // instead of the recordings' names
	lost   error  // of a recording that could not be opened
}

// A mergePart is one recording and its next record.
type mergePart struct {
	src  record.Source
	rec  record.Record // nil at the end
	at   time.Time     // of rec, never falling
	name string
	run  string // run id of its last INFO

	from, to time.Time // outside of which it has no record; zero where that is not known
}

// A mergeKey is what tells a record from another.
type mergeKey struct {
	part     int
	kind     record.Kind
	us, took int64 // microseconds
	size     int
	sum      uint32 // of the content
}

// Merge gives the records of sources of one server, which it will close. It warns where
// they seem to be of different servers.
func Merge(sources ...record.Source) *Merged {
	m := &Merged{cur: -1, lists: -1}
	for _, s := range sources {
		o := s.Origin()
		for i := range m.parts {
			if was := m.parts[i].src.Origin(); was.Meta.Target != "" && o.Meta.Target != "" && was.Meta.Target != o.Meta.Target && !m.warned {
				m.warned = true
				m.warn.Add(record.Pos{File: o.Name}, "a recording of %s is merged with one of %s (%s)", o.Meta.Target, was.Meta.Target, was.Name)
			}
		}
		part := mergePart{src: s, name: o.Name}
		if o.Kind == record.InputBundle && !o.Meta.From.IsZero() {
			part.from = o.Meta.From
			if o.Meta.Sealed != "" { // else its journal is not in its times yet
				part.to = o.Meta.To
			}
		}
		m.parts = append(m.parts, part)
	}
	m.warned = false
	return m
}

// Changes implements ChangeSource, for those of the recordings that do.
func (m *Merged) Changes() {
	for i := range m.parts {
		if s, ok := m.parts[i].src.(record.ChangeSource); ok {
			s.Changes()
		}
	}
}

func (m *Merged) Scan() bool {
	if m.ended {
		return false
	}
	if m.cur < 0 {
		for i := range m.parts {
			m.parts[i].next()
		}
	} else {
		m.parts[m.cur].next()
	}
	for {
		m.cur = m.first()
		if m.cur < 0 {
			m.ended = true
			return false
		}
		p := &m.parts[m.cur]
		if m.twice(p) {
			if p.rec.Kind() == record.KindClients && m.lists == m.cur {
				m.lists = -1 // the next may continue the one left out
			}
			p.next()
			continue
		}
		m.look(p)
		return true
	}
}

// first gives the part whose record is next, -1 at the end of all.
func (m *Merged) first() int {
	best := -1
	for i := range m.parts {
		if p := &m.parts[i]; p.rec != nil && (best < 0 || p.at.Before(m.parts[best].at)) {
			best = i
		}
	}
	return best
}

func (p *mergePart) next() {
	if !p.src.Scan() {
		p.rec = nil
		return
	}
	p.rec = p.src.Record()
	if at := p.rec.Base().At; at.After(p.at) {
		p.at = at
	}
}

// twice tells whether another part gave the same record, and notes it if none did.
func (m *Merged) twice(p *mergePart) bool {
	if m.alone(p) {
		return false
	}
	h := p.rec.Base()
	k := mergeKey{part: m.cur, kind: p.rec.Kind(), us: segment.Micros(h.At), took: segment.TookMicros(h.Took), size: h.Size}
	k.sum = m.sum(p.rec, k.took)
	if !p.at.Equal(m.at) {
		m.at, m.now = p.at, m.now[:0]
	}
	for _, was := range m.now {
		same := k
		same.part = was.part
		if was.part != m.cur && was == same {
			return true
		}
	}
	if len(m.now) < maxMergeNow {
		m.now = append(m.now, k)
	}
	return false
}

// alone tells whether no other part has records of the time of p's.
func (m *Merged) alone(p *mergePart) bool {
	for i := range m.parts {
		o := &m.parts[i]
		outside := !o.from.IsZero() && p.at.Before(o.from) || !o.to.IsZero() && p.at.After(o.to)
		if o != p && !outside {
			return false
		}
	}
	return true
}

// sum gives a checksum of what a record says.
func (m *Merged) sum(rec record.Record, took int64) uint32 {
	switch r := rec.(type) {
	case *record.ClientChanges:
		return 0
	case *record.Clients:
		if took >= 0 {
			return 0
		}
		m.buf = reply.AppendClients(m.buf[:0], r)
	case *record.Info:
		return crc32.ChecksumIEEE(r.Text)
	case *segment.StoredInfo:
		return crc32.ChecksumIEEE(r.Text())
	case *segment.StoredList: // has a duration
		return 0
	default:
		m.buf = bundle.AppendRecord(m.buf[:0], rec)
	}
	return crc32.ChecksumIEEE(m.buf)
}

// maxMergeNow bounds how many records of one moment are compared with each other.
const maxMergeNow = 1024

// look makes a list stand by itself after one of another part, and compares run ids.
func (m *Merged) look(p *mergePart) {
	switch r := p.rec.(type) {
	case *record.ClientChanges:
		if m.lists != m.cur {
			r.MakeWhole()
		}
		m.lists = m.cur
	case *record.Clients:
		m.lists = m.cur
	case *record.Info:
		if len(m.parts) > 1 { // else there is nothing to compare it with
			run, _ := r.Value("run_id")
			m.compare(p, run)
		}
	case *segment.StoredInfo:
		run, _ := r.Value("run_id")
		m.compare(p, run)
	}
}

// compare warns where a part's run id is not that of the others.
func (m *Merged) compare(p *mergePart, run []byte) {
	if len(run) == 0 || string(run) == p.run {
		return
	}
	p.run = string(run)
	for i := range m.parts {
		if was := &m.parts[i]; was.run != "" && was.run != p.run && i != m.cur && !m.warned {
			m.warned = true
			m.warn.Add(p.rec.Base().Pos, "its run_id is not that of %s: another server, or one that was restarted in between", was.name)
		}
	}
}

func (m *Merged) Record() record.Record {
	if m.cur < 0 {
		return nil
	}
	return m.parts[m.cur].rec
}

func (m *Merged) Err() error {
	for i := range m.parts {
		if err := m.parts[i].src.Err(); err != nil {
			return err
		}
	}
	return m.lost
}

func (m *Merged) Warnings() []string {
	var all record.Warnings
	own := m.warn // take empties the copy
	all.Take(&own)
	for i := range m.parts {
		for _, s := range m.parts[i].src.Warnings() {
			all.Add(record.Pos{}, "%s", s)
		}
	}
	return all.All()
}

// Origin implements Source. SHA256 is that of the recordings' own SHA-256 (32 bytes each),
// in the order given to Merge; the recording's Meta spans all of theirs.
func (m *Merged) Origin() record.Origin {
	o := record.Origin{Kind: record.InputBundle}
	sum, names := sha256.New(), []string{}
	known := m.ended
	for i := range m.parts {
		p := m.parts[i].src.Origin()
		if p.Kind != record.InputBundle {
			o.Kind = p.Kind
		}
		names = append(names, p.Name)
		o.Bytes += p.Bytes
		h, err := hex.DecodeString(p.SHA256)
		known = known && err == nil && len(h) == sha256.Size
		sum.Write(h)
		o.Meta.Widen(&p.Meta)
	}
	o.Name = cmp.Or(m.name, strings.Join(names, ", "))
	if known {
		o.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	return o
}

func (m *Merged) Close() error {
	m.ended = true
	var first error
	for i := range m.parts {
		first = cmp.Or(first, m.parts[i].src.Close())
	}
	return first
}
