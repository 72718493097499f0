package bundle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"

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

// checkClaims holds what the manifest says of times and kinds against the records: those of
// each segment, and the span of all, which is in span.
func (b *Bundle) checkClaims(sealed []segment.Tally, span *record.Meta) error {
	wrong := func(first int64, format string, args ...any) error {
		return &record.InputError{Pos: record.Pos{File: b.base, Sample: first}, Msg: "manifest does not fit the records",
			Err: fmt.Errorf(format, args...)}
	}
	for i := range sealed {
		s := &b.man.Segments[i]
		is := describe(s.First, sealed[i])
		if is.Parts = s.Parts; !reflect.DeepEqual(&is, s) {
			return wrong(s.First, "they are %d, %v from %d to %d us, not %d, %v from %d to %d us",
				is.Records, is.Kinds, is.FromUs, is.ToUs, s.Records, s.Kinds, s.FromUs, s.ToUs)
		}
	}
	m := &b.man.Meta
	switch {
	case b.journal != nil: // the span is written with the next segment
	case m.Sealed == "recovered": // and what was lost may have been before or behind
		if !span.From.IsZero() && (span.From.Before(m.From) || span.To.After(m.To)) {
			return wrong(1, "they are from %v to %v, outside of %v to %v", span.From, span.To, m.From, m.To)
		}
	case !m.From.Equal(span.From) || !m.To.Equal(span.To):
		return wrong(1, "they are from %v to %v, not from %v to %v", span.From, span.To, m.From, m.To)
	}
	return nil
}
