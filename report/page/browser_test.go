package page

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// The page is looked at by a real browser: with its script, without it, and under a
// policy that blocks scripts and styles, as build servers set one.

// chromium opens a page with flags and gives the browser's standard output. A message on
// the page's console, a policy violation among them, fails the test.
func chromium(t *testing.T, url string, flags ...string) []byte {
	t.Helper()
	out, log := browse(t, url, flags)
	if log != "" {
		t.Errorf("the page's console: %s", log)
	}
	return out
}

// console gives the messages a page leaves on its console.
func console(t *testing.T, url string, flags ...string) string {
	t.Helper()
	_, log := browse(t, url, flags)
	return log
}

func browse(t *testing.T, url string, flags []string) (out []byte, console string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: the page's tests need Chromium; install it (apt-get install chromium) and have it on the PATH as chromium", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
		"--user-data-dir=" + t.TempDir(), "--window-size=1060,4200", "--blink-settings=preferredColorScheme=1"}, flags...)
	cmd := exec.CommandContext(ctx, path, append(args, url)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, stderr.Bytes())
	}
	var messages []string
	for _, line := range strings.Split(stderr.String(), "\n") {
		if strings.Contains(line, ":CONSOLE") || strings.Contains(line, "Content Security Policy") {
			messages = append(messages, line)
		}
	}
	return stdout.Bytes(), strings.Join(messages, "\n")
}

// pageFile writes a page where the browser can read it.
func pageFile(t *testing.T, page string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
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

// TestBrowserScript: under its own policy the script runs, and an address zooms all
// charts, moves the marks and writes the axis anew.
func TestBrowserScript(t *testing.T) {
	dom := string(chromium(t, pageFile(t, samplePage(t))+"#t=600-1200", "--dump-dom"))
	if !strings.Contains(dom, `<html lang="en" class="js">`) {
		t.Error("the script did not run")
	}
	if n := strings.Count(dom, `class="chart"`); n != 7 {
		t.Errorf("%d charts, want 7", n)
	}
	boxes := regexp.MustCompile(`class="plot"[^>]*viewBox="([^"]*)"`).FindAllStringSubmatch(dom, -1)
	if len(boxes) != 7 {
		t.Fatalf("%d plots", len(boxes))
	}
	for _, b := range boxes {
		// 600 s and 600 s more of 1795 s on 880 units
		if !strings.HasPrefix(b[1], "294.15") || !strings.Contains(b[1], " 0 294.15") {
			t.Errorf("viewBox %q", b[1])
		}
	}
	mark := regexp.MustCompile(`<g class="mark" data-x="544.2" transform="translate\(([0-9.]+) 0\)" visibility="visible">`)
	if m := mark.FindStringSubmatch(dom); m == nil || m[1] != "812.1" { // 1110 s: 64 + 510/600*880
		t.Errorf("mark 2 is not moved: %v", m)
	}
	if !regexp.MustCompile(`data-x="205.9" transform="[^"]*" visibility="hidden"`).MatchString(dom) {
		t.Error("mark 1, left of the view, is not hidden")
	}
	if !strings.Contains(dom, ">03:12<") || !strings.Contains(dom, ">03:18<") {
		t.Error("the axis was not written anew")
	}
}

// gestures drives the page as a person would and leaves what it saw in attributes.
const gestures = `<script>
(function () {
  var out = document.documentElement, svg = document.querySelector("svg.chart");
  function send(type, x) {
    var r = svg.getBoundingClientRect();
    svg.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, pointerType: "mouse", button: 0, clientX: r.left + (64 + x) / 960 * r.width, clientY: r.top + 50}));
  }
  svg.setPointerCapture = function () {};
  send("pointermove", 700);
  out.setAttribute("data-cursor", [].map.call(document.querySelectorAll(".val"), function (v) { return v.textContent; }).join("|"));
  send("pointerdown", 440); send("pointermove", 660); send("pointerup", 660);
  out.setAttribute("data-dragged", document.querySelector(".plot").getAttribute("viewBox"));
  out.setAttribute("data-hash", location.hash);
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "0"}));
  out.setAttribute("data-reset", document.querySelector(".plot").getAttribute("viewBox"));
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "+"}));
  out.setAttribute("data-plus", document.querySelector(".plot").getAttribute("viewBox"));
  svg.dispatchEvent(new MouseEvent("dblclick", {bubbles: true}));
  var t = document.querySelector("table.sort");
  function first() { return [].map.call(t.tBodies[0].rows, function (r) { return r.cells[0].textContent; }).join(","); }
  t.tHead.rows[0].cells[7].click();
  out.setAttribute("data-desc", first());
  t.tHead.rows[0].cells[7].click();
  out.setAttribute("data-asc", first());
}());
</script></body>`

// TestBrowserGestures: cursor, drag, keys and sorting do what the hint says.
func TestBrowserGestures(t *testing.T) {
	page := withPolicy(samplePage(t), "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'")
	dom := string(chromium(t, pageFile(t, strings.Replace(page, "</body>", gestures, 1)), "--dump-dom"))
	attr := func(name string) string {
		m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(dom)
		if m == nil {
			t.Fatalf("no %s: the gestures did not run", name)
		}
		return m[1]
	}
	if got := attr("cursor"); !strings.HasPrefix(got, "03:23:47  10 000 clients|03:23:47  2 6") || strings.Count(got, "03:23:47") != 7 {
		t.Errorf("cursor: %s", got)
	}
	if got := attr("dragged"); got != "440 0 220 150" {
		t.Errorf("drag: %s", got)
	}
	if got := attr("hash"); got != "#t=898-1346" {
		t.Errorf("address: %s", got)
	}
	if got := attr("reset"); got != "0 0 880 150" {
		t.Errorf("key 0: %s", got)
	}
	if got := attr("plus"); got != "220 0 440 150" {
		t.Errorf("key +: %s", got)
	}
	const known = "checkout-api (12 hosts),mailer (2 hosts),feed (6 hosts),metrics,search (4 hosts),cart (8 hosts)"
	if got := attr("desc"); got != known+",10.9.1.7" {
		t.Errorf("idle p95 falling, unknown last: %s", got)
	}
	if got := attr("asc"); !strings.HasPrefix(got, "cart") || !strings.HasSuffix(got, ",10.9.1.7") {
		t.Errorf("idle p95 rising, unknown last: %s", got)
	}
}

// TestBrowserLooks: the charts have their colours in the light, in the dark, and when a
// foreign policy blocks script and style.
func TestBrowserLooks(t *testing.T) {
	page := samplePage(t)
	// What the foreign policy refuses is taken out, so that a message on the console is still
	// a defect, and the policy holds for the rest: attributes, for one.
	bare := withPolicy(regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`).ReplaceAllString(page, ""), "default-src 'none'")
	blue, orange, band := color.RGBA{0x16, 0x68, 0xb8, 255}, color.RGBA{0xd1, 0x48, 0x0f, 255}, color.RGBA{0xfb, 0xe4, 0xe4, 255}
	for _, c := range []struct {
		name, page, scheme string
		want               map[color.RGBA]int // pixels at least
	}{
		{"light", page, "1", map[color.RGBA]int{blue: 1500, orange: 400, band: 40000, {0xff, 0xff, 0xff, 255}: 1000000}},
		{"dark", page, "0", map[color.RGBA]int{{0x5a, 0xa9, 0xf2, 255}: 500, {0x14, 0x18, 0x1c, 255}: 1000000}},
		{"blocked", bare, "1", map[color.RGBA]int{blue: 1500, orange: 400, band: 40000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shot := filepath.Join(t.TempDir(), "page.png")
			chromium(t, pageFile(t, c.page), "--screenshot="+shot, "--blink-settings=preferredColorScheme="+c.scheme)
			seen := countColors(t, shot)
			for col, n := range c.want {
				if seen[col] < n {
					t.Errorf("%v: %d pixels, want %d", col, seen[col], n)
				}
			}
		})
	}
}

func countColors(t *testing.T, path string) map[color.RGBA]int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
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

// census counts what must not be there, from within the page.
const census = `<script>
(function () {
  var all = document.querySelectorAll("*"), bad = 0;
  [].forEach.call(all, function (e) {
    [].forEach.call(e.attributes, function (a) { if (/^on/i.test(a.name) || /^\s*javascript:/i.test(a.value)) { bad++; } });
  });
  document.documentElement.setAttribute("data-census", document.scripts.length + " scripts, " +
    document.querySelectorAll("img,iframe,object,embed,form,link,base").length + " foreign, " + bad + " handlers, " +
    performance.getEntriesByType("resource").length + " fetched");
}());
</script></body>`

// TestBrowserHostile: nothing a stranger wrote becomes an element, runs or is fetched.
func TestBrowserHostile(t *testing.T) {
	page := pageOf(t, reporttest.Hostile())
	dom := string(chromium(t, pageFile(t, page), "--dump-dom"))
	if !strings.Contains(dom, `class="js"`) || !strings.Contains(dom, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("the script did not run, or the name is not shown")
	}
	page = withPolicy(page, "script-src 'unsafe-inline'; style-src 'unsafe-inline'")
	dom = string(chromium(t, pageFile(t, strings.Replace(page, "</body>", census, 1)), "--dump-dom"))
	if !strings.Contains(dom, `data-census="3 scripts, 0 foreign, 0 handlers, 0 fetched"`) {
		t.Errorf("census: %s", regexp.MustCompile(`data-census="[^"]*"`).FindString(dom))
	}
}

// TestBrowserTellsViolations: the tests above would see a policy that refuses something.
func TestBrowserTellsViolations(t *testing.T) {
	page := withPolicy(samplePage(t), "default-src 'none'")
	if log := console(t, pageFile(t, page), "--dump-dom"); !strings.Contains(log, "Content Security Policy") {
		t.Errorf("a blocked script left no message in %q", log)
	}
}
