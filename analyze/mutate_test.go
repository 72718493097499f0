package analyze

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
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

var mutate = flag.Bool("mutate", false, "move the numbers of all rows, not of a few causes only (make mutate: some minutes)")

// mostUnguarded is the share of the rows that may be moved by a fifth without notice.
const mostUnguarded = 0.1

// A mutant is a row whose numbers are moved, up or down by a fifth.
type mutant struct {
	of      *cause.Cause
	sign    int
	by      float64
	noticed string // by what
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

// facts are rows that are no judgement: numbers of the server's source.
var facts = []string{"fd-limit/reserved", "fd-limit/step", "fd-limit/round"}

// TestRowsAreGuarded moves the numbers of every row by a fifth, up and down, and asks the causes
// again: a row is guarded where some recorded or simulated incident, some story or near miss
// notices, by another set of causes that take part, or by the row it names. Without -mutate it
// does so for two causes.
func TestRowsAreGuarded(t *testing.T) {
	begin := time.Now()
	var all []*mutant
	for _, c := range verdict.Tables() {
		if !*mutate && c.ID != "client-eviction" && c.ID != "unexplained" {
			continue
		}
		for i := range c.Signs {
			if !slices.Contains(facts, c.ID+"/"+c.Signs[i].Name) {
				all = append(all, &mutant{of: c, sign: i, by: 0.8}, &mutant{of: c, sign: i, by: 1.2})
			}
		}
	}
	recordings := 0
	models(t, func(name string, m *measure.Model, near *nearMiss) {
		recordings++
		notice(name, m, near, all)
	})
	rows, noticed := 0, 0
	var unguarded []string
	for i := 0; i < len(all); i += 2 {
		rows++
		a, b := all[i], all[i+1]
		if a.noticed != "" {
			noticed++
		}
		if b.noticed != "" {
			noticed++
		}
		if a.noticed == "" && b.noticed == "" {
			unguarded = append(unguarded, fmt.Sprintf("%s: %s", a.row(), a.of.Signs[a.sign].Range()))
		}
	}
	t.Logf("%d of %d rows unguarded (%.1f %%); of %d moves %d are noticed; %d recordings, %.0f s\n  %s", len(unguarded), rows, 100*float64(len(unguarded))/float64(rows),
		len(all), noticed, recordings, time.Since(begin).Seconds(), strings.Join(unguarded, "\n  "))
	if float64(len(unguarded)) > mostUnguarded*float64(rows) {
		t.Errorf("%d of %d rows can be moved by a fifth and nothing notices", len(unguarded), rows)
	}
}

// notice asks the causes whose mutants nobody has noticed yet what they make of a recording
// without them and with them.
func notice(name string, m *measure.Model, near *nearMiss, all []*mutant) {
	type asked struct {
		takes bool
		read  map[string]bool
	}
	base := map[*cause.Cause]asked{}
	for _, x := range all {
		if x.noticed != "" {
			continue
		}
		b, ok := base[x.of]
		if !ok {
			b.read = map[string]bool{}
			b.takes = asks(m, x.of, func(s *cause.Sign, _ float64) { b.read[s.Name] = true })
			base[x.of] = b
		}
		s := &x.of.Signs[x.sign]
		if s.Ramp() && !b.read[s.Name] {
			continue
		}
		x.with(func() {
			if asks(m, x.of, nil) != b.takes {
				x.noticed = name
			}
			if near != nil && near.row == x.row() && !near.holds(m) {
				x.noticed = name
			}
		})
	}
}

// asks tells whether a cause takes part in a recording.
func asks(m *measure.Model, c *cause.Cause, watch func(*cause.Sign, float64)) bool {
	if len(verdict.Ask(m, c).Missing) > 0 {
		return false
	}
	return c.Assess(&cause.Pass{Model: m, Cause: c, Watch: watch}).Score >= cause.Active
}

// models gives all recordings that guard rows, one after the other.
func models(t *testing.T, do func(name string, m *measure.Model, near *nearMiss)) {
	t.Helper()
	for i := range nearMisses {
		do(nearMisses[i].name, nearMisses[i].model(t), &nearMisses[i])
	}
	for _, s := range stories {
		do(s.name, modelOf(t, s), nil)
	}
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
		do(filepath.Base(f), measure.New(tl), nil)
	}
	if !*mutate {
		return
	}
	for _, f := range sim.Families() {
		for _, v := range []sim.View{{}, {NoList: true, NoSlowlog: true, NoConfig: true}, {NAT: true}} {
			for seed := uint64(1); seed <= 2; seed++ {
				rec := f.Record(seed, v)
				tl, err := timeline.Collect(rec)
				if err != nil {
					t.Fatal(err)
				}
				m := measure.New(tl)
				if text := rec.AppText(); len(text) > 0 {
					m.AppMetrics = appOf(t, string(text))
				}
				do(fmt.Sprintf("%s %d", f.Name, seed), m, nil)
			}
		}
	}
}
