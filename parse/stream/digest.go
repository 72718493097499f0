// Package stream reads inputs as they lie on disk: a Digest keeps the hash and length of what
// passes through it, Unpack takes off gzip and zstd, and OpenText opens a text file that may be
// compressed. Memory is bounded whatever a file claims: Unpack holds one window of each
// compression.
package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// A Digest passes a stream on and keeps its hash and length.
type Digest struct {
	r     io.Reader
	h     hash.Hash
	n     int64
	whole bool
}

func NewDigest(r io.Reader) *Digest { return &Digest{r: r, h: sha256.New()} }

func (d *Digest) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.h.Write(p[:n])
	d.n += int64(n)
	d.whole = d.whole || err == io.EOF
	return n, err
}

// Size gives the bytes read so far.
func (d *Digest) Size() int64 { return d.n }

// Ended tells that the stream has been read to its end.
func (d *Digest) Ended() bool { return d.whole }

// Sum gives the SHA-256 of what has been read.
func (d *Digest) Sum() []byte { return d.h.Sum(nil) }

// Drain reads what a decompressor left over, so that the hash is of the whole file.
func (d *Digest) Drain() {
	if !d.whole {
		io.Copy(io.Discard, d)
	}
}

// Hex gives the SHA-256, empty until the stream has been read to its end.
func (d *Digest) Hex() string {
	if !d.whole {
		return ""
	}
	return hex.EncodeToString(d.h.Sum(nil))
}
