// Package export is the command export: what a recording holds, as text or as rows.
package export

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// An exportRun is the command export with its flags.
type exportRun struct {
	a              *cli.App
	what, format   string
	output         string
	sample         int64
	at             string // --at as given
	place          *place // what it names; nil without
	force          bool
	times, timesOn bool  // timesOn: as --times says, not by default
	usable         int64 // records met that say something of a server
}

// exported names what can be asked for, with the kinds of record it stands for.
var exported = [...]struct {
	name  string
	kinds []record.Kind
}{
	{"info", []record.Kind{record.KindInfo}},
	{"clients", []record.Kind{record.KindClients}},
	{"slowlog", []record.Kind{record.KindSlowlog}},
	{"config", []record.Kind{record.KindConfig}},
	{"all", nil},
}

// New gives the command export.
func New(a *cli.App) *cobra.Command {
	r := &exportRun{a: a}
	c := &cobra.Command{
		Use:   "export [FLAGS] INPUT",
		Short: "give the original text back, or rows and metrics for other programs",
		Long: `Export gives back what the server said: as text, byte for byte, with a line of time before
each reply, so that it imports again; or rows as CSV, JSON lines or Parquet: of CLIENT LIST, a
row a connection and sample; with --what info, a row a value that is not as in the sample before;
or OpenMetrics with timestamps, in redis_exporter's names, to fill a Prometheus afterwards:
promtool tsdb create-blocks-from openmetrics FILE.

Evidence in a report names a place: the line of a text (i.log:6615, in a folder FILE:LINE)
or the record of a bundle (x.connbox#42). --at PLACE prints what stands there: that record,
or of a text the one that begins at that line or last before it. The file's name may be left
out. Of a compressed text the lines are those of the text.

A sample is counted among what is asked for: --what clients --sample 1 is the first CLIENT
LIST. On a terminal, control characters that strangers wrote are replaced by question marks;
into files and pipes they go as they are. A spreadsheet may take a value for a formula: import
CSV as text.`,
		Example: `  connbox export i.connbox > i.txt                       everything, as redis-cli prints it
  connbox export i.connbox --what clients --sample 1     the first CLIENT LIST, byte for byte
  connbox export i.connbox --at i.connbox#42             what stands where evidence points
  connbox export i.log.gz --at i.log.gz:6615             the same, of a text
  connbox export i.connbox --format csv -o clients.csv   every connection of every list
  connbox export i.connbox --what info --format csv      every value of INFO when it changed
  connbox export i.connbox --format parquet -o c.parquet for DuckDB, pandas, Spark
  connbox export i.connbox --format openmetrics -o i.om  for Prometheus`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(c *cobra.Command, args []string) error {
			r.timesOn = c.Flags().Changed("times")
			if r.at == "" && c.Flags().Changed("at") {
				_, err := parsePlace(r.at)
				return err
			}
			return r.run(args[0], c.Flags().Changed("what"), c.Flags().Changed("sample"))
		},
	}
	f := c.Flags()
	a.Window.Add(f)
	f.StringVar(&r.at, "at", "", "only the record at `PLACE`, as evidence names it: FILE:LINE, FILE#N, a line or #N")
	f.StringVar(&r.what, "what", "all", "`WHAT` to export: info, clients, slowlog, config or all")
	f.Int64Var(&r.sample, "sample", 0, "only the `N`-th of it, from 1")
	f.StringVar(&r.format, "format", "text", "`FORMAT`: text; csv, jsonl or parquet, rows of CLIENT LIST or of INFO; openmetrics, of both")
	f.BoolVar(&r.times, "times", true, "a line of time before each reply; by default where there may be several")
	f.StringVarP(&r.output, "output", "o", "-", "write `FILE` instead of standard output")
	f.BoolVar(&r.force, "force", false, "replace the file if it exists")
	cli.Complete(c, "what", exportedNames()...)
	cli.Complete(c, "format", exportFormats[:]...)
	return c
}

// exportFormats are the forms of what is exported.
var exportFormats = [...]string{"text", "csv", "jsonl", "parquet", "openmetrics"}

func exportedNames() []string {
	var names []string
	for _, e := range exported {
		names = append(names, e.name)
	}
	return names
}

func (r *exportRun) run(path string, whatGiven, sampleGiven bool) error {
	at := cli.IndexOf(exportedNames(), r.what)
	rows := r.format == "csv" || r.format == "jsonl" || r.format == "parquet"
	_, tty := cli.Terminal(r.a.Out)
	switch {
	case at < 0:
		return cli.Exitf(cli.StatusUsage, "--what %q is none of %s", r.what, strings.Join(exportedNames(), ", "))
	case cli.IndexOf(exportFormats[:], r.format) < 0:
		return cli.Exitf(cli.StatusUsage, "--format %q is none of %s", r.format, strings.Join(exportFormats[:], ", "))
	case r.format == "openmetrics" && (whatGiven || sampleGiven || r.at != ""):
		return cli.Exitf(cli.StatusUsage, "--format openmetrics has all metrics over time; --what, --sample and --at do not go with it")
	case r.format == "parquet" && r.at != "":
		return cli.Exitf(cli.StatusUsage, "--at names one record; as Parquet it has no use")
	case r.format == "parquet" && r.output == "-" && tty:
		return cli.Exitf(cli.StatusUsage, "Parquet is no text for a terminal; -o FILE names a file")
	case sampleGiven && r.sample < 1:
		return cli.Exitf(cli.StatusUsage, "--sample %d: samples count from 1", r.sample)
	case r.at != "" && (whatGiven || sampleGiven):
		return cli.Exitf(cli.StatusUsage, "--at names one record; --what and --sample do not go with it")
	case rows && whatGiven && r.what != "clients" && r.what != "info":
		return cli.Exitf(cli.StatusUsage, "--format %s has the rows of CLIENT LIST or INFO; --what %s comes as text", r.format, r.what)
	}
	kinds := exported[at].kinds
	if rows && r.what != "info" {
		kinds = []record.Kind{record.KindClients}
	}
	if r.format == "openmetrics" {
		kinds = []record.Kind{record.KindInfo, record.KindClients, record.KindFailure}
	}
	if r.at != "" {
		var err error
		if r.place, err = parsePlace(r.at); err != nil {
			return err
		}
		kinds = nil // a place is any record's
	}
	if !r.timesOn {
		r.times = !sampleGiven && r.place == nil
	}
	if err := cmp.Or(cli.CheckOutput(r.output, path), mayReplace(r.output, r.force)); err != nil {
		return err
	}
	r.a.Window.Unhashed = true
	first := r.firstServer(path)
	r.a.Window.Kinds = kinds
	src, err := r.a.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	n := int64(0)
	err = r.a.WriteTo(r.output, func(w io.Writer) error {
		if tty && r.output == "-" {
			w = cli.Tame{W: w}
		}
		if r.place != nil {
			return cmp.Or(r.copyAt(w, path, src), r.a.Ctx.Err())
		}
		if first != "" {
			if _, err := fmt.Fprintln(w, "### "+cli.Safe(first)); err != nil {
				return err
			}
		}
		n, err = r.copy(w, src)
		if r.usable == 0 && src.Err() == nil {
			err = cmp.Or(r.a.Outside(path), err)
		}
		if err != nil {
			return err
		}
		if err := src.Err(); err != nil && r.usable == 0 {
			return cli.InputError(path, err)
		}
		return r.a.Ctx.Err()
	})
	if err != nil || r.place != nil {
		return err
	}
	return r.ended(path, src, n, sampleGiven)
}

// mayReplace refuses to overwrite a file unasked: what was exported looks like what it was made from.
func mayReplace(path string, force bool) error {
	if !cli.Taken(path, force) {
		return nil
	}
	return cli.Exitf(cli.StatusUsage, "%s exists; --force replaces it, -o names another", path)
}

// firstServer gives the name of the server whose replies come first, of several in a file: a text
// tells it apart only when the next one's begin, so that the file is looked at twice.
func (r *exportRun) firstServer(path string) string {
	if path == "-" || r.what != "all" || r.format != "text" || r.sample > 0 || r.place != nil {
		return ""
	}
	r.a.Window.Kinds = []record.Kind{record.KindOther}
	src, err := r.a.Open(path)
	if err != nil {
		return "" // which is said when it is opened for good
	}
	defer src.Close()
	for src.Scan() {
		if other, ok := src.Record().(*record.Other); ok {
			if server, ok := other.Server(); ok {
				return server.Before
			}
		}
	}
	return ""
}

// ended tells why less came than was asked for.
func (r *exportRun) ended(path string, src *cli.Input, n int64, one bool) error {
	if one && n >= r.sample {
		return nil
	}
	if err := src.Err(); err != nil {
		return r.a.Broken(cli.InputError(path, err), "what could be read is exported", cli.StatusDone)
	}
	if one {
		return cli.Exitf(cli.StatusInput, "%s holds %d of %s, there is no sample %d", path, n, r.what, r.sample)
	}
	return nil
}

// copy writes the records asked for and gives how many it met.
func (r *exportRun) copy(w io.Writer, src record.Source) (int64, error) {
	write, finish, err := r.writer(w, src.Origin())
	if err != nil {
		return 0, err
	}
	var n int64
	for src.Scan() {
		rec := src.Record()
		if rec.Kind() != record.KindChatter {
			r.usable++
		}
		n++
		if r.sample > 0 && n != r.sample {
			continue
		}
		if err := write(w, rec); err != nil {
			return n, err
		}
		if r.sample > 0 {
			break
		}
	}
	return n, finish()
}

// writer gives the function that writes records to w in the format asked for, and the one that ends
// what was written.
func (r *exportRun) writer(w io.Writer, o record.Origin) (write func(io.Writer, record.Record) error, finish func() error, err error) {
	info := r.what == "info"
	finish = func() error { return nil }
	switch {
	case r.format == "csv" && info:
		write = infoCSV(w)
	case r.format == "jsonl" && info:
		write = infoJSON(w)
	case r.format == "parquet" && info:
		return parquetInfo(w)
	case r.format == "csv":
		write = csvRows(w)
	case r.format == "jsonl":
		write = jsonRows
	case r.format == "parquet":
		return parquetClients(w)
	case r.format == "openmetrics":
		m := newOpenMetrics(o)
		return m.add, func() error {
			if m.empty() {
				return cli.Exitf(cli.StatusInput, "%s: no INFO and no CLIENT LIST with a time in it, which metrics need", o.Name)
			}
			return m.write(w)
		}, nil
	default:
		write = r.text
	}
	return write, finish, nil
}

// Text writes a record as redis-cli printed it, with its time in a line before.
func Text(w io.Writer, rec record.Record) error { return (&exportRun{times: true}).text(w, rec) }

// text writes a record as redis-cli printed it.
func (r *exportRun) text(w io.Writer, rec record.Record) error {
	if at := rec.Base().At; r.times && !at.IsZero() {
		if _, err := fmt.Fprintln(w, at.UTC().Format(time.RFC3339Nano)); err != nil {
			return err
		}
	}
	var b []byte
	switch rec := rec.(type) {
	case *record.Info:
		b = rec.Text
	case *record.Clients:
		b = reply.AppendClients(nil, rec)
	case *record.Slowlog:
		b = reply.AppendSlowlog(nil, rec)
	case *record.Config:
		b = reply.AppendConfig(nil, rec)
	case *record.Log:
		b = rec.Entry.AppendLine(nil)
	case *record.Other:
		b = rec.Text
		var log record.Log
		if rec.Log(&log) {
			b = log.Entry.AppendLine(nil)
		} else if server, ok := rec.Server(); ok {
			b = []byte("### " + cli.Safe(server.Name))
		}
	case *record.Failure:
		b = []byte(rec.Text)
	case *record.Mark:
		b = []byte("# " + cli.Safe(rec.Text))
	case *record.Chatter:
		b = []byte(rec.Text)
	default:
		return nil
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	// Between replies there is a line's end, but a reply asked for alone is as it was.
	if len(b) > 0 && b[len(b)-1] != '\n' && r.sample == 0 && r.place == nil {
		_, err := w.Write([]byte{'\n'})
		return err
	}
	return nil
}
