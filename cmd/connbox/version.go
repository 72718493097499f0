package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/report"
)

func versionLine() string {
	return fmt.Sprintf("%s (bundle format %d, report schema %d)\n", cli.Tool, bundle.FormatVersion, report.Schema)
}

func newVersion(a *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of the program and of what it writes",
		Args:  cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.Out, versionLine())
			return err
		},
	}
}
