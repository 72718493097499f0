package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputsReplaceWhatIsTheirs: a file that connbox has not written is replaced with --force only,
// whatever writes it; its own reports are.
func TestOutputsReplaceWhatIsTheirs(t *testing.T) {
	workDir(t)
	dumped := strings.ReplaceAll(dump(12), "name=app", "name=connbox")
	write(t, "i.txt", dumped)
	for _, c := range []struct {
		own  bool // a second run replaces the first one's
		file string
		args []string
	}{
		{false, "o.txt", []string{"export", "i.txt", "-o", "o.txt"}},
		{false, "o.csv", []string{"export", "i.txt", "--format", "csv", "-o", "o.csv"}},
		{false, "o.connbox", []string{"import", "i.txt", "-o", "o.connbox"}},
		{false, "p.connbox", []string{"cut", "i.txt", "-o", "p.connbox"}},
		{false, "q.connbox", []string{"redact", "i.txt", "-o", "q.connbox"}},
		{true, "i.html", []string{"report", "i.txt", "-o", "html:i.html"}},
		{true, "i.md", []string{"report", "i.txt", "-o", "md:i.md"}},
		{true, "i.json", []string{"analyze", "i.txt", "-o", "json:i.json"}},
		{true, "i.brief", []string{"analyze", "i.txt", "-o", "brief:i.brief"}},
		{true, "i.svg", []string{"analyze", "i.txt", "-o", "svg:i.svg"}},
		{true, "i.text", []string{"analyze", "i.txt", "-o", "text:i.text"}},
		{true, "d.text", []string{"diff", "i.txt", "o.connbox", "-o", "text:d.text"}},
		{true, "d.md", []string{"diff", "i.txt", "o.connbox", "-o", "md:d.md"}},
		{true, "d.html", []string{"diff", "i.txt", "o.connbox", "-o", "html:d.html"}},
		{true, "d.json", []string{"diff", "i.txt", "o.connbox", "-o", "json:d.json"}},
		{true, "n.json", []string{"inspect", "o.connbox", "-o", "json:n.json"}},
	} {
		for _, foreign := range []string{"my own notes\n", dumped} {
			write(t, c.file, foreign)
			r := want(t, 2, c.args...)
			if b, _ := os.ReadFile(c.file); string(b) != foreign || !strings.Contains(r.err, c.file+" exists") || !strings.Contains(r.err, "--force replaces it") {
				t.Errorf("%q: %s", c.args, r.err)
			}
		}
		want(t, 0, append(c.args, "--force")...)
		if again := invoke(t, c.args...); (again.code == 0) != c.own {
			t.Errorf("%q a second time: status %d %s", c.args, again.code, again.err)
		}
	}
}

// TestOutputsFollowLinks: all commands replace what a link leads to, and never the link.
func TestOutputsFollowLinks(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(12))
	if err := os.Mkdir("far", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"import", "i.txt", "-o"}, {"cut", "i.txt", "-o"}, {"redact", "i.txt", "--key", "k.key", "-o"}, {"export", "i.txt", "-o"}, {"analyze", "i.txt", "-o", "json:"}, {"minimize", "i.txt", "-o"}} {
		for _, before := range []string{"", "something else\n"} { // a link to nothing, and to a file
			os.Remove("link")
			os.Remove(filepath.Join("far", "o.connbox"))
			if before != "" {
				write(t, filepath.Join("far", "o.connbox"), before)
			}
			if err := os.Symlink(filepath.Join("far", "o.connbox"), "link"); err != nil {
				t.Fatal(err)
			}
			run := append([]string(nil), args...)
			if last := run[len(run)-1]; strings.HasSuffix(last, ":") {
				run[len(run)-1] = last + "link"
			} else {
				run = append(run, "link")
			}
			want(t, 0, append(run, "--force")...)
			st, err := os.Lstat("link")
			if b, rerr := os.ReadFile(filepath.Join("far", "o.connbox")); err != nil || st.Mode()&os.ModeSymlink == 0 || rerr != nil || len(b) < 100 || string(b) == before {
				t.Errorf("%q over %q: %v, %v, %d bytes", args, before, err, rerr, len(b))
			}
		}
	}
}

// TestDamagedBundles: what the errors say to do is what works.
func TestDamagedBundles(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(12))
	want(t, 0, "import", "i.txt")
	whole, err := os.ReadFile("i.connbox")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "cut.connbox", string(whole[:len(whole)*2/3]))
	for _, args := range [][]string{{"analyze", "cut.connbox"}, {"inspect", "cut.connbox"}, {"inspect", "--repair", "--to", "o.connbox", "cut.connbox"}, {"redact", "--list", "cut.connbox"}, {"redact", "-o", "o.connbox", "cut.connbox"}} {
		if r := want(t, 3, args...); r.out != "" || !strings.Contains(r.err, "cut off") || !strings.Contains(r.err, "copy it again") || strings.Contains(r.err, "zip") {
			t.Errorf("%q: %+v", args, r)
		}
	}
	bad := []byte(string(whole))
	for i := len(bad) / 3; i < len(bad)/3+40; i++ {
		bad[i] ^= 0x55
	}
	write(t, "bad.connbox", string(bad))
	if r := want(t, 3, "inspect", "--repair", "bad.connbox"); !strings.Contains(r.err, "--to FILE") {
		t.Errorf("%+v", r)
	}
	if r := want(t, 3, "inspect", "--repair", "--to", "good.connbox", "bad.connbox"); !strings.Contains(r.err, "repaired without a part") {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "inspect", "--verify", "good.connbox"); !strings.Contains(r.out, "whole: ") {
		t.Errorf("%+v", r)
	}
	if r := want(t, 3, "inspect", "--repair", "--to", "again.connbox", "i.connbox"); !strings.Contains(r.err, "is whole") {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat("again.connbox"); err == nil {
		t.Error("a whole bundle was copied")
	}
}

// TestRedactListsAllKinds: with counts, some or all of each, names of files among them; of a bundle that
// is redacted it is said to be so, by inspect as well.
func TestRedactListsAllKinds(t *testing.T) {
	workDir(t)
	text := dump(12)
	text = strings.ReplaceAll(text, "run_id:", "config_file:/etc/acme/redis.conf\r\nrun_id:")
	write(t, "acme-prod.txt", text+"dear diary\n")
	want(t, 0, "import", "acme-prod.txt", "-o", "i.connbox")
	some, all := want(t, 0, "redact", "--list", "i.connbox").out, want(t, 0, "redact", "--list", "--full", "i.connbox").out
	for _, s := range []string{"address", "10.0.0.0", "client name", "file name", "acme-prod.txt", "path", "/etc/acme/redis.conf", "run id", "line that is no reply", "dear diary"} {
		if !strings.Contains(some, s) || !strings.Contains(all, s) {
			t.Errorf("no %q in\n%s\n%s", s, some, all)
		}
	}
	if !strings.Contains(some, " more\n") || strings.Contains(all, " more\n") {
		t.Errorf("%s\n%s", some, all)
	}
	for _, host := range []string{"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.9.1"} {
		if !strings.Contains(all, host) {
			t.Errorf("--full lacks %s:\n%s", host, all)
		}
	}
	want(t, 0, "redact", "i.connbox", "-o", "r.connbox")
	if r := want(t, 0, "redact", "--list", "r.connbox"); !strings.Contains(r.err, "redacted already") {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "inspect", "r.connbox").out; !strings.Contains(r, "addresses (pseudonyms), as ") || !strings.Contains(r, "says of itself") {
		t.Errorf("%s", r)
	}
	want(t, 0, "redact", "i.connbox", "-o", "n.connbox", "--level", "names")
	if r := want(t, 0, "inspect", "n.connbox").out; strings.Contains(r, "addresses (pseudonyms)") || !strings.Contains(r, "client name (pseudonyms)") && !strings.Contains(r, "client names (pseudonyms)") {
		t.Errorf("%s", r)
	}
	want(t, 0, "import", "r.connbox", "acme-prod.txt", "-o", "mixed.connbox")
	if r := want(t, 0, "inspect", "mixed.connbox").out; strings.Contains(r, "(pseudonyms)") {
		t.Errorf("real names beside pseudonyms are said to be pseudonyms:\n%s", r)
	}
}

// TestRedactOfWhatLacksAPart: names of files in the notes on what could not be read do not leak, nor
// do notes of people.
func TestRedactOfWhatLacksAPart(t *testing.T) {
	workDir(t)
	write(t, "acme secret.txt", dump(12))
	want(t, 0, "import", "acme secret.txt")
	b, err := os.ReadFile("acme secret.connbox")
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) / 3; i < len(b)/3+40; i++ {
		b[i] ^= 0x55
	}
	write(t, "acme secret.connbox", string(b))
	invoke(t, "cut", "acme secret.connbox", "-o", "part.connbox")
	invoke(t, "inspect", "--repair", "--to", "mended.connbox", "acme secret.connbox")
	for _, in := range []string{"part.connbox", "mended.connbox"} {
		if out := want(t, 0, "export", in).out; !strings.Contains(out, "without a part") {
			t.Fatalf("%s does not say what it lacks", in)
		}
		for _, level := range []string{"names", "all"} {
			want(t, 0, "redact", in, "--force", "-o", "r.connbox", "--level", level)
			out := want(t, 0, "export", "r.connbox").out + want(t, 0, "inspect", "-o", "json", "r.connbox").out + want(t, 0, "inspect", "r.connbox").out
			if strings.Contains(out, "acme") || strings.Contains(out, "secret") || !strings.Contains(out, "without a part") {
				t.Errorf("%s, level %s: %.2000s", in, level, out)
			}
		}
	}
}
