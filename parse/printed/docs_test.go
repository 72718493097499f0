package printed

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

const readsPage = "../../docs/reads.md"

var (
	example    = regexp.MustCompile("(?s)```reads\n(.*?)```\n\n```gives\n(.*?)```\n")
	minReads   = 15
	kindTitles = [...]string{"INFO", "CLIENT LIST", "sockets"}
)

// TestReadsPage reads each example of the page, and compares what the page says that it gives.
func TestReadsPage(t *testing.T) {
	page, err := os.ReadFile(readsPage)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	fresh := example.ReplaceAllFunc(page, func(m []byte) []byte {
		n++
		text := example.FindSubmatch(m)[1]
		return fmt.Appendf(nil, "```reads\n%s```\n\n```gives\n%s```\n", text, gives(t, text))
	})
	if n < minReads {
		t.Errorf("%d examples", n)
	}
	if *update {
		if err := os.WriteFile(readsPage, fresh, 0o666); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(fresh, page) {
		t.Errorf("%s is not what the program does; go test ./parse/printed -update writes it anew", readsPage)
	}
}

// gives writes what a text told, as the page does.
func gives(t *testing.T, text []byte) []byte {
	form := Tell(text)
	r, err := Read(bytes.NewReader(text), form)
	if err != nil || r.Len() == 0 {
		t.Errorf("%v, %d replies of:\n%s", err, r.Len(), text)
	}
	b := fmt.Appendf(nil, "%s\n", form)
	for p := range r.Replies() {
		b = fmt.Appendf(b, "[%s, line %d", kindTitles[p.Kind], p.Line)
		if !p.At.IsZero() {
			b = fmt.Appendf(b, ", %s", p.At.Format(time.RFC3339))
		} else if p.After >= 0 {
			b = fmt.Appendf(b, ", after %s", p.After)
		}
		if p.Server != "" {
			b = fmt.Appendf(b, ", %s", p.Server)
		}
		b = fmt.Appendf(b, "]\n%s", strings.ReplaceAll(string(p.Text), "\r\n", "\n"))
	}
	return b
}
