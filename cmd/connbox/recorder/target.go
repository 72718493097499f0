package recorder

import (
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/secret"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// options turns the flags into capture's options, and checks them.
func (r *captureRun) options(args []string) error {
	r.wipe(args)
	if len(args) > 0 {
		if err := r.position(args[0]); err != nil {
			return err
		}
	}
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
	if r.pass == "" {
		t.PassFile = r.passFile
	}
	if t.User != "" && t.Password == "" && !r.printACL {
		return cli.Exitf(cli.StatusUsage, "user %s needs a password: --pass-file, --askpass or %s", t.User, secret.Env)
	}
	r.opts.Target = t
	r.opts.Info, r.opts.Clients, r.opts.Slowlog = never(r.infoEvery), never(r.listEvery), never(r.slowEvery)
	r.opts.Budget = r.budget / 100
	if r.flags.Changed("budget") && r.budget <= 0 {
		return cli.Exitf(cli.StatusUsage, "--budget %v: a percentage above 0", r.budget)
	}
	if r.opts.Triggers, err = r.ring.triggers(r.flags); err != nil {
		return err
	}
	if err := r.opts.Check(); err != nil {
		return cli.Exitf(cli.StatusUsage, "%w", err)
	}
	return nil
}

// wipe takes passwords on the command line out of the process list.
func (r *captureRun) wipe(args []string) {
	r.pass, r.uri = strings.Clone(r.pass), strings.Clone(r.uri)
	secrets := []string{r.pass, userinfo(r.uri)}
	for i := range args {
		args[i] = strings.Clone(args[i])
		secrets = append(secrets, userinfo(args[i]))
	}
	for _, s := range secrets {
		wipeArgs(s)
	}
}

// userinfo gives what stands before the @ of a URI.
func userinfo(uri string) string {
	_, rest, ok := strings.Cut(uri, "://")
	if i := strings.LastIndexByte(rest, '@'); ok && i > 0 {
		return rest[:i]
	}
	return ""
}

// position takes HOST, HOST:PORT or a URI that is given without a flag.
func (r *captureRun) position(arg string) error {
	for _, other := range [...]string{"host", "port", "socket", "uri"} {
		if r.flags.Changed(other) && !(other == "port" && !strings.Contains(arg, ":")) {
			return cli.Exitf(cli.StatusUsage, "%s and --%s both say where the server is; give one", arg, other)
		}
	}
	if strings.Contains(arg, "://") {
		r.uri = arg
		return nil
	}
	r.host = arg
	host, port, err := net.SplitHostPort(arg)
	if err != nil { // a host alone, or an IPv6 address without brackets
		return nil
	}
	if r.host = host; port != "" {
		if r.port, err = strconv.Atoi(port); err != nil {
			return cli.Exitf(cli.StatusUsage, "%s: %s is no port", arg, port)
		}
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
	s := secret.Places{Given: r.pass, File: r.passFile, URI: uri, Getenv: r.a.Env}
	if r.askPass {
		fd, ok := cli.Terminal(r.a.In)
		if !ok {
			return "", cli.Exitf(cli.StatusUsage, "--askpass needs a terminal; --pass-file takes a password from a file")
		}
		s.Ask = func() (string, error) {
			return secret.Prompt(r.a.Err, func() ([]byte, error) { return term.ReadPassword(fd) })
		}
	}
	password, warning, err := s.Password()
	if err != nil {
		return "", cli.Exitf(cli.StatusUsage, "%w", err)
	}
	if warning == "" && uri != "" && password == uri {
		warning = "a password in --uri can be read in the process list: use --pass-file or " + secret.Env
	}
	if warning != "" {
		r.a.Note("warning: %s", warning)
	}
	return password, nil
}

// defaultBundle names a recording after its server and the time in UTC.
func defaultBundle(t *capture.Target, now time.Time) string {
	return serverName(t) + now.UTC().Format("-20060102T150405Z") + ".connbox"
}

// serverName makes a server's address a file's name.
func serverName(t *capture.Target) string {
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
	return strings.Trim(name, "-.")
}
