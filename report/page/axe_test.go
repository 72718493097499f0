package page

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/browser"
	"github.com/connbox/connbox/fixtures/npm"
	"github.com/connbox/connbox/report/reporttest"
)

// axeVersion is the release of axe-core, which finds what hinders people who use a screen reader, a
// keyboard or weak eyes: https://github.com/dequelabs/axe-core.
const axeVersion = "4.14.1"

// TestBrowserAccessible: axe-core finds no violation, in the light, in the dark, on a telephone,
// with all folds open.
func TestBrowserAccessible(t *testing.T) {
	dir, err := npm.Install("axe-core", axeVersion)
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range reporttest.Samples {
		for _, v := range []browser.View{{}, {Dark: true}, {Width: 390}} {
			p := open(t, pageOf(t, s.Build()), "", v)
			p.text("document.querySelectorAll('details').forEach(d => d.open = true)")
			p.text(string(axe) + "\n;0")
			if got := p.text(`axe.run().then(r => r.violations.map(v => v.id + ": " + v.help + " (" + v.nodes.length + ", as " + v.nodes[0].html.slice(0, 160) + " " + (v.nodes[0].any[0] || {}).message + ")").join("\n"))`); got != "" {
				t.Errorf("%s %+v:\n%s", s.Name, v, got)
			}
			if n := p.number("axe.getRules().length"); n < 50 || strings.TrimSpace(p.text("axe.version")) != axeVersion {
				t.Errorf("%g rules of axe-core %s", n, p.text("axe.version"))
			}
		}
	}
}
