package capture

import (
	"context"
	"time"
)

// A Conn asks a server now and then what is no part of a recording: which other servers there are.
// It is for one goroutine.
type Conn struct{ c *client }

// A Reply is one value of a server's reply: a text, or a list of values.
type Reply struct {
	Text string
	List []Reply // of a map, keys and values by turns
}

// Dial opens a Conn, named as a recorder's connections are. timeout is of the dial and of each
// command; 0 = 5 s. The error is a *ConnectError.
func Dial(ctx context.Context, t Target, timeout time.Duration) (*Conn, error) {
	if timeout == 0 {
		timeout = defaultTimeout
	}
	d := dialer{target: &t, name: defaultName, timeout: timeout, max: 16 << 20}
	if t.TLS != nil {
		var err error
		if d.tls, err = t.tlsConfig(); err != nil {
			return nil, connectError(t.Addr(), err)
		}
	}
	c, err := d.connect(ctx, false)
	if err != nil {
		return nil, connectError(t.Addr(), err)
	}
	return &Conn{c}, nil
}

// Do asks one command. After an error that is not the server's own the Conn is of no further use;
// closing it and dialling anew is right after any.
func (c *Conn) Do(args ...string) (Reply, error) {
	rep, err := c.c.do(args...)
	if err != nil {
		return Reply{}, err
	}
	r, _ := rep.value(0)
	return r, nil
}

// Close ends the connection.
func (c *Conn) Close() { c.c.close() }

// value gives node i with all that is in it, and the index of the node after it.
func (r *response) value(i int) (Reply, int) {
	n := r.nodes[i]
	if !r.isList(i) {
		if n.kind == '_' {
			return Reply{}, i + 1
		}
		return Reply{Text: r.string(i)}, i + 1
	}
	var v Reply
	i++
	for range n.n {
		var item Reply
		item, i = r.value(i)
		v.List = append(v.List, item)
	}
	return v, i
}
