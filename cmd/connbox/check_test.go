package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCheckTakesRecordings: a recording is held against the expectations beside it, to --expect, to
// budgets, and else must be healthy.
func TestCheckTakesRecordings(t *testing.T) {
	root := workDir(t)
	leak, steady := incident(t, root, "leak-named"), incident(t, root, "ok-steady")
	want(t, 0, "import", "-q", "-o", "leak.connbox", leak)
	os.Mkdir("empty", 0o755)
	write(t, "prose.txt", "dear all\n")
	write(t, "budgets.yaml", "expect: 1\nbudgets: {refused: 0, max_connections: 300}\n")
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{1, "it has no expectation", []string{leak}},
		{1, "verdict connection-leak, want healthy", []string{"leak.connbox"}},
		{0, "it has no expectation", []string{steady}},
		{0, "1 passed", []string{"--budget", "refused: 0", leak}},
		{0, "2 passed", []string{"--expect", "budgets.yaml", leak, steady}},
		{1, "max_connections 240, want at most 100", []string{"--budget", "max_connections=100", leak}},
		{4, "output_buffer_cuts not known, want at most 0", []string{"--budget", "output_buffer_cuts: 0", steady}},
		{2, "", []string{"--budget", "refuse: 0", steady}},
		{2, "", []string{"--budget", "refused: -1", steady}},
		{2, "", []string{"--expect", "none.yaml", steady}},
		{2, "", []string{"--init", "--update", steady}},
		{2, "", []string{"-n", steady}},
		{2, "", []string{"--init", "-o", "json", steady}},
		{2, "", []string{"empty"}},
		{2, "", []string{"--init", "empty"}},
		{2, "", []string{"."}}, // recordings, but no expectation
		{3, "", []string{"none.connbox"}},
		{2, "neither YAML nor JSON", []string{"broken.expect.yaml"}},
		{3, "no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found", []string{"prose.txt"}},
	} {
		if len(c.args) == 1 && c.args[0] == "broken.expect.yaml" {
			write(t, "broken.expect.yaml", "expect: [\n")
		}
		r := want(t, c.code, append([]string{"check"}, c.args...)...)
		if !strings.Contains(r.out, c.says) || c.says == "" && (r.out != "" || strings.Count(r.err, "\n") != 1) {
			t.Errorf("%v: %q, %q", c.args, r.out, r.err)
		}
	}
	write(t, "leak-named.expect.yaml", "expect: 1\ninput: leak-named.dump.zst\nverdict: connection-leak\n")
	if r := want(t, 0, "check", leak); strings.Contains(r.out, "no expectation") {
		t.Errorf("what lies beside it is not used: %s", r.out)
	}
	if r := want(t, 0, "check", "leak-named.expect.yaml", "--jobs", "7"); !strings.Contains(r.out, "1 passed") {
		t.Error(r.out)
	}
}

// TestCheckPaths: what is named twice is looked at once, a link to a folder is searched, a pipe in a folder
// hides nothing else, and all wrong paths are told at once.
func TestCheckPaths(t *testing.T) {
	root := workDir(t)
	os.Mkdir("in", 0o755)
	os.Mkdir("empty", 0o755)
	os.Symlink("in", "link")
	in := incident(t, root, "undetermined-three-samples")
	os.Rename(in, "in/x.dump.zst")
	write(t, "in/x.expect.yaml", "expect: 1\ninput: x.dump.zst\nverdict: undetermined\n")
	for _, args := range [][]string{{"in"}, {"link"}, {"link/"}, {"in", "./in/x.expect.yaml", "in/"}, {"in/x.dump.zst", "in"}} {
		if r := want(t, 0, append([]string{"check"}, args...)...); !strings.HasSuffix(r.out, "\n1 passed, 0 failed\n") {
			t.Errorf("%q: %s", args, r.out)
		}
	}
	if r := want(t, 2, "check", "none.connbox", "in", "empty", "none.expect.yaml"); strings.Count(r.err, "\n") != 1 ||
		!strings.Contains(r.err, "none.connbox: cannot be opened") || !strings.Contains(r.err, "empty: no file in it") || !strings.Contains(r.err, "none.expect.yaml: cannot") {
		t.Errorf("%q", r.err)
	}
	os.Symlink(os.DevNull, "in/pipe.expect.yaml")
	if r := want(t, 2, "check", "in"); !strings.Contains(r.out, "FAIL  pipe") || !strings.Contains(r.out, "ok    x") {
		t.Error(r.out)
	}
	os.Remove("in/pipe.expect.yaml")
	// No report is written over what was read for it.
	before, err := os.ReadFile("in/x.dump.zst")
	if err != nil {
		t.Fatal(err)
	}
	want(t, 2, "check", "in", "-o", "json:in/x.dump.zst")
	if after, _ := os.ReadFile("in/x.dump.zst"); string(after) != string(before) {
		t.Error("the recording was overwritten")
	}
	// An expectation in another form is one.
	os.Rename("in/x.expect.yaml", "in/x.expect.yml")
	if r := want(t, 2, "check", "--init", "in/x.dump.zst"); !strings.Contains(r.out, "in/x.expect.yml exists; --update rewrites it") {
		t.Error(r.out)
	}
	// Within an expectation, - is a file.
	write(t, "dash.expect.yaml", "expect: 1\ninput: \"-\"\nverdict: healthy\n")
	if r := want(t, 3, "check", "dash.expect.yaml"); !strings.Contains(r.out, "./-: cannot be opened") {
		t.Error(r.out)
	}
}

// TestCheckOtherBundles: a bundle of a later format is said to be one, and one that is cut off.
func TestCheckOtherBundles(t *testing.T) {
	root := workDir(t)
	want(t, 0, "import", "-q", "-o", "x.connbox", incident(t, root, "undetermined-three-samples"))
	text, err := os.ReadFile("x.connbox")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "cut.connbox", string(text[:len(text)/2]))
	write(t, "newer.connbox", newer(t, text))
	for name, says := range map[string]string{"cut": "cut.connbox", "newer": "newer connbox"} {
		write(t, name+".expect.yaml", "expect: 1\ninput: "+name+".connbox\nverdict: healthy\n")
		for _, args := range [][]string{{"check", name + ".expect.yaml"}, {"check", name + ".connbox"}, {"check", "--update", name + ".expect.yaml"}} {
			if r := want(t, 3, args...); !strings.Contains(r.out, says) {
				t.Errorf("%v: %s", args, r.out)
			}
		}
		os.Remove(name + ".expect.yaml")
		want(t, 3, "check", "--init", name+".connbox")
		if _, err := os.Stat(name + ".expect.yaml"); err == nil {
			t.Errorf("%s: an expectation of what cannot be read was written", name)
		}
		want(t, 3, "minimize", name+".connbox", "-o", "small.connbox")
	}
}

// TestCheckInitAndUpdate: what --init writes is met, --update rewrites what differs and leaves
// comments and budgets, and neither writes anything with --dry-run or over another file.
func TestCheckInitAndUpdate(t *testing.T) {
	root := workDir(t)
	leak := incident(t, root, "leak-named")
	want(t, 0, "check", "--init", "--dry-run", leak)
	if _, err := os.Stat("leak-named.expect.yaml"); err == nil {
		t.Fatal("--dry-run has written")
	}
	args := []string{"check", "--init", "."}
	golden(t, root, "check-init", args, unsure(want(t, 0, args...)))
	want(t, 0, "check", ".")
	want(t, 2, "check", "--init", ".") // none is left
	if r := want(t, 2, "check", "--init", leak); !strings.Contains(r.out, "leak-named.expect.yaml exists; --update rewrites it") {
		t.Error(r.out)
	}
	text, err := os.ReadFile("leak-named.expect.yaml")
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(text), "verdict: connection-leak", "verdict: retry-storm # ours", 1) + "budgets:\n  max_connections: 10\n"
	write(t, "leak-named.expect.yaml", broken)
	want(t, 1, "check", "--update", "-n", ".")
	if now, _ := os.ReadFile("leak-named.expect.yaml"); string(now) != broken {
		t.Fatal("--dry-run has written")
	}
	args = []string{"check", "--update", "."}
	golden(t, root, "check-update", args, unsure(want(t, 1, args...))) // the budget stays broken
	if now, _ := os.ReadFile("leak-named.expect.yaml"); strings.Replace(broken, "retry-storm", "connection-leak", 1) != string(now) {
		t.Errorf("%s", now)
	}
}

// TestCheckWithoutClock: with SOURCE_DATE_EPOCH the same input gives the same bytes, whatever the number of
// workers; without, JUnit has times.
func TestCheckWithoutClock(t *testing.T) {
	root := workDir(t)
	for i, name := range []string{"auth-failures", "undetermined-three-samples"} {
		in := incident(t, root, name)
		for k := range 3 {
			write(t, fmt.Sprintf("%d-%d.expect.yaml", k, i), "expect: 1\ninput: "+in+"\nverdict: retry-storm\n")
		}
	}
	bare := map[string]string{"SOURCE_DATE_EPOCH": "0"}
	for _, format := range []string{"text", "json", "junit", "github", "summary", "gitlab", "sarif", "tap"} {
		one := invokeEnv(t, t.Context(), bare, "check", "-j", "1", "-o", format, ".")
		many := invokeEnv(t, t.Context(), bare, "check", "-j", "8", "-o", format, ".")
		if one != many || one.code != 1 || one.out == "" {
			t.Errorf("%s differs with the number of workers", format)
		}
		if format == "gitlab" || format == "sarif" || format == "json" {
			var v any
			if err := json.Unmarshal([]byte(one.out), &v); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
	var suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Tests   int      `xml:"tests,attr"`
		Time    float64  `xml:"time,attr"`
		Cases   []struct {
			Time    float64 `xml:"time,attr"`
			Failure string  `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal([]byte(want(t, 1, "check", "-o", "junit", ".").out), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 6 || len(suites.Cases) != 6 || !(suites.Time > 0) || !(suites.Cases[0].Time > 0) || !strings.Contains(suites.Cases[0].Failure, "want retry-storm") {
		t.Errorf("%+v", suites)
	}
}
