package parse

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestConfigTables(t *testing.T) {
	if !slices.IsSorted(configNames) || len(slices.Compact(slices.Clone(configNames))) != len(configNames) {
		t.Errorf("not sorted, or something twice: %q", configNames)
	}
	for _, name := range configNames {
		if !configShape([]byte(name)) {
			t.Errorf("%q does not look like a parameter", name)
		}
	}
}

func TestRedact(t *testing.T) {
	pairs := []Pair{{"requirepass", "s3cret"}, {"maxclients", "100"}, {"dir", "/home/x"}, {"timeout", "0"}, {"masterauth", ""}}
	c := &Config{Pairs: pairs}
	removed := c.Redact()
	if !slices.Equal(removed, []string{"requirepass", "dir"}) || !slices.Equal(c.Pairs,
		[]Pair{{"requirepass", Removed}, {"maxclients", "100"}, {"dir", Removed}, {"timeout", "0"}, {"masterauth", ""}}) {
		t.Errorf("removed %q, kept %v", removed, c.Pairs)
	}
	for _, p := range pairs {
		if strings.Contains(p.Value, "s3cret") {
			t.Error("the secret lives on in the slice's memory")
		}
	}
	if again := c.Redact(); len(again) != 0 {
		t.Errorf("a second pass removed %q", again)
	}
	if v, ok := c.Get("maxclients"); v != "100" || !ok {
		t.Errorf("maxclients = %q, %v", v, ok)
	}
}

// TestConfigForms reads the same server's configuration in two forms.
func TestConfigForms(t *testing.T) {
	for _, name := range serverFiles(t, "*/*.config-get.noraw.txt") {
		tree := configReader{in: new(Interner)}
		text := readFile(t, name)
		if whole, ok := tree.tree(text); !whole || !ok {
			t.Errorf("%s: whole %v, known %v", name, whole, ok)
		}
		if got := AppendConfig(nil, &Config{Pairs: tree.pairs}); !bytes.Equal(got, text) {
			t.Errorf("%s: not written back as read", name)
		}
		flat := configReader{in: new(Interner)}
		raw := readFile(t, strings.Replace(name, "noraw", "raw", 1))
		if !flat.flat(bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))) || !slices.Equal(flat.pairs, tree.pairs) {
			t.Errorf("%s: the flat form differs", name)
		}
	}
}
