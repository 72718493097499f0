package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

func main() {
	if _, set := os.LookupEnv("GOGC"); !set {
		// Four times as often as by default: most of what a recording takes is used again, so
		// that it costs little, and the peak is a third less and hardly depends on luck.
		debug.SetGCPercent(25)
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	notified, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	first, end := context.WithCancel(notified)
	defer end()
	hangup := new(atomic.Value)
	hangup.Store(end)
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks to go on without a terminal
		hung := make(chan os.Signal, 1)
		signal.Notify(hung, syscall.SIGHUP)
		go func() {
			for range hung {
				hangup.Load().(context.CancelFunc)()
			}
		}()
	}
	second, kill := context.WithCancel(context.Background())
	context.AfterFunc(first, func() {
		time.Sleep(sameSignal)
		again := make(chan os.Signal, 1)
		signal.Notify(again, ends...)
		<-again
		kill()
	})
	os.Exit(run(first, os.Args[1:], cli.World{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv, Kill: second.Done(),
		Hangup: func(do func()) { hangup.Store(context.CancelFunc(do)) }}))
}

// sameSignal is within which a second signal is the first once more: timeout(1) sends it to the
// process and to its group.
const sameSignal = 20 * time.Millisecond

// grace is how long a command that was asked to stop may take to clean up after itself.
const grace = time.Second

// run runs the program with the arguments and gives its exit status. ctx ends when the user
// asks to stop.
func run(ctx context.Context, args []string, world cli.World) int {
	a := cli.NewApp(ctx, world)
	done := make(chan cli.Status, 1)
	go func() { done <- execute(a, args) }()
	select {
	case code := <-done:
		return int(code)
	case <-ctx.Done():
	}
	var late <-chan time.Time
	if !a.Seals() {
		late = time.After(grace)
	}
	select {
	case code := <-done:
		return int(code)
	case <-late:
	case <-a.Kill:
	}
	a.UndoAll()
	a.Say("interrupted")
	return int(cli.StatusInterrupted)
}

// execute runs the command and tells its error.
func execute(a *cli.App, args []string) (code cli.Status) {
	defer func() {
		if p := recover(); p != nil {
			a.UndoAll()
			a.Say("internal error: %v; please report it with the command line and the output of connbox version%s", p,
				cli.Unless(a.Flags.Debug, " (--debug shows where)"))
			if a.Flags.Debug {
				a.Err.Write(debug.Stack())
			}
			code = cli.StatusInternal
		}
	}()
	root := newRoot(a)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && find(root, args[0]) == nil && !strings.HasPrefix(args[0], "__") {
		a.Say("%v", unknownCommand(root, args[0]))
		return cli.StatusUsage
	}
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(a.Ctx)
	a.Close()
	if err == nil {
		return cli.StatusDone
	}
	if errors.Is(err, context.Canceled) {
		a.Say("interrupted")
		return cli.StatusInterrupted
	}
	var output *fs.PathError
	if errors.As(err, &output) && output.Path == os.Stdout.Name() {
		err = cli.Exitf(cli.StatusUsage, "cannot write standard output: %w", output.Err)
	}
	a.Fault(err)
	return cli.StatusOf(err)
}

func find(root *cobra.Command, name string) *cobra.Command {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}
