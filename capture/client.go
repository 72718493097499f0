package capture

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A client is one connection of a recording. It is used by one goroutine at a time, but for
// heard.
type client struct {
	nc      net.Conn
	in      *respReader
	out     []byte
	reply   response
	timeout time.Duration // of one command, from the write to the last byte; 0 = none
	bytes   *ear
	release func() bool // ends the watch over the context

	id      int64         // CLIENT ID of this connection; 0 = the server did not tell
	first   time.Duration // from the write to the first byte of the last reply; of pieces, of the last
	wait    time.Duration // the same of one command; of pieces, their median
	rtt     time.Duration // least wait of this connection: a round trip
	oneKey  bool          // CONFIG GET takes one parameter at a time (before Redis 7.0)
	oldLog  bool          // COMMANDLOG is not permitted, SLOWLOG may be
	unasked bool          // a password was given and the server wants none
	listens bool          // it is a subscriber, see subscribe

	// Of CLIENT LIST in pieces, see askClients.
	pieces   []int64  // ids to ask for; set by the recorder before it asks
	whole    bool     // the whole list, whatever is known; as well
	scans    bool     // the server looks at all clients for each piece
	clients  int64    // INFO's count of clients; 0, -1 = not known
	noPieces bool     // the server does not know CLIENT LIST ID
	joined   response // the pieces put together
	listed   int      // bytes of the last such
	waits    []time.Duration
	perRow   time.Duration // what a row takes the server; 0 = not known. See pieceOf
	rowWaits leastOf       // the same, of each of the last pieces
}

// newClient takes nc over. When ctx ends, the connection is closed at once, which ends a
// read that waits on it.
func newClient(ctx context.Context, nc net.Conn, timeout time.Duration, max int) *client {
	heard := &ear{Conn: nc}
	return &client{
		nc: nc, in: newRespReader(heard, max), timeout: timeout, bytes: heard,
		release: context.AfterFunc(ctx, func() { nc.Close() }),
	}
}

// An ear notes when bytes came last.
type ear struct {
	net.Conn
	last atomic.Int64 // nanoseconds since began
}

// began is what monotonic times are counted from.
var began = time.Now()

func (e *ear) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if n > 0 {
		e.last.Store(int64(time.Since(began)))
	}
	return n, err
}

// heard is when bytes came last on the connection, from any goroutine.
func (c *client) heard() time.Time { return began.Add(time.Duration(c.bytes.last.Load())) }

// cutFields makes the replies from here on come with their long fields cut, until what it gives is
// called.
func (c *client) cutFields() (end func()) {
	c.in.cut = new(fieldCutter)
	return func() { c.in.cut = nil }
}

// forget gives the memory of the last reply back.
func (c *client) forget() { c.reply, c.joined = response{}, response{} }

func (c *client) close() {
	c.release()
	c.nc.Close()
}

// do sends a command and reads its reply, which is valid until the next. The error is a
// replyError for an error reply, after which the connection is as good as before; after any
// other error it is of no further use.
func (c *client) do(args ...string) (*response, error) {
	begin := time.Now()
	// Setting a deadline fails only on a closed connection, which the write will say.
	var deadline time.Time
	if c.timeout > 0 {
		deadline = begin.Add(c.timeout)
	}
	c.nc.SetDeadline(deadline)
	c.out = appendCommand(c.out[:0], args)
	_, werr := c.nc.Write(c.out)
	if werr != nil {
		return nil, c.lastWords(werr)
	}
	if _, err := c.in.br.Peek(1); err != nil {
		return nil, err
	}
	c.first = time.Since(begin)
	c.wait = c.first
	if c.rtt == 0 || c.wait < c.rtt {
		c.rtt = c.wait
	}
	if err := c.in.read(&c.reply); err != nil {
		return nil, err
	}
	return &c.reply, errorReply(&c.reply)
}

// channelPrefix begins the name of the channel that a subscriber listens on, which nobody else
// knows.
const channelPrefix = "connbox:"

// subscribe makes the connection a subscriber of a channel on which nothing is said. The server
// counts it as of pub/sub then, which CLIENT KILL TYPE normal, a common way to get a full server
// back, leaves alone; under RESP3 a subscriber may send any command. A server that knows no RESP3
// (before Redis 6) or a user who may not subscribe leaves it as it is. The error is of a connection
// that is spent.
func (c *client) subscribe() error {
	rep, err := c.do("HELLO", "3")
	if err != nil || rep.nodes[0].kind != '%' {
		if err == nil || isReplyError(err) {
			return nil
		}
		return &stepError{"HELLO", err}
	}
	name := make([]byte, 8)
	rand.Read(name)
	c.out = appendCommand(c.out[:0], []string{"SUBSCRIBE", channelPrefix + hex.EncodeToString(name)})
	_, err = c.nc.Write(c.out)
	if err == nil {
		err = c.in.any(&c.reply) // a push, or why not
	}
	if err != nil {
		return &stepError{"SUBSCRIBE", err}
	}
	c.listens = c.reply.nodes[0].kind == '>'
	return nil
}

// lastWords gives why a server closed the connection before the command went out, where it
// said so: at maxclients and in protected mode it writes an error and hangs up. Under TLS
// 1.3 a client holds the handshake to be done before the server has seen its certificate:
// that the server refused it is an alert that waits to be read.
func (c *client) lastWords(werr error) error {
	c.nc.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	err := c.in.read(&c.reply)
	if err == nil {
		err = errorReply(&c.reply)
	}
	if err != nil && (isReplyError(err) || classify(err) == record.FailTLS) {
		return err
	}
	return werr
}

func errorReply(r *response) error {
	if k := r.nodes[0].kind; k == '-' || k == '!' {
		return replyError(r.string(0))
	}
	return nil
}

// isReplyError tells whether err is an error reply, which leaves the connection usable.
func isReplyError(err error) bool {
	var re replyError
	return errors.As(err, &re)
}
