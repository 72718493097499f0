package fleet

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
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

// A shardLine is the first line of the rows of a shard, by which Merge tells which are missing.
type shardLine struct {
	Shard string `json:"shard"`
}

// WriteShard writes the line that begins the rows of a shard; none for all inputs.
func WriteShard(w io.Writer, s Shard) error {
	if s.N == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "{\"shard\":%q}\n", s)
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
	part Shard // whose rows they are, where the file says it
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
		if l.n == 1 && l.shard(line) {
			continue
		}
		l.row = Row{}
		switch err := json.Unmarshal(line, &l.row); {
		case err != nil && line[0] == '{':
			l.err = fmt.Errorf("%s:%d: no row of connbox fleet: %w", l.name, l.n, err)
		case err != nil || l.row.Schema < 1 || l.row.Status == "":
			l.err = fmt.Errorf("%s:%d: no row of connbox fleet, as -o rows:FILE writes them", l.name, l.n)
		case l.row.Schema > Schema:
			l.err = fmt.Errorf("%s:%d: a row of schema %d; this connbox reads up to %d", l.name, l.n, l.row.Schema, Schema)
		default:
			return true
		}
	}
	switch err := l.s.Err(); {
	case l.err != nil:
	case errors.Is(err, bufio.ErrTooLong):
		l.err = fmt.Errorf("%s:%d: no row of connbox fleet: a line of more than %d bytes", l.name, l.n+1, maxLine)
	case err != nil:
		l.err = fmt.Errorf("%s:%d: %w", l.name, l.n+1, err)
	}
	return false
}

// shard reads the line of a shard.
func (l *Lines) shard(line []byte) bool {
	var is shardLine
	if json.Unmarshal(line, &is) != nil || is.Shard == "" {
		return false
	}
	l.part, l.err = ParseShard(is.Shard)
	if l.err != nil {
		l.err = fmt.Errorf("%s:1: %w", l.name, l.err)
	}
	return true
}

// Row gives the row that Scan read.
func (l *Lines) Row() *Row { return &l.row }

// Err gives the error that ended the reading.
func (l *Lines) Err() error { return l.err }

// Compare orders rows as files of rows are ordered.
func Compare(a, b *Row) int {
	return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Part, b.Part))
}

// Merged tells what Merge met.
type Merged struct {
	Twice   int     // rows that stood in more than one file
	Differ  int     // of them, those that were not the same
	Missing []Shard // of the sets of which one shard and more was there
}

// Merge gives the rows of several ordered files in one order. A row that stands in more than one,
// as of a shard that ran twice, is given once, as the first of the files has it. Rows must be in order
// within each file: what connbox fleet writes is.
func Merge(from []*Lines, each func(*Row) error) (met Merged, err error) {
	open := make(merging, 0, len(from))
	for _, l := range from {
		if l.Scan() {
			open = append(open, rowFile{l, len(open)})
		}
		if l.err != nil {
			return met, l.err
		}
	}
	heap.Init(&open)
	var last *Row
	for len(open) > 0 {
		l := open[0].Lines
		row := l.row
		switch {
		case last == nil || Compare(last, &row) != 0:
			if err := each(&row); err != nil {
				return met, err
			}
			last = &row
		case reflect.DeepEqual(last, &row):
			met.Twice++
		default:
			met.Twice++
			met.Differ++
		}
		if l.Scan() {
			if Compare(&row, &l.row) > 0 {
				return met, fmt.Errorf("%s:%d: the rows are not in order of their inputs", l.name, l.n)
			}
			heap.Fix(&open, 0)
		} else {
			heap.Pop(&open)
		}
		if l.err != nil {
			return met, l.err
		}
	}
	met.Missing = missing(from)
	return met, nil
}

// missing gives the shards that are in no file, of those sets of which others are.
func missing(from []*Lines) (out []Shard) {
	have := map[Shard]bool{}
	for _, l := range from {
		have[l.part] = true
	}
	sets := map[int]bool{}
	for _, l := range from {
		for i := 1; i <= l.part.N && !sets[l.part.N]; i++ {
			if s := (Shard{i, l.part.N}); !have[s] {
				out = append(out, s)
			}
		}
		sets[l.part.N] = true
	}
	return out
}

// A rowFile is a file of rows with its place among all.
type rowFile struct {
	*Lines
	place int
}

// merging are the files with a row to give, the first of them at the top (container/heap).
type merging []rowFile

func (m merging) Len() int      { return len(m) }
func (m merging) Swap(i, k int) { m[i], m[k] = m[k], m[i] }
func (m merging) Less(i, k int) bool {
	return cmp.Or(Compare(&m[i].row, &m[k].row), cmp.Compare(m[i].place, m[k].place)) < 0
}
func (m *merging) Push(x any) { *m = append(*m, x.(rowFile)) }
func (m *merging) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
