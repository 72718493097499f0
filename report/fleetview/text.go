package fleetview

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
)

// textRows is how many rows of a section a terminal is given.
const textRows = 12

// WriteText writes the summary for a terminal. Columns that do not fit are left out from the right.
func WriteText(w io.Writer, s *reduce.Summary, o Options) error {
	_, d, _ := tell(s, o)
	var b bytes.Buffer
	width := max(o.Width, 40)
	if o.Width == 0 {
		width = 80
	}
	fmt.Fprintf(&b, "%s: %s\n\n", d.Title, d.Span)
	for _, t := range d.Tiles {
		fmt.Fprintf(&b, "  %8s  %s\n", t.N, t.What)
	}
	for i := range d.Sections {
		x := &d.Sections[i]
		if len(x.Rows) == 0 && x.ID != "groups" {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(x.Title))
		if len(x.Rows) == 0 {
			fmt.Fprintf(&b, "  %s\n", x.Empty)
			continue
		}
		t := cells.Table{Head: x.Head}
		for _, r := range x.Rows[:min(len(x.Rows), textRows)] {
			var row []string
			for _, c := range r {
				row = append(row, cells.Cut(c.Text, 44, o.ASCII))
			}
			t.Rows = append(t.Rows, row)
		}
		for _, line := range t.Lines(width, "  ", o.ASCII) {
			fmt.Fprintln(&b, strings.TrimRight(line, " "))
		}
		if more := x.More + len(x.Rows) - len(t.Rows); more > 0 {
			fmt.Fprintf(&b, "  and %d more\n", more)
		}
	}
	if len(d.Doubts) > 0 {
		fmt.Fprintf(&b, "\nWITH CARE\n")
		for _, doubt := range d.Doubts {
			for i, line := range cells.Wrap(doubt, width-4) {
				fmt.Fprintf(&b, "  %s %s\n", []string{"-", " "}[min(i, 1)], line)
			}
		}
	}
	out := b.String()
	if o.ASCII {
		out = ascii(out)
	}
	_, err := io.WriteString(w, out)
	return err
}

// ascii keeps line ends.
func ascii(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = inert.ASCIIOnly(lines[i])
	}
	return strings.Join(lines, "\n")
}
