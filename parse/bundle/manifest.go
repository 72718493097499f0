package bundle

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// FormatVersion is the number of the bundle format written here; docs/format.md has its
// rules. What a newer connbox wrote is refused with record.ErrNewerFormat.
const FormatVersion = 1

const (
	manifestName = "manifest.json"
	liveManifest = "connbox.live" // the manifest of a folder that is being recorded into

	maxManifest = 16 << 20
	maxListed   = 1 << 16   // elements of any list
	maxGroup    = 512 << 20 // bytes of one row group
	maxTail     = 128 << 20 // bytes behind the last row group of a table
	fewRows     = 64 << 10  // above these, a row takes at least leastBytes of its file
)

// leastBytes is what a row of a large table takes at least of its file, as it takes memory
// to read: a writer fills up one that compresses to less.
func leastBytes(table string) int64 {
	if table == segment.Spells {
		return 2
	}
	return 16
}

// mostBytes is what a row group of some rows takes at most: a number in each of some forty
// columns, and the texts of a segment, which come to half of the rest (segment.Limits, and a
// record that fills it).
func mostBytes(rows int64) int64 { return 128<<20 + 512*rows }

// A manifest says what a bundle holds.
type manifest struct {
	Format   int           `json:"format"`
	Meta     record.Meta   `json:"meta"`
	Journal  string        `json:"journal,omitempty"` // file of the open segment; only while recording
	Files    []fileInfo    `json:"files"`
	Segments []segmentInfo `json:"segments"`
}

// A fileInfo describes the file of one table. Its bytes are "PAR1", the row groups one after
// the other, and the tail.
type fileInfo struct {
	Name   string      `json:"name"`
	Table  string      `json:"table"` // readers pass over tables they do not know
	Bytes  int64       `json:"bytes"`
	Groups []groupInfo `json:"groups"`
	Tail   string      `json:"tail_sha256"` // hex, of what is behind the last group: Parquet's indexes and footer
}

// A groupInfo describes one row group.
type groupInfo struct {
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// A segmentInfo describes one segment.
type segmentInfo struct {
	First   int64            `json:"first"`   // number of its first record, from 1
	Records int64            `json:"records"` //
	Kinds   map[string]int64 `json:"kinds"`   // how many of each kind, by record.Kind.String
	FromUs  int64            `json:"from_us"` // earliest and latest known time, unix microseconds
	ToUs    int64            `json:"to_us"`
	Parts   []partInfo       `json:"parts"` // at most one of a table
}

// A partInfo says where a segment's rows of a table are.
type partInfo struct {
	File  int   `json:"file"`          // place in files
	Group int   `json:"group"`         // place in the file's groups
	Row   int64 `json:"row,omitempty"` // the first, of INFO: several segments share a group
}

// magic begins and ends a Parquet file.
const magic = "PAR1"

// at gives where a row group begins in its file; the tail for one behind the last.
func (f *fileInfo) at(group int) int64 {
	at := int64(len(magic))
	for i := range group {
		at += f.Groups[i].Bytes
	}
	return at
}

// describe gives what a manifest says of a segment's records.
func describe(first int64, t segment.Tally) segmentInfo {
	s := segmentInfo{First: first, Kinds: map[string]int64{}, FromUs: segment.Micros(t.From), ToUs: segment.Micros(t.To)}
	for k, n := range t.Kinds {
		if n > 0 {
			s.Kinds[record.Kind(k).String()] = n
		}
		s.Records += n
	}
	return s
}

// part gives where a segment's rows of a table are, nil if it has none.
func (s *segmentInfo) part(m *manifest, table string) *partInfo {
	for i := range s.Parts {
		if m.Files[s.Parts[i].File].Table == table {
			return &s.Parts[i]
		}
	}
	return nil
}

func (m *manifest) group(p *partInfo) *groupInfo { return &m.Files[p.File].Groups[p.Group] }

// readManifest reads and checks a manifest; live tells that it is a folder's.
func readManifest(data []byte, pos record.Pos, live bool) (*manifest, error) {
	var version struct {
		Format   *int `json:"format"`
		Segments []struct {
			Members []json.RawMessage `json:"members"`
		} `json:"segments"`
	}
	if err := json.Unmarshal(data, &version); err != nil || version.Format == nil {
		return nil, &record.InputError{Pos: pos, Msg: "manifest cannot be read", Err: err}
	}
	if *version.Format > FormatVersion {
		return nil, &record.InputError{Pos: pos, Msg: fmt.Sprintf("bundle of format %d, this connbox reads up to %d",
			*version.Format, FormatVersion), Err: record.ErrNewerFormat}
	}
	if *version.Format == 0 || len(version.Segments) > 0 && len(version.Segments[0].Members) > 0 {
		return nil, &record.InputError{Pos: pos, Msg: "bundle of a preview's format, which this connbox no longer reads: " +
			"export it with the connbox that wrote it (connbox export), and import that"}
	}
	m := new(manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, &record.InputError{Pos: pos, Msg: "manifest cannot be read", Err: err}
	}
	if err := m.check(live); err != nil {
		return nil, &record.InputError{Pos: pos, Msg: "manifest contradicts itself", Err: err}
	}
	return m, nil
}

func (m *manifest) check(live bool) error {
	if m.Format < 0 || (m.Journal != "") != live || live && !plainName(m.Journal) {
		return errors.New("bad format or journal")
	}
	if err := m.checkLists(); err != nil {
		return err
	}
	names := map[string]bool{manifestName: true, liveManifest: true, m.Journal: true}
	for i := range m.Files {
		f := &m.Files[i]
		if !plainName(f.Name) || names[f.Name] || f.Table == "" {
			return fmt.Errorf("bad file %q", f.Name)
		}
		names[f.Name] = true
		if err := f.check(); err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
	}
	next, unread := int64(1), make([]int, len(m.Files)) // row groups that no segment had yet
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.First != next || s.Records < 1 || s.Records > segment.MaxRows {
			return fmt.Errorf("segment %d does not follow", i+1)
		}
		next += s.Records
		tables := map[string]bool{}
		for _, p := range s.Parts {
			if p.File < 0 || p.File >= len(m.Files) || p.Group < 0 || p.Group >= len(m.Files[p.File].Groups) || p.Row < 0 ||
				tables[m.Files[p.File].Table] {
				return fmt.Errorf("segment %d has a part %+v", i+1, p)
			}
			tables[m.Files[p.File].Table] = true
			// Each group is read once, however many segments a small file claims. INFO's is kept.
			if again := p.Group == unread[p.File]-1; p.Group < unread[p.File] && !(again && segment.Of(m.Files[p.File].Table).Kind == record.KindInfo) {
				return fmt.Errorf("segment %d has row group %d of %q, which is another's", i+1, p.Group, m.Files[p.File].Name)
			}
			unread[p.File] = p.Group + 1
		}
		if !tables[segment.Samples] {
			return fmt.Errorf("segment %d has no samples", i+1)
		}
	}
	return nil
}

// checkLists bounds every list, before anything is done for each element.
func (m *manifest) checkLists() error {
	groups, parts := 0, 0
	for i := range m.Files {
		groups = max(groups, len(m.Files[i].Groups))
	}
	for i := range m.Segments {
		parts = max(parts, len(m.Segments[i].Parts), len(m.Segments[i].Kinds))
	}
	for _, l := range []struct {
		name string
		n    int
	}{
		{"observer_ids", len(m.Meta.ObserverID)}, {"redacted", len(m.Meta.Redacted)}, {"imported", len(m.Meta.Imported)},
		{"cadence", len(m.Meta.Cadence)}, {"files", len(m.Files)}, {"groups", groups}, {"segments", len(m.Segments)}, {"parts", parts},
	} {
		if l.n > maxListed {
			return fmt.Errorf("%s has %d elements; %d are the most", l.name, l.n, maxListed)
		}
	}
	return nil
}

func (f *fileInfo) check() error {
	at := int64(len(magic))
	for i, g := range f.Groups {
		if g.Rows < 1 || g.Rows > segment.MaxRows || g.Bytes < 1 || g.Bytes > min(maxGroup, mostBytes(g.Rows)) ||
			g.Rows > fewRows+f.Bytes/leastBytes(f.Table) || !isHash(g.SHA256) {
			return fmt.Errorf("row group %d of %d rows and %d bytes", i, g.Rows, g.Bytes)
		}
		at += g.Bytes
	}
	if tail := f.Bytes - at; len(f.Groups) == 0 || tail < 12 || tail > maxTail || !isHash(f.Tail) {
		return fmt.Errorf("%d bytes, of which %d are behind the last row group", f.Bytes, tail)
	}
	return nil
}

func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 64
}

// plainName tells whether a member's name is a single file name, the same everywhere.
func plainName(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) < 128 && !strings.ContainsAny(name, `/\:`)
}

func (m *manifest) marshal() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	return append(b, '\n'), err
}
