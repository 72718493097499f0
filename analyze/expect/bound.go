package expect

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds are bounds of quantities by the quantity's id, as written: "800", "60s", "< 0.5".
type Bounds map[string]string

// JSONSchema describes them: a property a quantity, or a list of lines as Pair reads them.
func (Bounds) JSONSchema() string {
	var props []string
	for _, q := range Quantities() {
		props = append(props, fmt.Sprintf(`%q: {"description": %q, "type": ["number", "string"]}`, q.ID, q.Doc))
	}
	return `{"anyOf": [{"type": "object", "properties": {` + strings.Join(props, ", ") + `}}, {"type": "array", "items": {"type": "string"}}]}`
}

// sorted gives the ids in the order of the table of quantities, unknown ones last.
func (b Bounds) sorted() []string {
	return slices.SortedFunc(maps.Keys(b), func(x, y string) int {
		if i, j := index(x), index(y); i != j {
			return i - j
		}
		return strings.Compare(x, y)
	})
}

// A Bound is a range of a quantity.
type Bound struct {
	Lo, Hi         float64 // -Inf and +Inf are no bound
	LoOpen, HiOpen bool    // the end itself is outside
	Text           string  // as people write it
}

// bounded is a quantity with its bound, and the field it stands in.
type bounded struct {
	field string
	q     *Quantity
	Bound
}

// pairForm is a quantity and its bound on one line.
var pairForm = regexp.MustCompile(`^\s*([a-z][a-z0-9_]*)\s*(?::|=(?:[^=]|$)|([<>]=?|==))`)

// Pair splits "growth_per_min < 0.5", "max_connections: 800" or "refused=0".
func Pair(s string) (name, bound string, err error) {
	m := pairForm.FindStringSubmatchIndex(s)
	if m == nil {
		return "", "", errors.New("no quantity and its bound, as growth_per_min < 0.5")
	}
	name = s[m[2]:m[3]]
	rest := strings.TrimSpace(s[m[3]:])
	if m[4] < 0 { // a colon, or =
		rest = strings.TrimSpace(rest[1:])
	}
	return name, rest, nil
}

// bounds reads the bounds of a field. A bare number is exact among counts, and at most that among
// budgets.
func (r *reader) bounds(field string, b Bounds, exact bool) {
	for _, id := range b.sorted() {
		at := r.e.At(field + "." + id)
		q := QuantityByID(id)
		if q == nil {
			r.problem(at, "%s: unknown quantity %q%s", field, id, r.hint(id, quantityIDs()))
			continue
		}
		bound, err := q.Bound(b[id], exact)
		if err != nil {
			r.problem(at, "%s: %s %q: %s", field, id, b[id], err)
			continue
		}
		r.e.checked = append(r.e.checked, bounded{field, q, bound})
	}
}

// Bound reads a bound of the quantity.
func (q *Quantity) Bound(s string, exact bool) (b Bound, err error) {
	s = strings.TrimSpace(s)
	b = Bound{Lo: math.Inf(-1), Hi: math.Inf(1), Text: s}
	switch {
	case strings.HasPrefix(s, "<="):
		b.Hi, err = q.value(s[2:])
	case strings.HasPrefix(s, ">="):
		b.Lo, err = q.value(s[2:])
	case strings.HasPrefix(s, "<"):
		b.HiOpen = true
		b.Hi, err = q.value(s[1:])
	case strings.HasPrefix(s, ">"):
		b.LoOpen = true
		b.Lo, err = q.value(s[1:])
	case strings.HasPrefix(s, "="):
		b.Hi, err = q.value(strings.TrimPrefix(s[1:], "="))
		b.Lo = b.Hi
	case strings.Contains(s, ".."):
		lo, hi, _ := strings.Cut(s, "..")
		b.Lo, err = q.value(lo)
		if err == nil {
			b.Hi, err = q.value(hi)
		}
	case strings.Contains(s, "+-"), strings.Contains(s, "±"):
		b.Lo, b.Hi, err = q.around(strings.Replace(s, "±", "+-", 1))
	default:
		if b.Hi, err = q.value(s); exact {
			b.Lo = b.Hi
		} else {
			b.Text = "at most " + s
		}
	}
	switch {
	case err != nil:
		return b, err
	case b.Lo > b.Hi:
		return b, errors.New("the range ends before it begins")
	case !q.Signed && (b.Hi < 0 || b.Hi == 0 && b.HiOpen):
		return b, errors.New("it cannot be below 0")
	}
	return b, nil
}

// around reads a value and its tolerance, of the same unit or in per cent.
func (q *Quantity) around(s string) (lo, hi float64, err error) {
	mid, by, _ := strings.Cut(s, "+-")
	m, err := q.value(mid)
	if err != nil {
		return 0, 0, err
	}
	by = strings.TrimSpace(by)
	var d float64
	if share, ok := strings.CutSuffix(by, "%"); ok && q.Unit != Share {
		d, err = number(share)
		d *= math.Abs(m) / 100
	} else {
		d, err = q.value(by)
	}
	switch {
	case err != nil:
		return 0, 0, err
	case d < 0:
		return 0, 0, errors.New("the tolerance is below 0")
	case math.IsInf(m-d, 0), math.IsInf(m+d, 0):
		return 0, 0, errors.New("the tolerance leaves all numbers")
	}
	return m - d, m + d, nil
}

// value reads a number in the quantity's unit.
func (q *Quantity) value(s string) (float64, error) {
	s = strings.TrimSpace(s)
	switch q.Unit {
	case Seconds:
		if d, err := time.ParseDuration(s); err == nil {
			return d.Seconds(), nil
		}
		if v, err := number(s); err == nil {
			return v, nil
		}
		return 0, errors.New("no duration as 60s")
	case Bytes:
		return bytesOf(s)
	case Share:
		if p, ok := strings.CutSuffix(s, "%"); ok {
			v, err := number(p)
			return v / 100, err
		}
	}
	return number(s)
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errors.New("no number")
	}
	return v, nil
}

// byteUnits are longest first: all end in the last.
var byteUnits = []struct {
	name  string
	bytes float64
}{{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

func bytesOf(s string) (float64, error) {
	upper, unit := strings.ToUpper(s), 1.0
	for _, u := range byteUnits {
		if n, ok := strings.CutSuffix(upper, u.name); ok {
			upper, unit = n, u.bytes
			break
		}
	}
	v, err := number(upper)
	if v *= unit; err != nil || math.IsInf(v, 0) {
		return 0, errors.New("no size as 64MB")
	}
	return v, nil
}

// side tells on which side of the bound a value is: -1 below, 1 above, 0 within.
func (b *Bound) side(v float64) int {
	switch {
	case v > b.Hi || v == b.Hi && b.HiOpen:
		return 1
	case v < b.Lo || v == b.Lo && b.LoOpen:
		return -1
	}
	return 0
}
