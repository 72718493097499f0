package table

import "io"

// A window gives those parts of a file that are in memory, and nothing else.
type window []part

type part struct {
	at   int64
	data []byte
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, at int64) (int, error) {
	for _, part := range *w {
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
