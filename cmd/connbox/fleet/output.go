package fleet

import (
	"bufio"
	"io"
	"path/filepath"
	"slices"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/parse/stream"
	"github.com/connbox/connbox/report/fleetview"
)

// A form is a way to write a summary.
type form struct {
	name  string
	write func(io.Writer, *reduce.Summary, fleetview.Options) error
}

var forms = [...]form{
	{"text", fleetview.WriteText},
	{"json", func(w io.Writer, s *reduce.Summary, _ fleetview.Options) error { return cli.WriteJSON(w, s) }},
	{"md", fleetview.WriteMarkdown},
	{"html", fleetview.WriteHTML},
}

// formatNames are those of forms, and of what is written row by row.
func formatNames() []string {
	var out []string
	for _, f := range forms {
		out = append(out, f.name)
	}
	return append(out, "rows", "parquet", "none")
}

// specsOf reads the values of -o. Rows and tables go into files beside the summary, which is text
// on standard output where nothing else goes there.
func specsOf(outputs []string) ([]cli.Spec, error) {
	specs, err := cli.ParseSpecs(outputs, formatNames())
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(specs, func(s cli.Spec) bool { return s.Format == "none" }); at >= 0 {
		if specs[at].Path != "-" {
			return nil, cli.Exitf(cli.StatusUsage, "-o none is no output and has no file")
		}
		return slices.Delete(specs, at, at+1), nil
	}
	for _, s := range specs {
		if s.Format == "parquet" && s.Path == "-" {
			return nil, cli.Exitf(cli.StatusUsage, "-o parquet is two files and needs a name, as parquet:night")
		}
	}
	if !slices.ContainsFunc(specs, func(s cli.Spec) bool { return s.Path == "-" }) {
		specs = append(specs, cli.Spec{Format: "text", Path: "-"})
	}
	return specs, nil
}

// filesOf are the files of an output.
func filesOf(s cli.Spec) []string {
	if s.Format == "parquet" {
		return []string{s.Path + ".bundles.parquet", s.Path + ".causes.parquet"}
	}
	return []string{s.Path}
}

// An output takes rows and writes what was asked for.
type output struct {
	a *cli.App
	*common
	shard   fleet.Shard
	link    func(page, input string) string
	doubts  []string // of how rows were come by
	summary *reduce.Summary
}

// run lets produce give its rows to everything that takes them, and then writes the summary.
func (o *output) run(produce func(sink func(*fleet.Row) error) error) error {
	r := reduce.New()
	if err := o.readSince(r); err != nil {
		return err
	}
	roll := o.labels.Roll()
	sink := func(row *fleet.Row) error {
		r.Add(row)
		roll.Add(row)
		return nil
	}
	if err := o.rowWise(o.specs, sink, produce); err != nil {
		return err
	}
	s := r.Summary(cli.Version)
	s.Missing = append(s.Missing, roll.Missing()...)
	s.Doubts = append(s.Doubts, o.doubts...)
	if o.labels != nil {
		s.Doubts = append(s.Doubts, o.labels.Doubts...)
		if roll.Unknown > 0 {
			s.Doubts = append(s.Doubts, cli.Plural(int64(roll.Unknown), "recording")+" came of servers that --labels does not name")
		}
	}
	o.summary = s
	for _, spec := range o.specs {
		if err := o.writeSummary(spec); err != nil {
			return err
		}
	}
	return nil
}

// rowWise opens what is written row by row, one output after the other, and produces the rows
// within: files appear whole or not at all.
func (o *output) rowWise(specs []cli.Spec, sink func(*fleet.Row) error, produce func(func(*fleet.Row) error) error) error {
	for i, s := range specs {
		rest := specs[i+1:]
		switch s.Format {
		case "rows":
			return o.a.WriteTo(s.Path, func(w io.Writer) error {
				if err := fleet.WriteShard(w, o.shard); err != nil {
					return err
				}
				return o.rowWise(rest, func(row *fleet.Row) error {
					if err := fleet.WriteRow(w, row); err != nil {
						return err
					}
					return sink(row)
				}, produce)
			})
		case "parquet":
			files := filesOf(s)
			return o.a.WriteTo(files[0], func(bundles io.Writer) error {
				return o.a.WriteTo(files[1], func(causes io.Writer) error {
					t, err := fleet.NewTables(bundles, causes)
					if err != nil {
						return err
					}
					err = o.rowWise(rest, func(row *fleet.Row) error {
						keep := *row
						if err := t.Add(&keep); err != nil {
							return err
						}
						return sink(row)
					}, produce)
					if err != nil {
						return err
					}
					return t.Close()
				})
			})
		}
	}
	return produce(sink)
}

// writeSummary writes one of the forms of the summary.
func (o *output) writeSummary(spec cli.Spec) error {
	at := slices.IndexFunc(forms[:], func(f form) bool { return f.name == spec.Format })
	if at < 0 {
		return nil
	}
	loc, err := o.a.Flags.Location()
	if err != nil {
		return err
	}
	v := fleetview.Options{Version: cli.Version, Location: loc, ASCII: o.a.Flags.ASCII, Width: 100}
	if spec.Path == "-" && spec.Format == "text" {
		v.ASCII, v.Width = o.a.ASCIIOnly(), o.a.Width()
	}
	if o.link != nil && spec.Path != "-" {
		v.Link = func(input string) string { return o.link(spec.Path, input) }
	}
	if err := o.a.WriteTo(spec.Path, func(w io.Writer) error { return forms[at].write(w, o.summary, v) }); err != nil {
		return err
	}
	if spec.Path != "-" {
		o.a.Note("wrote %s", spec.Path)
	}
	return nil
}

// openRows opens a file of rows, which may be compressed.
func openRows(path string) (io.ReadCloser, error) {
	text, err := stream.OpenText(path)
	if err != nil {
		return nil, cli.InputError(path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{bufio.NewReaderSize(text, 256<<10), text}, nil
}

// readSince reads the rows of an earlier run.
func (o *output) readSince(r *reduce.Reducer) error {
	if o.sinceFile == "" {
		return nil
	}
	text, err := openRows(o.sinceFile)
	if err != nil {
		return err
	}
	defer text.Close()
	r.Compared()
	l := fleet.NewLines(text, filepath.Base(o.sinceFile))
	for l.Scan() {
		if o.a.Ctx.Err() != nil {
			return o.a.Ctx.Err()
		}
		r.Before(l.Row())
	}
	if l.Err() != nil {
		return cli.Exitf(cli.StatusInput, "--since %w", l.Err())
	}
	return nil
}
