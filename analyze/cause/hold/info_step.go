package hold

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// poolBurst judges oversized pools by a step towards the limit that brought few commands.
func poolBurst(p *cause.Pass) cause.Assessment {
	b := p.StepUp()
	if b.At < 0 {
		return cause.No(0, "connections did not step up at once")
	}
	score := p.Judge("one step, hosts hidden", "one step", cause.Span{From: p.Lists[b.At], To: p.Lists[b.To]},
		&spare{sure: b.Sure, used: p.UsedLastingly(), commands: b.Work, step: b.After - b.Before, steady: steadily(p, p.All.Entities)})
	if score < cause.Active {
		return cause.No(score, "connections stepped up from %.0f to %.0f, at an elasticity of commands of %.2f", b.Before, b.After, b.Work)
	}
	onset, end := p.Lists[b.At], p.Lists[b.To]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1, Sources: p.Holders(p.MostGrown(measure.Window{Lo: b.At, Hi: b.To + 1}), end)}
	out.Claim = fmt.Sprintf("At %s connections stepped up from %.0f to %.0f, towards a limit of %.0f, and commands hardly rose.", finding.Clock(p.TimeOf(onset)), b.Before, b.After, p.LimitPeak)
	out.Evidence = stepEvidence(b, p, onset, end)
	return out
}

// zombieBurst judges dead peers by a step that made up for work that had stopped: commands
// fell, connections did not, and as others came commands were back where they had been.
func zombieBurst(p *cause.Pass) cause.Assessment {
	b := p.StepUp()
	if b.At < 0 {
		return cause.No(0, "hosts cannot be told apart, and connections neither stepped up at once nor rose in equal jumps")
	}
	score := p.Judge("one step, one address", "one step", cause.Span{From: p.Lists[max(b.At-1, 0)], To: p.Lists[b.To]},
		&dead{sure: b.Sure, commands: math.Abs(b.Work), dip: b.Dip})
	if score < cause.Active {
		return cause.No(score, "hosts cannot be told apart; connections stepped up from %.0f to %.0f, and commands had not fallen below %.0f %% before", b.Before, b.After, b.Dip*100)
	}
	onset, end := p.Lists[max(b.At-1, 0)], p.Lists[b.To]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-2, 0), End: -1}
	if len(p.Apps) > 0 {
		out.Sources = p.Holders(p.MostGrown(measure.Window{Lo: b.At, Hi: b.To + 1}), end)
	}
	out.Claim = fmt.Sprintf("Commands fell to %.0f %%, no connection went, and at %s %.0f others came that brought them back: those they replaced are still connected.",
		b.Dip*100, finding.Clock(p.TimeOf(p.Lists[b.At])), b.After-b.Before)
	out.Evidence = append(stepEvidence(b, p, onset, end), finding.New("lowest rate of commands before the step, of the usual", b.Dip, "share", p.Place(onset, false), p.Place(end, false)))
	return out
}

func stepEvidence(b measure.Step, p *cause.Pass, onset, end int) []finding.Evidence {
	return []finding.Evidence{
		finding.New("connections that came at once, to stay", b.After-b.Before, "connections", p.Place(onset, false), p.Place(end, false)),
		finding.New("elasticity of commands to connections (0 unchanged, 1 in proportion)", b.Work, "", p.Place(onset, false), p.Place(end, false)),
	}
}
