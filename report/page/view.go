package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// The bounds of the page's lists. Each cut is told on the page; JSON has everything.
const (
	maxTimeline = 60
	maxHolders  = 50
	maxSources  = 10
	maxEvidence = 40
	maxAt       = 8
	maxQuotes   = 3
	maxCauses   = 21
	maxList     = 60
)

// page is all the template prints. Strings are printable already; html/template escapes
// them for where they stand. template.HTML holds only what svgchart drew, which escapes.
type page struct {
	Policy, Version string
	Style           template.CSS
	Script          template.JS
	Data            template.JS

	Title, Headline, Source, Span, Zone, ZoneNote string
	Target                                        string // the server
	Argument                                      string // Source as an argument of a command
	Length, Samples                               string
	Word, Class, Hedge, Confidence, Certainty     string // the outcome, its CSS class
	Sentences                                     []string
	Runner                                        string
	Parts                                         []string // of the confidence
	Answers                                       []answerView
	Facts                                         []words.Fact
	Remarks                                       []remarkView
	Servers                                       []serverView // where the input holds several
	Server                                        string       // the one that the rest is of
	Ranked                                        []candidateView
	Unlikely                                      []string      // candidates not worth their reasons
	NoneRanked                                    string        // why there is no order of candidates
	Drawings                                      []drawingView // of a snapshot
	Next                                          []stepView
	Actions                                       []actionView
	Now                                           []actionView // of these, what the first screen has room for
	Instead                                       string
	Timeline                                      []eventView
	Hero                                          *panelView
	Panels                                        []panelView
	Flat                                          []string // series with nothing to draw
	Course                                        string
	Band                                          string
	Numbers                                       *numbersView
	PeakAt                                        string
	Moment                                        string // that the page shows first
	Closer                                        string // where zooming shows every sample
	Moments, Start                                int    // the last of what the slider moves through, and where it begins
	Held                                          []heldRow
	HeldMost                                      float64 // connections of a full bar
	Heat                                          template.HTML
	Shades                                        []shadeView
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
	Glossary                                      []words.Term
	Cuts                                          []string // what the page left out
}

type (
	answerView struct{ Question, Answer, Class, Why string }
	actionView struct {
		N                                int
		Label, Note, Class               string
		Command, Effect, Check, CheckLed string
		Shell                            bool // Command is to be pasted
		Good                             bool // it ends the cause for good
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
		Title, Unit, Method string
		Lines               []legendView
		SVG                 template.HTML
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
		For, Against                             int
	}
	sourceView   struct{ Who, Connections, Share string }
	evidenceView struct {
		ID, Ref, Side, Class, Claim, Value string
		Means                              string // what the value's unit is; empty where people know it
		At                                 []string
		More                               int
		Quotes                             []finding.Quote
	}
	ruledOutView struct{ Title, ID, Why string }
	alarmView    struct{ Name, Rule, At, Lead string }
	whatIfView   struct {
		Question, Answer   []words.Span
		Value, Formula, At string
	}
	blankView struct{ What, Hint string }
)

// newPage computes everything the page shows. r is clean.
func newPage(r *finding.Report, o words.Options) (*page, error) {
	c := units.NewClock(r.Input.From, r.Input.To, o.Location)
	set := newChartSet(r, o.Location)
	built, heat := set.build(), heatRows(r)
	v := &page{
		Version: o.Version, Source: o.SourceName, Argument: words.Argument(o.SourceName), Headline: words.Headline(r),
		Span: words.InputSpan(c, r.Input), Zone: c.ZoneName(r.Input.From), ZoneNote: c.ZoneNote(r.Input.From),
		Length: units.Duration(r.Input.To.Sub(r.Input.From)), Samples: words.SamplesLine(r.Input),
		Confidence: units.Confidence(r.Verdict.Confidence), Certainty: finding.UpperFirst(words.Certainty(r.Verdict)),
		Sentences: words.Sentences(r), Runner: r.Verdict.Runner, Facts: words.ImpactFacts(r, c),
		Input: r.Input, Interval: units.Duration(r.Input.Interval),
	}
	if r.Input.Interval < 0 {
		v.Interval = ""
	}
	if r.Input.From.IsZero() {
		v.Length = ""
	}
	v.Title = o.SourceName + ": " + v.Headline
	name, known := words.ServerName(r)
	if v.Target = name; known {
		v.Title = v.Target + ": " + v.Headline
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
	v.heldTable(r, c)
	v.heatMap(r, set, heat)
	v.holders(r, c)
	v.prevention(r, c)
	v.lists(r)
	var err error
	v.Data, err = chartData(r, set, built, heat)
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
		v.Word, v.Class, v.Hedge = "Incident", "incident", words.Hedge(r.Verdict.Confidence)
	case finding.Healthy:
		v.Word, v.Class = "Healthy", "healthy"
	}
	for _, a := range bounded(v, r.Answers, maxList, "answers") {
		v.Answers = append(v.Answers, answerView{words.OrLabel(a.Question), finding.UpperFirst(strings.ToLower(words.YesNo(a.Yes))), strings.ToLower(words.YesNo(a.Yes)), a.Why})
	}
}

func (v *page) steps(r *finding.Report) {
	for _, n := range bounded(v, r.Next, maxList, "next steps") {
		v.Next = append(v.Next, stepView{n.Command, n.Why, words.IsShell(n.Command)})
	}
	for i, a := range bounded(v, words.InOrder(r.Actions), maxList, "actions") {
		v.Actions = append(v.Actions, actionOf(i+1, a))
	}
	for i, a := range words.DoNow(r.Actions) {
		v.Now = append(v.Now, actionOf(i+1, a))
	}
	v.Instead = r.Instead
	for _, c := range words.Candidates(r) {
		v.Candidates = append(v.Candidates, stepView{Command: c, Shell: words.IsShell(c)})
	}
}

func actionOf(n int, a finding.Action) actionView {
	label := words.ActionLabel(a)
	class := "unknown"
	switch a.Risk {
	case finding.Safe, finding.Changes, finding.Disconnects:
		class = string(a.Risk)
	}
	return actionView{N: n, Label: label, Note: words.RiskNote(a), Class: class, Good: a.Good,
		Command: a.Command, Effect: a.Effect, Check: a.Check, CheckLed: words.CheckLabel(a.Risk), Shell: words.IsShell(a.Command)}
}

// validRef tells the references that can be anchors: E and digits.
func validRef(s string) bool {
	return len(s) > 1 && len(s) < 8 && s[0] == 'E' && strings.Trim(s[1:], "0123456789") == ""
}

func (v *page) causes(r *finding.Report, c units.Clock) {
	seen := map[string]bool{}
	for i, f := range bounded(v, r.Causes, maxCauses, "causes") {
		sure := words.ConfidenceOf(r, i)
		cv := causeView{Title: words.CauseTitle(f.Title, f.ID), ID: f.ID, Role: string(f.Role), Confidence: units.Confidence(sure),
			Claim: f.Claim, Span: words.SpanOf(f, c),
			Meter: template.HTML(svgchart.Meter(sure, "confidence "+units.Confidence(sure)))}
		for _, s := range bounded(v, f.Sources, maxSources, "sources of "+inert.Short(f.ID, 40)) {
			cv.Sources = append(cv.Sources, sourceView{words.SourceName(s), units.Count(int64(s.Connections)), units.Percent(s.Share)})
		}
		for _, e := range bounded(v, f.Evidence, maxEvidence, "evidence of "+inert.Short(f.ID, 40)) {
			ev := evidenceView{Ref: inert.Short(e.Ref, 10), Side: "for", Class: "for", Claim: e.Claim, Value: words.EvidenceValue(e), Means: words.UnitMeaning(e.Unit)}
			if !e.For {
				ev.Side, ev.Class = "against", "against"
			}
			if validRef(e.Ref) && !seen[e.Ref] {
				ev.ID = e.Ref
				seen[e.Ref] = true
			}
			for _, at := range e.At[:min(maxAt, len(e.At))] {
				ev.At = append(ev.At, inert.Short(at, 160))
			}
			ev.More = len(e.At) - len(ev.At)
			ev.Quotes = e.Quotes[:min(maxQuotes, len(e.Quotes))]
			if e.For {
				cv.For++
			} else {
				cv.Against++
			}
			cv.Evidence = append(cv.Evidence, ev)
		}
		v.Causes = append(v.Causes, cv)
	}
	for _, q := range bounded(v, words.OpenQuestions(r), maxList, "not assessed") {
		v.Unassessed = append(v.Unassessed, q.String())
	}
	for _, x := range bounded(v, r.RuledOut, maxList, "ruled out") {
		v.RuledOut = append(v.RuledOut, ruledOutView{words.CauseTitle(x.Title, x.ID), x.ID, x.Why})
	}
}

func (v *page) events(r *finding.Report, c units.Clock) {
	known := map[string]bool{}
	for _, cause := range v.Causes {
		for _, e := range cause.Evidence {
			known[e.ID] = e.ID != ""
		}
	}
	for i, e := range bounded(v, r.Timeline, maxTimeline, "timeline") {
		ev := eventView{N: i + 1, At: c.At(e.At), What: e.What}
		for _, ref := range e.Refs[:min(8, len(e.Refs))] {
			rv := refView{Ref: inert.Short(ref, 10)}
			if known[ref] {
				rv.Href = "#" + ref
			}
			ev.Refs = append(ev.Refs, rv)
		}
		v.Timeline = append(v.Timeline, ev)
	}
}

func (v *page) charts(r *finding.Report, c units.Clock, built []panel) {
	if v.Course = words.CourseWords(r.Course, c, 20); v.Course != "" {
		v.Course += "."
	}
	for _, p := range built {
		if p.Flat != "" {
			v.Flat = append(v.Flat, p.Title+": "+p.Flat)
			continue
		}
		pv := panelView{Title: p.Title, Unit: unitLabel(p), Method: p.Method, SVG: template.HTML(p.Chart.SVG())}
		if len(p.Lines) > 1 {
			for _, l := range p.Lines {
				pv.Lines = append(pv.Lines, legendView{l.Name, l.swatch()})
			}
		}
		if p.ID == heroID {
			v.Hero = &pv
		} else {
			v.Panels = append(v.Panels, pv)
		}
	}
	if w, what, ok := words.IncidentWindow(r); ok {
		v.Band = fmt.Sprintf("Shaded: %s (%s to %s).", what, c.At(w.From), c.At(w.To))
	}
	v.Numbers = numbersTable(r, c, built)
	if len(r.Closer) > 0 && len(r.Closer[0].At) > 1 {
		at := r.Closer[0].At
		v.Closer = c.At(at[0]) + " to " + c.At(at[len(at)-1])
	}
}

func (v *page) holders(r *finding.Report, c units.Clock) {
	total := words.HoldersTotal(r)
	for _, h := range bounded(v, r.Holders, maxHolders, "holders") {
		h.Growth, h.IdleP50, h.IdleP95 = units.Rounded(h.Growth), units.Rounded(h.IdleP50), units.Rounded(h.IdleP95)
		v.Holders = append(v.Holders, holderView{
			Label: inert.Short(words.HolderLabel(h), 90), Who: words.SourceName(h.Source),
			Base: units.Count(int64(h.Base)), Peak: units.Count(int64(h.Peak)), Last: units.Count(int64(h.Last)),
			Births: units.Count(int64(h.Births)), Deaths: units.Count(int64(h.Deaths)), Share: words.Share(h.Peak, total),
			Growth: units.Number(h.Growth), IdleP50: units.Seconds(h.IdleP50), IdleP95: units.Seconds(h.IdleP95),
			Blocked: units.Count(int64(h.Blocked)), PubSub: units.Count(int64(h.PubSub)), OMem: units.BytesOf(float64(h.OMem)), TopCmd: inert.Short(h.TopCmd, 40),
			V: h,
		})
	}
	if at := words.PeakTime(r); !at.IsZero() {
		v.PeakAt = c.At(at) + c.ZoneMark(at)
	}
}

func (v *page) prevention(r *finding.Report, c units.Clock) {
	for _, a := range words.Alarms(r) {
		v.Alarms = append(v.Alarms, alarmView{a.Name, a.What, a.Fires(c), a.Lead(r.Impact.LimitReached)})
		v.AlarmRule += a.Rule()
	}
	v.AlarmRule = strings.TrimRight(v.AlarmRule, "\n")
}

func (v *page) lists(r *finding.Report) {
	for _, x := range bounded(v, r.WhatIf, maxList, "what-if") {
		w := whatIfView{Question: words.Spans(words.OrLabel(x.Question)), Answer: words.Spans(x.Answer)}
		if !x.Missing {
			w.Formula, w.At = x.Formula, strings.Join(x.At[:min(4, len(x.At))], ", ")
		}
		if units.Finite(x.Value) && x.Unit != "" {
			w.Value = units.Measure(x.Value, x.Unit)
			if x.Lo != 0 || x.Hi != 0 {
				w.Value = words.EvidenceValue(finding.Evidence{Value: x.Value, Unit: x.Unit, Lo: x.Lo, Hi: x.Hi, HasInterval: true})
			}
		}
		v.WhatIf = append(v.WhatIf, w)
	}
	v.Doubts = bounded(v, r.DataQuality, maxList, "data quality")
	v.Unused = words.UnusedWords(r, words.MostUnused)
	v.Observations = bounded(v, r.Observations, maxList, "observations")
	for _, c := range bounded(v, r.Config, maxList, "settings") {
		v.Config = append(v.Config, finding.ConfigValue{Key: words.OrLabel(c.Key), Value: c.Value})
	}
	v.Input.Servers = bounded(v, r.Input.Servers, 12, "server processes")
	for _, b := range words.HumanBlanks {
		if r.Verdict.Status == finding.Healthy {
			break // nothing happened, so there is nothing to fill in
		}
		v.Blanks = append(v.Blanks, blankView{b.What, b.Hint})
	}
	v.Glossary = words.Glossary(r)
	v.Limit = "not known"
	if l := words.LimitValue(r); l > 0 {
		v.Limit = units.Number(l)
		if r.Limit.From != "" {
			v.Limit += ", read from " + r.Limit.From
		}
	}
}
