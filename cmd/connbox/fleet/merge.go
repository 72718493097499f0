package fleet

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fleet"
)

// newMerge gives the command fleet merge.
func newMerge(a *cli.App) *cobra.Command {
	var outputs []string
	var m common
	c := &cobra.Command{
		Use:   "merge [FLAGS] ROWS...",
		Short: "put the rows of shards together",
		Long: `Merge reads rows that connbox fleet wrote (-o rows:FILE), one file a shard, also compressed,
and writes what fleet itself would have written of all inputs. A row that stands in two files, as
of a shard that ran twice, counts once; shards that are missing are named. Rows must be in the
order in which fleet writes them.`,
		Example: `  connbox fleet merge 1.rows 2.rows
  connbox fleet merge -o rows:night.rows -o parquet:night -o html:night.html shards/*.rows`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Exitf(cli.StatusUsage, "%s needs files of rows, as connbox fleet -o rows:FILE writes", c.Name())
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return merge(a, &m, outputs, args) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&outputs, "output", "o", nil, outputHelp)
	m.add(f)
	cli.Complete(c, "output", formatNames()...)
	c.DisableFlagsInUseLine = true
	return c
}

func merge(a *cli.App, m *common, outputs, args []string) error {
	if err := m.prepare(outputs, args...); err != nil {
		return err
	}
	var from []*fleet.Lines
	for _, path := range args {
		text, err := openRows(path)
		if err != nil {
			return err
		}
		defer text.Close()
		from = append(from, fleet.NewLines(text, filepath.Base(path)))
	}
	out := &output{a: a, common: m}
	n := 0
	var met fleet.Merged
	err := out.run(func(sink func(*fleet.Row) error) error {
		var err error
		met, err = fleet.Merge(from, func(row *fleet.Row) error {
			n++
			if m.labels != nil {
				fleet.Place(row, row.Input, row.Tool, m.labels)
			}
			if a.Ctx.Err() != nil {
				return a.Ctx.Err()
			}
			return sink(row)
		})
		out.doubts = doubtsOf(met)
		return rowsError(err)
	})
	if err != nil {
		return err
	}
	a.Note("%s%s", cli.Plural(int64(n), "row"), said(met.Twice, "; %d stood in two files and counted once"))
	for _, d := range out.doubts {
		a.Note("%s", d)
	}
	return out.status()
}

// doubtsOf says what to take with care of rows that were merged.
func doubtsOf(met fleet.Merged) (out []string) {
	if len(met.Missing) > 0 {
		var names []string
		for _, s := range met.Missing[:min(len(met.Missing), 20)] {
			names = append(names, s.String())
		}
		out = append(out, fmt.Sprintf("shards are missing, and with them their recordings: %s%s", strings.Join(names, ", "), said(len(met.Missing)-len(names), " and %d more")))
	}
	if met.Differ > 0 {
		out = append(out, cli.Plural(int64(met.Differ), "row")+" stood in two files and differed: what the first file says counts")
	}
	return out
}

// rowsError is an error of a file of rows, unless it is of somewhere else.
func rowsError(err error) error {
	if err == nil || strings.Contains(err.Error(), "context canceled") {
		return err
	}
	return cli.Exitf(cli.StatusInput, "%w", err)
}
