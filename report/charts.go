package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/svgchart"
)

// panels are the charts of the page from top to bottom, each with the series it draws. A
// series that is not named here gets a panel of its own at the end.
var panels = [...]struct {
	title   string
	signals []string
	height  int
	method  string // how the numbers come about
}{
	{"Connections", []string{"connections"}, 150, "slots in use as INFO told them: clients, replicas and cluster links; replies of the server, not interpolated"},
	{"Refused connections", []string{"refused"}, 130, "difference of INFO's rejected_connections between two samples, over their distance in time"},
	{"New and closed connections", []string{"accepted", "closed"}, 120, "accepted: difference of total_connections_received over time, refused ones not counted; closed: accepted minus the growth of the connections"},
	{"Commands", []string{"commands"}, 100, "difference of total_commands_processed over time"},
	{"Blocked clients", []string{"blocked"}, 90, "INFO's blocked_clients"},
	{"Output buffers", []string{"output_memory"}, 90, "sum of omem over CLIENT LIST"},
	{"Idle time", []string{"idle"}, 90, "of all listed connections, from CLIENT LIST's idle"},
}

// maxPanels and maxMarks bound what a stranger's report can make of the page.
const (
	maxPanels = 12
	maxMarks  = 24
)

// A panel is one chart of the page with what stands around it.
type panel struct {
	ID, Title, Unit, Method string
	Log                     bool
	Flat                    string // set instead of a chart: "0 throughout"
	Lines                   []panelLine
	Chart                   svgchart.Chart
}

type panelLine struct {
	Name, Unit, Color string
	Class             int
	Points            []svgchart.Point
	Format            func(float64) string
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
	if w, _, ok := incidentWindow(r); ok {
		c.bands = []svgchart.Band{{From: w.from, To: w.to}}
	}
	for i, e := range r.Timeline[:min(len(r.Timeline), maxMarks)] {
		c.marks = append(c.marks, svgchart.Mark{At: e.At, N: i + 1, Label: short(e.What, 60)})
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
		if limitValue(c.r) == 0 {
			return nil
		}
		out = []svgchart.Point{{At: in.From, V: limitValue(c.r)}}
	}
	out[0].At = in.From
	return append(out, svgchart.Point{At: in.To, V: out[len(out)-1].V})
}

// build gives the panels that have data.
func (c *chartSet) build() []panel {
	var out []panel
	drawn := map[string]bool{}
	for _, def := range panels {
		var sigs []*finding.Signal
		for _, id := range def.signals {
			drawn[id] = true
			if s := signal(c.r, id); s != nil {
				sigs = append(sigs, s)
			}
		}
		if p, ok := c.panel(len(out), def.title, def.method, def.height, sigs); ok {
			out = append(out, p)
		}
		if def.title == "Connections" {
			if p, ok := c.growthPanel(len(out)); ok {
				out = append(out, p)
			}
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
		if p, ok := c.panel(len(out), short(title, 60), "", 90, []*finding.Signal{s}); ok {
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
		v, _, ok := peak(s)
		if !ok {
			continue
		}
		has, top = true, max(top, v)
		at, vs := told(s)
		unit := s.Unit
		p.Unit, p.Log = unit, p.Log || s.Log
		pts := svgchart.Thin(at, vs, in.From, in.To, gapLimit(s, in.Interval))
		p.Lines = append(p.Lines, panelLine{
			Name: lineName(s), Unit: unit, Color: svgchart.Color(n + i), Class: (n + i) % 4,
			Points: pts, Format: func(v float64) string { return measure(v, unit) },
		})
		p.Chart.Series = append(p.Chart.Series, svgchart.Series{Points: pts, Step: s.Step, Color: (n + i) % 4})
	}
	if !has {
		return p, false
	}
	isConns := sigs[0].ID == "connections"
	if top == 0 && !isConns {
		p.Flat = "0 throughout"
		if sigs[0].ID == "refused" && refusedNote(c.r) == refusedUnknown {
			p.Flat = "0 where it is known"
		}
		return p, true
	}
	p.Chart.ID, p.Chart.Title, p.Chart.Log, p.Chart.Height = p.ID, title, p.Log, height
	p.Chart.From, p.Chart.To, p.Chart.Zone = in.From, in.To, c.zone
	p.Chart.Bands, p.Chart.Marks = c.bands, c.marks
	for _, g := range gaps(sigs[0], in.Interval) {
		p.Chart.Gaps = append(p.Chart.Gaps, svgchart.Band{From: g.from, To: g.to})
	}
	p.Chart.Format, p.Chart.Unit = axisFormat(p.Unit)
	p.Chart.Desc = describe(p, top, newClock(in.From, in.To, c.zone), in)
	if isConns && len(c.limit) > 0 && top >= c.limit[0].V/10 {
		p.Chart.Limit, p.Chart.LimitLabel = c.limit, "limit "+number(c.limit[0].V)
	}
	return p, true
}

// lineName is a series' name in a legend: one or two words.
func lineName(s *finding.Signal) string {
	switch {
	case s.ID != "":
		return strings.ReplaceAll(short(s.ID, 30), "_", " ")
	case s.Title != "":
		return short(s.Title, 30)
	}
	return "value"
}

func describe(p panel, top float64, c clock, in finding.Input) string {
	return fmt.Sprintf("%s over time, %s; largest value %s.", p.Title, c.span(in.From, in.To), measure(top, p.Unit))
}

// axisFormat gives short labels, 10k, 2.5M, 64 MiB, and what is round in the unit.
func axisFormat(unit string) (func(float64) string, svgchart.Unit) {
	switch unit {
	case "bytes":
		return bytesOf, svgchart.Binary
	case "seconds":
		return func(v float64) string {
			if v == 0 {
				return "0"
			}
			return seconds(v)
		}, svgchart.Time
	}
	return func(v float64) string {
		switch a := math.Abs(v); {
		case a >= 1e9:
			return number(v/1e9) + "G"
		case a >= 1e6:
			return number(v/1e6) + "M"
		case a >= 1e4:
			return number(v/1e3) + "k"
		}
		return number(v)
	}, svgchart.Decimal
}

// writeSVG writes the charts below each other as one drawing, for a page or a slide.
func writeSVG(w io.Writer, r *finding.Report, o Options) error {
	o = o.withDefaults(r.Input.Name)
	r = clean(r, false)
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
			fmt.Fprintf(&body, `<g transform="translate(0 %d)">%s</g>`+"\n", y, p.Chart.SVG())
			y += p.Chart.Total() + 6
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif">`+"\n", svgchart.Width, y, svgchart.Width, y)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="10" y="20" font-size="16" font-weight="bold" fill="#111">%s</text>`, svgchart.Escape(cut(o.SourceName+": "+headline(r), 100, false)))
	fmt.Fprintf(&b, `<text x="10" y="38" font-size="12" fill="#555">%s</text>`+"\n", svgchart.Escape(newClock(r.Input.From, r.Input.To, o.Location).span(r.Input.From, r.Input.To)+", "+samplesLine(r.Input)))
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
