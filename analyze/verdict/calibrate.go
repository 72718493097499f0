package verdict

import (
	_ "embed" // for calibration.json
	"encoding/json"
	"math"
	"sync"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// A Tier is what a recording lets one see; confidence is calibrated for each apart, as
// the same signs mean less where less can contradict them.
type Tier string

// The tiers.
const (
	tierInfo    Tier = "info"    // INFO only
	tierRows    Tier = "rows"    // CLIENT LIST only
	tierAddress Tier = "address" // all clients behind one address, or a few
	tierList    Tier = "list"    // INFO and CLIENT LIST, but no SLOWLOG or no CONFIG GET
	tierFull    Tier = "full"
)

// words names a tier in a report.
func (t Tier) words() string {
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
func TierOf(m *measure.Model) Tier {
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

// A Knot says how often verdicts with a score were right.
type Knot struct{ Score, Right float64 }

// A Calibration holds what became of the verdicts of one tier and status: right as a
// function of the score, and how far single causes are off it.
type Calibration struct {
	Tier     Tier
	Status   finding.Status
	Verdicts int // how many there were
	At       []Knot
	Shifts   map[string]float64 `json:",omitempty"` // log-odds by which verdicts of a cause were right oftener than others of their score
}

//go:embed calibration.json
var calibrationFile []byte

// calibrations are what make calibrate learnt from the families of fixtures/sim that are not held out.
var calibrations = sync.OnceValue(func() (rows []Calibration) {
	if err := json.Unmarshal(calibrationFile, &rows); err != nil {
		panic("calibration.json: " + err.Error())
	}
	return rows
})

// Calibrated gives the probability that a verdict with a score is right: straight lines
// between the knots of its tier, moved by its cause's shift. Scores
// without a table stay as they are.
func Calibrated(t Tier, status finding.Status, cause string, score float64) float64 {
	for _, c := range calibrations() {
		if c.Tier != t || c.Status != status || len(c.At) == 0 {
			continue
		}
		p := between(c.At, score)
		if shift, ok := c.Shifts[cause]; ok {
			p = 1 / (1 + (1-p)/p*math.Exp(-shift))
		}
		return min(max(p, leastSure), mostSure)
	}
	return score
}

// between reads a curve of knots, which rise by their scores: straight between them,
// towards nothing below the lowest.
func between(at []Knot, score float64) float64 {
	for i, k := range at {
		switch {
		case score > k.Score:
		case i == 0: // no recording had as little: what speaks for it less takes as much away
			return k.Right * score / max(k.Score, score, 0.01)
		default:
			l := at[i-1]
			return l.Right + (k.Right-l.Right)*(score-l.Score)/(k.Score-l.Score)
		}
	}
	return at[len(at)-1].Right
}
