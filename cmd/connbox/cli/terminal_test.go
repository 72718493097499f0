package cli

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzSafe(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[31m\xff\u202e\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		if strings.IndexFunc(got, hidden) >= 0 || len(got) > maxSafe+20 {
			t.Errorf("safe(%q) = %q", s, got)
		}
		if again := Safe(got); len(got) <= maxSafe && again != got {
			t.Errorf("safe is not stable: %q, then %q", got, again)
		}
		var b bytes.Buffer
		if n, err := (Tame{&b}).Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("tame.Write: %d, %v", n, err)
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool { return hidden(r) && !strings.ContainsRune("\n\r\t", r) }); i >= 0 {
			t.Errorf("tame lets %q through of %q", b.String()[i:], s)
		}
	})
}

// TestPlural: what is counted is put in the plural, and not the words that describe it.
func TestPlural(t *testing.T) {
	for one, want := range map[string]string{"record": "2 records", "reply": "2 replies", "address": "2 addresses",
		"setting that may hold anything": "2 settings that may hold anything", "reply of which it is not known what it holds": "2 replies of which it is not known what it holds",
		"note on what could not be read": "2 notes on what could not be read"} {
		if got := Plural(2, one); got != want {
			t.Errorf("%q", got)
		}
	}
}
