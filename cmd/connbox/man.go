package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

func newMan(a *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "print the manual page",
		Long:    "Man prints the manual page connbox(1) in the form that man reads.",
		Example: "  connbox man | man -l -",
		Args:    cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := a.Out.Write(manual(c.Root()))
			return err
		},
	}
}

// manual writes one page for all commands from their own help texts.
func manual(root *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH CONNBOX 1 \"\" \"connbox %s\"\n.SH NAME\nconnbox \\- %s\n", cli.Version, roff(root.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B connbox\n.I COMMAND\n[FLAGS] [ARGUMENTS]\n.SH DESCRIPTION\n")
	prose(&b, root.Long)
	literal(&b, root.Example)
	b.WriteString(".SH FLAGS OF ALL COMMANDS\n")
	flagList(&b, root.PersistentFlags())
	b.WriteString(".SH COMMANDS\n")
	for _, c := range root.Commands() {
		manualOf(&b, c)
	}
	b.WriteString(".SH EXIT STATUS\n")
	literal(&b, cli.ExitHelp())
	b.WriteString(".SH ENVIRONMENT\n.TP\nREDISCLI_AUTH\nthe password for capture\n.TP\nNO_COLOR\nif not empty, text has no colors\n")
	b.WriteString(".TP\nLC_ALL, LC_CTYPE, LANG\nwithout UTF\\-8, text is ASCII only\n")
	return b.Bytes()
}

func prose(b *bytes.Buffer, s string) {
	for para := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if strings.HasPrefix(para, "  ") {
			literal(b, para)
		} else {
			fmt.Fprintf(b, ".PP\n%s\n", roff(para))
		}
	}
}

func literal(b *bytes.Buffer, s string) {
	if s = strings.TrimRight(s, "\n"); s != "" {
		fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(s))
	}
}

func flagList(b *bytes.Buffer, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n%s\n%s\n", roff(strings.TrimSpace(name+" "+value)), roff(strings.ReplaceAll(usage, "\n", " ")))
	})
}

// roff escapes what troff would act on.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// manualOf writes what a command and those below it are.
func manualOf(b *bytes.Buffer, c *cobra.Command) {
	if c.Hidden {
		return
	}
	fmt.Fprintf(b, ".SS %s\n", roff(c.Parent().CommandPath()+" "+c.Use))
	long := c.Long
	if long == "" {
		long = strings.ToUpper(c.Short[:1]) + c.Short[1:] + "."
	}
	prose(b, long)
	flagList(b, c.LocalNonPersistentFlags())
	literal(b, c.Example)
	for _, below := range c.Commands() {
		manualOf(b, below)
	}
}
