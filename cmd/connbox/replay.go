package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze"
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
		Long: `Replay shows the connections of a recording by who holds them, in the groups that analyze and
the page have. With --at it is the CLIENT LIST at that time or last before it; without, a line
for each list with the largest holder. --follow plays the lists as they came, so many times
faster: on a terminal the table stands still and its numbers move.`,
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
			return (&replayer{a: a, path: args[0]}).run(at, speed)
		},
	}
	c.Flags().StringVar(&at, "at", "", "the moment: `TIME`, as 2026-11-20T03:18:30Z, or 2026-11-20 03:18:30 in --tz, or 03:18 for the last such time of day, or -5m before the end")
	c.Flags().Float64Var(&speed, "follow", 0, "play the tables, so many `TIMES` faster than they were recorded; a pause is at most 3 s")
	a.Window.Add(c.Flags())
	return c
}

// A slotHolder is a group of connections in a list.
type slotHolder struct {
	label         string
	n, blocked    int
	hosts         map[string]bool
	idle, longest int64
}

// holdersOf groups the connections of a list, most first.
func holdersOf(list *record.Clients, groups *analyze.Groups) []*slotHolder {
	by := map[string]*slotHolder{}
	for i := range list.Rows {
		c := &list.Rows[i]
		label := groups.Of(c)
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

// A replayer is one run of replay.
type replayer struct {
	a           *cli.App
	path        string
	groups      *analyze.Groups
	first, last time.Time // of the records met
	broken      error     // what came before it is shown
}

// run reads the recording twice: whose a connection is shows in all of its lists together.
func (r *replayer) run(at string, speed float64) error {
	zone, err := r.a.Flags.Location()
	if err != nil {
		return err
	}
	moment, err := r.a.Window.Moment(r.path, "--at", at, zone)
	if err != nil {
		return err
	}
	r.a.Window.Unhashed = true
	r.a.Input(r.path).Keep()
	tl, err := r.a.Timeline(r.path)
	if tl == nil {
		return err
	}
	r.groups, r.broken = analyze.GroupsOf(tl), err
	if moment.IsZero() { // else the times of all records say whether it is one of the recording
		r.a.Window.Kinds = []record.Kind{record.KindClients}
	}
	src, err := r.a.Open(r.path)
	if err != nil {
		return err
	}
	defer src.Close()
	err = r.a.WriteTo("-", func(w io.Writer) error {
		show := r.line(w)
		switch {
		case speed > 0:
			show = r.play(speed)
		case !moment.IsZero():
			return r.at(w, src, moment)
		}
		return r.each(src, show)
	})
	if err == nil && r.broken != nil {
		return r.a.Broken(r.broken, "what could be read is shown", cli.StatusDone)
	}
	return err
}

// each shows the lists one after the other.
func (r *replayer) each(src record.Source, show func(*record.Clients) error) error {
	lists := 0
	for src.Scan() {
		list, ok := src.Record().(*record.Clients)
		if !ok {
			continue
		}
		lists++
		if err := show(list); err != nil {
			return err
		}
	}
	if lists == 0 {
		return cmp.Or(r.broken, cli.Exitf(cli.StatusInput, "%s: no CLIENT LIST in it, so nobody is known who held the slots", r.path))
	}
	return nil
}

// line prints a list as its largest holder.
func (r *replayer) line(w io.Writer) func(*record.Clients) error {
	return func(list *record.Clients) error {
		held := holdersOf(list, r.groups)
		if len(held) == 0 {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s  %6d connections  most: %s with %d\n", r.a.Clock(list.At), len(list.Rows), cli.Shortened(held[0].label), held[0].n)
		return err
	}
}

// at prints the list at a moment or last before it.
func (r *replayer) at(w io.Writer, src record.Source, moment time.Time) error {
	var held []*slotHolder
	var of time.Time
	lists, beyond := 0, false
	for !beyond && src.Scan() {
		at := src.Record().Base().At
		if !at.IsZero() {
			if r.first.IsZero() {
				r.first = at
			}
			r.last, beyond = at, at.After(moment)
		}
		if list, ok := src.Record().(*record.Clients); ok && !beyond {
			lists++
			held, of = holdersOf(list, r.groups), at
		}
	}
	switch {
	case !beyond && r.broken != nil:
		return r.broken
	case r.first.IsZero():
		return cli.Exitf(cli.StatusInput, "%s: it has no times, so nothing of it is at one", r.path)
	case moment.Before(r.first):
		return r.outside("before its beginning at", moment, r.first)
	case !beyond && moment.After(r.last):
		return r.outside("after its end at", moment, r.last)
	case lists == 0:
		return cli.Exitf(cli.StatusInput, "%s: no CLIENT LIST at or before %s", r.path, r.a.Clock(moment))
	}
	if d := moment.Sub(of).Round(time.Second); d >= longestGap {
		r.a.Note("no CLIENT LIST at %s: the last before it is %v older", r.a.Clock(moment), d)
	}
	holdersTable(w, r.a.Clock(of), held)
	return nil
}

// longestGap is how much older than the moment asked for a list may be without a word of it: longer
// than the distances of lists that people take.
const longestGap = time.Minute

func (r *replayer) outside(where string, moment, end time.Time) error {
	return cli.Exitf(cli.StatusInput, "%s: --at %s is %s %s", r.path, r.a.Clock(moment), where, r.a.Clock(end))
}

// longestPause bounds the wait between two lists that are played: a gap of an hour is no news.
const longestPause = 3 * time.Second

// play prints the lists as tables, so many times faster than they came.
func (r *replayer) play(speed float64) func(*record.Clients) error {
	_, tty := cli.Terminal(r.a.Out)
	var last time.Time
	lists := 0
	return func(list *record.Clients) error {
		if lists++; lists > 1 && !last.IsZero() && list.At.After(last) {
			wait := time.Duration(float64(list.At.Sub(last)) / speed)
			select {
			case <-r.a.Ctx.Done():
				return r.a.Ctx.Err()
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
		holdersTable(&b, r.a.Clock(list.At), holdersOf(list, r.groups))
		_, err := r.a.Out.Write(b.Bytes()) // not by way of what is written at the end
		return err
	}
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
