package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/duckdb"
)

// TestExportParquet: DuckDB reads the tables, and finds in them what CSV says.
func TestExportParquet(t *testing.T) {
	db, err := duckdb.Install()
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(workDir(t), "..", "..", "fixtures", "incidents", "leak-named.dump.zst")
	for _, what := range []string{"clients", "info"} {
		want(t, 0, "export", in, "--what", what, "--format", "parquet", "-o", what+".parquet")
		want(t, 0, "export", in, "--what", what, "--format", "csv", "-o", what+".csv")
	}
	read := func(path string) [][]string {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	clients, info := read("clients.csv"), read("info.csv")
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	results, err := db.Run(dir, 0, "SET TimeZone = 'UTC'", "SELECT * FROM 'clients.parquet'",
		"SELECT count(*), count(time), sum(id), min(strftime(time, '%Y-%m-%dT%H:%M:%SZ')), count(\"tot-net-in\"), string_agg(DISTINCT name, ' ' ORDER BY name) FROM 'clients.parquet'",
		"SELECT count(*), count(DISTINCT sample), max(TRY_CAST(value AS BIGINT)) FILTER (key = 'connected_clients') FROM 'info.parquet'")
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]int{}
	for i, name := range clients[0] {
		columns[name] = i
	}
	if got := strings.Join(results[1].Columns, " "); got != strings.Join(clients[0], " ") {
		t.Errorf("columns %s, of CSV %s", got, strings.Join(clients[0], " "))
	}
	sum, names := 0, map[string]bool{}
	for _, row := range clients[1:] {
		var id int
		fmt.Sscan(row[columns["id"]], &id)
		sum += id
		names[row[columns["name"]]] = true
	}
	row := results[2].Rows[0]
	if fmt.Sprint(row[0]) != fmt.Sprint(float64(len(clients)-1)) || fmt.Sprint(row[1]) != fmt.Sprint(row[0]) || row[2] != float64(sum) ||
		row[3] != clients[1][0] || row[4] != float64(0) || len(strings.Fields(fmt.Sprint(row[5]))) != len(names)-1 {
		t.Errorf("%v: CSV has %d rows from %s, ids of %d, names %v", row, len(clients)-1, clients[1][0], sum, names)
	}
	if row := results[3].Rows[0]; row[0] != float64(len(info)-1) || row[1] != float64(120) || !(row[2].(float64) > 180) {
		t.Errorf("INFO: %v, CSV has %d rows", row, len(info)-1)
	}
}

// TestExportForms: what cannot be asked for is said.
func TestExportForms(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	write(t, "only.txt", "a remark\n")
	want(t, 2, "export", "i.txt", "--format", "xml")
	want(t, 2, "export", "i.txt", "--format", "openmetrics", "--what", "info")
	want(t, 2, "export", "i.txt", "--format", "openmetrics", "--at", "3")
	want(t, 2, "export", "i.txt", "--format", "parquet", "--what", "slowlog")
	want(t, 3, "export", "only.txt", "--format", "openmetrics", "-o", "x.om")
	if _, err := os.Stat("x.om"); err == nil {
		t.Error("a file of nothing was written")
	}
	r := want(t, 0, "export", "i.txt", "--format", "openmetrics")
	if !strings.HasSuffix(r.out, "# EOF\n") || !strings.Contains(r.out, `redis_connected_clients{instance="i.txt"} `) {
		t.Errorf("%s", r.out)
	}
}
