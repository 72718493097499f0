package bundles

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
)

// A redaction is one run of redact.
type redaction struct {
	a                  *cli.App
	output, level, key string
	list, full, force  bool
}

// NewRedact gives the command redact.
func NewRedact(a *cli.App) *cobra.Command {
	r := &redaction{a: a}
	c := &cobra.Command{
		Use:   "redact [FLAGS] INPUT -o OUT",
		Short: "replace names and addresses before a bundle leaves the house",
		Long: `Redact writes a recording as a bundle in which private text has pseudonyms: names of
clients, users and libraries, addresses, paths. Addresses of one network stay addresses of
one network, and an application's instances stay told apart, so that the verdict is the same.
Arguments of slow commands are replaced by their lengths; lines that are no reply, and
replies of which it is not known what they hold, are left out.

The pseudonyms follow from a key, which lies in a file of its own and must not be sent along:
who has it can tell which pseudonym is whose by trying. Bundles redacted with one key can be
laid side by side. A damaged input is refused: nothing is written of it.`,
		Example: `  connbox redact i.connbox --list                        what would be replaced
  connbox redact i.connbox --list --full                 all of it, a line each
  connbox redact i.connbox -o out.connbox                and a new key in out.key
  connbox redact j.connbox -o j2.connbox --key out.key   the same pseudonyms
  connbox redact i.connbox -o out.connbox --level names  addresses stay`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return r.run(args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&r.output, "output", "o", "", "the bundle to write: `FILE`")
	f.StringVar(&r.level, "level", string(redact.All), "what to replace: `LEVEL` is "+strings.Join(redact.Levels(), ", "))
	f.StringVar(&r.key, "key", "", "the key's `FILE`, made where there is none (default OUT.key)")
	f.BoolVar(&r.list, "list", false, "list what would be replaced, with examples, and write nothing")
	f.BoolVar(&r.full, "full", false, "with --list: all of it, a line each")
	f.BoolVar(&r.force, "force", false, "replace the bundle if it exists")
	a.Window.AddUnpacked(f)
	cli.Complete(c, "level", redact.Levels()...)
	return c
}

func (r *redaction) run(path string) error {
	switch {
	case cli.IndexOf(redact.Levels(), r.level) < 0:
		return cli.Exitf(cli.StatusUsage, "--level %q is none of %s", r.level, strings.Join(redact.Levels(), ", "))
	case r.output == "" && !r.list:
		return cli.Exitf(cli.StatusUsage, "redact needs a bundle to write: -o FILE (or --list)")
	}
	if r.list {
		return r.tell(path)
	}
	if err := cmp.Or(cli.CheckOutput(r.output, path), cli.MayReplace(r.output, r.force)); err != nil {
		return err
	}
	key, undo, err := r.a.Key(cmp.Or(r.key, cli.Stem(r.output, "redact")+".key"))
	if err != nil {
		return err
	}
	red := redact.New(key, redact.Level(r.level))
	im := &importer{command: "redact", hide: true, whole: true, pass: red.Record, meta: red.Meta}
	if err := importAll(r.a, []string{path}, r.output, r.force, im); err != nil {
		undo()
		return err
	}
	for _, f := range red.Found() {
		r.a.Note("%s replaced: %s", f.Kind, cli.Plural(int64(f.N), "text"))
	}
	return nil
}

// tell lists what would be replaced, by a key of the moment.
func (r *redaction) tell(path string) error {
	key := make([]byte, 32)
	rand.Read(key)
	red := redact.New(key, redact.Level(r.level))
	src, err := r.a.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if r.full {
		red.Keep(mostListed)
	}
	for src.Scan() {
		red.Record(src.Record())
	}
	if err := src.Err(); err != nil {
		return cli.InputError(path, err)
	}
	o := src.Origin()
	meta := o.Meta
	already := slices.ContainsFunc(meta.Redacted, redact.Said)
	meta.Imported = append(slices.Clip(meta.Imported), record.Imported{Name: filepath.Base(o.Name)}) // OUT would name it
	red.Meta(&meta)
	if already {
		r.a.Note("%s is redacted already: what is listed are pseudonyms, but for what was added since", path)
	}
	return r.a.WriteTo("-", func(w io.Writer) error {
		for _, f := range red.Found() {
			if _, err := io.WriteString(w, r.row(f)); err != nil {
				return err
			}
		}
		return nil
	})
}

// mostListed bounds the examples of a kind that are held in memory. It is arbitrary.
const mostListed = 100_000

// row lists a kind of private text: some of it, or all of it below each other.
func (r *redaction) row(f redact.Found) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-40s %6d  ", f.Kind, f.N)
	for i, s := range f.Examples {
		lead := ", "
		if r.full {
			lead = "\n" + strings.Repeat(" ", 49)
		}
		b.WriteString(cli.Unless(i == 0, lead) + cli.Shortened(s))
	}
	if more := f.N - len(f.Examples); more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String() + "\n"
}

// A hook passes a record on, changed or not; nil leaves it out.
type hook = func(record.Record) record.Record
