package expect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3" // one reader for YAML and JSON that knows the line of every key
)

// MaxSize bounds the text of an expectation. It is arbitrary.
const MaxSize = 1 << 20

// maxProblems bounds how many problems of one file are reported.
const maxProblems = 50

// Options say what an expectation may lack.
type Options struct {
	NoInput bool // input: the recording is named elsewhere
	// Near finds the word that was probably meant; nil: no hints.
	Near func(word string, among []string) string
}

// A reader reads one file.
type reader struct {
	e        *Expectation
	opts     Options
	problems []Problem
	bad      map[string]bool // fields that could not be read
}

// Read reads an expectation, YAML or JSON, as the name ends. All problems come back at once, by
// line; with one, the Expectation is not to be used.
func Read(name string, text []byte, opts Options) (*Expectation, []Problem) {
	r := &reader{e: &Expectation{Name: name, at: map[string]Place{}}, opts: opts, bad: map[string]bool{}}
	root := r.document(text)
	if root != nil {
		r.fields(root)
		r.check()
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	if n := len(r.problems) - maxProblems; n > 0 {
		r.problems = append(r.problems[:maxProblems], Problem{r.problems[maxProblems].Place, fmt.Sprintf("and %d more problems", n)})
	}
	return r.e, r.problems
}

func (r *reader) has(field string) bool { _, ok := r.e.at[field]; return ok }

// hint names the word that was probably meant; it does not look for one in a file that is nothing but problems.
func (r *reader) hint(word string, among []string) string {
	if r.opts.Near == nil || len(r.problems) > maxProblems {
		return ""
	}
	if near := r.opts.Near(word, among); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

func (r *reader) problem(at Place, format string, args ...any) {
	r.problems = append(r.problems, Problem{at, fmt.Sprintf(format, args...)})
}

// document parses the text; nil, with a problem noted, where it is not a mapping.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > MaxSize {
		r.problem(Place{1, 1}, "larger than an expectation file can be")
		return nil
	}
	if strings.HasSuffix(r.e.Name, ".json") {
		if at, what := jsonProblem(text); what != "" {
			r.problem(placeOf(text, at), "%s", what)
			return nil
		}
	}
	node, at, err := parse(text)
	if err != nil {
		r.problem(at, "%s", err)
		return nil
	}
	return node
}

// parse gives the one mapping of a text.
func parse(text []byte) (root *yaml.Node, at Place, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil, Place{1, 1}, errors.New("the file is empty")
	} else if err != nil {
		at, what := yamlProblem(err)
		return nil, at, errors.New(what)
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, placeOf(text, int64(len(bytes.TrimRight(text, " \t\r\n")))), errors.New("something follows the expectation")
	}
	if root = doc.Content[0]; root.Kind != yaml.MappingNode {
		return nil, at1(root), errors.New("an expectation is a mapping, as expect: 1")
	}
	return root, Place{}, nil
}

func at1(n *yaml.Node) Place { return Place{max(n.Line, 1), max(n.Column, 1)} }

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// yamlProblem splits an error of the library into its place and its text.
func yamlProblem(err error) (Place, string) {
	m := yamlLine.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1]) // without one it is the first
	return Place{max(line, 1), 1}, "neither YAML nor JSON: " + strings.TrimPrefix(err.Error(), m[0])
}

// jsonProblem says why a text is not JSON, and at which byte; empty where it is.
func jsonProblem(text []byte) (at int64, what string) {
	d := json.NewDecoder(bytes.NewReader(text))
	var v any
	err := d.Decode(&v)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return max(syntax.Offset-1, 0), strings.TrimPrefix(err.Error(), "json: ")
	case err != nil:
		return int64(len(text)), "the file ends within the expectation"
	}
	if _, err := d.Token(); err != io.EOF {
		return d.InputOffset(), "something follows the expectation"
	}
	return 0, ""
}

// placeOf gives the line and column of a byte.
func placeOf(text []byte, at int64) Place {
	before := text[:min(max(at, 0), int64(len(text)))]
	return Place{bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')}
}

// setters say how each field is read.
var setters = map[string]func(*reader, string, *yaml.Node){
	"expect":         func(r *reader, f string, n *yaml.Node) { r.int(f, n, &r.e.Expect) },
	"input":          func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.Input) },
	"app":            func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.App) },
	"app_map":        func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.AppMap) },
	"verdict":        func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.Verdict) },
	"accept":         func(r *reader, f string, n *yaml.Node) { r.texts(f, n, &r.e.Accept) },
	"not":            func(r *reader, f string, n *yaml.Node) { r.texts(f, n, &r.e.Not) },
	"min_confidence": func(r *reader, f string, n *yaml.Node) { r.number(f, n, &r.e.MinConf) },
	"max_confidence": func(r *reader, f string, n *yaml.Node) { r.number(f, n, &r.e.MaxConf) },
	"source":         func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.Source) },
	"sources":        func(r *reader, f string, n *yaml.Node) { r.texts(f, n, &r.e.Sources) },
	"not_sources":    func(r *reader, f string, n *yaml.Node) { r.texts(f, n, &r.e.NotSources) },
	"onset":          func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.Onset) },
	"onset_within":   func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.OnsetWithin) },
	"limit":          func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.Limit) },
	"limit_within":   func(r *reader, f string, n *yaml.Node) { r.text(f, n, &r.e.LimitWithin) },
	"counts":         func(r *reader, f string, n *yaml.Node) { r.pairs(f, n, &r.e.Counts) },
	"budgets":        func(r *reader, f string, n *yaml.Node) { r.pairs(f, n, &r.e.Budgets) },
}

// fields reads the mapping of an expectation.
func (r *reader) fields(root *yaml.Node) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		set := setters[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || set == nil:
			r.problem(at1(key), "unknown field %q%s", key.Value, r.hint(key.Value, slices.Sorted(maps.Keys(setters))))
		case r.has(key.Value):
			r.problem(at1(key), "%s stands here twice: first in line %d", key.Value, r.e.at[key.Value].Line)
		default:
			r.e.at[key.Value] = at1(value)
			set(r, key.Value, value)
		}
	}
}

// wrong notes a value of another type than the field has.
func (r *reader) wrong(field string, n *yaml.Node, want string) {
	r.bad[field] = true
	kinds := map[yaml.Kind]string{yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping", yaml.AliasNode: "an alias", yaml.ScalarNode: strconv.Quote(n.Value)}
	what := kinds[n.Kind]
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		what = "empty"
	}
	r.problem(at1(n), "%s is %s; it wants %s", field, what, want)
}

func plain(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag != "!!null" }

func (r *reader) int(field string, n *yaml.Node, to *int) {
	v, err := strconv.Atoi(n.Value)
	if !plain(n) || err != nil {
		r.wrong(field, n, "a whole number")
		return
	}
	*to = v
}

func (r *reader) number(field string, n *yaml.Node, to **Confidence) {
	v, err := strconv.ParseFloat(n.Value, 64)
	if !plain(n) || err != nil {
		r.wrong(field, n, "a number")
		return
	}
	c := Confidence(v)
	*to = &c
}

// text takes any scalar as it is written: a name may look like a number.
func (r *reader) text(field string, n *yaml.Node, to *string) {
	if !plain(n) {
		r.wrong(field, n, "a text")
		return
	}
	*to = n.Value
}

func (r *reader) texts(field string, n *yaml.Node, to *[]string) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(field, n, "a list of texts")
		return
	}
	for i, item := range n.Content {
		name := fmt.Sprintf("%s[%d]", field, i)
		var s string
		r.e.at[name] = at1(item)
		if r.text(name, item, &s); s != "" {
			*to = append(*to, s)
		}
	}
}

// pairs reads quantities and their bounds: a mapping, or a list as [growth_per_min < 0.5].
func (r *reader) pairs(field string, n *yaml.Node, to *Bounds) {
	*to = Bounds{}
	add := func(name, bound string, at Place) {
		if _, twice := (*to)[name]; twice {
			r.problem(at, "%s: %s stands here twice", field, name)
			return
		}
		(*to)[name] = bound
		r.e.at[field+"."+name] = at
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			if !plain(name) || !plain(value) {
				r.wrong(field+"."+name.Value, value, "a number, a duration, or a range")
				continue
			}
			add(name.Value, value.Value, at1(value))
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			name, bound, err := Pair(item.Value)
			if !plain(item) || err != nil {
				r.wrong(field, item, "a quantity and its bound, as growth_per_min < 0.5")
				continue
			}
			add(name, bound, at1(item))
		}
	default:
		r.wrong(field, n, "quantities and their bounds")
	}
}
