package comparison

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("diff").Parse(pageHTML))

// pageApps is how many applications the page shows; JSON has all.
const pageApps = 100

// page is all that the template prints. Its strings are printable already; html/template escapes
// them. template.HTML holds only what svgchart drew, which escapes.
type page struct {
	Policy, Version    string
	Style              template.CSS
	Headline, Class    string
	Certainty, Summary string
	Sides              []sideView
	Server             []rowView
	Apps               []appView
	MoreApps           int
	Settings           []finding.SettingChange
	Doubts             []string
}

type (
	sideView struct {
		Which, Name, Span, Samples, Verdict string
		Chart                               template.HTML
	}
	rowView struct{ Title, Before, After, Change, Moved, Class string }
	appView struct {
		Label string
		Rows  []rowView
	}
)

// WriteHTML writes a comparison as one page without scripts, which needs no network.
func WriteHTML(w io.Writer, c *finding.Comparison, o words.Options) error {
	o = o.WithDefaults("")
	c = inert.Clean(c, false)
	sum := sha256.Sum256([]byte(pageCSS))
	v := page{Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Version: o.Version, Style: template.CSS(pageCSS), Headline: headline(c), Class: string(c.Outcome.Status), Certainty: certainty(c), Summary: c.Outcome.Summary,
		Settings: c.Settings, Server: rowsOf(c.Signals)}
	top := 0.0
	for _, r := range [...]*finding.Report{&c.Before, &c.After} {
		if y, _, ok := words.Peak(words.Signal(r, "connections")); ok {
			top = max(top, y)
		}
	}
	for i, r := range [...]*finding.Report{&c.Before, &c.After} {
		which := [...]string{"Before", "After"}[i]
		v.Sides = append(v.Sides, sideView{which, name(r), span(r, o), words.SamplesLine(r.Input), sideLine(r), chart(which, r, o, top)})
	}
	for i := range c.Apps[:min(pageApps, len(c.Apps))] {
		v.Apps = append(v.Apps, appView{appLabel(&c.Apps[i]), rowsOf(c.Apps[i].Changes)})
	}
	v.MoreApps = max(0, len(c.Apps)+c.MoreApps-pageApps)
	for _, d := range c.Doubts {
		v.Doubts = append(v.Doubts, words.JoinDoubt(d))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func rowsOf(all []finding.Change) []rowView {
	var out []rowView
	all = present(all)
	for i := range all {
		x := &all[i]
		r := rowView{title(x), within(x.Before, x.Unit), within(x.After, x.Unit), gap(x), moved(x), "steady"}
		if x.Moved == finding.Rose || x.Moved == finding.Fell {
			r.Class = string(x.Moved)
		}
		out = append(out, r)
	}
	return out
}

// chart draws the connections of a recording; both have one scale, to the height of the larger.
func chart(id string, r *finding.Report, o words.Options, top float64) template.HTML {
	s := words.Signal(r, "connections")
	peak, _, ok := words.Peak(s)
	if !ok || !r.Input.To.After(r.Input.From) {
		return ""
	}
	at, v := words.Told(s)
	in := r.Input
	c := svgchart.Chart{ID: id, Title: "Connections " + id, From: in.From, To: in.To, Zone: o.Location, Height: 120,
		Desc:   fmt.Sprintf("Connections over time; largest value %s.", units.Number(peak)),
		Format: units.Number, Unit: svgchart.Decimal,
		Series: []svgchart.Series{{Points: svgchart.Thin(at, v, in.From, in.To, words.GapLimit(s, in.Interval)), Step: true}}}
	if l := words.LimitValue(r); l > 0 && l <= 4*top {
		top = max(top, l)
		c.LimitLabel = "limit " + units.Number(l)
		c.Limit = []svgchart.Point{{At: in.From, V: l}, {At: in.To, V: l}}
	}
	// An empty series as high as the other recording's keeps the two scales equal.
	c.Series = append(c.Series, svgchart.Series{Points: []svgchart.Point{{At: in.From, V: top}, {At: in.From, V: math.NaN()}}, Faint: true})
	return template.HTML(c.SVG())
}
