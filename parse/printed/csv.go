package printed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// A csvShape is how an export writes its table.
type csvShape struct {
	comma    rune
	decimal  bool // a comma is the decimal sign
	dayFirst bool // 31/12/2024
}

// csvHead is how many lines are looked at.
const csvHead = 200

// isCSV tells a table with a time and a metric of ours: a header, or a column of names, that
// has a name we know, and at least one line with a time and a number.
func isCSV(lines [][]byte) bool {
	_, ok := tellCSV(lines)
	return ok
}

func tellCSV(lines [][]byte) (csvShape, bool) {
	lines = lines[:min(len(lines), csvHead)]
	for _, comma := range [...]rune{';', '\t', ',', '|'} {
		shape := csvShape{comma: comma}
		rows := splitAll(lines, comma)
		shape.decimal = comma != ',' && decimalComma(rows)
		shape.dayFirst = dayFirst(rows)
		t := table{shape: shape}
		for _, row := range rows {
			if t.row(row, 0, nil) {
				return shape, true
			}
		}
	}
	return csvShape{}, false
}

// isTable tells a table of times and numbers whose columns have names we do not know: a
// heading, then three lines and more of a time and numbers, nothing else.
func isTable(lines [][]byte) bool {
	for _, comma := range [...]rune{';', '\t', ','} {
		rows := splitAll(lines[:min(len(lines), csvHead)], comma)
		if len(rows) < 4 || len(rows[0]) < 2 {
			continue
		}
		t, n := table{shape: csvShape{comma: comma, decimal: comma != ',' && decimalComma(rows),
			dayFirst: dayFirst(rows)}}, 0
		for _, row := range rows[1:] {
			if _, ok := t.when(row); ok && len(row) == len(rows[0]) && t.numbers(row) {
				n++
			}
		}
		if n >= 3 && n == len(rows)-1 {
			return true
		}
	}
	return false
}

// numbers tells whether a row has numbers and blanks only, beside its time.
func (t *table) numbers(row []string) bool {
	n := 0
	for i, cell := range row {
		if _, ok := scan.Number(cell, t.shape.decimal); ok && i != t.time {
			n++
		} else if i != t.time && strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return n > 0
}

func splitAll(lines [][]byte, comma rune) [][]string {
	r := csv.NewReader(bytes.NewReader(append(bytes.Join(lines, []byte("\n")), '\n')))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
	var rows [][]string
	for {
		row, err := r.Read()
		if err != nil {
			return rows
		}
		rows = append(rows, row)
	}
}

// decimalComma tells whether commas in numbers are decimal signs: not where three digits
// follow each of them.
func decimalComma(rows [][]string) bool {
	for _, row := range rows {
		for _, cell := range row {
			if _, after, ok := strings.Cut(cell, ","); ok && len(after) != 3 && len(after) > 0 &&
				strings.Trim(cell, "0123456789,.- ") == "" {
				return true
			}
		}
	}
	return false
}

// dayFirst tells whether dates with slashes have a day where a month would be.
func dayFirst(rows [][]string) bool {
	for _, row := range rows {
		for _, cell := range row {
			if a, _, ok := strings.Cut(strings.TrimSpace(cell), "/"); ok && len(a) == 2 && a > "12" && a <= "31" {
				return true
			}
		}
	}
	return false
}

// A table takes rows of an export: headers, then values. Wide tables have a column a metric,
// long ones a column with the metrics' names and one with values.
type table struct {
	shape   csvShape
	headers [][]string
	time    int
	columns []csvColumn // of a wide table
	name    int         // column of names; -1: wide
	value   int
	labels  map[int]string // columns that tell servers apart
	ready   bool
}

type csvColumn struct {
	metric metric.Metric
	name   string
	server string
}

// A csvSink takes values; nil where a table is only looked at.
type csvSink func(server string, m metric.Metric, name string, t, v float64, line int64)

// row takes a row; true if it had a value of ours.
func (t *table) row(row []string, line int64, sink csvSink) bool {
	at, ok := t.when(row)
	if !ok {
		if !t.ready && len(t.headers) < 20 {
			t.headers = append(t.headers, slices.Clone(row))
		}
		return false
	}
	if !t.ready {
		t.begin(row)
	}
	if t.name >= 0 {
		return t.long(row, at, line, sink)
	}
	found := false
	for i, c := range t.columns {
		if c.name == "" || i >= len(row) {
			continue
		}
		v, ok := scan.Number(row[i], t.shape.decimal)
		if !ok {
			continue
		}
		found = true
		if sink != nil {
			sink(c.server+t.server(row), c.metric, c.name, at, v, line)
		}
	}
	return found
}

// long takes a row of a long table.
func (t *table) long(row []string, at float64, line int64, sink csvSink) bool {
	if t.name >= len(row) || t.value >= len(row) {
		return false
	}
	m, known := metric.ByName(row[t.name])
	v, ok := scan.Number(row[t.value], t.shape.decimal)
	if !ok {
		return false
	}
	if sink != nil {
		if !known {
			m = metric.Metric{}
		}
		sink(t.server(row), m, row[t.name], at, v, line)
		return true
	}
	return known
}

// when finds a row's time: in the column that is known to have it, else in one of the first.
func (t *table) when(row []string) (float64, bool) {
	if t.ready {
		if t.time >= len(row) {
			return 0, false
		}
		return scan.When(row[t.time], t.shape.dayFirst)
	}
	if len(row) < 2 {
		return 0, false
	}
	for _, h := range t.headers { // a column that is called so may stand anywhere
		for i, cell := range h[:min(len(h), len(row))] {
			if slices.Contains(timeHeaders, metric.Canonical(cell)) {
				if at, ok := scan.When(row[i], t.shape.dayFirst); ok {
					t.time = i
					return at, true
				}
			}
		}
	}
	for i := range min(len(row), 4) {
		if at, ok := scan.When(row[i], t.shape.dayFirst); ok {
			t.time = i
			return at, true
		}
	}
	return 0, false
}

// timeHeaders are the columns that hold times, in canonical form.
var timeHeaders = []string{"time", "timestamp", "date", "datetime", "ts"}

// valueHeaders are the columns of long tables that hold values, in canonical form, the peak of an
// interval before its mean: it is the peak that meets a limit.
var valueHeaders = []string{"value", "maximum", "max", "average", "avg", "mean", "sum"}

var nameHeaders = []string{"metric", "metric_name", "metricname", "name", "series", "field", "label"}

// begin makes columns of the headers, when the first row with a time has come.
func (t *table) begin(first []string) {
	t.ready, t.name, t.value, t.labels = true, -1, -1, map[int]string{}
	t.columns = make([]csvColumn, len(first))
	best := 0
	for _, h := range t.headers {
		for i, cell := range h {
			if i >= len(first) || i == t.time {
				continue
			}
			c := metric.Canonical(cell)
			if m, ok := metric.ByName(cell); ok && t.columns[i].name == "" {
				t.columns[i] = csvColumn{m, cell, labelsInName(cell)}
			} else if slices.Contains(serverLabels[:], c) {
				t.labels[i] = c
			}
			if rank := slices.Index(valueHeaders, c); rank >= 0 && (t.value < 0 || rank < best) {
				t.value, best = i, rank
			}
			if slices.Contains(nameHeaders, c) && t.name < 0 {
				t.name = i
			}
		}
	}
	if t.name >= 0 && t.value >= 0 && !t.named() {
		return
	}
	t.name = -1
	t.byTitle(first)
}

// byTitle names the column of values by a heading of one cell, as the AWS CLI prints it in
// text: CurrConnections, then DATAPOINTS, value and time.
func (t *table) byTitle(first []string) {
	title := ""
	for _, h := range t.headers {
		if _, ok := metric.ByName(h[0]); ok && len(h) == 1 {
			title = h[0]
		}
	}
	m, ok := metric.ByName(title)
	if !ok {
		return
	}
	for i := range t.columns {
		if t.columns[i] = (csvColumn{}); i == t.time {
			continue
		}
		if _, isValue := scan.Number(first[i], t.shape.decimal); isValue {
			t.columns[i].metric, t.columns[i].name = m, title
			return
		}
	}
}

func (t *table) named() bool {
	return slices.ContainsFunc(t.columns, func(c csvColumn) bool { return c.name != "" })
}

// server gives what a row says of its server.
func (t *table) server(row []string) string {
	var labels []label
	for i, name := range t.labels {
		if i < len(row) {
			labels = append(labels, label{Name: name, Value: row[i]})
		}
	}
	return serverName(labels)
}

// labelsInName reads the labels in a column's name: redis_connected_clients{instance="a:1"}.
func labelsInName(s string) string {
	_, inside, ok := strings.Cut(s, "{")
	if !ok {
		return ""
	}
	var labels []label
	for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(inside), "}"), ",") {
		k, v, ok := strings.Cut(part, "=")
		if !ok {
			k, v, ok = strings.Cut(part, ":")
		}
		if ok {
			labels = append(labels, label{Name: strings.TrimSpace(k), Value: strings.Trim(strings.TrimSpace(v), `"'`)})
		}
	}
	return serverName(labels)
}

func readCSV(r *Result, in *scan.Text) error {
	head := in.Peek(64 << 10)
	shape, ok := tellCSV(scan.Lines(head))
	if !ok {
		return nil
	}
	d := csv.NewReader(in)
	d.Comma, d.LazyQuotes, d.FieldsPerRecord, d.ReuseRecord = shape.comma, true, -1, true
	t := table{shape: shape}
	others := 0
	for {
		row, err := d.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if others > 0 {
				r.used("(rows without a time and a value of ours)", "", others)
			}
			return nil
		case errors.As(err, &bad):
			others++
			continue
		case err != nil:
			return err
		}
		line, _ := d.FieldPos(0)
		in.Mark(d.InputOffset())
		headers := len(t.headers)
		used := t.row(row, int64(line), func(server string, m metric.Metric, name string, at, v float64, line int64) {
			if m.Key != "" && r.series.add(server, m, point{t: at, v: v, line: int32(line)}) {
				r.used(name, m.Key, 1)
			} else {
				r.used(name, "", 1)
			}
		})
		if !used && len(t.headers) == headers {
			others++
		}
	}
}

// readTable names the columns of a table that is of no use.
func readTable(r *Result, in *scan.Text) error {
	return in.EachLine(func(n int64, line []byte) error {
		if n == 1 {
			r.used(string(line[:min(len(line), 120)]), "", 0)
		} else {
			r.Unused++
		}
		return nil
	})
}
