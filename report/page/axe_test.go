package page

import (
	"testing"

	"github.com/connbox/connbox/fixtures/axe"
	"github.com/connbox/connbox/fixtures/browser"
	"github.com/connbox/connbox/report/reporttest"
)

// TestBrowserAccessible: axe-core finds no violation, in the light, in the dark, on a telephone,
// with all folds open; and it would find one.
func TestBrowserAccessible(t *testing.T) {
	for _, s := range reporttest.Samples {
		for _, v := range []browser.View{{}, {Dark: true}, {Width: 390}} {
			p := open(t, pageOf(t, s.Build()), "", v)
			if got, err := axe.Violations(p.Page); err != nil || got != "" {
				t.Errorf("%s %+v: %v\n%s", s.Name, v, err, got)
			}
		}
	}
	p := open(t, samplePage(t), "", browser.View{})
	p.text("document.querySelector('h1').style.color = '#ddd'")
	if got, err := axe.Violations(p.Page); err != nil || got == "" {
		t.Errorf("light grey on white: %v %q", err, got)
	}
}
