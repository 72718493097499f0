package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

var FdLimit = cause.Cause{
	ID:       "fd-limit",
	Title:    "Descriptor limit caps maxclients",
	Phrase:   "maxclients capped by the descriptor limit",
	Question: "Was maxclients set by the descriptor limit, not by the configuration?",
	Method:   cause.Section(methods, "fd-limit"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "reserved", Value: measure.ReservedFDs, Unit: "descriptors", Why: "The number is CONFIG_MIN_RESERVED_FDS of server.h in Redis, unchanged since 2.8."},
		{Name: "step", Value: measure.StepFDs, Unit: "descriptors", Why: "adjustOpenFilesLimit tries ever lower limits, in steps of 16 from the configured one. That one is a multiple of 16 as a rule (10,000 + 32 is)."},
		{Name: "round", Value: measure.RoundSure, Unit: "score", Why: "One odd maxclients in a hundred lies below a round number by chance. Next to none lies below a power of two."},
		{Name: "used", None: 0.85, Full: 0.95, Unit: "of the limit", Why: "A lowered limit that nobody reaches does no harm.", Of: cause.Of(func(x *lowered) float64 { return x.used }),
			Says: "highest share of it in use", Short: "at most a share of %s of it was in use"},
		{Name: "sure", None: 0, Full: 1, Unit: "sureness", Why: "The value says how surely a descriptor limit leaves exactly this many: 1 for a power of two, less for a round number.", Of: cause.Of(func(x *lowered) float64 { return x.sure }),
			Says: "how surely a descriptor limit leaves this many", Short: "a descriptor limit leaves this many with a sureness of %s"},
		{Name: "more", Value: 4, Unit: "connections", Why: "Where hosts cannot be told apart, so many connections must have come for the count to have grown."},
		{Name: "reached", Value: 0.97, Unit: "of the limit", Why: "From this share of the limit on, connections have risen to it."},
	},
	Views: []cause.View{
		{Name: "INFO", Rule: "sure, used"},
	},
	Refuted: []string{
		"maxclients + 32 is no usual descriptor limit nor just below one",
		"the limit was not reached",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the descriptor limit holds it down: raise that first"},
	},
	Opens:   []string{"raise-maxclients"},
	Follows: finding.Modifier,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "set systemd's LimitNOFILE= or the container's --ulimit nofile= to the maxclients of redis.conf + 32, and restart", Effect: "the configured maxclients comes into effect", Check: "CONFIG GET maxclients gives the configured number", Gain: "raise-maxclients"},
		{Risk: finding.Safe, Command: "for pid in $(pidof redis-server); do grep -Hs 'open files' /proc/$pid/limits; done", Effect: "shows the soft and hard limit in force", Check: "the soft limit is maxclients + 32"},
		{Risk: finding.Changes, Command: "as root: prlimit --nofile for the running server, to the maxclients of redis.conf + 32; then raise its maxclients", Effect: "room without a restart, until the next one", Check: "INFO clients gives the new maxclients"},
	},
	Assess: assessFD,
}

type lowered struct{ sure, used float64 } // of a limit: that descriptors made it, and the share in use

func assessFD(p *cause.Pass) cause.Assessment {
	if p.PeakSlot < 0 || math.IsNaN(p.LimitPeak) {
		return cause.No(0, "the limit in effect is not known")
	}
	if p.LimitWasSet(p.PeakSlot) {
		return cause.No(0, "the limit was another before, of the same process: somebody set it, while descriptors lower it at a start")
	}
	limit := p.LimitPeak
	fds, sure := measure.Descriptors(uint64(limit) + measure.ReservedFDs)
	// A server lowers its own limit to what maxclients needs, never its maxclients below what it may
	// have open: room beyond a step refutes, and none says nothing.
	room := p.TL.Host.Descriptors - limit - measure.ReservedFDs
	if room >= measure.StepFDs {
		sure = 0
	}
	score := p.Judge("INFO", "", cause.Span{From: p.PeakSlot, To: p.PeakSlot}, &lowered{sure, p.Used})
	if room >= measure.StepFDs {
		return cause.No(0, "the server's process may have %.0f descriptors open, %.0f more than maxclients needs (%s)", p.TL.Host.Descriptors, room, p.TL.Host.Pos)
	}
	if fds == 0 {
		return cause.No(0, "maxclients %.0f + 32 = %.0f is no usual descriptor limit", limit, limit+measure.ReservedFDs)
	}
	if score < cause.Active {
		return cause.No(score, "maxclients %.0f looks lowered by a descriptor limit of %d, but at most %.0f %% of it was used", limit, fds, p.Used*100)
	}
	// It began to matter when the connections began to rise towards it.
	at := firstLimitTrouble(p.Model)
	var began *measure.Moment
	if o, why := organicRise(p); why == "" {
		at, began = o.onset, o.began
	}
	a := cause.Assessment{Score: score, Onset: at, OnsetLo: max(at-1, 0), End: -1, Began: began}
	a.Claim = fmt.Sprintf("maxclients is %.0f = %.0f − 32: the descriptor limit lowered it.", limit, limit+measure.ReservedFDs)
	if float64(fds) != limit+measure.ReservedFDs {
		a.Claim = fmt.Sprintf("maxclients is %.0f, what a descriptor limit of %d leaves in steps of 16 and less 32: it was lowered.", limit, fds)
	}
	a.Evidence = []finding.Evidence{
		finding.New("maxclients in effect", limit, "connections", p.Place(p.PeakSlot, false)),
		finding.New("descriptor limit that leaves exactly this many", float64(fds), "descriptors", p.Place(p.PeakSlot, false)),
		finding.New("highest share of it in use", p.Used, "share", p.Place(p.PeakSlot, false)),
	}
	return a
}
