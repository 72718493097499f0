// Package report writes an analyze.Report for a person or a program. It adds no facts:
// every number it prints is a field of the report or is computed from one of its series
// by a formula the page names.
//
// The pipeline of every format for people is the same:
//
//  1. clean copies the report and makes every string in it safe to print (escape.go);
//     names of clients come from strangers and may hold anything.
//  2. The numbers are scaled for people (unit.go).
//  3. One writer lays them out: text.go, markdown.go or html.go. Charts are drawn by
//     report/svgchart, rows of block characters by sparkline.go.
//
// JSON (json.go) skips the first two steps: it carries the values as they are.
//
// The same report and options give the same bytes; no writer looks at a clock, a map's
// order or the environment.
package report

import (
	"io"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Options are what a reader may choose. The zero value is usable.
type Options struct {
	Version    string         // connbox's own version, printed as the maker; empty is "unknown"
	Width      int            // terminal cells a line of text may fill; 0 is 80, less than 40 is 40
	Color      bool           // SGR colours in text, always beside a word that says the same
	Full       bool           // all of the text summary, not one screen of it
	ASCII      bool           // no character above 0x7f in text made by connbox
	Location   *time.Location // zone of the times for people; nil is UTC. JSON is always UTC
	SourceName string         // how people call the input, e.g. "inc.connbox"; empty takes Report.Input.Name
}

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
		{"text", "summary for a terminal", writeText},
		{"json", "the whole result for programs, schema 1", writeJSON},
		{"brief", "the answer for a program with little room, at most 4 kB of JSON", writeBrief},
		{"md", "postmortem for an issue tracker, at most 30 kB of Markdown", writeMarkdown},
		{"html", "postmortem as one self-contained page with charts", writeHTML},
		{"svg", "the charts of the page as one drawing", writeSVG},
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

// stdinName is what people call a recording that came through a pipe.
const stdinName = "standard input"

// withDefaults fills what the caller left open. name is the input's own.
func (o Options) withDefaults(name string) Options {
	if o.Version == "" {
		o.Version = "unknown"
	}
	if o.Width == 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, 40)
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.SourceName == "" {
		o.SourceName = name
	}
	switch o.SourceName {
	case "":
		o.SourceName = "recording"
	case "-":
		o.SourceName = stdinName
	}
	o.Version, o.SourceName = printable(o.Version, maxName), printable(o.SourceName, maxName)
	return o
}
