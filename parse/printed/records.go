package printed

import (
	"bytes"
	"fmt"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// Records makes records of replies. A record is good until the next. The zero Records is ready.
type Records struct {
	parser  reply.ClientParser
	info    record.Info
	clients record.Clients
	other   record.Other
}

// Of gives the record of a reply, without its position's file.
func (c *Records) Of(r *Reply) record.Record {
	var out record.Record
	size := len(r.Text)
	switch r.Kind {
	case Info:
		if r.After >= 0 {
			r.Text = fmt.Appendf(r.Text, "%s:%g\r\n", record.AfterKey, r.After.Seconds())
		}
		c.info.Reset(r.Text)
		if usec, ok := c.info.Int("server_time_usec"); ok && usec > 1e15 && usec < 1e16 && r.At.IsZero() {
			r.At = time.UnixMicro(usec).UTC()
		}
		out = &c.info
	case Clients:
		c.parser.Parse(r.Text, &c.clients)
		out = &c.clients
	default:
		c.other.Command, c.other.Text = record.SocketsCommand, bytes.Clone(r.Text)
		out = &c.other
	}
	*out.Base() = record.Head{Pos: record.Pos{Line: r.Line}, At: r.At, Took: -1, Size: size}
	return out
}
