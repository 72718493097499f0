package segment_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// TestSizes prints what each column of a made-up recording takes (go test -v -run Sizes), and
// holds the rows of CLIENT LIST and INFO against what they may.
func TestSizes(t *testing.T) {
	r := synth.New(synth.Options{Seed: 1, Clients: 2000, Info: 2 * time.Second, Span: 20 * time.Minute})
	w := segment.NewWriter()
	w.Limits.Spells = 1 << 20
	rows, infos := 0, 0
	for n := int64(1); r.Scan() && !w.Full(); n++ {
		w.Add(n, r.Record())
		switch rec := r.Record().(type) {
		case *record.Clients:
			rows += len(rec.Rows)
		case *record.Info:
			infos++
		}
	}
	sizes := map[string]int64{}
	err := w.Put(func(tab segment.Table) error {
		var out bytes.Buffer
		to, err := table.NewWriter(&out, tab.Name, tab.Columns, int(tab.Rows))
		if err != nil {
			return err
		}
		tab.Write(to)
		if err := to.EndGroup(); err != nil {
			return err
		}
		if err := to.Close(); err != nil {
			return err
		}
		sizes[tab.Name] = int64(out.Len())
		file, err := table.Open(out.Bytes(), int64(out.Len()))
		if err != nil {
			return err
		}
		columns := file.Sizes()
		t.Logf("%-16s %9d bytes, %d rows", tab.Name, out.Len(), tab.Rows)
		for i, c := range tab.Columns {
			if tab.Name != segment.InfoTable || columns[i] > 2000 {
				t.Logf("  %-28s %8d  %6.3f a row", c.Name, columns[i], float64(columns[i])/float64(tab.Rows))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lists := sizes[segment.Spells] + sizes[segment.ClientsTable] + sizes[segment.Lists]
	perRow, perInfo := float64(lists)/float64(rows), float64(sizes[segment.InfoTable])/float64(infos)
	if perRow > 1.4 || perInfo > 260 {
		t.Errorf("%.2f bytes a client-row, %.0f an INFO", perRow, perInfo)
	}
	t.Logf("%.3f bytes a client-row, %.0f an INFO", perRow, perInfo)
}
