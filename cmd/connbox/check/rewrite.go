package check

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/outcome"
)

// A change is a file to write; without a name it is none.
type change struct {
	file      string
	was, text []byte
}

// updated gives what of the differences stays after the expectation is rewritten, and the change.
func (k *checker) updated(e *expect.Expectation, text []byte, m *expect.Measured, diffs []expect.Difference, o *outcome.Outcome) ([]expect.Difference, change) {
	fresh, err := e.Update(text, m, diffs)
	if err != nil {
		o.Fault(cli.StatusUsage, e.Name+": "+err.Error())
		return diffs, change{}
	}
	if bytes.Equal(fresh, text) {
		return diffs, change{}
	}
	again, problems := expect.Read(e.Name, fresh, expect.Options{})
	if len(problems) > 0 {
		o.Fault(cli.StatusInternal, "internal error: what would be written is wrong: "+outcome.Listed(e.Name, problems))
		return diffs, change{}
	}
	return again.Judge(m), change{e.Name, text, fresh}
}

// rewrite prints the changes and writes the files, each whole or not at all.
func (k *checker) rewrite(changes []change, all []outcome.Outcome) error {
	taken := map[string]bool{}
	for i := range changes {
		ch := &changes[i]
		if ch.file == "" {
			continue
		}
		if there := inPlaceOf(ch.file); k.init && (taken[ch.file] || there != "") {
			all[i].Fault(cli.StatusUsage, cmp.Or(there, ch.file)+" exists; --update rewrites it")
			continue
		}
		taken[ch.file] = true
		if err := k.show(ch); err != nil {
			return err
		}
		done := "written: "
		if k.dryRun {
			done = "would be written: "
		} else if err := k.a.WriteTo(ch.file, func(w io.Writer) error {
			_, err := w.Write(ch.text)
			return err
		}); err != nil {
			all[i].Fault(cli.StatusOf(err), err.Error())
			continue
		}
		all[i].Notes = append(all[i].Notes, done+ch.file)
	}
	return nil
}

// inPlaceOf gives the expectation that is there in place of a new one, in any form; empty without.
func inPlaceOf(file string) string {
	for _, suffix := range expect.Suffixes {
		name := strings.TrimSuffix(file, expect.Suffixes[0]) + suffix
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// show prints a change as a unified diff.
func (k *checker) show(ch *change) error {
	from := ch.file
	if ch.was == nil {
		from = "/dev/null"
	}
	w := cli.Tame{W: k.a.Out}
	_, err := fmt.Fprintf(w, "--- %s\n+++ %s\n%s", cli.Safe(from), cli.Safe(ch.file), unified(string(ch.was), string(ch.text)))
	return err
}

// context is how many lines that are the same stand around a change.
const context = 3

// maxPairs bounds the table of unified: of texts with more pairs of lines that may differ, all of
// them are shown as changed.
const maxPairs = 1 << 22

// A row is a line of a diff: of both texts (' '), of the first ('-') or of the second ('+').
type row struct {
	mark byte
	text string
}

// unified gives what changed between two texts as hunks of a unified diff.
func unified(was, is string) string {
	rows := together(lines(was), lines(is))
	near := func(at int) bool {
		some := rows[max(0, at-context):min(len(rows), at+context+1)]
		return slices.ContainsFunc(some, func(r row) bool { return r.mark != ' ' })
	}
	var out strings.Builder
	fromA, fromB := 0, 0
	for at := 0; at < len(rows); {
		if !near(at) {
			at, fromA, fromB = at+1, fromA+1, fromB+1
			continue
		}
		var hunk strings.Builder
		nA, nB := 0, 0
		for ; at < len(rows) && near(at); at++ {
			if rows[at].mark != '+' {
				nA++
			}
			if rows[at].mark != '-' {
				nB++
			}
			fmt.Fprintf(&hunk, "%c%s\n", rows[at].mark, rows[at].text)
		}
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n%s", min(fromA+1, fromA+nA), nA, min(fromB+1, fromB+nB), nB, hunk.String())
		fromA, fromB = fromA+nA, fromB+nB
	}
	return out.String()
}

// together gives the lines of two texts in one order, by their longest common subsequence.
func together(a, b []string) (rows []row) {
	i, j := 0, 0
	for _, k := range append(common(a, b), [2]int{len(a), len(b)}) {
		for ; i < k[0]; i++ {
			rows = append(rows, row{'-', a[i]})
		}
		for ; j < k[1]; j++ {
			rows = append(rows, row{'+', b[j]})
		}
		if i < len(a) && j < len(b) {
			rows = append(rows, row{' ', a[i]})
			i, j = i+1, j+1
		}
	}
	return rows
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// common gives the pairs of equal lines that a longest common subsequence keeps, in order.
func common(a, b []string) (kept [][2]int) {
	if int64(len(a))*int64(len(b)) > maxPairs {
		return nil
	}
	long := make([][]int, len(a)+1)
	for i := range long {
		long[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			kept = append(kept, [2]int{i, j})
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			i++
		default:
			j++
		}
	}
	return kept
}
