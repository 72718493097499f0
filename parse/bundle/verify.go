package bundle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// verify holds a bundle's file against the one that would be written of its members: what
// is before, between and behind them no hash covers, so it must be as it would be there. It
// gives an error that says from which byte on it is not.
func (z *zipFiles) verify(m *manifest) error {
	same := &comparer{r: io.NewSectionReader(z.r, 0, z.size)}
	out := zip.NewWriter(same)
	names := []string{}
	for i := range m.Files {
		names = append(names, m.Files[i].Name)
	}
	for _, name := range append(names, manifestName) {
		at, ok := z.members[name]
		if !ok {
			return fmt.Errorf("member %q: it is missing", name)
		}
		err := addMember(out, name, at.crc, at.size, func(w io.Writer) error {
			h := crc32.NewIEEE()
			if _, err := io.Copy(io.MultiWriter(w, h), io.NewSectionReader(z.r, at.at, at.size)); err != nil {
				return err
			}
			if h.Sum32() != at.crc {
				return fmt.Errorf("member %q: its checksum in the zip is wrong", name)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	if same.at != z.size {
		return fmt.Errorf("there are %d bytes behind the bundle's end, which no hash covers", z.size-same.at)
	}
	return nil
}

// A comparer takes the bytes that r must give.
type comparer struct {
	r   io.Reader
	at  int64
	buf []byte
}

// Write implements io.Writer.
func (c *comparer) Write(p []byte) (int, error) {
	if len(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	got := c.buf[:len(p)]
	if _, err := io.ReadFull(c.r, got); err != nil || !bytes.Equal(got, p) {
		return 0, fmt.Errorf("at byte %d or little behind there is something that is no part of a bundle, and that no hash covers", c.at)
	}
	c.at += int64(len(p))
	return len(p), nil
}

// A tally is what a manifest claims of records, counted.
type tally struct {
	kinds    [record.NumKinds]int64
	from, to time.Time // earliest and latest known time, zero without any
	meta     record.Meta
}

func (t *tally) add(rec record.Record) {
	t.kinds[rec.Kind()]++
	at := segment.TimeOf(segment.Micros(rec.Base().At))
	if at.IsZero() {
		return
	}
	if t.from.IsZero() || at.Before(t.from) {
		t.from = at
	}
	if at.After(t.to) {
		t.to = at
	}
	noteTime(&t.meta, at)
}

// checkClaims holds what the manifest says of times and kinds against the records: those of
// each segment, and all.
func (b *Bundle) checkClaims(sealed []tally, all *tally) error {
	wrong := func(first int64, format string, args ...any) error {
		return &record.InputError{Pos: record.Pos{File: b.base, Sample: first}, Msg: "manifest does not fit the records",
			Err: fmt.Errorf(format, args...)}
	}
	for i := range sealed {
		s, t := &b.man.Segments[i], &sealed[i]
		if from, to := segment.Micros(t.from), segment.Micros(t.to); s.FromUs != from || s.ToUs != to {
			return wrong(s.First, "they are from %d to %d us, not from %d to %d", from, to, s.FromUs, s.ToUs)
		}
		claimed := int64(0)
		for k, n := range t.kinds {
			if said := s.Kinds[record.Kind(k).String()]; said != n {
				return wrong(s.First, "%d are of kind %s, not %d", n, record.Kind(k), said)
			}
		}
		for _, n := range s.Kinds {
			claimed += n
		}
		if claimed != s.Records {
			return wrong(s.First, "they are %d, not %d", s.Records, claimed)
		}
	}
	m := &b.man.Meta
	switch {
	case b.journal != nil: // the span is written with the next segment
	case m.Sealed == "recovered": // and what was lost may have been before or behind
		if !all.meta.From.IsZero() && (all.meta.From.Before(m.From) || all.meta.To.After(m.To)) {
			return wrong(1, "they are from %v to %v, outside of %v to %v", all.meta.From, all.meta.To, m.From, m.To)
		}
	case !m.From.Equal(all.meta.From) || !m.To.Equal(all.meta.To):
		return wrong(1, "they are from %v to %v, not from %v to %v", all.meta.From, all.meta.To, m.From, m.To)
	}
	return nil
}
