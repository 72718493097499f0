package analyze

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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
	"github.com/connbox/connbox/fixtures/sim"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/appmetrics"
)

// unitNumbers are literals that decide nothing: conversions of units, the order of a quantile
// and the level of an interval (arguments of package stat), guards against division by zero.
var unitNumbers = []string{"1e6", "1e-9", "0.0", "1.0"}

// Every number that a cause decides by stands in a row, and every row has a reason and is
// used: one with two ends is measured in some view, or weighs in the measuring; one with a
// value is asked for by its name.
func TestNumbersStandInRows(t *testing.T) {
	rows := map[string]bool{} // name -> asked for
	for _, c := range verdict.Tables() {
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

// Every sign counts fully in some story of the causes and falls short in another: those of the
// causes themselves, the simulated ones, and the near misses, each of which names its row.
func TestSignsFireAndMiss(t *testing.T) {
	full, short := map[string]bool{}, map[string]bool{}
	read := func(m *measure.Model) {
		for key, of := range worths(m) {
			for _, worth := range of {
				full[key] = full[key] || worth > 0.9
				short[key] = short[key] || worth < cause.Active
			}
		}
	}
	for _, s := range stories {
		read(modelOf(t, s))
	}
	for _, s := range nearMisses {
		read(s.model(t))
	}
	for _, f := range sim.Families() { // what stories of lists do not show: INFO alone, one address, pools' metrics
		for _, v := range []sim.View{{NoList: true, NoSlowlog: true, NoConfig: true}, {NAT: true}, {}} {
			rec := f.Record(1, v)
			tl, err := timeline.Collect(rec)
			if err != nil {
				t.Fatal(err)
			}
			m := measure.New(tl)
			if text := rec.AppText(); len(text) > 0 {
				m.AppMetrics = appOf(t, string(text))
			}
			read(m)
		}
	}
	for _, c := range verdict.Tables() {
		for i := range c.Signs {
			if key := c.ID + "/" + c.Signs[i].Name; c.Signs[i].Ramp() && !(full[key] && short[key]) {
				t.Errorf("%s: counts fully in a story %v, falls short in another %v", key, full[key], short[key])
			}
		}
	}
}

// Every near miss is one of the row that it names.
func TestNearMisses(t *testing.T) {
	for _, s := range nearMisses {
		if m := s.model(t); !s.holds(m) {
			t.Errorf("%s: %s counts %v; fires: %v", s.name, s.row, worths(m)[s.row], s.fires)
		}
	}
}

// holds tells whether the row that it names fires, or falls short, as it says.
func (s *nearMiss) holds(m *measure.Model) bool {
	return slices.ContainsFunc(worths(m)[s.row], func(worth float64) bool {
		return s.fires && worth > 0.9 || !s.fires && worth < cause.Active
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
	for _, c := range verdict.Tables() {
		if len(verdict.Ask(m, c).Missing) > 0 {
			continue
		}
		c.Assess(&cause.Pass{Model: m, Cause: c, Watch: func(s *cause.Sign, worth float64) {
			key := c.ID + "/" + s.Name
			out[key] = append(out[key], worth)
		}})
	}
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
