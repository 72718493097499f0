package outcome

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

const evil = "a|b`<script>\x1b[31m\u202e\n::error::x #1 @you [l](http://x)"

// many makes outcomes that are not met, each with a place, and with warnings among them.
func many(n int) *Report {
	r := &Report{Command: "connbox check"}
	for i := range n {
		o := Outcome{File: fmt.Sprintf("in,cidents/%d:x.expect.yaml", i), Name: fmt.Sprintf("%d %s", i, evil), Verdict: "healthy", Confidence: 0.5}
		o.Judged([]expect.Difference{{Field: "budgets.refused", Got: evil, Want: "0", Unknown: i%2 == 1, Place: expect.Place{Line: 7, Col: 3},
			Evidence: []expect.Evidence{{Claim: evil, At: []string{"x.txt:1", "x.txt:2", "x.txt:3"}}}}})
		r.All = append(r.All, o)
	}
	return r
}

func written(t *testing.T, format string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	for _, f := range formats {
		if f.name == format {
			if err := f.write(&b, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

// TestLimitsOfGitHub: no more annotations than are shown, the last of each level counts the rest; a
// summary that is taken.
func TestLimitsOfGitHub(t *testing.T) {
	out := written(t, "github", many(100))
	if e, w := strings.Count("\n"+out, "\n::error "), strings.Count("\n"+out, "\n::warning "); e != 10 || w != 10 || strings.Count(out, "\n") != 20 {
		t.Errorf("%d errors, %d warnings:\n%s", e, w, out)
	}
	if strings.Count(out, "::41 more expectations are not met\n") != 2 {
		t.Error(out)
	}
	if !strings.HasPrefix(out, "::error file=in%2Ccidents/0%3Ax.expect.yaml,line=7,col=3,title=connbox check 0 a|b`<script>") {
		t.Error(out)
	}
	ten := written(t, "github", many(20))
	if strings.Contains(ten, "more expectations") || strings.Count(ten, "\n") != 20 {
		t.Error(ten)
	}
	long := many(1)
	for range 5 {
		long.All[0].Judged([]expect.Difference{{Field: "verdict", Got: strings.Repeat("ü", 900)}})
	}
	if out := written(t, "github", long); len(out) > maxMessage+300 || !strings.HasSuffix(out, " ...\n") {
		t.Error(len(out))
	}
	summary := written(t, "summary", many(3000))
	if len(summary) > 1<<20 || !strings.Contains(summary, "more are left out") {
		t.Errorf("%d bytes", len(summary))
	}
	for _, bad := range []string{"<script", "](", "@you", "`", "|b", "\x1b"} {
		if strings.Contains(strings.ReplaceAll(summary, "| ", ""), bad) {
			t.Errorf("the summary holds %q of a stranger", bad)
		}
	}
}

// TestFormatsAreWhole: each is what it says, whatever strangers wrote.
func TestFormatsAreWhole(t *testing.T) {
	r := many(5)
	r.All[4] = Outcome{File: "x.expect.yaml", Name: "x", Problems: []Problem{{expect.Place{Line: 2, Col: 1}, "unknown field"}, {Text: "no file"}}, Code: cli.StatusUsage}
	r.All = append(r.All, Outcome{File: "good.expect.yaml", Name: "good", Verdict: "healthy"})
	for _, format := range Formats() {
		out := written(t, format, r)
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s lets a stranger's control characters through", format)
		}
		var v any
		switch format {
		case "json", "gitlab", "sarif":
			if err := json.Unmarshal([]byte(out), &v); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		case "junit":
			var suites junitRoot
			if err := xml.Unmarshal([]byte(out), &suites); err != nil || suites.Tests != 6 || suites.Failures != 4 || suites.Errors != 1 || suites.Suite.Tests != 6 {
				t.Errorf("%v: %+v", err, suites)
			}
		case "tap":
			if strings.Count(out, "\nnot ok ") != 5 || strings.Count(out, "\nok 6 - good\n") != 1 || !strings.HasPrefix(out, "TAP version 14\n1..6\n") {
				t.Error(out)
			}
		}
	}
	var issues []struct {
		Fingerprint string
		Severity    string
		Location    struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal([]byte(written(t, "gitlab", r)), &issues); err != nil || len(issues) != 6 {
		t.Fatalf("%v, %d issues", err, len(issues))
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if seen[i.Fingerprint] || len(i.Fingerprint) != 32 || i.Location.Lines.Begin < 1 || i.Location.Path == "" {
			t.Errorf("%+v", i)
		}
		seen[i.Fingerprint] = true
	}
	// The fingerprint stays while the value found and the line change: a server follows an issue by it.
	first := written(t, "gitlab", r)
	r.All[0].Diffs[0].Got, r.All[0].Diffs[0].Line = "another", 8
	second := written(t, "gitlab", r)
	if first == second || strings.Count(first, issues[0].Fingerprint) != 1 || strings.Count(second, issues[0].Fingerprint) != 1 {
		t.Error("the fingerprint changes with the value")
	}
}

// TestJUnitFitsSchemas: what is written has the elements and attributes that Jenkins' xUnit plugin
// (junit-10.xsd) and, of a suite, Surefire (surefire-test-report.xsd 3.0.2) know, with all that they want.
func TestJUnitFitsSchemas(t *testing.T) {
	r := many(4)
	r.Times = true
	r.All = append(r.All, Outcome{File: "bad", Name: "bad", Problems: []Problem{{Text: evil + "]]>\xff"}}, Code: cli.StatusUsage}, Outcome{Name: "good"})
	wanted := map[string]string{"testsuites": "name tests failures errors time", "testsuite": "name tests failures errors skipped time",
		"testcase": "classname name time", "failure": "message type", "error": "message type"}
	within := map[string]string{"testsuites": "", "testsuite": "testsuites", "testcase": "testsuite", "failure": "testcase", "error": "testcase"}
	d, path := xml.NewDecoder(strings.NewReader(written(t, "junit", r))), []string{""}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			var attrs []string
			for _, a := range e.Attr {
				attrs = append(attrs, a.Name.Local)
				if a.Name.Local == "time" && !regexp.MustCompile(`^[0-9]+\.[0-9]{3}$`).MatchString(a.Value) {
					t.Errorf("time %q", a.Value)
				}
			}
			slices.Sort(attrs)
			want := strings.Fields(wanted[e.Name.Local])
			slices.Sort(want)
			if up, ok := within[e.Name.Local]; !ok || up != path[len(path)-1] || !slices.Equal(attrs, want) {
				t.Errorf("%s with %q within %q", e.Name.Local, attrs, path)
			}
			path = append(path, e.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// TestSARIFIsPlain: no name becomes a link or a placeholder of a message (SARIF 2.1.0, 3.11.5 and 3.11.6).
func TestSARIFIsPlain(t *testing.T) {
	r := many(1)
	r.All[0].Diffs[0].Got = "[click](http://evil) {0} {x}"
	out := written(t, "sarif", r)
	if strings.Contains(out, "](") || !strings.Contains(out, "[click] (http://evil) {{0}} {{x}}") {
		t.Error(out)
	}
}

// TestTAPIsYAML: the block below a test that is not ok is YAML that says what was wrong, whatever the
// first line begins with, and nothing else in the output is a test.
func TestTAPIsYAML(t *testing.T) {
	r := many(2)
	r.All[0].File = "  ---\nok 9"
	r.All[0].Problems = []Problem{{expect.Place{Line: 2, Col: 1}, "  first"}, {Text: "second\n  ...\nok 3"}}
	out := written(t, "tap", r)
	if n := len(regexp.MustCompile(`(?m)^\s*(?:not )?ok\b`).FindAllString(out, -1)); n != 2 {
		t.Errorf("%d tests in\n%s", n, out)
	}
	for i, block := range regexp.MustCompile(`(?ms)^  ---\n(.*?)^  \.\.\.$`).FindAllStringSubmatch(out, -1) {
		var v struct{ File, Message string }
		if err := yaml.Unmarshal([]byte(block[1]), &v); err != nil || v.Message != r.All[i].body()+"\n" || v.File != cli.Safe(r.All[i].File) {
			t.Errorf("%v: %+v of\n%s", err, v, out)
		}
	}
}

// TestNamesTellApart: two expectations of one name are called by their files: GitLab keeps one case of a
// name, and Jenkins takes the one for the other.
func TestNamesTellApart(t *testing.T) {
	all := []Outcome{{File: "a/x.expect.yaml", Name: "x"}, {File: "b/x.expect.yaml", Name: "x"}, {File: "a/y.expect.yaml", Name: "y"}}
	tellApart(all)
	if all[0].Name != "a/x.expect.yaml" || all[1].Name != "b/x.expect.yaml" || all[2].Name != "y" {
		t.Errorf("%+v", all)
	}
}

func TestStatusOfMany(t *testing.T) {
	r := many(2)
	if got := Status(r.All); got != cli.StatusFinding {
		t.Errorf("a difference and one that is not known: %d", got)
	}
	if got := Status(r.All[1:]); got != cli.StatusTooLittle {
		t.Errorf("one that is not known: %d", got)
	}
	r.All[1].Fault(cli.StatusInput, "gone")
	if got := Status(r.All); got != cli.StatusInput {
		t.Errorf("an input that is gone: %d", got)
	}
	if got := Status(nil); got != cli.StatusDone {
		t.Errorf("nothing: %d", got)
	}
}

// TestPathsInTree: a path below the build's folder is relative to it in what servers of builds read.
func TestPathsInTree(t *testing.T) {
	t.Chdir(t.TempDir())
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r := many(1)
	for in, want := range map[string]string{filepath.Join(wd, "a b", "x.expect.yaml"): "a b/x.expect.yaml", "./x.expect.yaml": "x.expect.yaml", "/elsewhere/x": "/elsewhere/x"} {
		r.All[0].File = in
		if out := written(t, "github", r); !strings.Contains(out, "file="+want+",line=") {
			t.Error(out)
		}
		if out := written(t, "gitlab", r); !strings.Contains(out, `"path": "`+want+`"`) {
			t.Error(out)
		}
		if out := written(t, "sarif", r); !strings.Contains(out, `"uri": "`+strings.ReplaceAll(want, " ", "%20")+`"`) {
			t.Error(out)
		}
	}
}
