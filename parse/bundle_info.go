package parse

import "strings"

// An infoReplay puts INFO together again.
type infoReplay struct {
	template string
	ready    bool
	slots    []infoPlace
	buf      []byte
}

// An infoPlace is where in the template a value belongs, and the series that hold it.
type infoPlace struct {
	at   int
	name string
	text int32
	nums []int32
	rule infoRule
}

func (r *infoReplay) read(s *seriesReplay, rec *Info) error {
	template, err := s.text(KindInfo, keyTemplate)
	if err != nil {
		return err
	}
	if !r.ready || template != r.template {
		r.prepare(s, template)
	}
	r.buf = r.buf[:0]
	at := 0
	for i := range r.slots {
		p := &r.slots[i]
		if p.text < 0 || !s.now[p.text].set {
			return parquetErrorf("value of %q is missing", p.name)
		}
		r.buf = append(r.buf, template[at:p.at]...)
		at = p.at
		var ok bool
		if shape := s.now[p.text].text; p.rule.shape != "" && shape == p.rule.shape {
			if r.buf, ok = p.rule.append(r.buf, func(place int) (int64, bool) { return r.whole(s, place) }); !ok {
				return parquetErrorf("value of %q cannot be told", p.name)
			}
			continue
		} else if p.rule.shape == shapeRest && len(shape) == 4 && strings.HasPrefix(shape, shapeRest) {
			if r.buf, ok = r.rest(s, p, shape[2]); !ok {
				return parquetErrorf("value of %q cannot be told", p.name)
			}
			continue
		}
		r.buf, ok = joinNumbers(r.buf, s.now[p.text].text, func(part int) (int64, bool) {
			return p.number(s, part)
		})
		if !ok || len(r.buf) > maxRecord {
			return parquetErrorf("value of %q does not fit its numbers", p.name)
		}
	}
	r.buf = append(r.buf, template[at:]...)
	rec.Reset(r.buf)
	return nil
}

// number gives the part-th number of a value.
func (p *infoPlace) number(s *seriesReplay, part int) (int64, bool) {
	for len(p.nums) <= part {
		p.nums = append(p.nums, s.find(seriesKey{KindInfo, int32(len(p.nums)), p.name}))
	}
	n := p.nums[part]
	if n < 0 {
		return 0, false
	}
	return s.now[n].num, s.now[n].set
}

// rest appends a value that is kept as how much it is more than another.
func (r *infoReplay) rest(s *seriesReplay, p *infoPlace, digit byte) ([]byte, bool) {
	n, ok := r.sum(s, p, "{"+string(rune(digit))+"}")
	if digit < '0' || digit > '9' || !ok {
		return r.buf, false
	}
	return appendDecimal(r.buf, n, int(digit-'0')), true
}

// sum gives the number of a value that is kept as a rest; shape is the other's.
func (r *infoReplay) sum(s *seriesReplay, p *infoPlace, shape string) (int64, bool) {
	near := &r.slots[p.rule.from[0]]
	if near.text < 0 || s.now[near.text].text != shape {
		return 0, false
	}
	n, ok := near.number(s, 0)
	more, okMore := p.number(s, restPart)
	return n + more, ok && okMore && n+more >= 0
}

// whole gives the value at a place that is one whole number.
func (r *infoReplay) whole(s *seriesReplay, place int) (int64, bool) {
	p := &r.slots[place]
	switch {
	case p.text < 0:
		return 0, false
	case s.now[p.text].text == "{0}":
		return p.number(s, 0)
	case p.rule.shape == shapeRest && s.now[p.text].text == shapeRest+"0}":
		return r.sum(s, p, "{0}")
	}
	return 0, false
}

func (r *infoReplay) prepare(s *seriesReplay, template string) {
	r.template, r.ready, r.slots = template, true, r.slots[:0]
	var keys []string
	eachInfoLine([]byte(template), func(_ []byte, key, value span) {
		keys = append(keys, template[key.lo:key.hi])
		r.slots = append(r.slots, infoPlace{at: value.lo})
	})
	names := seriesNames(keys)
	for i, rule := range infoRules(names) {
		r.slots[i].name, r.slots[i].text, r.slots[i].rule = names[i], s.find(seriesKey{KindInfo, -1, names[i]}), rule
	}
}
