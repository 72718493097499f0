package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/connbox/connbox/cmd/connbox/bundles"
	"github.com/connbox/connbox/cmd/connbox/check"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/export"
	"github.com/connbox/connbox/cmd/connbox/fleet"
	"github.com/connbox/connbox/cmd/connbox/inspect"
	"github.com/connbox/connbox/cmd/connbox/minimize"
	"github.com/connbox/connbox/cmd/connbox/recorder"
	"github.com/connbox/connbox/cmd/connbox/testrun"
)

// groups are the headings of the list of commands.
var groups = [...]cobra.Group{
	{ID: "record", Title: "Record:"},
	{ID: "investigate", Title: "Investigate:"},
	{ID: "inside", Title: "Look inside:"},
	{ID: "more", Title: "More:"},
}

// commands lists all commands, in the order of the help text.
var commands = [...]struct {
	group string
	make  func(*cli.App) *cobra.Command
}{
	{"record", recorder.NewCapture},
	{"record", recorder.NewMark},
	{"record", recorder.NewStatus},
	{"record", bundles.NewImport},
	{"record", bundles.NewCut},
	{"record", bundles.NewRedact},
	{"record", minimize.New},
	{"investigate", newAnalyze},
	{"investigate", newReport},
	{"investigate", newDiff},
	{"investigate", check.New},
	{"investigate", fleet.New},
	{"investigate", testrun.New},
	{"investigate", newExplain},
	{"inside", inspect.New},
	{"inside", export.New},
	{"inside", newReplay},
	{"more", newHelp},
	{"more", newCompletion},
	{"more", newMan},
	{"more", newVersion},
}

func newRoot(a *cli.App) *cobra.Command {
	root := &cobra.Command{
		Use:   "connbox",
		Short: "a black box for Redis connections",
		Long: `connbox records what happens to the connections of a Redis, Valkey or KeyDB server, and
says afterwards who took them, since when, what it rests on and what to do about it.

An INPUT is a bundle (*.connbox), what an operator's loop of redis-cli printed (plain, gzip
or zstd), a folder of such files, or - for standard input. What it is, is told from its
content.`,
		Example: `  connbox analyze incident.txt                  the verdict, from redis-cli's output
  connbox capture -h redis-1 --duration 15m     record a server, then
  connbox report redis-1-6379-*.connbox         write the postmortem`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		Version:           cli.Version,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.WriteTo("-", func(w io.Writer) error {
				_, err := io.WriteString(w, firstHelp)
				return err
			})
		},
	}
	root.SetVersionTemplate(versionLine())
	root.SetFlagErrorFunc(flagError)
	for i := range groups {
		root.AddGroup(&groups[i])
	}
	a.Flags.Add(root.PersistentFlags())
	for _, c := range commands {
		cmd := c.make(a)
		cmd.GroupID = c.group
		cmd.Flags().SortFlags = false
		cmd.DisableFlagsInUseLine = true
		root.AddCommand(cmd)
	}
	root.SetHelpCommand(find(root, "help"))
	root.SetUsageTemplate(usageTemplate)
	for _, c := range root.Commands() {
		describeHelp(c)
	}
	describeHelp(root)
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.Flags.Check() }
	return root
}

// firstHelp is what the bare program prints: enough to begin.
const firstHelp = `connbox says what happened to the connections of a Redis, Valkey or KeyDB server.

  connbox analyze incident.txt      what redis-cli printed, a log, a bundle: the verdict
  connbox analyze -                 the same of what is piped or pasted in
  connbox capture -h HOST           record a server into a bundle, until Ctrl-C
  connbox report incident.connbox   the postmortem, as a page and Markdown
  connbox redact IN -o OUT          names and addresses out, before it leaves the house

connbox --help lists all commands, connbox COMMAND --help has examples.
`

// describeHelp words cobra's own flags like the others. A command that has made its own
// help flag (capture, where -h is the host) keeps it.
func describeHelp(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	c.Flags().Lookup("help").Usage = "print this help"
	if v := c.Flags().Lookup("version"); v != nil {
		v.Usage = "print the version"
	}
}

// flagError words pflag's errors. "-h" is an error only where it wants a host.
func flagError(c *cobra.Command, err error) error {
	msg := err.Error()
	var bad *pflag.InvalidValueError
	switch {
	case strings.HasSuffix(msg, "'h' in -h"):
		msg = "-h is the host, as in redis-cli, and needs one"
	case errors.As(err, &bad):
		msg = fmt.Sprintf("--%s %s", bad.GetFlag().Name, wants(bad.GetFlag(), bad.GetValue(), errors.Unwrap(bad)))
	}
	return cli.Exitf(cli.StatusUsage, "%s; see %s --help", msg, c.CommandPath())
}

// wants says what a flag takes, in words for people.
func wants(f *pflag.Flag, value string, err error) string {
	what := map[string]string{"int": "is no whole number, or too large a one", "int64": "is no whole number, or too large a one", "float64": "is no number",
		"bool": "is neither true nor false"}[f.Value.Type()]
	if what == "" {
		return err.Error()
	}
	return fmt.Sprintf("%q %s", value, what)
}

func unknownCommand(root *cobra.Command, name string) error {
	msg := fmt.Sprintf("unknown command %q", name)
	if near := cli.Nearest(name, commandNames(root)); near != "" {
		msg += fmt.Sprintf("; did you mean %s?", near)
	}
	return errors.New(msg + " (connbox --help lists the commands)")
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// newHelp is the command help, with an error for what is no command.
func newHelp(*cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "print the help of a command",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return commandNames(c.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			if len(args) == 0 {
				return root.Help()
			}
			about := find(root, args[0])
			if about == nil {
				return &cli.ExitError{Code: cli.StatusUsage, Err: unknownCommand(root, args[0])}
			}
			return about.Help()
		},
	}
}

// usageTemplate is cobra's, in the order in which people look.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{range $group := .Groups}}

{{.Title}}{{range $.Commands}}{{if (eq .GroupID $group.ID)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 96 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Flags of all commands:
{{.InheritedFlags.FlagUsagesWrapped 96 | trimTrailingWhitespaces}}{{end}}
`
