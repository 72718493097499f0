package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
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

func newCompletion(a *cli.App) *cobra.Command {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the completion script of a shell",
		Long:  "Completion prints a script that teaches a shell (bash, zsh, fish or powershell) the commands,\nflags and causes. The one of bash needs the package bash-completion (apt install\nbash-completion, dnf install bash-completion, brew install bash-completion@2) loaded in the\nshell: without it, completing says _get_comp_words_by_ref: command not found.",
		Example: `  source <(connbox completion bash)                                  for this session
  connbox completion zsh > "${fpath[1]}/_connbox"                    for good
  connbox completion fish > ~/.config/fish/completions/connbox.fish`,
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || cli.IndexOf(names, args[0]) < 0 {
				return cli.Exitf(cli.StatusUsage, "completion needs the name of a shell: bash, zsh, fish or powershell")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var b bytes.Buffer
			if err := shells[cli.IndexOf(names, args[0])].write(c.Root(), &b); err != nil {
				return err
			}
			_, err := a.Out.Write(b.Bytes())
			return err
		},
	}
}
