package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Read reads a report that Write wrote, of this or an older connbox of the same schema; fields
// that it does not know are passed over. What it gives writes the same JSON again.
func Read(r io.Reader) (*Report, error) {
	d := json.NewDecoder(r)
	var out Report
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("no report of connbox: %w", err)
	}
	switch {
	case out.Tool.Name != "connbox" || out.Schema < 1:
		return nil, errors.New("no report of connbox: its tool is another one")
	case out.Schema > Schema:
		return nil, fmt.Errorf("report of schema %d; this connbox reads up to %d", out.Schema, Schema)
	}
	return &out, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Number) UnmarshalJSON(b []byte) error { return orNaN(b, (*float64)(v)) }

// UnmarshalJSON implements json.Unmarshaler.
func (p *Probability) UnmarshalJSON(b []byte) error { return orNaN(b, (*float64)(p)) }

func orNaN(b []byte, v *float64) error {
	if string(b) == "null" {
		*v = math.NaN()
		return nil
	}
	return json.Unmarshal(b, v)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Moment) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = Moment{}
		return nil
	}
	return json.Unmarshal(b, (*time.Time)(s))
}

// Time gives the time in UTC; the zero time where it is not known.
func (s Moment) Time() time.Time { return time.Time(s).UTC() }

// forecastOf gives nil where nothing can be said.
func forecastOf(f finding.Forecast) *Forecast {
	if !f.Known {
		return nil
	}
	return &Forecast{Number(f.Value), [2]Number{Number(f.Lo), Number(f.Hi)}}
}

func poolOf(p finding.Pool) Pool {
	return Pool{p.Service, Number(p.Instances), Number(p.Size), Number(p.Needed), [2]Number{Number(p.Lo), Number(p.Hi)}, p.Spare()}
}
