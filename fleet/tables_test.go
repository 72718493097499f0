package fleet_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/duckdb"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/parse/table"
)

// queries are those of docs/fleet.md, and what they answer of madeRows.
var queries = []struct{ title, sql, want string }{
	{"Trend over nights: incidents and recordings a day",
		`SELECT date_trunc('day', recorded_from) AS day, count(*) FILTER (status = 'incident') AS incidents, count(*) AS recordings
FROM 'night*.bundles.parquet' WHERE recorded_from IS NOT NULL GROUP BY day ORDER BY day`,
		"2026-11-20 8 12|2026-11-21 8 12"},
	{"Services that leak, by connections",
		`SELECT service, count(DISTINCT server) AS servers, sum(connections) AS connections
FROM 'night*.causes.parquet' WHERE cause = 'connection-leak' AND role = 'root' AND service IS NOT NULL
GROUP BY service ORDER BY connections DESC LIMIT 10`,
		"svc-2 2 840|svc-1 2 820|svc-0 2 800|'; DROP TABLE x; -- 6 12"},
	{"Incidents that repeat: a server and cause on more than one day",
		`SELECT server, cause, count(DISTINCT date_trunc('day', recorded_from)) AS days
FROM 'night*.bundles.parquet' WHERE status = 'incident' GROUP BY server, cause HAVING days > 1 ORDER BY server LIMIT 3`,
		"redis-0 connection-leak 2|redis-1 connection-leak 2|redis-10 server-stall 2"},
	{"Not analysed, and why",
		`SELECT reason, count(*) AS n FROM 'night*.bundles.parquet' WHERE status = 'failed' GROUP BY reason ORDER BY n DESC`,
		"unreadable 4"},
	{"Slots to give back, by team",
		`SELECT team, sum(spare) AS slots FROM 'night*.bundles.parquet' GROUP BY team ORDER BY slots DESC NULLS LAST`,
		"shop 120|NULL NULL"},
}

// madeRows are two nights of sixteen servers with every kind of null, in runs: of four servers the
// recording cannot be read on the second night.
func madeRows(night int) []fleet.Row {
	at := func(h int) *time.Time {
		t := time.Date(2026, 11, 20+night, h, 0, 0, 0, time.UTC)
		return &t
	}
	f := func(v float64) *float64 { return &v }
	var rows []fleet.Row
	for i := range 12 + 4*night {
		r := fleet.Row{Input: fmt.Sprintf("night-%d/redis-%d.connbox", night, i), Status: "healthy", Causes: []fleet.Cause{}, From: at(1), To: at(2), Samples: 100, Confidence: f(0.9)}
		switch {
		case i >= 12:
			r = fleet.Row{Input: r.Input, Status: fleet.Failed, Reason: fleet.ReasonUnreadable, Error: "cut\x00\x1b[31m", Causes: []fleet.Cause{}}
		case i < 6 || i >= 10:
			r.Status, r.Cause = "incident", "connection-leak"
			c := fleet.Cause{ID: r.Cause, Role: "root", Confidence: f(0.97), Onset: at(1), Sources: []fleet.Source{
				{Service: fmt.Sprintf("svc-%d", i%3), Host: "10.0.0.1", Connections: 200 + i%3*5, Share: f(0.9)}, {Service: "'; DROP TABLE x; --", Connections: 1}}}
			if i >= 10 { // a cause of nobody
				r.Cause, c.ID, c.Sources = "server-stall", "server-stall", nil
			}
			r.Causes = []fleet.Cause{c}
			refused := int64(i)
			r.Refused = &refused
		case i == 6:
			r.From, r.To, r.Team, r.Pools = at(1), nil, "shop", []fleet.Pool{{Service: "a", Spare: 60}}
		}
		fleet.Place(&r, r.Input, "test", nil)
		rows = append(rows, r)
	}
	return rows
}

// TestTables: DuckDB answers the questions of docs/fleet.md, and has null where a row has.
func TestTables(t *testing.T) {
	db, err := duckdb.Install()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	nulls := 0
	for night := range 2 {
		base := filepath.Join(dir, fmt.Sprintf("night-%d", night))
		bundles, causes := created(t, base+".bundles.parquet"), created(t, base+".causes.parquet")
		tables, err := fleet.NewTables(bundles, causes)
		if err != nil {
			t.Fatal(err)
		}
		rows := madeRows(night)
		for i := range rows {
			if rows[i].Refused == nil {
				nulls++
			}
			if err := tables.Add(&rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := tables.Close(); err != nil {
			t.Fatal(err)
		}
	}
	statements := []string{"SET TimeZone = 'UTC'"}
	for _, q := range queries {
		statements = append(statements, q.sql)
	}
	statements = append(statements, "SELECT count(*) - count(refused), count(*) FILTER (refused = 0), count(*) FILTER (cause = ''), sum(refused) FROM 'night*.bundles.parquet'",
		"SELECT count(*), count(source), count(service), count(share), count(DISTINCT service) FROM 'night*.causes.parquet'",
		"SELECT count(DISTINCT error), max(length(error)), avg(confidence) FROM 'night*.bundles.parquet'")
	got, err := db.Run(dir, 0, statements...)
	if err != nil {
		t.Fatal(err)
	}
	line := func(r duckdb.Result) string {
		var rows []string
		for _, row := range r.Rows {
			var cells []string
			for _, v := range row {
				s := fmt.Sprint(v)
				if v == nil {
					s = "NULL"
				}
				cells = append(cells, strings.TrimSuffix(strings.TrimSuffix(s, "+00"), " 00:00:00"))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
		return strings.Join(rows, "|")
	}
	for i, q := range queries {
		if have := line(got[i+1]); have != q.want {
			t.Errorf("%s: %s, want %s", q.title, have, q.want)
		}
	}
	n := len(queries) + 1
	for i, want := range []string{fmt.Sprintf("%d 2 0 72", nulls), "28 24 24 12 4", "1 9 0.9"} {
		if have := line(got[n+i]); have != want {
			t.Errorf("%s: %s, want %s", statements[n+i], have, want)
		}
	}
}

func created(t *testing.T, path string) io.Writer {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestFleetPage: docs/fleet.md lists the columns and the queries as they are.
func TestFleetPage(t *testing.T) {
	var b strings.Builder
	for _, of := range []struct {
		name    string
		columns []fleet.TableColumn
	}{{"bundles", fleet.BundleColumns()}, {"causes", fleet.CauseColumns()}} {
		fmt.Fprintf(&b, "| column of `%s` | type | null | what |\n|---|---|---|---|\n", of.name)
		for _, c := range of.columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Name, map[table.Type]string{table.Int: "integer", table.Text: "text", table.Time: "time", table.Decimal: "decimal(18, 4)"}[c.Type],
				map[bool]string{true: "yes", false: "no"}[c.Optional], c.Doc)
		}
		b.WriteString("\n")
	}
	b.WriteString("Questions, as DuckDB answers them (a test runs each of these):\n\n")
	for _, q := range queries {
		fmt.Fprintf(&b, "%s:\n\n```sql\n%s\n```\n\n", q.title, q.sql)
	}
	path := filepath.Join("..", "docs", "fleet.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "Times are microseconds in UTC, fractions have four decimals.\n\n", "## Array jobs"
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/fleet.md has lost its section on Parquet")
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(page) != want {
		t.Errorf("%s is not what the tables are; go test ./fleet -run TestFleetPage -update", path)
	}
}
