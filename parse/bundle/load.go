package bundle

import (
	"fmt"
	"sync"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A loader brings segments into memory. It keeps the footers of files of several row groups,
// and the row group of INFO read last, as the next segment may have the rows behind. Several
// goroutines may load at once.
type loader struct {
	files files
	man   *manifest

	tables sync.Mutex // of open
	open   map[int]*table.File

	infos sync.Mutex // of the rest
	info  *segment.Info
	of    partInfo // what info was read from
}

// listTextsOf bounds the texts of the lists of a segment whose tables have so many bytes,
// textsOf those of its other tables, or of a row group of INFO: a bomb is no text. What a
// writer holds (infoTexts, then a segment.Limits, and a record that fills it) comes to less.
func listTextsOf(bytes int64) int64 { return maxRecord + 16*bytes }
func textsOf(bytes int64) int64     { return 2*segment.MaxText + infoTexts + 16*bytes }

// segment loads a segment's tables of some kinds of record, lists as changes if these are
// asked for, in the memory of old; see segment.Read. Decoders check what they read; should one miss something, the panic ends here.
func (l *loader) segment(s *segmentInfo, wanted record.KindSet, changes bool, old *segment.Reader) (r *segment.Reader, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, fmt.Errorf("damaged in a way that was not foreseen: %v", p)
		}
	}()
	bytes := int64(0)
	for _, p := range s.Parts {
		bytes += l.man.Files[p.File].Groups[p.Group].Bytes
	}
	lists, others := table.NewBudget(listTextsOf(bytes)), table.NewBudget(textsOf(bytes))
	var parts []segment.Part
	for _, p := range s.Parts {
		part, budget := segment.Part{Table: l.man.Files[p.File].Table}, others
		switch kind := segment.Of(part.Table).Kind; {
		case !segment.Needs(part.Table, wanted) || part.Table == segment.InfoTemplates:
			continue
		case kind == record.KindInfo:
			part.Info, part.Err = l.infoOf(s)
			part.Row = int(p.Row)
		default:
			if kind == record.KindClients {
				budget = lists
			}
			part.Group, part.Err = l.group(&p, budget)
		}
		parts = append(parts, part)
	}
	r, err = segment.Read(parts, wanted, changes, old)
	switch {
	case err != nil:
		return nil, fmt.Errorf("segment of record %d: %w", s.First, err)
	case r.Len() != s.Records:
		return nil, fmt.Errorf("segment has %d records, the manifest says %d", r.Len(), s.Records)
	case r.First() != s.First:
		return nil, fmt.Errorf("segment begins with record %d, the manifest says %d", r.First(), s.First)
	}
	return r, nil
}

// infoOf reads the row group with a segment's INFO and its templates, unless it was the last
// one read.
func (l *loader) infoOf(s *segmentInfo) (*segment.Info, error) {
	info, templates := s.part(l.man, segment.InfoTable), s.part(l.man, segment.InfoTemplates)
	if info == nil || templates == nil {
		return nil, fmt.Errorf("INFO of segment of record %d lacks a table", s.First)
	}
	l.infos.Lock()
	defer l.infos.Unlock()
	if of := (partInfo{File: info.File, Group: info.Group}); l.info == nil || l.of != of {
		budget := table.NewBudget(textsOf(l.man.group(info).Bytes + l.man.group(templates).Bytes))
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
		l.info, l.of = in, of
	}
	return l.info, nil
}

// group gives a row group whose hash is right.
func (l *loader) group(p *partInfo, budget *table.Budget) (*table.Group, error) {
	f := &l.man.Files[p.File]
	file, err := l.table(p.File)
	if err != nil {
		return nil, err
	}
	data, err := read(l.files, f, p.Group)
	if err != nil {
		return nil, err
	}
	if rows := file.Rows(p.Group); rows != f.Groups[p.Group].Rows {
		return nil, fmt.Errorf("member %q: row group %d has %d rows, the manifest says %d", f.Name, p.Group, rows, f.Groups[p.Group].Rows)
	}
	return file.Load(p.Group, f.at(p.Group), data, budget)
}

// table opens the file of a table, of which it reads the end.
func (l *loader) table(i int) (*table.File, error) {
	l.tables.Lock()
	defer l.tables.Unlock()
	if file := l.open[i]; file != nil {
		return file, nil
	}
	f := &l.man.Files[i]
	tail, err := read(l.files, f, len(f.Groups))
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
	if file.Groups() > 1 {
		if l.open == nil {
			l.open = map[int]*table.File{}
		}
		l.open[i] = file
	}
	return file, nil
}
