package bundle

import (
	"errors"
	"fmt"
	"sync"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A loader brings segments into memory. Of a file it keeps the footers of its tables, and
// the row group of INFO read last, as the next segment may have the rows behind. Several
// goroutines may load at once.
type loader struct {
	files files
	man   *manifest
	keep  bool
	mu    sync.Mutex // of the rest
	open  map[int]*table.File
	info  *segment.Info
	of    [2]partInfo // what info was read from
}

// A loaded is a segment in memory, and the tables that could not be read.
type loaded struct {
	r    *segment.Reader
	bad  []*tableError
	err  error
	into *segment.Changes
}

// segment loads a segment's tables of some kinds of record; lists come as changes in the
// memory of those given, unless that is nil. Where a table cannot be read, its kind is left
// out. Decoders check what they read; should one miss something, the panic ends here.
func (l *loader) segment(s *segmentInfo, wanted record.KindSet, changes *segment.Changes) (out loaded) {
	defer func() {
		if p := recover(); p != nil {
			out.r, out.err = nil, fmt.Errorf("damaged in a way that was not foreseen: %v", p)
		}
	}()
	out.into = changes
	lost := record.KindSet(0)
	for {
		out.r, out.err = l.load(s, wanted.Without(lost), changes)
		var bad *tableError
		if !errors.As(out.err, &bad) || bad.kind == 0 || lost.Contains(bad.kind) {
			return out
		}
		out.bad = append(out.bad, bad)
		lost |= record.KindSetOf([]record.Kind{bad.kind})
	}
}

// A tableError is a table that cannot be read, and the kind of record that is lost with it;
// 0: all.
type tableError struct {
	kind record.Kind
	err  error
}

func (e *tableError) Error() string { return e.err.Error() }
func (e *tableError) Unwrap() error { return e.err }

// listTextsOf bounds the texts of the lists of a segment whose tables have so many bytes,
// textsOf those of its other tables, or of a row group of INFO: a bomb is no text. What a
// writer holds (segment.Limits, infoBytes, and a record that fills it) comes to less.
func listTextsOf(bytes int64) int64 { return maxRecord + 16*bytes }
func textsOf(bytes int64) int64     { return segment.MaxText + infoBytes + 16*bytes }

// load reads the tables of a segment that the kinds wanted need.
func (l *loader) load(s *segmentInfo, wanted record.KindSet, changes *segment.Changes) (*segment.Reader, error) {
	bytes := int64(0)
	for _, p := range s.Parts {
		bytes += l.man.Files[p.File].Groups[p.Group].Bytes
	}
	lists, others := table.NewBudget(listTextsOf(bytes)), table.NewBudget(textsOf(bytes))
	var parts []segment.Part
	var info, templates *partInfo
	for i := range s.Parts {
		p := &s.Parts[i]
		name := l.man.Files[p.File].Table
		switch {
		case !segment.Needs(name, wanted):
			continue
		case name == segment.InfoTable:
			info = p
			continue
		case name == segment.InfoTemplates:
			templates = p
			continue
		}
		budget := others
		if segment.KindOf(name) == record.KindClients {
			budget = lists
		}
		g, err := l.group(p, budget)
		if err != nil {
			return nil, &tableError{segment.KindOf(name), err}
		}
		parts = append(parts, segment.Part{Table: name, Group: g})
	}
	if info != nil && templates != nil {
		in, err := l.loadInfo(info, templates)
		if err != nil {
			return nil, &tableError{record.KindInfo, err}
		}
		parts = append(parts, segment.Part{Table: segment.InfoTable, Info: in, Row: int(info.Row)})
	}
	r, err := segment.Read(parts, wanted, changes)
	var bad *segment.TableError
	switch {
	case errors.As(err, &bad):
		return nil, &tableError{segment.KindOf(bad.Table), fmt.Errorf("segment of record %d: %w", s.First, err)}
	case err != nil:
		return nil, err
	case r.Len() != s.Records:
		return nil, fmt.Errorf("segment has %d records, the manifest says %d", r.Len(), s.Records)
	case r.First() != s.First:
		return nil, fmt.Errorf("segment begins with record %d, the manifest says %d", r.First(), s.First)
	}
	return r, nil
}

// loadInfo reads a row group of INFO and its templates, unless it was the last one read.
func (l *loader) loadInfo(info, templates *partInfo) (*segment.Info, error) {
	of := [2]partInfo{{info.File, info.Group, 0}, {templates.File, templates.Group, 0}}
	l.mu.Lock()
	last, same := l.info, l.of == of
	l.mu.Unlock()
	if last != nil && same {
		return last, nil
	}
	bytes := l.man.Files[info.File].Groups[info.Group].Bytes + l.man.Files[templates.File].Groups[templates.Group].Bytes
	budget := table.NewBudget(textsOf(bytes))
	g, err := l.group(info, budget)
	if err != nil {
		return nil, err
	}
	t, err := l.group(templates, budget)
	if err != nil {
		return nil, err
	}
	in, err := segment.LoadInfo(g, t)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", l.man.Files[info.File].Name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.info, l.of = in, of
	return in, nil
}

// group gives a row group whose hash is right.
func (l *loader) group(p *partInfo, budget *table.Budget) (*table.Group, error) {
	f := &l.man.Files[p.File]
	file, err := l.table(p.File)
	if err != nil {
		return nil, err
	}
	return loadGroup(l.files, f, file, p.Group, budget)
}

// table opens the file of a table.
func (l *loader) table(i int) (*table.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if file := l.open[i]; file != nil {
		return file, nil
	}
	file, err := openTable(l.files, &l.man.Files[i])
	if err == nil && l.keep {
		if l.open == nil {
			l.open = map[int]*table.File{}
		}
		l.open[i] = file
	}
	return file, err
}

// openTable reads the end of a table's file.
func openTable(from files, f *fileInfo) (*table.File, error) {
	tail, err := read(from, f, len(f.Groups))
	if err != nil {
		return nil, err
	}
	file, err := table.Open(tail, f.Bytes)
	if err == nil && file.Groups() != len(f.Groups) {
		err = fmt.Errorf("%d row groups, the manifest says %d", file.Groups(), len(f.Groups))
	}
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	return file, nil
}

func loadGroup(from files, f *fileInfo, file *table.File, group int, budget *table.Budget) (*table.Group, error) {
	data, err := read(from, f, group)
	if err != nil {
		return nil, err
	}
	if rows := file.Rows(group); rows != f.Groups[group].Rows {
		return nil, fmt.Errorf("member %q: row group %d has %d rows, the manifest says %d", f.Name, group, rows, f.Groups[group].Rows)
	}
	g, err := file.Load(group, f.at(group), data, budget)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	return g, nil
}
