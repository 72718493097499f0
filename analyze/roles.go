package analyze

import (
	"cmp"
	"math"
	"slices"
)

// followers are the causes that follow from the limit being reached: where something else
// that took part reached it, they are its consequence or came along with it.
var followers = map[string]Role{"retry-storm": Consequence, "reconnect-wave": Trigger, "fd-limit": Modifier}

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
func order(m *model, took []opinion) {
	if len(took) == 0 {
		return
	}
	led := m.withoutEach(took)
	links := m.links(took, led)
	parents, children := map[string][]*opinion{}, map[string]bool{}
	by := map[string]*opinion{}
	for i := range took {
		by[took[i].c.ID] = &took[i]
	}
	for _, l := range links {
		from, to := by[l.from], by[l.to]
		to.evidence = append(to.evidence, m.linkEvidence(l, from, to))
		parents[l.to], children[l.from] = append(parents[l.to], from), true
	}
	ranks := map[string]rank{}
	for i := range took {
		o := &took[i]
		if b := led[o.c.ID]; b != nil {
			o.evidence = append(o.evidence, m.butForEvidence(b)...)
		}
		ranks[o.c.ID] = rankOf(o, led[o.c.ID], len(parents[o.c.ID]) > 0, children[o.c.ID])
	}
	if s := by["retry-storm"]; s != nil {
		m.tellOutlived(s, parents["retry-storm"])
	}
	slices.SortStableFunc(took, func(a, b opinion) int {
		return cmp.Or(cmp.Compare(ranks[a.c.ID], ranks[b.c.ID]), -cmp.Compare(math.Round(a.score*10), math.Round(b.score*10)),
			-cmp.Compare(led[a.c.ID].slots(), led[b.c.ID].slots()), cmp.Compare(a.onset, b.onset))
	})
	assign(took, parents)
}

func (b *butFor) slots() float64 {
	if b == nil {
		return 0
	}
	return b.held
}

func rankOf(o *opinion, b *butFor, hasParent, hasChild bool) rank {
	_, follows := followers[o.c.ID]
	switch {
	case hasParent:
		return rankLed
	case follows && o.c.ID != "fd-limit":
		return rankFollower
	case follows:
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
func assign(took []opinion, parents map[string][]*opinion) {
	took[0].role = Root
	for i := range took[1:] {
		o := &took[i+1]
		switch r, follows := followers[o.c.ID]; {
		case len(parents[o.c.ID]) > 0:
			o.role = Consequence
		case follows && r != Consequence:
			o.role = r
		default:
			o.role = Amplifier
		}
	}
}
