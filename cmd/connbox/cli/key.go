package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Key reads the key of pseudonyms from a file, or makes it there. undo removes one that was made, for
// a command that then writes nothing with it.
func (a *App) Key(name string) (key []byte, undo func(), err error) {
	undo = func() {}
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		return nil, undo, Exitf(StatusUsage, "the key %s is no file", name)
	}
	text, err := os.ReadFile(name)
	if err == nil {
		key, bad := hex.DecodeString(strings.TrimSpace(string(text)))
		if bad != nil || len(key) < 16 {
			return nil, undo, Exitf(StatusUsage, "%s is no key: it wants 32 hexadecimal digits or more", name)
		}
		return key, undo, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, undo, Exitf(StatusUsage, "cannot read the key %s: %w", name, Bare(err))
	}
	key = make([]byte, 32)
	rand.Read(key)
	if err := os.WriteFile(name, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, undo, Exitf(StatusUsage, "cannot write the key %s: %w", name, Bare(err))
	}
	a.Note("wrote the key %s; keep it, and do not send it along", name)
	return key, func() {
		if os.Remove(name) == nil {
			a.Note("removed the key %s again: nothing was written with it", name)
		}
	}, nil
}
