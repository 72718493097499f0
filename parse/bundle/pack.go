package bundle

import (
	"archive/zip"
	"cmp"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A packer turns the files of a recording's segments, one for each table of each, into one
// file a table. Row groups are copied as they are, and so stay with their segment. Those of
// INFO are put together: their footer, with some 200 bytes for each of 300 columns, would
// weigh more than a short segment's numbers.
type packer struct {
	man  *manifest // of the segments
	from *folderFiles
	tmp  string  // where the tables' files go
	size []int64 // what the INFO of each segment comes to, unpacked
	out  manifest
	made []*tableFile
}

// Bounds of a row group of INFO, and so of the memory to read one: numbers, which take some
// 16 MB, two hours at a sample a second, and bytes unpacked.
const (
	infoValues = 2 << 20
	infoBytes  = 12 << 20 // of its columns, which stay below what a reader takes; see textsOf
)

// pack makes a bundle file of the segments in a folder and gives its path, in the folder tmp.
func pack(man *manifest, from, tmp string) (string, error) {
	root, err := os.OpenRoot(from)
	if err != nil {
		return "", err
	}
	defer root.Close()
	p := &packer{man: man, from: &folderFiles{root}, tmp: tmp, out: *man}
	p.out.Journal, p.out.Files = "", nil
	p.out.Segments = append([]segmentInfo(nil), man.Segments...)
	for i := range p.out.Segments {
		p.out.Segments[i].Parts = nil
	}
	for _, name := range segment.Tables {
		var err error
		switch name {
		case segment.InfoTable:
			err = p.infos()
		case segment.InfoTemplates: // with the other
		default:
			err = p.copies(name)
		}
		if err != nil {
			return "", err
		}
	}
	return p.zip()
}

// create begins the file of a table, with a number for one of several.
func (p *packer) create(tableName string, number int, columns []table.Column, rows int64) (*tableFile, error) {
	name := tableName + ".parquet"
	if number > 1 {
		name = fmt.Sprintf("%s-%d.parquet", tableName, number)
	}
	return createTable(filepath.Join(p.tmp, name), name, tableName, columns, rows)
}

// finish ends a file, whose place is then known.
func (p *packer) finish(f *tableFile) error {
	if err := f.finish(false); err != nil {
		return err
	}
	p.made = append(p.made, f)
	p.out.Files = append(p.out.Files, f.info)
	return nil
}

// part gives the file of a segment's table, nil if it has none.
func (p *packer) part(s *segmentInfo, tableName string) *fileInfo {
	for _, part := range s.Parts {
		if f := &p.man.Files[part.File]; f.Table == tableName {
			return f
		}
	}
	return nil
}

// copies makes the file of a table whose row groups stay as they are.
func (p *packer) copies(name string) error {
	var out *tableFile
	for i := range p.man.Segments {
		f := p.part(&p.man.Segments[i], name)
		if f == nil {
			continue
		}
		if out == nil {
			var err error
			if out, err = p.create(name, 1, segment.Columns(name), 0); err != nil {
				return err
			}
		}
		if err := p.copyGroup(f, out); err != nil {
			out.abort()
			return err
		}
		p.out.Segments[i].Parts = append(p.out.Segments[i].Parts, partInfo{File: len(p.out.Files), Group: len(out.info.Groups) - 1})
	}
	if out == nil {
		return nil
	}
	return p.finish(out)
}

// copyGroup copies the row group of a segment's file.
func (p *packer) copyGroup(f *fileInfo, out *tableFile) error {
	group, err := read(p.from, f, 0)
	if err != nil {
		return err
	}
	tail, err := read(p.from, f, 1)
	if err != nil {
		return err
	}
	if err := out.w.CopyGroup(slices.Concat([]byte(magic), group, tail)); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	out.closeGroup(f.Groups[0].Rows)
	return nil
}

// infos makes the files of INFO and its templates: one of each, or more where the columns of
// all segments are too many for one.
func (p *packer) infos() error {
	p.size = make([]int64, len(p.man.Segments))
	for next, number := 0, 1; next < len(p.man.Segments); number++ {
		schema, end := segment.InfoSchema{}, next
		for ; end < len(p.man.Segments); end++ {
			f := p.part(&p.man.Segments[end], segment.InfoTable)
			if f == nil {
				continue
			}
			columns, size, err := p.columns(f)
			if err != nil {
				return err
			}
			if !schema.Add(columns) {
				break
			}
			p.size[end] = size
		}
		if err := p.infoFiles(&schema, next, end, number); err != nil {
			return err
		}
		next = end
	}
	return nil
}

// columns gives the columns of a segment's INFO, and what they come to unpacked.
func (p *packer) columns(f *fileInfo) ([]table.Column, int64, error) {
	file, err := openTable(p.from, f)
	if err != nil {
		return nil, 0, err
	}
	return file.Columns(), file.Unpacked(0), nil
}

// infoFiles makes a pair of files of the segments from next to before end.
func (p *packer) infoFiles(schema *segment.InfoSchema, next, end, number int) error {
	if schema.Empty() {
		return nil
	}
	most := int64(infoValues / len(schema.Columns()))
	info, err := p.create(segment.InfoTable, number, schema.Columns(), most)
	if err != nil {
		return err
	}
	templates, err := p.create(segment.InfoTemplates, number, segment.Columns(segment.InfoTemplates), 0)
	if err != nil {
		info.abort()
		return err
	}
	first := int64(0)
	for from := next; from < end && err == nil; {
		to, rows := p.infoStretch(from, end, most)
		if rows > 0 {
			first, err = p.infoGroup(schema, from, to, rows, first, info, templates)
		}
		from = to
	}
	if err != nil {
		info.abort()
		templates.abort()
		return err
	}
	return cmp.Or(p.finish(info), p.finish(templates))
}

// infoStretch gives how many segments from one on, up to end, make a row group of INFO of at
// most so many rows, and how many rows they have.
func (p *packer) infoStretch(from, end int, most int64) (to int, rows int64) {
	size := int64(0)
	for to = from; to < end; to++ {
		f := p.part(&p.man.Segments[to], segment.InfoTable)
		if f == nil {
			continue
		}
		if rows > 0 && (rows+f.Groups[0].Rows > most || size+p.size[to] > infoBytes) {
			break
		}
		rows, size = rows+f.Groups[0].Rows, size+p.size[to]
	}
	return to, rows
}

// infoGroup makes one row group of the INFO of some segments, and one of their templates,
// whose numbers begin with first. It gives the number after the last.
func (p *packer) infoGroup(schema *segment.InfoSchema, from, to int, rows, first int64, info, templates *tableFile) (int64, error) {
	var parts []segment.InfoPart
	row := int64(0)
	for i := from; i < to; i++ {
		s := &p.man.Segments[i]
		f := p.part(s, segment.InfoTable)
		if f == nil {
			continue
		}
		part, err := p.infoPart(f, p.part(s, segment.InfoTemplates))
		if err != nil {
			return 0, err
		}
		parts = append(parts, part)
		out := &p.out.Segments[i]
		out.Parts = append(out.Parts, partInfo{len(p.out.Files), len(info.info.Groups), row}, partInfo{len(p.out.Files) + 1, len(info.info.Groups), 0})
		row += f.Groups[0].Rows
	}
	n, err := schema.Merge(parts, first, info.w, templates.w)
	if err != nil {
		return 0, err
	}
	info.closeGroup(rows)
	templates.closeGroup(n)
	return first + n, nil
}

// infoPart opens the INFO of one segment.
func (p *packer) infoPart(info, templates *fileInfo) (part segment.InfoPart, err error) {
	if templates == nil {
		return part, fmt.Errorf("%s has no templates", info.Name)
	}
	l := &loader{files: p.from, man: &manifest{Files: []fileInfo{*info, *templates}}}
	if part.Info, err = l.group(&partInfo{File: 0}, table.NewBudget(textsOf(info.Bytes))); err == nil {
		part.Templates, err = l.group(&partInfo{File: 1}, table.NewBudget(textsOf(templates.Bytes)))
	}
	return part, err
}

// zip puts the tables' files into one file, and the manifest behind them.
func (p *packer) zip() (string, error) {
	path := filepath.Join(p.tmp, "bundle")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	z := zip.NewWriter(f)
	for _, t := range p.made {
		if err = p.addFile(z, t); err != nil {
			break
		}
	}
	if err == nil {
		var data []byte
		if data, err = p.out.marshal(); err == nil {
			err = addMember(z, manifestName, crc32.ChecksumIEEE(data), int64(len(data)), func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			})
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = f.Sync()
	}
	return path, cmp.Or(err, f.Close())
}

func (p *packer) addFile(z *zip.Writer, t *tableFile) error {
	path := filepath.Join(p.tmp, t.info.Name)
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer os.Remove(path) // two copies of all are enough
	defer in.Close()
	return addMember(z, t.info.Name, t.crc, t.info.Bytes, func(w io.Writer) error {
		_, err := io.CopyN(w, in, t.info.Bytes)
		return err
	})
}

// addMember stores a member as it is: its pages are compressed already. Size and checksum
// stand before the data, so that the file can be read from front to back. The date is the
// first that zip knows: a bundle depends on nothing but its records.
func addMember(z *zip.Writer, name string, crc uint32, size int64, write func(io.Writer) error) error {
	if size > maxMember {
		return fmt.Errorf("%s has %d bytes, which is too much for one file", name, size)
	}
	head := &zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc, CompressedSize64: uint64(size), UncompressedSize64: uint64(size)}
	//lint:ignore SA1019 CreateRaw takes no other date
	head.ModifiedDate = 1<<5 | 1
	w, err := z.CreateRaw(head)
	if err != nil {
		return err
	}
	return write(w)
}

// maxMember is what zip's plain headers can tell of one member.
const maxMember = 1<<32 - 2
