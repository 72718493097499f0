// Package minimize is the command minimize: the smallest bundle of which the analysis says the same.
package minimize

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
	"github.com/connbox/connbox/parse/stream"
)

// mostText bounds the replies that are held in memory; as records they take a few times that.
const mostText = 256 << 20

// A minimizer is one run of minimize.
type minimizer struct {
	a      *cli.App
	output string
	force  bool
	names  bool // keep them
	tries  int
	app    cli.AppFlags
}

// New gives the command minimize.
func New(a *cli.App) *cobra.Command {
	m := &minimizer{a: a}
	c := &cobra.Command{
		Use:   "minimize [FLAGS] INPUT -o OUT",
		Short: "make the smallest bundle that keeps the verdict, for a fixture in git",
		Long: `Minimize leaves out of a recording whatever the analysis can do without: time, samples, kinds of
reply, hosts, connections, keys of INFO, fields of CLIENT LIST, settings. It tries (delta
debugging), and keeps a smaller recording only if the analysis says the same of it: the status,
the causes with their roles, the first two sources, the onset within its interval or two samples,
and a confidence no more than 0.05 lower. Names and addresses become numbered pseudonyms, networks
stay networks, unless --keep-names is given; arguments of slow commands and secrets of the
configuration are left out in any case.

What comes out is for tests: it shows why the verdict is what it is, and no longer all that
happened. Where OUT ends in .zst, .txt, .log or .dump it is text as redis-cli prints it (packed, if
.zst), which is smaller than a bundle by the bundle's tables of contents. The same input gives the
same bytes.`,
		Example: `  connbox minimize incident.dump.zst -o fixtures/leak.connbox
  connbox check --init fixtures/leak.connbox            and what it must say
  connbox minimize incident.dump.zst -o leak.dump.zst   the same as text`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return m.run(args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&m.output, "output", "o", "", "the bundle to write, or text: `FILE`")
	f.BoolVar(&m.names, "keep-names", false, "keep names and addresses as they are")
	f.IntVar(&m.tries, "tries", 4000, "stop after `N` analyses, with the smallest so far")
	m.app.Add(f)
	a.Window.Add(f)
	f.BoolVar(&m.force, "force", false, "replace the bundle if it exists")
	return c
}

func (m *minimizer) run(path string) error {
	switch {
	case m.output == "":
		return cli.Exitf(cli.StatusUsage, "minimize needs a bundle to write: -o FILE")
	case m.output == "-":
		return cli.Exitf(cli.StatusUsage, "a bundle cannot go to standard output; name a file with -o")
	case m.tries < 1:
		return cli.Exitf(cli.StatusUsage, "--tries %d: at least one", m.tries)
	}
	if err := errors.Join(m.app.Check(path), cli.CheckOutput(m.output, path), cli.MayReplace(m.output, m.force)); err != nil {
		return err
	}
	app, err := m.app.Read()
	if err != nil {
		return err
	}
	whole, err := m.read(path)
	if err != nil {
		return err
	}
	said, err := report(whole.play(), app)
	if err != nil {
		return err
	}
	w := wanted(said, app)
	w.text = asText(m.output)
	r := &reducer{now: whole, tries: m.tries, same: func(t *tape) bool { return m.a.Ctx.Err() == nil && w.same(t) }}
	if !r.same(whole) {
		if w.text {
			return cli.Exitf(cli.StatusInput, "%s: as text the analysis says something else of it: write a bundle, -o NAME.connbox", path)
		}
		return cli.Exitf(cli.StatusInternal, "internal error: the analysis does not say the same of the same recording")
	}
	r.run()
	if err := m.a.Ctx.Err(); err != nil {
		return err
	}
	meta := m.meta(r.now)
	small, meta := m.pseudonyms(r.now, w, meta)
	if err := m.write(small, meta, w); err != nil {
		return err
	}
	m.tell(path, whole, small, m.tries-r.tries)
	return nil
}

// read takes the whole recording into memory. One that breaks off is refused: nobody knows what the
// rest would have said.
func (m *minimizer) read(path string) (*tape, error) {
	src, err := m.a.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	t, text := &tape{}, int64(0)
	for src.Scan() {
		rec := src.Record()
		if o, ok := rec.(*record.Other); ok {
			if _, several := o.Server(); several {
				return nil, cli.Exitf(cli.StatusInput, "%s: it has the replies of several servers; minimize takes one", path)
			}
		}
		if text += int64(rec.Base().Size); text > mostText {
			return nil, cli.Exitf(cli.StatusInput, "%s: more than %s of replies; connbox cut makes a part of it, which can be minimized", path, cli.ByteSize(mostText))
		}
		t.add(rec)
	}
	if err := src.Err(); err != nil {
		return nil, cli.InputError(path, err)
	}
	if t.origin = src.Origin(); len(t.recs) == 0 {
		return nil, cmp.Or(m.a.Outside(path), cli.Exitf(cli.StatusInput, "%s: nothing in it can be used", path))
	}
	return t, nil
}

// meta says what the bundle is of.
func (m *minimizer) meta(t *tape) record.Meta {
	o := t.origin
	meta := record.Meta{Tool: cli.Tool, Mode: "import", TLS: o.Meta.TLS, Observer: o.Meta.Observer, Redacted: slices.Clone(o.Meta.Redacted),
		Imported: []record.Imported{{Name: filepath.Base(o.Name), SHA256: o.SHA256, Bytes: o.Bytes, Form: o.Form}}}
	for _, id := range o.Meta.ObserverID {
		if t.has(id) {
			meta.ObserverID = append(meta.ObserverID, id)
		}
	}
	if !slices.Contains(meta.Redacted, record.HiddenArgs) {
		meta.Redacted = append(meta.Redacted, record.HiddenArgs)
	}
	meta.Redacted = append(meta.Redacted, "all that the verdict does without (connbox minimize)")
	return meta
}

// has tells whether a list has a connection.
func (t *tape) has(id int64) bool {
	for _, rec := range t.recs {
		if x, ok := rec.(*record.Clients); ok && slices.ContainsFunc(x.Rows, func(c record.Client) bool { return c.ID == id }) {
			return true
		}
	}
	return false
}

// pseudonyms replaces names and addresses if the analysis says the same then, of the pseudonyms.
func (m *minimizer) pseudonyms(t *tape, w *want, meta record.Meta) (*tape, record.Meta) {
	if m.names {
		return t, meta
	}
	for _, level := range [...]redact.Level{redact.All, redact.Names, redact.Addresses} {
		red := redact.Numbered(level)
		small := &tape{origin: t.origin}
		for _, rec := range t.recs {
			if rec = red.Record(rec); rec != nil {
				small.add(rec)
			}
		}
		renamed := *w
		renamed.sources = nil
		for _, s := range w.sources {
			host, name := red.Of(s.host, s.name)
			renamed.sources = append(renamed.sources, source{host, name})
		}
		slices.SortFunc(renamed.sources, bySource)
		if renamed.same(small) {
			*w = renamed
			red.Meta(&meta)
			return small, meta
		}
	}
	m.a.Say("warning: with pseudonyms the verdict would be another: names and addresses are in %s", m.output)
	return t, meta
}

// write writes the recording under a name of its own, makes sure that the analysis says of the file what
// it said of the records, and puts it into its place.
func (m *minimizer) write(t *tape, meta record.Meta, w *want) error {
	tmp := filepath.Join(filepath.Dir(m.output), fmt.Sprintf(".%s.%08x.tmp", filepath.Base(m.output), rand.Uint32()))
	var mark cli.OutFile
	m.a.Watch(&mark, func() { os.Remove(tmp) })
	defer m.a.Watch(&mark, nil)
	defer os.Remove(tmp) // gone where all went well
	var err error
	if asText(m.output) {
		err = writeText(tmp, t, strings.HasSuffix(m.output, ".zst"))
	} else {
		err = writeBundle(tmp, t, meta)
	}
	if err != nil {
		return cli.Exitf(cli.StatusUsage, "cannot write %s: %w", m.output, cli.Bare(err))
	}
	src, err := parse.Open(tmp)
	if err != nil {
		return cli.Exitf(cli.StatusInternal, "internal error: what was written cannot be read: %w", err)
	}
	r, err := report(src, w.app)
	src.Close()
	if err != nil || !w.holds(r) {
		return cli.Exitf(cli.StatusInternal, "internal error: of what was written the analysis says something else")
	}
	if err := os.Rename(tmp, m.output); err != nil {
		return cli.Exitf(cli.StatusUsage, "cannot write %s: %w", m.output, cli.Bare(err))
	}
	return nil
}

// asText tells by its name that a recording is to be written as redis-cli prints it.
func asText(path string) bool {
	return slices.Contains([]string{".txt", ".log", ".dump", ".zst"}, filepath.Ext(path))
}

func writeBundle(path string, t *tape, meta record.Meta) error {
	out, err := bundle.Create(path, meta)
	if err != nil {
		return err
	}
	out.Lean()
	for _, rec := range t.recs {
		if err := out.Write(rec); err != nil {
			out.Abort()
			return err
		}
	}
	if err := out.Close("import"); err != nil {
		out.Abort()
		return err
	}
	return nil
}

func writeText(path string, t *tape, packed bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	var b bytes.Buffer
	if err := t.writeText(&b); err != nil {
		return err
	}
	text := b.Bytes()
	if packed {
		text = stream.Pack(text)
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Close()
}

// tell says what is left of what there was.
func (m *minimizer) tell(path string, whole, small *tape, tries int) {
	size := func(path string) int64 {
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			return st.Size()
		}
		return whole.origin.Bytes
	}
	was, is := size(path), size(m.output)
	_, roundsWas := whole.rounds()
	_, roundsIs := small.rounds()
	m.a.Note("wrote %s: %s of %s, 1/%.0f, after %s", m.output, cli.ByteSize(is), cli.ByteSize(was), float64(was)/float64(max(is, 1)),
		cli.Plural(int64(tries), "try"))
	part := func(n, of int, what string) string { return fmt.Sprintf("%d of %d %s", n, of, what) }
	m.a.Note("kept: %s, %s, %s, %s", part(roundsIs, roundsWas, "samples"), part(len(small.hosts()), len(whole.hosts()), "hosts"),
		part(len(small.infoKeys()), len(whole.infoKeys()), "keys of INFO"), part(len(small.fields()), len(whole.fields()), "fields of CLIENT LIST"))
}
