package parse

import (
	"bytes"

	"github.com/connbox/connbox/parse/record"
)

// An infoWriter parts INFO into a template, the shapes of its values and their numbers.
type infoWriter struct {
	keysOnly []byte // the reply without its values
	slots    []infoSlot
	numbers  []infoNumbers // of the slots
	count    int           // of them
	coder    *infoCoder    // nil before the first reply
	// scratch
	cut    []byte
	values []record.Span
	keys   []string
	shape  []byte
	nums   []int64
	scales []byte
	told   []byte
}

// An infoSlot is one key of the template.
type infoSlot struct {
	name  string
	value []byte // of the last sample
	shape string
	rule  infoRule
	tells bool // the value follows from the rule, so far
}

func (w *infoWriter) add(set *seriesSet, nth, at int64, text []byte) {
	w.cut, w.values = w.cut[:0], w.values[:0]
	from := 0
	eachInfoValue(text, func(_, value record.Span) {
		w.cut = append(w.cut, text[from:value.Lo]...)
		w.values, from = append(w.values, value), value.Hi
	})
	w.cut = append(w.cut, text[from:]...)
	fresh := w.coder == nil || !bytes.Equal(w.cut, w.keysOnly)
	if fresh {
		w.prepare()
	}
	value := func(i int) []byte { return text[w.values[i].Lo:w.values[i].Hi] }
	for i := range w.slots {
		slot, v := &w.slots[i], value(i)
		told := slot.tells && w.follows(slot, value, v)
		if !told && !slot.tells && !fresh && bytes.Equal(v, slot.value) {
			continue
		}
		w.shape = append(w.shape[:0], slot.rule.shape...)
		if !told {
			slot.tells = false
			slot.value = append(slot.value[:0], v...)
			w.cutValue(&w.numbers[i], v)
		}
		if slot.shape != string(w.shape) {
			slot.shape = string(w.shape)
			if !fresh {
				set.setText(set.at(seriesKey{record.KindInfo, -1, slot.name}), nth, slot.shape)
			}
		}
	}
	if fresh {
		w.setTemplate(set, nth, text)
	}
	w.coder.code(at, w.numbers)
}

// bytes is about how much memory is held.
func (w *infoWriter) bytes() int {
	if w.coder == nil {
		return 0
	}
	return len(w.coder.numbers.rc.bytes) + len(w.coder.numbers.models)*bytesPerModel
}

// coded gives the numbers of all replies so far; none may follow.
func (w *infoWriter) coded() []byte {
	w.coder.end()
	return w.coder.numbers.rc.finish()
}

// follows tells whether a slot's value v follows from others.
func (w *infoWriter) follows(slot *infoSlot, value func(int) []byte, v []byte) bool {
	var ok bool
	w.told, ok = slot.rule.append(w.told[:0], func(i int) (int64, bool) {
		n, scale, ok := wholeNumber(value(i))
		return n, ok && scale == 0
	})
	return ok && bytes.Equal(w.told, v)
}

// prepare takes w.cut for the reply's keys and makes their slots.
func (w *infoWriter) prepare() {
	w.keysOnly = append(w.keysOnly[:0], w.cut...)
	w.keys = w.keys[:0]
	eachInfoValue(w.cut, func(key, _ record.Span) {
		w.keys = append(w.keys, string(w.cut[key.Lo:key.Hi]))
	})
	names := seriesNames(w.keys)
	w.slots, w.numbers, w.count = make([]infoSlot, len(names)), make([]infoNumbers, len(names)), 0
	for i, r := range infoRules(names) {
		w.numbers[i].name = names[i]
		w.slots[i] = infoSlot{name: names[i], rule: r, tells: r.shape != ""}
	}
	if w.coder == nil {
		w.coder = newInfoCoder(newRangeWriter())
	}
	w.coder.prepare(w.numbers)
}

// setTemplate notes a reply of other keys than the one before, with the shapes of its
// values. A shape that had changed since an earlier template has to be said again.
func (w *infoWriter) setTemplate(set *seriesSet, nth int64, text []byte) {
	w.cut = w.cut[:0]
	from := 0
	for i, v := range w.values {
		w.cut = append(append(w.cut, text[from:v.Lo]...), w.slots[i].shape...)
		from = v.Hi
		if t, ok := set.index[seriesKey{record.KindInfo, -1, w.slots[i].name}]; ok {
			set.setText(t, nth, w.slots[i].shape)
		}
	}
	w.cut = append(w.cut, text[from:]...)
	set.setText(set.at(seriesKey{record.KindInfo, -1, keyTemplate}), nth, string(w.cut))
}

// cutValue parts a value into w.shape and its numbers.
func (w *infoWriter) cutValue(numbers *infoNumbers, v []byte) {
	w.shape, w.nums, w.scales = cutNumbers(w.shape[:0], w.nums[:0], w.scales[:0], v)
	w.shape, w.nums = cutQuotient(w.shape, w.nums)
	if w.count += len(w.nums) - len(numbers.values); w.count > maxInfoNumbers {
		w.count -= len(w.nums)
		w.shape, w.nums = quoteShape(w.shape[:0], v), w.nums[:0]
	}
	numbers.values = append(numbers.values[:0], w.nums...)
}
