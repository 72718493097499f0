package segment

import (
	"github.com/connbox/connbox/parse/table"
)

// An Info is a row group of the table of INFO in memory, with its templates. Several
// segments may have their replies in one.
type Info struct {
	rows              int
	at, seq, template table.Ints
	templates         map[int64]*infoTemplate
	columns           []infoValues
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
}

// LoadInfo reads a row group of INFO and the row group with its templates.
func LoadInfo(group, templates *table.Group) (*Info, error) {
	in := &Info{rows: group.Rows(), templates: map[int64]*infoTemplate{}}
	texts, err := readRows[templateRow](templates)
	if err != nil {
		return nil, err
	}
	if err := load(group, want{columnTime, &in.at}, want{columnSeq, &in.seq}, want{columnTemplate, &in.template}); err != nil {
		return nil, err
	}
	places := map[string]int32{}
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
				if place, known = places[p.name]; !known {
					place = int32(len(in.columns))
					places[p.name] = place
					in.columns = append(in.columns, infoValues{})
					if err := in.columns[place].load(group, p.name); err != nil {
						return nil, err
					}
				}
			}
			t.column = append(t.column, place)
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
		text, err := in.Text(i)
		if err != nil {
			return err
		}
		w.Add(in.seq.At(i), in.at.At(i), text)
	}
	return nil
}
