package verdict

import (
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// A tier is what a recording lets one see; confidence is calibrated for each apart, as
// the same signs mean less where less can contradict them.
type tier string

// The tiers.
const (
	tierInfo    tier = "info"    // INFO only
	tierRows    tier = "rows"    // CLIENT LIST only
	tierAddress tier = "address" // all clients behind one address, or a few
	tierList    tier = "list"    // INFO and CLIENT LIST, but no SLOWLOG or no CONFIG GET
	tierFull    tier = "full"
)

// words names a tier in a report.
func (t tier) words() string {
	switch t {
	case tierInfo:
		return "INFO without CLIENT LIST"
	case tierRows:
		return "CLIENT LIST without INFO"
	case tierAddress:
		return "all clients behind one address or a few"
	case tierList:
		return "INFO and CLIENT LIST, without SLOWLOG or CONFIG GET"
	}
	return "INFO, CLIENT LIST, SLOWLOG and CONFIG GET"
}

// TierOf tells which one the recording is of.
func TierOf(m *measure.Model) tier {
	switch {
	case m.InfoOnly:
		return tierInfo
	case m.Span == 0:
		return tierRows
	case m.HostsHidden():
		return tierAddress
	case m.TL.Slowlogs == 0 || len(m.TL.Config) == 0:
		return tierList
	}
	return tierFull
}

// A knot says how often verdicts with a score were right.
type knot struct{ score, right float64 }

// A calibrationRow holds what became of the verdicts of one tier and status: right as a
// function of the score, and how far single causes are off it.
type calibrationRow struct {
	tier   tier
	status finding.Status
	At     []knot
	causes []causeShift
}

// A causeShift is how much oftener (in log-odds) verdicts of one cause were right than
// others of their score.
type causeShift struct {
	cause string
	shift float64
}

// Calibrated gives the probability that a verdict with a score is right: straight lines
// between the knots of its tier, moved by its cause's shift. Scores
// without a table stay as they are.
func Calibrated(t tier, status finding.Status, cause string, score float64) float64 {
	for i := range calibration {
		c := &calibration[i]
		if c.tier != t || c.status != status || len(c.At) == 0 {
			continue
		}
		p := between(c.At, score)
		for _, s := range c.causes {
			if s.cause == cause {
				p = 1 / (1 + (1-p)/p*math.Exp(-s.shift))
			}
		}
		return min(max(p, leastSure), mostSure)
	}
	return score
}

// between reads a curve of knots, which rise by their scores: straight between them,
// towards nothing below the lowest.
func between(at []knot, score float64) float64 {
	for i, k := range at {
		switch {
		case score > k.score:
		case i == 0: // no recording had as little: what speaks for it less takes as much away
			return k.right * score / max(k.score, score, 0.01)
		default:
			l := at[i-1]
			return l.right + (k.right-l.right)*(score-l.score)/(k.score-l.score)
		}
	}
	return at[len(at)-1].right
}
