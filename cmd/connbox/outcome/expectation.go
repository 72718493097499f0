package outcome

import (
	"io"
	"os"
	"strings"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// ReadText reads an expectation file, no more than one may have and the byte that tells that it has
// more.
func ReadText(path string) ([]byte, error) {
	if Waits(path) {
		return nil, cli.Exitf(cli.StatusUsage, "%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be opened: %w", path, cli.Bare(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, expect.MaxSize+1))
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be read: %w", path, cli.Bare(err))
	}
	return text, nil
}

// Waits tells whether a path is a pipe or a device: opening one that nobody named on the
// command line could wait for ever.
func Waits(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir() && !st.Mode().IsRegular()
}

// Given reads what --expect names and --budget lists; nil where neither is given.
func Given(file string, budgets []string) (ofFile, ofBudgets *expect.Expectation, err error) {
	if file != "" {
		text, err := ReadText(file)
		if err != nil {
			return nil, nil, err
		}
		e, problems := expect.Read(file, text, expect.Options{NoInput: true, Near: cli.Nearest})
		if len(problems) > 0 {
			return nil, nil, cli.Exitf(cli.StatusUsage, "%s", Listed(file, problems))
		}
		ofFile = e
	}
	if len(budgets) > 0 {
		e, problems := expect.OfBudgets(budgets, false, cli.Nearest)
		if len(problems) > 0 {
			var all []string
			for _, p := range problems {
				all = append(all, strings.TrimPrefix(p.Text, "budgets: "))
			}
			return nil, nil, cli.Exitf(cli.StatusUsage, "--budget: %s", strings.Join(all, "; "))
		}
		ofBudgets = e
	}
	return ofFile, ofBudgets, nil
}

// Listed gives the problems of a file on one line.
func Listed(file string, problems []expect.Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, Problem{Place: p.Place, Text: p.Text}.String(file))
	}
	return strings.Join(all, "; ")
}
