package report

import (
	"testing"

	"github.com/connbox/connbox/report/reporttest"
)

// TestTicksShown: what to type stands as code on the page and in Markdown.
func TestTicksShown(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.WhatIf[0].Question, r.WhatIf[0].Answer = "What would `timeout 900` have done?", "Nothing <b>: `a < b`."
	mustHave(t, render(t, "md", r, Options{}), "**What would `timeout 900` have done?** Nothing &lt;b&gt;: `a < b`.")
	mustHave(t, render(t, "html", r, Options{}), "What would <code>timeout 900</code> have done?", "Nothing &lt;b&gt;: <code>a &lt; b</code>.")
}
