package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What an operator's log holds of passwords does not get into a bundle, whether or not the
// arguments of slow commands are kept otherwise.
func TestImportHidesPasswords(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "i.txt"), filepath.Join(dir, "i.connbox")
	write(t, in, dump(3)+`2026-11-20T03:10:00Z
1) 1) (integer) 2
   2) (integer) 1795236884
   3) (integer) 41000
   4) 1) "AUTH"
      2) "CANARY-1"
   5) "127.0.0.1:33700"
   6) ""
2) 1) (integer) 1
   2) (integer) 1795236883
   3) (integer) 41000
   4) 1) "GET"
      2) "plain-key"
   5) "127.0.0.1:33700"
   6) ""
127.0.0.1:6379> ACL LIST
1) "user default on #CANARY-2 ~* +@all"
127.0.0.1:6379> CONFIG GET *pass*
1) "requirepass"
2) "CANARY-3"
2026-11-20T03:10:10Z
ERR unknown command 'X', with args beginning with: 'CANARY-4'
`)
	want(t, 0, "import", "--keep-slowlog-args", in, "-o", out)
	text := want(t, 0, "export", out).out
	if i := strings.Index(text, "CANARY"); i >= 0 {
		t.Errorf("the bundle holds %q", text[max(0, i-80):min(len(text), i+20)])
	}
	if !strings.Contains(text, "plain-key") {
		t.Error("a key that is no secret was left out")
	}
	hidden := filepath.Join(dir, "h.connbox")
	want(t, 0, "import", in, "-o", hidden)
	if strings.Contains(want(t, 0, "export", hidden).out, "plain-key") {
		t.Error("an argument is kept unasked")
	}
	if r := want(t, 0, "inspect", out).out; !strings.Contains(r, "passwords") {
		t.Errorf("inspect does not say so: %s", r)
	}
}

func TestOneStandardInput(t *testing.T) {
	want(t, 2, "import", "-", "-", "-o", filepath.Join(t.TempDir(), "x.connbox"))
	want(t, 2, "analyze", "--app", "-", "-")
	want(t, 2, "analyze", "--fail-on", "", "-")
	want(t, 2, "import", "--force", "-", "-o", "/dev/null")
}
