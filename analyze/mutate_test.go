package analyze

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/sim"
	"github.com/connbox/connbox/parse"
)

var mutate = flag.Bool("mutate", false, "move the numbers of all rows, not of two causes only, on twice as many recordings (make mutate)")

// mostUnguarded is the share of the rows that may be moved by a fifth without notice.
const mostUnguarded = 0.05

// TestRows plays every recording that guards a row, once: stories, near misses, recorded and
// simulated incidents. Every sign counts fully in one of them and falls short in another. For
// each row the readings nearest to a half are those of testdata/rows.txt. And moving the
// numbers of a row by a fifth, up and down, is noticed: another set of causes takes part, one of
// them begins at another sample or has other sources, one of those readings is another, or a near
// miss is none any more.
func TestRows(t *testing.T) {
	begin := time.Now()
	pins := readPins(t)
	var moved []*mutant
	for _, c := range tables() {
		if *mutate || c.ID == "client-eviction" || c.ID == "unexplained" {
			moved = append(moved, mutantsOf(c)...)
		}
	}
	full, short, near := map[string]bool{}, map[string]bool{}, map[string][]pin{}
	recordings := 0
	models(t, func(name string, extra bool, m *measure.Model, miss *nearMiss) {
		recordings++
		all := worths(m)
		notice(name, m, miss, all, pins, moved)
		if extra {
			return
		}
		for row, of := range all {
			for _, worth := range of {
				full[row] = full[row] || worth > 0.9
				short[row] = short[row] || worth < cause.Active
			}
			if v := nearest(of); v > 0 && v < 1 {
				near[row] = append(near[row], pin{row, name, v})
			}
		}
	})
	for _, c := range tables() {
		for i := range c.Signs {
			if key := c.ID + "/" + c.Signs[i].Name; c.Signs[i].Ramp() && !(full[key] && short[key]) {
				t.Errorf("%s: counts fully in a story %v, falls short in another %v", key, full[key], short[key])
			}
		}
	}
	if *update {
		writePins(t, near)
	} else {
		comparePins(t, pins, near)
		tell(t, moved, recordings, time.Since(begin))
	}
}

// A pin is a reading of a row that holds its numbers: the one on a recording whose worth is
// nearest to a half.
type pin struct {
	row, recording string
	worth          float64
}

// perRow is how many readings of a row are kept.
const perRow = 2

const pinFile = "testdata/rows.txt"

func nearest(worths []float64) float64 {
	best := 0.0
	for _, v := range worths {
		if math.Abs(v-0.5) < math.Abs(best-0.5) {
			best = v
		}
	}
	return best
}

func writePins(t *testing.T, near map[string][]pin) {
	var lines []string
	for _, of := range near {
		slices.SortFunc(of, func(a, b pin) int {
			if d := math.Abs(a.worth-0.5) - math.Abs(b.worth-0.5); math.Abs(d) > 1e-9 {
				return int(math.Copysign(1, d))
			}
			return strings.Compare(a.recording, b.recording)
		})
		for _, p := range of[:min(perRow, len(of))] {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%.3f\n", p.row, p.recording, p.worth))
		}
	}
	slices.Sort(lines)
	if err := os.WriteFile(pinFile, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readPins(t *testing.T) map[[2]string]float64 {
	text, err := os.ReadFile(pinFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	out := map[[2]string]float64{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			t.Fatalf("%s: %q", pinFile, line)
		}
		v, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		out[[2]string{f[0], f[1]}] = v
	}
	return out
}

func comparePins(t *testing.T, pins map[[2]string]float64, near map[string][]pin) {
	now := map[[2]string]float64{}
	for _, of := range near {
		for _, p := range of {
			now[[2]string{p.row, p.recording}] = p.worth
		}
	}
	for key, want := range pins {
		if got := now[key]; math.Abs(got-want) > 0.0006 {
			t.Errorf("%s reads %.3f on %q, and not %.3f: go test ./analyze -run TestRows -update, if that is meant", key[0], got, key[1], want)
		}
	}
}

// A mutant is a row whose numbers are moved, up or down by a fifth.
type mutant struct {
	of      *cause.Cause
	sign    int
	by      float64
	noticed string // by what; empty: by nothing yet
}

// facts are rows that are no judgement: numbers of the server's source.
var facts = []string{"fd-limit/reserved", "fd-limit/step", "fd-limit/round"}

func mutantsOf(c *cause.Cause) (out []*mutant) {
	for i := range c.Signs {
		if !slices.Contains(facts, c.ID+"/"+c.Signs[i].Name) {
			out = append(out, &mutant{of: c, sign: i, by: 0.8}, &mutant{of: c, sign: i, by: 1.2})
		}
	}
	return out
}

func (x *mutant) row() string { return x.of.ID + "/" + x.of.Signs[x.sign].Name }

// with moves the row while do runs.
func (x *mutant) with(do func()) {
	s := &x.of.Signs[x.sign]
	was := *s
	s.None, s.Full, s.Value = s.None*x.by, s.Full*x.by, s.Value*x.by
	do()
	*s = was
}

// notice asks the causes whose mutants nobody has noticed yet what they make of a recording
// with them; before is what their rows read without.
func notice(name string, m *measure.Model, miss *nearMiss, before map[string][]float64, pins map[[2]string]float64, moved []*mutant) {
	answers := map[*cause.Cause]answer{}
	for _, x := range moved {
		if x.noticed != "" || x.of.Signs[x.sign].Ramp() && before[x.row()] == nil {
			continue
		}
		was, ok := answers[x.of]
		if !ok {
			was = asks(m, x.of, nil)
			answers[x.of] = was
		}
		x.with(func() {
			after := map[string][]float64{}
			now := asks(m, x.of, func(s *cause.Sign, worth float64) {
				key := x.of.ID + "/" + s.Name
				after[key] = append(after[key], worth)
			})
			switch {
			case now.takes != was.takes:
				x.noticed = "takes part: " + name
			case now != was:
				x.noticed = "onset or sources: " + name
			case miss != nil && miss.row == x.row() && !miss.holds(m):
				x.noticed = "near miss: " + name
			default:
				for row, of := range after {
					if want, ok := pins[[2]string{row, name}]; ok && math.Abs(nearest(of)-want) > 0.0006 {
						x.noticed = "reading: " + name
					}
				}
			}
		})
	}
}

// tell reports the rows of which no move was noticed.
func tell(t *testing.T, moved []*mutant, recordings int, took time.Duration) {
	rows, noticed, how := 0, 0, map[string]int{}
	var unguarded []string
	for i := 0; i < len(moved); i += 2 {
		rows++
		a, b := moved[i], moved[i+1]
		for _, x := range []*mutant{a, b} {
			if x.noticed != "" {
				noticed++
				kind, _, _ := strings.Cut(x.noticed, ":")
				how[kind]++
			}
		}
		if a.noticed == "" && b.noticed == "" {
			unguarded = append(unguarded, fmt.Sprintf("%s: %s", a.row(), a.of.Signs[a.sign].Range()))
		}
	}
	t.Logf("%d of %d rows unguarded (%.1f %%). Of %d moves %d are noticed: %d by the causes that take part, %d by their onset or sources, %d by a reading, %d by a near miss. %d recordings, %.0f s\n  %s",
		len(unguarded), rows, 100*float64(len(unguarded))/float64(rows), len(moved), noticed, how["takes part"], how["onset or sources"], how["reading"], how["near miss"], recordings, took.Seconds(),
		strings.Join(unguarded, "\n  "))
	if float64(len(unguarded)) > mostUnguarded*float64(rows) {
		t.Errorf("%d of %d rows can be moved by a fifth and nothing notices", len(unguarded), rows)
	}
}

// An answer is what expectations are held to: whether a cause takes part, and if so, the sample at
// which it began and its sources.
type answer struct {
	takes   bool
	onset   int
	sources string
}

// asks gives a cause's answer to a recording.
func asks(m *measure.Model, c *cause.Cause, watch func(*cause.Sign, float64)) answer {
	if len(verdict.Ask(m, c).Missing) > 0 {
		return answer{}
	}
	a := c.Assess(&cause.Pass{Model: m, Cause: c, Watch: watch})
	if a.Score < cause.Active {
		return answer{}
	}
	who := make([]string, len(a.Sources))
	for i := range a.Sources {
		who[i] = a.Sources[i].Host + " " + a.Sources[i].Name
	}
	slices.Sort(who)
	return answer{true, a.Onset, strings.Join(who, "\n")}
}

// models gives all recordings that guard rows, one after the other; extra ones are for the
// moving of all rows alone.
func models(t *testing.T, do func(name string, extra bool, m *measure.Model, miss *nearMiss)) {
	t.Helper()
	for i := range nearMisses {
		do(nearMisses[i].name, false, nearMisses[i].model(t), &nearMisses[i])
	}
	for _, s := range stories {
		do(s.name, false, modelOf(t, s), nil)
	}
	for i := range hiddenStories {
		tl, err := timeline.Collect(hiddenStories[i].play().Source())
		if err != nil {
			t.Fatal(err)
		}
		do("hidden: "+hiddenStories[i].name, false, measure.New(tl), nil)
	}
	for _, f := range sim.Families() { // what stories of lists do not show: INFO alone, one address, pools' metrics
		for k, v := range []sim.View{{}, {NoList: true, NoSlowlog: true, NoConfig: true}, {NAT: true}} {
			do(f.Name+[...]string{"", ", INFO alone", ", one address"}[k], false, simulated(t, f, 1, v), nil)
			if *mutate {
				do(f.Name, true, simulated(t, f, 2, v), nil)
			}
		}
	}
	if *mutate {
		incidents(t, func(name string, m *measure.Model) { do(name, true, m, nil) })
	}
}

func simulated(t *testing.T, f sim.Family, seed uint64, v sim.View) *measure.Model {
	rec := f.Record(seed, v)
	tl, err := timeline.Collect(rec)
	if err != nil {
		t.Fatal(err)
	}
	m := measure.New(tl)
	if text := rec.AppText(); len(text) > 0 {
		m.AppMetrics = appOf(t, string(text))
	}
	return m
}

func incidents(t *testing.T, do func(name string, m *measure.Model)) {
	files, err := filepath.Glob("../fixtures/incidents/*.dump.zst")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded incidents", err)
	}
	for _, f := range files {
		src, err := parse.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		tl, err := timeline.Collect(src)
		src.Close()
		if err != nil {
			t.Fatal(err)
		}
		do(filepath.Base(f), measure.New(tl))
	}
}
