package snapshot

// Least probabilities from which on a verdict names the first candidate.
const (
	nameCause   = 0.8
	nameHealthy = 0.9
)

// Named tells whether the first candidate is probable enough for a verdict: an incident,
// or, where it is Healthy, that there is none.
func Named(f *Facts, _ *Pair, c []Candidate) bool {
	switch {
	case len(c) == 0:
		return false
	case c[0].ID == Healthy:
		return c[0].Probability >= nameHealthy && f.Limit > 0 && f.Occupied < 0.9*f.Limit && !f.shot.Full
	}
	return c[0].Probability >= nameCause
}
