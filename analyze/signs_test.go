package analyze

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/appmetrics"
)

// unitNumbers are literals that decide nothing: conversions of units, the order of a quantile
// and the level of an interval (arguments of package stat), guards against division by zero.
var unitNumbers = []string{"1e6", "1e-9", "0.0", "1.0"}

// tables gives the causes and Unexplained: all that is told by signs.
func tables() []*cause.Cause { return append(verdict.Catalog(), &verdict.Unexplained) }

// Every number that a cause decides by stands in a row, and every row has a reason and is
// used: one with two ends is measured in some view, or weighs in the measuring; one with a
// value is asked for by its name.
func TestNumbersStandInRows(t *testing.T) {
	rows := map[string]bool{} // name -> asked for
	for _, c := range tables() {
		viewed := map[string]bool{}
		for i := range c.Views {
			for _, name := range strings.FieldsFunc(c.Views[i].Rule, func(r rune) bool { return strings.ContainsRune(",|& ", r) }) {
				viewed[name] = true
			}
		}
		if len(c.Views) == 0 {
			t.Errorf("%s has no view", c.ID)
		}
		for i := range c.Signs {
			s := &c.Signs[i]
			if s.Why == "" || s.Unit == "" {
				t.Errorf("%s/%s has no reason or no unit", c.ID, s.Name)
			}
			if s.Ramp() && s.Value != 0 && s.Value == s.Full {
				t.Errorf("%s/%s says %v twice", c.ID, s.Name, s.Full)
			}
			if measured := s.Of != nil; measured != viewed[s.Name] || measured && (s.Says == "" || strings.Count(s.Short, "%s") != 1) {
				t.Errorf("%s/%s: measured %v, in a view %v, says %q, falls short with %q", c.ID, s.Name, measured, viewed[s.Name], s.Says, s.Short)
			}
			if !viewed[s.Name] {
				rows[s.Name] = false
			}
			delete(viewed, s.Name)
		}
		for name := range viewed {
			t.Errorf("%s: a view asks for %q, which is no sign", c.ID, name)
		}
	}
	err := fs.WalkDir(os.DirFS("cause"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == "." {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("cause", path), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				bareNumbers(t, path, fn, rows)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, asked := range rows {
		if !asked && !slices.Contains([]string{"reserved", "step", "round", "silence"}, name) { // named constants, in rows for people
			t.Errorf("nothing asks for sign %q", name)
		}
	}
}

// bareNumbers complains of the fractions in a function, and notes the rows that it asks for.
func bareNumbers(t *testing.T, path string, fn *ast.FuncDecl, asked map[string]bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if lit, ok := firstArg(n); ok && (sel.Sel.Name == "Part" || sel.Sel.Name == "Number") {
				name, _ := strconv.Unquote(lit.Value)
				asked[name] = true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "stat" {
				if sel.Sel.Name == "Ramp" {
					t.Errorf("%s: %s has a ramp outside a row", path, fn.Name.Name)
				}
				for _, arg := range n.Args {
					if _, ok := arg.(*ast.BasicLit); !ok {
						ast.Inspect(arg, func(n ast.Node) bool { bareNumber(t, path, fn, n); return true })
					}
				}
				return false
			}
		default:
			bareNumber(t, path, fn, n)
		}
		return true
	})
}

func bareNumber(t *testing.T, path string, fn *ast.FuncDecl, n ast.Node) {
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.FLOAT && !slices.Contains(unitNumbers, lit.Value) {
		t.Errorf("%s: %s has the number %s outside a row", path, fn.Name.Name, lit.Value)
	}
}

func firstArg(n *ast.CallExpr) (*ast.BasicLit, bool) {
	if len(n.Args) == 0 {
		return nil, false
	}
	lit, ok := n.Args[0].(*ast.BasicLit)
	return lit, ok && lit.Kind == token.STRING
}

// Every near miss is one of the row that it names.
func TestNearMisses(t *testing.T) {
	for _, s := range nearMisses {
		if m := s.model(t); !s.holds(m) {
			t.Errorf("%s: %s counts %v; fires: %v", s.name, s.row, worths(m)[s.row], s.fires)
		}
	}
}

// holds tells whether the row that it names fires, falls short or counts in part, as it says; of a
// row without two ends, whether the cause takes part, and begins where it says.
func (s *nearMiss) holds(m *measure.Model) bool {
	for _, c := range tables() {
		for i := range c.Signs {
			if c.ID+"/"+c.Signs[i].Name == s.row && !c.Signs[i].Ramp() {
				a := asks(m, c, nil)
				return a.takes == s.fires && (s.onset == 0 || a.onset == s.onset)
			}
		}
	}
	return slices.ContainsFunc(worths(m)[s.row], func(worth float64) bool {
		return s.part && worth > 0 && worth < 1 || s.fires && worth > 0.9 || !s.part && !s.fires && worth < cause.Active
	})
}

func (s *nearMiss) model(t *testing.T) *measure.Model {
	m := modelOf(t, s.story)
	if s.app != "" {
		m.AppMetrics = appOf(t, s.app)
	}
	return m
}

// worths asks every cause and gives what each row counted, on every subject.
func worths(m *measure.Model) map[string][]float64 {
	out := map[string][]float64{}
	for _, c := range tables() {
		maps.Copy(out, worthsOf(m, c))
	}
	return out
}

// worthsOf does so of one cause.
func worthsOf(m *measure.Model, c *cause.Cause) map[string][]float64 {
	out := map[string][]float64{}
	asks(m, c, func(s *cause.Sign, worth float64) {
		key := c.ID + "/" + s.Name
		out[key] = append(out[key], worth)
	})
	return out
}

func modelOf(t *testing.T, s story) *measure.Model {
	t.Helper()
	w := world.New(s.limit)
	if s.setup != nil {
		s.setup(w)
	}
	w.Run(s.n, s.step)
	tl, err := timeline.Collect(w.Without(s.without).Source())
	if err != nil {
		t.Fatal(err)
	}
	return measure.New(tl)
}

func appOf(t *testing.T, text string) *appmetrics.Metrics {
	t.Helper()
	m, err := appmetrics.Read(strings.NewReader(text), "app")
	if err != nil {
		t.Fatal(err)
	}
	return m
}
