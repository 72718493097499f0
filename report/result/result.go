// Package result writes a report for programs: the whole as JSON, or its answer in brief. The
// types are the schema: docs/schema is made from them.
package result

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Schema is the version of the JSON report. Fields may be added within a version; none is
// renamed or removed.
const Schema = 1

// Write writes the report for programs. Values are as measured, not scaled or cut;
// times are UTC; what is not known is null; lists are never null.
func Write(w io.Writer, r *finding.Report, o words.Options) error {
	out := Of(r, o.WithDefaults(r.Input.Name).Version)
	return out.Write(w)
}

// Write writes the report as JSON, one field a line, with one call of w.Write. Characters that
// could act on a terminal are escaped.
func (r *Report) Write(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(inert.JSON(b.Bytes()))
	return err
}

// A Number may be missing: NaN and infinities are null, and null is NaN.
type Number float64

// MarshalJSON implements json.Marshaler.
func (v Number) MarshalJSON() ([]byte, error) {
	if !units.Finite(float64(v)) {
		return []byte("null"), nil
	}
	return json.Marshal(units.Rounded(float64(v)))
}

// A Probability is written with four decimals, so that the last bit of a sum in
// another order is no difference between two reports; null is NaN.
type Probability float64

// MarshalJSON implements json.Marshaler.
func (p Probability) MarshalJSON() ([]byte, error) {
	if !units.Finite(float64(p)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(p)*1e4)/1e4, 'f', -1, 64), nil
}

// A Moment is a time; the zero time is null. Years outside RFC 3339 are null as well.
type Moment time.Time

// MarshalJSON implements json.Marshaler.
func (s Moment) MarshalJSON() ([]byte, error) {
	t := time.Time(s).UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return []byte("null"), nil
	}
	return []byte(t.Format(`"` + time.RFC3339Nano + `"`)), nil
}

// known writes a count or amount whose negative means "not known".
func known(v float64) Number {
	if v < 0 {
		return Number(math.NaN())
	}
	return Number(v)
}
