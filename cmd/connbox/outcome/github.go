package outcome

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

const (
	// maxAnnotations is how many errors, and how many warnings, GitHub shows of a step; the last of
	// each counts the rest.
	maxAnnotations = 10
	// maxMessage bounds the bytes of an annotation: the service cuts longer ones without a word.
	maxMessage = 4000
	// maxSummary is what GitHub takes of a step's summary, less some room for what the step adds; a
	// larger one is refused as a whole.
	maxSummary = 1<<20 - 1<<14
)

var (
	annotationText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationField = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes workflow commands, which GitHub shows as annotations: an error where an
// expectation is not met or cannot be looked at, a warning where the recording does not say.
func writeGitHub(w io.Writer, r *Report) error {
	for _, level := range [...]string{"error", "warning"} {
		var of []*Outcome
		for i := range r.All {
			o := &r.All[i]
			if o.Code != cli.StatusDone && (o.Code == cli.StatusTooLittle) == (level == "warning") {
				of = append(of, o)
			}
		}
		for i, o := range of {
			if i == maxAnnotations-1 && len(of) > maxAnnotations {
				if _, err := fmt.Fprintf(w, "::%s title=%s::%d more expectations are not met\n", level, annotationField.Replace(r.Command), len(of)-i); err != nil {
					return err
				}
				break
			}
			at := o.place()
			if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, annotationField.Replace(cli.Safe(inTree(o.File))), at.Line, at.Col,
				annotationField.Replace(r.Command+" "+cli.Safe(o.Name)), annotationText.Replace(shorten(o.body(), maxMessage))); err != nil {
				return err
			}
		}
	}
	return nil
}

// shorten cuts a text at a rune.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + " ..."
}

// code writes a stranger's text so that nothing in it is Markdown, HTML, a mention or a link: its
// punctuation as references, within code.
func code(s string) string {
	var b strings.Builder
	for _, c := range cli.Safe(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()|~#!$@+-.:/", c):
			fmt.Fprintf(&b, "&#%d;", c)
		default:
			b.WriteString(html.EscapeString(string(c)))
		}
	}
	return "<code>" + b.String() + "</code>"
}

// writeSummary writes Markdown for the summary of a workflow's step: what is not met first.
func writeSummary(w io.Writer, r *Report) error {
	passed, failed := tally(r.All)
	var b bytes.Buffer
	fmt.Fprintf(&b, "### %s: %d passed, %d failed\n\n| | expectation | verdict | confidence | not met |\n|---|---|---|---|---|\n", r.Command, passed, failed)
	left := 0
	for _, wrong := range [...]bool{true, false} {
		for i := range r.All {
			o := &r.All[i]
			if (o.Code != cli.StatusDone) != wrong {
				continue
			}
			row := summaryRow(o)
			if left > 0 || b.Len()+len(row) > maxSummary {
				left++
				continue
			}
			b.WriteString(row)
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%d more are left out: a summary has an end at 1 MiB.\n", left)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func summaryRow(o *Outcome) string {
	mark := "ok"
	if o.Code != cli.StatusDone {
		mark = "**FAIL**"
	}
	var lines []string
	for _, l := range o.lines() {
		lines = append(lines, code(shorten(l, 500)))
	}
	conf := ""
	if o.Verdict != "" {
		conf = fmt.Sprintf("%.2f", o.Confidence)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", mark, code(o.Name), o.Verdict, conf, strings.Join(lines, "<br>"))
}
