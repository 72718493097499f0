package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestRange(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "i.txt"), filepath.Join(dir, "i.connbox")
	write(t, in, dump(30)) // from 12:00:00, ten seconds apart
	want(t, 0, "import", in, "-o", out)
	for _, input := range []string{in, out} {
		whole := strings.Count(want(t, 0, "export", input, "--what", "clients").out, "id=100 ")
		part := want(t, 0, "export", input, "--what", "clients", "--from", "2026-03-01T12:01:00Z", "--to", "2026-03-01 12:02:00").out
		if n := strings.Count(part, "id=100 "); whole != 30 || n != 7 {
			t.Errorf("%s: %d lists of %d in the range, want 7 of 30", input, n, whole)
		}
		r := want(t, 0, "analyze", input, "--from", "2026-03-01 13:01:00", "--to", "2026-03-01 13:02:00", "--tz", "Europe/Berlin").out
		if !strings.Contains(r, "7 samples") {
			t.Errorf("%s: %s", input, r)
		}
		part = want(t, 0, "export", input, "--what", "clients", "--from", "12:01", "--to", "12:02:00").out
		if n := strings.Count(part, "id=100 "); n != 7 {
			t.Errorf("%s: %d lists by times of day, want 7", input, n)
		}
		r = want(t, 0, "analyze", input, "--from", "13:01", "--tz", "Europe/Berlin").out
		if !strings.Contains(r, "24 samples") {
			t.Errorf("%s: %s", input, r)
		}
		want(t, 2, "analyze", input, "--from", "25:00")
		want(t, 2, "analyze", input, "--from", "yesterday")
		for _, command := range []string{"analyze", "report"} {
			r := want(t, 2, command, input, "--to", "2026-03-01 11:00:00").err
			if !strings.Contains(r, "leave nothing of "+input+", which is from 2026-03-01 12:00:00 UTC to 2026-03-01 12:04:50 UTC") {
				t.Errorf("%s %s: %s", command, input, r)
			}
		}
		want(t, 2, "analyze", input, "--from", "2026-03-02", "--to", "2026-03-01")
	}
}

// TestMaxUnpacked: an input that unpacks to more than it may is analysed as far as it may,
// and the exit status tells.
func TestMaxUnpacked(t *testing.T) {
	root := workDir(t)
	in := incident(t, root, "leak-named")
	for _, args := range [][]string{{"analyze", in}, {"report", in}, {"export", in, "--force", "-o", "x"}, {"import", in, "--force", "-o", "y.connbox"}} {
		want(t, 0, append(args, "--max-unpacked", "1gb")...)
		r := want(t, 3, append(args, "--max-unpacked", "100KB")...)
		if !strings.Contains(r.err, "larger than allowed, 100000 bytes") {
			t.Errorf("%q: %s", args, r.err)
		}
	}
	for _, size := range []string{"", "0", "-1", "x", "1PB", "99999999999GB", "1.5GB"} {
		want(t, 2, "analyze", "--max-unpacked", size, in)
	}
}
