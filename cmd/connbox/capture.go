package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/cmd/connbox/bundles"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
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
	flags                 *pflag.FlagSet
	progressed, connected bool
	shown                 time.Time
	log                   captureLog
}

func newCapture(a *cli.App) *cobra.Command {
	r := &captureRun{a: a}
	c := &cobra.Command{
		Use:   "capture [FLAGS]",
		Short: "record a live server into a bundle",
		Long: `Capture records a server until it is interrupted or --duration is over: INFO, CLIENT LIST,
SLOWLOG and the settings that bear on connections. It holds two connections, called connbox,
so that it can go on when the server is full, and INFO does not wait for a long CLIENT LIST;
every refusal is a record. While the server is silent they are held, and late answers are
recorded: a slot that is given up at the limit is lost.

While it records, FILE is a folder that analyze can open already, and that a crash leaves
readable. The first interrupt (Ctrl-C, SIGTERM) makes it one file; a second one stops at once
and leaves the folder, which connbox inspect --repair turns into a file.

The flags are those of redis-cli; -h is the host. The password comes from, in this order:
--pass, --pass-file, --askpass, the URI, the environment variable REDISCLI_AUTH. Of slow
commands the names are kept and the arguments are not. The exit status is 5 where no
connection came about; then no file is written, or with --wait one of refusals only.`,
		Example: `  connbox capture                                          127.0.0.1:6379, until Ctrl-C
  connbox capture -h redis-1 --pass-file pw --duration 1h  for an hour
  connbox capture -u redis://redis-1:6379 --user ops --askpass
  connbox capture -u rediss://redis-1:6380 --cacert ca.pem --wait -o night.connbox
  connbox capture -u unix:///run/redis/redis.sock          a socket, as -s PATH`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return r.run() },
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
	f.StringVarP(&r.pass, "pass", "a", "", "`PASSWORD`; others can see it in the process list")
	f.StringVar(&r.passFile, "pass-file", "", "`FILE` whose first line is the password")
	f.BoolVar(&r.askPass, "askpass", false, "ask for the password on the terminal")
	f.BoolVar(&r.tls, "tls", false, "use TLS")
	f.StringVar(&r.cert.SNI, "sni", "", "`NAME` that the server's certificate must have, if not the host's")
	f.StringVar(&r.cert.CACert, "cacert", "", "`FILE` of trusted authorities (default: the system's)")
	f.StringVar(&r.cert.CACertDir, "cacertdir", "", "`FOLDER` of them")
	f.StringVar(&r.cert.Cert, "cert", "", "`FILE` of the client's certificate")
	f.StringVar(&r.cert.Key, "key", "", "`FILE` of its key")
	f.BoolVar(&r.insecure, "insecure", false, "take any certificate")
	f.StringVarP(&r.output, "output", "o", "", "the bundle to write: `FILE` (default HOST-PORT-YYYYMMDDTHHMMSSZ.connbox)")
	f.BoolVar(&r.force, "force", false, "replace the file if it exists")
	f.DurationVar(&r.opts.Duration, "duration", 0, "stop after this `TIME` (90s, 15m, 24h); default until interrupted")
	f.DurationVar(&r.infoEvery, "info-every", time.Second, "ask for INFO every `TIME`; 0 is never, as with the next two")
	f.DurationVar(&r.listEvery, "list-every", 10*time.Second, "for CLIENT LIST, every `TIME`; less often where the server's time is dear")
	f.DurationVar(&r.slowEvery, "slowlog-every", 10*time.Second, "for SLOWLOG GET, every `TIME`")
	f.DurationVar(&r.opts.Timeout, "timeout", 5*time.Second, "record that no answer came after this `TIME`, and wait on; give up on a dial")
	f.IntVar(&r.opts.Connections, "connections", 2, "hold `N` connections: 2, or 1 where slots are dear")
	f.BoolVar(&r.opts.Wait, "wait", false, "if the server cannot be reached, keep trying and record the refusals")
	f.Bool("help", false, "print this help")
}

func (r *captureRun) run() error {
	if err := r.options(); err != nil {
		return err
	}
	if r.output == "" {
		r.output = defaultBundle(&r.opts.Target, time.Now())
	}
	if r.output == "-" {
		return cli.Exitf(cli.StatusUsage, "a recording cannot go to standard output; name a file with -o")
	}
	if err := cli.CheckOutput(r.output); err != nil && !isFolder(r.output) {
		return err
	}
	if err := bundles.MayReplace(r.output, r.force); err != nil {
		return err
	}
	r.opts.ParseList = new(reply.ClientParser).Parse
	r.opts.OnSample = r.progress
	sink := &liveSink{path: r.output, meta: r.opts.Meta(cli.Tool), force: r.force}
	r.opts.OnConnect = sink.connected
	r.a.Seal()
	stats, err := capture.Run(r.a.Ctx, r.opts, sink)
	if r.progressed {
		fmt.Fprint(r.a.Err, "\r\x1b[K")
	}
	return r.finish(sink, stats, err)
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// finish seals what was recorded, also after an error, and tells what it is.
func (r *captureRun) finish(sink *liveSink, stats capture.Stats, err error) error {
	var refused *capture.ConnectError
	switch {
	case errors.As(err, &refused):
		return cli.Exitf(cli.StatusConnect, "%w", refused)
	case err != nil && sink.w == nil:
		return cli.Exitf(cli.StatusUsage, "%w", err)
	case sink.w == nil: // asked to stop before the first answer
		return cli.Exitf(cli.StatusInterrupted, "interrupted before anything was recorded; no file is written")
	}
	if merr := sink.w.SetMeta(func(m *record.Meta) { m.ObserverID = stats.ClientIDs }); err == nil {
		err = merr
	}
	if cerr := sink.w.Close(stats.Sealed); cerr != nil {
		return cli.Exitf(cli.StatusUsage, "%w; what was recorded is in the folder %s (connbox inspect --repair)", cmp.Or(err, cerr), r.output)
	}
	if err != nil {
		return cli.Exitf(cli.StatusUsage, "%w; what came before is in %s", err, r.output)
	}
	size := int64(0)
	if st, err := os.Stat(r.output); err == nil {
		size = st.Size()
	}
	r.a.Note("wrote %s: %s in %v, %s, %s", r.output, cli.Plural(stats.Records, "record"),
		stats.To.Sub(stats.From).Round(100*time.Millisecond), cli.Plural(stats.Failures, "failure"), cli.ByteSize(size))
	if stats.Connects == 0 {
		return cli.Exitf(cli.StatusConnect, "never connected to %s: the recording holds refusals only", r.opts.Target.Addr())
	}
	return nil
}

// options turns the flags into capture's options, and checks them.
func (r *captureRun) options() error {
	t := capture.Target{Host: r.host, Port: r.port, Socket: r.socket}
	uriPass := ""
	if r.uri != "" {
		for _, other := range [...]string{"host", "port", "socket"} {
			if r.flags.Changed(other) {
				return cli.Exitf(cli.StatusUsage, "--uri and --%s both say where the server is; give one", other)
			}
		}
		var err error
		if t, err = capture.ParseURI(r.uri); err != nil {
			return cli.Exitf(cli.StatusUsage, "--uri: %w", err)
		}
		uriPass, t.Password = t.Password, ""
	}
	switch {
	case r.socket != "" && (r.flags.Changed("host") || r.flags.Changed("port")):
		return cli.Exitf(cli.StatusUsage, "--socket and --host or --port both say where the server is; give one")
	case r.port < 1 || r.port > 65535:
		return cli.Exitf(cli.StatusUsage, "--port %d is none of 1 to 65535", r.port)
	case r.flags.Changed("duration") && r.opts.Duration <= 0:
		return cli.Exitf(cli.StatusUsage, "--duration %v: a recording needs some time", r.opts.Duration)
	}
	if err := r.tlsOptions(&t); err != nil {
		return err
	}
	if r.user != "" {
		t.User = r.user
	}
	var err error
	if t.Password, err = r.password(uriPass); err != nil {
		return err
	}
	if t.User != "" && t.Password == "" {
		return cli.Exitf(cli.StatusUsage, "user %s needs a password: --pass-file, --askpass or %s", t.User, capture.PasswordEnv)
	}
	r.opts.Target = t
	r.opts.Info, r.opts.Clients, r.opts.Slowlog = never(r.infoEvery), never(r.listEvery), never(r.slowEvery)
	if err := r.opts.Check(); err != nil {
		return cli.Exitf(cli.StatusUsage, "%w", err)
	}
	return nil
}

// never words 0 as capture does.
func never(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

func (r *captureRun) tlsOptions(t *capture.Target) error {
	given := ""
	for _, name := range [...]string{"sni", "cacert", "cacertdir", "cert", "key", "insecure"} {
		if r.flags.Changed(name) {
			given = name
		}
	}
	if r.tls && t.TLS == nil {
		t.TLS = &capture.TLS{}
	}
	switch {
	case given != "" && t.TLS == nil:
		return cli.Exitf(cli.StatusUsage, "--%s says something of TLS, but neither --tls nor a rediss:// URI asks for it", given)
	case (r.cert.Cert == "") != (r.cert.Key == ""):
		return cli.Exitf(cli.StatusUsage, "--cert and --key belong together")
	case t.TLS == nil:
		return nil
	}
	*t.TLS = r.cert
	t.TLS.Insecure = r.insecure
	return nil
}

func (r *captureRun) password(uri string) (string, error) {
	s := capture.Secrets{Given: r.pass, File: r.passFile, URI: uri, Env: r.a.Env}
	if r.askPass {
		fd, ok := cli.Terminal(r.a.In)
		if !ok {
			return "", cli.Exitf(cli.StatusUsage, "--askpass needs a terminal; --pass-file takes a password from a file")
		}
		s.Ask = func() (string, error) {
			return capture.Prompt(r.a.Err, func() ([]byte, error) { return term.ReadPassword(fd) })
		}
	}
	password, warning, err := s.Password()
	if err != nil {
		return "", cli.Exitf(cli.StatusUsage, "%w", err)
	}
	if warning == "" && uri != "" && password == uri {
		warning = "a password in --uri can be read in the process list: use --pass-file or " + capture.PasswordEnv
	}
	if warning != "" {
		r.a.Note("warning: %s", warning)
	}
	return password, nil
}

// progress shows on a terminal how the recording goes, four times a second at most; off
// one, it says once that the recording has begun.
func (r *captureRun) progress(p capture.Progress) {
	if r.a.Flags.Quiet {
		return
	}
	if !r.connected && p.Connected {
		r.connected = true
		if _, ok := cli.Terminal(r.a.Err); !ok {
			r.a.Note("recording %s into %s", r.opts.Target.Addr(), r.output)
		}
	}
	now := time.Now()
	if _, ok := cli.Terminal(r.a.Err); !ok {
		if line := r.log.line(p, now); line != "" {
			r.a.Note("%s", cli.Safe(line))
		}
		return
	}
	if now.Sub(r.shown) < 250*time.Millisecond {
		return
	}
	r.shown, r.progressed = now, true
	line := fmt.Sprintf("recording %s: %s", r.opts.Target.Addr(), cli.Plural(p.Records, "record"))
	if p.Clients >= 0 {
		line += fmt.Sprintf(", %s", cli.Plural(p.Clients, "client"))
		if p.MaxClients >= 0 {
			line += fmt.Sprintf(" of %d", p.MaxClients)
		}
	}
	if p.Rejected > 0 {
		line += fmt.Sprintf(", %d refused", p.Rejected)
	}
	if !p.Connected {
		line += ", not connected: " + p.Failed
	}
	line = cli.Safe(line)
	if w := r.a.Width(); len(line) >= w {
		line = line[:w-1]
	}
	fmt.Fprintf(r.a.Err, "\r\x1b[K%s", line)
}

// defaultBundle names a recording after its server and the time in UTC.
func defaultBundle(t *capture.Target, now time.Time) string {
	name := t.Addr()
	if t.Socket != "" {
		name = filepath.Base(t.Socket)
	}
	name = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '_' {
			return c
		}
		return '-'
	}, name)
	return strings.Trim(name, "-.") + now.UTC().Format("-20060102T150405Z") + ".connbox"
}

// A liveSink begins the recording's folder with the first record, so that a server that
// cannot be reached leaves nothing behind, and takes nothing away.
type liveSink struct {
	path  string
	meta  record.Meta
	force bool
	w     *bundle.Writer
	ids   int   // noted so far
	err   error // of noting one
}

// mostIDs bounds what is noted of a connection that flaps: each note writes the manifest. The
// rest is noted at the end.
const mostIDs = 100

// connected notes a client id of the recorder at once, as a crash leaves no time for it.
func (s *liveSink) connected(id int64) {
	if s.ids++; s.ids > mostIDs {
		return
	}
	if s.w == nil {
		s.meta.ObserverID = append(s.meta.ObserverID, id)
		return
	}
	s.err = s.w.AddObserverID(id)
}

// Write implements capture.Sink.
func (s *liveSink) Write(rec record.Record) error {
	if s.err != nil {
		return s.err
	}
	if s.w == nil {
		if s.force {
			if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("cannot replace %s: %w", s.path, cli.Bare(err))
			}
		}
		w, err := bundle.CreateLive(s.path, s.meta)
		if err != nil {
			return err
		}
		s.w = w
	}
	err := s.w.Write(rec)
	if errors.Is(err, bundle.ErrTooLarge) { // a client's doing, which must not end the recording
		return s.w.Write(&record.Failure{Head: *rec.Base(), Command: rec.Kind().String(), Class: record.FailOther, Text: "left out: " + err.Error()})
	}
	return err
}
