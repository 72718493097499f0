package table_test

import (
	"bytes"
	"fmt"

	"github.com/connbox/connbox/parse/table"
)

// A table is written column by column, and read the same way from the bytes of a row group.
func Example() {
	columns := []table.Column{{Name: "ts", Type: table.Time, Encoding: table.Delta}, {Name: "cmd", Type: table.Text}}
	var file bytes.Buffer
	w, err := table.NewWriter(&file, "calls", columns, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Ints("ts", 3, func(i int) int64 { return 1_784_031_713_000_000 + int64(i)*1_000_000 })
	w.Texts("cmd", 3, func(i int) string { return []string{"get", "set", "get"}[i] })
	if err = w.EndGroup(); err == nil {
		err = w.Close() // an error of a column is given here too
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	data := file.Bytes()
	f, err := table.Open(data, int64(len(data)))
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := f.Load(0, 0, data, table.NewBudget(1<<20))
	if err != nil {
		fmt.Println(err)
		return
	}
	var ts table.Ints
	var cmd table.Texts
	if err = g.Ints("ts", &ts); err == nil {
		err = g.Texts("cmd", &cmd)
	}
	for i := range g.Rows() {
		fmt.Println(ts.At(i), cmd.At(i))
	}
	fmt.Println(cmd.Dict, err)
	// Output:
	// 1784031713000000 get
	// 1784031714000000 set
	// 1784031715000000 get
	// [get set] <nil>
}
