package parse

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

var update = flag.Bool("update", false, "write what the page says of pastes anew")

const readsPage = "../docs/reads.md"

var paste = regexp.MustCompile("(?s)```paste\n(.*?)```\n\n```holds\n(.*?)```\n")

// TestReadsPage reads each paste of the page, and compares what the page says that it holds.
func TestReadsPage(t *testing.T) {
	page, err := os.ReadFile(readsPage)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	fresh := paste.ReplaceAllFunc(page, func(m []byte) []byte {
		n++
		text := paste.FindSubmatch(m)[1]
		return fmt.Appendf(nil, "```paste\n%s```\n\n```holds\n%s```\n", text, holds(t, text))
	})
	if n < 6 {
		t.Errorf("%d pastes", n)
	}
	if *update {
		if err := os.WriteFile(readsPage, fresh, 0o666); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(fresh, page) {
		t.Errorf("%s is not what the program does; go test ./parse -run ReadsPage -update writes it anew", readsPage)
	}
}

// holds writes what a text holds, a line a record.
func holds(t *testing.T, text []byte) (b []byte) {
	src, err := openStream(t.Context(), bytes.NewReader(text), "paste", nil, record.DefaultMaxUnpacked)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for src.Scan() {
		rec := src.Record()
		b = fmt.Appendf(b, "line %d", rec.Base().Pos.Line)
		if at := rec.Base().At; !at.IsZero() && at.Year() > record.DayUnknown.Year() {
			b = fmt.Appendf(b, ", %s", at.Format(time.RFC3339))
		}
		b = append(append(append(b, ": "...), held(rec)...), '\n')
	}
	if src.Err() != nil {
		t.Errorf("%v in\n%s", src.Err(), text)
	}
	return b
}

func held(rec record.Record) string {
	switch r := rec.(type) {
	case *record.Info:
		return "INFO, " + strings.Join(strings.FieldsFunc(string(r.Text), func(c rune) bool { return c < ' ' }), " ")
	case *record.Clients:
		var hosts []string
		for i := range r.Rows {
			hosts = append(hosts, r.Rows[i].Host())
		}
		return "CLIENT LIST, " + strings.Join(hosts, " ")
	case *record.Other:
		if s, ok := r.Server(); ok && s.Before != "" {
			return fmt.Sprintf("of %s, and what came before of %s", s.Name, s.Before)
		} else if ok {
			return "of " + s.Name
		}
		return strings.ToLower(r.Command) + ", " + strings.Join(strings.Split(strings.TrimSpace(string(r.Text)), "\n"), "; ")
	case *record.Failure:
		return "a failure, " + r.Text
	case *record.Log:
		return "the server's log, " + r.Entry.Text
	case *record.Slowlog:
		return fmt.Sprintf("SLOWLOG of %d", len(r.Entries))
	case *record.Config:
		return fmt.Sprintf("CONFIG GET, %v", r.Pairs)
	case *record.Chatter:
		return fmt.Sprintf("%d not used, %s", r.Lines, strings.ReplaceAll(r.Text, "\n", " / "))
	}
	return fmt.Sprint("of kind ", rec.Kind())
}
