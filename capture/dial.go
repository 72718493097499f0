package capture

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// connecting is what Failure.Command says of an attempt that failed before any command.
const connecting = "connect"

// A dialer opens the recording's connections. What lies in files, the password and certificates,
// is read again for each: secrets are rotated while a recorder runs.
type dialer struct {
	target  *Target
	tls     *tls.Config // as first read, for when the files cannot be read again; nil without TLS
	name    string      // for CLIENT SETNAME
	timeout time.Duration
	max     int
	losses  atomic.Int32 // connections lost by asking to be a subscriber
}

// A stepError is a failed step of getting a connection.
type stepError struct {
	step string // connecting, or the command that was refused
	err  error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// connect dials, shakes hands and gives a connection that commands may be sent on; a subscriber,
// where that is asked for and the server takes it.
func (d *dialer) connect(ctx context.Context, subscriber bool) (*client, error) {
	nd := net.Dialer{Timeout: d.timeout}
	nc, err := nd.DialContext(ctx, d.target.network(), d.target.Addr())
	if err != nil {
		return nil, &stepError{connecting, err}
	}
	if d.tls != nil {
		conf, err := d.target.tlsConfig()
		if err != nil { // in the middle of being replaced
			conf = d.tls
		}
		tc := tls.Client(nc, conf)
		hctx, cancel := context.WithTimeout(ctx, d.timeout)
		defer cancel()
		if err := tc.HandshakeContext(hctx); err != nil {
			nc.Close()
			return nil, &stepError{connecting, &handshakeError{err}}
		}
		nc = tc
	}
	c := newClient(ctx, nc, d.timeout, d.max)
	if err := d.greet(c); err != nil {
		c.close()
		return nil, err
	}
	if subscriber && d.losses.Load() < maxLosses && c.subscribe() != nil {
		d.losses.Add(1) // a proxy that hangs up at what it does not know
		c.close()
		return d.connect(ctx, false)
	}
	return c, nil
}

// greet authenticates and names the connection. Only what makes the connection useless is
// an error: a server that does not know CLIENT NO-EVICT is recorded all the same.
func (d *dialer) greet(c *client) error {
	if password := d.target.password(); password != "" || d.target.User != "" {
		args := []string{"AUTH", d.target.User, password}
		if d.target.User == "" {
			args = []string{"AUTH", password}
		}
		switch _, err := c.do(args...); {
		case err == nil:
		case wantsNoPassword(err):
			c.unasked = true
		default:
			return &stepError{"AUTH", hidePassword(err, password)}
		}
	}
	// The first command shows whether the server serves this connection at all.
	if _, err := c.do("CLIENT", "SETNAME", d.name); fatal(err) {
		return &stepError{"CLIENT SETNAME", err}
	}
	if r, err := c.do("CLIENT", "ID"); err == nil {
		c.id, _ = r.int(0)
	} else if fatal(err) {
		return &stepError{"CLIENT ID", err}
	}
	// With maxmemory-clients set the server would evict the biggest connections; the reply
	// of CLIENT LIST can make this one big.
	if _, err := c.do("CLIENT", "NO-EVICT", "on"); fatal(err) {
		return &stepError{"CLIENT NO-EVICT", err}
	}
	return nil
}

// hidePassword takes the password out of the words that AUTH was refused with. A server
// that does not know AUTH (renamed, or no Redis at all) repeats the command's arguments, at
// most 128 bytes of them: what follows there is dropped whole.
func hidePassword(err error, password string) error {
	text, _, _ := strings.Cut(err.Error(), ", with args beginning with")
	if password != "" {
		text = strings.ReplaceAll(text, password, "***")
	}
	switch {
	case text == err.Error():
		return err
	case isReplyError(err):
		return replyError(text)
	}
	return errors.New(text)
}

// fatal tells whether an answer means that no other command will fare better on this
// connection.
func fatal(err error) bool {
	if err == nil {
		return false
	}
	if !isReplyError(err) {
		return true
	}
	switch classify(err) {
	case record.FailMaxClients, record.FailProtected, record.FailAuth:
		return true
	}
	return false
}

// A handshakeError is a TLS handshake that failed.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "TLS handshake: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// A ConnectError is why a recording could not begin: nothing has been written.
type ConnectError struct {
	Addr  string
	Step  string // "connect", or the command that was refused: "AUTH", "INFO"
	Class record.FailureClass
	Err   error // the server's or the system's own words
}

func (e *ConnectError) Error() string {
	s := fmt.Sprintf("cannot record %s: %s", e.Addr, e.Err)
	if e.Step != connecting {
		s = fmt.Sprintf("cannot record %s: %s: %s", e.Addr, e.Step, e.Err)
	}
	if h := e.Hint(); h != "" {
		s += " (" + h + ")"
	}
	return s
}

func (e *ConnectError) Unwrap() error { return e.Err }

// Hint says what to do about the refusal; empty where there is nothing better to say than
// the words themselves.
func (e *ConnectError) Hint() string { return connectHints[e.Class] }

var connectHints = map[record.FailureClass]string{
	record.FailMaxClients: "the server is at its connection limit; --wait keeps trying and records every refusal",
	record.FailProtected:  "the server's protected mode serves the local host only: record there, or give the server a password",
	record.FailAuth:       "check --user and the password: --pass-file FILE or the environment variable REDISCLI_AUTH",
	record.FailPerm: "the user needs +info +client|list +client|setname +client|id +client|no-evict +slowlog|get +config|get, and may have " +
		"+role +latency|latest +memory|stats +cluster|info, which are asked for once a minute, and +subscribe &connbox:*",
	record.FailRefused: "no server listens there; --wait keeps trying",
	record.FailTimeout: "the server does not answer, a firewall drops the packets, or a port without TLS was asked for it; --wait keeps trying",
	record.FailTLS:     "see --cacert, --cert and --key; --sni where the certificate's name is not the host's",
	record.FailReset:   "the other side hung up: a TLS port wants --tls, and a TLS server at its connection limit hangs up without a word",
}

func connectError(addr string, err error) *ConnectError {
	step := connecting
	var se *stepError
	if errors.As(err, &se) {
		step = se.step
	}
	return &ConnectError{Addr: addr, Step: step, Class: classify(err), Err: err}
}
