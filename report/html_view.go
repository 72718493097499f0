package report

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/svgchart"
)

// The bounds of the page's lists. Each cut is told on the page; JSON has everything.
const (
	htmlTimeline = 60
	htmlHolders  = 50
	htmlBars     = 12
	htmlSources  = 10
	htmlEvidence = 40
	htmlAt       = 8
	htmlCauses   = 21
	htmlList     = 60
)

// page is all the template prints. Strings are printable already; html/template escapes
// them for where they stand. template.HTML holds only what svgchart drew, which escapes.
type page struct {
	Policy, Version string
	Style           template.CSS
	Script          template.JS
	Data            template.JS

	Title, Headline, Source, Span, Zone, ZoneNote string
	Argument                                      string // Source as an argument of a command
	Length, Samples                               string
	Word, Class, Hedge, Confidence, Certainty     string // the outcome, its CSS class
	Sentences                                     []string
	Runner                                        string
	Parts                                         []string // of the confidence
	Answers                                       []answerView
	Facts                                         []fact
	Remarks                                       []remarkView
	Servers                                       []serverView // where the input holds several
	Server                                        string       // the one that the rest is of
	Ranked                                        []candidateView
	Drawings                                      []drawingView // of a snapshot
	Next                                          []stepView
	Actions                                       []actionView
	Timeline                                      []eventView
	Panels                                        []panelView
	Course                                        string
	Band                                          string
	Numbers                                       *numbersView
	PeakAt                                        string
	Bars                                          template.HTML
	Holders                                       []holderView
	Causes                                        []causeView
	RuledOut                                      []ruledOutView
	Unassessed                                    []string
	Alarms                                        []alarmView
	AlarmRule                                     string
	WhatIf                                        []whatIfView
	Doubts                                        []finding.Doubt
	Unused                                        string // text that was of no use
	Observations                                  []string
	Blanks                                        []blankView
	Candidates                                    []stepView
	Config                                        []finding.ConfigValue
	Limit                                         string
	Input                                         finding.Input
	Interval                                      string
	Glossary                                      []term
	Cuts                                          []string // what the page left out
}

type (
	answerView struct{ Question, Answer, Class, Why string }
	actionView struct {
		N                                int
		Label, Note, Class               string
		Command, Effect, Check, CheckLed string
		Shell                            bool // Command is to be pasted
	}
	stepView struct {
		Command, Why string
		Shell        bool
	}
	eventView struct {
		N    int
		At   string
		What string
		Refs []refView
	}
	refView   struct{ Ref, Href string } // Href empty: no such evidence on the page
	panelView struct {
		Title, Unit, Flat, Method string
		Lines                     []legendView
		SVG                       template.HTML
	}
	legendView struct {
		Name   string
		Swatch template.HTML
	}
	holderView struct {
		Label, Who, Share, Growth, IdleP50, IdleP95, OMem, TopCmd string
		Base, Peak, Last, Births, Deaths, Blocked, PubSub         string
		V                                                         finding.Holder // raw, to sort by
	}
	causeView struct {
		Title, ID, Role, Confidence, Span, Claim string
		Meter                                    template.HTML
		Sources                                  []sourceView
		Evidence                                 []evidenceView
	}
	sourceView   struct{ Who, Connections, Share string }
	evidenceView struct {
		ID, Ref, Side, Class, Claim, Value string
		Means                              string // what the value's unit is; empty where people know it
		At                                 []string
		More                               int
	}
	ruledOutView struct{ Title, ID, Why string }
	alarmView    struct{ Name, Rule, At, Lead string }
	whatIfView   struct {
		Question, Answer   []span
		Value, Formula, At string
	}
	blankView struct{ What, Hint string }
)

// newPage computes everything the page shows. r is clean.
func newPage(r *finding.Report, o Options) (*page, error) {
	c := newClock(r.Input.From, r.Input.To, o.Location)
	set := newChartSet(r, o.Location)
	built := set.build()
	v := &page{
		Version: o.Version, Source: o.SourceName, Argument: argument(o.SourceName), Headline: headline(r),
		Title: o.SourceName + ": " + headline(r),
		Span:  inputSpan(c, r.Input), Zone: c.zoneName(r.Input.From), ZoneNote: c.zoneNote(r.Input.From),
		Length: duration(r.Input.To.Sub(r.Input.From)), Samples: samplesLine(r.Input),
		Confidence: confidence(r.Verdict.Confidence), Certainty: upperFirst(certainty(r.Verdict)),
		Sentences: sentences(r), Runner: r.Verdict.Runner, Facts: impactFacts(r, c),
		Input: r.Input, Interval: duration(r.Input.Interval),
	}
	if r.Input.Interval < 0 {
		v.Interval = ""
	}
	if r.Input.From.IsZero() {
		v.Length = ""
	}
	v.outcome(r)
	v.Server = r.Name
	v.servers(r)
	v.lives(r)
	v.snapshot(r)
	for _, c := range bounded(v, r.Verdict.Parts, 8, "parts of the confidence") {
		v.Parts = append(v.Parts, fmt.Sprintf("%+.2f %s", c.Value, c.What))
	}
	v.steps(r)
	v.causes(r, c)
	v.events(r, c)
	v.charts(r, c, built)
	v.holders(r, c)
	v.prevention(r, c)
	v.lists(r)
	var err error
	v.Data, err = chartData(r, o.Location, built)
	return v, err
}

// bounded gives the first n of a list and notes on the page what it left out.
func bounded[T any](v *page, list []T, n int, what string) []T {
	if len(list) > n {
		v.Cuts = append(v.Cuts, fmt.Sprintf("%s: %d of %d shown", what, n, len(list)))
		return list[:n]
	}
	return list
}

func (v *page) outcome(r *finding.Report) {
	v.Class = "undetermined"
	switch r.Verdict.Status {
	case finding.Incident:
		v.Word, v.Class, v.Hedge = "Incident", "incident", hedge(r.Verdict.Confidence)
	case finding.Healthy:
		v.Word, v.Class = "Healthy", "healthy"
	}
	for _, a := range bounded(v, r.Answers, htmlList, "answers") {
		v.Answers = append(v.Answers, answerView{a.Question, upperFirst(strings.ToLower(yesNo(a.Yes))), strings.ToLower(yesNo(a.Yes)), a.Why})
	}
}

func (v *page) steps(r *finding.Report) {
	for _, n := range bounded(v, r.Next, htmlList, "next steps") {
		v.Next = append(v.Next, stepView{n.Command, n.Why, isShell(n.Command)})
	}
	for i, a := range bounded(v, r.Actions, htmlList, "actions") {
		label, _ := riskLabel(a.Risk)
		class := "unknown"
		switch a.Risk {
		case finding.Safe, finding.Changes, finding.Disconnects:
			class = string(a.Risk)
		}
		v.Actions = append(v.Actions, actionView{N: i + 1, Label: label, Note: riskNote(a), Class: class,
			Command: a.Command, Effect: a.Effect, Check: a.Check, CheckLed: checkLabel(a.Risk), Shell: isShell(a.Command)})
	}
	for _, c := range candidates(r) {
		v.Candidates = append(v.Candidates, stepView{Command: c, Shell: isShell(c)})
	}
}

// validRef tells the references that can be anchors: E and digits.
func validRef(s string) bool {
	return len(s) > 1 && len(s) < 8 && s[0] == 'E' && strings.Trim(s[1:], "0123456789") == ""
}

func (v *page) causes(r *finding.Report, c clock) {
	seen := map[string]bool{}
	for i, f := range bounded(v, r.Causes, htmlCauses, "causes") {
		sure := findingConfidence(r, i)
		cv := causeView{Title: causeTitle(f.Title, f.ID), ID: f.ID, Role: string(f.Role), Confidence: confidence(sure),
			Claim: f.Claim, Span: findingSpan(f, c),
			Meter: template.HTML(svgchart.Meter(sure, "confidence "+confidence(sure)))}
		for _, s := range bounded(v, f.Sources, htmlSources, "sources of "+short(f.ID, 40)) {
			cv.Sources = append(cv.Sources, sourceView{sourceName(s), count(int64(s.Connections)), percent(s.Share)})
		}
		for _, e := range bounded(v, f.Evidence, htmlEvidence, "evidence of "+short(f.ID, 40)) {
			ev := evidenceView{Ref: short(e.Ref, 10), Side: "for", Class: "for", Claim: e.Claim, Value: evidenceValue(e), Means: unitMeaning(e.Unit)}
			if !e.For {
				ev.Side, ev.Class = "against", "against"
			}
			if validRef(e.Ref) && !seen[e.Ref] {
				ev.ID = e.Ref
				seen[e.Ref] = true
			}
			for _, at := range e.At[:min(htmlAt, len(e.At))] {
				ev.At = append(ev.At, short(at, 160))
			}
			ev.More = len(e.At) - len(ev.At)
			cv.Evidence = append(cv.Evidence, ev)
		}
		v.Causes = append(v.Causes, cv)
	}
	for _, q := range bounded(v, openQuestions(r), htmlList, "not assessed") {
		v.Unassessed = append(v.Unassessed, q.String())
	}
	for _, x := range bounded(v, r.RuledOut, htmlList, "ruled out") {
		v.RuledOut = append(v.RuledOut, ruledOutView{causeTitle(x.Title, x.ID), x.ID, x.Why})
	}
}

// findingSpan says when a cause was on, with the onset's interval.
func findingSpan(f finding.Finding, c clock) string {
	s := "from a time not known"
	if !f.OnsetHi.IsZero() {
		s = "from before the recording"
	}
	if !f.Onset.IsZero() {
		s = "from " + c.at(f.Onset)
		if !f.OnsetLo.IsZero() && !f.OnsetHi.IsZero() {
			s += " (between " + c.at(f.OnsetLo) + " and " + c.at(f.OnsetHi) + ")"
		}
		s += c.zoneMark(f.Onset)
	}
	if f.End.IsZero() {
		return s + ", still on at the end"
	}
	return s + ", until " + c.at(f.End) + c.zoneMark(f.End)
}

// sourceName writes who is to blame: "checkout-api at 10.0.0.7, user app, go-redis".
func sourceName(s finding.Source) string {
	name := orLabel(s.Name)
	if s.Host != "" {
		name += " at " + s.Host
	}
	if s.User != "" && s.User != "default" {
		name += ", user " + s.User
	}
	if s.Lib != "" {
		name += ", " + s.Lib
	}
	return short(name, 200)
}

func (v *page) events(r *finding.Report, c clock) {
	known := map[string]bool{}
	for _, cause := range v.Causes {
		for _, e := range cause.Evidence {
			known[e.ID] = e.ID != ""
		}
	}
	for i, e := range bounded(v, r.Timeline, htmlTimeline, "timeline") {
		ev := eventView{N: i + 1, At: c.at(e.At), What: e.What}
		for _, ref := range e.Refs[:min(8, len(e.Refs))] {
			rv := refView{Ref: short(ref, 10)}
			if known[ref] {
				rv.Href = "#" + ref
			}
			ev.Refs = append(ev.Refs, rv)
		}
		v.Timeline = append(v.Timeline, ev)
	}
}

func (v *page) charts(r *finding.Report, c clock, built []panel) {
	if v.Course = courseWords(r.Course, c, 20); v.Course != "" {
		v.Course += "."
	}
	for _, p := range built {
		pv := panelView{Title: p.Title, Unit: unitLabel(p), Flat: p.Flat, Method: p.Method}
		if p.Flat == "" {
			pv.SVG = template.HTML(p.Chart.SVG())
			if len(p.Lines) > 1 {
				for _, l := range p.Lines {
					pv.Lines = append(pv.Lines, legendView{l.Name, template.HTML(fmt.Sprintf(
						`<svg xmlns="http://www.w3.org/2000/svg" width="16" height="8"><path class="c%d" d="M0 4H16" stroke="%s" stroke-width="3"/></svg>`, l.Class, l.Color))})
				}
			}
		}
		v.Panels = append(v.Panels, pv)
	}
	if w, what, ok := incidentWindow(r); ok {
		v.Band = fmt.Sprintf("Shaded: %s (%s to %s).", what, c.at(w.from), c.at(w.to))
	}
	v.Numbers = numbersTable(r, c, built)
}

func (v *page) holders(r *finding.Report, c clock) {
	total := holdersTotal(r)
	var bars []svgchart.Bar
	for i, h := range bounded(v, r.Holders, htmlHolders, "holders") {
		h.Growth, h.IdleP50, h.IdleP95 = rounded(h.Growth), rounded(h.IdleP50), rounded(h.IdleP95)
		v.Holders = append(v.Holders, holderView{
			Label: short(holderLabel(h), 90), Who: sourceName(h.Source),
			Base: count(int64(h.Base)), Peak: count(int64(h.Peak)), Last: count(int64(h.Last)),
			Births: count(int64(h.Births)), Deaths: count(int64(h.Deaths)), Share: share(h.Peak, total),
			Growth: number(h.Growth), IdleP50: seconds(h.IdleP50), IdleP95: seconds(h.IdleP95),
			Blocked: count(int64(h.Blocked)), PubSub: count(int64(h.PubSub)), OMem: bytesOf(float64(h.OMem)), TopCmd: short(h.TopCmd, 40),
			V: h,
		})
		if i < htmlBars {
			bars = append(bars, svgchart.Bar{Label: holderLabel(h), Base: float64(h.Base), Peak: float64(h.Peak), Last: float64(h.Last),
				Text: fmt.Sprintf("%s → %s → %s", count(int64(h.Base)), count(int64(h.Peak)), count(int64(h.Last)))})
		}
	}
	if len(bars) > 0 {
		v.Bars = template.HTML(svgchart.Bars("holders-bars", "Connections of the largest holders at the start, the peak and the end", bars))
	}
	if at := peakTime(r); !at.IsZero() {
		v.PeakAt = c.at(at) + c.zoneMark(at)
	}
}

func (v *page) prevention(r *finding.Report, c clock) {
	for _, a := range alarms(r) {
		v.Alarms = append(v.Alarms, alarmView{a.name, a.what, a.fires(c), a.lead(r.Impact.LimitReached)})
		v.AlarmRule += a.rule()
	}
	v.AlarmRule = strings.TrimRight(v.AlarmRule, "\n")
}

func (v *page) lists(r *finding.Report) {
	for _, x := range bounded(v, r.WhatIf, htmlList, "what-if") {
		w := whatIfView{Question: spans(x.Question), Answer: spans(x.Answer)}
		if !x.Missing {
			w.Formula, w.At = x.Formula, strings.Join(x.At[:min(4, len(x.At))], ", ")
		}
		if finite(x.Value) && x.Unit != "" {
			w.Value = measure(x.Value, x.Unit)
			if x.Lo != 0 || x.Hi != 0 {
				w.Value = evidenceValue(finding.Evidence{Value: x.Value, Unit: x.Unit, Lo: x.Lo, Hi: x.Hi, HasInterval: true})
			}
		}
		v.WhatIf = append(v.WhatIf, w)
	}
	v.Doubts = bounded(v, r.DataQuality, htmlList, "data quality")
	v.Unused = unusedWords(r, fullUnused)
	v.Observations = bounded(v, r.Observations, htmlList, "observations")
	v.Config = bounded(v, r.Config, htmlList, "settings")
	v.Input.Servers = bounded(v, r.Input.Servers, 12, "server processes")
	for _, b := range humanBlanks {
		if r.Verdict.Status == finding.Healthy {
			break // nothing happened, so there is nothing to fill in
		}
		v.Blanks = append(v.Blanks, blankView{b.what, b.hint})
	}
	v.Glossary = glossary(r)
	v.Limit = "not known"
	if l := limitValue(r); l > 0 {
		v.Limit = number(l)
		if r.Limit.From != "" {
			v.Limit += ", read from " + r.Limit.From
		}
	}
}
