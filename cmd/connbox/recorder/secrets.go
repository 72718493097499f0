package recorder

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
)

// redactor makes what --redact asks for. The key lies beside the recording and not in it: a ring's
// folder is sent along whole.
func (r *captureRun) redactor(meta *record.Meta) error {
	switch {
	case r.masked == "" && r.maskKey != "":
		return cli.Exitf(cli.StatusUsage, "--redact-key says how, and --redact does not ask for it")
	case r.masked == "":
		return nil
	case cli.IndexOf(redact.Levels(), r.masked) < 0:
		return cli.Exitf(cli.StatusUsage, "--redact %q is none of %s", r.masked, strings.Join(redact.Levels(), ", "))
	}
	out := filepath.Clean(r.output)
	out = strings.TrimSuffix(strings.TrimSuffix(out, ".connbox"), ".ring")
	if r.name != "" { // one key for all: a client of two servers has one pseudonym
		out = filepath.Dir(out)
	}
	key, _, err := r.a.Key(cmp.Or(r.maskKey, out+".key"))
	if err != nil {
		return err
	}
	r.red = redact.New(key, redact.Level(r.masked))
	r.red.Meta(meta)
	return nil
}

// writeACL prints the command that makes a user with the rights that the recording needs.
func (r *captureRun) writeACL() error {
	user := cmp.Or(r.opts.Target.User, "connbox")
	return r.a.WriteTo("-", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "ACL SETUSER %s reset resetchannels on >PASSWORD %s\n", user, strings.Join(r.opts.Rights(), " "))
		return err
	})
}

// takeHangups makes a SIGHUP ask for new connections, with the password and the certificates that
// lie in their files now, where there is no terminal whose end it may tell of.
func (r *captureRun) takeHangups(renew func()) {
	if _, tty := cli.Terminal(r.a.In); tty || !r.unattended() || r.a.Hangup == nil {
		return
	}
	r.a.Hangup(func() {
		r.tell(slog.LevelInfo, "SIGHUP: connecting anew, with the password and the certificates of now", slog.String("event", "renew"))
		renew()
	})
}
