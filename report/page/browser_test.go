package page

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
	if n := strings.Count(dom, `class="chart`); n != 8 {
		t.Errorf("%d charts, want 7 and the heat map", n)
	}
	boxes := regexp.MustCompile(`class="plot"[^>]*viewBox="([^"]*)"`).FindAllStringSubmatch(dom, -1)
	if len(boxes) != 8 {
		t.Fatalf("%d plots", len(boxes))
	}
	for _, b := range boxes {
		// 600 s and 600 s more of 1795 s on 880 units
		if !strings.HasPrefix(b[1], "294.15") || !strings.Contains(b[1], " 0 294.15") {
			t.Errorf("viewBox %q", b[1])
		}
	}
	mark := regexp.MustCompile(`<svg class="mark" data-x="0.6184" x="([0-9.]+)%"[^>]* visibility="visible">`)
	if m := mark.FindAllStringSubmatch(dom, -1); len(m) != 8 || m[0][1] != "85.005" { // 1110 s: 510/600
		t.Errorf("mark 2 is not moved: %v", m)
	}
	if !regexp.MustCompile(`data-x="0.234" x="[^"]*" overflow="visible" visibility="hidden"`).MatchString(dom) {
		t.Error("mark 1, left of the view, is not hidden")
	}
	if !strings.Contains(dom, ">03:12<") || !strings.Contains(dom, ">03:18<") {
		t.Error("the axis was not written anew")
	}
}

// drive opens a page and runs a script in it, whose put(name, value) leaves values to read. The
// page's policy gives way to one that lets the script of the test run.
func drive(t *testing.T, page, script string, flags ...string) map[string]string {
	t.Helper()
	page = withPolicy(page, "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'")
	page = strings.Replace(page, "</body>", `<script>(function () {
		var seen = {};
		function put(name, value) { seen[name] = String(value); document.documentElement.setAttribute("data-seen", JSON.stringify(seen)); }
		function all(sel) { return [].slice.call(document.querySelectorAll(sel)); }
		function key(k, shift) { document.dispatchEvent(new KeyboardEvent("keydown", {key: k, shiftKey: !!shift, cancelable: true})); }
		var svg = document.querySelector("svg.chart");
		if (svg) { svg.setPointerCapture = function () {}; }
		function send(type, x) {
			var r = svg.getBoundingClientRect();
			svg.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, pointerType: "mouse", button: 0, clientX: r.left + x * r.width, clientY: r.top + 60}));
		}
		`+script+`
	}());</script></body>`, 1)
	dom := string(chromium(t, pageFile(t, page), append(flags, "--dump-dom")...))
	m := regexp.MustCompile(`data-seen="([^"]*)"`).FindStringSubmatch(dom)
	if m == nil {
		t.Fatal("the script of the test did not run")
	}
	seen := map[string]string{}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// TestBrowserGestures: cursor, drag, keys and sorting do what the hint says.
func TestBrowserGestures(t *testing.T) {
	got := drive(t, samplePage(t), `
	function box() { return document.querySelector(".plot").getAttribute("viewBox"); }
	send("pointermove", 0.7954545);
	put("cursor", all(".val").map(function (v) { return v.textContent; }).join("|"));
	send("pointerdown", 0.5); send("pointermove", 0.75); send("pointerup", 0.75);
	put("dragged", box()); put("hash", location.hash);
	key("0"); put("reset", box());
	key("+"); put("plus", box());
	svg.dispatchEvent(new MouseEvent("dblclick", {bubbles: true})); put("whole", box());
	var t = document.querySelector("#allholders table");
	function names() { return [].map.call(t.tBodies[0].rows, function (r) { return r.cells[0].textContent; }).join(","); }
	t.tHead.rows[0].cells[7].click(); put("desc", names());
	t.tHead.rows[0].cells[7].click(); put("asc", names());
	`)
	if c := got["cursor"]; !strings.HasPrefix(c, "03:23:47  all connections 10 000 clients|03:23:47  ≥ 30 min: 2 242  ≥ 5 min: 4 483") || strings.Count(c, "03:23:47") != 8 {
		t.Errorf("cursor: %s", c)
	}
	const known = "checkout-api (12 hosts),mailer (2 hosts),feed (6 hosts),metrics,search (4 hosts),cart (8 hosts)"
	for name, want := range map[string]string{"dragged": "440 0 220 220", "hash": "#t=898-1346", "reset": "0 0 880 220", "plus": "220 0 440 220", "whole": "0 0 880 220",
		"desc": known + ",10.9.1.7"} {
		if got[name] != want {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
	if g := got["asc"]; !strings.HasPrefix(g, "cart") || !strings.HasSuffix(g, ",10.9.1.7") {
		t.Errorf("idle p95 rising, unknown last: %s", g)
	}
}

// TestBrowserReplay: the slider and the arrow keys move the table, the charts and the timeline.
func TestBrowserReplay(t *testing.T) {
	got := drive(t, samplePage(t), `
	var slider = document.getElementById("slider");
	function state(name) {
		put(name, [document.getElementById("moment").textContent, document.querySelector(".at-moment").textContent, all("#held tbody tr:first-child td").slice(1, 6).map(function (c) { return c.textContent; }),
			all(".event.past").length, slider.value, document.querySelector(".sel[x1]").getAttribute("x1").slice(0, 5),
			document.querySelector("#held rect[width]:not([height='10'])").getAttribute("width")].join("|"));
	}
	put("shown", !document.getElementById("replay").hidden);
	state("first");
	slider.value = 8; slider.dispatchEvent(new Event("input"));
	state("slid");
	key("ArrowRight"); key("ArrowRight"); state("right");
	key("ArrowLeft", true); state("left");
	for (var i = 0; i < 50; i++) { key("ArrowRight"); }
	state("end");
	`)
	for name, want := range map[string]string{
		"shown": "true",
		"first": "03:18:00 · 9 688 of 10 000 connections|03:18:00|7 845,82 %,12,6 485,0|1|18|60.16|96.7",
		"slid":  "03:08:00 · 3 050 of 10 000 connections|03:08:00|1 295,42 %,12,590,0|1|8|26.74|15.9",
		"right": "03:10:00",
		"left":  "03:00:00",
		"end":   "03:29:00",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
}

// TestBrowserDetail: zooming draws what the whole had no room for, and keeps every number.
func TestBrowserDetail(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Signals[0] = reporttest.Series("connections", "Connections", "clients", 2000, 897500*time.Microsecond, func(m float64) float64 { return float64(int(m*60) % 100 * 100) })
	r.Signals[0].Step = true
	got := drive(t, pageOf(t, r), `
	var line = document.querySelector('#chart1 [data-s="0"]');
	function corners() { return line.getAttribute("d").split(/(?=[MVL])/).length; }
	put("whole", corners());
	location.hash = "#t=600-660";
	setTimeout(function () { put("zoomed", corners()); put("first", line.getAttribute("d").slice(0, 9));
		put("marks", all("#chart1 .mark").length);
		document.dispatchEvent(new KeyboardEvent("keydown", {key: "0"})); put("back", corners()); }, 100);
	`, "--virtual-time-budget=2000")
	if got["whole"] != got["back"] || got["zoomed"] == "" {
		t.Errorf("%v", got)
	}
	if n, _ := strconv.Atoi(got["zoomed"]); n < 60 || n > 75 { // a value each 0.9 s of the minute
		t.Errorf("%s corners in a minute, want 67 or so", got["zoomed"])
	}
	if got["marks"] != "4" {
		t.Errorf("%s marks", got["marks"])
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
		{"light", page, "1", map[color.RGBA]int{blue: 700, orange: 400, band: 30000, {0xff, 0xff, 0xff, 255}: 1000000}},
		{"dark", page, "0", map[color.RGBA]int{{0x5a, 0xa9, 0xf2, 255}: 300, {0x14, 0x18, 0x1c, 255}: 1000000}},
		{"blocked", bare, "1", map[color.RGBA]int{blue: 700, orange: 400, band: 30000}},
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
