package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/capture/nodes"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// topology are the flags of a recording of several servers.
type topology struct {
	sentinel []string
	master   string
	cluster  bool
	file     string
}

func (t *topology) add(f *pflag.FlagSet) {
	f.StringSliceVar(&t.sentinel, "sentinel", nil, "record the master and the replicas that the Sentinel at `HOST[:PORT]` knows, through failovers; several with commas")
	f.StringVar(&t.master, "master", "", "the `NAME` by which Sentinel knows the master")
	f.BoolVar(&t.cluster, "cluster", false, "record all nodes of the cluster that the server belongs to, through failovers")
	f.StringVar(&t.file, "targets", "", "record the servers in the lines of `FILE`: HOST, HOST:PORT or a URI; lines that come and go are followed")
}

func (t *topology) on() bool { return t.sentinel != nil || t.cluster || t.file != "" }

// finder makes what finds the servers. like has the credentials.
func (t *topology) finder(like capture.Target, flags *pflag.FlagSet) (nodes.Finder, error) {
	ways := 0
	for _, on := range []bool{t.sentinel != nil, t.cluster, t.file != ""} {
		if on {
			ways++
		}
	}
	switch {
	case ways > 1:
		return nil, cli.Exitf(cli.StatusUsage, "--sentinel, --cluster and --targets each say which servers to record; give one")
	case (t.sentinel != nil) != (t.master != ""):
		return nil, cli.Exitf(cli.StatusUsage, "--sentinel and --master belong together: the Sentinel's address, and the name by which it knows the master")
	case !t.cluster && (flags.Changed("host") || flags.Changed("port") || flags.Changed("uri") || flags.Changed("socket")):
		return nil, cli.Exitf(cli.StatusUsage, "where the servers are is told by --sentinel or --targets: no host, port, socket or URI beside it")
	case t.cluster:
		return nodes.Cluster(like), nil
	case t.file != "":
		return nodes.File(t.file, like), nil
	}
	var sentinels []capture.Target
	for _, text := range t.sentinel {
		s, err := nodes.Address(text, like, 26379)
		if err != nil {
			return nil, cli.Exitf(cli.StatusUsage, "--sentinel %s: %w", text, err)
		}
		sentinels = append(sentinels, s)
	}
	return nodes.Sentinel(sentinels, like, t.master), nil
}

const (
	// findEvery is between two looks which servers there are.
	findEvery = 5 * time.Second
	// linger is how long a server that is no longer among them is recorded on: one that failed over
	// is the one to look at. A file's lines are meant as they stand.
	linger = 15 * time.Minute
)

// A many is the recording of several servers: a recorder each, in one process.
type many struct {
	r       *captureRun
	finder  nodes.Finder
	running map[string]*node
	done    chan *node
	group   *control.Group
	mu      sync.Mutex // over running, for signals
	begun   int
	refused int   // recorders that never got in
	failed  error // of the last recorder that could not begin or did not end well
	told    map[string]time.Time
}

// A node is one of the servers.
type node struct {
	run  *captureRun
	addr string
	seen time.Time // among those that were found
	stop context.CancelFunc
	err  error
}

// runMany records all servers that are found until it is asked to stop.
func (r *captureRun) runMany() error {
	finder, err := r.topology.finder(r.opts.Target, r.flags)
	if err != nil {
		return err
	}
	defer finder.Close()
	if r.output == "" {
		r.output = "connbox-" + time.Now().UTC().Format("20060102T150405Z")
	}
	m := &many{r: r, finder: finder, running: map[string]*node{}, done: make(chan *node), group: control.NewGroup(), told: map[string]time.Time{}}
	ctx := r.a.Ctx
	if r.opts.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.opts.Duration)
		defer cancel()
	}
	found, err := finder.Find(ctx)
	if err != nil && !r.opts.Wait {
		var refused *capture.ConnectError
		if errors.As(err, &refused) {
			return cli.Exitf(cli.StatusConnect, "%w", err)
		}
		return cli.Exitf(cli.StatusConnect, "which servers to record: %w", err)
	}
	if err := os.MkdirAll(r.output, 0o700); err != nil {
		return cli.Exitf(cli.StatusUsage, "%w", cli.Bare(err))
	}
	if r.listen != "" {
		if err := m.group.Listen(r.listen); err != nil {
			return cli.Exitf(cli.StatusUsage, "--listen: %w", err)
		}
		defer m.group.Close()
	}
	defer r.signals(func() { m.each((*captureRun).markAll) })()
	r.takeHangups(func() { m.each((*captureRun).renewAll) })
	r.a.Seal()
	return m.follow(ctx, found, err)
}

// follow keeps a recorder at each server that is found.
func (m *many) follow(ctx context.Context, found []capture.Target, err error) error {
	for {
		m.look(ctx, found, err)
		for tick := time.After(findEvery); tick != nil; {
			select {
			case n := <-m.done:
				m.ended(n)
			case <-tick:
				tick = nil
			case <-ctx.Done():
				for len(m.running) > 0 {
					m.ended(<-m.done)
				}
				switch {
				case m.failed != nil:
					return m.failed
				case m.begun == 0:
					return cli.Exitf(cli.StatusConnect, "no server was found in this time")
				case m.refused == m.begun:
					return cli.Exitf(cli.StatusConnect, "none of %s could be connected to: the recordings hold refusals only", cli.Plural(int64(m.begun), "server"))
				}
				return nil
			}
		}
		found, err = m.finder.Find(ctx)
	}
}

// look begins recorders at servers that are new, and ends those of servers that are gone for long.
func (m *many) look(ctx context.Context, found []capture.Target, err error) {
	now := time.Now()
	if err != nil {
		if ctx.Err() == nil {
			m.say("find", slog.LevelWarn, fmt.Sprintf("which servers there are is not known at the moment: %v", err))
		}
		return
	}
	stay := linger
	if m.r.topology.file != "" {
		stay = 0
	}
	for _, t := range found {
		if n := m.running[t.Addr()]; n != nil {
			n.seen = now
		} else {
			m.begin(ctx, t, now)
		}
	}
	for _, n := range m.running {
		if gone := now.Sub(n.seen); gone > stay {
			m.say("gone "+n.addr, slog.LevelInfo, n.addr+" is no longer among the servers: its recording ends", slog.String("target", n.addr))
			n.stop()
			n.seen = now.Add(24 * time.Hour) // said once
		}
	}
}

// say says something unless its kind was said within a minute.
func (m *many) say(kind string, level slog.Level, text string, attrs ...slog.Attr) {
	if now := time.Now(); now.Sub(m.told[kind]) >= quietFor {
		m.told[kind] = now
		m.r.tell(level, text, append([]slog.Attr{slog.String("event", strings.Fields(kind)[0])}, attrs...)...)
	}
}

// begin begins the recorder of one server.
func (m *many) begin(ctx context.Context, t capture.Target, now time.Time) {
	r := m.r
	child := &captureRun{a: r.a, name: t.Addr(), opts: r.opts, ring: r.ring, listen: r.listen, force: r.force, notify: r.notify,
		masked: r.masked, maskKey: r.maskKey}
	child.opts.Target, child.opts.Wait, child.opts.Duration = t, true, 0
	child.opts.Triggers = slices.Clone(r.opts.Triggers)
	child.output = filepath.Join(m.r.output, serverName(&t))
	if !child.ring.on() {
		child.output += now.UTC().Format("-20060102T150405Z") + ".connbox"
	}
	n := &node{run: child, addr: t.Addr(), seen: now}
	to, err := child.begin()
	if err != nil {
		m.failed = err
		m.say("cannot "+n.addr, slog.LevelError, fmt.Sprintf("%s cannot be recorded: %v", n.addr, err), slog.String("target", n.addr))
		return
	}
	m.begun++
	if child.control != nil {
		m.group.Add(child.control)
	}
	var nctx context.Context
	nctx, n.stop = context.WithCancel(ctx)
	m.mu.Lock()
	m.running[n.addr] = n
	m.mu.Unlock()
	go func() {
		n.err = child.record(nctx, to)
		m.done <- n
	}()
}

// ended takes a recorder off that has ended; a server that is still there gets another.
func (m *many) ended(n *node) {
	n.stop()
	m.mu.Lock()
	delete(m.running, n.addr)
	m.mu.Unlock()
	if n.run.control != nil {
		m.group.Remove(n.run.control)
	}
	switch {
	case n.err == nil:
	case cli.StatusOf(n.err) == cli.StatusConnect: // one that is down is a recording of refusals
		m.refused++
		m.say("ended "+n.addr, slog.LevelWarn, n.err.Error(), slog.String("target", n.addr))
	default:
		m.failed = fmt.Errorf("%s: %w", n.addr, n.err)
		m.say("ended "+n.addr, slog.LevelError, fmt.Sprintf("the recording of %s: %v", n.addr, n.err), slog.String("target", n.addr))
	}
}

// each does something with every recorder.
func (m *many) each(do func(*captureRun)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.running {
		do(n.run)
	}
}
