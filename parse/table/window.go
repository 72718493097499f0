package table

import (
	"io"
	"sync"
)

// A window gives those parts of a file that are in memory, and nothing else.
type window struct {
	mu    sync.Mutex
	parts []part
}

type part struct {
	at   int64
	data []byte
}

func (w *window) add(at int64, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parts = append(w.parts, part{at, data})
}

func (w *window) remove(at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.parts {
		if w.parts[i].at == at {
			w.parts = append(w.parts[:i], w.parts[i+1:]...)
			return
		}
	}
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, at int64) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, part := range w.parts {
		if i := at - part.at; i >= 0 && i < int64(len(part.data)) {
			n := copy(p, part.data[i:])
			if n < len(p) {
				return n, io.EOF
			}
			return n, nil
		}
	}
	return 0, io.ErrUnexpectedEOF
}
