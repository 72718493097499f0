package analyze

import (
	"bytes"
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
	"github.com/connbox/connbox/fixtures/sim"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse"
)

// bareNumbers are the fractions that still stand in the code of causes and not in a row: the
// most a sign of a weaker view may count, and bounds of what is measured. A file may only
// come to have fewer.
var bareNumbers = map[string]int{"cut/churn.go": 3, "cut/idlecut.go": 4, "cut/idlecut_middlebox.go": 5, "cut/outbuf.go": 1, "cut/outbuf_info.go": 5,
	"hold/blocking.go": 2, "hold/info_step.go": 2, "hold/internal.go": 2, "hold/leak.go": 6, "hold/leak_old.go": 5, "hold/leak_onset.go": 10, "hold/pool.go": 8,
	"hold/pool_info.go": 3, "hold/serverless_info.go": 7, "hold/zombie.go": 3, "hold/zombie_info.go": 3, "refuse/autoscale.go": 3, "refuse/deploy.go": 2,
	"refuse/maxclients.go": 2, "refuse/protected.go": 6, "refuse/storm.go": 10, "refuse/storm_mild.go": 3, "refuse/wave.go": 2, "stall/apppool.go": 7,
	"stall/slow.go": 9, "stall/slow_processor.go": 11, "stall/stall.go": 10}

// Every number that a ramp runs between stands in a row, and every row has a reason: a cause
// measures, the row says what that is worth.
func TestNumbersStandInRows(t *testing.T) {
	names := map[string]bool{}
	for _, c := range verdict.Catalog() {
		for i := range c.Signs {
			s := &c.Signs[i]
			names[s.Name] = true
			if s.Ramp() && s.Value == s.Full {
				t.Errorf("%s: %s says %v twice", c.ID, s.Name, s.Full)
			}
		}
	}
	asked := map[string]bool{}
	bare := map[string]int{}
	err := fs.WalkDir(os.DirFS("cause"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == "." {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("cause", path), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					sel, ok := n.Fun.(*ast.SelectorExpr)
					if !ok {
						return true
					}
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "stat" && sel.Sel.Name == "Ramp" {
						t.Errorf("%s: %s has a ramp outside a row", path, fn.Name.Name)
					}
					if lit, ok := firstArg(n); ok && (sel.Sel.Name == "Ramp" || sel.Sel.Name == "Number") {
						name, _ := strconv.Unquote(lit.Value)
						asked[name] = true
						if !names[name] {
							t.Errorf("%s: no cause has a sign %q", path, name)
						}
					}
				case *ast.BasicLit:
					if n.Kind == token.FLOAT {
						bare[path]++
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range names {
		if !asked[name] && !slices.Contains([]string{"reserved", "step", "round", "silence"}, name) { // named constants, in rows for people
			t.Errorf("nothing asks for sign %q", name)
		}
	}
	if !maps.Equal(bare, bareNumbers) {
		t.Errorf("fractions in code:\n%#v\nallowed:\n%#v", bare, bareNumbers)
	}
}

func firstArg(n *ast.CallExpr) (*ast.BasicLit, bool) {
	if len(n.Args) == 0 {
		return nil, false
	}
	lit, ok := n.Args[0].(*ast.BasicLit)
	return lit, ok && lit.Kind == token.STRING
}

// neverFull and neverShort are the rows for which no story is there yet: none in which the
// sign counts fully, or none in which it falls short. They may only become fewer.
var (
	neverFull = []string{"connection-leak/stairs", "connection-leak/commands", "connection-leak/kept",
		"connection-leak/stays", "connection-leak/others", "connection-leak/gain_hidden",
		"connection-leak/old_long", "oversized-pool/stairs", "oversized-pool/at_once",
		"oversized-pool/instances", "app-pool-exhaustion/waiting", "app-pool-exhaustion/full",
		"zombie-connections/blocks_share", "zombie-connections/grown", "idle-cut/at_once",
		"idle-cut/life", "idle-cut/box_deaths", "idle-cut/box_even",
		"idle-cut/beyond", "reconnect-wave/cut"}
	neverShort = []string{"connection-leak/stairs", "connection-leak/commands", "connection-leak/kept",
		"connection-leak/stays", "connection-leak/old", "connection-leak/gain_hidden",
		"output-buffer-loop/cuts", "output-buffer-loop/rebirth", "output-buffer-loop/samples",
		"oversized-pool/stairs", "oversized-pool/at_once", "oversized-pool/throughout",
		"oversized-pool/work", "oversized-pool/step", "oversized-pool/instances",
		"oversized-pool/stay", "oversized-pool/many", "app-pool-exhaustion/waiting",
		"app-pool-exhaustion/full", "app-pool-exhaustion/used", "blocking-commands/spread",
		"blocking-commands/lasted", "slow-commands/total", "slow-commands/dearer",
		"slow-commands/bursts", "slow-commands/traffic", "internal-connections/full_growing",
		"zombie-connections/work", "idle-cut/at_once", "idle-cut/life",
		"idle-cut/box_deaths", "idle-cut/box_even", "idle-cut/beyond",
		"server-stall/pauses", "server-stall/growth"}
)

// Every sign counts fully in some story of the causes and falls short in another.
func TestSignsFireAndMiss(t *testing.T) {
	full, short := map[string]bool{}, map[string]bool{}
	read := func(m *measure.Model) {
		for _, c := range verdict.Catalog() {
			for _, r := range verdict.Ask(m, c).Subject.Readings {
				key := c.ID + "/" + r.Name
				full[key] = full[key] || r.Score == 1
				short[key] = short[key] || r.Score < cause.Active
			}
		}
	}
	for _, s := range stories {
		w := world.New(s.limit)
		if s.setup != nil {
			s.setup(w)
		}
		w.Run(s.n, s.step)
		tl, err := timeline.Collect(w.Source())
		if err != nil {
			t.Fatal(err)
		}
		read(measure.New(tl))
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
				if m.AppMetrics, err = parse.ReadAppMetrics(bytes.NewReader(text), "app"); err != nil {
					t.Fatal(err)
				}
			}
			read(m)
		}
	}
	var noFull, noShort []string
	for _, c := range verdict.Catalog() {
		for i := range c.Signs {
			if key := c.ID + "/" + c.Signs[i].Name; c.Signs[i].Ramp() {
				if !full[key] {
					noFull = append(noFull, key)
				}
				if !short[key] {
					noShort = append(noShort, key)
				}
			}
		}
	}
	if !slices.Equal(noFull, neverFull) {
		t.Errorf("counts fully in no story: %q", noFull)
	}
	if !slices.Equal(noShort, neverShort) {
		t.Errorf("falls short in no story: %q", noShort)
	}
}
