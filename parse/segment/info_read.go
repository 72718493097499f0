package segment

import (
	"github.com/connbox/connbox/parse/table"
)

// An Info is a row group of the table of INFO in memory, with its templates. Several
// segments may have their replies in one.
type Info struct {
	rows      int
	template  table.Ints
	templates map[int64]*infoTemplate
	columns   []infoValues
	buf       []byte
}

// infoValues are the values of one column that some template has.
type infoValues struct {
	text  bool
	scale int
	nums  table.Ints
	words table.Texts
	same  bool // all rows have the first one's number
}

// An infoTemplate is a template with places of columns.
type infoTemplate struct {
	pieces []piece
	column []int32 // of each piece; -1 for the last
}

// LoadInfo reads a row group of INFO and the row group with its templates.
func LoadInfo(group, templates *table.Group) (*Info, error) {
	in := &Info{rows: group.Rows(), templates: map[int64]*infoTemplate{}}
	var number table.Ints
	var text table.Texts
	if err := templates.Ints(columnTemplate, &number); err != nil {
		return nil, err
	}
	if err := templates.Texts("text", &text); err != nil {
		return nil, err
	}
	if err := group.Ints(columnTemplate, &in.template); err != nil {
		return nil, err
	}
	schema, columns := map[string]*table.Column{}, group.Columns()
	for i := range columns {
		schema[columns[i].Name] = &columns[i]
	}
	places := map[string]int32{}
	for i := range text.Len() {
		pieces, ok := splitTemplate(text.At(i))
		if !ok || in.templates[number.At(i)] != nil {
			return nil, errorf("template %d of INFO cannot be read", number.At(i))
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
					if err := in.columns[place].load(group, schema[p.name], p.name); err != nil {
						return nil, err
					}
				}
			}
			t.column = append(t.column, place)
		}
		in.templates[number.At(i)] = t
	}
	return in, nil
}

func (v *infoValues) load(group *table.Group, c *table.Column, name string) error {
	if c == nil {
		return errorf("INFO has no column %q", name)
	}
	v.text, v.scale = c.Type == table.Text, c.Scale
	if v.text {
		return group.Texts(name, &v.words)
	}
	if err := group.Ints(name, &v.nums); err != nil {
		return err
	}
	if v.same = v.nums.Null == nil && v.nums.Constant(); v.same { // one is enough to hold
		v.nums = table.Ints{Vals: []int64{v.nums.At(0)}}
	}
	return nil
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

// missing tells whether a row has no value; append writes the one that it has, and number
// gives one that is no text.
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
	return appendDecimal(dst, v.number(row), v.scale)
}

func (v *infoValues) number(row int) int64 {
	if v.same {
		return v.nums.Vals[0]
	}
	return v.nums.At(row)
}
