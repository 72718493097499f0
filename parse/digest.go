package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// A digest passes a stream on and keeps its hash and length.
type digest struct {
	r     io.Reader
	h     hash.Hash
	n     int64
	whole bool       // the stream has been read to its end
	ahead *fileAhead // instead of r, for a large file
}

func newDigest(r io.Reader) *digest { return &digest{r: r, h: sha256.New()} }

// newFileDigest is newDigest, but reads a large file ahead. Call stop before closing it.
func newFileDigest(r io.Reader) *digest {
	d := newDigest(r)
	if f, ok := r.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Size() >= aheadFrom {
			d.ahead = newFileAhead(f, d.h)
		}
	}
	return d
}

func (d *digest) Read(p []byte) (n int, err error) {
	if d.ahead != nil {
		n, err = d.ahead.Read(p)
	} else {
		n, err = d.r.Read(p)
		d.h.Write(p[:n])
	}
	d.n += int64(n)
	d.whole = d.whole || err == io.EOF
	return n, err
}

// stop ends the reading ahead.
func (d *digest) stop() {
	if d.ahead != nil {
		d.ahead.stop()
	}
}

// drain reads what a decompressor left over, so that the hash is of the whole file.
func (d *digest) drain() {
	if !d.whole {
		io.Copy(io.Discard, d)
	}
}

// hex gives the SHA-256, empty until the stream has been read to its end.
func (d *digest) hex() string {
	if !d.whole {
		return ""
	}
	return hex.EncodeToString(d.h.Sum(nil))
}
