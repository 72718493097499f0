package bundle

import (
	"errors"
	"fmt"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A loader brings segments into memory. Of a file it keeps the footers of its tables, and
// the row group of INFO read last, as the next segment may have the rows behind.
type loader struct {
	files files
	man   *manifest
	keep  bool
	open  map[int]*table.File
	info  *segment.Info
	of    [2]partInfo // what info was read from
}

// A tableError is a table that cannot be read, and the kind of record that is lost with it;
// 0: all.
type tableError struct {
	kind record.Kind
	err  error
}

func (e *tableError) Error() string { return e.err.Error() }
func (e *tableError) Unwrap() error { return e.err }

// textsOf bounds the texts of a segment whose tables have so many bytes: a bomb is no text.
// What a writer holds (segment.Limits, and a record that fills it) comes to less.
func textsOf(bytes int64) int64 { return segment.MaxReply + 32<<20 + 16*bytes }

// load reads the tables of a segment that the kinds wanted need, without those lost.
func (l *loader) load(s *segmentInfo, wanted, lost record.KindSet, changes *segment.Changes) (*segment.Reader, error) {
	wanted = wanted.Without(lost)
	bytes := int64(0)
	for _, p := range s.Parts {
		bytes += l.man.Files[p.File].Groups[p.Group].Bytes
	}
	budget := table.NewBudget(textsOf(bytes))
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
		g, err := l.group(p, budget)
		if err != nil {
			return nil, &tableError{segment.KindOf(name), err}
		}
		defer g.Release()
		parts = append(parts, segment.Part{Table: name, Group: g})
	}
	if info != nil && templates != nil {
		if err := l.loadInfo(info, templates); err != nil {
			return nil, &tableError{record.KindInfo, err}
		}
		parts = append(parts, segment.Part{Table: segment.InfoTable, Info: l.info, Row: int(info.Row)})
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
func (l *loader) loadInfo(info, templates *partInfo) error {
	of := [2]partInfo{{info.File, info.Group, 0}, {templates.File, templates.Group, 0}}
	if l.info != nil && l.of == of {
		return nil
	}
	l.info = nil
	bytes := l.man.Files[info.File].Groups[info.Group].Bytes + l.man.Files[templates.File].Groups[templates.Group].Bytes
	budget := table.NewBudget(textsOf(bytes))
	g, err := l.group(info, budget)
	if err != nil {
		return err
	}
	defer g.Release()
	t, err := l.group(templates, budget)
	if err != nil {
		return err
	}
	defer t.Release()
	if l.info, err = segment.LoadInfo(g, t); err != nil {
		l.info = nil
		return fmt.Errorf("member %q: %w", l.man.Files[info.File].Name, err)
	}
	l.of = of
	return nil
}

// group gives a row group whose hash is right.
func (l *loader) group(p *partInfo, budget *table.Budget) (*table.Group, error) {
	f, file := &l.man.Files[p.File], l.open[p.File]
	if file == nil {
		var err error
		if file, err = openTable(l.files, f); err != nil {
			return nil, err
		}
		if l.open == nil {
			l.open = map[int]*table.File{}
		}
		if l.keep {
			l.open[p.File] = file
		}
	}
	return loadGroup(l.files, f, file, p.Group, budget)
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
