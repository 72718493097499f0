package capture

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/capture/host"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// recordWhole gives the recorder of a reply that has no type of its own: text as it is, and
// anything else as redis-cli --no-raw prints it, which package parse knows from dumps.
func recordWhole(command string) func(*recorder, *response, record.Head) (record.Record, error) {
	return func(r *recorder, rep *response, head record.Head) (record.Record, error) {
		r.other.Head, r.other.Command = head, command
		if rep.isText(0) {
			r.other.Text = rep.bytes(0)
			return &r.other, nil
		}
		rep.asRESP2()
		r.text = appendTree(r.text[:0], rep)
		r.other.Text = r.text
		return &r.other, nil
	}
}

// asRESP2 makes a reply under RESP3 what it is under RESP2: a command has one form in a recording,
// whichever connection it was asked on.
func (r *response) asRESP2() {
	for i := range r.nodes {
		switch n := &r.nodes[i]; n.kind {
		case '%', '~':
			n.kind = '*'
		case ',', '(', '=':
			n.kind = '$'
		}
	}
}

// appendTree writes a reply as redis-cli --no-raw does. Source: redis-cli.c
// cliFormatReplyTTY. The reader's limits bound its depth and size.
func appendTree(dst []byte, rep *response) []byte {
	dst, _ = appendNode(dst, rep, 0, "")
	return dst
}

// appendNode writes node i, of which the caller has written the index, and gives the node
// after it; further lines begin with prefix.
func appendNode(dst []byte, rep *response, i int, prefix string) ([]byte, int) {
	n := rep.nodes[i]
	switch n.kind {
	case '*', '~', '%', '>':
		return appendList(dst, rep, i, prefix)
	case '$':
		dst = reply.AppendQuoted(dst, rep.string(i))
	case ':':
		dst = append(append(dst, "(integer) "...), rep.bytes(i)...)
	case ',':
		dst = append(append(dst, "(double) "...), rep.bytes(i)...)
	case '#':
		word := "(false)"
		if string(rep.bytes(i)) == "t" {
			word = "(true)"
		}
		dst = append(dst, word...)
	case '_':
		dst = append(dst, "(nil)"...)
	case '-', '!':
		dst = append(append(dst, "(error) "...), reply.AppendQuoted(nil, rep.string(i))...)
	default: // a status, a big number or a verbatim text stand without quotes, but stay one line
		dst = append(dst, strings.Map(oneLine, rep.string(i))...)
	}
	return append(dst, '\n'), rep.next(i)
}

func oneLine(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func appendList(dst []byte, rep *response, i int, prefix string) ([]byte, int) {
	n := rep.nodes[i]
	items, mark, empty := n.n, byte(')'), "(empty array)\n"
	switch n.kind {
	case '%':
		items, mark, empty = n.n/2, '#', "(empty hash)\n"
	case '~':
		mark, empty = '~', "(empty set)\n"
	}
	next := i + 1
	if items == 0 {
		return append(dst, empty...), next
	}
	width := len(strconv.Itoa(items))
	inner := prefix + strings.Repeat(" ", width+2)
	for k := range items {
		if k > 0 {
			dst = append(dst, prefix...)
		}
		index := strconv.Itoa(k + 1)
		dst = append(append(dst, strings.Repeat(" ", width-len(index))...), index...)
		dst = append(dst, mark, ' ')
		dst, next = appendNode(dst, rep, next, inner)
		if n.kind == '%' {
			dst = append(dst[:len(dst)-1], " => "...)
			at := len(dst)
			dst, next = appendNode(dst, rep, next, inner)
			if bytes.IndexByte(dst[at:len(dst)-1], '\n') >= 0 { // of several lines: begins on one of its own
				dst = slices.Insert(dst, at, []byte("\n"+inner)...)
			}
		}
	}
	return dst, next
}

const (
	hostEvery  = 10 * time.Second
	peersEvery = time.Minute
)

// beside is the server's process where the recorder runs beside it.
type beside struct {
	process *host.Process // nil = it is not on this machine
	pid     int64         // for which it was looked
	facts   time.Time     // when they are due
	peers   time.Time
}

// host records what the system tells of the server, after an INFO; nothing is asked of the server.
func (r *recorder) host(l *lane, now time.Time) error {
	b := &r.beside
	if r.opts.State < 0 || now.Before(b.facts) {
		return nil
	}
	b.facts = now.Add(hostEvery)
	text, _ := r.info.Value("process_id")
	port, _ := r.info.Value("tcp_port")
	if pid := number([]byte(text)); b.process == nil || pid != b.pid {
		b.pid, b.process = pid, host.Find(l.c.nc, int(pid), int(number([]byte(port))))
	}
	if b.process == nil {
		return nil
	}
	facts := b.process.Facts()
	if facts == nil {
		b.process = nil
		return nil
	}
	if err := r.told(record.HostCommand, facts, now); err != nil || now.Before(b.peers) {
		return err
	}
	b.peers = now.Add(peersEvery)
	return r.told(record.SocketsCommand, record.AppendSockets(nil, b.process.Peers()), now)
}

// told records what was not asked of the server.
func (r *recorder) told(command string, text []byte, now time.Time) error {
	r.other = record.Other{Head: record.Head{At: r.stamp(now), Took: time.Since(now), Size: len(text)}, Command: command, Text: text}
	return r.write(&r.other)
}
