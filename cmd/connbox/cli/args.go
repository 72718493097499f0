package cli

import (
	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/verdict"
)

// NoArgs wants no argument.
func NoArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Exitf(StatusUsage, "%s takes no arguments, but was given %q", c.Name(), args[0])
	}
	return nil
}

// AtMostOne wants no more than one argument.
func AtMostOne(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return Exitf(StatusUsage, "%s takes one argument, but was given %d: %q and %q", c.Name(), len(args), args[0], args[1])
	}
	return nil
}

// JustOne wants an argument, which may be any text.
func JustOne(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return Exitf(StatusUsage, "%s needs a text; see %s --help", c.Name(), c.CommandPath())
	}
	return AtMostOne(c, args)
}

// OneInput wants exactly one argument.
func OneInput(c *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return Exitf(StatusUsage, "%s needs an input: a bundle, a dump, a folder of dumps, or - for standard input", c.Name())
	case 1:
		return nil
	}
	return Exitf(StatusUsage, "%s takes one input, but was given %d; connbox import puts several together", c.Name(), len(args))
}

// CauseIDs lists the ids of all causes.
func CauseIDs() []string {
	var ids []string
	for _, c := range verdict.Catalog() {
		ids = append(ids, c.ID)
	}
	return ids
}

// CompleteFiles completes inputs: any file.
func CompleteFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// Complete gives a flag's values to the completion scripts.
func Complete(c *cobra.Command, flag string, values ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoSpace))
	if err != nil {
		panic(err) // no such flag: a mistake in the code
	}
}
