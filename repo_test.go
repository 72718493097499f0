// Package connbox_test checks what holds for the repository as a whole: who imports whom,
// and that the pages agree with the code.
package connbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path by which others import this one.
const module = "github.com/connbox/connbox"

// layers says what a package may import of this module, both without the module's path. A
// name that ends in a slash stands for all below it; the first that fits counts.
var layers = []struct {
	pkg string
	may []string
}{
	{"parse/when", nil},
	{"parse/serverlog", []string{"parse/when"}}, // a server's own words
	{"parse/record", []string{"parse/serverlog"}},
	{"parse/record/recordtest", []string{"parse/record"}},
	{"parse/exposition", nil},
	{"parse/printed/metric", nil},
	{"parse/printed/scan", []string{"parse/when"}},
	{"parse/printed", []string{"parse/library", "parse/printed/", "parse/exposition", "parse/record", "parse/reply", "parse/when"}},
	{"parse/reply", []string{"parse/record"}},
	{"parse/stream", []string{"parse/record"}},
	{"parse/frame", []string{"parse/record"}},
	{"parse/library", nil},
	{"parse/dump", []string{"parse/frame", "parse/library", "parse/printed", "parse/record", "parse/reply", "parse/serverlog", "parse/stream", "parse/when"}},
	{"parse/appmetrics", []string{"parse/exposition", "parse/record"}},
	{"parse/table", nil},
	{"parse/segment", []string{"parse/record", "parse/table"}},
	{"parse/redact", []string{"parse/record"}},
	{"parse/bundle", []string{"parse/record", "parse/segment", "parse/table"}},
	{"parse", []string{"parse/"}},
	{"capture/secret", nil},
	{"capture/host", []string{"parse/record"}},
	{"capture", []string{"parse", "parse/", "capture/host", "capture/secret"}},
	{"capture/nodes", []string{"capture"}},         // which servers there are
	{"capture/spool", []string{"parse", "parse/"}}, // what is written, whatever was asked
	{"capture/ring", []string{"parse", "parse/"}},
	{"capture/session", []string{"parse", "parse/", "capture"}}, // a recording around something else
	{"capture/control", []string{"parse", "parse/", "capture"}},
	{"analyze/stat", nil},
	{"analyze/logs", []string{"parse/", "analyze/finding"}},
	{"analyze/stat/growth", nil},
	{"analyze/snapshot", []string{"parse/record"}},
	{"analyze/finding", []string{"parse/record"}},
	{"analyze/timeline", []string{"parse", "parse/", "analyze/logs", "analyze/finding", "analyze/snapshot", "analyze/stat"}},
	{"analyze/measure", []string{"parse", "parse/", "analyze/logs", "analyze/finding", "analyze/timeline", "analyze/stat", "analyze/stat/growth"}},
	{"analyze/cause", []string{"parse", "parse/", "analyze/finding", "analyze/timeline", "analyze/stat", "analyze/measure"}},
	{"analyze/cause/", []string{"parse", "parse/", "analyze/finding", "analyze/timeline", "analyze/stat", "analyze/stat/growth", "analyze/measure", "analyze/cause"}},
	{"analyze/verdict", []string{"parse", "parse/", "analyze/finding", "analyze/timeline", "analyze/stat", "analyze/measure", "analyze/cause", "analyze/cause/"}},
	{"analyze/whatif", []string{"parse", "parse/", "analyze/finding", "analyze/timeline", "analyze/stat", "analyze/measure", "analyze/cause", "analyze/verdict"}},
	{"analyze/compare", []string{"analyze/finding", "analyze/measure", "analyze/stat", "analyze/timeline"}},
	{"analyze/expect", []string{"parse/record", "analyze/finding", "analyze/stat", "analyze/timeline", "analyze/verdict"}},
	{"analyze", []string{"parse", "parse/", "analyze/"}},
	{"report/svgchart", nil}, // drawing and layout know nothing of incidents
	{"report/inert", nil},
	{"report/cells", nil},
	{"report/units", []string{"analyze/finding"}},
	{"report/words", []string{"analyze/finding", "report/inert", "report/units"}},
	{"report/result", []string{"analyze/finding", "report/inert", "report/units", "report/words"}},
	{"report/terminal", []string{"analyze/finding", "report/cells", "report/inert", "report/units", "report/words"}},
	{"report/markdown", []string{"analyze/finding", "report/inert", "report/units", "report/words", "report/terminal"}},
	{"report/page", []string{"analyze/finding", "report/cells", "report/inert", "report/svgchart", "report/units", "report/words"}},
	{"report/comparison", []string{"analyze/finding", "report/cells", "report/inert", "report/markdown", "report/svgchart", "report/units", "report/words"}},
	{"fleet", []string{"parse", "parse/", "analyze", "analyze/"}}, // a row of each of many
	{"fleet/reduce", []string{"fleet", "analyze/finding"}},        // one summary of rows
	{"report/fleetview", []string{"fleet/reduce", "report/cells", "report/inert", "report/units"}},
	{"report/reporttest", []string{"analyze/finding"}},
	{"report", []string{"analyze/finding", "report/"}},
	{"connboxtest", []string{"parse", "capture", "capture/session", "analyze", "analyze/expect", "analyze/timeline"}},
	{"cmd/connbox/cli", []string{"parse", "parse/", "analyze", "analyze/"}},
	{"cmd/connbox/outcome", []string{"analyze/expect", "cmd/connbox/cli"}},
	{"cmd/connbox/check", []string{"parse", "parse/", "analyze/", "cmd/connbox/cli", "cmd/connbox/outcome"}},
	{"cmd/connbox/minimize", []string{"parse", "parse/", "analyze", "analyze/", "cmd/connbox/cli", "cmd/connbox/export"}},
	{"cmd/connbox/testrun", []string{"capture", "capture/session", "analyze/", "cmd/connbox/cli", "cmd/connbox/outcome", "cmd/connbox/recorder"}},
	{"cmd/connbox/recorder", []string{"parse", "parse/", "capture", "capture/", "cmd/connbox/cli"}},
	{"cmd/connbox/fleet", []string{"parse", "parse/", "analyze", "analyze/", "fleet", "fleet/", "report", "report/fleetview", "cmd/connbox/cli"}},
	{"cmd/connbox/", []string{"parse", "parse/", "analyze", "analyze/", "report", "report/units", "cmd/connbox/cli"}},
	{"cmd/", []string{"parse", "parse/", "capture", "capture/", "analyze", "analyze/", "report", "cmd/"}},
	{"fixtures/synth", []string{"parse", "parse/"}},                                                // makes up recordings
	{"fixtures/replay", []string{"parse", "parse/", "analyze", "analyze/", "fixtures/"}},           // measures the program itself
	{"fixtures/bench", []string{"parse", "parse/", "analyze", "analyze/", "fixtures/"}},            // as well
	{"fixtures/paint", []string{"parse/", "fixtures/"}},                                            // makes up a day
	{"fixtures/sim", []string{"parse", "parse/"}},                                                  // makes up incidents
	{"fixtures/world", []string{"parse", "parse/"}},                                                // is moved by hand
	{"fixtures/evaluate", []string{"parse", "parse/", "analyze", "analyze/", "fixtures/"}},         // marks the answers
	{"fixtures/snapshots", []string{"parse", "parse/", "analyze/", "fixtures/"}},                   // fits the model of snapshots
	{"fixtures/fleet", []string{"parse", "parse/"}},                                                // makes up fleets
	{"fixtures/freeze", []string{"parse", "parse/", "analyze", "analyze/", "report", "fixtures/"}}, // holds reports still
	{"fixtures/", []string{"fixtures/"}},                                                           // judges of the program do not use it
}

// owners says which packages may import a module of others, tests included: the one
// place to look at when it changes.
var owners = map[string][]string{
	"github.com/parquet-go/parquet-go":         {"parse/table"},
	"github.com/prometheus/common":             {"parse/exposition"},
	"github.com/klauspost/compress":            {"parse", "parse/bundle", "parse/dump", "parse/stream", "parse/table"},
	"golang.org/x/text":                        {"parse/stream"}, // UTF-16
	"gonum.org/v1/gonum":                       {"analyze/stat", "analyze/stat/", "fixtures/snapshots"},
	"github.com/spf13/cobra":                   {"cmd/connbox", "cmd/connbox/"},
	"github.com/spf13/pflag":                   {"cmd/connbox", "cmd/connbox/cli", "cmd/connbox/fleet", "cmd/connbox/recorder"},
	"github.com/redis/go-redis/v9":             {"fixtures/", "connboxtest"},                             // there in tests
	"github.com/santhosh-tekuri/jsonschema/v6": {"cmd/connbox"},                                          // in tests: validates what the program writes
	"go.yaml.in/yaml/v3":                       {"analyze/expect", "cmd/connbox", "cmd/connbox/outcome"}, // the latter in tests
	"golang.org/x/sys":                         {"parse/bundle", "capture", "cmd/connbox"},
	"golang.org/x/term":                        {"capture", "cmd/connbox", "cmd/connbox/cli", "cmd/connbox/recorder"},
	"github.com/prometheus/client_golang":      {"capture/control"},
}

// maxFiles is how many files, tests left out, a package of the product may have: more are
// two packages.
const maxFiles = 16

type goPackage struct {
	ImportPath                         string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// name is the package's path in the module; empty for the module's own folder.
func (p *goPackage) name() string { return inModule(p.ImportPath) }

// inModule takes the module's path off an import.
func inModule(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	var all []goPackage
	d := json.NewDecoder(bytes.NewReader(run(t, "go", "list", "-json=ImportPath,GoFiles,Imports,TestImports,XTestImports", "./...")))
	for {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// under tells whether path is one of the names, or lies below one that ends in a slash.
func under(path string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		return path == n || strings.HasSuffix(n, "/") && strings.HasPrefix(path, n)
	})
}

func TestLayers(t *testing.T) {
	for _, p := range packages(t) {
		if p.name() == "" {
			continue // this test
		}
		i := slices.IndexFunc(layers, func(l struct {
			pkg string
			may []string
		}) bool {
			return under(p.name(), []string{l.pkg})
		})
		if i < 0 {
			t.Errorf("%s has no place in the layers", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, module+"/") && !under(inModule(imp), layers[i].may) {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
	}
}

func TestPackagesAreSmall(t *testing.T) {
	for _, p := range packages(t) {
		product := p.name() != "" && !under(p.name(), []string{"fixtures/"})
		few := len(p.GoFiles) <= maxFiles
		if product && !few {
			t.Errorf("%s has %d files", p.ImportPath, len(p.GoFiles))
		}
	}
}

// TestProgramHasNoTestDependency holds what only fixtures and tests need out of the program, and out
// of what other people's tests import.
func TestProgramHasNoTestDependency(t *testing.T) {
	for _, pkg := range []string{"./cmd/connbox", "./connboxtest"} {
		deps := strings.Fields(string(run(t, "go", "list", "-deps", pkg)))
		if !slices.Contains(deps, module+"/parse") {
			t.Fatalf("%s: %d packages, and parse is none of them", pkg, len(deps))
		}
		for _, d := range deps {
			if strings.HasPrefix(d, "github.com/redis/go-redis") || strings.HasPrefix(d, "github.com/santhosh-tekuri") || strings.HasPrefix(d, module+"/fixtures") {
				t.Errorf("%s holds %s", pkg, d)
			}
		}
	}
}

func TestOwnersOfDependencies(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			first, _, _ := strings.Cut(imp, "/")
			if !strings.Contains(first, ".") || under(imp, []string{module + "/"}) {
				continue // the standard library, or this module
			}
			if m := moduleOf(imp); m == "" {
				t.Errorf("%s imports %s, which is of no module in the table", p.ImportPath, imp)
			} else if !under(p.name(), owners[m]) {
				t.Errorf("%s imports %s, which belongs to %v", p.ImportPath, imp, owners[m])
			}
		}
	}
}

func moduleOf(imp string) string {
	for m := range owners {
		if imp == m || strings.HasPrefix(imp, m+"/") {
			return m
		}
	}
	return ""
}

func TestDirectRequirements(t *testing.T) {
	var mod struct {
		Module  struct{ Path string }
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []any
	}
	if err := json.Unmarshal(run(t, "go", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Path != module || len(mod.Replace) > 0 {
		t.Errorf("module %q with %d replacements, want %s with none", mod.Module.Path, len(mod.Replace), module)
	}
	for _, r := range mod.Require {
		if _, ok := owners[r.Path]; !r.Indirect && !ok {
			t.Errorf("go.mod requires %s, which is of no owner in the table", r.Path)
		}
	}
}

// eachFile calls fn for every file of the tree, with its slash-separated path; what make
// builds and git keeps is left out.
func eachFile(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "out"}, path):
			return fs.SkipDir
		case !d.IsDir():
			fn(filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoInitFunctions(t *testing.T) {
	seen := 0
	eachFile(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", path)
			}
		}
	})
	if seen < 10 {
		t.Errorf("saw %d Go files", seen)
	}
}

var foreign = regexp.MustCompile(`(?i)copyright (\(c\)|©|\d{4})|SPDX-License-Identifier|@license|licensed under the`)

func TestNoCodeOfOthers(t *testing.T) {
	source := []string{".go", ".js", ".css", ".html", ".c", ".h", ".py", ".sh"}
	eachFile(t, func(path string) {
		for dir := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(path)), "/") {
			if slices.Contains([]string{"vendor", "third_party", "node_modules"}, dir) {
				t.Errorf("%s lies in a folder for code of others", path)
			}
		}
		if path == "repo_test.go" || !slices.Contains(source, filepath.Ext(path)) {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		} else if m := foreign.Find(text); m != nil {
			t.Errorf("%s carries a notice of its own: %q", path, m)
		}
	})
}

func TestLicense(t *testing.T) {
	text, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("LICENSE lacks %q", want)
		}
	}
}

var (
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	makeInCode = regexp.MustCompile("(?m)(?:`|^\\$ +|^ {4})make((?: [a-z][a-z-]*)*)|^make((?: [a-z][a-z-]*)*) *(?:#.*)?$")
)

func TestPagesNameMakeTargetsThatExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range makeTarget.FindAllSubmatch(makefile, -1) {
		targets = append(targets, string(m[1]))
	}
	seen := 0
	eachFile(t, func(path string) {
		if filepath.Ext(path) != ".md" || strings.Contains(path, "testdata/") {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		for _, m := range makeInCode.FindAllSubmatch(text, -1) {
			for _, target := range strings.Fields(string(m[1]) + string(m[2])) {
				seen++
				if !slices.Contains(targets, target) {
					t.Errorf("%s names make %s, which the Makefile does not have", path, target)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("no page names a make target: the pattern has gone blind")
	}
}

var versionConst = regexp.MustCompile(`(?m)^\s*(?:const )?[Vv]ersion\s*=\s*"([^"]+)"`)

// The version stands in two places, so that neither page nor program is released alone.
func TestVersionAgreesWithChangelog(t *testing.T) {
	source, err := os.ReadFile("cmd/connbox/cli/version.go")
	log, logErr := os.Open("CHANGELOG.md")
	if errors.Is(err, fs.ErrNotExist) && errors.Is(logErr, fs.ErrNotExist) {
		return // neither is there to disagree
	}
	if err := errors.Join(err, logErr); err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	m := versionConst.FindSubmatch(source)
	if m == nil {
		t.Fatal("cmd/connbox/cli/version.go has no constant called version")
	}
	for s := bufio.NewScanner(log); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) > 1 && words[0] == "##" {
			if words[1] != string(m[1]) {
				t.Errorf("CHANGELOG.md begins with version %s, the program is %s", words[1], m[1])
			}
			return
		}
	}
	t.Error("CHANGELOG.md has no version")
}
