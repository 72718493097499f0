package fleet

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
)

// maxLine bounds a row of a file: twenty sources with names cut to their length are far less.
const maxLine = 4 << 20

// WriteRow writes a row as a line of JSON.
func WriteRow(w io.Writer, row *Row) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(row); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Lines reads rows, one a line. It is used like a bufio.Scanner; the Row is its own until the next
// Scan.
type Lines struct {
	s    *bufio.Scanner
	name string
	n    int
	row  Row
	err  error
}

// NewLines reads rows of r; name is for errors.
func NewLines(r io.Reader, name string) *Lines {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &Lines{s: s, name: name}
}

// Scan reads the next row; false at the end or at the first error.
func (l *Lines) Scan() bool {
	for l.err == nil && l.s.Scan() {
		l.n++
		line := bytes.TrimSpace(l.s.Bytes())
		if len(line) == 0 {
			continue
		}
		l.row = Row{}
		switch err := json.Unmarshal(line, &l.row); {
		case err != nil:
			l.err = fmt.Errorf("%s:%d: no row of connbox fleet: %w", l.name, l.n, err)
		case l.row.Schema < 1 || l.row.Status == "":
			l.err = fmt.Errorf("%s:%d: no row of connbox fleet: use -o rows:FILE", l.name, l.n)
		case l.row.Schema > Schema:
			l.err = fmt.Errorf("%s:%d: a row of schema %d; this connbox reads up to %d", l.name, l.n, l.row.Schema, Schema)
		default:
			return true
		}
	}
	if l.err == nil && l.s.Err() != nil {
		l.err = fmt.Errorf("%s:%d: %w", l.name, l.n+1, l.s.Err())
	}
	return false
}

// Row gives the row that Scan read.
func (l *Lines) Row() *Row { return &l.row }

// Err gives the error that ended the reading.
func (l *Lines) Err() error { return l.err }

// Compare orders rows as files of rows are ordered.
func Compare(a, b *Row) int {
	return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Part, b.Part))
}

// Merge gives the rows of several ordered files in one order. A row that stands in more than one,
// as of a shard that ran twice, is given once and counted. Rows must be in order within each file:
// what connbox fleet writes is.
func Merge(from []*Lines, each func(*Row) error) (twice int, err error) {
	var open []*Lines
	next := func(l *Lines) error {
		was := l.row
		if l.Scan() {
			if was.Schema > 0 && Compare(&was, &l.row) > 0 {
				return fmt.Errorf("%s:%d: the rows are not in order of their inputs", l.name, l.n)
			}
			open = append(open, l)
		}
		return l.Err()
	}
	for _, l := range from {
		if err := next(l); err != nil {
			return 0, err
		}
	}
	var last *Row
	for len(open) > 0 {
		least := 0
		for i := range open {
			if Compare(&open[i].row, &open[least].row) < 0 {
				least = i
			}
		}
		l := open[least]
		open = append(open[:least], open[least+1:]...)
		if last != nil && Compare(last, &l.row) == 0 {
			twice++
		} else {
			row := l.row
			last = &row
			if err := each(&row); err != nil {
				return twice, err
			}
		}
		if err := next(l); err != nil {
			return twice, err
		}
	}
	return twice, nil
}
