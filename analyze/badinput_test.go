package analyze

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// A damage spoils a recording. Where starved is set, so little is left that no confident
// verdict can rest on it.
type damage struct {
	name    string
	starved bool
	do      func(recs []record.Record) []record.Record
}

var damages = []damage{
	{"one sample", true, rounds(func(i, n int) bool { return i == n/2 })},
	{"two samples", true, rounds(func(i, n int) bool { return i == n/2 || i == n/2+1 })},
	{"the first and the last sample", true, rounds(func(i, n int) bool { return i == 0 || i == n-1 })},
	{"a minute", true, rounds(func(i, n int) bool { return i >= n/2 && i < n/2+5 })},
	{"only INFO", false, kinds(record.KindInfo)},
	{"only CLIENT LIST", false, kinds(record.KindClients)},
	{"nothing but refusals", true, func(recs []record.Record) []record.Record {
		var out []record.Record
		for _, r := range kinds(record.KindInfo)(recs) {
			out = append(out, &record.Failure{Head: *r.Base(), Class: record.FailMaxClients})
		}
		return out
	}},
	{"every second sample a refusal", false, func(recs []record.Record) []record.Record {
		out := rounds(func(i, n int) bool { return i%2 == 0 })(recs)
		for _, r := range rounds(func(i, n int) bool { return i%2 == 1 })(recs) {
			if r.Kind() == record.KindInfo {
				out = append(out, &record.Failure{Head: *r.Base(), Class: record.FailTimeout})
			}
		}
		slices.SortStableFunc(out, func(a, b record.Record) int { return a.Base().At.Compare(b.Base().At) })
		return out
	}},
	{"two of five samples missing, here and there", false, func(recs []record.Record) []record.Record {
		rng := rand.New(rand.NewPCG(31, 1))
		return rounds(func(i, n int) bool { return rng.Float64() > 0.4 })(recs)
	}},
	{"two of five samples missing, in one piece", false, rounds(func(i, n int) bool { return i < n*3/10 || i >= n*7/10 })},
	{"counters that run backwards", false, infos(func(i, n int, text string) string {
		return counterText.ReplaceAllStringFunc(text, func(s string) string {
			key, v, _ := strings.Cut(s, ":")
			x, _ := strconv.Atoi(v)
			return fmt.Sprintf("%s:%d", key, 1<<40-int64(x))
		})
	})},
	{"counters of nonsense", false, infos(func(i, n int, text string) string {
		return counterText.ReplaceAllStringFunc(text, func(s string) string {
			key, _, _ := strings.Cut(s, ":")
			return key + ":" + [...]string{"-1", "NaN", "99999999999999999999999", "0x7f", "", "1e308"}[i%6]
		})
	})},
	{"a clock that is set back an hour", false, clock(func(i, n int) time.Duration { return -time.Duration(i/(n/2)) * time.Hour })},
	{"a clock that jumps three days on", false, clock(func(i, n int) time.Duration { return time.Duration(i/(n/2)) * 72 * time.Hour })},
	{"a clock that goes to and fro", false, clock(func(i, n int) time.Duration { return -time.Duration(i%2) * 10 * time.Minute })},
	{"a clock that stands", false, clock(func(i, n int) time.Duration { return -time.Duration(i) * 15 * time.Second })},
	{"another version half-way, the same process", false, infos(func(i, n int, text string) string {
		if i < n/2 {
			return text
		}
		return strings.Replace(text, "redis_version:7.4.1", "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1", 1)
	})},
	{"another version half-way, another process", false, infos(func(i, n int, text string) string {
		if i < n/2 {
			return text
		}
		return runText.ReplaceAllString(strings.Replace(text, "7.4.1", "5.0.14", 1), "run_id:"+strings.Repeat("b", 40))
	})},
	{"idle times of nonsense, one in eight", false, oddIdles(8)},
	{"idle times of nonsense, every second", false, oddIdles(2)},
	{"waiting output of nonsense, one in five", false, rows(func(rng *rand.Rand, c *record.Client) {
		if rng.IntN(5) == 0 {
			c.OMem = [...]int64{math.MaxInt64, math.MinInt64, -1, 1 << 60}[rng.IntN(4)]
		}
	})},
	{"one id for one connection in five", false, rows(func(rng *rand.Rand, c *record.Client) {
		if rng.IntN(5) == 0 {
			c.ID = -1
		}
	})},
	{"lists cut short anywhere", false, func(recs []record.Record) []record.Record {
		rng := rand.New(rand.NewPCG(32, 1))
		for _, r := range recs {
			if l, ok := r.(*record.Clients); ok && len(l.Rows) > 0 {
				l.Rows = l.Rows[:1+rng.IntN(len(l.Rows))]
			}
		}
		return recs
	}},
	{"another process in each sample, as old as the first", false, infos(func(i, n int, text string) string {
		return runText.ReplaceAllString(text, fmt.Sprintf("run_id:%040d", i))
	})},
	{"another process in each sample, just begun, with the same connections", false, infos(func(i, n int, text string) string {
		return uptimeText.ReplaceAllString(runText.ReplaceAllString(text, fmt.Sprintf("run_id:%040d", i)), fmt.Sprintf("uptime_in_seconds:%d", i%7))
	})},
	{"a clock behind the server's start", false, infos(func(i, n int, text string) string {
		if i < n/2 {
			return text
		}
		return uptimeText.ReplaceAllStringFunc(text, func(s string) string {
			key, v, _ := strings.Cut(s, ":")
			x, _ := strconv.Atoi(v)
			return fmt.Sprintf("%s:%d", key, x-30_000_000)
		})
	})},
	{"names that differ in one character", false, func(recs []record.Record) []record.Record {
		for _, r := range recs {
			if l, ok := r.(*record.Clients); ok {
				for k := range l.Rows {
					c := &l.Rows[k]
					at := int(c.ID) % (len(c.Name) + 1)
					c.Name = c.Name[:at] + string(rune('a'+c.ID%26)) + c.Name[at:]
				}
			}
		}
		return recs
	}},
}

var (
	counterText  = regexp.MustCompile(`(total_connections_received|total_commands_processed|rejected_connections):\d+`)
	commandsText = regexp.MustCompile(`total_commands_processed:\d+`)
	uptimeText   = regexp.MustCompile(`uptime_in_seconds:\d+`)
	runText      = regexp.MustCompile(`run_id:[0-9a-f]+`)
)

// rounds keeps some sampling rounds; n is how many there are.
func rounds(keep func(i, n int) bool) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		n := len(kinds(record.KindInfo)(recs))
		var out []record.Record
		i, kept := -1, false
		for _, r := range recs {
			if r.Kind() == record.KindInfo {
				i++
				kept = keep(i, n)
			}
			if kept {
				out = append(out, r)
			}
		}
		return out
	}
}

// oddIdles gives one connection in n an idle time that cannot be, another one in each list.
func oddIdles(n int64) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		for i, r := range recs {
			if l, ok := r.(*record.Clients); ok {
				for k := range l.Rows {
					if c := &l.Rows[k]; (c.ID*7+int64(i))%n == 0 {
						c.Idle = [...]int64{-3, c.Age + 900, -1 << 62, math.MaxInt64, 1 << 40}[(c.ID+int64(i))%5]
					}
				}
			}
		}
		return recs
	}
}

// rows changes connections in lists.
func rows(change func(rng *rand.Rand, c *record.Client)) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		rng := rand.New(rand.NewPCG(33, 1))
		for _, r := range recs {
			if l, ok := r.(*record.Clients); ok {
				for k := range l.Rows {
					change(rng, &l.Rows[k])
				}
			}
		}
		return recs
	}
}

func kinds(k record.Kind) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		return slices.DeleteFunc(slices.Clone(recs), func(r record.Record) bool { return r.Kind() != k })
	}
}

func infos(change func(i, n int, text string) string) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		n := len(kinds(record.KindInfo)(recs))
		i := 0
		for _, r := range recs {
			if x, ok := r.(*record.Info); ok {
				x.Reset([]byte(change(i, n, string(bytes.Clone(x.Text)))))
				i++
			}
		}
		return recs
	}
}

func clock(by func(i, n int) time.Duration) func([]record.Record) []record.Record {
	return func(recs []record.Record) []record.Record {
		n := len(kinds(record.KindInfo)(recs))
		i := -1
		for _, r := range recs {
			if r.Kind() == record.KindInfo {
				i++
			}
			h := r.Base()
			h.At = h.At.Add(by(max(i, 0), n))
		}
		return recs
	}
}

// victims are the worlds to damage, with what is true of them.
var victims = []struct {
	truth []string // right answers of "healthy", "undetermined" and causes
	limit int
	step  func(w *world.World, i int)
}{
	{[]string{"connection-leak"}, 500, storyOf("leak of one host")},
	{[]string{"connection-leak", "retry-storm"}, 200, chains[0].step},
	{[]string{"retry-storm"}, 200, storyOf("storm after a scale-out")},
	{[]string{"oversized-pool"}, 420, storyOf("oversized pools after a deploy")},
	{[]string{"connection-churn"}, 1000, storyOf("a connection per request")},
	{[]string{"healthy"}, 1000, storyOf("pubsub fleet, idle for days")},
	{[]string{"healthy"}, 500, storyOf("everyone is back after a restart")},
	{[]string{"healthy"}, 2000, storyOf("worker autoscale with traffic, below")},
}

func storyOf(name string) func(w *world.World, i int) {
	for _, s := range stories {
		if s.name == name {
			return s.step
		}
	}
	panic("no story " + name)
}

// Whatever the input, there is a verdict or "undetermined", and no confident guess: on
// starved data nothing is claimed firmly, and on damaged data what is claimed firmly is true.
func TestBadInput(t *testing.T) {
	for _, d := range damages {
		for k, v := range victims {
			w := world.New(v.limit)
			w.Run(120, v.step)
			w.Records = d.do(w.Records)
			r := report(w)
			said := string(r.Verdict.Status)
			if r.Verdict.Status == finding.Incident {
				said = r.Verdict.Cause
			}
			what := fmt.Sprintf("%s, victim %d (%v): %s at %.2f, %s", d.name, k, v.truth, said, r.Verdict.Confidence, r.Verdict.Summary)
			if !t.Run(fmt.Sprintf("%s, victim %d", d.name, k), func(t *testing.T) { checkReport(t, r) }) {
				t.Error(what)
			}
			firm := r.Verdict.Status != finding.Undetermined && r.Verdict.Confidence > 0.6
			switch {
			case d.starved: // by what its snapshots show, with the confidence that they bear
				if r.Verdict.Confidence > 0.8 && firm && !slices.Contains(v.truth, said) {
					t.Errorf("starved, sure and wrong: %s", what)
				}
			case firm && !slices.Contains(v.truth, said):
				t.Errorf("sure and wrong: %s", what)
			}
		}
	}
}

// A connection's idle time that cannot be is not used, and the verdict is what it was
// without it.
func TestOddIdleTimes(t *testing.T) {
	for _, name := range []string{"leak of one host", "peers that died", "oversized pools after a deploy", "pubsub fleet, idle for days",
		"timeout cuts idle connections", "worker autoscale with traffic, below", "a deploy below the limit", "storm after a scale-out"} {
		s := stories[slices.IndexFunc(stories, func(s story) bool { return s.name == name })]
		w := world.New(s.limit)
		if s.setup != nil {
			s.setup(w)
		}
		w.Run(s.n, s.step)
		w.Records = oddIdles(8)(w.Records)
		r := report(w)
		said := string(r.Verdict.Status)
		if r.Verdict.Status == finding.Incident {
			said = r.Verdict.Cause
		}
		if said != s.want {
			t.Errorf("%s: %s (%s)", name, said, r.Verdict.Summary)
		}
		if !slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, "idle times cannot be") }) {
			t.Errorf("%s: data quality says nothing: %+v", name, r.DataQuality)
		}
		for _, h := range r.Holders {
			if h.IdleP95 < 0 || h.IdleP95 > 86400 {
				t.Errorf("%s: %s idle for %v s", name, h.Label, h.IdleP95)
			}
		}
	}
}

// 65,000 clients of 65,000 hosts that come and go: memory and time are bounded by the
// clients there are at once, not by those there ever were, nor by their square.
func TestCrowdIsBounded(t *testing.T) {
	cost := func(hosts int) (time.Duration, uint64) {
		w := world.New(70000)
		w.Run(8, func(w *world.World, i int) {
			w.Clients = w.Clients[:len(w.Clients)/2]
			for k := range hosts / 2 {
				n := (i*hosts/2 + k) % (1 << 24)
				w.Open(fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), "")
			}
		})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		tl, err := timeline.Collect(w.Source())
		if err != nil {
			t.Fatal(err)
		}
		r := Run(tl, Options{})
		took := time.Since(start)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if r.Verdict.Status == finding.Incident && r.Verdict.Confidence > 0.9 && r.Verdict.Cause != "serverless-fanout" {
			t.Errorf("%d hosts: %+v", hosts, r.Verdict)
		}
		runtime.KeepAlive(tl)
		runtime.KeepAlive(r)
		return took, after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
	}
	small, _ := cost(8_000)
	large, heap := cost(65_000)
	if heap > 96<<20 {
		t.Errorf("%d MiB are held", heap>>20)
	}
	// Eight times the hosts in eight times the time, with room for a busy machine.
	if large > 40*small+2*time.Second {
		t.Errorf("65,000 hosts take %v, 8,000 take %v", large, small)
	}
}

// One counter that falls by itself is no CONFIG RESETSTAT: the others go on as they were.
func TestOneCounterFalls(t *testing.T) {
	w := world.New(500)
	w.Run(90, func(w *world.World, i int) {
		w.Fleet("10.1.0", "web", 4, 10, 0.5)
		for range 3 {
			w.Close(w.Open("10.1.0.9", "job"))
		}
	})
	want, falls := w.Accepted-43, 0 // the first sample's
	w.Records = infos(func(i, n int, text string) string {
		if i%12 != 6 {
			return text
		}
		falls++
		return commandsText.ReplaceAllString(text, "total_commands_processed:0")
	})(w.Records)
	tl := collect(t, w.Source(), nil)
	got := 0.0
	for i := range tl.Samples {
		got += orNought(tl.Samples[i].Accepted)
	}
	if got != float64(want) || tl.Resets != 0 || tl.Backwards != falls {
		t.Errorf("%v accepted, not %d; %d resets, %d counters backwards, not %d", got, want, tl.Resets, tl.Backwards, falls)
	}
}
