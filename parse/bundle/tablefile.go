package bundle

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"os"

	"github.com/connbox/connbox/parse/table"
)

// A tableFile is the file of a table in the making.
type tableFile struct {
	info fileInfo
	f    *os.File
	buf  *bufio.Writer
	w    *table.Writer
	sum  hash.Hash // of the present row group, or of the tail
	crc  uint32    // of all
	from int64     // where the present group begins
}

// createTable begins the file of a table, which must not exist, with row groups of up to so
// many rows.
func createTable(path, name, tableName string, columns []table.Column, rows int64) (*tableFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	t := &tableFile{info: fileInfo{Name: name, Table: tableName}, f: f, buf: bufio.NewWriterSize(f, 64<<10), sum: sha256.New(), from: int64(len(magic))}
	if t.w, err = table.NewWriter(t, tableName, columns, int(rows)); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

// Write takes what the table's writer gives, and hashes it, but for the first bytes, which
// are the same in every file.
func (t *tableFile) Write(p []byte) (int, error) {
	n := max(0, min(int64(len(magic))-t.info.Bytes, int64(len(p))))
	t.sum.Write(p[n:])
	t.crc = crc32.Update(t.crc, crc32.IEEETable, p)
	t.info.Bytes += int64(len(p))
	return t.buf.Write(p)
}

// endGroup ends a row group of so many rows, and gives its place.
func (t *tableFile) endGroup(rows int64) (int, error) {
	if err := t.w.EndGroup(); err != nil {
		return 0, err
	}
	return t.closeGroup(rows), nil
}

// closeGroup enters a row group that was written.
func (t *tableFile) closeGroup(rows int64) int {
	t.info.Groups = append(t.info.Groups, groupInfo{rows, t.info.Bytes - t.from, t.hash()})
	t.from = t.info.Bytes
	return len(t.info.Groups) - 1
}

func (t *tableFile) hash() string {
	s := hex.EncodeToString(t.sum.Sum(nil))
	t.sum.Reset()
	return s
}

// finish ends the file, which has to be on disk then if synced.
func (t *tableFile) finish(synced bool) error {
	for _, g := range t.info.Groups { // a reader holds the rows against the bytes
		if lacking := (g.Rows-fewRows)*leastBytes(t.info.Table) - t.info.Bytes; lacking > 0 {
			t.w.Fill(int(lacking))
			break
		}
	}
	err := t.w.Close()
	t.info.Tail = t.hash()
	err = cmp.Or(err, t.buf.Flush())
	if err == nil && synced {
		err = t.f.Sync()
	}
	return cmp.Or(err, t.f.Close())
}

// abort lets go of the file.
func (t *tableFile) abort() { t.f.Close() }
