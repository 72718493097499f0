package fleetview

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/fleet/reduce"
)

// The chart's measures, in its own units.
const (
	chartW = 1120
	left   = 170
	lane   = 34
	head   = 22
)

// chart draws the onsets: time to the right, a lane for each cause, a dot for each incident, which
// leads to its report. Empty without an onset. Its texts are safe already and are escaped.
func (t *teller) chart(onsets []reduce.Onset) string {
	if len(onsets) == 0 {
		return ""
	}
	from, to := onsets[0].At, onsets[0].At
	count := map[string]int{}
	for i := range onsets {
		count[onsets[i].Cause]++
		if onsets[i].At.Before(from) {
			from = onsets[i].At
		}
		if onsets[i].At.After(to) {
			to = onsets[i].At
		}
	}
	var causes []string
	for c := range count {
		causes = append(causes, c)
	}
	slices.SortFunc(causes, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	})
	span := max(to.Sub(from), time.Hour)
	from = from.Add(-span / 50)
	span += span / 25
	x := func(at time.Time) float64 {
		return left + min(max(at.Sub(from).Seconds()/span.Seconds(), 0), 1)*(chartW-left-10)
	}
	height := head + lane*len(causes) + 8
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="group" aria-label="onsets of incidents by time and cause">`, chartW, height)
	t.ticks(&b, from, span, height, x)
	for i, c := range causes {
		fmt.Fprintf(&b, `<text class="lane" x="0" y="%d">%s (%d)</text>`, head+lane*i+lane/2+4, html.EscapeString(c), count[c])
	}
	nth := map[string]int{}
	for i := range onsets {
		o := &onsets[i]
		k := slices.Index(causes, o.Cause)
		y := head + lane*k + 6 + (nth[o.Cause]*7)%(lane-10) // so that those of one minute do not hide each other
		nth[o.Cause]++
		t.dot(&b, o, x, y)
	}
	b.WriteString("</svg>")
	return b.String()
}

// ticks draws the hours.
func (t *teller) ticks(b *strings.Builder, from time.Time, span time.Duration, height int, x func(time.Time) float64) {
	step := time.Hour
	for _, s := range [...]time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		if step = s; span/s <= 12 {
			break
		}
	}
	form := "15:04"
	if step >= 24*time.Hour {
		form = "01-02"
	}
	drawn := 0
	for at := from.Truncate(step).Add(step); at.Before(from.Add(span)) && drawn < 60; at = at.Add(step) {
		drawn++
		fmt.Fprintf(b, `<line class="rule" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="12" text-anchor="middle">%s</text>`, x(at), x(at), head-4, height, x(at), at.In(t.o.Location).Format(form))
	}
}

func (t *teller) dot(b *strings.Builder, o *reduce.Onset, x func(time.Time) float64, y int) {
	if o.Lo != nil && o.Hi != nil {
		fmt.Fprintf(b, `<line class="span" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x(*o.Lo), x(*o.Hi), y, y)
	}
	class := ""
	what := fmt.Sprintf("%s: %s, %s", o.Server, o.Cause, t.clock(o.At))
	if o.Group > 0 {
		class = ` class="in"`
		what += fmt.Sprintf(", group %d", o.Group)
	}
	dot := fmt.Sprintf(`<circle%s cx="%.1f" cy="%d" r="4"><title>%s</title></circle>`, class, x(o.At), y, html.EscapeString(what))
	if href := t.links[o.Input]; href != "" {
		dot = fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(href), dot)
	}
	b.WriteString(dot)
}
