package parse

import (
	"hash"
	"io"
	"sync"
)

// Sizes of reading ahead. They are arbitrary: blocks are large against the cost of handing
// them over and small against a processor's cache, and a smaller file is not worth it.
const (
	aheadBlock = 256 << 10
	aheadCount = 4
	aheadFrom  = 4 << 20
)

// A fileAhead reads and hashes a file on another core than the one that parses it: together
// they are a quarter of the work. What it reads and when is seen by nobody but the file.
type fileAhead struct {
	full chan block
	free chan []byte
	quit chan struct{}
	once sync.Once
	cur  block
	left []byte // of cur
}

// A block is a part of the file, with the error that ended the reading behind it.
type block struct {
	data []byte
	err  error
}

// newFileAhead begins to read r into h. Until Read gives an error or stop returns, both are
// its own.
func newFileAhead(r io.Reader, h hash.Hash) *fileAhead {
	a := &fileAhead{full: make(chan block, aheadCount), free: make(chan []byte, aheadCount), quit: make(chan struct{})}
	for range aheadCount {
		a.free <- make([]byte, aheadBlock)
	}
	go a.run(r, h)
	return a
}

func (a *fileAhead) run(r io.Reader, h hash.Hash) {
	defer close(a.full)
	for {
		select {
		case <-a.quit:
			return
		case buf := <-a.free:
			n, err := r.Read(buf)
			h.Write(buf[:n])
			a.full <- block{buf[:n], err} // there is room for every block
			if err != nil {
				return
			}
		}
	}
}

// Read implements io.Reader.
func (a *fileAhead) Read(p []byte) (int, error) {
	for len(a.left) == 0 {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.data != nil {
			a.free <- a.cur.data[:aheadBlock]
			a.cur.data = nil
		}
		b, ok := <-a.full
		if !ok {
			b.err = io.ErrClosedPipe
		}
		a.cur, a.left = b, b.data
	}
	n := copy(p, a.left)
	a.left = a.left[n:]
	return n, nil
}

// stop ends the reading and returns when the file is no longer used.
func (a *fileAhead) stop() {
	a.once.Do(func() { close(a.quit) })
	for range a.full {
	}
}
