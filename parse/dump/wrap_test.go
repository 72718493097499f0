package dump

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// A list that a terminal or a mail program broke at a width, within words or at blanks, quoted or
// not, is the list that it was.
func TestWrapped(t *testing.T) {
	var rows []string
	for i := range 12 {
		rows = append(rows, fmt.Sprintf("id=%d addr=10.1.4.21:%d laddr=10.1.0.9:6379 fd=%d name=cart_%d age=%d idle=%d flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 "+
			"watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=1928 events=r cmd=get user=default redir=-1 resp=2 lib-name= lib-ver=",
			97+i, 40000+i, 8+i, i%2, 9000-i*300, i))
	}
	want := strings.Join(rows, "\n") + "\n"
	for width := 50; width <= 160; width++ {
		for _, quote := range []string{"", "> "} {
			for name, broken := range map[string][]string{"within words": hard(rows, width), "at blanks": soft(rows, width)} {
				text := quote + strings.Join(broken, "\n"+quote) + "\n\nand that is all\n"
				if got := clientsOf(t, text); got != want {
					t.Fatalf("%s at %d, quoted %q:\n%s\ngives\n%s", name, width, quote, text, got)
				}
			}
		}
	}
}

// hard breaks lines at a width.
func hard(lines []string, width int) (out []string) {
	for _, l := range lines {
		for piece := range slices.Chunk([]byte(l), width) {
			out = append(out, string(piece))
		}
	}
	return out
}

// soft breaks lines at the last blank before a width.
func soft(lines []string, width int) (out []string) {
	for _, l := range lines {
		for len(l) > width {
			i := strings.LastIndexByte(l[:width], ' ')
			out, l = append(out, l[:i]), l[i+1:]
		}
		out = append(out, l)
	}
	return out
}

// clientsOf gives the lists of a dump as text.
func clientsOf(t *testing.T, text string) string {
	t.Helper()
	d := NewReader(strings.NewReader(text), "d.txt")
	var out []byte
	for d.Scan() {
		if c, ok := d.Record().(*record.Clients); ok {
			out = reply.AppendClients(out, c)
		}
	}
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	return string(out)
}
