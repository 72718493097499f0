package page

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/browser"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// The page is looked at by a real browser, under the page's own policy: a test's expressions come
// from outside of the page and are not bound by it.

// chromium is one browser for all tests.
var chromium = sync.OnceValues(browser.Start)

func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := chromium(); err == nil {
		b.Close()
	}
	os.Exit(code)
}

// tab is an open page; what fails in it fails its test.
type tab struct {
	*browser.Page
	t *testing.T
}

// open writes a page where the browser can read it, and opens it. A message on the page's console,
// a refusal of its policy among them, fails the test.
func open(t *testing.T, page, hash string, v browser.View) *tab {
	t.Helper()
	p := openAny(t, page, hash, v)
	t.Cleanup(func() {
		for _, line := range p.Console() {
			t.Errorf("the page's console: %.400s", line)
		}
	})
	return p
}

func openAny(t *testing.T, page, hash string, v browser.View) *tab {
	t.Helper()
	b, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := b.Open("file://"+path+hash, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return &tab{p, t}
}

// text gives the value of an expression as text, others than text as JSON.
func (p *tab) text(expression string) string {
	p.t.Helper()
	var v any
	if err := p.Eval(expression, &v); err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func (p *tab) number(expression string) (v float64) {
	p.t.Helper()
	if err := p.Eval(expression, &v); err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// want compares the value of an expression.
func (p *tab) want(expression, want string) {
	p.t.Helper()
	if got := p.text(expression); got != want {
		p.t.Errorf("%s: %s, want %s", expression, got, want)
	}
}

// mouse does things at places of the first chart, whose width is 1.
func (p *tab) mouse(x float64, what ...string) {
	p.t.Helper()
	left, top, width := p.number("document.querySelector('svg.chart').getBoundingClientRect().left"), p.number("document.querySelector('svg.chart').getBoundingClientRect().top"),
		p.number("document.querySelector('svg.chart').getBoundingClientRect().width")
	for _, w := range what {
		if err := p.Mouse(w, left+x*width, top+60); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *tab) keys(names ...string) {
	p.t.Helper()
	for _, k := range names {
		if err := p.Key(k); err != nil {
			p.t.Fatal(err)
		}
	}
}

// click clicks on an element.
func (p *tab) click(selector string) {
	p.t.Helper()
	rect := "document.querySelector(" + strings.ReplaceAll(quote(selector), "\n", " ") + ").getBoundingClientRect()"
	p.text("document.querySelector(" + quote(selector) + ").scrollIntoView({block: 'center'})")
	x, y := p.number(rect+".left")+p.number(rect+".width")/2, p.number(rect+".top")+p.number(rect+".height")/2
	for _, w := range []string{"moved", "pressed", "released"} {
		if err := p.Mouse(w, x, y); err != nil {
			p.t.Fatal(err)
		}
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func samplePage(t *testing.T) string { return pageOf(t, reporttest.LeakThenStorm()) }

func pageOf(t *testing.T, r *finding.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, words.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var policyMeta = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)

// withPolicy replaces the page's own policy.
func withPolicy(page, policy string) string {
	return policyMeta.ReplaceAllString(page, `<meta http-equiv="Content-Security-Policy" content="`+policy+`"/>`)
}

const box = "document.querySelector('.plot').getAttribute('viewBox')"

// TestBrowserZoom: an address zooms all charts, moves the marks and writes the axis anew.
func TestBrowserZoom(t *testing.T) {
	p := open(t, samplePage(t), "#t=600-1200", browser.View{})
	p.want("document.documentElement.className", "js")
	p.want("document.querySelectorAll('svg.chart').length", "8") // seven, and the heat map
	// 600 s and 600 s more of 1795 s on 880 units
	p.want("[...new Set([...document.querySelectorAll('.plot')].map(p => p.viewBox.baseVal.x.toFixed(2) + ' ' + p.viewBox.baseVal.width.toFixed(2)))].join()", "294.15 294.15")
	p.want("[...new Set([...document.querySelectorAll('.mark[data-x=\"0.6184\"]')].map(m => m.getAttribute('x') + m.getAttribute('visibility')))].join()", "85.005%visible") // 1110 s: 510/600
	p.want("[...new Set([...document.querySelectorAll('.mark[data-x=\"0.234\"]')].map(m => m.getAttribute('visibility')))].join()", "hidden")
	p.want("[...document.querySelectorAll('#chart1 .xaxis text')].map(t => t.textContent).join(' ')", "03:10 03:12 03:14 03:16 03:18 03:20")
}

// TestBrowserGestures: cursor, drag, keys and sorting do what the hint says.
func TestBrowserGestures(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{})
	p.mouse(0.7954545, "moved")
	got := p.text("[...document.querySelectorAll('.val')].map(v => v.textContent).join('|')")
	if !strings.HasPrefix(got, "03:23:4") || !strings.Contains(got, "all connections 10 000 clients|") || !strings.Contains(got, "≥ 30 min: 2 242 · ≥ 5 min: 4 483") || strings.Count(got, "03:23:4") != 8 {
		t.Errorf("cursor: %s", got)
	}
	p.mouse(0.5, "moved", "pressed")
	p.mouse(0.75, "moved", "released")
	if b := p.text(box); !strings.HasPrefix(b, "440") && !strings.HasPrefix(b, "439.") || !strings.HasSuffix(b, " 194") {
		t.Errorf("drag: %s", b)
	}
	if h := p.text("location.hash"); !regexp.MustCompile(`^#t=89[78]-134[567]$`).MatchString(h) {
		t.Errorf("address %s", h)
	}
	p.keys("0")
	p.want(box, "0 0 880 194")
	p.want("location.hash", "")
	p.keys("+")
	p.want(box, "220 0 440 194")
	p.text("document.querySelector('svg.chart').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))")
	p.want(box, "0 0 880 194")

	p.text("document.getElementById('allholders').open = true")
	const names = "[...document.querySelectorAll('#allholders tbody tr')].map(r => r.cells[0].textContent).join()"
	const known = "checkout-api (12 hosts),mailer (2 hosts),feed (6 hosts),metrics,search (4 hosts),cart (8 hosts)"
	p.click("#allholders th:nth-child(8)")
	p.want(names, known+",10.9.1.7")
	p.click("#allholders th:nth-child(8)")
	if got := p.text(names); !strings.HasPrefix(got, "cart") || !strings.HasSuffix(got, ",10.9.1.7") {
		t.Errorf("idle p95 rising, unknown last: %s", got)
	}
}

// TestBrowserReplay: the slider and the arrow keys move the table, the charts and the timeline.
func TestBrowserReplay(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{})
	state := func(what, want string) {
		t.Helper()
		got := p.text(`[document.getElementById("moment").textContent, document.querySelector(".at-moment").textContent, [...document.querySelectorAll("#held tbody tr:first-child td")].slice(1, 6).map(c => c.textContent),
			document.querySelectorAll(".event.past").length, document.getElementById("slider").value, document.querySelector("#chart1 line.sel").getAttribute("x1").slice(0, 5),
			parseFloat(document.querySelector("#held .bar rect").getAttribute("width")).toFixed(1)].join("|")`)
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	p.want("document.getElementById('replay').hidden", "false")
	state("at first", "03:18:00 · 9 688 of 10 000 connections|03:18:00|7 845,82 %,12,6 485,0|1|18|60.16|96.7")
	p.text("var s = document.getElementById('slider'); s.value = 8; s.dispatchEvent(new Event('input'))")
	state("slid", "03:08:00 · 3 050 of 10 000 connections|03:08:00|1 295,42 %,12,590,0|1|8|26.74|16.0")
	p.keys("ArrowRight", "ArrowRight")
	state("two to the right", "03:10:00 · 4 363 of 10 000 connections|03:10:00|2 605,60 %,12,1 769,0|1|10|33.42|32.1")
	for range 15 {
		p.keys("ArrowLeft")
	}
	state("at the left end", "03:00:00 · 2 410 of 10 000 connections|03:00:00|640,27 %,12,0,0|0|0|0%|7.9")
	p.text("document.getElementById('slider').focus()")
	p.keys("End")
	p.click("[data-step='-1']")
	if got := p.text("document.getElementById('moment').textContent"); !strings.HasPrefix(got, "03:28:00") {
		t.Errorf("a moment before the end: %s", got)
	}
	p.text("document.activeElement.blur()")
	p.mouse(0.5, "moved", "pressed", "released") // a click keeps the moment
	if got := p.text("document.getElementById('slider').value"); got != "15" {
		t.Errorf("a click in the middle: moment %s", got)
	}
	p.click("#play")
	p.text("new Promise(done => setTimeout(done, 450))")
	if got := p.number("+document.getElementById('slider').value"); got < 16 {
		t.Errorf("played to moment %g", got)
	}
}

// TestBrowserDetail: zooming draws what the whole had no room for.
func TestBrowserDetail(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Signals[0] = reporttest.Series("connections", "Connections", "clients", 2000, 897500*time.Microsecond, func(m float64) float64 { return float64(int(m*60) % 100 * 100) })
	r.Signals[0].Step = true
	p := open(t, pageOf(t, r), "", browser.View{})
	const corners = `document.querySelector('#chart1 [data-s="0"]').getAttribute("d").split(/(?=[MVL])/).length`
	whole := p.number(corners)
	p.text("location.hash = '#t=600-660'; new Promise(done => setTimeout(done, 50))")
	if n := p.number(corners); n < 60 || n > 75 { // a value each 0.9 s of the minute
		t.Errorf("%g corners in a minute, want 67 or so", n)
	}
	p.keys("0")
	if n := p.number(corners); n != whole {
		t.Errorf("the whole again has %g corners, want %g", n, whole)
	}
}

// TestBrowserCopy: the button beside a command puts it on the clipboard.
func TestBrowserCopy(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{})
	if err := p.Allow("clipboardReadWrite"); err != nil {
		t.Fatal(err)
	}
	want := p.text("document.querySelector('.cmd code').textContent")
	p.click(".cmd .copy")
	p.want("new Promise(done => setTimeout(() => done(document.querySelector('.cmd .copy').textContent), 100))", "Copied")
	p.want("navigator.clipboard.readText()", want)
	if !strings.HasPrefix(want, "redis-cli ") {
		t.Errorf("copied %q", want)
	}
}

// TestBrowserPrint: an incident is printed on fewer than six sheets.
func TestBrowserPrint(t *testing.T) {
	pdf, err := open(t, samplePage(t), "", browser.View{}).PDF()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1)); n == 0 || n >= 6 {
		t.Errorf("%d sheets", n)
	}
}

// TestBrowserScreens: the answer is on the first screen, the incident on four.
func TestBrowserScreens(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{Width: 1280, Height: 800})
	if y := p.number("document.querySelector('#chart1').getBoundingClientRect().bottom + scrollY"); y > 800 {
		t.Errorf("the first chart ends at %g", y)
	}
	if y := p.number("document.querySelector('#appendix').getBoundingClientRect().top + scrollY"); y > 4000 {
		t.Errorf("the appendix begins at %g", y)
	}
}

// TestBrowserWidths: nothing scrolls sideways on a telephone or a desk, whatever names there are,
// and the labels of axes keep their size.
func TestBrowserWidths(t *testing.T) {
	for _, s := range reporttest.Samples {
		for _, width := range []int{390, 800, 1200} {
			p := open(t, pageOf(t, s.Build()), "", browser.View{Width: width})
			p.text("document.querySelectorAll('details').forEach(d => d.open = true)")
			if w := p.number("document.documentElement.scrollWidth"); w > float64(width) {
				t.Errorf("%s is %g wide on %d: %s", s.Name, w, width, p.text(`[...document.querySelectorAll('body *')].filter(e => !e.closest(".wide") && e.getBoundingClientRect().right > `+
					strconv.Itoa(width)+` + 1).slice(0, 8).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 30)).join('; ')`))
			}
			if size := p.number(`Math.min(99, ...[...document.querySelectorAll('svg .lab')].map(t => parseFloat(getComputedStyle(t).fontSize) * Math.abs(t.getScreenCTM().a)))`); size < 10 {
				t.Errorf("%s at %d: labels of %g pixels", s.Name, width, size)
			}
			if width == 390 {
				p.want(`[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).length`, "0")
			}
		}
	}
}

// TestBrowserNoScript: with scripts off the page is whole, and offers nothing that needs them.
func TestBrowserNoScript(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{NoScript: true})
	p.want("document.documentElement.className", "")
	p.want("getComputedStyle(document.getElementById('replay')).display", "none")
	p.want("document.querySelectorAll('button.copy').length", "0")
	p.want("document.querySelectorAll('svg.chart').length", "8")
	p.want("[...document.querySelectorAll('#held tbody tr:first-child td')].slice(1, 4).map(c => c.textContent).join()", "7 845,82 %,12")
	p.want("document.querySelector('#verdict strong').checkVisibility()", "true")
	p.want("document.querySelector('#E1').closest('details').open = true, document.querySelector('#E1').checkVisibility()", "true")
}

// TestBrowserAnchors: what is laid out only when it comes into view is found by its links.
func TestBrowserAnchors(t *testing.T) {
	p := open(t, samplePage(t), "", browser.View{})
	for _, id := range []string{"appendix", "signals", "why", "quality", "verdict", "prevent"} {
		p.text("document.querySelector('nav a[href=\"#" + id + "\"]').click()")
		p.want("new Promise(done => setTimeout(() => requestAnimationFrame(() => { const y = document.getElementById('"+id+
			"').getBoundingClientRect().top, end = innerHeight + scrollY >= document.documentElement.scrollHeight - 1; done(y > -2 && (y < 120 || end)) }), 300))", "true")
	}
}

// TestBrowserLooks: the charts have their colours in the light, in the dark, and when a
// foreign policy blocks script and style.
func TestBrowserLooks(t *testing.T) {
	page := samplePage(t)
	// What the foreign policy refuses is taken out, so that a message on the console is still
	// a defect, and the policy holds for the rest: attributes, for one.
	bare := withPolicy(regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`).ReplaceAllString(page, ""), "default-src 'none'")
	area, orange, band := color.RGBA{0x2f, 0x7f, 0xd0, 255}, color.RGBA{0xd1, 0x48, 0x0f, 255}, color.RGBA{0xfb, 0xe4, 0xe4, 255}
	for _, c := range []struct {
		name, page string
		dark       bool
		want       map[color.RGBA]int // pixels at least
	}{
		{"light", page, false, map[color.RGBA]int{area: 20000, orange: 300, band: 20000, {0xff, 0xff, 0xff, 255}: 1000000}},
		{"dark", page, true, map[color.RGBA]int{{0x2b, 0x6c, 0xb3, 255}: 20000, {0x14, 0x18, 0x1c, 255}: 1000000}},
		{"blocked", bare, false, map[color.RGBA]int{area: 20000, orange: 300, band: 20000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shot, err := open(t, c.page, "", browser.View{Dark: c.dark}).Screenshot(true)
			if err != nil {
				t.Fatal(err)
			}
			seen := countColors(t, shot)
			for col, n := range c.want {
				if seen[col] < n {
					t.Errorf("%v: %d pixels, want %d", col, seen[col], n)
				}
			}
		})
	}
}

func countColors(t *testing.T, shot []byte) map[color.RGBA]int {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[color.RGBA]int{}
	b := m.Bounds()
	rgba, ok := m.(*image.RGBA)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if ok {
				seen[rgba.RGBAAt(x, y)]++
			} else {
				r, g, bl, a := m.At(x, y).RGBA()
				seen[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), uint8(a >> 8)}]++
			}
		}
	}
	return seen
}

// census counts what must not be there.
const census = `(() => {
  var bad = 0;
  document.querySelectorAll("*").forEach(e => [...e.attributes].forEach(a => { if (/^on/i.test(a.name) || /^\s*javascript:/i.test(a.value)) { bad++; } }));
  return document.scripts.length + " scripts, " + document.querySelectorAll("img,iframe,object,embed,form,link,base").length + " foreign, " + bad + " handlers, " +
    performance.getEntriesByType("resource").length + " fetched";
})()`

// TestBrowserHostile: nothing a stranger wrote becomes an element, runs or is fetched, also when
// all is opened, moved and sorted.
func TestBrowserHostile(t *testing.T) {
	p := open(t, pageOf(t, reporttest.Hostile()), "", browser.View{})
	p.want("document.documentElement.className", "js")
	p.text("document.querySelectorAll('details').forEach(d => d.open = true)")
	p.keys("ArrowRight", "+", "ArrowLeft", "0")
	p.text("document.querySelectorAll('.sort thead th').forEach(h => h.click())")
	p.want("document.body.textContent.includes('<img src=x onerror=alert(1)>')", "true")
	p.want(census, "2 scripts, 0 foreign, 0 handlers, 0 fetched")
}

// TestBrowserTellsViolations: the tests above would see a policy that refuses something.
func TestBrowserTellsViolations(t *testing.T) {
	p := openAny(t, withPolicy(samplePage(t), "default-src 'none'"), "", browser.View{})
	if log := strings.Join(p.Console(), "\n"); !strings.Contains(log, "Content Security Policy") && !strings.Contains(log, "ContentSecurityPolicy") {
		t.Errorf("a blocked script left no message in %q", log)
	}
}
