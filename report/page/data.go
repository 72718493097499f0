package page

import (
	"encoding/json"
	"html/template"
	"math"
	"sort"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// The script's data: the points the charts are drawn from, so that the value under the
// cursor is the value in the drawing.
type (
	dataView struct {
		From   float64      `json:"from"` // seconds since 1970
		Span   float64      `json:"span"` // seconds
		Zones  [][2]float64 `json:"zones"`
		Charts []chartView  `json:"charts"`
	}
	chartView struct {
		ID    string     `json:"id"`
		Lines []lineView `json:"lines"`
	}
	lineView struct {
		Name string    `json:"n"`
		Unit string    `json:"u"`
		T    []float64 `json:"t"` // seconds since From
		V    []short6  `json:"v"`
	}
)

// short6 is a number with at most six significant digits; NaN is null.
type short6 float64

func (v short6) MarshalJSON() ([]byte, error) {
	if !units.Finite(float64(v)) {
		return []byte("null"), nil
	}
	return []byte(units.Plain(float64(v))), nil
}

// chartData encodes the points as JSON. json.Marshal escapes <, > and &, so the text
// cannot end its script element.
func chartData(r *finding.Report, zone *time.Location, built []panel) (template.JS, error) {
	from, to := r.Input.From, r.Input.To
	d := dataView{From: unixSeconds(from), Span: to.Sub(from).Seconds(), Zones: zoneChanges(from, to, zone), Charts: []chartView{}}
	for _, p := range built {
		if p.Flat != "" {
			continue
		}
		c := chartView{ID: p.ID}
		for _, l := range p.Lines {
			lv := lineView{Name: l.Name, Unit: l.Unit, T: make([]float64, 0, len(l.Points)), V: make([]short6, 0, len(l.Points))}
			for _, pt := range l.Points {
				lv.T = append(lv.T, math.Round(pt.At.Sub(from).Seconds()*100)/100)
				lv.V = append(lv.V, short6(pt.V))
			}
			c.Lines = append(c.Lines, lv)
		}
		d.Charts = append(d.Charts, c)
	}
	b, err := json.Marshal(d)
	return template.JS(b), err
}

func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// zoneChanges gives the offsets of the zone, each from when it holds: summer time may
// begin within a recording, and the script has no zone table for a named place.
func zoneChanges(from, to time.Time, zone *time.Location) [][2]float64 {
	var out [][2]float64
	for t := from.In(zone); len(out) < 8; {
		_, off := t.Zone()
		out = append(out, [2]float64{unixSeconds(t), float64(off)})
		_, end := t.ZoneBounds()
		if end.IsZero() || !end.Before(to) {
			break
		}
		t = end
	}
	return out
}

// numbersView is the table behind the charts, one row a moment or a span of time.
type numbersView struct {
	Head []string
	Rows [][]string
	Note string
}

// tableRows is the most rows the table has; a longer recording shows spans.
const tableRows = 240

// numbersTable lists every value of the series when there are few, else the least and the
// largest of each span.
func numbersTable(r *finding.Report, c units.Clock, built []panel) *numbersView {
	t := &numbersView{Head: []string{c.ZoneName(r.Input.From)}}
	var sigs []*finding.Signal
	for i := range r.Signals {
		s := &r.Signals[i]
		if _, _, ok := words.Peak(s); ok && len(sigs) < 12 {
			sigs = append(sigs, s)
			t.Head = append(t.Head, lineName(s)+", "+s.Unit)
		}
	}
	if len(sigs) == 0 || len(built) == 0 {
		return nil
	}
	if times := distinctTimes(sigs, tableRows); times != nil {
		t.exact(sigs, times, c)
	} else {
		t.spans(sigs, r.Input.From, r.Input.To, c)
	}
	return t
}

// distinctTimes gives the sorted times of all series; nil when there are more than most.
func distinctTimes(sigs []*finding.Signal, most int) []time.Time {
	seen := map[int64]bool{}
	var out []time.Time
	for _, s := range sigs {
		ts, _ := words.Points(s)
		for _, t := range ts {
			if seen[t.UnixNano()] {
				continue
			}
			if len(out) == most {
				return nil
			}
			seen[t.UnixNano()] = true
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Before(out[j]) })
	return out
}

func (n *numbersView) exact(sigs []*finding.Signal, times []time.Time, c units.Clock) {
	row := map[int64]int{}
	for i, t := range times {
		row[t.UnixNano()] = i
		n.Rows = append(n.Rows, make([]string, len(sigs)+1))
		n.Rows[i][0] = c.At(t)
	}
	for k, s := range sigs {
		ts, vs := words.Points(s)
		for i, t := range ts {
			n.Rows[row[t.UnixNano()]][k+1] = units.Plain(vs[i])
		}
	}
	n.Note = "Every sample; an empty cell is a missing value."
}

func (n *numbersView) spans(sigs []*finding.Signal, from, to time.Time, c units.Clock) {
	span := to.Sub(from)
	if span <= 0 {
		return
	}
	type least struct{ lo, hi float64 }
	cells := make([][]least, tableRows)
	for i := range cells {
		cells[i] = make([]least, len(sigs))
		for k := range cells[i] {
			cells[i][k] = least{math.Inf(1), math.Inf(-1)}
		}
	}
	for k, s := range sigs {
		ts, vs := words.Points(s)
		for i, t := range ts {
			if !units.Finite(vs[i]) || t.Before(from) || t.After(to) {
				continue
			}
			x := &cells[min(tableRows-1, int(float64(t.Sub(from))/float64(span)*tableRows))][k]
			x.lo, x.hi = min(x.lo, vs[i]), max(x.hi, vs[i])
		}
	}
	for i, row := range cells {
		out := []string{c.At(from.Add(time.Duration(float64(span) * float64(i) / tableRows)))}
		for _, x := range row {
			switch {
			case x.lo > x.hi:
				out = append(out, "")
			case units.Plain(x.lo) == units.Plain(x.hi):
				out = append(out, units.Plain(x.lo))
			default:
				out = append(out, units.Plain(x.lo)+" to "+units.Plain(x.hi))
			}
		}
		n.Rows = append(n.Rows, out)
	}
	n.Note = "The least and the largest value of each span of " + units.Duration(span/tableRows) + ", which begins at the time shown; an empty cell is a missing value."
}
