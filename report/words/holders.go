package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// PeakTime is the moment the holders' table is of.
func PeakTime(r *finding.Report) time.Time {
	_, at, _ := Peak(Signal(r, "connections"))
	return at
}

// HeldAtPeak gives the holders that had connections at the peak: the others are no answer
// to who held the slots then. The page, which has the start and the end too, shows all.
func HeldAtPeak(r *finding.Report) []finding.Holder {
	var out []finding.Holder
	for _, h := range r.Holders {
		if h.Peak > 0 {
			out = append(out, h)
		}
	}
	return out
}

// BlamedHolder is the first of some holders whose connections the verdict's cause names; -1 where none is.
func BlamedHolder(r *finding.Report, held []finding.Holder) int {
	return slices.IndexFunc(held, func(h finding.Holder) bool {
		return slices.ContainsFunc(r.Held.Groups, func(g finding.HeldGroup) bool { return g.Blamed && g.Label == h.Label })
	})
}

// HoldersTotal is what the shares of holders are of: all connections at the peak, or the
// holders' sum where that is more or the series is missing.
func HoldersTotal(r *finding.Report) int {
	sum := 0
	for _, h := range r.Holders {
		sum += max(0, h.Peak)
	}
	if v, _, ok := Peak(Signal(r, "connections")); ok && v > float64(sum) && v < 1e12 {
		return int(v)
	}
	return sum
}

// HolderLabel names a group of connections; one with no label at all is still a row.
func HolderLabel(h finding.Holder) string {
	label := h.Label
	if strings.TrimSpace(label) == "" {
		label = "(no name)"
	}
	if h.Hosts > 1 {
		label += " (" + Plural(h.Hosts, "host") + ")"
	}
	return label
}

// Share writes part of total as a percentage.
func Share(part, total int) string {
	if total <= 0 {
		return units.Unknown
	}
	return units.Percent(float64(part) / float64(total))
}

// Answered gives the what-ifs that the recording could answer; the full report has all.
func Answered(r *finding.Report) []finding.WhatIf {
	var out []finding.WhatIf
	for _, x := range r.WhatIf {
		if !x.Missing {
			out = append(out, x)
		}
	}
	return out
}

// JoinDoubt writes a flaw of the data with its effect.
func JoinDoubt(d finding.Doubt) string {
	if d.Effect == "" {
		return d.What
	}
	return strings.TrimRight(d.What, ".") + ": " + d.Effect
}

// Argument writes a recording's name as an argument of a command: a placeholder where it
// is not known or a shell would not take it as it stands.
func Argument(name string) string {
	switch {
	case name == stdinName:
		return "-"
	case name == "recording" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " '\"\\$`&|;<>()*?[]#~!{}"):
		return "INPUT"
	}
	return name
}

// SpanOf says when a cause was on, with the onset's interval.
func SpanOf(f finding.Finding, c units.Clock) string {
	s := "from a time not known"
	if !f.OnsetHi.IsZero() {
		s = "from before the recording"
	}
	if !f.Onset.IsZero() {
		s = "from " + c.At(f.Onset)
		if !f.OnsetLo.IsZero() && !f.OnsetHi.IsZero() {
			s += " (between " + c.At(f.OnsetLo) + " and " + c.At(f.OnsetHi) + ")"
		}
		s += c.ZoneMark(f.Onset)
	}
	if f.End.IsZero() {
		return s + ", still on at the end"
	}
	return s + ", until " + c.At(f.End) + c.ZoneMark(f.End)
}

// SourceName writes who is to blame: "checkout-api at 10.0.0.7, user app, go-redis".
func SourceName(s finding.Source) string {
	name := OrLabel(s.Name)
	if s.Host != "" {
		name += " at " + s.Host
	}
	if s.User != "" && s.User != "default" {
		name += ", user " + s.User
	}
	if s.Lib != "" {
		name += ", " + s.Lib
	}
	return inert.Short(name, 200)
}

// SourceLine writes who is to blame, and for how much of it.
func SourceLine(s finding.Source) string {
	who := SourceName(s)
	if strings.TrimSpace(s.Name) == "" && s.Host != "" {
		who = strings.TrimPrefix(who, OrLabel(s.Name)+" at ")
	}
	return fmt.Sprintf("%s: %s (%s)", who, Plural(s.Connections, "connection"), units.Percent(s.Share))
}
