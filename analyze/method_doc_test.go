package analyze

import (
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
