package markdown

import (
	"testing"
)

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
		if got := ticks(in, 200); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
