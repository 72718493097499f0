package analyze

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/connbox/connbox/analyze/stat"
)

var fdLimit = Cause{
	ID:       "fd-limit",
	Title:    "Descriptor limit caps maxclients",
	Phrase:   "maxclients capped by the descriptor limit",
	Question: "Was maxclients set by the descriptor limit, not by the configuration?",
	Method: "Redis keeps 32 descriptors for itself and lowers maxclients to what the descriptor limit leaves " +
		"(server.c adjustOpenFilesLimit): 992 for 1024, 968 for 1000. Where it may raise its own limit towards a higher " +
		"hard one, it goes down from what was configured in steps of 16, so 960 for a hard limit of 1000. CONFIG GET and INFO show the lowered value, so the arithmetic tells: " +
		"maxclients + 32 is a usual `ulimit -n`, a power of two or a round number, or less than 16 below one, and " +
		"maxclients itself is a number nobody would choose. It counts once the limit was reached.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"reserved", reservedFDs, "descriptors", "CONFIG_MIN_RESERVED_FDS in redis server.h, unchanged since 2.8"},
		{"step", stepFDs, "descriptors", "adjustOpenFilesLimit tries ever lower limits in steps of 16 from the configured one, which is itself a multiple of 16 as a rule (10,000 + 32 is)"},
		{"round", roundSure, "score", "one odd maxclients in a hundred stands below a round number like this by chance; below a power of two next to none"},
		{"used", 0.95, "of the limit", "a lowered limit that nobody reaches did nothing; ramp from 0.85"},
	},
	Rivals: []Rival{
		{"maxclients-too-low", "the limit is what the descriptors allowed, not the configured one"},
	},
	Fixes: []Fix{
		{Changes, "raise the descriptor limit (systemd: LimitNOFILE=, container: --ulimit nofile=) to maxclients + 32 and restart", "the configured maxclients comes into effect", "CONFIG GET maxclients gives the configured number"},
		{Safe, "grep 'open files' /proc/$(pidof redis-server)/limits", "shows the soft and hard limit in force", "the soft limit is maxclients + 32"},
	},
	assess: assessFD,
}

func assessFD(p *pass) assessment {
	if p.peakSlot < 0 || math.IsNaN(p.limitPeak) {
		return no(0, "the limit in effect is not known")
	}
	limit := p.limitPeak
	fds, sure := descriptors(uint64(limit) + reservedFDs)
	if fds == 0 {
		return no(0, "maxclients %.0f + 32 = %.0f is no usual descriptor limit", limit, limit+reservedFDs)
	}
	score := sure * stat.Ramp(p.used, 0.85, p.val("used"))
	if score < active {
		return no(score, "maxclients %.0f looks lowered by a descriptor limit of %d, but at most %.0f %% of it was used", limit, fds, p.used*100)
	}
	// It began to matter when the connections began to rise towards it.
	at := p.firstLimitTrouble()
	var began *moment
	if o, why := p.organicRise(); why == "" {
		at, began = o.onset, o.began
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1, began: began}
	a.claim = fmt.Sprintf("maxclients is %.0f = %.0f − 32: the descriptor limit lowered it.", limit, limit+reservedFDs)
	if float64(fds) != limit+reservedFDs {
		a.claim = fmt.Sprintf("maxclients is %.0f, what a descriptor limit of %d leaves in steps of 16 and less 32: it was lowered.", limit, fds)
	}
	a.evidence = []Evidence{
		ev("maxclients in effect", limit, "connections", p.pos(p.peakSlot, false)),
		ev("descriptor limit that leaves exactly this many", float64(fds), "descriptors", p.pos(p.peakSlot, false)),
		ev("highest share of it in use", p.used, "share", p.pos(p.peakSlot, false)),
	}
	return a
}

// The arithmetic of adjustOpenFilesLimit.
const (
	reservedFDs = 32   // descriptors that the server keeps for itself
	stepFDs     = 16   // by which it lowers what it asks for
	roundSure   = 0.75 // how sure a round limit is; see the parameter
)

// descriptors finds the usual descriptor limit that leaves n, and how sure that is.
func descriptors(n uint64) (limit uint64, sure float64) {
	if n < 256 || n > 1<<20 {
		return 0, 0
	}
	if bits.OnesCount64(n) == 1 {
		return n, 0.95
	}
	if bits.OnesCount64(n+1) == 1 || round(n) {
		return n, roundSure // soft and hard limit are the same: what it finds stays
	}
	step := uint64(stepFDs)
	chosen := n - reservedFDs
	if n%step != 0 || chosen%50 == 0 || bits.OnesCount64(chosen) == 1 && n%100 >= step {
		return 0, 0
	}
	for h := n; h < n+step; h++ {
		if bits.OnesCount64(h+1) == 1 || round(h) {
			return h, roundSure
		}
	}
	return 0, 0
}

// round tells whether a number is one digit and noughts, as people set limits.
func round(n uint64) bool {
	d := uint64(1)
	for n/d >= 10 {
		d *= 10
	}
	return n%d == 0
}
