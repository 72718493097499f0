package page

import (
	"bytes"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// A snapshot of some connections is drawn, with times short enough for the axes; of one or
// two there is no empty drawing.
func TestLives(t *testing.T) {
	for n, want := range map[int]int{0: 0, 2: 0, 3: 2, 400: 2} {
		r := &finding.Report{Snapshot: finding.Snapshot{Taken: 1, Remarks: []finding.Remark{{Topic: "how full", Text: "x"}}}}
		for i := range n {
			r.Snapshot.Ages = append(r.Snapshot.Ages, float64(60*i))
			r.Snapshot.Idles = append(r.Snapshot.Idles, float64(30*i))
		}
		var b bytes.Buffer
		if err := Write(&b, r, words.Options{}); err != nil {
			t.Fatal(err)
		}
		page, _, _ := strings.Cut(b.String(), "<script>")
		if got := strings.Count(page, `class="points"`); got != want {
			t.Errorf("%d connections: %d drawings, want %d", n, got, want)
		}
		if strings.Contains(page, "NaN") || n > 0 && n < 400 && strings.Count(page, "<circle") > n {
			t.Errorf("%d connections: %s", n, page)
		}
	}
	for s, want := range map[float64]string{0: "0 s", 119: "119 s", 600: "10 min", 108540: "30.1 h", 864000: "10.0 d"} {
		if got := units.Age(s); got != want {
			t.Errorf("%g: %q, want %q", s, got, want)
		}
	}
}
