package whatif

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/parse/record"
)

// plain is what a name or address must look like to stand in a command: anything else
// comes from a stranger and could mean something to a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,63}$`)

// serverBinary names the programs of servers that are not called redis-server.
var serverBinary = map[record.Family]string{record.FamilyValkey: "valkey-server", record.FamilyKeyDB: "keydb-server",
	record.FamilyDragonfly: "dragonfly", record.FamilyKvrocks: "kvrocks", record.FamilyGarnet: "GarnetServer"}

// aclSince is the major version of Redis that brought the ACL command. The other families
// began after it, or have it of their own.
const aclSince = 6

// Understands tells whether the server at the end of the recording knows a command, and its system.
// What is not known gets the benefit of the doubt.
func Understands(m *measure.Model, command string) bool {
	if m.TL.Log.NotLinux() && (strings.Contains(command, "/proc/") || strings.Contains(command, "prlimit")) {
		return false
	}
	if !strings.Contains(command, "redis-cli ACL ") || m.TL.Slots.Family != record.FamilyRedis || len(m.TL.Servers) == 0 {
		return true
	}
	var major int
	_, err := fmt.Sscanf(m.TL.Servers[len(m.TL.Servers)-1].Version, "%d.", &major)
	return err != nil || major >= aclSince
}

// Fill puts the report's own facts into a fix. known is false where a fact that a command
// cannot do without is missing: a host to look for, a user.
func Fill(m *measure.Model, text string, f *finding.Finding) (filled string, known bool) {
	if binary, ok := serverBinary[m.TL.Slots.Family]; ok {
		text = strings.ReplaceAll(text, "pidof redis-server", "pidof "+binary)
	}
	if m.TL.Log.NotLinux() {
		text = strings.ReplaceAll(text, "set systemd's LimitNOFILE= or the container's --ulimit nofile= to the maxclients of redis.conf + 32, and restart",
			"raise maxclients in its configuration and restart: the event loop is made for as many")
	}
	if f.Onset.IsZero() { // no time is told
		text = strings.ReplaceAll(text, " --since '{since}'", "")
	}
	slow := slowest(m)
	text = strings.ReplaceAll(text, "{better}", better(slow))
	v := map[string]string{"{name}": "the application", "{who}": "the application", "{cmd}": "the command",
		"{limit}": fmt.Sprintf("%d", roomyLimit(m)), "{onset}": finding.Clock(f.Onset),
		"{since}": f.Onset.UTC().Format("2006-01-02 15:04:05 UTC")}
	if len(f.Sources) > 0 {
		s := f.Sources[0]
		if plain.MatchString(s.Host) {
			v["{host}"], v["{who}"], v["{match}"] = s.Host, s.Host, " addr="+s.Host+":"
			v["{name}"] = networkOf(m, f.Sources)
			if strings.Contains(s.Host, ":") { // so IPv6 stands in a list
				v["{match}"] = " addr=[" + s.Host + "]:"
			}
		}
		if plain.MatchString(s.Name) {
			v["{name}"], v["{match}"] = s.Name, " name="+s.Name
			if v["{who}"] = s.Name; v["{host}"] == s.Host {
				v["{who}"] += " at " + s.Host
			}
		}
		if more := accomplices(f.Sources); more > 0 {
			v["{who}"] += fmt.Sprintf(" and %d more", more)
		}
		if plain.MatchString(s.User) {
			v["{user}"] = s.User
		}
	}
	if slow != "" {
		v["{cmd}"], v["{acl}"] = slow, strings.ToLower(slow)
	}
	for k, x := range v {
		text = strings.ReplaceAll(text, k, x)
	}
	for _, k := range [...]string{"{host}", "{match}", "{user}", "{acl}"} {
		if strings.Contains(text, k) {
			return text, false
		}
	}
	return text, true
}

// slowest names the command that held the server for longest; empty where none is known.
func slowest(m *measure.Model) string {
	if len(m.TL.Slow) > 0 {
		worst := slices.MaxFunc(m.TL.Slow, func(a, b timeline.SlowCommand) int { return cmp.Compare(a.Micros, b.Micros) })
		if plain.MatchString(worst.Cmd) {
			return worst.Cmd
		}
	}
	return ""
}

// inSteps are commands that do what others do at once, in steps or beside the clients.
var inSteps = map[string]string{"KEYS": "SCAN", "SMEMBERS": "SSCAN", "HGETALL": "HSCAN", "HKEYS": "HSCAN", "HVALS": "HSCAN",
	"DEL": "UNLINK", "FLUSHDB": "FLUSHDB ASYNC", "FLUSHALL": "FLUSHALL ASYNC"}

// better says what a client does instead of a slow command, to be filled in like the text of a fix.
func better(cmd string) string {
	upper := strings.ToUpper(cmd)
	switch other := inSteps[upper]; {
	case cmd == "":
		return "find the long command of {name} (SLOWLOG GET), and let it work on less at a time"
	case other != "":
		return "replace {cmd} by " + other + " in {name}"
	case strings.HasPrefix(upper, "EVAL") || strings.HasPrefix(upper, "FCALL"):
		return "split the script that {cmd} of {name} runs into short ones"
	case strings.Contains(upper, "RANGE") && !strings.Contains(upper, "STORE"):
		return "let each {cmd} of {name} ask for a smaller range"
	}
	return "let each {cmd} of {name} work on fewer or smaller keys, or move it off this server"
}

// networkOf gives what the application of the first, unnamed source goes by: its network,
// where several sources are of it, else the host. Advice for all of them must not name one,
// and advice for one must not name all.
func networkOf(m *measure.Model, sources []finding.Source) string {
	s := sources[0]
	for _, e := range m.Entities {
		if !e.Is(s) {
			continue
		}
		beside := func(x finding.Source) bool {
			return serious(x, s) && slices.ContainsFunc(e.App.Entities, func(y *measure.Entity) bool { return y != e && y.Is(x) })
		}
		if net, _, _ := strings.Cut(e.App.Label, " "); slices.ContainsFunc(sources[1:], beside) && plain.MatchString(net) {
			return net
		}
		return s.Host
	}
	if more := accomplices(sources); more > 0 { // nothing tells whether they are one application's
		return fmt.Sprintf("%s and %d more", s.Host, more)
	}
	return s.Host
}

// serious tells whether a source beside the first one did its part, and was not there by the
// way, as the recorder is.
func serious(x, first finding.Source) bool { return x.Share >= first.Share/10 }

// accomplices counts the serious ones beside the first.
func accomplices(sources []finding.Source) (n int) {
	for _, x := range sources[1:] {
		if serious(x, sources[0]) {
			n++
		}
	}
	return n
}

// roomyLimit proposes a limit: twice the present one, rounded up.
func roomyLimit(m *measure.Model) int64 {
	l := m.LimitPeak
	if math.IsNaN(l) {
		l = stat.Quantile(m.Occupancy, 1)
	}
	if math.IsNaN(l) || l <= 0 {
		return 10000
	}
	return int64(math.Ceil(2*l/100) * 100)
}

// Actions gives the fixes of what took part, safest first within each cause. A limit that
// descriptors set cannot be raised by CONFIG SET, so such a command is left out then.
func Actions(m *measure.Model, r *finding.Report) []finding.Action {
	clamped := slices.ContainsFunc(r.Causes, func(f finding.Finding) bool { return f.ID == "fd-limit" })
	var out []finding.Action
	for i := range r.Causes {
		f := &r.Causes[i]
		for _, fix := range verdict.FixesOf(f.ID) {
			command, known := Fill(m, fix.Command, f)
			if !known || nameless(fix, f) || clamped && strings.Contains(fix.Command, "CONFIG SET maxclients") || isSet(m, command) || !Understands(m, fix.Command) {
				continue
			}
			effect, _ := Fill(m, fix.Effect, f)
			check, _ := Fill(m, fix.Check, f)
			out = append(out, finding.Action{Risk: fix.Risk, Good: fix.Good, Command: command, Effect: effect, Check: check, Gain: fix.Gain})
		}
	}
	rank := map[finding.Risk]int{finding.Safe: 0, finding.Changes: 1, finding.Disconnects: 2}
	slices.SortStableFunc(out, func(a, b finding.Action) int { return cmp.Compare(rank[a.Risk], rank[b.Risk]) })
	return out[:min(len(out), maxActions)]
}

// isSet tells a CONFIG SET of what is set already, or stricter.
func isSet(m *measure.Model, command string) bool {
	rest, ok := strings.CutPrefix(command, "redis-cli CONFIG SET ")
	key, value, two := strings.Cut(rest, " ")
	now := m.TL.Config[key]
	if key == "tcp-keepalive" && now != "" && now != "0" {
		return measure.Atof(now) <= measure.Atof(value)
	}
	return ok && two && now == value
}

// nameless tells a stop-gap against somebody whom the recording does not name.
func nameless(fix cause.Fix, f *finding.Finding) bool {
	return !fix.Good && len(f.Sources) == 0 && (strings.Contains(fix.Command, "{who}") || strings.Contains(fix.Command, "{name}"))
}

// maxActions bounds the actions of a report.
const maxActions = 8

func minutes(v float64) string {
	if math.IsInf(v, 0) || v > 60*24*365 {
		return "over a year"
	}
	return finding.Duration(v * 60)
}

// questions are the playbook's three, with the reason for no where the root cause has no reply
// of its own.
var questions = [...]struct {
	text cause.Question
	no   string
}{
	{cause.RaiseLimit, "the limit is not what holds the connections back"},
	{cause.FixLeak, "no source goes on opening connections without closing them"},
	{cause.ScaleOut, "too much traffic is not what took the connections"},
}

func ThreeAnswers(m *measure.Model, r *finding.Report) []finding.Answer {
	if r.Verdict.Status == finding.Undetermined {
		return nil
	}
	var out []finding.Answer
	for _, q := range questions {
		a := finding.Answer{Question: string(q.text), Why: q.no}
		if r.Verdict.Status == finding.Healthy {
			a.Why = "nothing in this recording asks for it"
		}
		if c := verdict.CauseByID(r.Verdict.Cause); c != nil && c.Replies[q.text].Why != "" {
			a.Yes, a.Why = c.Replies[q.text].Yes, c.Replies[q.text].Why
		}
		out = append(out, a)
	}
	return out
}
