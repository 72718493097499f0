package reply

import (
	"fmt"
	"strings"
	"testing"
)

// show writes a value in one notation: numbers bare, texts quoted.
func show(v *Value) string {
	switch v.Kind {
	case TextValue:
		return fmt.Sprintf("%q", v.Text)
	case NumberValue:
		return v.Text
	case NilValue:
		return "nil"
	}
	var items []string
	for i := range v.Items {
		items = append(items, show(&v.Items[i]))
	}
	return "[" + strings.Join(items, " ") + "]"
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		tree, whole      bool
	}{
		{"a list", "1) \"a\"\n2) (integer) 5\n3) (nil)\n4) (empty array)\n5) (double) 0.5\n", `["a" 5 nil [] 0.5]`, true, true},
		{"lists in a list", "1) 1) (integer) 5\n   2) 1) \"x\"\n      2) \"y\"\n2) 1) (integer) 4\n   2) 1) \"z\"\n", `[[5 ["x" "y"]] [4 ["z"]]]`, true, true},
		{"ten items", " 1) \"a\"\n" + strings.Repeat(" 2) \"b\"\n", 8) + "10) \"c\"\n", `["a"` + strings.Repeat(` "b"`, 8) + ` "c"]`, true, true},
		{"a map", "1# \"a => b\" => \"c\"\n2# \"d\" => (integer) 5\n", `["a => b" "c" "d" 5]`, true, true},
		{"a map in a map", "1# \"a\" => 1# \"b\" => (integer) 5\n2# \"c\" => \n   1# \"d\" => (nil)\n3# \"e\" => \"f\"\n", `["a" ["b" 5] "c" ["d" nil] "e" "f"]`, true, true},
		{"nothing", "", "[]", true, true},
		{"cut within a line", "1) \"a\"\n2) \"b", `["a"]`, true, false},
		{"cut between lines", "1) 1) \"a\"\n   2) \"b\"\n2) 1) \"c\"\n", `[["a" "b"] ["c"]]`, true, false},
		{"a column of no list", "1) 1) \"a\"\n  2) \"b\"\n", `[["a"]]`, true, false},
		{"JSON", `["a",5,null,[],0.5,{"b":"c"}]`, `["a" 5 nil [] 0.5 ["b" "c"]]`, false, true},
		{"JSON with bytes that are no UTF-8", "[\"\xff\\u0001\\\"\"]", `["\xff\x01\""]`, false, true},
		{"JSON, cut", `[["a",5],["b"`, `[["a" 5] ["b"]]`, false, false},
		{"JSON, more behind it", `["a"] b`, `["a"]`, false, false},
		{"JSON, no comma", `["a" "b"]`, `["a"]`, false, false},
		{"CSV", `12,"a,b",NULL,"c"`, `[12 "a,b" nil "c"]`, false, true},
		{"CSV, a word", `12,hello`, `[12]`, false, false},
		{"deep", strings.Repeat("[", 100), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), false, false},
	} {
		r := newReader()
		v, whole := r.Line([]byte(c.text))
		if c.tree {
			v, whole = r.Tree([]byte(c.text))
		}
		if got := show(&v); got != c.want || whole != c.whole {
			t.Errorf("%s: %s, whole %v; want %s", c.name, got, whole, c.want)
		}
	}
}

// A stranger's reply of any number of values takes no more memory than the limit's.
func TestValuesAreBounded(t *testing.T) {
	v, whole := newReader().Line([]byte("[" + strings.Repeat("1,", maxValues) + "1]"))
	if whole || len(v.Items) > maxValues {
		t.Errorf("%d values, whole %v", len(v.Items), whole)
	}
}
