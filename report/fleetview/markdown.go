package fleetview

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/connbox/connbox/fleet/reduce"
)

// markdownRows is how many rows of a section Markdown has.
const markdownRows = 50

// plain escapes what Markdown and the HTML in it would take for more than text.
var plain = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "~", `\~`,
	"@", "&#64;", "://", ":&#8203;//", "www.", "www&#8203;.")

// WriteMarkdown writes the summary for an issue tracker.
func WriteMarkdown(w io.Writer, s *reduce.Summary, o Options) error {
	_, d, _ := tell(s, o)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s\n\n| | |\n|---:|---|\n", plain.Replace(d.Title), plain.Replace(d.Span))
	for _, t := range d.Tiles {
		fmt.Fprintf(&b, "| **%s** | %s |\n", t.N, plain.Replace(t.What))
	}
	for i := range d.Sections {
		x := &d.Sections[i]
		fmt.Fprintf(&b, "\n## %s\n", x.Title)
		if x.Lead != "" {
			fmt.Fprintf(&b, "\n%s\n", plain.Replace(x.Lead))
		}
		if len(x.Rows) == 0 {
			if x.Empty != "" {
				fmt.Fprintf(&b, "\n%s\n", plain.Replace(x.Empty))
			}
			continue
		}
		fmt.Fprintf(&b, "\n| %s |\n|%s\n", strings.Join(x.Head, " | "), strings.Repeat("---|", len(x.Head)))
		for _, r := range x.Rows[:min(len(x.Rows), markdownRows)] {
			for _, c := range r {
				fmt.Fprintf(&b, "| %s ", plain.Replace(c.Text))
			}
			b.WriteString("|\n")
		}
		if more := x.More + max(0, len(x.Rows)-markdownRows); more > 0 {
			fmt.Fprintf(&b, "\nAnd %d more.\n", more)
		}
	}
	if len(d.Doubts) > 0 {
		b.WriteString("\n## With care\n\n")
		for _, doubt := range d.Doubts {
			fmt.Fprintf(&b, "- %s\n", plain.Replace(doubt))
		}
	}
	fmt.Fprintf(&b, "\nMade by connbox %s.\n", plain.Replace(o.Version))
	_, err := w.Write(b.Bytes())
	return err
}
