package report

import (
	"strings"
	"testing"

	"github.com/connbox/connbox/report/reporttest"
)

// What an input was found to be stands in its first lines, on one where there is room.
func TestFormIsSaid(t *testing.T) {
	r := reporttest.Undetermined()
	if s := render(t, "json", r, Options{}); strings.Contains(s, `"form"`) {
		t.Error("a server's replies have a form")
	}
	r.Input.Form = "CloudWatch JSON"
	for width, want := range map[int]string{200: "   CloudWatch JSON   ", 60: "\nCloudWatch JSON\n"} {
		s := render(t, "text", r, Options{Width: width})
		if head, _, _ := strings.Cut(s, "\n\n"); !strings.Contains(head, want) {
			t.Errorf("%d columns: %q", width, head)
		}
	}
	if s := render(t, "json", r, Options{}); !strings.Contains(s, `"form": "CloudWatch JSON"`) {
		t.Errorf("%.600s", s)
	}
}
