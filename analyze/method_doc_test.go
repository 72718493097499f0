package analyze

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
)

// TestMethodDocumented: docs/method.md has a section for every what-if, with its formula's
// place in the table, a row for every cause, every alert rule as it is computed, and no
// statistic that does not exist.
func TestMethodDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, a := range whatif.Alternatives() {
		_, section, ok := strings.Cut(text, "\n### `"+a.ID+"`\n")
		if !ok {
			t.Errorf("no section for the what-if %s", a.ID)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		if !strings.Contains(section, "*"+a.Question+"*") || !strings.Contains(section, "\n    ") {
			t.Errorf("the section of %s has no question %q or no formula", a.ID, a.Question)
		}
	}
	for _, c := range verdict.Causes {
		if !strings.Contains(text, "\n| `"+c.ID+"` |") {
			t.Errorf("no row for the cause %s", c.ID)
		}
	}
	for _, r := range whatif.AlertRules {
		of := "all"
		if !r.All {
			of = "its causes"
		}
		hold := "at once"
		if r.Hold > 0 {
			hold = whatif.PromDuration(r.Hold)
		}
		row := fmt.Sprintf("\n| %s | `%s` | %s | %s |\n", r.Name, strings.ReplaceAll(r.Expr, "|", `\|`), hold, of)
		if !strings.Contains(text, row) {
			t.Errorf("the rule %s is not documented as it is:%s", r.Name, row)
		}
	}
	have := statFunctions(t)
	for _, part := range strings.Split(text, "`stat.")[1:] {
		name, _, _ := strings.Cut(part, "`")
		if !have[name] {
			t.Errorf("stat.%s is documented and does not exist", name)
		}
	}
}

// The tables of docs/method.md stand between these lines.
const (
	signsBegin = "<!-- signs: written from the rows by `go test ./analyze -run TestMethodSigns -update` -->\n"
	signsEnd   = "<!-- end of signs -->\n"
)

var update = flag.Bool("update", false, "write the tables of docs/method.md anew")

// TestMethodSigns: docs/method.md has every view and every row as the analysis runs on them.
func TestMethodSigns(t *testing.T) {
	b, err := os.ReadFile("../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), signsBegin)
	have, after, ok2 := strings.Cut(rest, signsEnd)
	if !ok || !ok2 {
		t.Fatal("docs/method.md has no place for the signs")
	}
	want := signTables()
	if have == want {
		return
	}
	if !*update {
		t.Fatal("docs/method.md has other signs than the analysis: go test ./analyze -run TestMethodSigns -update")
	}
	if err := os.WriteFile("../docs/method.md", []byte(before+signsBegin+want+signsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// signTables writes the views and rows of every cause in Markdown.
func signTables() string {
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	var b strings.Builder
	for _, c := range tables() {
		fmt.Fprintf(&b, "\n#### %s\n\n%s\n\n%s\n\n", c.ID, c.Question, c.Method)
		for _, v := range c.Views {
			fmt.Fprintf(&b, "- %s: `%s`\n", v.Name, v.Rule)
		}
		b.WriteString("\n| sign | measured | counts | why | refused with |\n|---|---|---|---|---|\n")
		for i := range c.Signs {
			s := &c.Signs[i]
			refused := strings.ReplaceAll(s.Short, "%s", "…")
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.Name, cell(s.Says), cell(s.Range()), cell(s.Why), cell(refused))
		}
	}
	return b.String() + "\n"
}

// statFunctions gives the exported functions of analyze/stat.
func statFunctions(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("stat/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() {
				out[fn.Name.Name] = true
			}
		}
	}
	return out
}
