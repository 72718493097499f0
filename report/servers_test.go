package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
)

// Each server's own numbers stand in the first screen, the page and Markdown.
func TestServers(t *testing.T) {
	one := func(name, says string) finding.ServerReport {
		return finding.ServerReport{Name: name, At: "x:1", Report: finding.Report{Name: name, Verdict: finding.Verdict{Status: finding.Undetermined, Summary: says}}}
	}
	r := one("redis-1", "412 of 500 connections (82%). No cause stands out.").Report
	r.Servers = []finding.ServerReport{one("redis-1", r.Verdict.Summary), one("redis-2", "87 of 500 connections (17%). No cause stands out.")}
	for _, f := range [...]string{"text", "md", "html"} {
		form, ok := Lookup(f)
		if !ok {
			t.Fatal(f)
		}
		var b bytes.Buffer
		if err := form.Write(&b, &r, Options{Width: 80}); err != nil {
			t.Fatal(err)
		}
		first := strings.Join(strings.SplitAfter(b.String(), "\n")[:min(35, strings.Count(b.String(), "\n"))], "")
		if f != "text" {
			first = b.String()
		}
		for _, want := range [...]string{"redis-1", "412 of 500", "redis-2", "87 of 500"} {
			if !strings.Contains(first, want) {
				t.Errorf("%s lacks %q:\n%s", f, want, first)
			}
		}
	}
}
