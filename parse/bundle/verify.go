package bundle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
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
