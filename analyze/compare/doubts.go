package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// settings lists what differs of the configuration and of the server.
func settings(p *pair) []finding.SettingChange {
	var out []finding.SettingChange
	add := func(key, a, b string) {
		if a != b {
			out = append(out, finding.SettingChange{Key: key, Before: a, After: b})
		}
	}
	a, b := lastServer(p.a.r), lastServer(p.b.r)
	add("server version", a.Version, b.Version)
	add("role", a.Role, b.Role)
	values := func(r *finding.Report) map[string]string {
		m := map[string]string{}
		for _, c := range r.Config {
			m[c.Key] = c.Value
		}
		return m
	}
	x, y := values(p.a.r), values(p.b.r)
	if l, m := p.a.r.Limit.Effective, p.b.r.Limit.Effective; l > 0 && m > 0 && (x["maxclients"] == "" || y["maxclients"] == "" || x["maxclients"] == y["maxclients"]) {
		add("connection limit", fmt.Sprint(l), fmt.Sprint(m))
	}
	for _, c := range p.a.r.Config { // what only one of them tells is no change
		if v, ok := y[c.Key]; ok {
			add(c.Key, x[c.Key], v)
		}
	}
	return out
}

func lastServer(r *finding.Report) finding.Server {
	if n := len(r.Input.Servers); n > 0 {
		return r.Input.Servers[n-1]
	}
	return finding.Server{}
}

// doubts says what cannot be compared, or only with care.
func (p *pair) doubts(c *finding.Comparison, before, after Side, named bool) []finding.Doubt {
	var out []finding.Doubt
	say := func(what, effect string) { out = append(out, finding.Doubt{What: what, Effect: effect}) }
	if before.Broken || after.Broken {
		say("not all of "+which(before.Broken, after.Broken)+" could be read", "what could be read is compared")
	}
	if p.same() {
		say("both inputs are the same recording", "every difference is none")
	}
	p.several(say, before, after, named)
	p.servers(say)
	p.times(say)
	for i, s := range [...]side{p.a, p.b} {
		if n := s.r.Input.Samples; n < 3 {
			say(fmt.Sprintf("the %s recording has %s", ordinal(i), finding.Count(n, "sample")), "no growth and no spread can be known of it; counts are compared without a test")
		}
	}
	p.cadence(say)
	switch {
	case p.a.m.InfoOnly || p.b.m.InfoOnly:
		say("there is no CLIENT LIST in "+which(p.a.m.InfoOnly, p.b.m.InfoOnly), "applications are not compared, the server is")
	case c.Common == 0 || p.strangers():
		say("the recordings have no client in common", "applications are shown, each with one side only; what is compared is the server as a whole (names may be pseudonyms made with different keys)")
	}
	return out
}

// which names the recordings that something holds for.
func which(a, b bool) string {
	switch {
	case a && b:
		return "either recording"
	case a:
		return "the first recording"
	}
	return "the second recording"
}

func ordinal(i int) string { return [...]string{"first", "second"}[i] }

type sayer = func(what, effect string)

func (p *pair) several(say sayer, before, after Side, named bool) {
	if len(before.Report.Servers) == 0 && len(after.Report.Servers) == 0 {
		return
	}
	how := "the one in the most trouble is compared"
	if named {
		how = "the one that both have is compared"
	}
	say(which(len(before.Report.Servers) > 0, len(after.Report.Servers) > 0)+" holds several servers", how+": "+
		strings.Join(slices.Compact([]string{cmp.Or(finding.Plain(p.a.r.Name), "the only one"), cmp.Or(finding.Plain(p.b.r.Name), "the only one")}), " and "))
}

// servers says whether the two are of one server, as far as it can be told.
func (p *pair) servers(say sayer) {
	a, b := p.a.r.Input, p.b.r.Input
	if a.Target != "" && b.Target != "" && a.Target != b.Target {
		say(fmt.Sprintf("the recordings are of different servers: %s and %s", finding.Plain(a.Target), finding.Plain(b.Target)), "counts are compared as they are, whatever the servers' size and traffic")
		return
	}
	x, y := lastServer(p.a.r).RunID, lastServer(p.b.r).RunID
	shared := slices.ContainsFunc(a.Servers, func(s finding.Server) bool {
		return s.RunID != "" && slices.ContainsFunc(b.Servers, func(t finding.Server) bool { return s.RunID == t.RunID })
	})
	if x == "" || y == "" || shared {
		return
	}
	say("the recordings are of different server processes", "a restart between them, or another server; counts are compared as they are")
}

// times says where the order or the length of the recordings matters.
func (p *pair) times(say sayer) {
	a, b := p.a.r.Input, p.b.r.Input
	if a.From.IsZero() || b.From.IsZero() || a.Relative || b.Relative {
		return
	}
	switch {
	case b.To.Before(a.From):
		say("the second recording is older than the first", "before and after are as the inputs were given")
	case b.From.Before(a.To) && a.From.Before(b.To):
		say("the recordings overlap in time", "what they have in common counts on both sides")
	}
	x, y := a.To.Sub(a.From).Seconds(), b.To.Sub(b.From).Seconds()
	if ratio(x, y) > 4 {
		say(fmt.Sprintf("one recording is %s long, the other %s", finding.Duration(min(x, y)), finding.Duration(max(x, y))), "what comes seldom may be missing in the shorter one")
	}
	cx, cy := counter(measure.CommandsOf)(everyone(p.a.m)), counter(measure.CommandsOf)(everyone(p.b.m))
	if cx.seen() && cy.seen() {
		if r := ratio(cx.perSecond(), cy.perSecond()); r > 2 {
			say(fmt.Sprintf("commands a second differ by a factor of %.1f", r), "less traffic hides what comes of traffic; a fix is judged against what this traffic would bring")
		}
	}
}

func (p *pair) cadence(say sayer) {
	x, y := p.a.m.Interval, p.b.m.Interval
	if p.a.r.Input.Interval > 0 && p.b.r.Input.Interval > 0 && ratio(x, y) > sparseLists {
		say(fmt.Sprintf("the first recording has a sample every %s, the second every %s", finding.Duration(x), finding.Duration(y)), "highest values of the rarer one are lower than they were; rates and levels compare")
	}
	if p.sparse > sparseLists {
		say("CLIENT LIST was taken at different distances", "opened and closed connections of applications are shown, not tested")
	}
	for i, s := range [...]side{p.a, p.b} {
		if n := s.r.Input.Gaps; n > 0 {
			say(fmt.Sprintf("the %s recording has %s", ordinal(i), finding.Count(n, "gap")), "what happened in them counts only in counters")
		}
	}
}

// perSecond is the rate of a counter per second; NaN without time.
func (f figure) perSecond() float64 {
	if f.Time <= 0 {
		return math.NaN()
	}
	return f.Counted.N / f.Time
}
