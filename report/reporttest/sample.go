// Package reporttest has the reports every format is tested with. They are built, not
// analysed: the shapes and sentences are those of a real incident, and nothing depends on the
// analyzer.
package reporttest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Samples are the reports by name; Build makes a new one each time.
var Samples = []struct {
	Name  string
	Build func() *finding.Report
}{
	{"leak", LeakThenStorm},
	{"healthy", Healthy},
	{"undetermined", Undetermined},
	{"hostile", Hostile},
	{"snapshot", PastedList},
	{"empty", func() *finding.Report { return &finding.Report{} }},
}

// Start is when the sample recordings begin.
var Start = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// Noise gives a fixed sequence in -1..1.
func Noise(seed uint32) func() float64 {
	x := seed*2654435761 + 1
	return func() float64 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		return float64(x)/float64(math.MaxUint32)*2 - 1
	}
}

// Series samples f every interval; f gets the minutes since the start.
func Series(id, title, unit string, n int, every time.Duration, f func(min float64) float64) finding.Signal {
	s := finding.Signal{ID: id, Title: title, Unit: unit}
	for i := range n {
		t := Start.Add(time.Duration(i) * every)
		if v := f(t.Sub(Start).Minutes()); v != -1 {
			s.At, s.Value = append(s.At, t), append(s.Value, v)
		}
	}
	return s
}

// At is so many minutes and seconds after Start.
func At(min, sec int) time.Time {
	return Start.Add(time.Duration(min)*time.Minute + time.Duration(sec)*time.Second)
}

// LeakThenStorm is the incident of the mock-up: a leak fills the limit, its clients storm.
func LeakThenStorm() *finding.Report {
	r := &finding.Report{
		Input: finding.Input{Kind: "bundle", Name: "redis-prod-3.connbox", SHA256: strings.Repeat("5f0c2a91", 8),
			From: Start, To: At(29, 55), Samples: 360, Interval: 5 * time.Second, Gaps: 1,
			Servers: []finding.Server{{RunID: strings.Repeat("a1b2c3d4e5", 4), Version: "7.0.15", Role: "master"}}},
		Verdict: finding.Verdict{Status: finding.Incident, Cause: "connection-leak", Confidence: 0.94371234,
			Summary: "checkout-api (12 hosts) opened 11 connections/s and closed none from 03:07:00; the limit of 10 000 was reached at 03:18:30 and 612 430 connections were refused.",
			Parts: []finding.Contribution{{What: "an even chance", Value: 0.5}, {What: "the signs of connection-leak (score 0.97)", Value: 0.48},
				{What: "how often such verdicts were right on simulated recordings", Value: -0.03628766}},
			Runner: "oversized pools (0.04): a pool would have stopped growing at its size; these grew for 11 minutes at one rate."},
		Impact: finding.Impact{Refused: 612430, PeakRefused: 2650, RefusedShare: 0.87, TimeAtLimit: 390 * time.Second,
			FirstSignal: At(7, 0), LimitReached: At(18, 30), Recovered: At(25, 0)},
		Limit:  finding.Limit{Effective: 10000, From: "INFO"},
		Config: []finding.ConfigValue{{Key: "maxclients", Value: "10000"}, {Key: "timeout", Value: "0"}, {Key: "tcp-keepalive", Value: "300"}},
	}
	r.Course = []finding.Phase{
		{From: At(0, 0), To: At(7, 0), Begin: 2402, End: 2398, PerMin: -0.6, Lo: -3, Hi: 2},
		{From: At(7, 5), To: At(18, 30), Begin: 2410, End: 9990, PerMin: 661, Lo: 655, Hi: 667},
		{From: At(18, 35), To: At(25, 0), Begin: 10000, End: 10000},
		{From: At(25, 5), To: At(29, 55), Begin: 2600, End: 2600, PerMin: 0.1, Lo: -1, Hi: 1.2},
	}
	leakFindings(r)
	r.Causes[0].Spells = r.Course[1:2]
	leakActions(r)
	leakSignals(r)
	leakHeld(r)
	return r
}

func leakFindings(r *finding.Report) {
	api := finding.Source{Name: "checkout-api", User: "default", Lib: "go-redis(,go1.22)", Connections: 7590, Share: 0.97}
	r.Causes = []finding.Finding{
		{ID: "connection-leak", Role: finding.Root, Confidence: 0.94371234, Onset: At(7, 0), OnsetLo: At(6, 50), OnsetHi: At(7, 10), End: At(25, 0),
			Claim:   "checkout-api opened 11 connections/s and closed none from 03:07:00.",
			Sources: []finding.Source{api, {Host: "10.2.0.14", Name: "checkout-api", User: "default", Lib: "go-redis(,go1.22)", Connections: 701, Share: 0.09}},
			Evidence: []finding.Evidence{
				{Ref: "E1", Claim: "connections climb while commands/s stay flat", Value: 10.9, Unit: "connections/s", Lo: 10.4, Hi: 11.4, HasInterval: true, At: []string{"clients.parquet:rows 84-222", "info.parquet:rows 84-222"}, For: true},
				{Ref: "E2", Claim: "maxclients reached and held", Value: 390, Unit: "seconds", At: []string{"info.parquet:row 222"}, For: true},
				{Ref: "E5", Claim: "idle time of the new connections equals their age: never used again", Value: 0.983, Unit: "share", At: []string{"clients.parquet:row 222"}, For: true},
				{Ref: "E6", Claim: "a deploy is not in the recording, so what began at 03:07:00 is open", Value: 0, Unit: "events", For: false},
				{Ref: "E7", Claim: "the rises are spread over the time since, as a leak's are", Value: 0.18, Unit: "KS distance", At: []string{"clients.parquet:rows 84-222"}, For: true},
			}},
		{ID: "retry-storm", Title: "Retry storm", Phrase: "a retry storm", Role: finding.Amplifier, Confidence: 0.91, Onset: At(18, 30), End: At(25, 0),
			Claim: "Refused clients came back at once: 2 650 attempts/s with no back-off, 41 times the rate before.",
			Evidence: []finding.Evidence{
				{Ref: "E3", Claim: "refusals level off instead of thinning out", Value: 2650, Unit: "per second", Lo: 2580, Hi: 2720, HasInterval: true, At: []string{"info.parquet:rows 264-300"}, For: true},
				{Ref: "E4", Claim: "refusals end with the clients, not with the limit", Value: 7400, Unit: "connections", At: []string{"clients.parquet:row 301"}, For: true},
			}},
	}
	r.Timeline = []finding.Event{
		{At: At(7, 0), What: "connections climb by 11/s, commands/s unchanged", Refs: []string{"E1"}},
		{At: At(18, 30), What: "maxclients reached, first refusal", Refs: []string{"E2"}},
		{At: At(22, 0), What: "refusals level at 2 650/s: no back-off", Refs: []string{"E3"}},
		{At: At(25, 0), What: "checkout-api gone (-7 400 clients); recovered", Refs: []string{"E4"}},
	}
	r.RuledOut = []finding.RuledOut{
		{ID: "oversized-pool", Title: "Oversized connection pools", Why: "no step: growth at one rate for 11 min 30 s, over every pool size in use"},
		{ID: "maxclients-too-low", Title: "maxclients too low for the demand", Why: "commands/s flat (elasticity 0.02) while connections quadrupled"},
		{ID: "fd-limit", Title: "Descriptor limit caps maxclients", Why: "the descriptor limit allows 65 504 clients, 6.5 times the limit in force"},
		{ID: "zombie-connections", Why: "keepalive 300 s cleared none of them: the peers answer"},
		{ID: "blocking-commands", Title: "Blocking commands hold the slots", Why: "12 blocked clients at most, of 10 000"},
	}
	r.Answers = []finding.Answer{
		{Question: "Raise maxclients?", Yes: false, Why: "it buys 84 minutes at 10.9 connections/s, then the same happens."},
		{Question: "Fix a leak?", Yes: true, Why: "97% of the growth is checkout-api's."},
		{Question: "Scale out?", Yes: false, Why: "the legitimate demand is 2 400 of 10 000."},
	}
}

func leakActions(r *finding.Report) {
	r.Actions = []finding.Action{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST TYPE normal | grep name=checkout-api", Effect: "shows the leaked connections by host", Check: "idle grows with age on most lines"},
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET maxclients 20000", Effect: "buys 15 min at this rate; costs about 25 MB of memory", Check: "INFO clients shows maxclients:20000"},
		{Risk: finding.Disconnects, Command: "restart checkout-api one host at a time", Effect: "frees about 680 connections each", Check: "connected_clients falls by about 680 a host"},
	}
	r.WhatIf = []finding.WhatIf{
		{Question: "maxclients 20 000?", Answer: "The limit is reached 15 min later, at 03:33:45.", Value: 915, Lo: 880, Hi: 960, Unit: "seconds"},
		{Question: "timeout 300?", Answer: "Would have freed 6 900 leaked connections and forced 40 reconnects.", Value: 6900, Unit: "connections",
			ID: "timeout", Formula: "closed = idle spells that reached N; cut in use = those of them that ended in a use", At: []string{"clients.parquet:row 1", "clients.parquet:row 301"}},
		{Question: "Which pool size would do?", Answer: "Not enough data: instances cannot be told apart.", Value: math.NaN(), ID: "pool-size", Missing: true},
		{Question: "Back-off with jitter?", Answer: "Refusals under 70/s after a minute instead of 2 650/s.", Value: 70, Unit: "per second"},
	}
	r.DataQuality = []finding.Doubt{{What: "1 gap of 45 s at 03:12:00", Effect: "the onset is not affected; it lies 5 min before"}}
	r.Observations = []string{"The recorder's own connection is left out of all counts."}
	r.Holders = []finding.Holder{
		{Label: "checkout-api", Hosts: 12, Source: finding.Source{Name: "checkout-api", User: "default", Lib: "go-redis"}, Base: 640, Peak: 8112, Last: 655, Births: 7610, Deaths: 7580, Growth: 653.4, IdleP50: 340, IdleP95: 655, TopCmd: "get", OMem: 0},
		{Label: "cart", Hosts: 8, Source: finding.Source{Name: "cart", User: "cart"}, Base: 640, Peak: 640, Last: 641, Births: 3, Deaths: 2, Growth: 0, IdleP50: 0.4, IdleP95: 3, TopCmd: "hgetall"},
		{Label: "search", Hosts: 4, Source: finding.Source{Name: "search"}, Base: 512, Peak: 512, Last: 512, IdleP50: 1, IdleP95: 9, TopCmd: "zrange"},
		{Label: "mailer", Hosts: 2, Source: finding.Source{Name: "mailer", Lib: "redis-py"}, Base: 340, Peak: 380, Last: 345, Births: 60, Deaths: 55, Growth: 1.5, IdleP50: 12, IdleP95: 41, TopCmd: "blpop", Blocked: 212},
		{Label: "feed", Hosts: 6, Source: finding.Source{Name: "feed"}, Base: 220, Peak: 220, Last: 220, IdleP50: 2, IdleP95: 20, PubSub: 180, OMem: 65536, TopCmd: "subscribe"},
		{Label: "10.9.1.7", Hosts: 1, Source: finding.Source{Host: "10.9.1.7"}, Base: 4, Peak: 6, Last: 4, Births: 2, Deaths: 2, Growth: 0.1, IdleP50: math.NaN(), IdleP95: math.NaN(), TopCmd: ""},
		{Label: "metrics", Hosts: 1, Source: finding.Source{Name: "metrics"}, Base: 1, Peak: 1, Last: 1, IdleP50: 5, IdleP95: 10, TopCmd: "info"},
	}
}

// leakHeld gives who held the slots, a list a minute.
func leakHeld(r *finding.Report) {
	h := &r.Held
	h.Idle = make([][]float64, len(finding.IdleEdges)+1)
	names := []string{"checkout-api", "cart", "search", "mailer", "feed", "10.9.1.7"}
	h.Groups = make([]finding.HeldGroup, len(names))
	for i, n := range names {
		h.Groups[i] = finding.HeldGroup{Label: n, Blamed: i == 0}
	}
	for m := range 30 {
		h.At = append(h.At, At(m, 0))
		leaked := 0.0
		if m >= 7 && m < 25 {
			leaked = math.Min(7472, float64(m-7)*655)
		}
		for i, n := range []float64{640 + leaked, 640, 512, 380, 220, 6} {
			g := &h.Groups[i]
			g.Connections, g.Hosts = append(g.Connections, n), append(g.Hosts, []float64{12, 8, 4, 2, 6, 1}[i])
			g.Unused, g.Blocked = append(g.Unused, []float64{leaked * 0.9, 0, 0, 0, 0, 0}[i]), append(g.Blocked, []float64{0, 0, 0, 212, 0, 0}[i])
		}
		for b, n := range []float64{1100, 900, 300, 98 + leaked*0.1, leaked * 0.6, leaked * 0.3, 0, 0} {
			h.Idle[b] = append(h.Idle[b], math.Round(n))
		}
	}
}

// leakSignals draws the course: flat, a climb of 11/s, the limit, the fall; one gap.
func leakSignals(r *finding.Report) {
	const n, every = 360, 5 * time.Second
	rnd := Noise(7)
	gap := func(m float64) bool { return m > 12 && m < 12.75 }
	conns := func(m float64) float64 {
		switch {
		case gap(m):
			return -1
		case m < 7:
			return math.Round(2400 + 40*math.Sin(m) + 12*rnd())
		case m < 18.5:
			return math.Round(2400 + (m-7)/11.5*7600 + 20*rnd())
		case m < 25:
			return 10000
		}
		return math.Round(2600 + 12*rnd())
	}
	refused := func(m float64) float64 {
		switch {
		case gap(m):
			return -1
		case m < 18.5 || m >= 25:
			return 0
		case m < 22:
			return math.Round(40 * math.Pow(66, (m-18.5)/3.5) * (1 + 0.1*rnd()))
		}
		return math.Round(2600 + 50*rnd())
	}
	rate := func(base, leak, storm float64) func(m float64) float64 {
		return func(m float64) float64 {
			switch {
			case gap(m):
				return -1
			case m >= 7 && m < 18.5:
				return math.Max(0, base+leak+rnd())
			case m >= 18.5 && m < 25:
				return math.Max(0, storm+rnd()*storm/5)
			}
			return math.Max(0, base+rnd())
		}
	}
	step := func(s finding.Signal) finding.Signal { s.Step = true; return s }
	r.Signals = []finding.Signal{
		step(Series("connections", "Connections", "clients", n, every, conns)),
		step(Series("refused", "Refused connections", "per second", n, every, refused)),
		step(Series("accepted", "Accepted connections", "per second", n, every, rate(3, 11, 0.4))),
		step(Series("closed", "Closed connections", "per second", n, every, rate(3, 0, 0.4))),
		Series("commands", "Commands", "per second", n, every, func(m float64) float64 {
			if gap(m) {
				return -1
			}
			return math.Round(41000 + 900*rnd())
		}),
		Series("blocked", "Blocked clients", "clients", n, every, func(m float64) float64 {
			if gap(m) {
				return -1
			}
			return math.Round(210 + 6*rnd())
		}),
		Series("output_memory", "Output buffers", "bytes", n/2, 2*every, func(m float64) float64 { return math.Round(60000 + 9000*rnd()) }),
		Series("idle", "Idle p95", "seconds", n/2, 2*every, func(m float64) float64 {
			return math.Max(3, math.Min(655, (m-7)*60*0.95))
		}),
	}
	r.Signals[1].Log = true
}

// Healthy is a recording without an incident.
func Healthy() *finding.Report {
	rnd := Noise(3)
	r := &finding.Report{
		Input: finding.Input{Kind: "dump", Name: "quiet.txt", SHA256: strings.Repeat("00ff", 16), From: Start, To: At(59, 50), Samples: 360, Interval: 10 * time.Second,
			Servers: []finding.Server{{RunID: strings.Repeat("9", 40), Version: "7.4.1", Role: "master"}}},
		Verdict:      finding.Verdict{Status: finding.Healthy, Confidence: 0.996, Summary: "No incident: at most 3 140 of 10 000 connections (31%), none refused, nothing grows against the demand."},
		Impact:       finding.Impact{PeakRefused: 0, RefusedShare: 0},
		Limit:        finding.Limit{Effective: 10000, From: "CONFIG GET"},
		Observations: []string{"14 connections of report-builder idle for over an hour; they were used again before and are no leak."},
		Answers: []finding.Answer{
			{Question: "Raise maxclients?", Why: "31% of the limit is in use."},
			{Question: "Fix a leak?", Why: "no source grows."},
			{Question: "Scale out?", Why: "the demand fits three times."},
		},
		Holders: []finding.Holder{
			{Label: "web", Hosts: 40, Source: finding.Source{Name: "web"}, Base: 2000, Peak: 2400, Last: 2010, Births: 400, Deaths: 390, Growth: 0.2, IdleP50: 1, IdleP95: 30, TopCmd: "get"},
			{Label: "worker", Hosts: 10, Source: finding.Source{Name: "worker"}, Base: 700, Peak: 740, Last: 700, IdleP50: 20, IdleP95: 58, Blocked: 700, TopCmd: "blpop"},
		},
	}
	r.Signals = []finding.Signal{
		Series("connections", "Connections", "clients", 360, 10*time.Second, func(m float64) float64 { return math.Round(2900 + 220*math.Sin(m/9) + 15*rnd()) }),
		Series("refused", "Refused connections", "per second", 360, 10*time.Second, func(float64) float64 { return 0 }),
		Series("commands", "Commands", "per second", 360, 10*time.Second, func(m float64) float64 { return 40000 + 3000*math.Sin(m/9) }),
	}
	return r
}

// Undetermined is a recording that names no cause.
func Undetermined() *finding.Report {
	return &finding.Report{
		Input: finding.Input{Kind: "dump", Name: "last-minutes.log.gz", SHA256: strings.Repeat("12ab", 16), From: Start, To: At(1, 30), Samples: 4, Interval: 30 * time.Second, Failed: 2,
			Servers: []finding.Server{{RunID: "", Version: "6.2.14", Role: "master"}}},
		Verdict: finding.Verdict{Status: finding.Undetermined, Confidence: 0.55,
			Summary: "The server is at its limit of 4 064 in all 4 samples, and the recording has no CLIENT LIST to say who holds it.",
			Runner:  "a leak and oversized pools fit equally; a CLIENT LIST with idle times tells them apart."},
		Impact: finding.Impact{Refused: -1, PeakRefused: -1, RefusedShare: -1, TimeAtLimit: 90 * time.Second, LimitReached: Start},
		Limit:  finding.Limit{Effective: 4064, From: "INFO"},
		Next: []finding.Step{
			{Command: "connbox capture -h redis-prod-3 --duration 10m -o more.connbox", Why: "ten minutes with CLIENT LIST show whether the connections are used."},
			{Command: "redis-cli --no-raw CONFIG GET '*'", Why: "the configured maxclients tells whether the descriptor limit lowered it to 4 064."},
		},
		RuledOut: []finding.RuledOut{{ID: "protected-mode-refusals", Title: "Protected-mode refusals", Why: "refusals come with the limit reached"}},
		NotAssessed: []finding.RuledOut{{ID: "connection-leak", Why: "needs CLIENT LIST"},
			{ID: "app-pool-exhaustion", Title: "Application pool exhausted", Why: "needs application pool metrics (--app)"}, {ID: "oversized-pool", Title: "Oversized connection pools", Why: "needs CLIENT LIST"}},
		DataQuality: []finding.Doubt{{What: "CLIENT LIST was refused in 2 of 2 attempts (NOPERM)", Effect: "holders and idle times are not known; no cause can be named"}, {What: "only 4 samples", Effect: "no rate has an interval"}},
		Signals: []finding.Signal{
			Series("connections", "Connections", "clients", 4, 30*time.Second, func(float64) float64 { return 4064 }),
			Series("refused", "Refused connections", "per second", 4, 30*time.Second, func(m float64) float64 { return math.NaN() }),
		},
	}
}

// Nasty are the names strangers could choose.
var Nasty = []string{
	"\x1b[31mred\x1b]0;title\x07", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
	"a\u202egnp.exe", "zero\u200bwidth\ufeff", "\xff\xfe\x80bad utf8", "c1\u009b31m\u0085next", "nul\x00byte", "del\x7f",
	"pipe|`tick`` *b* _i_ [l](javascript:x) ![i](http://evil/x.png) @admin #123 www.evil.example <!--",
	"line\r\n## Heading\n\n| a |\n|---|", "]]>&amp;&lt;&#x202e;\u2028\u2029", "' onmouseover='x", `" onload="x`,
	"日本語クライアント名前がとても長い", "é̀́̂̃", strings.Repeat("long-name-", 1000), strings.Repeat("宽", 250), "", " ", "{{.}}", "${x}`rm -rf`",
}

// Hostile puts the nasty names in every string, and missing or absurd values elsewhere.
func Hostile() *finding.Report {
	i := 0
	next := func() string { // the longest name a few times, then a part of it
		i++
		s := Nasty[i%len(Nasty)]
		if i > 3*len(Nasty) && len(s) > 900 {
			return s[:900]
		}
		return s
	}
	r := &finding.Report{
		Input:   finding.Input{Kind: next(), Name: next(), SHA256: next(), From: Start, To: At(10, 0), Samples: -3, Interval: time.Minute, Gaps: math.MaxInt32, Failed: 7},
		Verdict: finding.Verdict{Status: finding.Incident, Cause: next(), Confidence: math.NaN(), Summary: strings.Join(Nasty[:15], " "), Runner: next()},
		Impact:  finding.Impact{Refused: math.MaxInt64, PeakRefused: math.Inf(1), RefusedShare: math.NaN(), TimeAtLimit: math.MinInt64, LimitReached: At(2, 0)},
		Limit:   finding.Limit{Effective: math.MaxInt64, From: next(), At: []time.Time{Start}, Value: []float64{math.Inf(1)}},
	}
	for n := range 3 {
		f := finding.Finding{ID: next(), Role: finding.Role(next()), Confidence: float64(n) - 1, Claim: next(), Onset: At(n, 0), End: time.Time{}}
		for range 25 {
			f.Sources = append(f.Sources, finding.Source{Host: next(), Name: next(), User: next(), Lib: next(), Connections: -1, Share: math.Inf(-1)})
			f.Evidence = append(f.Evidence, finding.Evidence{Ref: next(), Claim: next(), Value: math.Inf(1), Unit: next(), Lo: math.NaN(), HasInterval: true, At: Nasty[:14]})
		}
		r.Causes = append(r.Causes, f)
	}
	for n := range 80 {
		r.Timeline = append(r.Timeline, finding.Event{At: At(n/4-5, 0), What: next(), Refs: Nasty[:5]})
	}
	r.Timeline[3].At = time.Time{}
	for range 30 {
		r.RuledOut = append(r.RuledOut, finding.RuledOut{ID: next(), Why: next()})
		r.Actions = append(r.Actions, finding.Action{Risk: finding.Risk(next()), Command: next(), Effect: next(), Check: next()})
		r.WhatIf = append(r.WhatIf, finding.WhatIf{Question: next(), Answer: next(), Value: math.NaN(), Lo: math.Inf(-1), Unit: next()})
		r.DataQuality = append(r.DataQuality, finding.Doubt{What: next(), Effect: next()})
		r.Observations = append(r.Observations, next())
		r.Next = append(r.Next, finding.Step{Command: next(), Why: next()})
		r.Answers = append(r.Answers, finding.Answer{Question: next(), Why: next()})
		r.Config = append(r.Config, finding.ConfigValue{Key: next(), Value: next()})
		r.Input.Servers = append(r.Input.Servers, finding.Server{RunID: next(), Version: next(), Role: next()})
	}
	for n := range 60 {
		r.Holders = append(r.Holders, finding.Holder{Label: next(), Hosts: n, Source: finding.Source{Host: next(), Name: next(), User: next(), Lib: next()},
			Base: -n, Peak: n * 1000, Last: math.MinInt, Growth: math.NaN(), IdleP50: math.Inf(1), IdleP95: -1, OMem: math.MinInt64, TopCmd: next()})
	}
	for n := range 20 {
		s := finding.Signal{ID: fmt.Sprint(n, next()), Title: next(), Unit: next(), Step: n%2 == 0, Log: n%3 == 0,
			At: []time.Time{At(1, 0), At(0, 0), {}, At(5, 0), At(5, 0), At(999, 0)}, Value: []float64{math.NaN(), -5, 1e300, math.Inf(-1), float64(n), 3, 9}}
		r.Signals = append(r.Signals, s)
	}
	r.Signals[0].ID, r.Signals[1].ID = "connections", "refused"
	absurd := []float64{-1, math.Inf(1), math.NaN(), 1e300}
	r.Held = finding.Held{At: []time.Time{At(0, 0), At(1, 0), At(1, 0), At(2, 0)}, Idle: [][]float64{absurd, {1}, absurd, nil, absurd, absurd, absurd, absurd}}
	for n := range 12 {
		r.Held.Groups = append(r.Held.Groups, finding.HeldGroup{Label: next(), Others: n == 11, Connections: absurd, Hosts: absurd[:2], Unused: absurd, Blocked: nil})
	}
	for i := range r.Causes[0].Evidence {
		r.Causes[0].Evidence[i].Quotes = []finding.Quote{{At: next(), Text: next()}, {At: next(), Text: next()}}
	}
	return r
}
