package recorder

import (
	"github.com/spf13/pflag"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// serverFlags are the flags of capture that say which server to record, and the help that goes with
// -h being the host.
var serverFlags = [...]string{"host", "port", "socket", "uri", "user", "pass", "pass-file", "askpass", "tls", "sni", "cacert", "cacertdir",
	"cert", "key", "insecure", "timeout", "help"}

// A Server says which server another command records, by capture's own flags.
type Server struct{ run captureRun }

// Add adds the flags to a command.
func (s *Server) Add(a *cli.App, f *pflag.FlagSet) {
	s.run.a, s.run.flags = a, f
	all := pflag.NewFlagSet("capture", pflag.ContinueOnError)
	s.run.addFlags(all)
	for _, name := range serverFlags {
		f.AddFlag(all.Lookup(name))
	}
}

// Options gives what the flags say: the target, with its password, and the timeout.
func (s *Server) Options() (capture.Options, error) {
	if err := s.run.options(nil); err != nil {
		return capture.Options{}, err
	}
	return capture.Options{Target: s.run.opts.Target, Timeout: s.run.opts.Timeout}, nil
}
