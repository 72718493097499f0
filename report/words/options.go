package words

import (
	"cmp"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// Options are what a reader may choose. The zero value is usable.
type Options struct {
	Version    string         // connbox's own version, printed as the maker; empty is "unknown"
	Width      int            // terminal cells a line of text may fill; 0 is 80, less than 40 is 40
	Color      bool           // SGR colours in text, always beside a word that says the same
	Full       bool           // all of the text summary, not one screen of it
	ASCII      bool           // no character above 0x7f in text made by connbox
	Location   *time.Location // zone of the times for people; nil is UTC. JSON is always UTC
	SourceName string         // how people call the input, e.g. "inc.connbox"; empty takes Report.Input.Name
}

// stdinName is what people call a recording that came through a pipe.
const stdinName = "standard input"

// WithDefaults fills what the caller left open. name is the input's own.
func (o Options) WithDefaults(name string) Options {
	if o.Version == "" {
		o.Version = "unknown"
	}
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, 40)
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.SourceName == "" {
		o.SourceName = name
	}
	switch o.SourceName {
	case "":
		o.SourceName = "recording"
	case "-":
		o.SourceName = stdinName
	}
	o.Version, o.SourceName = inert.Printable(o.Version, inert.MaxName), inert.Printable(o.SourceName, inert.MaxName)
	return o
}

// InputSpan is the range of an input, where a clock is known.
func InputSpan(c units.Clock, in finding.Input) string {
	if in.Relative && in.Samples > 1 {
		return "time unknown, " + units.Duration(in.To.Sub(in.From)) + " by " + cmp.Or(in.Clock, "the server's uptime")
	}
	if in.Relative {
		in.From = time.Time{}
	}
	return c.Span(in.From, in.To)
}
