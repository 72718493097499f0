package fleet

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DefaultMatch are the names that a search of folders takes. What a file is, is told from its
// content all the same.
var DefaultMatch = []string{"*.connbox", "*.txt", "*.log", "*.gz", "*.zst"}

const maxListLine = 64 << 10

// maxInputs bounds the inputs of one run: paths are held in memory.
const maxInputs = 10_000_000

// A Found is what a search gave.
type Found struct {
	Inputs []string // sorted, each once
	Passed int      // files in folders whose names do not match
	Twice  int      // inputs that were named more than once
}

// Find lists the inputs of a command line. An argument is a file, a folder, which is searched for
// names that match, a pattern as of a shell, or @FILE, a list with one of these a line (@- is
// stdin). Hidden files are passed over; links to folders are not followed. A folder that is a
// recording is one input. What is not there, or is a folder without a match or called like a
// recording, is an input as well: its row says so.
func Find(args, match []string, stdin io.Reader) (*Found, error) {
	f := &Found{}
	for _, arg := range args {
		if list, ok := strings.CutPrefix(arg, "@"); ok {
			if err := f.list(list, match, stdin); err != nil {
				return nil, err
			}
		} else if err := f.add(arg, match); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(f.Inputs, func(a, b string) int { return cmp.Or(cmp.Compare(asRow(a), asRow(b)), cmp.Compare(a, b)) })
	n := len(f.Inputs)
	f.Inputs = slices.Compact(f.Inputs)
	f.Twice = n - len(f.Inputs)
	return f, nil
}

// list adds the lines of a file.
func (f *Found) list(path string, match []string, stdin io.Reader) error {
	from := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("list of inputs: %w", err)
		}
		defer file.Close()
		from = file
	}
	s := bufio.NewScanner(from)
	s.Buffer(nil, maxListLine)
	n := 0
	for s.Scan() {
		n++
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := f.add(line, match); err != nil {
			return err
		}
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("list of inputs: %s:%d: a line of more than %d bytes", path, n+1, maxListLine)
	case err != nil:
		return fmt.Errorf("list of inputs: %s:%d: %w", path, n+1, err)
	}
	return nil
}

func (f *Found) add(path string, match []string) error {
	if len(f.Inputs) >= maxInputs {
		return fmt.Errorf("more than %d inputs: use shards, each with a list of its own", maxInputs)
	}
	path = filepath.Clean(path)
	if _, err := os.Stat(path); err == nil || !strings.ContainsAny(path, "*?[") {
		return f.plain(path, match)
	}
	paths, err := filepath.Glob(path)
	if err != nil {
		return fmt.Errorf("%q is no pattern: %w", path, err)
	}
	for _, p := range paths {
		if err := f.plain(p, match); err != nil {
			return err
		}
	}
	if len(paths) == 0 {
		f.Inputs = append(f.Inputs, path)
	}
	return nil
}

// plain adds a path that is no pattern.
func (f *Found) plain(path string, match []string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() && !IsRecording(path) {
		return f.search(path, match)
	}
	f.Inputs = append(f.Inputs, path)
	return nil
}

// search adds the files of a folder whose names match.
func (f *Found) search(dir string, match []string) error {
	n := len(f.Inputs)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(e.Name(), ".") && path != dir
		switch {
		case err != nil:
			f.Inputs = append(f.Inputs, path) // its row has the error
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case hidden && e.IsDir():
			return fs.SkipDir
		case hidden:
			return nil
		case e.IsDir() && path != dir && IsRecording(path):
			f.Inputs = append(f.Inputs, path)
			return fs.SkipDir
		case e.IsDir() && path != dir && matches(match, e.Name()): // called like a recording, and none
			f.Inputs = append(f.Inputs, path)
			return fs.SkipDir
		case e.IsDir():
			return nil
		case !matches(match, e.Name()):
			f.Passed++
			return nil
		}
		f.Inputs = append(f.Inputs, path)
		return nil
	})
	if err == nil && len(f.Inputs) == n {
		f.Inputs = append(f.Inputs, dir)
	}
	return err
}

func matches(match []string, name string) bool {
	return slices.ContainsFunc(match, func(m string) bool { ok, _ := filepath.Match(m, name); return ok })
}

// CheckMatch tells a pattern of names that can match nothing.
func CheckMatch(match []string) error {
	for _, m := range match {
		if _, err := filepath.Match(m, "x"); err != nil || m == "" {
			return fmt.Errorf("%q is no pattern for a name", m)
		}
	}
	return nil
}

// maxShards bounds N.
const maxShards = 1_000_000

// A Shard is one of N equal parts of the inputs, from 1 on. The zero Shard is all of them.
type Shard struct{ I, N int }

// ParseShard reads "2/4".
func ParseShard(s string) (Shard, error) {
	var sh Shard
	var rest string
	if n, _ := fmt.Sscanf(s, "%d/%d%s", &sh.I, &sh.N, &rest); n != 2 || sh.I < 1 || sh.I > sh.N || sh.N > maxShards {
		return sh, fmt.Errorf("%q is no shard; write the second of four as 2/4", s)
	}
	return sh, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.I, s.N) }

// Takes tells whether an input is of the shard. It goes by a hash of its path alone, so that shards that
// begin at different times, while files come and go, take no file twice.
func (s Shard) Takes(path string) bool {
	if s.N < 2 {
		return true
	}
	h := fnv.New64a()
	io.WriteString(h, filepath.ToSlash(path))
	return h.Sum64()%uint64(s.N) == uint64(s.I-1)
}
