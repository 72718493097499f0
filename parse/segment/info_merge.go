package segment

import (
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/table"
)

// An InfoSchema is what the tables of INFO of several segments have in common: all their
// columns, each as text where they do not agree in its type.
type InfoSchema struct {
	values []table.Column
	tables int
	in     []int // how many of the tables have a column
	index  map[string]int
}

// Add widens the schema by a table's columns. It gives false, and leaves the schema as it
// is, where they would become too many for one file.
func (s *InfoSchema) Add(columns []table.Column) bool {
	if s.index == nil {
		s.index = map[string]int{}
	}
	more := 0
	for _, c := range columns {
		if _, ok := s.index[c.Name]; !ok {
			more++
		}
	}
	if len(s.values) > 0 && len(s.values)+more > MaxInfoColumns {
		return false
	}
	s.tables++
	for _, c := range columns {
		if c.Name == columnTime || c.Name == columnSeq || c.Name == columnTemplate {
			continue
		}
		i, ok := s.index[c.Name]
		if !ok {
			i = len(s.values)
			s.index[c.Name] = i
			s.values, s.in = append(s.values, c), append(s.in, 0)
		}
		s.in[i]++
		was := &s.values[i]
		was.Optional = was.Optional || c.Optional
		if was.Type != c.Type || was.Scale != c.Scale {
			was.Type, was.Scale = table.Text, 0
		}
	}
	return true
}

// Columns gives the schema of a table with all the columns.
func (s *InfoSchema) Columns() []table.Column {
	values := slices.Clone(s.values)
	for i := range values {
		c := &values[i]
		c.Optional = c.Optional || s.in[i] < s.tables
		if c.Encoding = table.Delta; c.Type == table.Text {
			c.Encoding = table.Dict
		}
	}
	return infoColumns(values)
}

// An InfoPart is the table of INFO of one segment and its templates.
type InfoPart struct {
	Info, Templates *table.Group
}

// Merge writes the replies of several segments as one row group of INFO, and their
// templates, with numbers from first on, as one of the other table. It gives the number of
// templates. One column is held at a time.
func (s *InfoSchema) Merge(parts []InfoPart, first int64, info, templates *table.Writer) (int64, error) {
	rows, ends := 0, make([]int, len(parts))
	for i := range parts {
		rows += parts[i].Info.Rows()
		ends[i] = rows
	}
	numbers, texts, err := mergeTemplates(parts)
	if err != nil {
		return 0, err
	}
	var nums []int64
	for _, name := range []string{columnTime, columnSeq} {
		nums = nums[:0]
		var col table.Ints
		for _, p := range parts {
			if err := p.Info.Ints(name, &col); err != nil {
				return 0, err
			}
			for i := range col.Len() {
				nums = append(nums, col.At(i))
			}
		}
		info.Ints(name, rows, func(i int) int64 { return nums[i] })
	}
	info.Ints(columnTemplate, rows, func(i int) int64 { return first + numbers[i] })
	for _, c := range s.Columns()[3:] {
		if err := mergeColumn(c, parts, rows, info); err != nil {
			return 0, err
		}
	}
	if err := info.EndGroup(); err != nil {
		return 0, err
	}
	writeTemplates(templates, first, texts)
	return int64(len(texts)), templates.EndGroup()
}

// mergeTemplates gives the number of each reply's template among those of all parts, and
// these.
func mergeTemplates(parts []InfoPart) (numbers []int64, texts []string, err error) {
	known := map[string]int64{}
	for _, p := range parts {
		var number, of table.Ints
		var text table.Texts
		if err := p.Templates.Ints(columnTemplate, &number); err != nil {
			return nil, nil, err
		}
		if err := p.Templates.Texts("text", &text); err != nil {
			return nil, nil, err
		}
		if err := p.Info.Ints(columnTemplate, &of); err != nil {
			return nil, nil, err
		}
		now := map[int64]int64{}
		for i := range text.Len() {
			t := text.At(i)
			n, ok := known[t]
			if !ok {
				n = int64(len(texts))
				known[t] = n
				texts = append(texts, strings.Clone(t))
			}
			now[number.At(i)] = n
		}
		for i := range of.Len() {
			n, ok := now[of.At(i)]
			if !ok {
				return nil, nil, errorf("template %d of INFO is missing", of.At(i))
			}
			numbers = append(numbers, n)
		}
	}
	return numbers, texts, nil
}

// mergeColumn writes one column of all parts; rows of parts without it have no value.
func mergeColumn(c table.Column, parts []InfoPart, rows int, to *table.Writer) error {
	out, row := infoColumn{kind: kindNumber, scale: c.Scale}, 0
	if c.Type == table.Text {
		out.kind = kindText
	}
	var b []byte
	for _, p := range parts {
		from := row
		row += p.Info.Rows()
		have, ok := p.Info.Column(c.Name)
		if !ok {
			continue
		}
		var v infoValues
		if err := v.load(p.Info, &have, c.Name); err != nil {
			return err
		}
		for i := from; i < row; i++ {
			if v.missing(i - from) {
				continue
			}
			if out.fill(i); out.kind == kindText {
				b = v.append(b[:0], i-from)
				out.addText(b)
			} else {
				out.addNumber(v.number(i - from))
			}
		}
	}
	out.write(c, rows, to)
	return nil
}

// Empty tells that no table was added.
func (s *InfoSchema) Empty() bool { return s.tables == 0 }
