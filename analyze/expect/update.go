package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Update rewrites the text of an expectation so that what differs is what was found; all other lines,
// comments and the order of the fields stay. Budgets are demands and no findings: they are never
// changed. The text comes back as it was where nothing can be rewritten.
func (e *Expectation) Update(text []byte, m *Measured, diffs []Difference) ([]byte, error) {
	root, _, err := parse(text)
	if err != nil {
		return nil, err
	}
	u, was := &updater{root: root, m: m, changed: map[string]bool{}}, spans(root)
	for i := len(diffs) - 1; i >= 0; i-- { // from the end: places in lists stay right
		u.apply(e, &diffs[i])
	}
	if len(u.changed) == 0 {
		return text, nil
	}
	if strings.HasSuffix(e.Name, ".json") {
		return writeJSON(root, bytes.ContainsRune(bytes.TrimSpace(text), '\n')), nil
	}
	if fresh, ok := u.inPlace(text, was); ok {
		return fresh, nil
	}
	fresh, err := encode(root)
	if err != nil {
		return nil, fmt.Errorf("cannot be written again: %w", err)
	}
	return fresh, nil
}

type updater struct {
	root    *yaml.Node
	m       *Measured
	changed map[string]bool // fields
}

// apply rewrites what one difference is about.
func (u *updater) apply(e *Expectation, d *Difference) {
	r := u.m.Report
	group, rest, _ := strings.Cut(d.Field, ".")
	list, item := d.Field, ""
	if i := strings.IndexByte(d.Field, '['); i >= 0 {
		list, item = d.Field[:i], strings.Trim(d.Field[i:], "[]")
	}
	switch {
	case d.Field == "verdict":
		u.set("verdict", VerdictOf(r))
	case d.Field == "min_confidence":
		u.set("min_confidence", confidenceFloor(r))
	case d.Field == "max_confidence":
		u.set("max_confidence", "1")
	case list == "not", list == "not_sources":
		u.drop(list, item)
	case d.Field == "source":
		if who := blamed(r); who != nil {
			u.set("source", who[0])
		} else {
			u.remove("source")
		}
	case list == "sources":
		u.setList("sources", blamed(r))
	case d.Field == "onset":
		if len(r.Causes) > 0 && !r.Causes[0].Onset.IsZero() {
			u.set("onset", stamp(r.Causes[0].Onset))
		} else {
			u.remove("onset")
			u.remove("onset_within")
		}
	case d.Field == "limit":
		if at := r.Impact.LimitReached; at.IsZero() {
			u.set("limit", "never")
			u.remove("limit_within")
		} else {
			u.set("limit", stamp(at))
			if e.LimitWithin == "" {
				u.set("limit_within", roundUp(max(2*r.Input.Interval, leastOnset)))
			}
		}
	case group == "counts":
		u.count(rest, e.Counts[rest])
	}
}

// find gives the place of a field in the root; -1 without.
func (u *updater) find(field string) int {
	for i := 0; i+1 < len(u.root.Content); i += 2 {
		if u.root.Content[i].Value == field {
			return i
		}
	}
	return -1
}

// set gives a field another value, and adds it behind the others where it is missing.
func (u *updater) set(field, value string) {
	u.changed[field] = true
	n := scalar(value)
	if i := u.find(field); i >= 0 {
		old := u.root.Content[i+1]
		n.LineComment, n.HeadComment, n.FootComment = old.LineComment, old.HeadComment, old.FootComment
		u.root.Content[i+1] = n
		return
	}
	u.root.Content = append(u.root.Content, scalar(field), n)
}

// scalar makes a value; its text tells whether it needs quotes.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	if quote(s) != s {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func (u *updater) remove(field string) {
	if i := u.find(field); i >= 0 {
		u.root.Content = slices.Delete(u.root.Content, i, i+2)
		u.changed[field] = true
	}
}

// drop takes an item out of a list, and the list where it was the last.
func (u *updater) drop(field, item string) {
	k, err := strconv.Atoi(item)
	i := u.find(field)
	if err != nil || i < 0 || k >= len(u.root.Content[i+1].Content) {
		return
	}
	list := u.root.Content[i+1]
	list.Content = slices.Delete(list.Content, k, k+1)
	u.changed[field] = true
	if len(list.Content) == 0 {
		u.remove(field)
	}
}

func (u *updater) setList(field string, values []string) {
	i := u.find(field)
	if i < 0 {
		return
	}
	if values == nil {
		u.remove(field)
		return
	}
	var content []*yaml.Node
	for _, v := range values {
		content = append(content, scalar(v))
	}
	u.root.Content[i+1].Content = content
	u.changed[field] = true
}

// count rewrites a quantity and keeps the tolerance it had.
func (u *updater) count(id, was string) {
	q := QuantityByID(id)
	v := q.Read(u.m).Value
	if v != v { // not known
		return
	}
	text := about(q, v)
	if _, by, ok := strings.Cut(strings.Replace(was, "±", "+-", 1), "+-"); ok {
		text = q.Text(v) + " +- " + strings.TrimSpace(by)
	} else if _, err := strconv.ParseFloat(was, 64); err == nil {
		text = q.Text(v)
	}
	i := u.find("counts")
	if i < 0 {
		return
	}
	list := u.root.Content[i+1]
	if list.Kind == yaml.SequenceNode {
		for k, item := range list.Content {
			if name, _, err := Pair(item.Value); err == nil && name == id {
				list.Content[k] = scalar(id + ": " + text)
				u.changed["counts"] = true
			}
		}
		return
	}
	for k := 0; k+1 < len(list.Content); k += 2 {
		if list.Content[k].Value == id {
			n := &yaml.Node{Kind: yaml.ScalarNode, Value: text, LineComment: list.Content[k+1].LineComment}
			list.Content[k+1] = n
			u.changed["counts"] = true
		}
	}
}

// writeJSON writes the nodes as JSON: indented by two, or on one line.
func writeJSON(root *yaml.Node, indented bool) []byte {
	text := []byte(jsonOf(root))
	var b bytes.Buffer
	if indented && json.Indent(&b, text, "", "  ") == nil {
		text = b.Bytes()
	}
	return append(text, '\n')
}

func jsonOf(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, jsonText(n.Content[i].Value)+": "+jsonOf(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, jsonOf(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	_, err := strconv.ParseFloat(n.Value, 64)
	if bare := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0; bare && err == nil {
		return n.Value
	}
	return jsonText(n.Value)
}
