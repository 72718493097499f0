package words

import (
	"github.com/connbox/connbox/analyze/finding"
)

// A Term is a unit that only statisticians know by name.
type Term struct{ Unit, Means string }

// terms explains them, in the order of the page's glossary.
var terms = [...]Term{
	{"KS distance", "Kolmogorov-Smirnov distance: the widest gap between two cumulative shares, from 0 (the same course) to 1 (nothing in common)"},
	{"τ-b", "Kendall's rank correlation with ties: 1 where two series always rise together, 0 where they have nothing to do with each other, -1 where one falls as the other rises"},
	{"score", "how strongly a cause's own signs are present, from 0 (none) to 1 (all); a cause takes part from its threshold on, see connbox explain"},
}

// UnitMeaning explains a unit; empty where people know it.
func UnitMeaning(unit string) string {
	for _, t := range terms {
		if t.Unit == unit {
			return t.Means
		}
	}
	return ""
}

// Glossary gives the terms the report uses.
func Glossary(r *finding.Report) []Term {
	used := map[string]bool{}
	for _, c := range r.Causes {
		for _, e := range c.Evidence {
			used[e.Unit] = true
		}
	}
	for _, w := range r.WhatIf {
		used[w.Unit] = true
	}
	var out []Term
	for _, t := range terms {
		if used[t.Unit] {
			out = append(out, t)
		}
	}
	return out
}

// ConfidenceOf is how sure the report is of its i-th cause. The first is the root,
// and of it the verdict speaks: two figures for one thing would contradict each other.
func ConfidenceOf(r *finding.Report, i int) float64 {
	if i == 0 && r.Verdict.Status == finding.Incident && r.Causes[0].ID == r.Verdict.Cause {
		return r.Verdict.Confidence
	}
	return r.Causes[i].Confidence
}
