package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
)

// replayRows is how many holders of a moment are shown.
const replayRows = 20

func newReplay(a *cli.App) *cobra.Command {
	var at string
	c := &cobra.Command{
		Use:   "replay [FLAGS] INPUT",
		Short: "show who held the slots at a moment, or through time",
		Long: `Replay shows the connections of a recording by who holds them: by name, or by host where they
have none. With --at it is the CLIENT LIST at that time or last before it; without, a line for
each list with the largest holder.`,
		Example: `  connbox replay i.connbox --at "2026-11-20 03:18:30"   the table of a moment
  connbox replay i.connbox --since 30m                  the last half an hour, a line a list`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return runReplay(a, args[0], at)
		},
	}
	c.Flags().StringVar(&at, "at", "", "the moment: `TIME`, as 2026-11-20T03:18:30Z, or 2026-11-20 03:18:30 in --tz")
	a.Window.Add(c.Flags())
	return c
}

// A slotHolder is a name, or a host without one, with its connections in a list.
type slotHolder struct {
	label         string
	n, blocked    int
	hosts         map[string]bool
	idle, longest int64
}

// holdersOf groups the connections of a list, most first.
func holdersOf(list *record.Clients) []*slotHolder {
	by := map[string]*slotHolder{}
	for i := range list.Rows {
		c := &list.Rows[i]
		label := cmp.Or(c.Name, c.Host())
		h := by[label]
		if h == nil {
			h = &slotHolder{label: label, hosts: map[string]bool{}}
			by[label] = h
		}
		h.n++
		h.hosts[c.Host()] = true
		h.idle += c.Idle
		h.longest = max(h.longest, c.Idle)
		for _, f := range c.Flags {
			if f == 'b' {
				h.blocked++
			}
		}
	}
	var out []*slotHolder
	for _, h := range by {
		out = append(out, h)
	}
	slices.SortFunc(out, func(x, y *slotHolder) int { return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(x.label, y.label)) })
	return out
}

func runReplay(a *cli.App, path, at string) error {
	zone, err := a.Flags.Location()
	if err != nil {
		return err
	}
	moment, err := cli.RangeTime("--at", at, zone)
	if err != nil {
		return err
	}
	a.Window.Unhashed, a.Window.Kinds = true, []record.Kind{record.KindClients}
	src, err := a.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	var held []*slotHolder
	var of time.Time
	lists := 0
	return a.WriteTo("-", func(w io.Writer) error {
		for src.Scan() {
			list, ok := src.Record().(*record.Clients)
			if !ok {
				continue
			}
			if !moment.IsZero() && list.At.After(moment) {
				break
			}
			lists++
			held, of = holdersOf(list), list.At
			if moment.IsZero() && len(held) > 0 {
				fmt.Fprintf(w, "%s  %6d connections  most: %s with %d\n", a.Clock(of), len(list.Rows), cli.Shortened(held[0].label), held[0].n)
			}
		}
		if err := src.Err(); err != nil {
			return cli.InputError(path, err)
		}
		if lists == 0 {
			return cli.Exitf(cli.StatusInput, "%s: no CLIENT LIST at or before that time", path)
		}
		if !moment.IsZero() {
			holdersTable(w, a.Clock(of), held)
		}
		return nil
	})
}

func holdersTable(w io.Writer, at string, held []*slotHolder) {
	fmt.Fprintf(w, "%-40s %8s %6s %8s %9s %9s\n", "AT "+at, "clients", "hosts", "blocked", "mean idle", "most idle")
	for _, h := range held[:min(replayRows, len(held))] {
		fmt.Fprintf(w, "%-40s %8d %6d %8d %7d s %7d s\n", cli.Shortened(h.label), h.n, len(h.hosts), h.blocked, h.idle/int64(h.n), h.longest)
	}
	if n := len(held) - replayRows; n > 0 {
		fmt.Fprintf(w, "%d more\n", n)
	}
}
