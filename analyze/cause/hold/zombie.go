package hold

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

var Zombie = cause.Cause{
	ID:       "zombie-connections",
	Title:    "Zombie connections",
	Phrase:   "zombie connections",
	Question: "Do connections stay whose peers are gone, without keepalive clearing them?",
	Method:   cause.Section(methods, "zombie-connections"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "hosts", None: 1, Full: 3, Unit: "hosts", Why: "A single silent host may merely rest.", Of: cause.Of(func(x *dead) float64 { return x.hosts }),
			Says: "silent hosts", Short: "%s silent hosts may rest"},
		{Name: "share", None: 0.08, Full: 0.2, Unit: "of the connections", Why: "Silent hosts must hold a good part of the connections at the end.", Of: cause.Of(func(x *dead) float64 { return x.share }),
			Says: "share of all connections that they hold", Short: "the silent hold a share of %s of the connections"},
		{Name: "silence", Value: measure.SilentLists, Unit: "lists", Why: "A working host uses a connection in nearly every list."},
		{Name: "stairs", None: 0.4, Full: 0.6, Unit: "of the rise", Why: "Where hosts cannot be told apart, each equal jump is an instance that replaces a dead one.", Of: cause.Of(func(x *dead) float64 { return x.stairs }),
			Says: "share of the rise that came in equal jumps", Short: "a share of %s of the rise came in equal jumps"},
		{Name: "flat", None: 0.5, Full: 0.25, Unit: "elasticity", Why: "The elasticity is of commands to connections. Instances that replace dead ones bring no more work than there was.", Of: cause.Of(func(x *dead) float64 { return x.commands }),
			Says: "elasticity of commands to connections (0 unchanged, 1 in proportion)", Short: "commands changed with the connections (elasticity %s)"},
		{Name: "even", None: 0.45, Full: 0.3, Unit: "KS distance", Why: "Deaths are spread over time. A scale-out comes at once.", Of: cause.Of(func(x *dead) float64 { return x.spread }),
			Says: "how the jumps came (0 even … 1 at once)", Short: "the jumps came at once (KS distance %s)"},
		{Name: "dip", None: 0.9, Full: 0.75, Unit: "of the commands", Why: "Where hosts cannot be told apart and the instances came all at once, commands must have fallen by a quarter or more before they came.", Of: cause.Of(func(x *dead) float64 { return x.dip }),
			Says: "lowest rate of commands before the step, of the usual", Short: "commands had not fallen below %s of the usual before"},
		{Name: "replaced", None: 0.2, Full: 0.5, Unit: "of the silent hosts", Why: "New hosts of the same application must have come since, in place of the silent ones.", Of: cause.Of(func(x *dead) float64 { return x.replaced }),
			Says: "new hosts for each silent one", Short: "%s new hosts came for each silent one"},
		{Name: "instances", None: 3, Full: 5, Unit: "instances", Why: "An instance comes with one jump for each that died.", Of: cause.Of(func(x *dead) float64 { return x.instances }),
			Says: "jumps, an instance each", Short: "%s jumps are too few"},
		{Name: "since", None: 0.2, Full: 0.4, Unit: "of the recording", Why: "The time is from the first jump on. Deaths are spread over the recording. A scale-out is not.", Of: cause.Of(func(x *dead) float64 { return x.since }),
			Says: "time since the first jump, of the recording", Short: "the first jump was %s of the recording ago"},
		{Name: "blocks_share", None: 0.1, Full: 0.2, Unit: "of the connections", Why: "Connections that fell silent in blocks must be a good part of all connections.", Of: cause.Of(func(x *dead) float64 { return x.share }),
			Says: "share of all connections that fell silent in blocks", Short: "a share of %s of the connections fell silent in blocks"},
		{Name: "held", None: 0.3, Full: 0.6, Unit: "of the silent ones", Why: "Connections of a dead process fall silent together, in a block. The resting ones of a pool fall silent one by one.", Of: cause.Of(func(x *dead) float64 { return x.held }),
			Says: "share of the connections that rest which they are", Short: "a share of %s of those that rest fell silent in blocks"},
		{Name: "grown", None: 0.3, Full: 0.6, Unit: "of the blocks", Why: "So many new connections must have come on top of the blocks: the dead were replaced.", Of: cause.Of(func(x *dead) float64 { return x.grown }),
			Says: "connections more than before, of the blocks", Short: "a share of %s of the blocks came on top since"},
		{Name: "work", None: 0.6, Full: 0.8, Unit: "of the commands", Why: "The rate of commands after is compared with the rate before. The replaced instances' work must go on.", Of: cause.Of(func(x *dead) float64 { return x.work }),
			Says: "commands after, against before", Short: "commands are %s of what they were"},
		{Name: "step_sure", None: 0, Full: 1, Unit: "sureness", Why: "There must be one step: short, clear of the noise, lasting, and high against the level before.", Of: cause.Of(func(x *dead) float64 { return x.sure }),
			Says: "how clear the step is", Short: "the step is not clear (%s)"},
		{Name: "at_once", Value: 0.7, Unit: "of its deaths", Why: "Above this share of a host's deaths in one list, a process ended and closed its connections. Keepalive clears them one by one."},
		{Name: "keepalive", Value: 1800, Unit: "s", Why: "Where tcp-keepalive is at least this, a host whose connections close after twice that time is dead. Nobody drains an instance for twice as long."},
		{Name: "about", Value: 0.1, Unit: "of it", Why: "The connections must close within this share of tcp-keepalive, and two sampling intervals, of the expected time."},
		{Name: "used_lists", Value: 4, Unit: "lists", Why: "A host is called silent only if there are at least so many lists beyond those of the silence, in which it can have worked."},
		{Name: "networks", Value: 3, Unit: "networks", Why: "Hosts without a name must come from at least so many networks. A cluster that gives each pod a network has many."},
		{Name: "block", Value: 4, Unit: "connections", Why: "A block has at least so many connections that were last used together. Two or three may be so by chance."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "hosts, share, replaced"},
		{Name: "equal jumps, hosts hidden", Rule: "stairs, instances, flat, even, share, since"},
		{Name: "blocks, hosts hidden", Rule: "blocks_share, held, grown, work"},
		{Name: "one step, one address", Rule: "step_sure, flat, dip"},
	},
	Refuted: []string{
		"no host fell silent with its connections open",
		"nobody took over the work of those that did",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "dead connections go on piling up; it buys time only"},
		cause.FixLeak:    {Yes: true, Why: "dead peers' connections are not cleared"},
	},
	Opens:    []string{"time-to-limit", "timeout", "tcp-keepalive", "kill"},
	Alerts:   []string{"RedisConnectionsRiseWithoutTraffic"},
	Unneeded: true,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "redis-cli CONFIG SET tcp-keepalive 60", Effect: "closes dead peers 120 s after their last use (connections opened from then on)", Check: "silent hosts disappear from CLIENT LIST"},
		{Risk: finding.Disconnects, Command: "kill the connections of the silent hosts ({who}), one by one: CLIENT KILL ADDR", Effect: "frees their slots at once; the peer no longer exists", Check: "the host is gone from CLIENT LIST and does not come back"},
	},
	Assess: assessZombie,
}

// A dead is what is measured of connections whose peers may be gone, in any view.
type dead struct {
	hosts, share, replaced float64 // silent hosts, what they hold, new hosts for each

	stairs, instances, spread, since float64 // equal jumps: share, how many, how evenly, time since the first
	commands, sure, dip              float64 // elasticity of commands; of one step, and the fall before it
	held, grown, work                float64 // blocks that fell silent, of what rests; what came since; commands
}

func assessZombie(p *cause.Pass) cause.Assessment {
	n := len(p.Lists)
	need := measure.SilentLists
	if n < need+int(p.Number("used_lists")) {
		return cause.No(0, "%d client lists are too few to call a host silent", n)
	}
	best := cause.No(0, "no application has silent hosts")
	if p.HostsHidden() {
		best = zombieStairs(p)
		if x := zombieBlocks(p); x.Score > best.Score {
			best = x
		}
	}
	if p.AllInOne() {
		if y := zombieBurst(p); y.Score > best.Score {
			best = y
		}
	}
	for _, a := range p.Apps[:min(len(p.Apps), 50)] {
		if len(a.Entities) < 3 {
			continue
		}
		if x := zombiesOf(p, a, need); x.Score > best.Score {
			best = x
		}
	}
	if a := scattered(p); a != nil {
		if x := zombiesOf(p, a, need); x.Score > best.Score {
			best = x
		}
	}
	return best
}

// scattered gathers the hosts without a name of many networks, nil where there are none:
// in a cluster that gives each node or pod a network of its own, an address does not tell
// the application, and a new host may stand in for a dead one of any network.
func scattered(p *cause.Pass) *measure.App {
	all := &measure.App{Label: "clients without a name"}
	nets := 0
	for _, a := range p.Apps {
		if len(a.Entities) == 0 || a.Overflows() || slices.ContainsFunc(a.Entities, func(e *measure.Entity) bool { return e.Name != "" }) {
			continue
		}
		all.Entities = append(all.Entities, a.Entities...)
		nets++
	}
	if float64(nets) < p.Number("networks") || len(all.Entities) > 2*nets {
		return nil
	}
	return all
}

// zombieStairs judges by the shape of the rise where hosts cannot be told apart: instance
// after instance comes with its pool, nothing goes, and commands stay as they were.
func zombieStairs(p *cause.Pass) cause.Assessment {
	w := p.Growing()
	s := p.Stairs(w)
	if s.From < 0 {
		return cause.No(0, "hosts cannot be told apart, and connections did not rise in equal jumps")
	}
	ones := make([]float64, len(s.At)+1)
	for i := range s.At {
		ones[i] = 1
	}
	end := p.ListTimes[w.Hi-1]
	spread := stat.Spread(append(slices.Clone(s.At), end), ones)
	share := s.Instances * s.Size / max(p.Occupancy[p.Lists[w.Hi-1]], 1)
	x := dead{stairs: s.Share, instances: s.Instances, commands: p.Elasticity(w), spread: spread, share: share}
	x.since = (end - s.At[0]) / max(p.ListTimes[len(p.ListTimes)-1]-p.ListTimes[0], 1)
	score := p.Judge("equal jumps, hosts hidden", "equal jumps", overLists(p, w), &x)
	if score < cause.Active {
		return cause.No(score, "hosts cannot be told apart; connections rose in %.0f jumps of %.0f", s.Instances, s.Size)
	}
	onset := p.Lists[max(w.Lo+s.From-1, 0)]
	last := p.Lists[w.Hi-1]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	out.Slots = p.Above(onset)
	if len(p.Apps) > 0 {
		out.Sources = p.Holders(p.Apps[0], last)
	}
	out.Claim = fmt.Sprintf("From %s on %.0f instances came one by one with about %.0f connections each, none went, and commands stayed as they were: those they replaced are still connected.",
		finding.Clock(p.TimeOf(onset)), s.Instances, s.Size)
	out.Evidence = append(p.Evidence("instances", "flat"), finding.New("connections of each jump", s.Size, "connections", p.Place(onset, false), p.Place(last, false)))
	return out
}

// A hostLife is when a host was used, as indexes into lists.
type hostLife struct {
	e     *measure.Entity
	used  int  // list of the last use, -1 for none; see lastUse
	first int  // list that shows it first
	dead  bool // it is still there, or went as dead peers go
}

// zombiesOf looks for silent hosts of one application: at the end, or at a list before
// where they have been cleared since.
func zombiesOf(p *cause.Pass, a *measure.App, need int) cause.Assessment {
	last := len(p.Lists) - 1
	var all, asleep []hostLife
	for _, e := range a.Entities {
		l := hostLife{e: e, used: p.LastUse(e), first: p.FirstList(e)}
		all = append(all, l)
		if w := p.Shown(e); l.used >= 0 && w.Hi-1-l.used >= need && p.Worked(e) {
			l.dead = w.Hi-1 == last || clearedOneByOne(p, e, l.used) || clearedInTime(p, l.used, w.Hi-1)
			asleep = append(asleep, l)
		}
	}
	best, most := zombiesAt(p, a, all, asleep, last, need)
	if best.Score >= cause.Active || len(asleep) == 0 {
		return best
	}
	for k := last - max(last/8, 1); k > last/2; k -= max(last/8, 1) {
		if x, held := zombiesAt(p, a, all, asleep, k, need); x.Score > best.Score || x.Score == best.Score && x.Score >= cause.Active && held > most {
			best, most = x, held
		}
	}
	return best
}

// clearedOneByOne tells whether the connections of a host that is gone went at different
// lists, as keepalive clears them, each by its own last use. A process that ends takes all
// of its connections along at once.
func clearedOneByOne(p *cause.Pass, e *measure.Entity, used int) bool {
	most, all := 0, 0
	for _, i := range p.Lists[used+1:] {
		n := int(e.At(i).Deaths)
		most, all = max(most, n), all+n
	}
	return all > 1 && float64(most) <= p.Number("at_once")*float64(all)
}

// clearedInTime tells whether a host went as long after its last use as keepalive takes to
// find a dead peer: the interval once and then three probes a third of it apart (redis
// anet.c), twice the interval in all. Of a short interval that tells nothing: old instances
// are drained for minutes, too.
func clearedInTime(p *cause.Pass, used, last int) bool {
	keepalive := measure.Atof(p.TL.Config["tcp-keepalive"])
	took := p.ListTimes[last] - p.ListTimes[used]
	return keepalive >= p.Number("keepalive") && math.Abs(took-2*keepalive) <= p.Number("about")*keepalive+2*p.Interval
}

// zombiesAt judges by one list, last, and gives how many connections silent hosts held then.
func zombiesAt(p *cause.Pass, a *measure.App, all, asleep []hostLife, last, need int) (cause.Assessment, float64) {
	var silent []*measure.Entity
	held, begun := 0.0, last
	for _, l := range asleep {
		c := l.e.At(p.Lists[last])
		if c.N == 0 || last-l.used < need || !l.dead || c.Blocked == c.N || c.PubSub == c.N || c.Internal > 0 {
			continue
		}
		silent = append(silent, l.e)
		held += float64(c.N)
		begun = min(begun, l.used+1)
	}
	fresh := 0
	for _, l := range all {
		if l.first > begun-need && l.first > 1 && l.first <= last {
			fresh++
		}
	}
	hosts := float64(len(silent))
	share := held / max(p.Occupancy[p.Lists[last]], 1)
	replaced := float64(fresh) / max(hosts, 1)
	score := p.Judge("client lists", a.Label, cause.Span{From: p.Lists[begun], To: p.Lists[last], Lists: true}, &dead{hosts: hosts, share: share, replaced: replaced})
	if score < cause.Active {
		return cause.No(score, "%d silent hosts of %s hold %.0f connections; %d new hosts since", len(silent), a.Label, held, fresh), held
	}
	isSilent := map[*measure.Entity]bool{}
	for _, e := range silent {
		isSilent[e] = true
	}
	end := p.Lists[last]
	onset := p.Lists[begun]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	died := make([]int, len(silent))
	for i, e := range silent {
		died[i] = p.Lists[p.LastUse(e)]
	}
	out.Slots = func(slot int) (n float64) {
		for i, e := range silent {
			if slot >= died[i] {
				n += float64(e.At(slot).N)
			}
		}
		return n
	}
	// The first of them was last used between the two lists before, and died before its next
	// use would have shown.
	if begun >= 2 {
		out.Began = &measure.Moment{Change: stat.Change{At: p.ListTimes[begun-1], Lo: p.ListTimes[begun-2], Hi: p.ListTimes[begun]}}
	}
	out.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 {
		if isSilent[e] {
			return float64(e.At(end).N)
		}
		return 0
	})
	since := "from " + finding.Clock(p.TimeOf(onset)) + " on"
	if out.Began != nil {
		since = out.Began.Words() // as the timeline has it
	}
	still := "still hold"
	if last < len(p.Lists)-1 {
		still = "at " + finding.Clock(p.TimeOf(end)) + " still held"
	}
	out.Claim = fmt.Sprintf("%d hosts of %s fell silent %s and %s %.0f connections, while %d new hosts took over.",
		len(silent), a.Label, since, still, held, fresh)
	out.Evidence = []finding.Evidence{
		finding.New("silent hosts of "+a.Label, hosts, "hosts", p.Place(end, true)),
		finding.New("connections they hold", held, "connections", p.Place(end, true)),
		finding.New("hosts of "+a.Label+" that appeared since", float64(fresh), "hosts", p.Place(onset, true), p.Place(end, true)),
	}
	if v, ok := p.TL.Config["tcp-keepalive"]; ok {
		out.Evidence = append(out.Evidence, finding.New("tcp-keepalive in force (0 = never)", measure.Atof(v), "s", p.Place(end, true)))
	}
	return out, held
}
