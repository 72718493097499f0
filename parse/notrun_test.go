package parse

import (
	"bytes"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// TestNotRunRoundTrip takes a dump of all of them, with and without the last line end
// (Garnet prints none), through a bundle.
func TestNotRunRoundTrip(t *testing.T) {
	for _, c := range servers.NotRun {
		for _, end := range []string{"\n", ""} {
			d := NewDump(strings.NewReader("2026-11-01T00:00:00Z\n# Server\n"+c.Info+"2026-11-01T00:00:00Z\n"+c.Line+end), "d.txt")
			if !d.Scan() || d.Record().Kind() != record.KindInfo || !d.Scan() {
				t.Errorf("%s: %v", c.Name, d.Err())
				continue
			}
			list, ok := d.Record().(*record.Clients)
			if !ok || d.Record().Base().At.IsZero() {
				t.Errorf("%s: %T", c.Name, d.Record())
				continue
			}
			rec := &record.Clients{Head: list.Head, Rows: append([]record.Client{}, list.Rows...), Layouts: list.Layouts}
			b := openBundle(t, writeBundle(t, []record.Record{rec}))
			if !b.Scan() || !bytes.Equal(reply.AppendClients(nil, b.Record().(*record.Clients)), []byte(c.Line+"\n")) {
				t.Errorf("%s: the bundle gives %q", c.Name, reply.AppendClients(nil, b.Record().(*record.Clients)))
			}
		}
	}
}
