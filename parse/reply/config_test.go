package reply

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

func TestConfigTables(t *testing.T) {
	if !slices.IsSorted(configNames) || len(slices.Compact(slices.Clone(configNames))) != len(configNames) {
		t.Errorf("not sorted, or something twice: %q", configNames)
	}
	for _, name := range configNames {
		if !MayBeParameter([]byte(name)) {
			t.Errorf("%q does not look like a parameter", name)
		}
	}
}

func TestRedact(t *testing.T) {
	pairs := []record.Pair{{Key: "requirepass", Value: "s3cret"}, {Key: "maxclients", Value: "100"}, {Key: "dir", Value: "/home/x"}, {Key: "timeout", Value: "0"}, {Key: "masterauth", Value: ""}}
	c := &record.Config{Pairs: pairs}
	removed := c.Redact()
	if !slices.Equal(removed, []string{"requirepass", "dir"}) || !slices.Equal(c.Pairs,
		[]record.Pair{{Key: "requirepass", Value: record.Removed}, {Key: "maxclients", Value: "100"}, {Key: "dir", Value: record.Removed}, {Key: "timeout", Value: "0"}, {Key: "masterauth", Value: ""}}) {
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
	for name, text := range servers.Replies("*/*.config-get.noraw.txt") {
		r := newReader()
		v, all := r.Tree(text)
		pairs, whole, ok := Config(&v)
		if !all || !whole || !ok {
			t.Errorf("%s: read %v, whole %v, known %v", name, all, whole, ok)
		}
		if got := AppendConfig(nil, &record.Config{Pairs: pairs}); !bytes.Equal(got, text) {
			t.Errorf("%s: not written back as read", name)
		}
		raw := servers.Reply(strings.Replace(name, "noraw", "raw", 1))
		v = r.Lines(bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n")))
		if flat, whole, ok := Config(&v); !whole || !ok || !slices.Equal(flat, pairs) {
			t.Errorf("%s: the flat form differs", name)
		}
	}
}
