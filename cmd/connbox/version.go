package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/report"
)

// version is this program's; CHANGELOG.md begins with the same.
const version = "0.1.0"

// tool is how recordings name their maker.
const tool = "connbox " + version

func versionLine() string {
	return fmt.Sprintf("%s (bundle format %d, report schema %d)\n", tool, bundle.FormatVersion, report.Schema)
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of the program and of what it writes",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.Out, versionLine())
			return err
		},
	}
}
