package outcome

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// writeText writes a table, below each line what differs and what that rests on, and a closing
// line.
func writeText(to io.Writer, r *Report) error {
	w := bufio.NewWriter(to)
	wide, verdictWide := 0, 0
	for i := range r.All {
		wide, verdictWide = max(wide, len(r.All[i].Name)), max(verdictWide, len(r.All[i].Verdict))
	}
	for i := range r.All {
		o := &r.All[i]
		mark, conf := "ok  ", ""
		if o.Code != cli.StatusDone {
			mark = "FAIL"
		}
		if o.Verdict != "" {
			conf = strconv.FormatFloat(o.Confidence, 'f', 2, 64)
		}
		line := fmt.Sprintf("%s  %-*s  %-*s  %s", mark, min(wide, 40), cli.Safe(o.Name), verdictWide, o.Verdict, conf)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
		for _, n := range o.Notes {
			fmt.Fprintf(w, "      %s\n", cli.Safe(n))
		}
		for _, l := range o.wrong() {
			fmt.Fprintf(w, "      %s\n", l)
		}
	}
	passed, failed := tally(r.All)
	fmt.Fprintf(w, "\n%d passed, %d failed\n", passed, failed)
	return w.Flush()
}

// wrong gives what was wrong line by line, with its place and below it the evidence.
func (o *Outcome) wrong() (out []string) {
	for _, p := range o.Problems {
		out = append(out, cli.Safe(p.String(o.File)))
	}
	seen := map[string]bool{}
	for i := range o.Diffs {
		d := &o.Diffs[i]
		where := ""
		if d.Line > 0 {
			where = fmt.Sprintf("  (%s:%d)", o.File, d.Line)
		}
		out = append(out, cli.Safe(d.String())+cli.Safe(where))
		for _, e := range fresh(d.Evidence, seen) {
			out = append(out, "  "+cli.Safe(said(e)))
		}
	}
	return out
}

// body is that as one text.
func (o *Outcome) body() string { return strings.Join(o.wrong(), "\n") }

// fresh leaves out what was said of the same expectation before: one fact can break several fields.
func fresh(of []expect.Evidence, seen map[string]bool) (out []expect.Evidence) {
	for _, e := range of {
		if !seen[e.Claim] {
			seen[e.Claim] = true
			out = append(out, e)
		}
	}
	return out
}

// maxPlaces is how many places of an evidence are named.
const maxPlaces = 2

// said gives an evidence with its places.
func said(e expect.Evidence) string {
	if len(e.At) == 0 {
		return e.Claim
	}
	at := strings.Join(e.At[:min(maxPlaces, len(e.At))], ", ")
	if len(e.At) > maxPlaces {
		at += " ..."
	}
	return e.Claim + " [" + at + "]"
}
