package comparison

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/words"
)

// TestBrowser: Chromium finds nothing to refuse on the page, nothing that runs, and at the width of a
// telephone nothing that scrolls sideways.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: the page's tests need Chromium; install it (apt-get install chromium) and have it on the PATH as chromium", err)
	}
	longest := slices.MaxFunc(reporttest.Nasty, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	for _, n := range []string{"cart", `<script>alert(1)</script><img src=x onerror=alert(1)>`, longest} {
		c := reporttest.StrangersFix(n)
		if n == "cart" {
			c = reporttest.Fix()
		}
		var b bytes.Buffer
		if err := WriteHTML(&b, c, words.Options{}); err != nil {
			t.Fatal(err)
		}
		// A second document loads the page in a frame of 390 pixels and measures it.
		dir := t.TempDir()
		page := filepath.Join(dir, "page.html")
		frame := `<iframe src="page.html" width="390" height="800"></iframe><script>onload = function () { setTimeout(function () {
  var d = document.querySelector("iframe").contentDocument;
  document.title = "wide " + d.documentElement.scrollWidth + ", scripts " + d.scripts.length + ", foreign " + d.querySelectorAll("img,iframe,object,embed,form,base").length + ";";
}, 50); };</script>`
		for path, text := range map[string]string{page: b.String(), filepath.Join(dir, "frame.html"): frame} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--allow-file-access-from-files",
			"--virtual-time-budget=3000", "--user-data-dir="+t.TempDir(), "--window-size=1060,2000", "--dump-dom", "file://"+filepath.Join(dir, "frame.html"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("chromium: %v\n%s", err, stderr.Bytes())
		}
		for line := range strings.Lines(stderr.String()) {
			if strings.Contains(line, ":CONSOLE") || strings.Contains(line, "Content Security Policy") {
				t.Errorf("%.40q: %s", n, line)
			}
		}
		if !strings.Contains(string(out), "<title>wide 390, scripts 0, foreign 0;</title>") && !strings.Contains(string(out), "<title>wide 375, scripts 0, foreign 0;</title>") {
			t.Errorf("%.40q: %.300s", n, out)
		}
	}
}
