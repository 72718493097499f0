// Package comparison writes what two recordings say of each other: for a terminal, as Markdown
// and as a page. As JSON it is written by report/result.
package comparison

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// outcomeWords names an outcome in a headline.
var outcomeWords = map[finding.OutcomeStatus]string{
	finding.Fixed: "Fixed", finding.Better: "Less, and not gone", finding.Unchanged: "No change shown", finding.Worse: "Worse",
	finding.Another: "Another incident", finding.Began: "An incident began", finding.Ended: "Over, with who had it", finding.Quiet: "No incident in either", finding.Unknown: "Cannot be told",
}

// headline names the outcome.
func headline(c *finding.Comparison) string {
	if s := outcomeWords[c.Outcome.Status]; s != "" {
		return s
	}
	return "Cannot be told"
}

// certainty says how sure the outcome is; empty where that is not known.
func certainty(c *finding.Comparison) string {
	if math.IsNaN(c.Outcome.Confidence) || c.Outcome.Status == finding.Unknown {
		return ""
	}
	return "confidence " + units.Confidence(c.Outcome.Confidence)
}

// sideLine names a recording's verdict.
func sideLine(r *finding.Report) string {
	line := words.Headline(r)
	if s := words.Certainty(r.Verdict); s != "" {
		line += ", " + s
	}
	return line
}

// name is how people call the recording of a side.
func name(r *finding.Report) string {
	return words.Options{}.WithDefaults(r.Input.Name).SourceName
}

func span(r *finding.Report, o words.Options) string {
	return words.InputSpan(units.NewClock(r.Input.From, r.Input.To, o.Location), r.Input)
}

// value writes a side's value without its unit, which the row's title has.
func value(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return units.Unknown
	case unit == "share":
		return units.Percent(v)
	case unit == "bytes", unit == "seconds":
		return units.Measure(v, unit)
	case math.Abs(v) < 0.05 && v != 0 && unit != "per second":
		return "0.0"
	}
	return units.Number(v)
}

// within writes a value with its interval, where it has one.
func within(i finding.Interval, unit string) string {
	s := value(i.Value, unit)
	if bounded(i) && i.Lo != i.Hi {
		s += " (" + value(i.Lo, unit) + " to " + value(i.Hi, unit) + ")"
	}
	return s
}

func bounded(i finding.Interval) bool {
	return !math.IsNaN(i.Value) && !math.IsNaN(i.Lo) && !math.IsInf(i.Lo, 0) && !math.IsNaN(i.Hi) && !math.IsInf(i.Hi, 0)
}

// gap writes a change with its sign and interval; that of a share is in points.
func gap(x *finding.Change) string {
	if math.IsNaN(x.Gap.Value) {
		return units.Unknown
	}
	s := within(x.Gap, x.Unit)
	if x.Unit == "share" {
		s = strings.ReplaceAll(s, " %", " points")
	}
	if x.Gap.Value > 0 {
		s = "+" + s
	}
	return s
}

// moved says how a quantity moved, and by which p-value.
func moved(x *finding.Change) string {
	switch x.Moved {
	case finding.Rose, finding.Fell:
		return string(x.Moved) + ", " + pWords(x.P)
	}
	return string(x.Moved)
}

func pWords(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return fmt.Sprintf("p %.2g", p)
}

// title is a quantity with its unit, where the values do not carry it.
func title(x *finding.Change) string {
	switch x.Unit {
	case "share", "bytes", "seconds", "clients", "connections":
		return x.Title
	case "connections/min":
		return x.Title + " a minute"
	case "per second":
		return x.Title + " a second"
	case "per minute":
		return x.Title + " a minute"
	}
	return strings.TrimSpace(x.Title + " " + x.Unit)
}

// changeOf finds an application's quantity; nil without.
func changeOf(a *finding.AppChange, id string) *finding.Change {
	for i := range a.Changes {
		if a.Changes[i].ID == id {
			return &a.Changes[i]
		}
	}
	return nil
}

// appColumns are the quantities of the table of applications.
var appColumns = [...]struct{ id, head string }{{"held", "held"}, {"grew", "growth/min"}, {"opened", "opened/min"}}

// fromTo writes a quantity of an application: "120 → 6". A mark says that it moved.
func fromTo(x *finding.Change, ascii bool) string {
	if x == nil {
		return units.Unknown
	}
	arrow, mark := " → ", ""
	if ascii {
		arrow = " > "
	}
	if x.Moved == finding.Rose || x.Moved == finding.Fell {
		mark = " *"
	}
	return value(x.Before.Value, x.Unit) + arrow + value(x.After.Value, x.Unit) + mark
}

// appLabel names an application, and says where only one recording has it.
func appLabel(a *finding.AppChange) string {
	label := a.Label
	if strings.TrimSpace(label) == "" {
		label = "(no name)"
	}
	switch {
	case !a.InAfter:
		label += " (gone)"
	case !a.InBefore:
		label += " (new)"
	}
	return label
}

// present leaves out the quantities that are nothing on either side. JSON has them.
func present(all []finding.Change) []finding.Change {
	var out []finding.Change
	for _, x := range all {
		if x.Before.Value != 0 || x.After.Value != 0 {
			out = append(out, x)
		}
	}
	return out
}

// worthTelling picks the quantities that moved, then the others up to a number, in their order.
func worthTelling(all []finding.Change, most int) []finding.Change {
	all = present(all)
	room := most
	for i := range all {
		if all[i].Moved == finding.Rose || all[i].Moved == finding.Fell {
			room--
		}
	}
	var out []finding.Change
	for _, x := range all {
		told := x.Moved == finding.Rose || x.Moved == finding.Fell
		if !told && room > 0 {
			room--
			told = true
		}
		if told && len(out) < most {
			out = append(out, x)
		}
	}
	return out
}
