package parse

import (
	"bytes"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// TestNotRunRoundTrip takes a dump of all of them, with and without the last line end
// (Garnet prints none), through a bundle.
func TestNotRunRoundTrip(t *testing.T) {
	for _, c := range servers.NotRun {
		for _, end := range []string{"\n", ""} {
			d := dump.NewReader(strings.NewReader("2026-11-01T00:00:00Z\n# Server\n"+c.Info+"2026-11-01T00:00:00Z\n"+c.Line+end), "d.txt")
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

// TestOtherRoundTrip takes recorded replies that are kept whole from a dump through a bundle.
func TestOtherRoundTrip(t *testing.T) {
	for _, pattern := range []string{"*/mixed.memory-stats.*.txt", "redis-2.8.24/mixed.latency-latest.*.txt", "*/mixed.memory-doctor.raw.txt"} {
		for name, text := range servers.Replies(pattern) {
			var recs []record.Record
			d := dump.NewReader(bytes.NewReader(text), name)
			for d.Scan() {
				if o, ok := d.Record().(*record.Other); ok {
					recs = append(recs, &record.Other{Head: o.Head, Command: o.Command, Text: bytes.Clone(o.Text)})
				}
			}
			if len(recs) != 1 {
				t.Fatalf("%s: %d replies", name, len(recs))
			}
			wantRecords(t, writeBundle(t, recs), recs)
		}
	}
}
