// Package page writes a report as one self-contained HTML page with charts, or the charts
// alone as SVG.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// pageTemplate is parsed once; a template that does not parse is a defect of the build.
var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Write writes the postmortem as one page that needs no network, no script and no
// style: the script only adds a cursor, zoom and sorting, and the style only looks. The
// page's policy allows exactly these two, by their hashes, and nothing else.
func Write(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	v, err := newPage(words.Clean(r, false), o)
	if err != nil {
		return err
	}
	v.Policy = "default-src 'none'; script-src '" + hashOf(pageJS) + "'; style-src '" + hashOf(pageCSS) +
		"'; base-uri 'none'; form-action 'none'"
	v.Script, v.Style = template.JS(pageJS), template.CSS(pageCSS)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return err
	}
	_, err = w.Write(inert.HTML(b.Bytes()))
	return err
}

// hashOf is a source of a Content-Security-Policy: what it names may run, and only that.
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
