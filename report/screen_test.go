package report

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestScreenFits: every sample, with names of strangers too, is one screen at every width.
func TestScreenFits(t *testing.T) {
	for _, s := range samples {
		for _, width := range []int{40, 64, 80, 200} {
			for _, ascii := range []bool{false, true} {
				got := render(t, "text", s.build(), Options{Width: width, ASCII: ascii, Full: true})
				if n := strings.Count(got, "\n"); n > ScreenLines {
					t.Errorf("%s at %d: %d lines:\n%s", s.name, width, n, got)
				}
				for _, l := range strings.Split(got, "\n") {
					if cellWidth(l) > width {
						t.Errorf("%s at %d: %d cells: %s", s.name, width, cellWidth(l), l)
					}
				}
				if strings.IndexFunc(strings.ReplaceAll(got, "\n", ""), unsafeRune) >= 0 {
					t.Errorf("%s at %d: something of the screen is not printable", s.name, width)
				}
			}
		}
	}
}

// TestScreenSaysWhatToDoInstead: three times No is not left there.
func TestScreenSaysWhatToDoInstead(t *testing.T) {
	r := leakThenStorm()
	r.Instead = "lower the pool size of cart: 3 an instance instead of 38, that gives 415 slots back"
	got := render(t, "text", r, Options{Full: true})
	mustHave(t, got, "  DO INSTEAD  lower the pool size of cart: 3 an instance")
	if strings.Index(got, "DO NOW") > strings.Index(got, "\nclients ") {
		t.Error("what to do now stands behind the course")
	}
}

// TestDoNow: two steps for tonight and one for good, and never more than three.
func TestDoNow(t *testing.T) {
	r := leakThenStorm()
	r.Actions[1].Good = true
	var got []string
	for _, a := range doNow(r.Actions) {
		got = append(got, a.Command)
	}
	if s := strings.Join(got, " | "); s != "restart checkout-api one host at a time | redis-cli CLIENT LIST TYPE normal | grep name=checkout-api | redis-cli CONFIG SET maxclients 20000" {
		t.Error(s)
	}
}

// TestBriefFits: the brief form is JSON of at most 4 kB, whatever the names are.
func TestBriefFits(t *testing.T) {
	for _, s := range samples {
		r := s.build()
		r.Verdict.Summary += strings.Repeat("\x1b\u202e\"", 5000)
		got := render(t, "brief", r, Options{})
		var v struct {
			Status  string
			Answers []struct{ Question string }
		}
		if err := json.Unmarshal([]byte(got), &v); err != nil || v.Status != string(r.Verdict.Status) || len(v.Answers) != min(3, len(r.Answers)) {
			t.Errorf("%s: %v %+v", s.name, err, v)
		}
		if len(got) > BriefBytes || strings.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("%s: %d bytes", s.name, len(got))
		}
	}
}
