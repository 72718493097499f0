// Package report writes an analyze.Report for a person or a program. It adds no facts:
// every number it prints is a field of the report or is computed from one of its series
// by a formula the page names.
//
// The pipeline of every format for people is the same:
//
//  1. report/inert copies the report and makes every string in it safe to print; names of
//     clients come from strangers and may hold anything.
//  2. report/words chooses what is said, report/units writes numbers and times.
//  3. One writer lays it out: report/terminal, report/markdown or report/page. Charts are
//     drawn by report/svgchart, columns by report/cells.
//
// JSON (report/result) skips the first two steps: it carries the values as they are.
//
// The same report and options give the same bytes; no writer looks at a clock, a map's
// order or the environment.
package report

import (
	"io"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/comparison"
	"github.com/connbox/connbox/report/markdown"
	"github.com/connbox/connbox/report/page"
	"github.com/connbox/connbox/report/result"
	"github.com/connbox/connbox/report/terminal"
	"github.com/connbox/connbox/report/words"
)

// Options are what a reader may choose. The zero value is usable.
type Options = words.Options

// Schema is the version of the JSON report.
const Schema = result.Schema

// A Format is one way to write a report. Write buffers its output and calls w.Write once
// at the end, so a failure of its own leaves w untouched; the only error besides is w's.
type Format struct {
	Name  string // as in -o NAME:PATH
	Doc   string // one line for a help text
	Write func(w io.Writer, r *finding.Report, o Options) error
}

// Formats gives all formats, the default first. The slice is the caller's.
func Formats() []Format {
	return []Format{
		{"text", "summary for a terminal", terminal.Write},
		{"json", "the whole result for programs, schema 1", result.Write},
		{"brief", "the answer for a program with little room, at most 4 kB of JSON", result.WriteBrief},
		{"md", "postmortem for an issue tracker, at most 30 kB of Markdown", markdown.Write},
		{"html", "postmortem as one self-contained page with charts", page.Write},
		{"svg", "the charts of the page as one drawing", page.WriteSVG},
	}
}

// A DiffFormat is one way to write a comparison of two recordings; see Format.
type DiffFormat struct {
	Name, Doc string
	Write     func(w io.Writer, c *finding.Comparison, o Options) error
}

// DiffFormats gives those of comparisons, the default first. The slice is the caller's.
func DiffFormats() []DiffFormat {
	return []DiffFormat{
		{"text", "summary for a terminal", comparison.WriteText},
		{"json", "the whole result for programs", result.WriteDiff},
		{"md", "tables for an issue tracker", comparison.WriteMarkdown},
		{"html", "one self-contained page", comparison.WriteHTML},
	}
}

// Lookup finds a format by its name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
