package parse

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

// bundleFiles is where the members of a bundle lie.
type bundleFiles interface {
	// read gives a member's bytes after checking their number; stream writes them to w.
	read(name string, size int64) ([]byte, error)
	stream(w io.Writer, name string, size int64) error
	copyTo(w io.Writer) (int64, error)
	copyFile(w io.Writer, name string) (int64, error)
	Close() error
}

// hashFirst is the size from which on a member is hashed before there is memory for it: a
// file can claim any size, and one with holes even have it. It is arbitrary; few are so large.
const hashFirst = 16 << 20

// readMember gives a member's bytes, of the size and with the hash that the manifest says.
func readMember(files bundleFiles, m *memberInfo) ([]byte, error) {
	if m.Bytes >= hashFirst {
		h := sha256.New()
		if err := files.stream(h, m.Name, m.Bytes); err != nil {
			return nil, fmt.Errorf("member %q: %w", m.Name, err)
		}
		if hex.EncodeToString(h.Sum(nil)) != m.SHA256 {
			return nil, errMemberHash(m)
		}
	}
	data, err := files.read(m.Name, m.Bytes)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", m.Name, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != m.SHA256 {
		return nil, errMemberHash(m)
	}
	return data, nil
}

func errMemberHash(m *memberInfo) error {
	return fmt.Errorf("member %q is damaged: its SHA-256 is not the one in the manifest", m.Name)
}

// A zipFiles is a bundle file. Of zip it allows stored members that lie one after the
// other within the file, each listed in the manifest, and nothing else.
type zipFiles struct {
	r       io.ReaderAt
	close   func() error
	size    int64
	members map[string]zipMember
}

type zipMember struct{ at, size int64 }

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
		m := zipMember{at, size}
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
	if !ok || m.size > maxManifest {
		return nil, fmt.Errorf("no bundle: it has no %s", manifestName)
	}
	data, err := z.read(manifestName, m.size)
	if err == nil && crc32.ChecksumIEEE(data) != sum {
		err = fmt.Errorf("%s is damaged: its checksum is wrong", manifestName)
	}
	return data, err
}

// checkListed refuses members that the manifest does not list: nobody checks their bytes.
func (z *zipFiles) checkListed(m *manifest) error {
	listed := map[string]bool{manifestName: true}
	for i := range m.Segments {
		for _, f := range m.Segments[i].Members {
			listed[f.Name] = true
		}
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

func (z *zipFiles) read(name string, size int64) ([]byte, error) {
	m, err := z.find(name, size)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	_, err = z.r.ReadAt(data, m.at)
	return data, err
}

func (z *zipFiles) stream(w io.Writer, name string, size int64) error {
	m, err := z.find(name, size)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(z.r, m.at, m.size))
	return err
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

func (d *folderFiles) stream(w io.Writer, name string, size int64) error {
	f, err := d.openSized(name, size)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(w, f, size)
	return err
}

func (d *folderFiles) read(name string, size int64) ([]byte, error) {
	f, err := d.openSized(name, size)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, size)
	_, err = io.ReadFull(f, data)
	return data, err
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
