package fleetview

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/report/inert"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("fleet").Parse(pageHTML))

// page is what the template prints. Its strings are printable already; html/template escapes them.
type page struct {
	*doc
	Policy, Version string
	Style           template.CSS
	Chart           template.HTML // drawn here, escaped
	More            int           // onsets that the chart leaves out
	First, Rest     []section     // before and behind the chart
}

// WriteHTML writes the summary as one page without scripts, which needs no network.
func WriteHTML(w io.Writer, s *reduce.Summary, o Options) error {
	clean, d, t := tell(s, o)
	sum := sha256.Sum256([]byte(pageCSS))
	p := page{doc: d, Version: inert.Printable(o.Version, inert.MaxName), Style: template.CSS(pageCSS), More: clean.MoreOnsets, Chart: template.HTML(t.chart(clean.Onsets)),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"}
	p.First, p.Rest = d.Sections[:1], d.Sections[1:]
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, &p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
