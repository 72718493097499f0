package connbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostInCircle is how many files of a package may refer to each other in one circle: they can
// only be read, and changed, together.
const mostInCircle = 12

// TestCircles measures the largest such circle in every room of analyze, by types: a file
// refers to the file that declares what it names.
func TestCircles(t *testing.T) {
	exports, rooms := exported(t, "./analyze/...")
	for _, p := range rooms {
		circle := largestCircle(references(t, p, exports))
		t.Logf("%s: %d files, %d of them in a circle", p.ImportPath, len(p.GoFiles), len(circle))
		if len(circle) > mostInCircle {
			t.Errorf("%s: %d files refer to each other: %v", p.ImportPath, len(circle), circle)
		}
	}
}

func TestLargestCircle(t *testing.T) {
	for _, c := range []struct {
		refs map[string][]string
		want []string
	}{
		{map[string][]string{"a": {"b"}, "b": nil}, []string{"a"}},
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}, []string{"b", "c"}},
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"a"}, "e": {"e"}}, []string{"a", "b", "c", "d"}},
	} {
		if got := largestCircle(c.refs); !slices.Equal(got, c.want) {
			t.Errorf("%v: circle %v, want %v", c.refs, got, c.want)
		}
	}
}

// A room is a package of the module, as `go list` tells of it.
type room struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// exported gives the packages that a pattern names, and the export data of all they import.
func exported(t *testing.T, pattern string) (exports map[string]string, rooms []room) {
	t.Helper()
	exports = map[string]string{}
	d := json.NewDecoder(bytes.NewReader(run(t, "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", pattern)))
	for {
		var p room
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return exports, rooms
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			rooms = append(rooms, p)
		}
	}
}

// references gives for each file of a package those that declare what it names.
func references(t *testing.T, p room, exports map[string]string) map[string][]string {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	pkg, err := conf.Check(p.ImportPath, fset, files, &info)
	if err != nil {
		t.Fatal(err)
	}
	file := func(at token.Pos) string { return filepath.Base(fset.Position(at).Filename) }
	refs := map[string]map[string]bool{}
	for _, name := range p.GoFiles {
		refs[name] = map[string]bool{}
	}
	for id, of := range info.Uses {
		if from := file(id.Pos()); of.Pkg() == pkg && file(of.Pos()) != from {
			refs[from][file(of.Pos())] = true
		}
	}
	out := map[string][]string{}
	for name, to := range refs {
		out[name] = slices.Sorted(maps.Keys(to))
	}
	return out
}

// largestCircle gives the largest set of names that all lead to each other, sorted: the first
// where several are as large.
func largestCircle(refs map[string][]string) (most []string) {
	reach := map[string]map[string]bool{}
	for name := range refs {
		seen, next := map[string]bool{name: true}, []string{name}
		for len(next) > 0 {
			at := next[len(next)-1]
			next = next[:len(next)-1]
			for _, to := range refs[at] {
				if !seen[to] {
					seen[to] = true
					next = append(next, to)
				}
			}
		}
		reach[name] = seen
	}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		var circle []string
		for _, other := range slices.Sorted(maps.Keys(refs)) {
			if reach[name][other] && reach[other][name] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(most) || len(circle) == len(most) && strings.Join(circle, " ") < strings.Join(most, " ") {
			most = circle
		}
	}
	return most
}
