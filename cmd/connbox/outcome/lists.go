package outcome

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// An issue is one thing that is wrong, for the formats that list such.
type issue struct {
	rule    string // which part of an expectation
	key     string // tells it from the others of the file
	text    string
	file    string
	at      expect.Place
	unknown bool
	broken  bool // it could not be looked at
}

// issues lists what is wrong, a problem or a difference each.
func (r *Report) issues() (out []issue) {
	for i := range r.All {
		o := &r.All[i]
		file := inTree(o.File)
		for _, p := range o.Problems {
			out = append(out, issue{"cannot-check", p.Text, cli.Safe(o.Name + ": " + p.Text), file, line1(p.Place), false, true})
		}
		for k := range o.Diffs {
			d := &o.Diffs[k]
			text := o.Name + ": " + d.String()
			for _, e := range d.Evidence {
				text += "; " + said(e)
			}
			out = append(out, issue{ruleOf(d.Field), d.Field, cli.Safe(text), file, line1(d.Place), d.Unknown, false})
		}
	}
	return out
}

// inTree gives a path as servers of builds want it: relative to the folder that the build runs in,
// where it lies below that.
func inTree(file string) string {
	if filepath.IsAbs(file) {
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, file); err == nil && filepath.IsLocal(rel) {
				file = rel
			}
		}
	}
	return path.Clean(filepath.ToSlash(file))
}

func line1(p expect.Place) expect.Place {
	return expect.Place{Line: max(p.Line, 1), Col: max(p.Col, 1)}
}

// ruleOf names the part of an expectation that a field belongs to.
func ruleOf(field string) string {
	if i := strings.IndexAny(field, ".["); i >= 0 {
		field = field[:i]
	}
	return strings.ReplaceAll(field, "_", "-")
}

// print tells an issue from all others, and is the same from run to run: neither the values found nor
// the line are in it, so that a server follows the issue while they change.
func (i *issue) print(seen map[string]int) string {
	key := i.rule + "\x00" + i.file + "\x00" + i.key
	seen[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
	return hex.EncodeToString(sum[:16])
}

// writeGitLab writes GitLab's code quality report, a list of issues in the Code Climate form.
func writeGitLab(w io.Writer, r *Report) error {
	type lines struct {
		Begin int `json:"begin"`
	}
	type location struct {
		Path  string `json:"path"`
		Lines lines  `json:"lines"`
	}
	type quality struct {
		Description string   `json:"description"`
		CheckName   string   `json:"check_name"`
		Fingerprint string   `json:"fingerprint"`
		Severity    string   `json:"severity"`
		Location    location `json:"location"`
	}
	out, seen := []quality{}, map[string]int{}
	for _, i := range r.issues() {
		severity := "major"
		switch {
		case i.broken:
			severity = "critical"
		case i.unknown:
			severity = "minor"
		}
		out = append(out, quality{i.text, "connbox/" + i.rule, i.print(seen), severity, location{i.file, lines{i.at.Line}}})
	}
	return cli.WriteJSON(w, out)
}

// The types of SARIF 2.1.0 (docs.oasis-open.org/sarif), as far as they are written.
type (
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
)

// sarifPlain writes a text so that no reader of SARIF (2.1.0, 3.11.5 and 3.11.6) finds a placeholder or
// a link in it.
var sarifPlain = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (")

func writeSARIF(w io.Writer, r *Report) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{"connbox", cli.Version, []sarifRule{}}}, Results: []sarifResult{}}
	known, seen := map[string]bool{}, map[string]int{}
	for _, i := range r.issues() {
		if !known[i.rule] {
			known[i.rule] = true
			short := "The analysis of a recording does not meet " + i.rule + " of its expectation."
			if i.broken {
				short = "An expectation or its recording cannot be read."
			}
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{i.rule, sarifText{short}})
		}
		level := "error"
		if i.unknown {
			level = "warning"
		}
		at := sarifPhysical{sarifArtifact{uri(i.file)}, sarifRegion{i.at.Line, i.at.Col}}
		run.Results = append(run.Results, sarifResult{i.rule, level, sarifText{sarifPlain.Replace(i.text)}, []sarifLocation{{at}}, map[string]string{"connbox/v1": i.print(seen)}})
	}
	return cli.WriteJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// uri writes a path as a reference: what is neither letter, digit nor harmless is escaped.
func uri(p string) string {
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("/-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// writeTAP writes TAP 14 (testanything.org), which readers of TAP 13 take, too.
func writeTAP(to io.Writer, r *Report) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "TAP version 14\n1..%d\n", len(r.All))
	for i := range r.All {
		o := &r.All[i]
		not := "not "
		if o.Code == cli.StatusDone {
			not = ""
		}
		fmt.Fprintf(w, "%sok %d - %s\n", not, i+1, strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(cli.Safe(o.Name)))
		if not == "" {
			continue
		}
		fmt.Fprintf(w, "  ---\n  status: %d\n  file: %s\n  line: %d\n  message: |2\n", o.Code, quoted(o.File), o.place().Line)
		for l := range strings.SplitSeq(o.body(), "\n") {
			fmt.Fprintf(w, "    %s\n", l)
		}
		fmt.Fprintf(w, "  ...\n")
	}
	return w.Flush()
}

// quoted writes a text as YAML in single quotes.
func quoted(s string) string { return "'" + strings.ReplaceAll(cli.Safe(s), "'", "''") + "'" }
