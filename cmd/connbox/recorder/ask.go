package recorder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/capture/ring"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse"
)

// ringEnv names a ring where the command line does not.
const ringEnv = "CONNBOX_RING"

// NewMark gives the command mark.
func NewMark(a *cli.App) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "mark [FLAGS] TEXT",
		Short: "leave a note in a running recorder's ring, and keep what is around it",
		Long: `Mark writes TEXT into the recording that a running capture with --keep or --max-size makes,
with the present time, and keeps the half an hour before and the quarter of an hour after it
whatever the ring removes. The ring is that of --ring, of the environment variable
CONNBOX_RING, or the only one in the present folder.`,
		Example: `  connbox mark "deploy 41"
  connbox mark --ring /var/lib/connbox/redis-1 "pool of checkout raised to 64"`,
		Args: cli.JustOne,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := findRing(a, dir)
			if err != nil {
				return err
			}
			if args[0] == "" || len(args[0]) > capture.MaxNote {
				return cli.Exitf(cli.StatusUsage, "a mark is a text of 1 to %d bytes", capture.MaxNote)
			}
			if err := control.Mark(a.Ctx, dir, args[0]); err != nil {
				return askError(dir, err)
			}
			a.Note("marked in %s; the time around it is kept", dir)
			return nil
		},
	}
	c.Flags().StringVar(&dir, "ring", "", "the ring's `FOLDER`")
	return c
}

// NewStatus gives the command status.
func NewStatus(a *cli.App) *cobra.Command {
	var form string
	c := &cobra.Command{
		Use:   "status [FLAGS] [RING]",
		Short: "say how a running recorder is doing: what it sees, keeps and costs",
		Long: `Status asks the recorder of a ring. The exit status is 0 while it sees the server and can
write, 1 while it does not, and 3 where none is running. The ring is found as for mark.`,
		Example: `  connbox status /var/lib/connbox/redis-1
  connbox status -o json                     for a program`,
		Args: cli.AtMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			if form != "text" && form != "json" {
				return cli.Exitf(cli.StatusUsage, "-o %s: text or json", form)
			}
			dir := ""
			if len(args) > 0 {
				dir = args[0]
			}
			dir, err := findRing(a, dir)
			if err != nil {
				return err
			}
			st, err := control.Ask(a.Ctx, dir)
			if err != nil {
				return askError(dir, err)
			}
			err = a.WriteTo("-", func(w io.Writer) error {
				if form == "json" {
					return cli.WriteJSON(w, st)
				}
				return writeStatus(w, &st, ring.Pins(dir), a)
			})
			if err == nil && (!st.Seeing || st.Trouble != "") {
				return &cli.ExitError{Code: cli.StatusFinding}
			}
			return err
		},
	}
	c.Flags().StringVarP(&form, "output", "o", "text", "`FORM`: text or json")
	cli.Complete(c, "output", "text", "json")
	return c
}

// findRing gives the folder that was named, or else the only ring there is.
func findRing(a *cli.App, dir string) (string, error) {
	if dir == "" {
		dir, _ = a.Env(ringEnv)
	}
	if dir != "" {
		if !parse.IsRing(dir) {
			return "", cli.Exitf(cli.StatusInput, "%s is no ring: a folder that capture --keep or --max-size records into", dir)
		}
		return dir, nil
	}
	found, _ := filepath.Glob(filepath.Join("*", parse.RingFile))
	if parse.IsRing(".") {
		found = []string{parse.RingFile}
	}
	if len(found) != 1 {
		return "", cli.Exitf(cli.StatusUsage, "which ring: name its folder, or set %s (%s in the present folder)", ringEnv, cli.Plural(int64(len(found)), "ring"))
	}
	return filepath.Dir(found[0]), nil
}

func askError(dir string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return cli.Exitf(cli.StatusInput, "%s: its recorder belongs to another user", dir)
	case errors.Is(err, control.ErrNoRecorder):
		return cli.Exitf(cli.StatusInput, "%s: %w", dir, err)
	}
	return cli.Exitf(cli.StatusInput, "%s: the recorder says: %w", dir, err)
}

// writeStatus tells a status to a person. What the recorded server said is printed tame.
func writeStatus(w io.Writer, st *control.Status, pins []ring.Pin, a *cli.App) error {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-10s %s\n", name, cli.Safe(fmt.Sprintf(format, args...)))
	}
	line("server", "%s, recorded since %s by process %d", st.Target, a.Clock(st.Since), st.PID)
	switch {
	case st.Seeing:
		line("sees it", "yes, the last reply came %v ago", time.Since(st.LastReply).Round(time.Second))
	case st.LastReply.IsZero():
		line("sees it", "no reply has come: %s", st.Failed)
	default:
		line("sees it", "no, not since %s: %s", a.Clock(st.LastReply), st.Failed)
	}
	if st.Clients != nil {
		text := cli.Plural(*st.Clients, "client")
		if st.MaxClients != nil {
			text += fmt.Sprintf(" of %d", *st.MaxClients)
		}
		if st.Refused != nil {
			text += fmt.Sprintf(", %d refused since the server began", *st.Refused)
		}
		line("clients", "%s", text)
	}
	line("records", "%d, %s", st.Records, cli.Plural(st.Failures, "failure"))
	line("cost", "%.3f %% of the server's main thread", st.Share*100)
	if r := st.Ring; r != nil {
		line("ring", "%s, %s in %s from %s on, %d removed", r.Dir, cli.ByteSize(r.Bytes), cli.Plural(int64(r.Members), "bundle"), a.Clock(r.Oldest), r.Dropped)
		for _, p := range pins {
			line("pinned", "%s to %s: %s", a.Clock(p.From), a.Clock(p.To), p.Why)
		}
	}
	if st.Trouble != "" {
		line("trouble", "since %s: %s; %s wait in memory, %d lost", a.Clock(st.TroubleFrom), st.Trouble, cli.Plural(int64(st.Waiting), "record"), st.Lost)
	}
	return nil
}
