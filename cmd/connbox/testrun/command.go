package testrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// grace is how long a command that was asked to end may take.
const grace = 5 * time.Second

// An ended says how a command ended.
type ended struct {
	what string // empty: with status 0; else how it failed
	hung bool   // it was ended, as its time was over
	left bool   // processes of its group go on
}

// A command is a process in a group of its own, so that all of it can be asked to end.
type command struct {
	cmd  *exec.Cmd
	done chan error
}

// begin starts a command. It reads what we would read, unless that is a terminal: a group of its own
// is in the background there, and would be stopped at its first read.
func begin(args []string, in io.Reader, out, errOut io.Writer) (*command, error) {
	c := &command{cmd: exec.Command(args[0], args[1:]...), done: make(chan error, 1)}
	c.cmd.Stdout, c.cmd.Stderr = out, errOut
	if _, tty := cli.Terminal(in); !tty {
		c.cmd.Stdin = in
	}
	// What a command leaves behind may hold its output open: it is not waited for.
	c.cmd.WaitDelay = time.Second
	ownGroup(c.cmd)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c, nil
}

// wait waits until the command has ended, its time (0: no end) is over, or the context ends.
func (c *command) wait(ctx context.Context, most time.Duration) ended {
	var late <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most)
		defer t.Stop()
		late = t.C
	}
	var e ended
	select {
	case err := <-c.done:
		e.what = failure(err)
	case <-late:
		c.end()
		e.hung, e.what = true, fmt.Sprintf("the command did not end within %v and was ended", most)
	case <-ctx.Done():
		c.end()
		e.what = "interrupted"
	}
	e.left = groupLives(c.cmd)
	return e
}

// end asks the whole group to end, and ends it where it does not.
func (c *command) end() {
	signalGroup(c.cmd, false)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.done:
	case <-t.C:
		signalGroup(c.cmd, true)
		<-c.done
	}
}

// reap ends what is left of the group.
func (c *command) reap() {
	signalGroup(c.cmd, false)
	for range 20 {
		if !groupLives(c.cmd) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	signalGroup(c.cmd, true)
}

// failure words how a command ended; empty for status 0.
func failure(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return ""
	case errors.As(err, &exit) && exit.Exited():
		return fmt.Sprintf("the command ended with status %d", exit.ExitCode())
	case errors.As(err, &exit):
		return fmt.Sprintf("the command was ended by a signal: %v", exit.ProcessState)
	}
	return fmt.Sprintf("the command: %v", err)
}

// startError words why a command could not be started.
func startError(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return cli.Exitf(cli.StatusUsage, "%s: no such command", name)
	case errors.Is(err, os.ErrPermission):
		return cli.Exitf(cli.StatusUsage, "%s: cannot be run: permission denied", name)
	}
	return cli.Exitf(cli.StatusUsage, "%s: cannot be run: %w", name, cli.Bare(err))
}
