package analyze

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Thresholds stand in the rows of a cause or in numbers.go, the table of a room: elsewhere
// nothing is compared with a number, and no constant is one. Exempt are
//
//   - 0, 1 and 2: none, one, more than one; twice, and half
//   - the length of a slice or window against a number: too few values for the formula that follows
//   - 1e6, the microseconds of a second
func TestThresholdsStandInTables(t *testing.T) {
	for _, room := range []string{"cause", "measure", "verdict"} {
		err := fs.WalkDir(os.DirFS(room), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(room, path), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, n := range thresholds(f, path == "numbers.go") {
				t.Errorf("%s: a threshold outside the tables", set.Position(n.Pos()))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestThresholdsAreSeen holds the finder itself to what counts and what is exempt.
func TestThresholdsAreSeen(t *testing.T) {
	for code, want := range map[string]int{
		"func f(x float64) bool { return x < 0.3 }":                 1,
		"func f(x int) bool { return 16 <= x }":                     1,
		"func f(x, y int) bool { return 10*x > y }":                 1,
		"func f(x, y int) bool { return x >= y/-4 && y < 5 }":       2,
		"func f(x []int, k int) bool { return k > len(x)/4 }":       1,
		"func f(x []int, k int) bool { return len(x)-k < 5 }":       1,
		"func f(x float64) float64 { return stat.Ramp(x, 0.3, 1) }": 1,
		"const most = 20":                   1,
		"const most, least = 1 << 20, -0.5": 2,
		"var most = 20.5":                   1,
		"func f(x int) bool { const most = 3; return x < most }":      1,
		"func f(x int) bool { return x < 1 || x > 2*x || x >= 0 }":    0,
		"func f(x []int, w w) bool { return len(x) < 6 || w.Len()<8}": 0,
		"func f(x, y float64) bool { return x/1e6 >= y }":             0,
		"func f(x []int) int { return x[3] + 4 }":                     0,
		"const name = \"four\"":                                       0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(thresholds(f, false)); got != want {
			t.Errorf("%s: %d thresholds, want %d", code, got, want)
		}
	}
	for code, want := range map[string]int{
		"const (\n\tmost = 20 // s, as an hour is too long\n\t// samples\n\tleast = 3\n)": 0,
		"const (\n\tmost = 20 // s\n\tleast = 3\n)":                                       1,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+code, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(thresholds(f, true)); got != want {
			t.Errorf("table %s: %d without a reason, want %d", code, got, want)
		}
	}
}

// thresholds gives the comparisons, ramps and declarations of a file by which numbers decide
// outside the tables; of a table, the constants without a comment.
func thresholds(f *ast.File, table bool) (found []ast.Node) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for _, v := range n.Values {
				if number(v) && !(table && (n.Doc != nil || n.Comment != nil)) {
					found = append(found, v)
				}
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Ramp" && slices.ContainsFunc(n.Args, decides) {
				found = append(found, n)
			}
		case *ast.BinaryExpr:
			compares := slices.Contains([]token.Token{token.LSS, token.LEQ, token.GTR, token.GEQ}, n.Op)
			tooFew := length(n.X) && number(n.Y) || length(n.Y) && number(n.X)
			if compares && !tooFew && (decides(n.X) || decides(n.Y)) {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// number tells whether an expression is of numeric literals alone.
func number(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.INT || e.Kind == token.FLOAT
	case *ast.UnaryExpr:
		return number(e.X)
	case *ast.BinaryExpr:
		return number(e.X) && number(e.Y)
	case *ast.ParenExpr:
		return number(e.X)
	}
	return false
}

// decides tells whether a literal that is not exempt is part of an expression, but for indices.
func decides(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.IndexExpr:
			found = found || decides(n.X)
			return false
		case *ast.BasicLit:
			found = found || number(n) && !slices.Contains([]string{"0", "1", "2", "1e6"}, n.Value)
		}
		return true
	})
	return found
}

// length tells whether an expression is how many values there are.
func length(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == "len"
	case *ast.SelectorExpr:
		return f.Sel.Name == "Len"
	}
	return false
}
