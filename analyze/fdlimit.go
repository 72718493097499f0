package analyze

import (
	"fmt"
	"math"
	"math/bits"

	"connbox/analyze/stat"
)

var fdLimit = Cause{
	ID:       "fd-limit",
	Title:    "Descriptor limit lowered maxclients",
	Question: "Was maxclients set by the descriptor limit, not by the configuration?",
	Method: "Redis keeps 32 descriptors for itself and lowers maxclients to what the descriptor limit leaves " +
		"(server.c adjustOpenFilesLimit): 992 for 1024, 4064 for 4096. CONFIG GET and INFO show the lowered value, so " +
		"the arithmetic tells: maxclients + 32 is a usual `ulimit -n`, a power of two from 256 to 65,536, and " +
		"maxclients itself is a number nobody would choose. It counts once the limit was reached.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"reserved", 32, "descriptors", "CONFIG_MIN_RESERVED_FDS in redis server.h, unchanged since 2.8"},
		{"used", 0.95, "of the limit", "a lowered limit that nobody reaches did nothing; ramp from 0.85"},
	},
	Rivals: []Rival{
		{"maxclients-too-low", "maxclients + 32 is not a power of two"},
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
	fds := uint64(limit + p.val("reserved"))
	if bits.OnesCount64(fds) != 1 || fds < 256 || fds > 65536 {
		return no(0, "maxclients %.0f + 32 = %d is no usual descriptor limit", limit, fds)
	}
	score := stat.Ramp(p.used, 0.85, p.val("used"))
	if score < active {
		return no(score, "maxclients %.0f looks lowered by a descriptor limit of %d, but at most %.0f %% of it was used", limit, fds, p.used*100)
	}
	// It began to matter when the connections began to rise towards it.
	at := p.firstLimitTrouble()
	if o, why := (&pass{p.model, &tooLow}).organicRise(); why == "" {
		at = o.onset
	}
	a := assessment{score: score * 0.95, onset: at, onsetLo: max(at-1, 0), end: -1}
	a.claim = fmt.Sprintf("maxclients is %.0f = %d − 32: the descriptor limit lowered it.", limit, fds)
	a.evidence = []Evidence{
		ev("maxclients in effect", limit, "connections", p.pos(p.peakSlot, false)),
		ev("descriptor limit that leaves exactly this many", float64(fds), "descriptors", p.pos(p.peakSlot, false)),
		ev("highest share of it in use", p.used, "share", p.pos(p.peakSlot, false)),
	}
	return a
}
