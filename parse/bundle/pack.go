package bundle

import (
	"archive/zip"
	"cmp"
	"encoding/json"
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
	from *loader // of the segments
	tmp  string  // where the tables' files go
	out  manifest
	made []*tableFile
	lean bool
}

// What a row group of INFO may hold before another segment's is added, which bounds the memory
// to write and to read one: numbers, two hours of them at a sample a second, and bytes of text.
const (
	infoValues = 2 << 20
	infoTexts  = 4 << 20
)

// pack makes a bundle file of the segments in a folder and gives its path, in the folder tmp.
func pack(man *manifest, from, tmp string, lean bool) (string, error) {
	root, err := os.OpenRoot(from)
	if err != nil {
		return "", err
	}
	defer root.Close()
	p := &packer{from: &loader{files: &folderFiles{root}, man: man}, tmp: tmp, out: *man, lean: lean}
	p.out.Journal, p.out.Files = "", nil
	p.out.Segments = append([]segmentInfo(nil), man.Segments...)
	for i := range p.out.Segments {
		p.out.Segments[i].Parts = nil
	}
	for _, t := range segment.Tables {
		var err error
		switch t.Name {
		case segment.InfoTable:
			err = p.infos()
		case segment.InfoTemplates: // with the other
		default:
			err = p.copies(t.Name, t.Columns)
		}
		if err != nil {
			return "", err
		}
	}
	return p.zip()
}

// create begins the file of a table.
func (p *packer) create(tableName string, columns []table.Column, rows int64) (*tableFile, error) {
	name := tableName + ".parquet"
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

// copies makes the file of a table whose row groups stay as they are.
func (p *packer) copies(name string, columns []table.Column) error {
	var out *tableFile
	man := p.from.man
	for i := range man.Segments {
		part := man.Segments[i].part(man, name)
		if part == nil {
			continue
		}
		if out == nil {
			var err error
			if p.lean {
				if columns, err = p.used(part, columns); err != nil {
					return err
				}
			}
			if out, err = p.create(name, columns, 0); err != nil {
				return err
			}
		}
		if err := p.copyGroup(&man.Files[part.File], out); err != nil {
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

// used marks the columns that a segment's file lacks.
func (p *packer) used(part *partInfo, columns []table.Column) ([]table.Column, error) {
	file, err := p.from.table(part.File)
	if err != nil {
		return nil, err
	}
	has := file.Columns()
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Unused = !slices.ContainsFunc(has, func(c table.Column) bool { return c.Name == columns[i].Name })
	}
	return columns, nil
}

// copyGroup copies the row group of a segment's file.
func (p *packer) copyGroup(f *fileInfo, out *tableFile) error {
	group, err := read(p.from.files, f, 0)
	if err != nil {
		return err
	}
	tail, err := read(p.from.files, f, 1)
	if err != nil {
		return err
	}
	if err := out.w.CopyGroup(slices.Concat([]byte(magic), group, tail)); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	out.closeGroup(f.Groups[0].Rows)
	return nil
}

// infos makes the files of INFO and its templates.
func (p *packer) infos() error {
	var schema segment.InfoSchema
	man := p.from.man
	for i := range man.Segments {
		if part := man.Segments[i].part(man, segment.InfoTable); part != nil {
			file, err := p.from.table(part.File)
			if err != nil {
				return err
			}
			schema.Add(file.Columns())
		}
	}
	if schema.Empty() {
		return nil
	}
	info, err := p.create(segment.InfoTable, schema.Columns(), infoValues/int64(len(schema.Columns())))
	if err != nil {
		return err
	}
	templates, err := p.create(segment.InfoTemplates, segment.Of(segment.InfoTemplates).Columns, 0)
	if err != nil {
		info.abort()
		return err
	}
	if err := p.infoGroups(&schema, info, templates); err != nil {
		info.abort()
		templates.abort()
		return err
	}
	return cmp.Or(p.finish(info), p.finish(templates))
}

// infoGroups writes the INFO of all segments, several to a row group.
func (p *packer) infoGroups(schema *segment.InfoSchema, info, templates *tableFile) error {
	man := p.from.man
	rows, number := segment.NewInfoWriter(schema, 0), int64(0)
	end := func() error {
		rows.Write(info.w)
		if _, err := info.endGroup(int64(rows.Rows())); err != nil {
			return err
		}
		t := rows.TemplateTable()
		t.Write(templates.w)
		_, err := templates.endGroup(t.Rows)
		number += t.Rows
		rows = segment.NewInfoWriter(schema, number)
		return err
	}
	for i := range man.Segments {
		if man.Segments[i].part(man, segment.InfoTable) == nil {
			continue
		}
		in, err := p.from.infoOf(&man.Segments[i])
		if err != nil {
			return err
		}
		out, group := &p.out.Segments[i], len(info.info.Groups)
		out.Parts = append(out.Parts, partInfo{len(p.out.Files), group, int64(rows.Rows())}, partInfo{len(p.out.Files) + 1, group, 0})
		if err := in.AddTo(rows); err != nil {
			return err
		}
		if rows.Texts() >= infoTexts || rows.Rows()*len(schema.Columns()) >= infoValues {
			if err := end(); err != nil {
				return err
			}
		}
	}
	if rows.Rows() == 0 {
		return nil
	}
	return end()
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
		if data, err = p.manifest(); err == nil {
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

// manifest gives the bundle's manifest, on one line where each byte counts.
func (p *packer) manifest() ([]byte, error) {
	if p.lean {
		return json.Marshal(&p.out)
	}
	return p.out.marshal()
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
