package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// A heldRow is a group in the table of who held the slots at a moment. The script moves its
// numbers through time.
type heldRow struct {
	Label, Who                          string
	Swatch                              template.HTML
	Bar                                 template.HTML
	N, Share, Hosts, Unused, Blocked    string
	Base, Peak, Last, Growth, Idle, Cmd string
	V                                   heldNumbers // raw, to sort by
}

type heldNumbers struct{ N, Hosts, Unused, Blocked, Base, Peak, Last, Growth, Idle float64 }

// heldGroups gives the groups that the drawing has colours for.
func heldGroups(r *finding.Report) []finding.HeldGroup {
	return r.Held.Groups[:min(len(r.Held.Groups), svgchart.Fills)]
}

// groupColor is the place of a group's colour.
func groupColor(k int, g *finding.HeldGroup) int {
	if g.Others {
		return svgchart.Fills - 1
	}
	return k
}

// moments gives what the slider moves through, the client lists or else the samples, and the
// place of the most connections among them.
func moments(r *finding.Report) (at []time.Time, start int) {
	at = r.Held.At
	if len(at) == 0 {
		all, _ := words.Points(words.Signal(r, "connections"))
		step := max(1, (len(all)+finding.MaxMoments-1)/finding.MaxMoments)
		for i := 0; i < len(all); i += step {
			at = append(at, all[i])
		}
	}
	at = at[:min(len(at), finding.MaxMoments)]
	peak := words.PeakTime(r)
	for i, t := range at {
		if !t.After(peak) {
			start = i
		}
	}
	return at, start
}

// heldTable fills the table for the moment of the most connections.
func (v *page) heldTable(r *finding.Report, c units.Clock) {
	at, start := moments(r)
	if len(at) > 0 {
		v.Moment, v.Moments, v.Start = c.At(at[start])+c.ZoneMark(at[start]), len(at)-1, start
	}
	h := &r.Held
	if len(h.At) == 0 || start >= len(h.At) {
		return
	}
	total, most := 0.0, 1.0
	for _, g := range h.Groups {
		total += max(0, valueAt(g.Connections, start))
		most = max(most, largest(g.Connections))
	}
	for k, g := range heldGroups(r) {
		row := heldRow{Label: inert.Short(words.OrLabel(g.Label), 60), Swatch: swatch(groupColor(k, &g))}
		row.V = heldNumbers{N: valueAt(g.Connections, start), Hosts: valueAt(g.Hosts, start), Unused: valueAt(g.Unused, start), Blocked: valueAt(g.Blocked, start),
			Base: valueAt(g.Connections, 0), Peak: valueAt(g.Connections, start), Last: valueAt(g.Connections, len(h.At)-1), Growth: math.NaN(), Idle: math.NaN()}
		if i := slices.IndexFunc(r.Holders, func(x finding.Holder) bool { return x.Label == g.Label }); i >= 0 && !g.Others {
			x := &r.Holders[i]
			row.Who, row.Cmd = words.SourceName(x.Source), inert.Short(x.TopCmd, 24)
			row.V.Base, row.V.Peak, row.V.Last = float64(x.Base), float64(x.Peak), float64(x.Last)
			row.V.Growth, row.V.Idle = units.Rounded(x.Growth), units.Rounded(x.IdleP95)
		}
		row.N, row.Hosts, row.Unused, row.Blocked = units.Number(row.V.N), units.Number(row.V.Hosts), units.Number(row.V.Unused), units.Number(row.V.Blocked)
		row.Base, row.Peak, row.Last = units.Number(row.V.Base), units.Number(row.V.Peak), units.Number(row.V.Last)
		row.Growth, row.Idle = units.Number(row.V.Growth), units.Seconds(row.V.Idle)
		row.Share = units.Unknown
		if total > 0 {
			row.Share = units.Percent(row.V.N / total)
		}
		row.Bar = bar(row.V.N/most, groupColor(k, &g))
		v.Held = append(v.Held, row)
	}
	v.HeldMost = most
}

func valueAt(v []float64, i int) float64 {
	if i < 0 || i >= len(v) {
		return math.NaN()
	}
	return v[i]
}

// bar draws a share of 0..1 for a cell of a table.
func bar(share float64, color int) template.HTML {
	if !(share > 0) {
		share = 0
	}
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="bar" width="100%%" height="12" aria-hidden="true"><rect class="a%d" width="%.1f%%" height="12" fill="%s"/></svg>`,
		color, min(share, 1)*100, svgchart.Fill(color)))
}

// swatch draws the colour of a group for a legend.
func swatch(color int) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="swatch" width="12" height="10" aria-hidden="true"><rect class="a%d" width="12" height="10" fill="%s"/></svg>`,
		color, svgchart.Fill(color)))
}

// idleLabels name the bands of finding.IdleEdges by their least idle time.
var idleLabels = [len(finding.IdleEdges) + 1]string{"0 s", "1 s", "10 s", "1 min", "5 min", "30 min", "2 h", "1 d"}

// heatRows gives the bands of idle time from the longest down, those that are empty throughout at
// the long end left out.
func heatRows(r *finding.Report) (rows []svgchart.HeatRow) {
	h := &r.Held
	for b := len(idleLabels) - 1; b >= 0; b-- {
		if b >= len(h.Idle) || len(h.Idle[b]) != len(h.At) {
			continue
		}
		if len(rows) == 0 && !slices.ContainsFunc(h.Idle[b], func(x float64) bool { return x > 0 }) {
			continue
		}
		rows = append(rows, svgchart.HeatRow{Label: idleLabels[b], V: h.Idle[b]})
	}
	return rows
}

// heatMap draws how long the connections had not been used, through time.
func (v *page) heatMap(r *finding.Report, set *chartSet, rows []svgchart.HeatRow) {
	if len(rows) == 0 {
		return
	}
	in := r.Input
	most := 0.0
	for _, row := range rows {
		most = max(most, largest(row.V))
	}
	v.Heat = template.HTML(svgchart.Heat{ID: "heat", Title: "Idle time of the connections", From: in.From, To: in.To, Zone: set.zone, At: r.Held.At, Rows: rows,
		Gap: set.listGap(), Marks: set.numbers(),
		Desc: fmt.Sprintf("Each row is a span of idle time, the shade how many connections were in it; at most %s.", units.Number(most))}.SVG())
	last := 0.0
	for shade := 1; shade <= svgchart.Shades; shade++ {
		top := math.Floor(most * float64(shade*shade) / (svgchart.Shades * svgchart.Shades))
		if shade == svgchart.Shades {
			top = most
		}
		if top <= last {
			continue
		}
		text := units.Number(last + 1)
		if top > last+1 {
			text += " to " + units.Number(top)
		}
		v.Shades = append(v.Shades, shadeView{text, template.HTML(fmt.Sprintf(
			`<svg xmlns="http://www.w3.org/2000/svg" class="swatch" width="12" height="10" aria-hidden="true"><rect class="h" width="12" height="10" fill="%s" fill-opacity="%.2f"/></svg>`,
			svgchart.HeatColor, svgchart.Opacity(shade)))})
		last = top
	}
}

// A shadeView is a line of the heat map's legend.
type shadeView struct {
	Text   string
	Swatch template.HTML
}
