package comparison

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/connbox/connbox/fixtures/axe"
	"github.com/connbox/connbox/fixtures/browser"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// TestBrowser: Chromium finds nothing to refuse on the page, nothing that runs, and at the width of a
// telephone nothing that scrolls sideways; axe-core finds nothing that hinders anybody.
func TestBrowser(t *testing.T) {
	b, err := browser.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	longest := slices.MaxFunc(reporttest.Nasty, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	for _, n := range []string{"cart", `<script>alert(1)</script><img src=x onerror=alert(1)>`, longest} {
		c := reporttest.StrangersFix(n)
		if n == "cart" {
			c = reporttest.Fix()
		}
		var text bytes.Buffer
		if err := WriteHTML(&text, c, words.Options{}); err != nil {
			t.Fatal(err)
		}
		page := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(page, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, v := range []browser.View{{Width: 390}, {}, {Dark: true}} {
			p, err := b.Open("file://"+page, v)
			if err != nil {
				t.Fatal(err)
			}
			var is struct{ Wide, Window, Foreign float64 }
			if err := p.Eval(`({Wide: document.documentElement.scrollWidth, Window: innerWidth, Foreign: document.scripts.length + document.querySelectorAll("img,iframe,object,embed,form,base").length})`, &is); err != nil {
				t.Fatal(err)
			}
			if is.Wide > is.Window || v.Width > 0 && is.Window > float64(v.Width) || is.Foreign > 0 {
				t.Errorf("%.40q %+v: %+v", n, v, is)
			}
			if got, err := axe.Violations(p); err != nil || got != "" {
				t.Errorf("%.40q %+v: %v\n%s", n, v, err, got)
			}
			for _, line := range p.Console() {
				t.Errorf("%.40q: console: %.300s", n, line)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
