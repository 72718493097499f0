// Package nodes finds the servers that belong together: a master and its replicas by Sentinel, the
// nodes of a cluster, the lines of a file. What it finds are Targets with the credentials and the
// TLS of the one it was given.
package nodes

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/capture"
)

// A Finder tells which servers there are now. It is for one goroutine.
type Finder interface {
	// Find gives the servers, in an order of its own, each once; an error leaves those known before.
	Find(ctx context.Context) ([]capture.Target, error)
	Close()
}

// most bounds how many servers one recorder follows.
const most = 1000

// An asker holds a connection to one of several servers, and goes on to the next where it fails.
type asker struct {
	servers []capture.Target
	conn    *capture.Conn
}

// do asks the server that is held; one after the other where it does not answer, each once.
func (a *asker) do(ctx context.Context, args ...string) (capture.Reply, capture.Target, error) {
	var first error
	for range len(a.servers) + 1 {
		at, err := a.servers[0], error(nil)
		if a.conn == nil {
			a.conn, err = capture.Dial(ctx, at, 0)
		}
		if err == nil {
			var r capture.Reply
			if r, err = a.conn.Do(args...); err == nil {
				return r, at, nil
			}
			err = fmt.Errorf("%s: %s: %w", at.Addr(), strings.Join(args, " "), err)
			a.close()
		}
		first = cmp.Or(first, err)
		a.servers = append(a.servers[1:], at)
		if ctx.Err() != nil {
			break
		}
	}
	return capture.Reply{}, capture.Target{}, first
}

func (a *asker) close() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

// at gives a target like another at HOST:PORT; where the host is empty, that of the other, as
// servers that do not know their own address have it.
func at(like capture.Target, host string, port int) (capture.Target, bool) {
	if port <= 0 || port > 65535 || strings.ContainsAny(host, " \t\r\n/") || host == "?" {
		return capture.Target{}, false
	}
	t := like
	t.Socket, t.Port = "", port
	if host != "" {
		t.Host = host
	}
	if like.TLS != nil { // each has a certificate of its own name
		conf := *like.TLS
		t.TLS = &conf
	}
	return t, true
}

// A set gathers targets, each address once.
type set struct {
	list  []capture.Target
	known map[string]bool
}

func (s *set) add(t capture.Target, ok bool) {
	if s.known == nil {
		s.known = map[string]bool{}
	}
	if !ok || s.known[t.Addr()] || len(s.list) >= most {
		return
	}
	s.known[t.Addr()] = true
	s.list = append(s.list, t)
}

// Sentinel finds a master and its replicas by any of several Sentinels.
func Sentinel(sentinels []capture.Target, like capture.Target, master string) Finder {
	return &sentinel{asker{servers: slices.Clone(sentinels)}, like, master}
}

type sentinel struct {
	asker
	like   capture.Target
	master string
}

func (s *sentinel) Close() { s.close() }

// Find implements Finder. Sources: sentinel.c, SENTINEL GET-MASTER-ADDR-BY-NAME and SENTINEL
// REPLICAS (SLAVES before Redis 5).
func (s *sentinel) Find(ctx context.Context) ([]capture.Target, error) {
	r, _, err := s.do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", s.master)
	if err != nil {
		return nil, err
	}
	var found set
	if len(r.List) != 2 {
		return nil, fmt.Errorf("the Sentinel at %s knows no master %q", s.servers[0].Addr(), s.master)
	}
	port, _ := strconv.Atoi(r.List[1].Text)
	found.add(at(s.like, r.List[0].Text, port))
	replicas, _, err := s.do(ctx, "SENTINEL", "REPLICAS", s.master)
	if err != nil {
		replicas, _, err = s.do(ctx, "SENTINEL", "SLAVES", s.master)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range replicas.List {
		var host string
		port := 0
		for i := 0; i+1 < len(one.List); i += 2 {
			switch one.List[i].Text {
			case "ip":
				host = one.List[i+1].Text
			case "port":
				port, _ = strconv.Atoi(one.List[i+1].Text)
			}
		}
		found.add(at(s.like, host, port))
	}
	if len(found.list) == 0 {
		return nil, fmt.Errorf("the Sentinel at %s gives no address of master %q", s.servers[0].Addr(), s.master)
	}
	return found.list, nil
}

// Cluster finds the nodes of a cluster that serve slots, and their replicas, by any of them.
func Cluster(like capture.Target) Finder {
	return &cluster{asker{servers: []capture.Target{like}}}
}

type cluster struct{ asker }

func (c *cluster) Close() { c.close() }

// Find implements Finder. Source: CLUSTER SLOTS: of each range the first and the last slot, then
// nodes as host, port, id; a host that is empty or null is the one that was asked.
func (c *cluster) Find(ctx context.Context) ([]capture.Target, error) {
	r, asked, err := c.do(ctx, "CLUSTER", "SLOTS")
	if err != nil {
		return nil, err
	}
	var found set
	for _, slots := range r.List {
		for _, node := range slots.List[min(2, len(slots.List)):] {
			if len(node.List) >= 2 {
				port, _ := strconv.Atoi(node.List[1].Text)
				found.add(at(asked, node.List[0].Text, port))
			}
		}
	}
	if len(found.list) == 0 {
		return nil, fmt.Errorf("%s knows no node that serves slots", asked.Addr())
	}
	c.servers = append([]capture.Target{asked}, slices.DeleteFunc(slices.Clone(found.list), func(t capture.Target) bool { return t.Addr() == asked.Addr() })...)
	return found.list, nil
}

// File finds the servers in a file's lines: HOST, HOST:PORT or a URI each; what follows a # and
// empty lines do not count.
func File(path string, like capture.Target) Finder { return &file{path, like} }

type file struct {
	path string
	like capture.Target
}

func (*file) Close() {}

// Find implements Finder.
func (f *file) Find(context.Context) ([]capture.Target, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var found set
	lines := bufio.NewScanner(io.LimitReader(in, 1<<20))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		t, err := f.target(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", f.path, n, err)
		}
		found.add(t, true)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	if len(found.list) == 0 {
		return nil, fmt.Errorf("%s: no line names a server", f.path)
	}
	return found.list, nil
}

func (f *file) target(text string) (capture.Target, error) {
	if strings.Contains(text, "://") {
		t, err := capture.ParseURI(text)
		if t.Password == "" {
			t.User, t.Password, t.PassFile = f.like.User, f.like.Password, f.like.PassFile
		}
		if t.TLS != nil && f.like.TLS != nil {
			conf := *f.like.TLS
			t.TLS = &conf
		}
		return t, err
	}
	return Address(text, f.like, 6379)
}

// Address reads HOST or HOST:PORT as a target like another.
func Address(text string, like capture.Target, port int) (capture.Target, error) {
	host := strings.Trim(text, "[]")
	if h, p, err := net.SplitHostPort(text); err == nil {
		host = h
		if port, err = strconv.Atoi(p); err != nil {
			return capture.Target{}, errors.New("the port is no number")
		}
	}
	t, ok := at(like, host, port)
	if !ok || host == "" {
		return t, errors.New("want HOST, HOST:PORT or a URI")
	}
	return t, nil
}
