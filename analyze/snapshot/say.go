package snapshot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A Line is one sentence about a snapshot, with the places in the input that it rests on.
type Line struct {
	Topic Topic
	Text  string
	At    []string
}

// A Topic says which question a Line answers.
type Topic string

// The topics, in the order of Say.
const (
	Fullness Topic = "how full"
	Holders  Topic = "who"
	Living   Topic = "how they live"
	Waiting  Topic = "what waits"
	Between  Topic = "in between"
)

// A speaker collects lines.
type speaker struct {
	f   *Facts
	out []Line
}

func (s *speaker) say(topic Topic, at string, format string, args ...any) {
	l := Line{Topic: topic, Text: fmt.Sprintf(format, args...)}
	if at != "" {
		l.At = []string{at}
	}
	s.out = append(s.out, l)
}

// Say gives what the facts hold as sentences, by topic. What the input does not hold is not
// mentioned, but for the limit and the list, whose absence is said: nobody can do without.
func (f *Facts) Say() []Line {
	s := &speaker{f: f}
	s.fullness()
	s.sinceStart()
	s.classes()
	if f.Rows > 0 {
		s.holders()
		s.living()
		s.pools()
	}
	s.waiting()
	if slices.ContainsFunc(s.out, func(l Line) bool { return l.Topic == Waiting }) || math.IsNaN(f.Connected) {
		s.memory()
	}
	return s.out
}

// cannotBe says that connected_clients is no number of connections. Dragonfly's has run below zero (its
// issue 4693): a number close under 2^32.
func (s *speaker) cannotBe(at string) {
	text, beside := s.f.shot.info["connected_clients"], ""
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && n > math.MaxInt32 {
		beside = " (a counter of the server's that ran below zero)"
	}
	if s.f.Limit > 0 {
		beside += fmt.Sprintf("; the limit is %s", number(s.f.Limit))
	}
	s.say(Fullness, at, "The number of connections in the input cannot be: %.20q%s.", text, beside)
}

// fullness says how many of how many slots are taken.
func (s *speaker) fullness() {
	f, at := s.f, s.f.InfoPos
	if !f.shot.HasInfo() {
		at = f.ListPos
	}
	what := count(f.Connected, "connection")
	own := max(f.Replicas, 0) + max(f.ClusterLinks, 0) // NaN counts as none
	if math.IsNaN(own) {
		own = 0
	}
	taken := f.Connected + own
	switch {
	case math.IsNaN(f.Connected) && f.shot.info["connected_clients"] != "":
		s.cannotBe(at)
	case math.IsNaN(f.Connected) && f.Limit > 0:
		s.say(Fullness, at, "The limit is %s; how many connections there are is not in the input.", number(f.Limit))
	case math.IsNaN(f.Connected) && f.shot.Full:
		s.say(Fullness, f.shot.full.String(), "A connection was refused, max number of clients reached: the server is at its limit; how many connections that is, is not in the input.")
		return
	case math.IsNaN(f.Connected) && f.shot.mention != "":
		s.say(Fullness, f.shot.mentioned.String(), "A sentence of the input says connected_clients:%s, which is taken for a guess; no reply of the server tells how many connections there are.", f.shot.mention)
	case math.IsNaN(f.Connected):
		s.say(Fullness, at, "How many connections there are is not in the input.")
	case !f.shot.HasInfo() && f.Omitted > 0:
		s.say(Fullness, at, "%s by the list, of which %s are in the text and %s are left out.", upper(what), number(f.Connected-f.Omitted), number(f.Omitted))
	case !f.shot.HasInfo() && !(f.Limit > 0):
		cut := ""
		if n := float64(len(f.shot.rows)) - f.Rows - f.Internal; n > 0 && !f.Ageless {
			cut = fmt.Sprintf(" (%s of them cut short in the text)", number(n))
		}
		s.say(Fullness, at, "%s in the list%s; the limit is not in the input: INFO (from 6.2) or CONFIG GET maxclients shows it.", upper(what), cut)
	case !(f.Limit > 0):
		s.say(Fullness, at, "%s; the limit is not in the input: CONFIG GET maxclients shows it.", upper(what))
	case own > 0:
		s.say(Fullness, at, "%s and %s of the server's own: %s of %s slots (%s).", upper(what), number(own), number(taken), number(f.Limit), percent(taken/f.Limit))
	case f.shot.byDocs:
		s.say(Fullness, at, "%s of the %s that the service documents as its limit (%s)%s.", number(f.Connected), count(f.Limit, "connection"), percent(taken/f.Limit), f.far())
	case f.bySet():
		s.say(Fullness, at, "%s of the %s that a line of configuration allows (%s)%s.", number(f.Connected), count(f.Limit, "connection"), percent(taken/f.Limit), f.far())
	default:
		s.say(Fullness, at, "%s of %s (%s)%s.", number(f.Connected), count(f.Limit, "connection"), percent(taken/f.Limit), f.far())
	}
	if f.shot.reserve > 0 {
		s.say(Fullness, at, "%s of maxclients are kept for priority sources: the limit here is what is left for all others.", count(f.shot.reserve, "slot"))
	}
	if f.shot.Full && taken < f.Limit {
		s.say(Fullness, f.shot.full.String(), "Another reply of the input was refused, max number of clients reached: a server in it is at its limit.")
	} else if f.shot.Full {
		s.say(Fullness, f.shot.full.String(), "A client was refused at that moment: max number of clients reached.")
	}
}

// far says that the limit is no trouble, where half of it is free and nobody was refused.
func (f *Facts) far() string {
	if f.shot.Full || f.Refused > 0 || f.Partial() || !(f.Occupied < farFrom*f.Limit) {
		return ""
	}
	return ": far from the limit"
}

// farFrom is the share of the limit in use up to which it is far.
const farFrom = 0.5

// sinceStart says what the counters of INFO hold.
func (s *speaker) sinceStart() {
	f := s.f
	var parts []string
	if f.Accepted >= 0 {
		rate := ""
		if f.Uptime > 0 {
			rate = " (" + small(f.Accepted/f.Uptime) + "/s)"
		}
		parts = append(parts, number(f.Accepted)+" accepted"+rate)
	}
	if f.Accepted > 0 && f.Commands > 0 {
		parts = append(parts, small(f.Commands/f.Accepted)+" commands a connection")
	}
	switch {
	case f.Refused > 0 && f.Accepted >= 0:
		parts = append(parts, fmt.Sprintf("%s refused (%s of the attempts)", number(f.Refused), percent(f.Refused/(f.Refused+f.Accepted))))
	case f.Refused >= 0:
		parts = append(parts, number(f.Refused)+" refused")
	}
	add := func(v float64, what string) {
		if v > 0 {
			parts = append(parts, number(v)+" "+what)
		}
	}
	add(f.OutCuts, "cut at the output-buffer limit")
	add(f.QueryCuts, "cut at the query-buffer limit")
	add(f.Evicted, "evicted for memory")
	add(f.AuthErrors, "logins denied or missing")
	if len(parts) == 0 && f.Uptime > 0 {
		s.say(Fullness, f.InfoPos, "The server is up for %s.", span(f.Uptime))
	}
	if len(parts) == 0 {
		return
	}
	since := "Since the start"
	if _, summed := f.shot.info[record.SummedKey]; summed { // counters of an export begin with it
		since = "In the export"
	} else if f.Uptime > 0 {
		since += " " + span(f.Uptime) + " ago"
	}
	s.say(Fullness, f.InfoPos, "%s: %s.", since, strings.Join(parts, ", "))
}

// classes says how many are no ordinary clients.
func (s *speaker) classes() {
	f := s.f
	var parts []string
	add := func(v float64, what string) {
		if v > 0 {
			parts = append(parts, number(v)+" "+what)
		}
	}
	at := f.InfoPos
	if f.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%s in a blocking command%s", number(f.Blocked), of(f.Blocked, f.Connected)))
	} else if math.IsNaN(f.Blocked) {
		add(f.BlockedNow*f.Rows, "in a blocking command")
	} else {
		parts = append(parts, "none in a blocking command")
	}
	if f.PubSub > 0 {
		parts = append(parts, count(f.PubSub, "subscriber"))
	} else {
		if n := math.Round(f.PubSubNow * f.Rows); n > 0 {
			parts = append(parts, count(n, "subscriber"))
		}
	}
	if f.Replicas > 0 {
		parts = append(parts, count(f.Replicas, "replica"))
	} else if f.Replicas == 0 && f.shot.info["role"] == "master" {
		parts = append(parts, "no replica")
	}
	if f.ClusterLinks > 0 {
		parts = append(parts, count(f.ClusterLinks, "cluster link"))
	}
	if !(f.Replicas > 0) {
		what := "replicas, primaries or Sentinels"
		if f.Internal == 1 {
			what = "replica, primary or Sentinel"
		}
		add(f.Internal, what)
	}
	add(f.Monitors, "in MONITOR")
	if (f.OutList == 0 || f.OutLongest == 0) && !(f.OutMax > 0) {
		parts = append(parts, "no output waiting")
	}
	if len(parts) == 0 {
		return
	}
	if at == "" {
		at = f.ListPos
	}
	s.say(Fullness, at, "%s.", upper(strings.Join(parts, ", ")))
}

// Text gives a sign's sentence with its value; false for a sign whose sentence holds only
// at the far end of its ramp, where the value is not there.
func (st *Statement) Text() (string, bool) {
	s := st.Sign
	if !strings.Contains(s.Claim, "%s") {
		return s.Claim, s.on(st.Value) >= 0.5
	}
	v := small(st.Value)
	switch s.Unit {
	case "%":
		v = percent(max(st.Value, 0))
	case "s":
		v = span(st.Value)
	case "us":
		v = small(st.Value/1000) + " ms"
	case "bytes":
		v = size(max(st.Value, 0))
	}
	return fmt.Sprintf(s.Claim, v), true
}
