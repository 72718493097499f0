package verdict

import (
	"cmp"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// A rank orders candidates for the root, the best first.
type rank int

const (
	rankLeads      rank = iota // nothing that took part led to it, and it led to another, or filled the limit
	rankPrimary                // nothing led to it
	rankFollower               // a follower that nothing led to
	rankIdle                   // it held too few slots to have filled the limit
	rankLed                    // another led to it
	rankUnfollowed             // a follower beside something that can stand by itself
)

// order finds the root and gives every cause its role: edges of the graph of mechanisms are
// accepted on order, physics and dose; the root is a cause that nothing led to, before all
// one without which the limit would not have been reached.
func order(m *measure.Model, took []Opinion) {
	if len(took) == 0 {
		return
	}
	led := withoutEach(m, took)
	links := links(m, took, led)
	parents, children := map[string][]*Opinion{}, map[string]bool{}
	by := map[string]*Opinion{}
	for i := range took {
		by[took[i].Cause.ID] = &took[i]
	}
	for _, l := range links {
		from, to := by[l.From], by[l.To]
		to.Evidence = append(to.Evidence, linkEvidence(m, l, from, to))
		parents[l.To], children[l.From] = append(parents[l.To], from), true
	}
	ranks := map[string]rank{}
	for i := range took {
		o := &took[i]
		if b := led[o.Cause.ID]; b != nil {
			o.Evidence = append(o.Evidence, butForEvidence(m, b)...)
		}
		ranks[o.Cause.ID] = rankOf(o, led[o.Cause.ID], len(parents[o.Cause.ID]) > 0, children[o.Cause.ID])
	}
	if s := by["retry-storm"]; s != nil {
		tellOutlived(m, s, parents["retry-storm"])
	}
	slices.SortStableFunc(took, func(a, b Opinion) int {
		return cmp.Or(cmp.Compare(ranks[a.Cause.ID], ranks[b.Cause.ID]), -cmp.Compare(math.Round(a.Score*10), math.Round(b.Score*10)),
			-cmp.Compare(led[a.Cause.ID].slots(), led[b.Cause.ID].slots()), cmp.Compare(a.Onset, b.Onset))
	})
	assign(took, parents)
}

func (b *counterfactual) slots() float64 {
	if b == nil {
		return 0
	}
	return b.held
}

func rankOf(o *Opinion, b *counterfactual, hasParent, hasChild bool) rank {
	switch role := o.Cause.Follows; {
	case hasParent:
		return rankLed
	case role != "" && role != finding.Modifier:
		return rankFollower
	case role != "":
		return rankUnfollowed
	case b != nil && !b.needed:
		return rankIdle
	case hasChild || b != nil:
		return rankLeads
	}
	return rankPrimary
}

// assign gives the roles once the order stands: what something led to is a consequence,
// what came along a trigger or a modifier, what stands by itself an amplifier.
func assign(took []Opinion, parents map[string][]*Opinion) {
	took[0].Role = finding.Root
	for i := range took[1:] {
		o := &took[i+1]
		switch r := o.Cause.Follows; {
		case len(parents[o.Cause.ID]) > 0:
			o.Role = finding.Consequence
		case r != "" && r != finding.Consequence:
			o.Role = r
		default:
			o.Role = finding.Amplifier
		}
	}
}
