// Package bundles has the commands that make a bundle of a recording: import, cut, redact.
package bundles

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
)

// maxImports bounds the inputs of one import, all of which are open at once. It is arbitrary,
// under the usual limit of descriptors.
const maxImports = 400

// NewImport gives the command import.
func NewImport(a *cli.App) *cobra.Command {
	var output string
	var force, keep, hideText bool
	var server record.Meta
	c := &cobra.Command{
		Use:   "import [FLAGS] FILE...",
		Short: "turn what redis-cli printed into a bundle",
		Long: `Import turns what an operator has (INFO, CLIENT LIST, SLOWLOG and CONFIG GET as redis-cli
printed them, with time lines or without) into a bundle. Several inputs are merged by time. A
loop that imports as it is, over one connection, which a full server goes on serving:

  (while :; do echo INFO all; echo CLIENT LIST; echo SLOWLOG GET 128; sleep 10; done) |
  redis-cli --no-raw > incident.txt

Of CONFIG only parameters that hold no secret are kept, and the bundle names the others. The
arguments of slow commands, which may hold keys and values, are replaced by their lengths unless
--keep-slowlog-args is given. The lines that are no reply (prompts, remarks) are kept, with
the passwords in them taken out, unless --hide-text is given. The bundle has the name and
SHA-256 of every input.

What a file holds up to where it breaks off is imported, and the exit status is then 3; where
nothing can be used, nothing is written.`,
		Example: `  connbox import incident.txt                     writes incident.connbox
  connbox import -o all.connbox a.log.gz b.log    both, in the order of time
  connbox import --keep-slowlog-args i.log        slow commands with their arguments
  connbox import --since 2h i.log                 the last two hours of it
  connbox import dumps/                           a folder, one reply a file`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return cli.Exitf(cli.StatusUsage, "%s needs a file: a dump, a folder of dumps, a bundle, or - for standard input", c.Name())
			case len(args) > maxImports:
				return cli.Exitf(cli.StatusUsage, "%d inputs are too many to merge; put them into a folder and import that", len(args))
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return importAll(a, args, output, force, &importer{command: "import", hide: !keep, hideText: hideText, server: server})
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the bundle to write: `FILE`, or - for standard output (default FIRST.connbox)")
	a.Window.Add(c.Flags())
	c.Flags().BoolVar(&force, "force", false, "replace the bundle if it exists")
	c.Flags().BoolVar(&keep, "keep-slowlog-args", false, "keep the arguments of slow commands, but for passwords; without, their lengths stand there")
	c.Flags().StringVar(&server.Label, "label", "", "call the server `NAME`; with the next two, by which a fleet's recordings are joined")
	c.Flags().StringVar(&server.Cluster, "in-cluster", "", "the `CLUSTER` that it belongs to")
	c.Flags().StringVar(&server.Zone, "zone", "", "the `ZONE` where it runs")
	c.Flags().Bool("hide-slowlog-args", true, "as it is by default")
	_ = c.Flags().MarkHidden("hide-slowlog-args")
	c.Flags().BoolVar(&hideText, "hide-text", false, "leave out the lines that are no reply; without, they are kept but for passwords")
	return c
}

func importAll(a *cli.App, paths []string, output string, force bool, im *importer) error {
	if output == "" {
		output = cli.Stem(paths[0], "import") + ".connbox"
	}
	if output == "-" {
		return toStandardOutput(a, func(path string) error {
			im.shownAs = "standard output"
			return importAll(a, paths, path, force, im)
		})
	}
	im.shownAs = cmp.Or(im.shownAs, output)
	if err := cli.CheckOutput(output, paths...); err != nil {
		return err
	}
	if err := cli.MayReplace(output, force); err != nil {
		return err
	}
	if n := len(paths) - len(slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "-" })); n > 1 {
		return cli.Exitf(cli.StatusUsage, "standard input is given %d times; it can be read once", n)
	}
	if err := checkTwice(paths); err != nil {
		return err
	}
	m := &merge{}
	defer m.close()
	for _, p := range paths {
		src, err := a.Open(p)
		if err != nil {
			return err
		}
		m.add(p, src)
		im.hide = im.hide || im.part && src.Origin().Kind == record.InputDump
	}
	m.begin()
	im.a, im.output, im.shown = a, output, map[slowKey]struct{}{}
	err := im.run(m)
	if err == nil && im.whole {
		err = m.err()
	}
	if err != nil || im.records == 0 {
		im.abort()
		if err == nil {
			err = cmp.Or(m.err(), im.large, a.Outside(paths[0]), cli.Exitf(cli.StatusInput, "%s: nothing in it can be used", paths[0]))
		}
		return err
	}
	if err := im.finish(m); err != nil {
		return err
	}
	im.summary(m)
	if err := m.err(); err != nil {
		return cli.Exitf(cli.StatusInput, "%v; what could be read is in %s", err, im.shownAs)
	}
	return im.large
}

// toStandardOutput makes a bundle in a temporary file, since a bundle is not written from front to
// back, and then gives it out: a container without a shell or tar has no other way.
func toStandardOutput(a *cli.App, make func(path string) error) error {
	if _, tty := cli.Terminal(a.Out); tty {
		return cli.Exitf(cli.StatusUsage, "a bundle is no text for a terminal; name a file with -o, or redirect standard output")
	}
	dir, err := os.MkdirTemp("", "connbox-")
	if err != nil {
		return cli.Exitf(cli.StatusUsage, "no temporary folder (TMPDIR names another place): %w", cli.Bare(err))
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.connbox")
	made := make(path)
	f, err := os.Open(path)
	if err != nil { // nothing could be used
		return made
	}
	defer f.Close()
	err = a.WriteTo("-", func(w io.Writer) error { // also of what could be read
		_, err := io.Copy(w, f)
		return err
	})
	return cmp.Or(made, err)
}

// checkTwice refuses a file given twice: each of its samples would count double.
func checkTwice(paths []string) error {
	for i, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			continue // opening it tells why
		}
		for _, other := range paths[:i] {
			if o, err := os.Stat(other); err == nil && os.SameFile(o, st) {
				return cli.Exitf(cli.StatusUsage, "%s and %s are the same file; its samples would count twice", other, p)
			}
		}
	}
	return nil
}

// An importer is one import.
type importer struct {
	a        *cli.App
	command  string // what the bundle says of how it was made: "import", "cut", "redact"
	output   string
	shownAs  string // what the output is called
	w        *bundle.Writer
	mark     cli.OutFile // stands for the writer in the list of unfinished files
	records  int64       // usable ones: replies and failures
	rounds   int64
	text     int64 // bytes of the replies as the server gave them
	from, to time.Time
	removed  []string             // parameters of CONFIG left out
	hide     bool                 // arguments of slow commands
	server   record.Meta          // what people say of the server: label, cluster, zone
	hideText bool                 // lines that are no reply
	lines    int64                // of those kept
	texts    int64                // of those left out
	secrets  bool                 // some were hidden
	others   int64                // replies of commands that nothing is known of, left out
	large    error                // of the first record that no bundle can hold, left out
	pass     hook                 // of another command: changes records, or leaves them out
	meta     func(*record.Meta)   // the same of what the bundle says of itself
	part     bool                 // a cut: of a bundle, arguments that it has stay
	whole    bool                 // what breaks off is refused
	shown    map[slowKey]struct{} // slow commands whose arguments are kept; at most maxShownSlow
}

// A slowKey tells slow commands apart: an entry is in many replies.
type slowKey struct{ id, time, micros int64 }

// maxShownSlow bounds the counting of slow commands. It is arbitrary.
const maxShownSlow = 100_000

// slowlog hides the arguments of slow commands, or counts those that show theirs. A source
// may give the same arguments again with its next record, so they are changed in a copy.
func (im *importer) slowlog(r *record.Slowlog) {
	for i := range r.Entries {
		e := &r.Entries[i]
		switch {
		case !e.ShowsArgs():
		case im.hide, e.Secretive():
			e.Args = slices.Clone(e.Args)
			e.HideArgs(true)
			im.secrets = true
		case len(im.shown) < maxShownSlow:
			im.shown[slowKey{e.ID, e.Time, e.Micros}] = struct{}{}
		}
	}
}

func (im *importer) run(m *merge) error {
	for m.Scan() {
		rec := m.Record()
		if im.pass != nil {
			if rec = im.pass(rec); rec == nil {
				continue
			}
		}
		switch r := rec.(type) {
		case *record.Config:
			for _, k := range r.Redact() {
				if len(im.removed) < 1000 && !slices.Contains(im.removed, k) {
					im.removed = append(im.removed, k)
				}
			}
		case *record.Slowlog:
			im.slowlog(r)
		case *record.Other:
			if !isHarmless(r.Command) {
				im.others++
				continue
			}
		case *record.Chatter:
			if im.hideText {
				im.texts += int64(r.Lines)
				continue
			}
			im.lines += int64(r.Lines)
		}
		if im.w == nil {
			w, err := bundle.Create(cli.Follow(im.output), record.Meta{Tool: cli.Tool, Mode: im.command})
			if err != nil {
				return cli.Exitf(cli.StatusUsage, "%w", err)
			}
			im.w = w
			im.a.Watch(&im.mark, w.Abort)
		}
		switch err := im.w.Write(rec); {
		case errors.Is(err, bundle.ErrTooLarge):
			im.large = cmp.Or(im.large, cli.Exitf(cli.StatusInput, "%v: %w; it is left out", rec.Base().Pos, err))
			continue
		case err != nil:
			return cli.Exitf(cli.StatusUsage, "%w", err)
		}
		im.count(rec)
	}
	return im.a.Ctx.Err()
}

// harmless are the commands beside the recorded ones whose replies are imported. What else
// stands in a log (ACL LIST, CONFIG GET of a parameter nobody knows) may hold anything.
var harmless = [...]string{"ROLE", "LATENCY", "MEMORY", "CLUSTER INFO", "COMMANDLOG", "SLOWLOG", "CLIENT INFO", "DBSIZE",
	record.SocketsCommand, record.ServerCommand, record.HostCommand}

func isHarmless(command string) bool {
	return slices.ContainsFunc(harmless[:], func(h string) bool { return command == h || strings.HasPrefix(command, h+" ") })
}

func (im *importer) count(rec record.Record) {
	h := rec.Base()
	im.text += int64(h.Size)
	if k := rec.Kind(); k == record.KindMark || k == record.KindChatter {
		return
	}
	im.records++
	if h.At.IsZero() {
		return
	}
	if im.from.IsZero() || h.At.Before(im.from) {
		im.from = h.At
	}
	if im.to.IsZero() || h.At.Sub(im.to) >= 500*time.Millisecond {
		im.rounds++
		im.to = h.At
	}
}

// targetOf is where the text asks the server: what redis-cli takes by itself is not told.
func targetOf(a record.Asked) record.Meta {
	switch {
	case a.Host == "" || a.Host == "localhost" || a.Host == "127.0.0.1":
		return record.Meta{}
	case a.Port == "":
		return record.Meta{Target: a.Host, TLS: a.TLS}
	}
	return record.Meta{Target: net.JoinHostPort(a.Host, a.Port), TLS: a.TLS}
}

// finish puts down what the bundle must say of its origin, and makes it appear.
func (im *importer) finish(m *merge) error {
	defer im.a.Watch(&im.mark, nil)
	if err := m.err(); err != nil { // who reads the bundle alone has to know
		text := strings.ToValidUTF8(record.MadeWithout+err.Error(), "\uFFFD")
		if err := im.w.Write(&record.Mark{Head: record.Head{At: im.to, Took: -1}, Text: text}); err != nil {
			im.w.Abort()
			return cli.Exitf(cli.StatusUsage, "%w", err)
		}
	}
	err := im.w.SetMeta(func(meta *record.Meta) {
		meta.Inherit(im.server)
		for _, s := range m.sources {
			o := s.Origin()
			meta.Imported = append(meta.Imported, record.Imported{Name: filepath.Base(o.Name), SHA256: o.SHA256, Bytes: o.Bytes, Form: o.Form})
			meta.Inherit(o.Meta)
			meta.Inherit(targetOf(o.Asked))
		}
		meta.Redacted = slices.DeleteFunc(meta.Redacted, func(entry string) bool { // what holds of a part is not said of all
			return redact.Said(entry) && slices.ContainsFunc(m.sources, func(s *cli.Input) bool { return !slices.Contains(s.Origin().Meta.Redacted, entry) })
		})
		if im.others > 0 {
			meta.Redacted = append(meta.Redacted, fmt.Sprintf("%s to commands that connbox knows nothing of", cli.Plural(im.others, "reply")))
		}
		if !im.hide && im.secrets {
			meta.Redacted = append(meta.Redacted, "SLOWLOG: arguments of commands that may hold passwords (AUTH, ACL, CONFIG, HELLO, MIGRATE, SENTINEL), replaced by their lengths")
		}
		if im.hide && !slices.Contains(meta.Redacted, record.HiddenArgs) {
			meta.Redacted = append(meta.Redacted, record.HiddenArgs)
		}
		if im.texts > 0 {
			meta.Redacted = append(meta.Redacted, cli.Plural(im.texts, "line")+" that were no reply")
		}
		if len(im.removed) > 0 {
			slices.Sort(im.removed)
			meta.Redacted = append(meta.Redacted, fmt.Sprintf("CONFIG: %s: %s", cli.Plural(int64(len(im.removed)), "parameter"), strings.Join(im.removed, " ")))
		}
		if im.meta != nil {
			im.meta(meta)
		}
	})
	if err == nil {
		err = im.w.Close(im.command)
	}
	if err != nil {
		im.w.Abort()
		return cli.Exitf(cli.StatusUsage, "%w", err)
	}
	return nil
}

func (im *importer) abort() {
	if im.w != nil {
		im.w.Abort()
		im.a.Watch(&im.mark, nil)
	}
}

func (im *importer) summary(m *merge) {
	span := "times unknown"
	if !im.from.IsZero() {
		span = fmt.Sprintf("%s to %s", im.a.Clock(im.from), im.a.Clock(im.to))
	}
	read := int64(0)
	for _, s := range m.sources {
		read += s.Origin().Bytes
	}
	size := int64(0)
	if st, err := os.Stat(im.output); err == nil {
		size = st.Size()
	}
	im.a.Note("wrote %s: %s in %s, %s", im.shownAs, cli.Plural(im.records, "record"), cli.Plural(im.rounds, "sample"), span)
	im.a.Note("%s of replies, %s as given, %s as a bundle%s", cli.ByteSize(im.text), cli.ByteSize(read), cli.ByteSize(size), shrunk(im.text, size))
	if n := int64(len(im.shown)); n > 0 {
		im.a.Note("the arguments of %s%s are kept as printed; connbox redact leaves them out",
			cli.Unless(n < maxShownSlow, "over "), cli.Plural(n, "slow command"))
	}
	if im.lines > 0 {
		im.a.Note("%s no reply: kept as they are, without passwords; --hide-text leaves them out", areLines(im.lines))
	}
	if len(im.removed) > 0 {
		im.a.Note("left out of CONFIG: %s", cli.Plural(int64(len(im.removed)), "parameter"))
	}
	for _, w := range m.Warnings() {
		im.a.Note("%s", w)
	}
}

// areLines gives "1 line is" or "3 lines are".
func areLines(n int64) string {
	if n == 1 {
		return "1 line is"
	}
	return cli.Plural(n, "line") + " are"
}

// shrunk tells how much smaller a bundle is than its replies, where it is: a bundle of few
// replies is mostly its tables' headings.
func shrunk(text, bundle int64) string {
	if bundle <= 0 || text < 2*bundle {
		return ""
	}
	return fmt.Sprintf(": 1/%.0f of the replies", float64(text)/float64(bundle))
}

// A merge gives the records of several inputs by time, and once where one is a copy of a part
// of another; see parse.Merge.
type merge struct {
	*parse.Merged
	sources []*cli.Input
	paths   []string
}

func (m *merge) add(path string, src *cli.Input) {
	m.sources, m.paths = append(m.sources, src), append(m.paths, path)
}

// begin brings the inputs together, after the last was added.
func (m *merge) begin() {
	all := make([]record.Source, len(m.sources))
	for i, s := range m.sources {
		all[i] = s
	}
	m.Merged = parse.Merge(all...)
}

// err gives the errors of all the inputs, as one.
func (m *merge) err() error {
	var all []string
	for i, s := range m.sources {
		if err := s.Err(); err != nil {
			all = append(all, cli.InputError(m.paths[i], err).Error())
		}
	}
	if all == nil {
		return nil
	}
	return &cli.ExitError{Code: cli.StatusInput, Err: errors.New(strings.Join(all, "; "))}
}

func (m *merge) close() {
	for _, s := range m.sources {
		s.Close()
	}
}
