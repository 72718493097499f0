package analyze

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/cause/hold"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/record"
)

func whatIfOf(r *finding.Report, id string) *finding.WhatIf {
	for i := range r.WhatIf {
		if r.WhatIf[i].ID == id {
			return &r.WhatIf[i]
		}
	}
	return nil
}

// TestAlternativesComplete: every question has all its parts, an id of its own, and a
// cause opens only with those that exist.
func TestAlternativesComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range whatif.Alternatives() {
		if a.ID == "" || seen[a.ID] || !strings.HasSuffix(a.Question, "?") || a.Formula == "" || len(a.Needs) == 0 || a.Asked == nil || a.Compute == nil {
			t.Errorf("%q is not complete", a.ID)
		}
		seen[a.ID] = true
	}
	for _, c := range verdict.Causes {
		for _, id := range c.Opens {
			if !seen[id] {
				t.Errorf("%s opens with %q, which is no what-if", c.ID, id)
			}
		}
		for _, f := range c.Fixes {
			if f.Gain != "" && (!f.Good || !seen[f.Gain]) {
				t.Errorf("%s: %q gives what %q computes, which is no what-if, or is no fix for good", c.ID, f.Command, f.Gain)
			}
		}
	}
}

// TestInsteadHasItsOwnNumber: what to do instead says what that gives, and not what another step
// would give, such as the raised limit that the line above it advises against.
func TestInsteadHasItsOwnNumber(t *testing.T) {
	met := map[string]bool{}
	for _, s := range stories {
		r := storyReport(s.limit, s.n, s.setup, s.step)
		if r.Instead == "" {
			continue
		}
		gain := ""
		for _, a := range r.Actions {
			if a.Good {
				gain = a.Gain
				break
			}
		}
		for _, w := range r.WhatIf {
			first, _, _ := strings.Cut(w.Answer, ". ")
			if w.ID != gain && strings.Contains(r.Instead, strings.TrimRight(first, ".")) || w.ID == gain && !strings.Contains(r.Instead, w.Gain) {
				t.Errorf("%s: %q, beside %q of %s", s.name, r.Instead, w.Gain, w.ID)
			}
			met[w.ID] = met[w.ID] || w.ID == gain && w.Gain != ""
		}
	}
	for _, id := range []string{"pool-size", "back-off", "raise-maxclients"} {
		if !met[id] {
			t.Errorf("no story whose fix is measured by %s", id)
		}
	}
}

// TestWhatIfStories: every answer to a story names its places, or says what it lacks, and its
// interval holds its value.
func TestWhatIfStories(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			r := storyReport(s.limit, s.n, s.setup, s.step)
			for _, x := range r.WhatIf {
				switch {
				case x.Missing:
					if !strings.HasPrefix(x.Answer, "Not enough data: ") || !math.IsNaN(x.Value) {
						t.Errorf("%s: %+v", x.ID, x)
					}
				case len(x.At) == 0 || x.At[0] == "":
					t.Errorf("%s rests on no place: %s", x.ID, x.Answer)
				case (x.Lo != 0 || x.Hi != 0) && !(x.Lo <= x.Value && x.Value <= x.Hi):
					t.Errorf("%s: %v is not in [%v, %v]", x.ID, x.Value, x.Lo, x.Hi)
				case strings.Contains(x.Answer, "NaN") || strings.Contains(x.Answer, "Inf"):
					t.Errorf("%s: %s", x.ID, x.Answer)
				}
			}
			if r.Verdict.Status == finding.Healthy && len(r.WhatIf) > 1 {
				t.Errorf("a healthy recording asks %d questions", len(r.WhatIf))
			}
		})
	}
}

// TestTimeoutReplay: the late ones would be cut by timeouts to 190 s and are spared above;
// the spare ones are what a timeout frees.
func TestTimeoutReplay(t *testing.T) {
	w := world.New(500)
	w.Dt = 10
	w.Run(100, func(w *world.World, i int) { world.Idler(w, i, 200) })
	tl, _ := timeline.Collect(w.Source())
	m := measure.New(tl)
	p := &whatif.Plan{Model: m, Report: &finding.Report{}}
	x := p.Timeout()
	// 300 s is the least timeout above 190: ten spells reach it, none of them is used again.
	if x.Value != 10 || !strings.Contains(x.Question, "`timeout 300`") || !strings.Contains(x.Answer, "0 of which were used again (0.0 %, at most 25.9 %)") ||
		!strings.Contains(x.Answer, "10 rested to the end") {
		t.Errorf("%s %s (%v)", x.Question, x.Answer, x.Value)
	}
	w.Config["timeout"] = "900"
	w.Run(1, func(*world.World, int) {})
	tl, _ = timeline.Collect(w.Source())
	if x := (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{}}).Timeout(); !strings.Contains(x.Answer, "In force is timeout 900.") {
		t.Error(x.Answer)
	}
	busy := world.New(500)
	busy.Run(100, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 3, 4, 1) })
	tl, _ = timeline.Collect(busy.Source())
	if x := (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{}}).Timeout(); x.Value != 0 || !strings.HasPrefix(x.Answer, "Nothing:") {
		t.Error(x.Answer)
	}
}

// TestKill: killing the spare ones hits nobody; killing the late ones hits some.
func TestKill(t *testing.T) {
	w := world.New(500)
	w.Dt = 10
	w.Run(100, func(w *world.World, i int) { world.Idler(w, i, 200) })
	tl, _ := timeline.Collect(w.Source())
	ask := func(name string) finding.WhatIf {
		return (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{Causes: []finding.Finding{{Sources: []finding.Source{{Name: name}}}}}}).Kill()
	}
	// Ten spells of its own are too few, so all sources' count: 60 reached 120 s and 190 s is
	// where 40 of them were used again; of those at 900 s none was.
	if x := ask("spare"); x.Value != 10 || !strings.Contains(x.Answer, "hit about 0 in use") {
		t.Error(x.Answer)
	}
	if x := ask("late"); x.Value != 10 || !strings.Contains(x.Answer, fmt.Sprintf("hit about %s in use", whatif.Rounded(10*40.0/45))) {
		t.Error(x.Answer)
	}
	if x := ask("nobody"); !x.Missing {
		t.Error(x.Answer)
	}
}

// TestKillHow: what each server's CLIENT KILL can filter by.
func TestKillHow(t *testing.T) {
	for _, c := range []struct {
		family  record.Family
		version string
		s       finding.Source
		want    string
	}{
		{record.FamilyRedis, "7.0.15", finding.Source{Host: "10.0.0.1"}, "CLIENT KILL ID each"},
		{record.FamilyValkey, "8.0.1", finding.Source{Host: "10.0.0.1"}, "CLIENT KILL ID each"},
		{record.FamilyValkey, "9.0.0", finding.Source{Host: "10.0.0.1", Name: "cart"}, "CLIENT KILL IP 10.0.0.1 NAME cart TYPE normal IDLE seconds"},
		{record.FamilyValkey, "9.0.0", finding.Source{Host: "$(reboot)"}, "CLIENT KILL ID each"},
		{record.FamilyRedis, "2.6.17", finding.Source{Host: "10.0.0.1"}, "not known"},
	} {
		p := &whatif.Plan{Model: &measure.Model{TL: &timeline.Timeline{Slots: record.SlotRule{Family: c.family}, Servers: []finding.Server{{Version: c.version}}}}}
		if got := p.KillHow(c.s); !strings.Contains(got, c.want) {
			t.Errorf("%v %s: %s", c.family, c.version, got)
		}
	}
}

// TestBackOff: hand-computed. One in two tries succeeds now. Without the cap the pauses of one
// success sum to 1/(1 − 2(1−q′)), which is 2 at q′ = 3/4: refusals are a·(1/4)/(3/4) = a/3.
func TestBackOff(t *testing.T) {
	for _, c := range []struct{ a, r, want, within float64 }{
		{10, 0, 0, 0},
		{10, 10, 10.0 / 3, 0.03},   // the cap at 64 adds one in a hundred
		{0, 640, 10, 1e-9},         // nobody gets in: all at the longest pause
		{1, 1e6, 1e6 / 64, 1e4},    // hardly anybody
		{2, 20, 20.0 / 64 * 2, 16}, // between: less than now
	} {
		if got := whatif.RefusedWithBackOff(c.a, c.r); math.Abs(got-c.want) > c.within {
			t.Errorf("accepted %v, refused %v: %v, want %v", c.a, c.r, got, c.want)
		}
	}
	// More refusals now are more refusals then, and always fewer than now.
	last := 0.0
	for r := 0.1; r < 1e6; r *= 2 {
		got := whatif.RefusedWithBackOff(5, r)
		if got < last || got >= r {
			t.Fatalf("at %v refused: %v after %v", r, got, last)
		}
		last = got
	}
	// A simulation of clients that wait out doubled, jittered pauses agrees with the formula.
	rng := rand.New(rand.NewPCG(5, 6))
	const q = 0.4
	tries, pauses := 0.0, 0.0
	for range 200000 {
		for k := 0; ; k++ {
			pauses += math.Exp2(float64(min(k, whatif.BackOffDoublings))) * 2 * rng.Float64()
			if tries++; rng.Float64() < q {
				break
			}
		}
	}
	if got := pauses / 200000; math.Abs(got-whatif.WaitPerSuccess(q)) > 0.05*got {
		t.Errorf("simulated %v pauses a success, formula %v", got, whatif.WaitPerSuccess(q))
	}
}

// TestPoolSize: three instances of ten connections, of which exactly four work at each list
// and two more between any two.
func TestPoolSize(t *testing.T) {
	w := world.New(100)
	w.Run(60, func(w *world.World, i int) {
		for h := range 3 {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			w.Pool(host, "cart", 10, 0)
			for k, c := range w.Of(host, "cart") {
				if k < 4 {
					c.Used = w.At
				} else if k < 6 {
					c.Used = w.At - 5
				}
			}
		}
	})
	tl, _ := timeline.Collect(w.Source())
	x := (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{}}).PoolSize()
	// ⌈4⌉ + 1, and ⌈6⌉ + 1 if held; 3 × (10 − 5) slots back; 3 × 1.25 × 5 = 19 of 80.
	if x.Value != 5 || x.Lo != 5 || x.Hi != 7 || !strings.Contains(x.Answer, "gives 15 slots back on 3 instances") || !strings.Contains(x.Answer, "= 19, fits into 0.8 × 100") {
		t.Errorf("%v [%v, %v]: %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	// The pool's own metrics, where given, are what counts.
	m := measure.New(tl)
	pool := &appmetrics.Pool{Service: "cart", Instance: "10.1.0.1"}
	for i := range 50 {
		pool.Values[appmetrics.Used] = append(pool.Values[appmetrics.Used], appmetrics.Value{T: float64(i), V: 7})
	}
	m.AppMetrics = &appmetrics.Metrics{Pools: []*appmetrics.Pool{pool}}
	if x := (&whatif.Plan{Model: m, Report: &finding.Report{}}).PoolSize(); x.Value != 8 || x.At[0] != "--app" {
		t.Errorf("with --app: %v at %v", x.Value, x.At)
	}
	// A pool that was full: with as many waiting as the metrics tell, or only "more".
	for i := range pool.Values[appmetrics.Used] {
		at := appmetrics.Value{T: float64(i), V: 8}
		pool.Values[appmetrics.Max] = append(pool.Values[appmetrics.Max], at)
		if i >= 25 {
			pool.Values[appmetrics.Used][i].V = 8
		}
	}
	if x := (&whatif.Plan{Model: m, Report: &finding.Report{}}).PoolSize(); x.Value != 9 || !math.IsInf(x.Hi, 1) || !strings.HasPrefix(x.Answer, "More than 8 an instance: its pools were full in 50 %") {
		t.Errorf("full: %v [%v, %v]: %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	for i := range pool.Values[appmetrics.Used] {
		pool.Values[appmetrics.Waiting] = append(pool.Values[appmetrics.Waiting], appmetrics.Value{T: float64(i), V: float64(i / 25 * 4)})
	}
	if x := (&whatif.Plan{Model: m, Report: &finding.Report{}}).PoolSize(); x.Value != 13 { // 8 in use and 4 waiting, and one
		t.Errorf("waited for: %v: %s", x.Value, x.Answer)
	}
	// All in use: no spare one to take away, and no way to tell.
	w = world.New(100)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 3, 10, 1)
		for _, c := range w.Clients {
			c.Used = w.At
		}
	})
	tl, _ = timeline.Collect(w.Source())
	if x := (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{}}).PoolSize(); !x.Missing {
		t.Errorf("all used: %s", x.Answer)
	}
}

// TestRaise: the arithmetic of descriptors, memory and time.
func TestRaise(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{Slots: record.SlotRule{Family: record.FamilyRedis}}, LimitPeak: 500, PeakSlot: 0}
	for range 5 {
		s := timeline.NewSample(0, 0)
		s.HasInfo, s.Connected, s.ClientMem = true, 100, 200<<10
		m.Samples = append(m.Samples, s)
	}
	p := &whatif.Plan{Model: m, Report: &finding.Report{}, Took: []verdict.Opinion{{Cause: &hold.Leak, Assessment: cause.Assessment{Evidence: []finding.Evidence{finding.New("", 10, "connections/min", "x:1").Within(8, 12.5)}}}}}
	x := p.Raise()
	// 500 slots more at 10 a minute; 500 × 2 KiB; 1000 + 32.
	if x.Value != 50 || x.Lo != 40 || x.Hi != 62.5 || x.Unit != "min" || !strings.Contains(x.Answer, "1000 + 32 = 1032") || !strings.Contains(x.Answer, "1000 KiB of memory") {
		t.Errorf("%v [%v, %v] %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	p.Took = nil
	if x := p.Raise(); x.Value != 500*2048 || x.Unit != "bytes" {
		t.Errorf("%v %s", x.Value, x.Unit)
	}
	m.LimitPeak = 992 // 1024 − 32
	if x := p.Raise(); !strings.Contains(x.Answer, "looks like 1024 less 32") {
		t.Error(x.Answer)
	}
	for i := range m.Samples {
		m.Samples[i].ClientMem = math.NaN()
	}
	m.TL.Slots.Family = record.FamilyDragonfly
	if x := p.Raise(); x.Unit != "connections" || !strings.Contains(x.Answer, "not known for this server") || !strings.Contains(x.Answer, "memory is not in the recording") {
		t.Errorf("%s %s", x.Unit, x.Answer)
	}
}

// TestKeepalive: pods that died at known times; what 60 s would have cleared by the end.
func TestKeepalive(t *testing.T) {
	run := func(config string) finding.WhatIf {
		w := world.New(500)
		if config != "" {
			w.Config["tcp-keepalive"] = config
		}
		w.Run(60, func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 2, 10, 0.5)
			for h := i / 8; h < i/8+5; h++ {
				w.Pool(fmt.Sprintf("10.11.0.%d", h+1), "pods", 8, 0.9)
			}
		})
		tl, _ := timeline.Collect(w.Source())
		return (&whatif.Plan{Model: measure.New(tl), Report: &finding.Report{}}).Keepalive()
	}
	// Pods 1 to 6 are dead after samples 8, 16 … 48; the last is silent for 12 lists of 15 s
	// at the end, longer than the 8 that make it silent and the 120 s that clear it: 6 × 8.
	if x := run(""); x.Value != 48 || !strings.Contains(x.Answer, "48 of the 48") || !strings.Contains(x.Answer, "6 silent hosts") {
		t.Errorf("%v: %s", x.Value, x.Answer)
	}
	// In force and exceeded: the peers answer.
	if x := run("60"); x.Value != 0 || !strings.Contains(x.Answer, "Their peers still answer") {
		t.Errorf("%v: %s", x.Value, x.Answer)
	}
	if x := run("300"); !strings.Contains(x.Answer, "outlived the tcp-keepalive of 300 s") {
		t.Errorf("%v: %s", x.Value, x.Answer)
	}
	if x := run("600"); x.Value != 48 || !strings.Contains(x.Answer, "With the 600 s in force it takes 20 min") {
		t.Errorf("%v: %s", x.Value, x.Answer)
	}
}

// TestTrendCovers: the 90 % interval of the time to the limit, with residuals as connections
// have them (AR(1)), holds the time at which the line gets there.
func TestTrendCovers(t *testing.T) {
	for _, phi := range []float64{0, 0.7} {
		rng := rand.New(rand.NewPCG(7, uint64(phi*10)))
		held, told := 0, 0
		const reps = 300
		for range reps {
			m := &measure.Model{TL: &timeline.Timeline{}, LimitPeak: 1000, LimitReached: 1 << 20}
			x := 0.0
			for i := range 240 {
				x = phi*x + rng.NormFloat64()*math.Sqrt(1-phi*phi)*6
				s := timeline.NewSample(float64(i)*15, 0)
				s.List = i + 1
				m.Samples, m.Occupancy, m.Lists, m.ListTimes = append(m.Samples, s), append(m.Occupancy, 100+0.5*float64(i)+x), append(m.Lists, i), append(m.ListTimes, s.T)
			}
			w := (&whatif.Plan{Model: m, Report: &finding.Report{}}).TimeToLimit()
			truth := (1000 - 100 - 0.5*239) / (0.5 / 15) / 60
			if !w.Missing && !math.IsInf(w.Hi, 1) {
				told++
				if w.Lo <= truth && truth <= w.Hi {
					held++
				}
			}
		}
		if told < reps/2 || float64(held) < 0.86*float64(told) {
			t.Errorf("φ %v: held %d of %d told of %d", phi, held, told, reps)
		}
	}
}

// TestWhatIfLittleData: every question asked of every story cut short, without lists or
// without INFO, as if each cause had taken part: an answer or what is missing, never a crash.
func TestWhatIfLittleData(t *testing.T) {
	for _, s := range stories[:12] {
		for _, n := range []int{1, 2, 3, 8, 20} {
			for view := range 3 {
				w := world.New(s.limit)
				w.NoList, w.NoInfo = view == 1, view == 2
				if s.setup != nil {
					s.setup(w)
				}
				w.Run(n, s.step)
				tl, err := timeline.Collect(w.Source())
				if err != nil {
					t.Fatal(err)
				}
				m := measure.New(tl)
				for _, c := range verdict.Causes {
					src := []finding.Source{{Host: "10.1.0.2", Name: "cart"}}
					r := &finding.Report{Verdict: finding.Verdict{Status: finding.Incident, Cause: c.ID}, Causes: []finding.Finding{{ID: c.ID, Sources: src}}}
					took := []verdict.Opinion{{Cause: c, Assessment: cause.Assessment{Onset: 0, OnsetLo: 0, End: -1, Sources: src,
						Evidence: []finding.Evidence{finding.New("", 1, "connections/min").Within(0.5, 2)}}}}
					for _, x := range (&whatif.Plan{Model: m, Report: r, Took: took}).Answers() {
						if x.Answer == "" || x.Question == "" || strings.Contains(x.Answer, "NaN") || x.Missing != strings.HasPrefix(x.Answer, "Not enough data: ") {
							t.Errorf("%s, %d samples, view %d, %s: %+v", s.name, n, view, c.ID, x)
						}
					}
				}
			}
		}
	}
}

// TestInsteadReads: a time is told as the summary tells it, and one bracket does not follow another.
func TestInsteadReads(t *testing.T) {
	for name, want := range map[string]string{
		"outage-down":    "(longest time without an answer to any probe: 3 min)",
		"idle-middlebox": "or a keep-alive PING); connections that went at about the same idle time: ",
		"slow-command":   "(commands longer than 250 ms: 5)",
	} {
		if got := recorded(t, name).Instead; !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
