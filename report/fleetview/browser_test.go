package fleetview_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/connbox/connbox/fixtures/axe"
	"github.com/connbox/connbox/fixtures/browser"
	"github.com/connbox/connbox/report/fleetview"
)

// TestBrowser opens the page in a real browser: axe-core has nothing against it, nothing but the chart
// is wider than a telephone, and each server of a group leads to its report.
func TestBrowser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := fleetview.WriteHTML(f, summaryOf("cart"), fleetview.Options{Version: "1", Link: func(in string) string { return "./" + in + ".html" }}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := browser.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, view := range []browser.View{{Width: 1200}, {Width: 390, Height: 844}, {Dark: true}} {
		p, err := b.Open("file://"+path, view)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Wide, Links, Dots int }
		err = p.Eval(`({Wide: document.documentElement.scrollWidth - innerWidth, Links: document.querySelectorAll("#groups td a").length,
			Dots: document.querySelectorAll("#onsets a circle").length})`, &got)
		if err != nil || got.Wide > 0 || got.Links != 3 || got.Dots != 3 || len(p.Console()) > 0 {
			t.Errorf("%+v: %+v, %v, %v", view, got, p.Console(), err)
		}
		against, err := axe.Violations(p)
		if err != nil {
			t.Fatal(err)
		}
		if against != "" {
			t.Errorf("%+v: %s", view, against)
		}
	}
}
