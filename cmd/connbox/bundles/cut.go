package bundles

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// NewCut gives the command cut.
func NewCut(a *cli.App) *cobra.Command {
	var output string
	var sources []string
	var every int
	var force, live bool
	c := &cobra.Command{
		Use:   "cut [FLAGS] INPUT -o OUT",
		Short: "make a smaller bundle: a stretch of time, some sources, every n-th sample",
		Long: `Cut writes a part of a recording as a bundle of its own, without a detour over text. The
bundle names the recording that it was cut from, with its SHA-256. Of a bundle or a ring that
is being recorded, what is there so far is taken, and the recorder goes on.`,
		Example: `  connbox cut day.connbox -o hour.connbox --from "2026-11-20 03:00" --to "2026-11-20 04:00"
  connbox cut day.connbox -o last.connbox --since 30m        the last half an hour
  connbox cut --live ring --last 2h -o ticket.connbox        of a running recorder
  connbox cut --live ring --last 2h -o - > ticket.connbox   out of a container without tar
  connbox cut day.connbox -o small.connbox --every 6         every sixth sample
  connbox cut day.connbox -o info.connbox --source info,slowlog`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if output == "" {
				return cli.Exitf(cli.StatusUsage, "cut needs a bundle to write: -o FILE")
			}
			if every < 1 {
				return cli.Exitf(cli.StatusUsage, "--every %d: every n-th sample counts from 1", every)
			}
			if live && !bundle.IsFolder(args[0]) && !parse.IsRing(args[0]) {
				return cli.Exitf(cli.StatusUsage, "--live: %s is no folder that is being recorded", args[0])
			}
			kinds, err := cutKinds(sources)
			if err != nil {
				return err
			}
			a.Window.Kinds, a.Window.Stored = kinds, true
			return importAll(a, args, output, force, &importer{command: "cut", pass: thinned(every), part: true})
		},
	}
	f := c.Flags()
	f.StringVarP(&output, "output", "o", "", "the bundle to write: `FILE`, or - for standard output")
	a.Window.Add(f)
	a.Window.AddLast(f)
	f.BoolVar(&live, "live", false, "INPUT is a folder that is being recorded; anything else is an error")
	f.StringSliceVar(&sources, "source", nil, "only these `SOURCES`: info, clients, slowlog, config; repeatable or comma-separated (refusals and notes stay)")
	f.IntVar(&every, "every", 1, "only every `N`-th sample, from the first")
	f.BoolVar(&force, "force", false, "replace the bundle if it exists")
	cli.Complete(c, "source", "info", "clients", "slowlog", "config")
	return c
}

// cutKinds gives the kinds of record for names of sources; failures, notes and the server's log
// are of no source and stay.
func cutKinds(names []string) ([]record.Kind, error) {
	if len(names) == 0 {
		return nil, nil
	}
	kinds := []record.Kind{record.KindFailure, record.KindMark, record.KindLog}
	for _, n := range names {
		k := record.KindOf(strings.TrimSpace(n))
		if !slices.Contains([]record.Kind{record.KindInfo, record.KindClients, record.KindSlowlog, record.KindConfig}, k) {
			return nil, cli.Exitf(cli.StatusUsage, "--source %q is none of info, clients, slowlog, config", n)
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// thinned passes the records of every n-th sample, and CONFIG always, which may come once.
func thinned(every int) func(record.Record) record.Record {
	round := -1
	var begun time.Time
	return func(rec record.Record) record.Record {
		at := rec.Base().At
		if round < 0 || !at.IsZero() && at.Sub(begun) >= 500*time.Millisecond {
			round++
			begun = at
		}
		if round%every != 0 && rec.Kind() != record.KindConfig {
			return nil
		}
		return rec
	}
}
