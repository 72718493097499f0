package parse

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// FormatVersion is the number of the bundle format written here; docs/format.md has its
// rules. What a newer connbox wrote is refused with ErrNewerFormat, and so is format 0, a
// preview that was never released.
const FormatVersion = 1

const (
	manifestName = "manifest.json"
	liveManifest = "connbox.live" // the manifest of a folder that is being recorded into

	maxManifest = 16 << 20
	maxMember   = 512 << 20 // bytes of one member
	maxTable    = 2 << 20   // rows of one member
	fewRows     = 64 << 10  // above these, a row takes at least leastBytes of its table
)

// leastBytes is what a row of a large table takes at least, as it takes memory to read: a
// writer pads a table that compresses to less.
func leastBytes(table string) int64 {
	if table == tableClients {
		return 16
	}
	return 2
}

// mostBytes is what a table of some rows takes at most: a number in each of some forty
// columns, and the texts of a segment, which come to half of the rest (segmentLimits, and a
// record that fills it).
func mostBytes(rows int64) int64 { return 128<<20 + 512*rows }

// A manifest says what a bundle holds.
type manifest struct {
	Format   int           `json:"format"`
	Meta     record.Meta   `json:"meta"`
	Journal  string        `json:"journal,omitempty"` // file of the open segment; only while recording
	Segments []segmentInfo `json:"segments"`
}

// A segmentInfo describes one segment.
type segmentInfo struct {
	First   int64            `json:"first"`   // number of its first record, from 1
	Records int64            `json:"records"` //
	Kinds   map[string]int64 `json:"kinds"`   // how many of each kind, by Kind.String
	FromUs  int64            `json:"from_us"` // earliest and latest known time, unix microseconds
	ToUs    int64            `json:"to_us"`
	Members []memberInfo     `json:"members"`
}

// A memberInfo describes one table's file.
type memberInfo struct {
	Name   string `json:"name"`
	Table  string `json:"table"` // readers pass over tables they do not know
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// readManifest reads and checks a manifest; live tells that it is a folder's.
func readManifest(data []byte, pos record.Pos, live bool) (*manifest, error) {
	var version struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil || version.Format == nil {
		return nil, &record.InputError{Pos: pos, Msg: "manifest cannot be read", Err: err}
	}
	if *version.Format > FormatVersion {
		return nil, &record.InputError{Pos: pos, Msg: fmt.Sprintf("bundle of format %d, this connbox reads up to %d",
			*version.Format, FormatVersion), Err: record.ErrNewerFormat}
	}
	if *version.Format == 0 {
		return nil, &record.InputError{Pos: pos, Msg: "bundle of format 0, a preview that this connbox no longer reads"}
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
	next := int64(1)
	names := map[string]bool{manifestName: true, liveManifest: true, m.Journal: true}
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.First != next || s.Records < 1 || s.Records > maxTable {
			return fmt.Errorf("segment %d does not follow", i+1)
		}
		next += s.Records
		tables := map[string]bool{}
		for _, f := range s.Members {
			_, err := hex.DecodeString(f.SHA256)
			switch {
			case !plainName(f.Name) || names[f.Name] || tables[f.Table] || f.Table == "":
				return fmt.Errorf("bad member %q", f.Name)
			case f.Rows < 1 || f.Rows > maxTable || f.Bytes < 1 || f.Bytes > min(maxMember, mostBytes(f.Rows)) ||
				f.Rows > fewRows+f.Bytes/leastBytes(f.Table):
				return fmt.Errorf("member %q of %d rows and %d bytes", f.Name, f.Rows, f.Bytes)
			case err != nil || len(f.SHA256) != 64:
				return fmt.Errorf("member %q has no SHA-256", f.Name)
			}
			names[f.Name], tables[f.Table] = true, true
		}
		if !tables[tableSamples] {
			return fmt.Errorf("segment %d has no samples", i+1)
		}
	}
	return nil
}

// plainName tells whether a member's name is a single file name, the same everywhere.
func plainName(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) < 128 && !strings.ContainsAny(name, `/\:`)
}

func (m *manifest) marshal() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	return append(b, '\n'), err
}
