package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file appears whole or not at all, replaces what a link leads to, and keeps to the umask.
func TestOutFile(t *testing.T) {
	t.Chdir(t.TempDir())
	a := NewApp(t.Context(), World{})
	if err := os.WriteFile("x", []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x", "link"); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no more")
	err := a.WriteTo("x", func(w io.Writer) error {
		io.WriteString(w, strings.Repeat("half", 100_000))
		return failed
	})
	if b, _ := os.ReadFile("x"); string(b) != "old" || !errors.Is(err, failed) || StatusOf(err) != StatusUsage {
		t.Errorf("%v: %.20s", err, b)
	}
	o, err := a.create("x")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(o, "half")
	a.UndoAll()
	if err := a.WriteTo("link", func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	st, err := os.Lstat("link")
	if b, _ := os.ReadFile("x"); err != nil || string(b) != "new" || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("a link is not followed: %s, %v", b, st.Mode())
	}
	if err := a.WriteTo("/dev/null", func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob("*"); err != nil || strings.Join(left, " ") != "link x" {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if left, err := filepath.Glob(".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
