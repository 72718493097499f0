package page

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// panels are the charts of the page from top to bottom, each with the series it draws. A
// series that is not named here gets a panel of its own at the end.
var panels = [...]struct {
	title   string
	signals []string
	height  int
	method  string // how the numbers come about
}{
	{"Refused connections", []string{"refused"}, 90, "difference of INFO's rejected_connections between two samples, over their distance in time"},
	{"New and closed connections", []string{"accepted", "closed"}, 90, "accepted: difference of total_connections_received over time, refused ones not counted; closed: accepted minus the growth of the connections"},
	{"Commands", []string{"commands"}, 90, "difference of total_commands_processed over time"},
	{"Blocked clients", []string{"blocked"}, 90, "INFO's blocked_clients"},
	{"Output waiting for clients", []string{"output_memory"}, 90, "sum of omem over CLIENT LIST"},
	{"Median idle time", []string{"idle"}, 90, "of all listed connections, from CLIENT LIST's idle"},
}

// maxPanels and maxMarks bound what a stranger's report can make of the page. The first chart has
// all marks, with what they stand for.
const (
	maxPanels = 12
	maxMarks  = 30
)

// A panel is one chart of the page with what stands around it.
type panel struct {
	ID, Title, Unit, Method string
	Log                     bool
	Flat                    string // set instead of a chart: "0 throughout"
	Lines                   []panelLine
	Chart                   svgchart.Chart
}

// A panelLine is a series of a chart with its name and all of its values, of which the drawing
// has what its width can show: the script draws the rest when it zooms.
type panelLine struct {
	ID         string // of the signal; empty: of none
	Name, Unit string
	Color      int // of a line, or of an area
	Area       bool
	Group      int // of finding.Held, from 1; 0 is none
	At         []time.Time
	V          []float64
	Gap        time.Duration // from which distance on no line is drawn
	Step       bool
	Fixed      bool // drawn once: dots and what lies between few points
}

// chartSet is everything the charts share.
type chartSet struct {
	r     *finding.Report
	zone  *time.Location
	bands []svgchart.Band
	marks []svgchart.Mark
	limit []svgchart.Point
}

func newChartSet(r *finding.Report, zone *time.Location) *chartSet {
	c := &chartSet{r: r, zone: zone}
	if w, _, ok := words.IncidentWindow(r); ok {
		c.bands = []svgchart.Band{{From: w.From, To: w.To}}
	}
	for i, e := range r.Timeline[:min(len(r.Timeline), maxTimeline)] {
		c.marks = append(c.marks, svgchart.Mark{At: e.At, N: i + 1, Label: inert.Short(e.What, 60)})
	}
	c.limit = c.limitLine()
	return c
}

// limitLine gives the course of the limit, or the one known value over the whole span.
func (c *chartSet) limitLine() []svgchart.Point {
	in, l := c.r.Input, c.r.Limit
	pts := svgchart.Thin(l.At, l.Value, in.From, in.To, 0)
	var out []svgchart.Point
	for _, p := range pts { // a limit is a setting: it holds between samples
		if !math.IsNaN(p.V) && p.V > 0 {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		if words.LimitValue(c.r) == 0 {
			return nil
		}
		out = []svgchart.Point{{At: in.From, V: words.LimitValue(c.r)}}
	}
	out[0].At = in.From
	return append(out, svgchart.Point{At: in.To, V: out[len(out)-1].V})
}

// build gives the panels that have data.
func (c *chartSet) build() []panel {
	var out []panel
	drawn := map[string]bool{"connections": true}
	if p, ok := c.hero(); ok {
		out = append(out, p)
	}
	for _, def := range panels {
		var sigs []*finding.Signal
		for _, id := range def.signals {
			drawn[id] = true
			if s := words.Signal(c.r, id); s != nil {
				sigs = append(sigs, s)
			}
		}
		if p, ok := c.panel(len(out), def.title, def.method, def.height, sigs); ok {
			out = append(out, p)
		}
	}
	for i := range c.r.Signals {
		s := &c.r.Signals[i]
		if drawn[s.ID] || len(out) >= maxPanels {
			continue
		}
		drawn[s.ID] = true
		title := s.Title
		if title == "" {
			title = s.ID
		}
		if p, ok := c.panel(len(out), inert.Short(title, 60), "", 90, []*finding.Signal{s}); ok {
			out = append(out, p)
		}
	}
	return out
}

// panel builds one chart; ok is false when its series have no values.
func (c *chartSet) panel(n int, title, method string, height int, sigs []*finding.Signal) (panel, bool) {
	in := c.r.Input
	p := panel{ID: "chart" + strconv.Itoa(n+1), Title: title, Method: method}
	top, has := 0.0, false
	for i, s := range sigs {
		v, _, ok := words.Peak(s)
		if !ok {
			continue
		}
		has, top = true, max(top, v)
		at, vs := words.Told(s)
		unit := s.Unit
		p.Unit, p.Log = unit, p.Log || s.Log
		color, gap := (n+i)%lineColors, words.GapLimit(s, in.Interval)
		p.Lines = append(p.Lines, panelLine{ID: s.ID, Name: lineName(s), Unit: unit, Color: color, At: at, V: vs, Gap: gap, Step: s.Step})
		p.Chart.Series = append(p.Chart.Series, svgchart.Series{Points: svgchart.Thin(at, vs, in.From, in.To, gap), Step: s.Step, Color: color})
	}
	if !has {
		return p, false
	}
	if top == 0 {
		p.Flat = "0 throughout"
		if sigs[0].ID == "refused" && words.RefusedNote(c.r) == words.RefusedUnknown {
			p.Flat = "0 where it is known"
		}
		return p, true
	}
	p.Chart.Log, p.Chart.Height = p.Log, height
	c.frame(&p, sigs[0], top)
	return p, true
}

// lineColors is how many colours the lines of the small charts take turns in.
const lineColors = 4

// numbers gives the marks without their words, which the first chart has.
func (c *chartSet) numbers() []svgchart.Mark {
	out := make([]svgchart.Mark, min(len(c.marks), maxMarks))
	for i := range out {
		out[i] = svgchart.Mark{At: c.marks[i].At, N: c.marks[i].N}
	}
	return out
}

// frame gives a panel's chart what all have: time, marks, gaps, names.
func (c *chartSet) frame(p *panel, s *finding.Signal, top float64) {
	in := c.r.Input
	p.Chart.ID, p.Chart.Title = p.ID, p.Title
	p.Chart.From, p.Chart.To, p.Chart.Zone = in.From, in.To, c.zone
	p.Chart.Bands, p.Chart.Marks = c.bands, c.marks
	if p.ID != heroID {
		p.Chart.Marks, p.Chart.Few = c.numbers(), true
	}
	for _, g := range words.Gaps(s, in.Interval) {
		p.Chart.Gaps = append(p.Chart.Gaps, svgchart.Band{From: g.From, To: g.To})
	}
	p.Chart.Format, p.Chart.Unit = axisFormat(p.Unit)
	p.Chart.Desc = describe(*p, top, units.NewClock(in.From, in.To, c.zone), in)
}

// lineName is a series' name in a legend: one or two words.
func lineName(s *finding.Signal) string {
	switch {
	case s.ID != "":
		return strings.ReplaceAll(inert.Short(s.ID, 30), "_", " ")
	case s.Title != "":
		return inert.Short(s.Title, 30)
	}
	return "value"
}

func describe(p panel, top float64, c units.Clock, in finding.Input) string {
	return fmt.Sprintf("%s over time, %s; largest value %s.", p.Title, c.Span(in.From, in.To), units.Measure(top, p.Unit))
}

// axisFormat gives short labels, 10 000, 2.5 M, 64 MiB, and what is round in the unit.
func axisFormat(unit string) (func(float64) string, svgchart.Unit) {
	switch unit {
	case "bytes":
		return units.BytesOf, svgchart.Binary
	case "per second":
		return func(v float64) string {
			if v == 0 {
				return "0"
			}
			return units.Measure(v, unit)
		}, svgchart.Decimal
	case "seconds":
		return func(v float64) string {
			if v == 0 {
				return "0"
			}
			return units.Seconds(v)
		}, svgchart.Time
	}
	return func(v float64) string {
		switch a := math.Abs(v); {
		case a >= 1e9:
			return units.Number(v/1e9) + " G"
		case a >= 1e6:
			return units.Number(v/1e6) + " M"
		}
		return units.Number(v)
	}, svgchart.Decimal
}

// WriteSVG writes the charts below each other as one drawing, for a page or a slide.
func WriteSVG(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	r = words.Clean(r, false)
	const head, title = 46, 22
	var body bytes.Buffer
	y := head
	for _, p := range newChartSet(r, o.Location).build() {
		text := p.Title + " (" + unitLabel(p) + ")"
		if p.Flat != "" {
			text = p.Title + ": " + p.Flat
		}
		fmt.Fprintf(&body, `<text x="10" y="%d" font-size="13" font-weight="bold" fill="#222">%s</text>`+"\n", y+15, svgchart.Escape(text))
		y += title
		if p.Flat == "" {
			fmt.Fprintf(&body, `<svg x="64" y="%d" width="%d" height="%d" overflow="visible">%s</svg>`+"\n", y, svgchart.PlotW, p.Chart.Total(), p.Chart.SVG())
			y += p.Chart.Total() + 6
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif">`+"\n", svgchart.Width, y, svgchart.Width, y)
	fmt.Fprintf(&b, "<desc>Made by connbox %s</desc>\n", svgchart.Escape(o.Version))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="10" y="20" font-size="16" font-weight="bold" fill="#111">%s</text>`, svgchart.Escape(cells.Cut(o.SourceName+": "+words.Headline(r), 100, false)))
	fmt.Fprintf(&b, `<text x="10" y="38" font-size="12" fill="#555">%s</text>`+"\n", svgchart.Escape(units.NewClock(r.Input.From, r.Input.To, o.Location).Span(r.Input.From, r.Input.To)+", "+words.SamplesLine(r.Input)))
	b.Write(body.Bytes())
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// unitLabel is what stands beside a panel's title.
func unitLabel(p panel) string {
	if p.Log {
		return p.Unit + ", log axis"
	}
	return p.Unit
}
