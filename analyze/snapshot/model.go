package snapshot

import (
	"cmp"
	"math"
	"slices"
)

// Healthy is the class of a snapshot without an incident.
const Healthy = "healthy"

// A model is a multinomial logistic regression over signs: the score of a class is its
// bias and, for each sign, its weight times how far the sign is above its mean in the
// recordings it was fitted on. A sign that is not known counts as its mean. Source: any
// textbook; e.g. Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4.
type model struct {
	Classes []string
	Signs   []string
	Mean    []float64
	Bias    []float64
	Weight  [][]float64 // of a class, of a sign
}

// Vector gives the signs of a snapshot, or of two where p is not nil, each on its ramp; NaN
// where it is not known. Names are in the same order.
func Vector(f *Facts, p *Pair) (names []string, at []float64) {
	for i := range signs {
		s := &signs[i]
		if s.Pair && p == nil {
			continue
		}
		v := s.Value(f, p)
		names = append(names, s.ID)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			at = append(at, math.NaN())
			continue
		}
		at = append(at, s.on(v))
	}
	return names, at
}

// A Candidate is a cause and how probable it is.
type Candidate struct {
	ID          string
	Probability float64
	For         []Statement // signs that speak for it, strongest first
	Against     []Statement
}

// A Statement is a sign in words, with its value and place.
type Statement struct {
	Sign   *Sign
	Value  float64
	At     string
	Weight float64 // log odds that it adds to the candidate against the mean of all
}

// Candidates gives the classes by probability, best first; they sum to 1.
func Candidates(f *Facts, p *Pair) []Candidate {
	m := &oneModel
	if p != nil {
		m = &twoModel
	}
	_, at := Vector(f, p)
	scores := m.scores(at)
	for k := range scores {
		scores[k] *= sharpen
	}
	prob := softmax(scores)
	told := toldShare(at)
	for k := range prob {
		prob[k] = told*prob[k] + (1-told)/float64(len(prob))
	}
	fullHouse(f, m.Classes, prob)
	out := make([]Candidate, len(m.Classes))
	for k, id := range m.Classes {
		out[k] = Candidate{ID: id, Probability: prob[k]}
		out[k].For, out[k].Against = m.statements(k, at, prob, f, p)
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(b.Probability, a.Probability) })
	return beyond(f, out)
}

// sharpen undoes that the penalty of the fit keeps scores too near to each other: with it
// probabilities are as often right as they say on recordings that the fit has not seen
// (go run ./fixtures/snapshots -first 301).
const sharpen = 1.3

// enough is the share of the signs that a CLIENT LIST by itself tells.
const enough = 0.55

// toldShare says how far the model can be believed: it was fitted on INFO with CLIENT LIST,
// which tell nine signs in ten. Of less than a list the rest is ignorance, in which all
// classes are alike.
func toldShare(at []float64) float64 {
	n := 0.0
	for _, v := range at {
		n += one(!math.IsNaN(v))
	}
	return min(n/max(enough*float64(len(at)), 1), 1)
}

func (m *model) scores(at []float64) []float64 {
	scores := slices.Clone(m.Bias)
	for j, x := range at {
		if j >= len(m.Mean) || math.IsNaN(x) {
			continue
		}
		for k := range scores {
			scores[k] += m.Weight[k][j] * (x - m.Mean[j])
		}
	}
	return scores
}

func softmax(scores []float64) []float64 {
	top := slices.Max(scores)
	p, sum := make([]float64, len(scores)), 0.0
	for k, s := range scores {
		p[k] = math.Exp(s - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// least is the log odds from which on a sign is worth a sentence.
const least = 0.25

// statements gives what speaks for class k and against it: the log odds that each sign adds
// to it beyond what it adds to the classes on average, weighted by their probability.
func (m *model) statements(k int, at, prob []float64, f *Facts, p *Pair) (pro, con []Statement) {
	j := -1
	for i := range signs {
		s := &signs[i]
		if s.Pair && p == nil {
			continue
		}
		j++
		if j >= len(m.Mean) || math.IsNaN(at[j]) {
			continue
		}
		d := at[j] - m.Mean[j]
		mean := 0.0
		for c := range prob {
			mean += prob[c] * m.Weight[c][j]
		}
		if prob[k] > 0.5 { // beside the rest, not beside itself
			mean = (mean - prob[k]*m.Weight[k][j]) / max(1-prob[k], 1e-9)
		}
		w := (m.Weight[k][j] - mean) * d
		st := Statement{Sign: s, Value: s.Value(f, p), Weight: w, At: f.placeOf(s)}
		switch {
		case w >= least:
			pro = append(pro, st)
		case w <= -least:
			con = append(con, st)
		}
	}
	by := func(a, b Statement) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) }
	slices.SortStableFunc(pro, by)
	slices.SortStableFunc(con, by)
	return pro, con
}

// ofInfo are the signs that INFO holds; the others are in CLIENT LIST.
var ofInfo = map[string]bool{"used": true, "refused": true, "refused_share": true, "accept_rate": true, "per_conn": true, "turnover": true,
	"hello": true, "out_longest": true, "out_cuts": true, "evicted": true, "auth": true, "slow": true, "fork": true, "fsync": true,
	"odd_limit": true, "fresh": true, "uncounted": true, "refusing": true, "refusing_share": true, "accepting": true, "per_born": true,
	"cutting": true, "evicting": true, "grew": true, "shrank": true}

func (f *Facts) placeOf(s *Sign) string {
	if ofInfo[s.ID] && f.InfoPos != "" || f.ListPos == "" {
		return f.InfoPos
	}
	return f.ListPos
}
