package bundle

import (
	"archive/zip"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// files is where the files of a bundle lie.
type files interface {
	// open gives a file, which must have the given size.
	open(name string, size int64) (*io.SectionReader, func() error, error)
	// copyTo writes what the bundle's hash is of: its file, or the named files of a folder.
	copyTo(w io.Writer, names []string) (int64, error)
	Close() error
}

// hashFirst is the size from which on bytes are hashed before there is memory for them: a
// file can claim any size, and one with holes even have it. It is arbitrary; few are so large.
const hashFirst = 16 << 20

// read gives the bytes of a row group, or of the tail for the group behind the last, with
// the hash that the manifest says.
func read(from files, f *fileInfo, group int) ([]byte, error) {
	at, n, want, what := f.at(group), f.Bytes-f.at(group), f.Tail, "its end"
	if group < len(f.Groups) {
		n, want, what = f.Groups[group].Bytes, f.Groups[group].SHA256, fmt.Sprintf("row group %d", group)
	}
	whole, done, err := from.open(f.Name, f.Bytes)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	defer done()
	r := io.NewSectionReader(whole, at, n)
	wrong := fmt.Errorf("member %q is damaged: the SHA-256 of %s is not the one in the manifest", f.Name, what)
	if n >= hashFirst {
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(r, 0, n)); err != nil {
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		}
		if hex.EncodeToString(h.Sum(nil)) != want {
			return nil, wrong
		}
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
		return nil, wrong
	}
	return data, nil
}

// A zipFiles is a bundle file. Of zip it allows stored members that lie one after the
// other within the file, each listed in the manifest, and nothing else.
type zipFiles struct {
	r       io.ReaderAt
	close   func() error
	size    int64
	members map[string]zipMember
}

type zipMember struct {
	at, size int64
	crc      uint32
}

const maxZipMembers = 100_000

// errCutOff is of a file that begins as a bundle and has no table of contents where it should end.
var errCutOff = errors.New("no bundle, or cut off: its table of contents, which comes last, is not there, and nothing is found without; copy it again from where it was made")

// index reads the directory of the zip and gives the manifest.
func (z *zipFiles) index() ([]byte, error) {
	z.members = map[string]zipMember{}
	r, err := zip.NewReader(z.r, z.size)
	if err != nil {
		return nil, errCutOff
	}
	if len(r.File) > maxZipMembers {
		return nil, fmt.Errorf("%d members are too many", len(r.File))
	}
	var places []zipMember
	var sum uint32
	for _, f := range r.File {
		at, err := f.DataOffset()
		size := int64(f.UncompressedSize64)
		_, twice := z.members[f.Name]
		switch {
		case err != nil:
			return nil, fmt.Errorf("member %q: %w", f.Name, err)
		case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.Flags&1 != 0:
			return nil, fmt.Errorf("member %q is not stored as it is", f.Name)
		case !plainName(f.Name) || twice:
			return nil, fmt.Errorf("member %q has no place in a bundle", f.Name)
		case at < 0 || size < 0 || at > z.size || size > z.size-at:
			return nil, fmt.Errorf("member %q lies outside the file", f.Name)
		}
		m := zipMember{at, size, f.CRC32}
		z.members[f.Name] = m
		places = append(places, m)
		if f.Name == manifestName {
			sum = f.CRC32
		}
	}
	slices.SortFunc(places, func(a, b zipMember) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.size, b.size)) })
	for i := 1; i < len(places); i++ {
		if places[i-1].at+places[i-1].size > places[i].at {
			return nil, fmt.Errorf("members overlap at byte %d", places[i].at)
		}
	}
	m, ok := z.members[manifestName]
	if !ok {
		return nil, fmt.Errorf("no bundle: it has no %s", manifestName)
	}
	if m.size > maxManifest {
		return nil, fmt.Errorf("%s has %d bytes; %d are the most", manifestName, m.size, maxManifest)
	}
	data := make([]byte, m.size)
	_, err = z.r.ReadAt(data, m.at)
	if err == nil && crc32.ChecksumIEEE(data) != sum {
		err = fmt.Errorf("%s is damaged: its checksum is wrong", manifestName)
	}
	return data, err
}

// checkListed refuses members that the manifest does not list: nobody checks their bytes.
func (z *zipFiles) checkListed(m *manifest) error {
	listed := map[string]bool{manifestName: true}
	for i := range m.Files {
		listed[m.Files[i].Name] = true
	}
	for name := range z.members {
		if !listed[name] {
			return fmt.Errorf("a member is not in the manifest; %d members, %d listed", len(z.members), len(listed))
		}
	}
	return nil
}

func (z *zipFiles) open(name string, size int64) (*io.SectionReader, func() error, error) {
	m, ok := z.members[name]
	if !ok {
		return nil, nil, errors.New("it is missing")
	}
	if m.size != size {
		return nil, nil, fmt.Errorf("it has %d bytes, the manifest says %d", m.size, size)
	}
	return io.NewSectionReader(z.r, m.at, m.size), func() error { return nil }, nil
}

func (z *zipFiles) copyTo(w io.Writer, _ []string) (int64, error) {
	return io.Copy(w, io.NewSectionReader(z.r, 0, z.size))
}

func (z *zipFiles) Close() error { return z.close() }

// A folderFiles is the folder of a recording. Names cannot lead out of it.
type folderFiles struct{ root *os.Root }

// file opens a regular file: a pipe would wait for ever.
func (d *folderFiles) file(name string) (*os.File, error) {
	st, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	return d.root.Open(name)
}

func (d *folderFiles) readLimited(name string, limit int64) ([]byte, error) {
	f, err := d.file(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

func (d *folderFiles) open(name string, size int64) (*io.SectionReader, func() error, error) {
	f, err := d.file(name)
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() != size {
		err = fmt.Errorf("it has %d bytes, the manifest says %d", st.Size(), size)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return io.NewSectionReader(f, 0, size), f.Close, nil
}

func (d *folderFiles) copyTo(w io.Writer, names []string) (n int64, err error) {
	for _, name := range names {
		if f, err := d.file(name); err == nil { // it may just have been sealed
			k, _ := io.Copy(w, f)
			n += k
			f.Close()
		}
	}
	return n, nil
}

func (d *folderFiles) Close() error { return d.root.Close() }
