package report

import "testing"

func TestTicks(t *testing.T) {
	for in, want := range map[string]string{
		"What would `timeout 900` have done?":   "What would `timeout 900` have done?",
		"The rule: `rate(a_b[1m]) > 0` for 5m.": "The rule: `rate(a_b[1m]) > 0` for 5m.",
		"a*b_c `x` <d> `e|f`":                   "a\\*b\\_c `x` &lt;d&gt; `e|f`",
		"one ` alone":                           "one \\` alone",
		"`` nothing":                            "\\`\\` nothing",
		"`a``b`":                                "`a` `b`",
		"`a`@b":                                 "`a` `@`b",
		"of x`<script>`y":                       "of x`<script>`y",
		"":                                      "",
		"3 an instance: at most 2 (median 0, most 2)": "3 an instance: at most 2 (median 0, most 2)",
	} {
		if got := mdTicks(in, 200); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestTicksShown: what to type stands as code on the page and in Markdown.
func TestTicksShown(t *testing.T) {
	r := leakThenStorm()
	r.WhatIf[0].Question, r.WhatIf[0].Answer = "What would `timeout 900` have done?", "Nothing <b>: `a < b`."
	mustHave(t, render(t, "md", r, Options{}), "**What would `timeout 900` have done?** Nothing &lt;b&gt;: `a < b`.")
	mustHave(t, render(t, "html", r, Options{}), "What would <code>timeout 900</code> have done?", "Nothing &lt;b&gt;: <code>a &lt; b</code>.")
}
