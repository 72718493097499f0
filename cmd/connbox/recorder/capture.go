// Package recorder holds the commands of a recorder: capture, which is one, and mark and
// status, which talk to one that is running.
package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/capture/ring"
	"github.com/connbox/connbox/capture/spool"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/redact"
	"github.com/connbox/connbox/parse/reply"
)

// A captureRun is the command capture with its flags.
type captureRun struct {
	a                     *cli.App
	host, socket, uri     string
	port                  int
	user, pass, passFile  string
	askPass               bool
	tls, insecure         bool
	cert                  capture.TLS
	output                string
	force                 bool
	opts                  capture.Options
	infoEvery, listEvery  time.Duration
	slowEvery             time.Duration
	budget                float64 // in percent
	ring                  ringFlags
	listen                string
	flags                 *pflag.FlagSet
	progressed, connected bool
	shown                 time.Time
	log                   captureLog
	logFormat             string
	printACL              bool
	masked, maskKey       string
	red                   *redact.Redactor // nil without --redact

	name     string // of the server, where there are several; empty = there is one
	topology topology
	spool    *spool.Spool
	control  *control.Server // nil where nobody can ask
	state    state
	notify   *notifier
	renew    chan<- struct{} // asks for new connections
}

// NewCapture gives the command capture.
func NewCapture(a *cli.App) *cobra.Command {
	r := &captureRun{a: a}
	c := &cobra.Command{
		Use:   "capture [FLAGS] [HOST[:PORT]]",
		Short: "record a live server into a bundle, or into a ring that keeps the last hours",
		Long: `Capture records a server until it is interrupted or --duration is over: INFO, CLIENT LIST,
SLOWLOG and the settings that bear on connections. It holds two connections, called connbox,
so that it can go on when the server is full, and INFO does not wait for a long CLIENT LIST;
every refusal is a record. While the server is silent they are held, and late answers are
recorded: a slot that is given up at the limit is lost. All probes together take at most
0.1 % of the server's main thread, and a long CLIENT LIST is asked for in pieces.

While it records, FILE is a folder that analyze can open already, and that a crash leaves
readable. The first interrupt (Ctrl-C, SIGTERM) makes it one file; a second one stops at once
and leaves the folder, which connbox inspect --repair turns into a file.

With --keep or --max-size it is a flight recorder: FILE is a folder, a ring of bundles of which
the oldest are removed, which analyze, cut and all other commands read like a bundle, also
while it is recorded into; the next capture goes on in it. What is around a condition of
--pin-on, a connbox mark or a SIGUSR1 is kept (half an hour before, a quarter of an hour after).

With --sentinel, --cluster or --targets it records several servers in one process, a
recording and a budget each, in the folder of --output; they are followed through failovers.

A disk that is full, slow or gone does not end a recording: records wait in 16 MB of memory,
and a mark says from when to when there was no room for more.

The flags are those of redis-cli; -h is the host. The password comes from, in this order:
--pass, --pass-file, --askpass, the URI, the environment variable REDISCLI_AUTH. The file, and
certificates, are read again at each new connection; off a terminal SIGHUP asks for new ones.
Of slow commands the names are kept; of their arguments lengths, and hashes by a key that is
kept nowhere. --redact leaves no name or address. The exit status is 5 where no connection
came about; then no file is written, or with --wait one of refusals only.`,
		Example: `  connbox capture                                          127.0.0.1:6379, until Ctrl-C
  connbox capture redis-1:6380 --pass-file pw --duration 1h   for an hour
  connbox capture -h redis-1 --keep 24h --max-size 2GB --wait -o /var/lib/connbox/redis-1
  connbox capture -h redis-1 --keep 24h --pin-on 'refused>0' --pin-on 'clients>90%' -o ring
  connbox capture --sentinel s1,s2:26379 --master mymaster --keep 24h -o /var/lib/connbox/mymaster
  connbox capture -u rediss://redis-1:6380 --user ops --askpass --cacert ca.pem
  connbox capture -u unix:///run/redis/redis.sock          a socket, as -s PATH`,
		Args: cli.AtMostOne,
		RunE: func(_ *cobra.Command, args []string) error { return r.run(args) },
	}
	r.flags = c.Flags()
	r.addFlags(c.Flags())
	return c
}

func (r *captureRun) addFlags(f *pflag.FlagSet) {
	f.StringVarP(&r.host, "host", "h", "127.0.0.1", "the server's `HOST`")
	f.IntVarP(&r.port, "port", "p", 6379, "its `PORT`")
	f.StringVarP(&r.socket, "socket", "s", "", "its unix socket, at `PATH`, instead of host and port")
	f.StringVarP(&r.uri, "uri", "u", "", "all in one: redis://[[user]:password@]host[:port], rediss:// or unix:// `URI`")
	f.StringVar(&r.user, "user", "", "ACL user `NAME`")
	f.StringVarP(&r.pass, "pass", "a", "", "`PASSWORD`; others can see it in the process list for a moment")
	f.StringVar(&r.passFile, "pass-file", "", "`FILE` whose first line is the password")
	f.BoolVar(&r.askPass, "askpass", false, "ask for the password on the terminal")
	f.BoolVar(&r.tls, "tls", false, "use TLS")
	f.StringVar(&r.cert.SNI, "sni", "", "`NAME` that the server's certificate must have, if not the host's")
	f.StringVar(&r.cert.CACert, "cacert", "", "`FILE` of trusted authorities (default: the system's)")
	f.StringVar(&r.cert.CACertDir, "cacertdir", "", "`FOLDER` of them")
	f.StringVar(&r.cert.Cert, "cert", "", "`FILE` of the client's certificate")
	f.StringVar(&r.cert.Key, "key", "", "`FILE` of its key")
	f.BoolVar(&r.insecure, "insecure", false, "take any certificate")
	f.StringVarP(&r.output, "output", "o", "", "the bundle to write: `FILE` (default HOST-PORT-YYYYMMDDTHHMMSSZ.connbox); with --keep or --max-size a folder (default HOST-PORT.ring)")
	f.BoolVar(&r.force, "force", false, "replace the file if it exists")
	f.StringVar(&r.opts.Label, "label", "", "call the server `NAME` in the recording; with the next two, by which a fleet's recordings are joined")
	f.StringVar(&r.opts.Cluster, "in-cluster", "", "the `CLUSTER` that it belongs to")
	f.StringVar(&r.opts.Zone, "zone", "", "the `ZONE` where it runs")
	cli.Positive(f, &r.opts.Duration, "duration", 0, "stop after this `TIME` (90s, 15m, 24h); default until interrupted")
	r.ring.add(f)
	r.topology.add(f)
	f.StringVar(&r.listen, "listen", "", "answer /healthz, /status and /metrics (Prometheus) on `ADDRESS`, as 127.0.0.1:9122")
	f.StringVar(&r.masked, "redact", "", "record pseudonyms instead of private text: `LEVEL` is names, addresses or all, as connbox redact has it")
	f.StringVar(&r.maskKey, "redact-key", "", "the key of the pseudonyms, `FILE`, made where there is none (default beside the output, .key)")
	f.StringVar(&r.logFormat, "log-format", "plain", "what is said on standard error: plain lines, or text or json of log/slog: `FORMAT`")
	f.BoolVar(&r.printACL, "print-acl", false, "print the ACL SETUSER line with the least rights for what is asked, and record nothing")
	cli.NotNegative(f, &r.infoEvery, "info-every", time.Second, "ask for INFO every `TIME`; 0 is never, as with the next two")
	cli.NotNegative(f, &r.listEvery, "list-every", 10*time.Second, "for CLIENT LIST, every `TIME`; less often where the server's time is dear")
	cli.NotNegative(f, &r.slowEvery, "slowlog-every", 10*time.Second, "for SLOWLOG GET, every `TIME`")
	f.Float64Var(&r.budget, "budget", 0.1, "take at most `PERCENT` of the server's main thread: ask less often rather than more")
	cli.Positive(f, &r.opts.Timeout, "timeout", 5*time.Second, "record that no answer came after this `TIME`, and wait on; give up on a dial")
	f.IntVar(&r.opts.Connections, "connections", 2, "hold `N` connections: 2, or 1 where slots are dear")
	f.BoolVar(&r.opts.Wait, "wait", false, "if the server cannot be reached, keep trying and record the refusals")
	f.Bool("help", false, "print this help")
}

// A sink is a recording on the disk.
type sink interface {
	spool.Sink
	Observer(id int64) error // notes a client id of the recorder's own connections
	Close(sealed string) error
	Written() bool // whether there is anything
}

func (r *captureRun) run(args []string) error {
	if err := r.logger(); err != nil {
		return err
	}
	if err := r.options(args); err != nil {
		return err
	}
	if r.printACL {
		return r.writeACL()
	}
	if _, set := r.a.Env("GOGC"); !set {
		// A recorder allocates in bursts, a list each, and runs beside the server: a smaller heap is
		// worth more than the few milliseconds that a collection takes.
		debug.SetGCPercent(10)
	}
	go r.stayLean()
	r.notify = newNotifier(r.a.Env)
	if r.topology.on() {
		return r.runMany()
	}
	to, err := r.begin()
	if err != nil {
		return err
	}
	if r.listen != "" {
		if err := r.control.Listen(r.listen); err != nil {
			r.control.Close()
			r.spool.Close()
			to.Close("signal")
			return cli.Exitf(cli.StatusUsage, "--listen: %w", err)
		}
	}
	defer r.signals(r.markAll)()
	r.takeHangups(r.renewAll)
	r.a.Seal()
	return r.record(r.a.Ctx, to)
}

// stayLean gives back, each minute, what of the program's file is no longer in use.
func (r *captureRun) stayLean() {
	for r.a.Ctx.Err() == nil {
		dropPages()
		select {
		case <-r.a.Ctx.Done():
			dropPages() // before the last bundle is sealed
		case <-time.After(time.Minute):
		}
	}
}

// begin makes the place of the recording, and answers those who ask for it.
func (r *captureRun) begin() (sink, error) {
	r.log.tell = r.tell
	to, err := r.place()
	if err != nil {
		return nil, err
	}
	renew := make(chan struct{}, 1)
	r.renew, r.opts.Renew = renew, renew
	r.opts.ParseList = new(reply.ClientParser).Parse
	r.opts.OnSample = r.progress
	r.state.since = time.Now().UTC()
	if r.listen != "" || r.ring.on() {
		r.control = control.New(r.name, r.status)
		r.opts.Notes = r.control.Notes()
	}
	r.spool = spool.New(&seen{to, r.control, r.red}, spool.Options{})
	if r.ring.on() {
		if err := r.control.ListenIn(r.output); err != nil {
			r.a.Note("warning: %v; connbox mark and status cannot reach this recorder", err)
		}
	}
	r.opts.OnConnect = func(id int64) { r.spool.Do(func() error { return to.Observer(id) }) }
	if keeps, ok := to.(*ringSink); ok {
		r.opts.OnPin = func(at time.Time, why string) {
			r.spool.Do(func() error {
				if err := keeps.Pin(at, why); err != nil { // it holds until this process ends
					r.a.Note("warning: a pin is not on the disk: %v", err)
				}
				return nil
			})
		}
	}
	return to, nil
}

// record records until the context ends, and makes of it what it is to be.
func (r *captureRun) record(ctx context.Context, to sink) error {
	if r.control != nil {
		defer r.control.Close()
	}
	stats, err := capture.Run(ctx, r.opts, r.spool)
	if r.progressed {
		fmt.Fprint(r.a.Err, "\r\x1b[K")
	}
	if serr := r.spool.Close(); err == nil {
		err = serr
	}
	return r.finish(to, stats, err)
}

// place gives where the recording goes, and checks that it can.
func (r *captureRun) place() (sink, error) {
	if r.output == "" {
		r.output = defaultBundle(&r.opts.Target, time.Now())
		if r.ring.on() {
			r.output = serverName(&r.opts.Target) + ".ring"
		}
	}
	if r.output == "-" {
		return nil, cli.Exitf(cli.StatusUsage, "a recording cannot go to standard output; name a file with -o")
	}
	meta := r.opts.Meta(cli.Tool)
	if err := r.redactor(&meta); err != nil {
		return nil, err
	}
	if r.ring.on() {
		rg, err := ring.Open(r.ring.options(r.output, meta))
		if err != nil {
			return nil, cli.Exitf(cli.StatusUsage, "%w", err)
		}
		r.state.usage = rg.Usage
		return &ringSink{Ring: rg, dir: r.output}, nil
	}
	if err := cli.CheckOutput(r.output); err != nil && !isFolder(r.output) {
		return nil, err
	}
	if err := cli.MayReplace(r.output, r.force); err != nil {
		return nil, err
	}
	return &fileSink{path: r.output, meta: meta, force: r.force}, nil
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// finish seals what was recorded, also after an error, and tells what it is.
func (r *captureRun) finish(to sink, stats capture.Stats, err error) error {
	var refused *capture.ConnectError
	cerr := to.Close(stats.Sealed)
	switch {
	case errors.As(err, &refused):
		return cli.Exitf(cli.StatusConnect, "%w", refused)
	case err != nil && !to.Written():
		return cli.Exitf(cli.StatusUsage, "%w", err)
	case !to.Written(): // asked to stop before the first answer
		return cli.Exitf(cli.StatusInterrupted, "interrupted before anything was recorded; no file is written")
	case cerr != nil:
		return cli.Exitf(cli.StatusUsage, "%w; what was recorded is in the folder %s (connbox inspect --repair)", cmp.Or(err, cerr), r.output)
	case err != nil:
		return cli.Exitf(cli.StatusUsage, "%w; what came before is in %s", err, r.output)
	}
	size := int64(0)
	if st, err := os.Stat(r.output); err == nil {
		size = st.Size()
	}
	if rs, ok := to.(*ringSink); ok {
		size = rs.Usage().Bytes
	}
	r.a.Note("wrote %s: %s in %v, %s, %s", r.output, cli.Plural(stats.Records, "record"),
		stats.To.Sub(stats.From).Round(100*time.Millisecond), cli.Plural(stats.Failures, "failure"), cli.ByteSize(size))
	if stats.Connects == 0 {
		return cli.Exitf(cli.StatusConnect, "never connected to %s: the recording holds refusals only", r.opts.Target.Addr())
	}
	return nil
}
