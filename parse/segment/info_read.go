package segment

import (
	"bytes"
	"cmp"

	"github.com/connbox/connbox/parse/table"
)

// An Info is a row group of the table of INFO in memory, with its templates. Several
// segments may have their replies in one.
type Info struct {
	rows              int
	at, seq, template table.Ints
	templates         map[int64]*infoTemplate
	columns           []infoValues
	places            map[string]int32 // of columns, by name
	buf               []byte
}

// infoValues are the values of one column that some template has.
type infoValues struct {
	text  bool
	scale int
	nums  table.Ints
	words table.Texts
}

// An infoTemplate is a template with places of columns.
type infoTemplate struct {
	pieces []piece
	column []int32 // of each piece; -1 for the last
	bytes  int     // of the pieces' texts
	asked  bool    // whether it is regular is known
	plain  bool    // it is
}

// append writes the template as its table has it.
func (t *infoTemplate) append(dst []byte) []byte {
	for _, p := range t.pieces {
		if dst = appendLiteral(dst, []byte(p.text)); p.name != "" {
			dst = append(append(append(dst, '{'), p.name...), '}')
		}
	}
	return dst
}

// regular tells whether a template, that of a sound row, is the one that a Writer with room for all
// columns makes of the reply: no column twice, none by a name of its own.
func (in *Info) regular(t *infoTemplate, row int) bool {
	if !t.asked {
		text, err := in.Text(row)
		spans := cutInfo(nil, text)
		t.asked = true
		t.plain = err == nil && bytes.Equal(t.append(nil), appendTemplate(nil, text, spans, infoNames(text, spans)))
	}
	return t.plain
}

// LoadInfo reads a row group of INFO and the row group with its templates.
func LoadInfo(group, templates *table.Group) (*Info, error) {
	in := &Info{rows: group.Rows(), templates: map[int64]*infoTemplate{}, places: map[string]int32{}}
	texts, err := readRows[templateRow](templates)
	if err != nil {
		return nil, err
	}
	if err := load(group, want{columnTime, &in.at}, want{columnSeq, &in.seq}, want{columnTemplate, &in.template}); err != nil {
		return nil, err
	}
	for _, row := range texts {
		pieces, ok := splitTemplate(row.Text)
		if !ok || in.templates[row.Template] != nil {
			return nil, errorf("template %d of INFO cannot be read", row.Template)
		}
		t := &infoTemplate{pieces: pieces}
		for _, p := range pieces {
			place := int32(-1)
			if p.name != "" {
				var known bool
				if place, known = in.places[p.name]; !known {
					place = int32(len(in.columns))
					in.places[p.name] = place
					in.columns = append(in.columns, infoValues{})
					if err := in.columns[place].load(group, p.name); err != nil {
						return nil, err
					}
				}
			}
			t.column = append(t.column, place)
			t.bytes += len(p.text)
		}
		in.templates[row.Template] = t
	}
	return in, nil
}

func (v *infoValues) load(group *table.Group, name string) error {
	c, ok := group.Column(name)
	if !ok {
		return errorf("INFO has no column %q", name)
	}
	v.text, v.scale = c.Type == table.Text, c.Scale
	if v.text {
		return group.Texts(name, &v.words)
	}
	return group.Ints(name, &v.nums)
}

// Rows gives the number of replies.
func (in *Info) Rows() int { return in.rows }

// Text gives the reply of a row, valid until the next call.
func (in *Info) Text(row int) ([]byte, error) {
	if row < 0 || row >= in.rows {
		return nil, errorf("reply %d of INFO, of %d", row, in.rows)
	}
	t := in.templates[in.template.At(row)]
	if t == nil {
		return nil, errorf("template %d of INFO is missing", in.template.At(row))
	}
	b := in.buf[:0]
	for i, p := range t.pieces {
		b = append(b, p.text...)
		if t.column[i] < 0 {
			continue
		}
		v := &in.columns[t.column[i]]
		if v.missing(row) {
			return nil, errorf("reply %d of INFO has no value of %q", row, p.name)
		}
		if b = v.append(b, row); len(b) > MaxText {
			return nil, errorf("reply %d of INFO is too large", row)
		}
	}
	in.buf = b
	return b, nil
}

// missing tells whether a row has no value; append writes the one that it has.
func (v *infoValues) missing(row int) bool {
	null := v.nums.Null
	if v.text {
		null = v.words.Null
	}
	return null != nil && null[row]
}

func (v *infoValues) append(dst []byte, row int) []byte {
	if v.text {
		return append(dst, v.words.At(row)...)
	}
	return appendDecimal(dst, v.nums.At(row), v.scale)
}

// AddTo adds all replies to another table.
func (in *Info) AddTo(w *InfoWriter) error {
	for i := range in.rows {
		if !in.sound(i) {
			_, err := in.Text(i)
			return cmp.Or(err, errorf("reply %d of INFO is too large", i))
		}
		w.AddRow(in.seq.At(i), in.at.At(i), in, i)
	}
	return nil
}

// sound tells whether a row has all values of its template, and its text is not too large.
func (in *Info) sound(row int) bool {
	if row < 0 || row >= in.rows {
		return false
	}
	t := in.templates[in.template.At(row)]
	if t == nil {
		return false
	}
	size := t.bytes
	for _, place := range t.column {
		if place < 0 {
			continue
		}
		v := &in.columns[place]
		if v.missing(row) {
			return false
		}
		if size += mostDigits; v.text {
			size += len(v.words.At(row))
		}
	}
	return size <= MaxText
}

// mostDigits is how long a number is at most.
const mostDigits = 40
