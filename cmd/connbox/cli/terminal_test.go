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
