package main

import (
	"bytes"

	"github.com/spf13/cobra"
)

// shells are those for which a completion script can be made.
var shells = [...]struct {
	name  string
	write func(root *cobra.Command, b *bytes.Buffer) error
}{
	{"bash", func(c *cobra.Command, b *bytes.Buffer) error { return c.GenBashCompletionV2(b, true) }},
	{"zsh", func(c *cobra.Command, b *bytes.Buffer) error { return c.GenZshCompletion(b) }},
	{"fish", func(c *cobra.Command, b *bytes.Buffer) error { return c.GenFishCompletion(b, true) }},
	{"powershell", func(c *cobra.Command, b *bytes.Buffer) error { return c.GenPowerShellCompletionWithDesc(b) }},
}

func newCompletion(a *app) *cobra.Command {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the completion script of a shell",
		Long:  "Completion prints a script that teaches a shell (bash, zsh, fish or powershell) the commands,\nflags and causes.",
		Example: `  source <(connbox completion bash)                                  for this session
  connbox completion zsh > "${fpath[1]}/_connbox"                    for good
  connbox completion fish > ~/.config/fish/completions/connbox.fish`,
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || indexOf(names, args[0]) < 0 {
				return exitf(statusUsage, "completion needs the name of a shell: bash, zsh, fish or powershell")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var b bytes.Buffer
			if err := shells[indexOf(names, args[0])].write(c.Root(), &b); err != nil {
				return err
			}
			_, err := a.Out.Write(b.Bytes())
			return err
		},
	}
}

// completeFiles completes inputs: any file.
func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// complete gives a flag's values to the completion scripts.
func complete(c *cobra.Command, flag string, values ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoSpace))
	if err != nil {
		panic(err) // no such flag: a mistake in the code
	}
}
