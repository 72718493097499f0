package page

import (
	"encoding/json"
	"html/template"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// The script's data: all values of the lines that are drawn, so that zooming shows what the drawing
// of the whole had no room for, and who held the slots at each moment.
type (
	dataView struct {
		From   float64      `json:"from"` // seconds since 1970
		Span   float64      `json:"span"` // seconds
		Zones  [][2]float64 `json:"zones"`
		Times  []column     `json:"times"` // seconds since From
		Charts []chartView  `json:"charts"`
		Held   *heldView    `json:"held,omitempty"`
		Heat   *heatView    `json:"heat,omitempty"`
		Events []float64    `json:"events"` // of the timeline, seconds since From
		Limit  *limitView   `json:"limit,omitempty"`
		Moment momentView   `json:"moment"`
	}
	chartView struct {
		ID    string     `json:"id"`
		Lo    float64    `json:"lo"` // see svgchart.Axis
		Hi    float64    `json:"hi"`
		Log   bool       `json:"log,omitempty"`
		Lines []lineView `json:"lines"` // as data-s counts them in the drawing
	}
	lineView struct {
		Name  string  `json:"n"`
		Unit  string  `json:"u"`
		T     int     `json:"t"` // of Times
		V     *column `json:"v,omitempty"`
		Gap   float64 `json:"gap"` // seconds
		Step  bool    `json:"step,omitempty"`
		Fixed bool    `json:"fixed,omitempty"`
		Group int     `json:"group,omitempty"` // of Held, from 1: an area on those before
	}
	// heldView is who held the slots, a column a moment.
	heldView struct {
		T      int         `json:"t"`
		Groups []groupView `json:"groups"`
	}
	groupView struct {
		N       column `json:"n"`
		Hosts   column `json:"hosts"`
		Unused  column `json:"unused"`
		Blocked column `json:"blocked"`
	}
	// heatView is how many connections had been unused for how long, the rows as they are drawn.
	heatView struct {
		T    int      `json:"t"`
		Rows []column `json:"rows"`
	}
	limitView struct {
		T int    `json:"t"`
		V column `json:"v"`
	}
	// momentView is what the slider moves through, and where it begins.
	momentView struct {
		T     int `json:"t"`
		Start int `json:"start"`
	}
)

// timeTable keeps each list of times once.
type timeTable struct {
	from time.Time
	all  [][]time.Time
}

// of finds or enters a list.
func (t *timeTable) of(at []time.Time) int {
	if i := slices.IndexFunc(t.all, func(have []time.Time) bool { return slices.Equal(have, at) }); i >= 0 {
		return i
	}
	t.all = append(t.all, at)
	return len(t.all) - 1
}

func (t *timeTable) columns() []column {
	out := make([]column, len(t.all))
	for i, at := range t.all {
		s := make([]float64, len(at))
		for k := range at {
			s[k] = math.Round(at[k].Sub(t.from).Seconds()*10) / 10
		}
		out[i] = pack(s)
	}
	return out
}

// chartData encodes the points as JSON of ASCII alone: in a script element references mean nothing.
// json.Marshal escapes <, > and &, so the text cannot end it.
func chartData(r *finding.Report, set *chartSet, built []panel, heat []svgchart.HeatRow) (template.JS, error) {
	from, to := r.Input.From, r.Input.To
	times := &timeTable{from: from}
	d := dataView{From: unixSeconds(from), Span: to.Sub(from).Seconds(), Zones: zoneChanges(from, to, set.zone), Charts: []chartView{}, Events: []float64{}}
	for _, p := range built {
		if p.Flat != "" {
			continue
		}
		axis := p.Chart.Axis()
		c := chartView{ID: p.ID, Lo: finite(axis.Lo), Hi: finite(axis.Hi), Log: axis.Log, Lines: []lineView{}}
		for _, l := range p.Lines {
			l.At, l.V = detail(&l, from, to)
			l.closer(r)
			lv := lineView{Name: l.Name, Unit: l.Unit, T: times.of(l.At), Gap: l.Gap.Seconds(), Step: l.Step, Fixed: l.Fixed, Group: l.Group}
			if l.Group == 0 {
				v := pack(l.V)
				lv.V = &v
			}
			c.Lines = append(c.Lines, lv)
		}
		d.Charts = append(d.Charts, c)
	}
	for _, e := range r.Timeline[:min(len(r.Timeline), maxTimeline)] {
		d.Events = append(d.Events, math.Round(e.At.Sub(from).Seconds()*10)/10)
	}
	if h := &r.Held; len(h.At) > 0 {
		d.Held = &heldView{T: times.of(h.At)}
		for _, g := range heldGroups(r) {
			d.Held.Groups = append(d.Held.Groups, groupView{pack(g.Connections), pack(g.Hosts), pack(g.Unused), pack(g.Blocked)})
		}
		if len(heat) > 0 {
			d.Heat = &heatView{T: d.Held.T}
			for _, row := range heat {
				d.Heat.Rows = append(d.Heat.Rows, pack(row.V))
			}
		}
	}
	if at, v := changes(set.limit); len(at) > 0 {
		d.Limit = &limitView{times.of(at), pack(v)}
	}
	at, start := moments(r)
	d.Moment = momentView{times.of(at), start}
	d.Times = times.columns()
	b, err := json.Marshal(d)
	return template.JS(inert.JSONASCII(b)), err
}

// maxDetail is how many values of a line the script gets, as many as a timeline has samples. A
// longer series, as no analysis gives, is thinned.
const maxDetail = 2100

// detail gives the values of a line that zooming shows.
func detail(l *panelLine, from, to time.Time) ([]time.Time, []float64) {
	if len(l.At) == len(l.V) && len(l.At) <= maxDetail {
		return l.At, l.V
	}
	const columns = 500
	var at []time.Time
	var v []float64
	for _, p := range svgchart.ThinTo(columns, l.At, l.V, from, to, l.Gap) {
		at, v = append(at, p.At), append(v, p.V)
	}
	return at, v
}

// closer puts the samples of a closer look in the place of those that the line has of that time.
func (l *panelLine) closer(r *finding.Report) {
	i := slices.IndexFunc(r.Closer, func(s finding.Signal) bool { return s.ID == l.ID })
	if i < 0 || l.ID == "" {
		return
	}
	at, v := words.Told(&r.Closer[i])
	if len(at) < 2 || len(at) > maxDetail || len(l.At) != len(l.V) {
		return
	}
	lo := sort.Search(len(l.At), func(k int) bool { return !l.At[k].Before(at[0]) })
	hi := sort.Search(len(l.At), func(k int) bool { return l.At[k].After(at[len(at)-1]) })
	if hi < lo {
		return
	}
	l.At = slices.Concat(l.At[:lo], at, l.At[hi:])
	l.V = slices.Concat(l.V[:lo], v, l.V[hi:])
}

// changes keeps the first of a run of equal values.
func changes(ps []svgchart.Point) (at []time.Time, v []float64) {
	for i, p := range ps {
		if i == 0 || p.V != ps[i-1].V {
			at, v = append(at, p.At), append(v, p.V)
		}
	}
	return at, v
}

// finite is v, and 0 for what JSON has no number for.
func finite(v float64) float64 {
	if units.Finite(v) {
		return v
	}
	return 0
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
