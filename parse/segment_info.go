package parse

import "bytes"

// An infoWriter parts INFO into a template, the shapes of its values and their numbers.
type infoWriter struct {
	template []byte
	slots    []infoSlot
	// scratch
	cut    []byte
	values []span
	keys   []string
	shape  []byte
	nums   []int64
	scales []byte
	told   []byte
}

// An infoSlot is one key of the template.
type infoSlot struct {
	name  string
	value []byte  // of the last sample
	text  int32   // series of the shape
	nums  []int32 // series of the numbers
	rule  infoRule
	tells bool // the value follows from the rule, so far
}

func (w *infoWriter) add(set *seriesSet, nth int64, text []byte) {
	w.cut, w.values = w.cut[:0], w.values[:0]
	at := 0
	eachInfoLine(text, func(_ []byte, _, value span) {
		w.cut = append(w.cut, text[at:value.lo]...)
		w.values, at = append(w.values, value), value.hi
	})
	w.cut = append(w.cut, text[at:]...)
	fresh := w.slots == nil || !bytes.Equal(w.cut, w.template)
	if fresh {
		w.prepare(set, nth)
	}
	value := func(i int) []byte { return text[w.values[i].lo:w.values[i].hi] }
	for i := range w.slots {
		slot, v := &w.slots[i], value(i)
		if slot.tells {
			if w.follows(set, slot, nth, value, v) {
				continue
			}
			slot.tells, slot.value = false, nil
		} else if !fresh && bytes.Equal(v, slot.value) {
			continue
		}
		slot.value = append(slot.value[:0], v...)
		w.addValue(set, slot, nth, v)
	}
}

// follows notes a value v as following from others, if it does.
func (w *infoWriter) follows(set *seriesSet, slot *infoSlot, nth int64, value func(int) []byte, v []byte) bool {
	if slot.rule.shape == shapeRest {
		n, scale, ok := wholeNumber(v)
		near, nearScale, nearOK := wholeNumber(value(slot.rule.from[0]))
		if !ok || !nearOK || scale != nearScale {
			return false
		}
		i := set.at(seriesKey{KindInfo, restPart, slot.name})
		set.all[i].field = "more than " + w.slots[slot.rule.from[0]].name
		set.setNum(i, nth, n-near, scale)
		set.setText(slot.text, nth, shapeRest+string('0'+rune(scale))+"}")
		return true
	}
	var ok bool
	w.told, ok = slot.rule.append(w.told[:0], func(i int) (int64, bool) {
		n, scale, ok := wholeNumber(value(i))
		return n, ok && scale == 0
	})
	if !ok || !bytes.Equal(w.told, v) {
		return false
	}
	set.setText(slot.text, nth, slot.rule.shape)
	return true
}

// prepare takes w.cut for the template and makes its slots.
func (w *infoWriter) prepare(set *seriesSet, nth int64) {
	w.template = append(w.template[:0], w.cut...)
	set.setText(set.at(seriesKey{KindInfo, -1, keyTemplate}), nth, string(w.cut))
	w.keys = w.keys[:0]
	eachInfoLine(w.cut, func(_ []byte, key, _ span) {
		w.keys = append(w.keys, string(w.cut[key.lo:key.hi]))
	})
	names := seriesNames(w.keys)
	w.slots = make([]infoSlot, len(names))
	for i, name := range names {
		w.slots[i] = infoSlot{name: name, text: set.at(seriesKey{KindInfo, -1, name})}
	}
	for i, r := range infoRules(names) {
		w.slots[i].rule, w.slots[i].tells = r, r.shape != ""
	}
}

// addValue notes a value that is new.
func (w *infoWriter) addValue(set *seriesSet, slot *infoSlot, nth int64, v []byte) {
	w.shape, w.nums, w.scales = cutNumbers(w.shape[:0], w.nums[:0], w.scales[:0], v)
	w.shape, w.nums, w.scales = cutQuotient(w.shape, w.nums, w.scales)
	if x := &set.all[slot.text]; x.rows == 0 || x.text != string(w.shape) {
		set.setText(slot.text, nth, string(w.shape))
	}
	for p, n := range w.nums {
		if p == len(slot.nums) {
			i := set.at(seriesKey{KindInfo, int32(p), slot.name})
			set.all[i].field = fieldOfNumber(w.shape, p)
			slot.nums = append(slot.nums, i)
		}
		set.setNum(slot.nums[p], nth, n, w.scales[p])
	}
}

// fieldOfNumber gives the word before the p-th number of a shape, as calls in
// calls={0},usec={0}; empty where there is none.
func fieldOfNumber(shape []byte, p int) string {
	for i, begin := 0, 0; i < len(shape); i++ {
		switch {
		case shape[i] == ',':
			begin = i + 1
		case shape[i] == '{' && i+1 < len(shape) && shape[i+1] == '{':
			i++
		case shape[i] == '{' && shape[i+1] != perCallMark: // that one is not kept
			if p == 0 && i > begin && shape[i-1] == '=' {
				return string(shape[begin : i-1])
			}
			if p--; p < 0 {
				return ""
			}
		}
	}
	return ""
}
