package expect

import (
	"bytes"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A span is a field of the root and the line that it begins in, from 1.
type span struct {
	field string
	line  int
}

func spans(root *yaml.Node) (out []span) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		out = append(out, span{root.Content[i].Value, root.Content[i].Line})
	}
	return out
}

// inPlace gives the text with the lines of changed fields replaced, and all others as they were. ok is
// false where lines do not tell fields apart, as in {expect: 1, verdict: healthy}.
func (u *updater) inPlace(text []byte, was []span) (fresh []byte, ok bool) {
	rows := strings.SplitAfter(string(text), "\n")
	var b bytes.Buffer
	next := 0
	for i, f := range was {
		begin, end := f.line-1, len(rows)
		if i+1 < len(was) {
			end = was[i+1].line - 1
		}
		if begin < next || end <= begin {
			return nil, false
		}
		b.WriteString(strings.Join(rows[next:begin], ""))
		if next = begin; !u.changed[f.field] {
			continue
		}
		for end > begin+1 && isSpace(rows[end-1]) { // they lead on to the next field
			end--
		}
		b.Write(u.encoded(f.field))
		next = end
		delete(u.changed, f.field)
	}
	b.WriteString(strings.Join(rows[next:], ""))
	for i := 0; i < len(u.root.Content); i += 2 {
		if field := u.root.Content[i].Value; u.changed[field] { // a new one
			if !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
				b.WriteByte('\n')
			}
			b.Write(u.encoded(field))
		}
	}
	return b.Bytes(), u.reads(b.Bytes())
}

// isSpace tells an empty line, or one with nothing but a comment.
func isSpace(row string) bool {
	row = strings.TrimSpace(row)
	return row == "" || row[0] == '#'
}

// encoded writes one field, without the comments before and after it, which stand in other lines; nothing
// where it was removed.
func (u *updater) encoded(field string) []byte {
	i := u.find(field)
	if i < 0 {
		return nil
	}
	key, value := *u.root.Content[i], u.root.Content[i+1]
	key.HeadComment, key.FootComment = "", ""
	for n := value; ; n = n.Content[len(n.Content)-1] {
		if n.FootComment = ""; len(n.Content) == 0 {
			break
		}
	}
	text, err := encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{&key, value}})
	if err != nil {
		return nil // and what is written is not what it should be
	}
	return text
}

// reads tells whether a text is read as what was to be written.
func (u *updater) reads(text []byte) bool {
	var is, want any
	return yaml.Unmarshal(text, &is) == nil && u.root.Decode(&want) == nil && reflect.DeepEqual(is, want)
}

func encode(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	w := yaml.NewEncoder(&b)
	w.SetIndent(2)
	if err := w.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}
