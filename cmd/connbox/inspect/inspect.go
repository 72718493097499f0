// Package inspect is the command inspect: what is in a recording.
package inspect

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
	"github.com/connbox/connbox/report/units"
)

// New gives the command inspect.
func New(a *cli.App) *cobra.Command {
	var outputs []string
	var verify, repair bool
	var to string
	c := &cobra.Command{
		Use:   "inspect [FLAGS] INPUT",
		Short: "say what is in a recording: span, cadence, gaps, sizes, hashes",
		Long: `Inspect reads a recording to its end and says what is in it: the span, the cadence achieved,
the gaps, the records of each kind, what failed, the servers, and for a bundle its members
with their sizes and SHA-256, and what was left out of it. The hash of every member is
checked; where one is wrong, the exit status is 3. Gaps are distances of over 2.5 intervals:
between samples, as analyze counts them, and between the replies to one command.`,
		Example: `  connbox inspect incident.connbox
  connbox inspect --verify incident.connbox         only whether it is whole
  connbox inspect --repair redis-1-6379.connbox     make a file of what a crash left
  connbox inspect --repair --to o.connbox i.connbox of a damaged bundle, what can be read`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return run(a, args[0], outputs, verify, repair, to)
		},
	}
	f := c.Flags()
	f.BoolVar(&verify, "verify", false, "say only whether all of it can be read and every hash is right")
	f.BoolVar(&repair, "repair", false, "first turn the folder of a recording that broke off into a file; with --to, also what can be read of a damaged bundle")
	f.StringVar(&to, "to", "", "with --repair: leave INPUT as it is, and write `FILE`, as where its disk is full or read-only")
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: text or json; without a file to standard output")
	a.AddForce(f)
	cli.Complete(c, "output", "text", "json")
	return c
}

func run(a *cli.App, path string, outputs []string, verify, repair bool, to string) error {
	specs, err := cli.ParseSpecs(outputs, []string{"text", "json"})
	if err != nil {
		return err
	}
	if len(specs) == 0 {
		specs = []cli.Spec{{Format: "text", Path: "-"}}
	}
	for _, s := range specs {
		if err := cmp.Or(cli.CheckOutput(s.Path, path), cli.MayOverwrite(s.Path, a.Force)); err != nil {
			return err
		}
	}
	switch {
	case to != "" && !repair:
		return cli.Exitf(cli.StatusUsage, "--to says where --repair writes, which is not asked for")
	case to != "":
		if err := cli.CheckOutput(to, path); err != nil {
			return err
		}
		if err := cli.MayReplace(to, false); err != nil {
			return err
		}
		err := bundle.Repair(path, to)
		if err != nil {
			return cli.InputError(path, err)
		}
		a.Note("repaired %s into %s", path, to)
		path = to
	case repair:
		if err := repairAll(path); err != nil {
			return cli.InputError(path, err)
		}
		a.Note("repaired %s", path)
	}
	v, err := readView(a, path)
	if v == nil {
		return err
	}
	if verify {
		if err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.Out, "%s: %s\n", cli.Safe(path), v.whole())
		return err
	}
	for _, s := range specs {
		write := v.text
		if s.Format == "json" {
			write = func(w io.Writer) error { return cli.WriteJSON(w, v.json()) }
		}
		if err := a.WriteTo(s.Path, write); err != nil {
			return err
		}
	}
	return err
}

// repairAll makes a file of what a crash left; of a ring, of each of its bundles.
func repairAll(path string) error {
	if !parse.IsRing(path) {
		return bundle.Repair(path, "")
	}
	members, err := parse.RingMembers(path)
	for _, m := range members {
		if st, serr := os.Stat(m); serr == nil && st.IsDir() {
			err = cmp.Or(err, bundle.Repair(m, ""))
		}
	}
	return err
}

// A view is all that inspect has to say.
type view struct {
	a      *cli.App
	path   string
	origin record.Origin
	s      survey
	gaps   int                // between samples, as analyze counts them
	holds  []redact.Found     // private text in it
	more   bool               // there is more of it
	unused finding.Unused     // text of no use, as analyze counts it
	bundle *bundle.Inspection // nil for a dump
	warn   []string
	err    error
}

// look reads a recording. Where it breaks off, the view of what came before comes with the
// error.
func readView(a *cli.App, path string) (*view, error) {
	src, err := a.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	v := &view{a: a, path: path}
	// The timeline is drawn up for its gaps alone, so that analyze and inspect agree.
	census := redact.NewCensus()
	tl, _ := timeline.Collect(&surveyed{src, &v.s, census}) // its error is src.Err
	v.holds, v.more = census.Found()
	v.gaps, v.unused = tl.Gaps(), tl.Unused
	v.s.close()
	v.origin, v.warn = src.Origin(), src.Warnings()
	if err := a.Ctx.Err(); err != nil {
		return nil, err
	}
	v.err = src.Err()
	if v.origin.Kind == record.InputBundle && path != "-" {
		if err := v.inspect(path); err != nil {
			return nil, cli.InputError(path, err)
		}
	}
	if v.err == nil {
		return v, nil
	}
	v.err = cli.InputError(path, v.err)
	if v.s.usable() == 0 {
		return nil, v.err
	}
	return v, v.err
}

// inspect looks at a bundle's members and hashes; of a ring, at those of each of its bundles.
func (v *view) inspect(path string) error {
	paths, ring := []string{path}, parse.IsRing(path)
	if ring {
		var err error
		if paths, err = parse.RingMembers(path); err != nil {
			return err
		}
	}
	for _, p := range paths {
		b, err := bundle.Inspect(p)
		switch {
		case err == nil && v.err == nil:
			v.err = b.Err
		case err != nil && !ring:
			return err
		case err != nil && v.err == nil:
			v.err = err
		}
		if !ring {
			v.bundle = b
		}
	}
	return nil
}

func (v *view) members() (n int) {
	if v.bundle != nil {
		for _, s := range v.bundle.Segments {
			n += len(s.Members)
		}
	}
	return n
}

// whole says what was found right in a recording that could be read to its end.
func (v *view) whole() string {
	line := "whole: " + cli.Plural(v.s.Records, "record")
	if v.bundle == nil {
		return line
	}
	if n := v.members(); n > 0 || v.bundle.Journal == nil {
		line += fmt.Sprintf(", %s, every hash is right", cli.Plural(int64(n), "member"))
	}
	switch j := v.bundle.Journal; {
	case j == nil:
		return line
	case v.members() == 0:
		return fmt.Sprintf("not sealed: %s in the journal, checksums right", cli.Plural(j.Records, "record"))
	default:
		return line + fmt.Sprintf("; not sealed: %s in the journal, checksums right", cli.Plural(j.Records, "record"))
	}
}

// rowBytes is what a row of CLIENT LIST takes in a bundle, infoBytes what an INFO does; 0
// where nothing tells.
func (v *view) rowBytes() float64 {
	if v.bundle == nil || v.bundle.ClientRows == 0 {
		return 0
	}
	return float64(v.bundle.ClientBytes) / float64(v.bundle.ClientRows)
}

func (v *view) infoBytes() float64 {
	if v.bundle == nil || v.bundle.Infos == 0 {
		return 0
	}
	return float64(v.bundle.InfoBytes) / float64(v.bundle.Infos)
}

// maxShown and maxLine bound the lists of the text; JSON has all.
const (
	maxShown = 10
	maxLine  = 160
)

func (v *view) text(w io.Writer) error {
	p := printer{w: w}
	p.head(v)
	s := &v.s
	p.line("span", "%s to %s (%s)", v.a.Clock(s.From), v.a.Clock(s.To), units.Duration(s.To.Sub(s.From).Round(time.Second)))
	var kinds []string
	for _, k := range s.Kinds {
		kinds = append(kinds, fmt.Sprintf("%d %s", k.n, k.kind))
	}
	p.line("records", "%d: %s", s.Records, strings.Join(kinds, ", "))
	for _, c := range s.Probes {
		asked := ""
		if every := v.origin.Meta.Cadence[c.name]; every != "" {
			asked = ", asked for " + every
		}
		if d := c.cadence(); d > 0 {
			p.line("cadence", "%s every %s%s", c.name, units.Duration(d.Round(time.Millisecond)), asked)
		}
	}
	p.gaps(v)
	if s.Silent > 0 {
		p.line("failed", "%s without a reply", cli.Plural(s.Silent, "sample"))
	}
	for _, f := range s.Failures {
		p.line("failed", "%d %s: %s", f.n, f.class, f.words)
	}
	for i, srv := range s.Servers {
		if i == maxShown {
			p.line("server", "and %d more", len(s.Servers)-i)
			break
		}
		p.line("server", "%s, %s, run id %s, from %s", srv.version, orNone(srv.role), orNone(srv.runID), v.a.Clock(srv.since))
	}
	p.rows(v)
	for _, h := range v.holds {
		what := ""
		if redact.Replaced(&v.origin.Meta, h.Kind) {
			what = " (pseudonyms)"
		}
		p.line("holds", "%s%s, as %s", cli.Plural(int64(h.N), h.Kind), what, cli.Shortened(h.Example))
	}
	if slices.ContainsFunc(v.origin.Meta.Redacted, redact.Said) {
		p.line("holds", "as this bundle says of itself: it was redacted, and what is not marked is as it was")
	}
	if v.more {
		p.line("holds", "and more")
	}
	for _, r := range v.origin.Meta.Redacted {
		if len(r) > maxLine {
			r = r[:maxLine] + " ... (all with -o json)"
		}
		p.line("left out", "%s", r)
	}
	for _, i := range v.origin.Meta.Imported {
		p.line("imported", "%s, %s, sha256 %s", i.Name, cli.ByteSize(i.Bytes), orNone(i.SHA256))
	}
	for i, at := range v.unused.At[:min(len(v.unused.At), maxShown)] {
		if i == 0 {
			p.line("not used", "%s", cli.Plural(v.unused.Lines, "line"))
		}
		p.line("not used", "%s %s", at, v.unused.Text[i])
	}
	p.members(v)
	for _, warning := range v.warn {
		p.line("doubt", "%s", warning)
	}
	if v.err != nil {
		p.line("DAMAGED", "%v", v.err)
	}
	return p.err
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// A printer writes labelled lines, each label once.
type printer struct {
	w    io.Writer
	last string
	err  error
}

func (p *printer) line(label, format string, args ...any) {
	shown := label
	if label == p.last {
		shown = ""
	}
	p.last = label
	if _, err := fmt.Fprintf(p.w, "%-9s %s\n", shown, cli.Safe(fmt.Sprintf(format, args...))); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *printer) head(v *view) {
	what := string(v.origin.Kind)
	if v.bundle != nil {
		what += fmt.Sprintf(", format %d", v.bundle.Format)
		if v.bundle.Live {
			what += ", a folder: still being recorded, or broken off"
		}
	}
	p.line("input", "%s: %s, %s", v.path, what, cli.ByteSize(v.origin.Bytes))
	if v.origin.SHA256 != "" {
		p.line("sha256", "%s", v.origin.SHA256)
	}
	m := &v.origin.Meta
	if m.Tool == "" {
		return
	}
	line := fmt.Sprintf("%s by %s", m.Mode, m.Tool)
	if m.Target != "" {
		line += " of " + m.Target
	}
	if m.Sealed != "" {
		line += ", ended by " + m.Sealed
	}
	p.line("made", "%s", line)
	if m.Observer != "" {
		p.line("observer", "%s, client ids %s", m.Observer, idList(m.ObserverID))
	}
}

func idList(ids []int64) string {
	if len(ids) == 0 {
		return "unknown"
	}
	var b strings.Builder
	for i, id := range ids {
		if i == maxShown {
			fmt.Fprintf(&b, " and %d more", len(ids)-i)
			break
		}
		fmt.Fprintf(&b, "%s%d", cli.Unless(i == 0, " "), id)
	}
	return b.String()
}

func (p *printer) gaps(v *view) {
	if v.gaps > 0 {
		p.line("gaps", "%d of over 2.5 intervals between samples, failed ones included", v.gaps)
	}
	for _, c := range v.s.Probes {
		all := c.gaps()
		for i, g := range all {
			if i == maxShown {
				p.line("gaps", "and %d more in %s", len(all)-i, c.name)
				break
			}
			p.line("gaps", "%s: %s from %s", c.name, units.Duration(g.to.Sub(g.from).Round(time.Millisecond)), v.a.Clock(g.from))
		}
	}
	if p.last != "gaps" {
		p.line("gaps", "none of over 2.5 intervals")
	}
	if v.s.NoTime > 0 {
		p.line("no time", "%s", cli.Plural(v.s.NoTime, "reply"))
	}
}

func (p *printer) rows(v *view) {
	if n := v.infoBytes(); n > 0 {
		p.line("infos", "%.1f bytes each in the bundle", n)
	}
	if v.s.Rows == 0 {
		return
	}
	rows := float64(v.s.Rows)
	line := fmt.Sprintf("%d in all lists, %.1f bytes a row as text", v.s.Rows, float64(v.s.RowBytes)/rows)
	if n := v.rowBytes(); n > 0 {
		line += fmt.Sprintf(", %.2f in the bundle", n)
	}
	p.line("rows", "%s", line)
}

func (p *printer) members(v *view) {
	if v.bundle == nil {
		return
	}
	for _, s := range v.bundle.Segments {
		for _, m := range s.Members {
			state := "ok"
			if !m.OK {
				state = "WRONG"
			}
			p.line("members", "%-26s %9d rows %10d bytes  %s  %s", cli.Safe(m.Name), m.Rows, m.Bytes, m.SHA256, state)
		}
	}
	if j := v.bundle.Journal; j != nil {
		p.line("members", "%-26s %9d records %7d bytes", cli.Safe(j.Name), j.Records, j.Bytes)
	}
}
