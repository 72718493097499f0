package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/connbox/connbox/parse/record"
)

// A sealer writes segments that are full, one at a time, beside the filling of the next: it
// takes about a fifth of what making a bundle of text costs. What is written does not depend
// on how fast that goes.
type sealer struct {
	enc   *encoder
	done  chan struct{} // closed when the last segment is written; nil before the first
	err   error         // of writing it, valid then
	spare *segment      // written, its memory to be used again
}

// seal ends the open segment, writes its tables and begins the next. While recording it
// returns when they are written, as the journal may go only then; else they are written
// beside what follows, and an error comes from a later seal or from sealed.
func (w *Writer) seal() error {
	if len(w.seg.samples) == 0 {
		return nil
	}
	if w.live != nil {
		if err := w.writeSegment(w.seg); err != nil {
			return writeError(w.path, err)
		}
		w.seg.reset(w.seg.end())
		return writeError(w.path, w.live.rotate(&w.man))
	}
	if err := w.sealed(); err != nil {
		return err
	}
	full := w.seg
	w.seg, w.sealer.spare = w.sealer.spare, full
	if w.seg == nil {
		w.seg = newSegment()
	}
	w.seg.limits = full.limits
	w.seg.reset(full.end())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.sealer.err = w.writeSegment(full)
	}()
	w.sealer.done = done
	return nil
}

// sealed waits for the segment being written, if any, and gives its error.
func (w *Writer) sealed() error {
	if w.sealer.done == nil {
		return nil
	}
	<-w.sealer.done
	return writeError(w.path, w.sealer.err)
}

// writeSegment writes a segment's tables and enters them in the manifest. Beside its own
// goroutine nobody uses the manifest's segments, the encoder and the container meanwhile.
func (w *Writer) writeSegment(s *segment) error {
	info := segmentInfo{First: s.samples[0].seq, Records: int64(len(s.samples)),
		Kinds: map[string]int64{}, FromUs: unixMicro(s.from), ToUs: unixMicro(s.to)}
	for k, n := range s.kinds {
		if n > 0 {
			info.Kinds[record.Kind(k).String()] = n
		}
	}
	err := w.sealer.enc.encode(s, func(m member) error {
		name := fmt.Sprintf("%05d-%s", len(w.man.Segments)+1, m.table)
		if m.table != tableInfo {
			name += ".parquet"
		}
		sum := sha256.Sum256(m.data)
		info.Members = append(info.Members, memberInfo{name, m.table, m.rows, int64(len(m.data)),
			hex.EncodeToString(sum[:])})
		return w.out.put(name, m.data)
	})
	if err == nil {
		w.man.Segments = append(w.man.Segments, info)
	}
	return err
}
