package main

import (
	"bytes"
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
	var speed float64
	c := &cobra.Command{
		Use:   "replay [FLAGS] INPUT",
		Short: "show who held the slots at a moment, or through time",
		Long: `Replay shows the connections of a recording by who holds them: by name, or by host where they
have none. With --at it is the CLIENT LIST at that time or last before it; without, a line for
each list with the largest holder. --follow plays the lists as they came, so many times faster: on a
terminal the table stands still and its numbers move.`,
		Example: `  connbox replay i.connbox --at "2026-11-20 03:18:30"   the table of a moment
  connbox replay i.connbox --at -5m                     five minutes before the end
  connbox replay i.connbox --follow 60                  a minute a second
  connbox replay i.connbox --since 30m                  the last half an hour, a line a list`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case c.Flags().Changed("follow") && !(speed > 0 && speed <= 1e6):
				return cli.Exitf(cli.StatusUsage, "--follow %g: how many times faster, as 60; more than 0 and at most 1000000", speed)
			case speed > 0 && at != "":
				return cli.Exitf(cli.StatusUsage, "--at is one moment, --follow plays them all; give one")
			}
			return runReplay(a, args[0], at, speed)
		},
	}
	c.Flags().StringVar(&at, "at", "", "the moment: `TIME`, as 2026-11-20T03:18:30Z, or 2026-11-20 03:18:30 in --tz, or 03:18 for the last such time of day, or -5m before the end")
	c.Flags().Float64Var(&speed, "follow", 0, "play the tables, so many `TIMES` faster than they were recorded; a pause is at most 3 s")
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

func runReplay(a *cli.App, path, at string, speed float64) error {
	zone, err := a.Flags.Location()
	if err != nil {
		return err
	}
	moment, err := a.Window.Moment(path, "--at", at, zone)
	if err != nil {
		return err
	}
	a.Window.Unhashed, a.Window.Kinds = true, []record.Kind{record.KindClients}
	src, err := a.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if speed > 0 {
		return follow(a, path, src, speed)
	}
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

// longestPause bounds the wait between two lists that are played: a gap of an hour is no news.
const longestPause = 3 * time.Second

// follow plays the lists of a recording, so many times faster than they came.
func follow(a *cli.App, path string, src record.Source, speed float64) error {
	_, tty := cli.Terminal(a.Out)
	var last time.Time
	lists := 0
	for src.Scan() {
		list, ok := src.Record().(*record.Clients)
		if !ok {
			continue
		}
		if lists++; lists > 1 && !last.IsZero() && list.At.After(last) {
			wait := time.Duration(float64(list.At.Sub(last)) / speed)
			select {
			case <-a.Ctx.Done():
				return a.Ctx.Err()
			case <-time.After(min(wait, longestPause)):
			}
		}
		last = list.At
		var b bytes.Buffer
		if tty {
			b.WriteString("\x1b[H\x1b[J") // the table stands where the last one stood
		} else if lists > 1 {
			b.WriteByte('\n')
		}
		holdersTable(&b, a.Clock(list.At), holdersOf(list))
		if _, err := a.Out.Write(b.Bytes()); err != nil {
			return err
		}
	}
	if err := src.Err(); err != nil {
		return cli.InputError(path, err)
	}
	if lists == 0 {
		return cli.Exitf(cli.StatusInput, "%s: no CLIENT LIST in it", path)
	}
	return nil
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
