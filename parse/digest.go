package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// A digest passes a stream on and keeps its hash and length.
type digest struct {
	r     io.Reader
	h     hash.Hash
	n     int64
	whole bool // the stream has been read to its end
}

func newDigest(r io.Reader) *digest { return &digest{r: r, h: sha256.New()} }

func (d *digest) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.h.Write(p[:n])
	d.n += int64(n)
	d.whole = d.whole || err == io.EOF
	return n, err
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
