package bundle

import (
	"archive/zip"
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
	// section gives bytes of a file, which must have the given size as a whole.
	section(name string, size, at, n int64) (*io.SectionReader, func() error, error)
	copyTo(w io.Writer) (int64, error)
	copyFile(w io.Writer, name string) (int64, error)
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
	r, done, err := from.section(f.Name, f.Bytes, at, n)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", f.Name, err)
	}
	defer done()
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

// openZip opens a bundle file.
func openZip(path string) (*zipFiles, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return zipOf(f)
}

// zipOf makes f, which it takes over, a bundle file.
func zipOf(f *os.File) (*zipFiles, error) {
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &zipFiles{r: f, close: f.Close, size: st.Size()}, nil
}

// index reads the directory of the zip and gives the manifest.
func (z *zipFiles) index() ([]byte, error) {
	z.members = map[string]zipMember{}
	r, err := zip.NewReader(z.r, z.size)
	if err != nil {
		return nil, fmt.Errorf("no bundle, or cut off: %w", err)
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
	slices.SortFunc(places, func(a, b zipMember) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return int(min(max(a.size-b.size, -1), 1))
	})
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
	data, err := z.member(manifestName, m.size)
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

func (z *zipFiles) find(name string, size int64) (zipMember, error) {
	m, ok := z.members[name]
	if !ok {
		return m, errors.New("it is missing")
	}
	if m.size != size {
		return m, fmt.Errorf("it has %d bytes, the manifest says %d", m.size, size)
	}
	return m, nil
}

// member gives all bytes of a member.
func (z *zipFiles) member(name string, size int64) ([]byte, error) {
	r, _, err := z.section(name, size, 0, size)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	_, err = io.ReadFull(r, data)
	return data, err
}

func (z *zipFiles) section(name string, size, at, n int64) (*io.SectionReader, func() error, error) {
	m, err := z.find(name, size)
	return io.NewSectionReader(z.r, m.at+at, n), func() error { return nil }, err
}

func (z *zipFiles) copyTo(w io.Writer) (int64, error) {
	return io.Copy(w, io.NewSectionReader(z.r, 0, z.size))
}

func (z *zipFiles) copyFile(io.Writer, string) (int64, error) { return 0, os.ErrInvalid }

func (z *zipFiles) Close() error { return z.close() }

// A folderFiles is the folder of a recording. Names cannot lead out of it.
type folderFiles struct{ root *os.Root }

// open opens a regular file: a pipe would wait for ever.
func (d *folderFiles) open(name string) (*os.File, error) {
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
	f, err := d.open(name)
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

// openSized opens a file that has size bytes.
func (d *folderFiles) openSized(name string, size int64) (*os.File, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() != size {
		err = fmt.Errorf("it has %d bytes, the manifest says %d", st.Size(), size)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (d *folderFiles) section(name string, size, at, n int64) (*io.SectionReader, func() error, error) {
	f, err := d.openSized(name, size)
	if err != nil {
		return nil, nil, err
	}
	return io.NewSectionReader(f, at, n), f.Close, nil
}

func (d *folderFiles) copyTo(io.Writer) (int64, error) { return 0, os.ErrInvalid }

func (d *folderFiles) copyFile(w io.Writer, name string) (int64, error) {
	f, err := d.open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}

func (d *folderFiles) Close() error { return d.root.Close() }
