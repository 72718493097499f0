package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A column is a list of numbers, packed for the script: each as its difference to the number
// before, in units of ten to the minus D. The text has them with commas between; nothing stands
// for 0, "n" for a missing number, which changes nothing, and "*12" for twelve times the number
// before.
type column struct {
	D int    `json:"d"`
	S string `json:"s"`
}

// columnDigits is how many digits of the largest number are kept: what is left out is far below a pixel.
const columnDigits = 5

// pack packs numbers. What is not finite, or too large for a whole number of a script, is missing.
func pack(v []float64) column {
	most, whole := 0.0, true
	for _, x := range v {
		if packs(x) {
			most, whole = max(most, math.Abs(x)), whole && x == math.Trunc(x)
		}
	}
	c := column{}
	for scaled := most; !whole && most > 0 && c.D < 9 && scaled < math.Pow10(columnDigits-1); scaled *= 10 {
		c.D++
	}
	scale := math.Pow10(c.D)
	var b strings.Builder
	last, same := 0.0, 0
	flush := func() {
		switch {
		case same > 2:
			fmt.Fprintf(&b, "*%d,", same)
		default:
			b.WriteString(strings.Repeat(",", same))
		}
		same = 0
	}
	for i, x := range v {
		if !packs(x) {
			flush()
			b.WriteString("n,")
			continue
		}
		x = math.Round(x * scale)
		if x == last && i > 0 && packs(v[i-1]) {
			same++
			continue
		}
		flush()
		if x != last {
			b.WriteString(strconv.FormatFloat(x-last, 'f', -1, 64))
		}
		b.WriteByte(',')
		last = x
	}
	flush()
	c.S = strings.TrimSuffix(b.String(), ",")
	if len(v) > 0 && c.S == "" && len(v) == 1 {
		c.S = "0" // one number, not none
	}
	return c
}

// packs tells the numbers that a script has exactly.
func packs(x float64) bool { return math.Abs(x) < 1e15 }
