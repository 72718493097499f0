package parse

import (
	"context"
	"io"
	"strconv"

	"github.com/connbox/connbox/parse/record"
)

// A bounded is a Source that ends when its context does, or at a limit of its Options.
type bounded struct {
	record.Source
	ctx            context.Context
	stop           context.CancelFunc
	o              record.Options
	records, bytes int64
	err            error
}

func newBounded(ctx context.Context, o record.Options) *bounded {
	b := &bounded{ctx: ctx, stop: func() {}, o: o}
	if o.MaxTime > 0 {
		b.ctx, b.stop = context.WithTimeoutCause(ctx, o.MaxTime, &record.LimitError{What: record.LimitTime, Most: o.MaxTime.String()})
	}
	return b
}

// around gives src within the bounds, as a ChangeSource where it is one; src itself where there
// are none.
func (b *bounded) around(src record.Source) record.Source {
	if b.ctx.Done() == nil && b.o.MaxRecords == 0 && b.o.MaxBytes == 0 {
		return src
	}
	b.Source = src
	if c, ok := src.(record.ChangeSource); ok {
		return &boundedChanges{b, c}
	}
	return b
}

// openError is why a recording could not be opened: what ended the context goes first.
func (b *bounded) openError(err error) error {
	if b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	b.stop()
	return err
}

func (b *bounded) Scan() bool {
	if b.err == nil && b.ctx.Err() != nil {
		b.err = context.Cause(b.ctx)
	}
	if b.err != nil || !b.Source.Scan() {
		return false
	}
	b.records++
	b.bytes += int64(b.Source.Record().Base().Size)
	switch o := b.o; {
	case o.MaxRecords > 0 && b.records > o.MaxRecords:
		b.err = &record.LimitError{What: record.LimitRecords, Most: strconv.FormatInt(o.MaxRecords, 10)}
	case o.MaxBytes > 0 && b.bytes > o.MaxBytes:
		b.err = &record.LimitError{What: record.LimitBytes, Most: strconv.FormatInt(o.MaxBytes, 10) + " bytes"}
	}
	return b.err == nil
}

func (b *bounded) Err() error {
	if b.err != nil {
		return b.err
	}
	err := b.Source.Err()
	if err != nil && b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	return err
}

func (b *bounded) Close() error {
	b.stop()
	return b.Source.Close()
}

// A boundedChanges is one that can tell lists by what changed.
type boundedChanges struct {
	*bounded
	from record.ChangeSource
}

func (b *boundedChanges) Changes() { b.from.Changes() }

// A stopping is a stream that ends with its context.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopping) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.r.Read(p)
}
