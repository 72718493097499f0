package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
)

// Tolerances of what is proposed. A recording says the same tomorrow; what may change is the
// analysis, so that they are wide where it estimates and narrow where it counts.
const (
	slackConfidence = 0.15
	slackCount      = "5%"
	leastOnset      = 10 * time.Second
)

// Propose writes an expectation, YAML, of what was found: with tolerances, and comments that say
// what each field is for. input is the recording's path relative to the file.
func Propose(m *Measured, input string) []byte {
	var b bytes.Buffer
	r := m.Report
	fmt.Fprintf(&b, "# What connbox must say about this recording: written from what it said, to be read before it is kept.\n")
	fmt.Fprintf(&b, "# Every field: docs/expectations.md and docs/schema/expect.schema.json.\n")
	fmt.Fprintf(&b, "expect: %d\ninput: %s\n", Version, quote(input))
	fmt.Fprintf(&b, "verdict: %s\n", VerdictOf(r))
	if r.Verdict.Status == finding.Undetermined {
		b.WriteString("# undetermined is an answer: the recording does not say. It has no confidence to hold.\n")
	} else {
		fmt.Fprintf(&b, "min_confidence: %s # it was %.2f\n", confidenceFloor(r), r.Verdict.Confidence)
	}
	if who := blamed(r); who != nil {
		fmt.Fprintf(&b, "sources: # who is to blame: hosts, or names of clients\n")
		for _, s := range who {
			fmt.Fprintf(&b, "  - %s\n", quote(s))
		}
	}
	if len(r.Causes) > 0 && !r.Causes[0].Onset.IsZero() {
		fmt.Fprintf(&b, "onset: %s # when it began\nonset_within: %s\n", stamp(r.Causes[0].Onset), onsetSlack(r))
	}
	switch at := r.Impact.LimitReached; {
	case !at.IsZero():
		fmt.Fprintf(&b, "limit: %s # when the limit was reached\nlimit_within: %s\n", stamp(at), roundUp(max(2*r.Input.Interval, leastOnset)))
	case !math.IsNaN(limitUsed(m).Value):
		b.WriteString("limit: never # it was not reached\n")
	}
	counts(&b, m)
	b.WriteString("# What must not happen, whatever the verdict, stands under budgets:\n# budgets:\n#   refused: 0\n#   growth_per_min: < 0.5\n")
	return b.Bytes()
}

// counts writes the quantities that tell one recording from another.
func counts(b *bytes.Buffer, m *Measured) {
	begun := false
	for _, id := range [...]string{"max_connections", "refused"} {
		q := QuantityByID(id)
		v := q.Read(m).Value
		if math.IsNaN(v) {
			continue
		}
		if !begun {
			b.WriteString("counts:\n")
			begun = true
		}
		fmt.Fprintf(b, "  %s: %s\n", id, about(q, v))
	}
}

// about gives a value with the usual tolerance; none of 0.
func about(q *Quantity, v float64) string {
	if v == 0 {
		return "0"
	}
	return q.Text(v) + " +- " + slackCount
}

func confidenceFloor(r *finding.Report) string {
	return strconv.FormatFloat(max(math.Floor((r.Verdict.Confidence-slackConfidence)*20)/20, 0), 'f', -1, 64)
}

// blamed names the first two sources of the root, by what lasts longest: the client's name, else
// the host.
func blamed(r *finding.Report) (who []string) {
	if len(r.Causes) == 0 {
		return nil
	}
	for _, s := range r.Causes[0].Sources[:min(2, len(r.Causes[0].Sources))] {
		name := s.Name
		if name == "" || !utf8.ValidString(name) { // which no text of YAML can be
			name = s.Host
		}
		if name != "" && utf8.ValidString(name) && !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	return who
}

// onsetSlack is as wide as the onset's interval, and no less than two samples.
func onsetSlack(r *finding.Report) string {
	c := &r.Causes[0]
	by := max(2*r.Input.Interval, leastOnset)
	if !c.OnsetLo.IsZero() {
		by = max(by, c.Onset.Sub(c.OnsetLo))
	}
	if !c.OnsetHi.IsZero() {
		by = max(by, c.OnsetHi.Sub(c.Onset))
	}
	return roundUp(by)
}

// roundUp gives a duration as people write it, no shorter.
func roundUp(d time.Duration) string {
	step := time.Hour
	for _, s := range [...]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour} {
		if d <= 6*s {
			step = s
			break
		}
	}
	d = (d + step - 1) / step * step
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var plainText = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// quote writes a text so that YAML reads it back: as it is where that is safe, else as JSON does.
func quote(s string) string {
	if plainText.MatchString(s) && s != "null" && s != "Null" && s != "NULL" {
		return s
	}
	return jsonText(s)
}

// jsonText quotes a text for JSON and YAML alike, which forbid different characters: what cannot be
// seen is escaped. Beyond 16 bits they have no escape in common, and both take the character itself.
func jsonText(s string) string {
	var b, out strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a string always can be
	}
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r > 0xffff || unicode.IsPrint(r) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
