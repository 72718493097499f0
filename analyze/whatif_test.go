package analyze

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse"
)

func whatIfOf(r *Report, id string) *WhatIf {
	for i := range r.WhatIf {
		if r.WhatIf[i].ID == id {
			return &r.WhatIf[i]
		}
	}
	return nil
}

// TestAlternativesComplete: every question has all its parts, an id of its own, and leads
// only for causes that exist.
func TestAlternativesComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range Alternatives() {
		if a.ID == "" || seen[a.ID] || !strings.HasSuffix(a.Question, "?") || a.Formula == "" || len(a.Needs) == 0 || a.asked == nil || a.compute == nil {
			t.Errorf("%q is not complete", a.ID)
		}
		seen[a.ID] = true
		for _, id := range a.Leads {
			if CauseByID(id) == nil {
				t.Errorf("%s leads for %q, which is no cause", a.ID, id)
			}
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
			if r.Verdict.Status == Healthy && len(r.WhatIf) > 1 {
				t.Errorf("a healthy recording asks %d questions", len(r.WhatIf))
			}
		})
	}
}

// idler makes ten connections a lot, of one host: those of "spare" rest for good, those of
// "late" rest for rest seconds and are used again, over and over.
func idler(w *world, i int, rest float64) {
	if i == 0 {
		for range 10 {
			w.open("10.1.0.1", "spare")
			w.open("10.1.0.2", "late")
		}
	}
	w.fleet("10.2.0", "web", 3, 4, 1)
	for _, c := range w.of("", "late") {
		if w.at-c.used >= rest {
			c.used = w.at
			w.commands++
		}
	}
}

// TestSpells: hand-counted idle spells. Lists are 10 s apart over 1,000 s; the late ones are
// used at every 200 s: their spells reach 190 s in the lists, the bin of 120 s; four end in a
// use, the fifth with the recording at 190 s. The spare ones rest to the end: 990 s, the bin
// of 900 s.
func TestSpells(t *testing.T) {
	w := newWorld(500)
	w.dt = 10
	w.run(100, func(w *world, i int) { idler(w, i, 200) })
	tl, err := Collect(w.source())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]spellCounts{}
	for _, s := range tl.Sources {
		k := got[s.key.name]
		k.sum(&s.spells)
		got[s.key.name] = k
	}
	late, spare := got["late"], got["spare"]
	if late.used[spellBin(190)] != 40 || late.still[spellBin(190)] != 10 || late.entered[0] != 50 {
		t.Errorf("late: %+v", late)
	}
	if all, used, closed, still := spare.reached(spellBin(900)); all != 10 || used != 0 || closed != 0 || still != 10 {
		t.Errorf("spare: %v %v %v %v", all, used, closed, still)
	}
	// Of the late ones' 50 spells, 40 ended in a use and 10 were cut short in the same bin:
	// 40 of 50 − 10/2. The bins below are passed by all.
	p := late.resume()
	if want := 40.0 / 45; math.Abs(p[spellBin(190)]-want) > 1e-9 || math.Abs(p[0]-want) > 1e-9 {
		t.Errorf("late: chances %v, want %v", p, want)
	}
	if p := spare.resume(); p[spellBin(990)] != 0 || p[0] != 0 {
		t.Errorf("spare: chances %v", p)
	}
}

// TestTimeoutReplay: the late ones would be cut by timeouts to 190 s and are spared above;
// the spare ones are what a timeout frees.
func TestTimeoutReplay(t *testing.T) {
	w := newWorld(500)
	w.dt = 10
	w.run(100, func(w *world, i int) { idler(w, i, 200) })
	tl, _ := Collect(w.source())
	m := newModel(tl)
	p := &plan{model: m, r: &Report{}}
	x := p.timeout()
	// 300 s is the least timeout above 190: ten spells reach it, none of them is used again.
	if x.Value != 10 || !strings.Contains(x.Question, "`timeout 300`") || !strings.Contains(x.Answer, "0 of which were used again (0.0 %, at most 25.9 %)") ||
		!strings.Contains(x.Answer, "10 rested to the end") {
		t.Errorf("%s %s (%v)", x.Question, x.Answer, x.Value)
	}
	w.config["timeout"] = "900"
	w.run(1, func(*world, int) {})
	tl, _ = Collect(w.source())
	if x := (&plan{model: newModel(tl), r: &Report{}}).timeout(); !strings.Contains(x.Answer, "In force is timeout 900.") {
		t.Error(x.Answer)
	}
	busy := newWorld(500)
	busy.run(100, func(w *world, i int) { w.fleet("10.2.0", "web", 3, 4, 1) })
	tl, _ = Collect(busy.source())
	if x := (&plan{model: newModel(tl), r: &Report{}}).timeout(); x.Value != 0 || !strings.HasPrefix(x.Answer, "Nothing:") {
		t.Error(x.Answer)
	}
}

// TestKill: killing the spare ones hits nobody; killing the late ones hits some.
func TestKill(t *testing.T) {
	w := newWorld(500)
	w.dt = 10
	w.run(100, func(w *world, i int) { idler(w, i, 200) })
	tl, _ := Collect(w.source())
	ask := func(name string) WhatIf {
		return (&plan{model: newModel(tl), r: &Report{Causes: []Finding{{Sources: []Source{{Name: name}}}}}}).kill()
	}
	// Ten spells of its own are too few, so all sources' count: 60 reached 120 s and 190 s is
	// where 40 of them were used again; of those at 900 s none was.
	if x := ask("spare"); x.Value != 10 || !strings.Contains(x.Answer, "hit about 0 in use") {
		t.Error(x.Answer)
	}
	if x := ask("late"); x.Value != 10 || !strings.Contains(x.Answer, fmt.Sprintf("hit about %s in use", rounded(10*40.0/45))) {
		t.Error(x.Answer)
	}
	if x := ask("nobody"); !x.Missing {
		t.Error(x.Answer)
	}
}

// TestKillHow: what each server's CLIENT KILL can filter by.
func TestKillHow(t *testing.T) {
	for _, c := range []struct {
		family  parse.Family
		version string
		s       Source
		want    string
	}{
		{parse.FamilyRedis, "7.0.15", Source{Host: "10.0.0.1"}, "CLIENT KILL ID each"},
		{parse.FamilyValkey, "8.0.1", Source{Host: "10.0.0.1"}, "CLIENT KILL ID each"},
		{parse.FamilyValkey, "9.0.0", Source{Host: "10.0.0.1", Name: "cart"}, "CLIENT KILL IP 10.0.0.1 NAME cart TYPE normal IDLE seconds"},
		{parse.FamilyValkey, "9.0.0", Source{Host: "$(reboot)"}, "CLIENT KILL ID each"},
		{parse.FamilyRedis, "2.6.17", Source{Host: "10.0.0.1"}, "not known"},
	} {
		p := &plan{model: &model{tl: &Timeline{Slots: parse.SlotRule{Family: c.family}, Servers: []Server{{Version: c.version}}}}}
		if got := p.killHow(c.s); !strings.Contains(got, c.want) {
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
		if got := refusedWithBackOff(c.a, c.r); math.Abs(got-c.want) > c.within {
			t.Errorf("accepted %v, refused %v: %v, want %v", c.a, c.r, got, c.want)
		}
	}
	// More refusals now are more refusals then, and always fewer than now.
	last := 0.0
	for r := 0.1; r < 1e6; r *= 2 {
		got := refusedWithBackOff(5, r)
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
			pauses += math.Exp2(float64(min(k, backOffDoublings))) * 2 * rng.Float64()
			if tries++; rng.Float64() < q {
				break
			}
		}
	}
	if got := pauses / 200000; math.Abs(got-waitPerSuccess(q)) > 0.05*got {
		t.Errorf("simulated %v pauses a success, formula %v", got, waitPerSuccess(q))
	}
}

// TestPoolSize: three instances of ten connections, of which exactly four work at each list
// and two more between any two.
func TestPoolSize(t *testing.T) {
	w := newWorld(100)
	w.run(60, func(w *world, i int) {
		for h := range 3 {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			w.pool(host, "cart", 10, 0)
			for k, c := range w.of(host, "cart") {
				if k < 4 {
					c.used = w.at
				} else if k < 6 {
					c.used = w.at - 5
				}
			}
		}
	})
	tl, _ := Collect(w.source())
	x := (&plan{model: newModel(tl), r: &Report{}}).poolSize()
	// ⌈4⌉ + 1, and ⌈6⌉ + 1 if held; 3 × (10 − 5) slots back; 3 × 1.25 × 5 = 19 of 80.
	if x.Value != 5 || x.Lo != 5 || x.Hi != 7 || !strings.Contains(x.Answer, "gives 15 slots back on 3 instances") || !strings.Contains(x.Answer, "= 19, fits into 0.8 × 100") {
		t.Errorf("%v [%v, %v]: %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	// The pool's own metrics, where given, are what counts.
	m := newModel(tl)
	pool := &parse.AppPool{Service: "cart", Instance: "10.1.0.1"}
	for i := range 50 {
		pool.Values[parse.AppUsed] = append(pool.Values[parse.AppUsed], parse.AppValue{T: float64(i), V: 7})
	}
	m.appMetrics = &parse.AppMetrics{Pools: []*parse.AppPool{pool}}
	if x := (&plan{model: m, r: &Report{}}).poolSize(); x.Value != 8 || x.At[0] != "--app" {
		t.Errorf("with --app: %v at %v", x.Value, x.At)
	}
	// A pool that was full: with as many waiting as the metrics tell, or only "more".
	for i := range pool.Values[parse.AppUsed] {
		at := parse.AppValue{T: float64(i), V: 8}
		pool.Values[parse.AppMax] = append(pool.Values[parse.AppMax], at)
		if i >= 25 {
			pool.Values[parse.AppUsed][i].V = 8
		}
	}
	if x := (&plan{model: m, r: &Report{}}).poolSize(); x.Value != 9 || !math.IsInf(x.Hi, 1) || !strings.HasPrefix(x.Answer, "More than 8 an instance: its pools were full in 50 %") {
		t.Errorf("full: %v [%v, %v]: %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	for i := range pool.Values[parse.AppUsed] {
		pool.Values[parse.AppWaiting] = append(pool.Values[parse.AppWaiting], parse.AppValue{T: float64(i), V: float64(i / 25 * 4)})
	}
	if x := (&plan{model: m, r: &Report{}}).poolSize(); x.Value != 13 { // 8 in use and 4 waiting, and one
		t.Errorf("waited for: %v: %s", x.Value, x.Answer)
	}
	// All in use: no spare one to take away, and no way to tell.
	w = newWorld(100)
	w.run(60, func(w *world, i int) {
		w.fleet("10.1.0", "cart", 3, 10, 1)
		for _, c := range w.clients {
			c.used = w.at
		}
	})
	tl, _ = Collect(w.source())
	if x := (&plan{model: newModel(tl), r: &Report{}}).poolSize(); !x.Missing {
		t.Errorf("all used: %s", x.Answer)
	}
}

// TestRaise: the arithmetic of descriptors, memory and time.
func TestRaise(t *testing.T) {
	m := &model{tl: &Timeline{Slots: parse.SlotRule{Family: parse.FamilyRedis}}, limitPeak: 500, peakSlot: 0}
	for range 5 {
		s := newSample(0, 0)
		s.HasInfo, s.Connected, s.ClientMem = true, 100, 200<<10
		m.s = append(m.s, s)
	}
	p := &plan{model: m, r: &Report{}, took: []opinion{{c: &leak, assessment: assessment{evidence: []Evidence{ev("", 10, "connections/min", "x:1").within(8, 12.5)}}}}}
	x := p.raise()
	// 500 slots more at 10 a minute; 500 × 2 kB; 1000 + 32.
	if x.Value != 50 || x.Lo != 40 || x.Hi != 62.5 || x.Unit != "min" || !strings.Contains(x.Answer, "1000 + 32 = 1032") || !strings.Contains(x.Answer, "1000 kB of memory") {
		t.Errorf("%v [%v, %v] %s", x.Value, x.Lo, x.Hi, x.Answer)
	}
	p.took = nil
	if x := p.raise(); x.Value != 500*2048 || x.Unit != "bytes" {
		t.Errorf("%v %s", x.Value, x.Unit)
	}
	m.limitPeak = 992 // 1024 − 32
	if x := p.raise(); !strings.Contains(x.Answer, "looks like 1024 less 32") {
		t.Error(x.Answer)
	}
	for i := range m.s {
		m.s[i].ClientMem = math.NaN()
	}
	m.tl.Slots.Family = parse.FamilyDragonfly
	if x := p.raise(); x.Unit != "connections" || !strings.Contains(x.Answer, "not known for this server") || !strings.Contains(x.Answer, "memory is not in the recording") {
		t.Errorf("%s %s", x.Unit, x.Answer)
	}
}

// TestKeepalive: pods that died at known times; what 60 s would have cleared by the end.
func TestKeepalive(t *testing.T) {
	run := func(config string) WhatIf {
		w := newWorld(500)
		if config != "" {
			w.config["tcp-keepalive"] = config
		}
		w.run(60, func(w *world, i int) {
			w.fleet("10.2.0", "web", 2, 10, 0.5)
			for h := i / 8; h < i/8+5; h++ {
				w.pool(fmt.Sprintf("10.11.0.%d", h+1), "pods", 8, 0.9)
			}
		})
		tl, _ := Collect(w.source())
		return (&plan{model: newModel(tl), r: &Report{}}).keepalive()
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
			m := &model{tl: &Timeline{}, limitPeak: 1000, satFirst: 1 << 20}
			x := 0.0
			for i := range 240 {
				x = phi*x + rng.NormFloat64()*math.Sqrt(1-phi*phi)*6
				s := newSample(float64(i)*15, 0)
				s.list = i + 1
				m.s, m.occ, m.lists, m.t = append(m.s, s), append(m.occ, 100+0.5*float64(i)+x), append(m.lists, i), append(m.t, s.T)
			}
			w := (&plan{model: m, r: &Report{}}).timeToLimit()
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
				w := newWorld(s.limit)
				w.noList, w.noInfo = view == 1, view == 2
				if s.setup != nil {
					s.setup(w)
				}
				w.run(n, s.step)
				tl, err := Collect(w.source())
				if err != nil {
					t.Fatal(err)
				}
				m := newModel(tl)
				for _, c := range catalog {
					src := []Source{{Host: "10.1.0.2", Name: "cart"}}
					r := &Report{Verdict: Verdict{Status: Incident, Cause: c.ID}, Causes: []Finding{{ID: c.ID, Sources: src}}}
					took := []opinion{{c: c, assessment: assessment{onset: 0, onsetLo: 0, end: -1, sources: src,
						evidence: []Evidence{ev("", 1, "connections/min").within(0.5, 2)}}}}
					for _, x := range m.whatIf(r, took) {
						if x.Answer == "" || x.Question == "" || strings.Contains(x.Answer, "NaN") || x.Missing != strings.HasPrefix(x.Answer, "Not enough data: ") {
							t.Errorf("%s, %d samples, view %d, %s: %+v", s.name, n, view, c.ID, x)
						}
					}
				}
			}
		}
	}
}
