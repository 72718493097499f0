package segment_test

import (
	"bytes"
	"fmt"
	"io"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A segment's records become tables, each of one row group, and come back from them.
func Example() {
	w := segment.NewWriter()
	w.Add(1, &record.Mark{Head: record.Head{Took: -1}, Text: "failover begins"})
	w.Add(2, &record.Clients{Layouts: []record.Layout{{"id", "name"}}, Rows: []record.Client{
		{Has: 1<<record.FieldID | 1<<record.FieldName, ID: 3, Name: "cart", Multi: -1, Redir: -1},
		{Has: 1<<record.FieldID | 1<<record.FieldName, ID: 4, Name: "auth", Multi: -1, Redir: -1}}})

	var parts []segment.Part
	err := w.Put(func(t segment.Table) error {
		g, err := stored(t)
		fmt.Println(t.Name, t.Rows)
		parts = append(parts, segment.Part{Table: t.Name, Group: g})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	r, err := segment.Read(parts, 0, false, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		switch rec := rec.(type) {
		case *record.Mark:
			fmt.Println(rec.Text, err)
		case *record.Clients:
			fmt.Println(rec.Rows[0].Name, rec.Rows[1].Name, err)
		}
	}
	// Output:
	// samples 2
	// lists 1
	// clients 2
	// spells 2
	// failover begins <nil>
	// cart auth <nil>
}

// stored writes a table, and opens what was written.
func stored(t segment.Table) (*table.Group, error) {
	var file bytes.Buffer
	w, err := table.NewWriter(&file, t.Name, t.Columns, int(t.Rows))
	if err != nil {
		return nil, err
	}
	t.Write(w)
	if err = w.EndGroup(); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	f, err := table.Open(file.Bytes(), int64(file.Len()))
	if err != nil {
		return nil, err
	}
	return f.Load(0, 0, file.Bytes(), table.NewBudget(1<<20))
}
