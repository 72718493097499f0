package capture

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/connbox/connbox/parse/record"
)

// maxFailureText is record.Failure's limit.
const maxFailureText = 512

// classify tells what kind of failure an error is.
func classify(err error) record.FailureClass {
	var re replyError
	if errors.As(err, &re) {
		if class, ok := record.ClassifyFailure(string(re)); ok {
			return class
		}
		return record.FailOther
	}
	return classifySystem(err)
}

// wantsNoPassword tells whether AUTH failed because the server has no password, before and
// since Redis 6.
func wantsNoPassword(err error) bool {
	s := err.Error()
	return isReplyError(err) && (strings.HasPrefix(s, "ERR Client sent AUTH, but no password is set") ||
		strings.HasPrefix(s, "ERR AUTH <password> called without any password configured"))
}

// classifySystem tells the class of an error that is not the server's: of the net package,
// the kernel or TLS. A peer that hangs up in a TLS handshake counts as reset: it may be a
// server at maxclients, which under TLS closes without a word.
func classifySystem(err error) record.FailureClass {
	var (
		ne  net.Error
		ve  *tls.CertificateVerificationError
		rhe tls.RecordHeaderError
		ae  tls.AlertError
		ue  x509.UnknownAuthorityError
		hse *handshakeError
		pe  protocolError
	)
	switch {
	case errors.As(err, &ve), errors.As(err, &rhe), errors.As(err, &ae), errors.As(err, &ue):
		return record.FailTLS
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, syscall.ETIMEDOUT), errors.As(err, &ne) && ne.Timeout():
		return record.FailTimeout
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return record.FailRefused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return record.FailReset
	case errors.As(err, &pe):
		return record.FailOther
	case errors.As(err, &hse), strings.Contains(err.Error(), "tls: "):
		return record.FailTLS
	}
	return record.FailOther
}

// failure makes the record of a probe that got no usable reply.
func failure(command string, err error, at time.Time, took time.Duration) *record.Failure {
	return &record.Failure{
		Head:    record.Head{At: at, Took: took},
		Command: command,
		Class:   classify(err),
		Text:    clip(words(err), maxFailureText),
	}
}

// words gives an error as a person should read it: io.EOF alone says little.
func words(err error) string {
	if s := err.Error(); s != "EOF" && s != "unexpected EOF" {
		return s
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "unexpected EOF: the server closed the connection in the middle of a reply"
	}
	return "EOF: the server closed the connection"
}

// clip cuts s to at most n bytes, not inside a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// isShape tells whether a reply came, whole, and was not what the command gives: the
// connection is in step.
func isShape(err error) bool { return errors.Is(err, errShape) }
