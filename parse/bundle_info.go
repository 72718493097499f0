package parse

import (
	"slices"

	"github.com/connbox/connbox/parse/record"
)

// An infoReplay puts INFO together again.
type infoReplay struct {
	template string
	slots    []infoPlace
	numbers  []infoNumbers // of the slots
	coder    *infoCoder    // nil where the segment has no numbers of INFO
	ready    bool
	left     int // replies not yet read
	buf      []byte
}

// An infoPlace is where in the template the shape of a value stands, and the series that
// tells when it becomes another.
type infoPlace struct {
	record.Span
	text  int32  // -1: it stays
	shape string // the present one
	rule  infoRule
	tells bool // the shape is the rule's
}

// errInfoCheck tells of numbers that are damaged, or come to others on this machine.
var errInfoCheck = parquetErrorf("numbers of INFO fail their check: up to %d replies before are not as they were recorded", checkEvery)

// load takes the coded numbers, which it keeps.
func (r *infoReplay) load(data []byte) { r.coder = newInfoCoder(newRangeReader(data)) }

func (r *infoReplay) read(s *seriesReplay, at int64, rec *record.Info) error {
	template, err := s.text(record.KindInfo, keyTemplate)
	if err != nil {
		return err
	}
	if r.coder == nil {
		return parquetErrorf("numbers of INFO are missing")
	}
	if !r.ready || template != r.template {
		r.prepare(s, template)
	}
	if err := r.shapes(s); err != nil {
		return err
	}
	ok := r.coder.code(at, r.numbers)
	if r.left--; r.left == 0 {
		ok = ok && r.coder.end()
	}
	if r.coder.numbers.rc.overrun() {
		return parquetErrorf("numbers of INFO are cut off")
	}
	if !ok {
		return errInfoCheck
	}
	r.buf = r.buf[:0]
	from := 0
	for i := range r.slots {
		p := &r.slots[i]
		r.buf = append(r.buf, template[from:p.Lo]...)
		from = p.Hi
		var ok bool
		if p.tells {
			r.buf, ok = p.rule.append(r.buf, r.whole)
		} else {
			r.buf, ok = joinNumbers(r.buf, p.shape, r.numbers[i].values)
		}
		if !ok || len(r.buf) > maxRecord {
			return parquetErrorf("value of %q does not fit its numbers", r.numbers[i].name)
		}
	}
	r.buf = append(r.buf, template[from:]...)
	rec.Reset(r.buf)
	return nil
}

// shapes brings the slots up to date with the shapes of their values.
func (r *infoReplay) shapes(s *seriesReplay) error {
	total := 0
	for i := range r.slots {
		p, n := &r.slots[i], &r.numbers[i]
		shape := r.template[p.Lo:p.Hi]
		if p.text >= 0 && s.now[p.text].set {
			shape = s.now[p.text].text
		}
		if shape != p.shape {
			p.shape, p.tells = shape, p.rule.shape != "" && shape == p.rule.shape
			count := 0
			if !p.tells {
				count = countNumbers(shape)
			}
			if count > maxInfoNumbers {
				return parquetErrorf("value of %q has %d numbers", n.name, count)
			}
			n.values = append(n.values[:0], make([]int64, count)...)
		}
		total += len(n.values)
	}
	if total > maxInfoNumbers {
		return parquetErrorf("INFO has %d numbers", total)
	}
	return nil
}

// whole gives the value of a slot that is one whole number.
func (r *infoReplay) whole(slot int) (int64, bool) {
	if r.slots[slot].shape != "{0}" {
		return 0, false
	}
	return r.numbers[slot].values[0], true
}

func (r *infoReplay) prepare(s *seriesReplay, template string) {
	r.template, r.ready, r.slots, r.numbers = template, true, r.slots[:0], nil
	var keys []string
	r.buf = append(slices.Grow(r.buf[:0], len(template)), template...)
	eachInfoValue(r.buf, func(key, value record.Span) {
		keys = append(keys, template[key.Lo:key.Hi])
		r.slots = append(r.slots, infoPlace{Span: value})
	})
	names := seriesNames(keys)
	r.numbers = make([]infoNumbers, len(names))
	for i, rule := range infoRules(names) {
		r.numbers[i].name = names[i]
		r.slots[i].text, r.slots[i].rule = s.find(seriesKey{record.KindInfo, -1, names[i]}), rule
	}
	r.coder.prepare(r.numbers)
}
