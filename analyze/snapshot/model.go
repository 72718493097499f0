package snapshot

import (
	"cmp"
	_ "embed" // for weights.json
	"encoding/json"
	"math"
	"slices"
	"sync"
)

// Healthy is the class of a snapshot without an incident.
const Healthy = "healthy"

// A Model is a multinomial logistic regression over signs: the score of a class is its
// bias and, for each sign, its weight times how far the sign is above its mean in the
// recordings it was fitted on. A sign that is not known counts as its mean. Source: any
// textbook; e.g. Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4.
//
// Sharp, Doubt and Seen make its probabilities honest on what it was not fitted on: scores are
// multiplied by Sharp, a share Doubt of the probability is spread over all classes, and Healthy
// keeps a share Seen of its own. Some troubles leave no trace in a snapshot, as requests that wait
// in an application's pool, or cuts and churn between two looks: of the snapshots that look healthy
// in every sign some are not. The three are those of the largest likelihood of stories that were
// left out.
type Model struct {
	By      string // how it was fitted
	Sharp   float64
	Doubt   float64
	Seen    float64
	Classes []string
	Signs   []string
	Mean    []float64
	Bias    []float64
	Weight  [][]float64 // of a class, of a sign
}

//go:embed weights.json
var weights []byte

// fitted are the models of one snapshot and of two, as make calibrate fitted them.
var fitted = sync.OnceValue(func() (models [2]*Model) {
	if err := json.Unmarshal(weights, &models); err != nil {
		panic("weights.json: " + err.Error())
	}
	return models
})

// Fitted gives the model that judges one snapshot, or two.
func Fitted(two bool) *Model {
	if two {
		return fitted()[1]
	}
	return fitted()[0]
}

// Vector gives the signs of a snapshot, or of two where p is not nil, each on its ramp; NaN
// where it is not known. Names are in the same order.
func Vector(f *Facts, p *Pair) (names []string, at []float64) {
	for i := range signs {
		s := &signs[i]
		if s.Pair && p == nil {
			continue
		}
		v := math.NaN()
		if !f.Ageless || s.Info || s.Hosts {
			v = s.Value(f, p)
		}
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
	m := Fitted(p != nil)
	_, at := Vector(f, p)
	prob := m.Probabilities(at)
	told := toldShare(at) * f.manyRows()
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
	return beyond(f, p, out)
}

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

// many is the number of connections from which on their shares mean something.
const many = 20

// manyRows says how far the shares of a short list can be believed: those of one
// connection are all or nothing, whatever the cause.
func (f *Facts) manyRows() float64 {
	if math.IsNaN(f.Rows) {
		return 1
	}
	return min(f.Rows/many, 1)
}

// Probabilities gives those of the classes, for the signs of Vector.
func (m *Model) Probabilities(at []float64) []float64 { return m.Of(m.Scores(at)) }

// Of gives the probabilities of the classes for their scores.
func (m *Model) Of(scores []float64) []float64 {
	p := make([]float64, len(scores))
	for k := range p {
		p[k] = m.Sharp * scores[k]
	}
	Softmax(p)
	for k := range p {
		p[k] = (1-m.Doubt)*p[k] + m.Doubt/float64(len(p))
	}
	if k := slices.Index(m.Classes, Healthy); k >= 0 {
		leave(p, k, m.Seen*p[k])
	}
	return p
}

// leave lets one of the probabilities be so much at most; the others share what it gives up by
// what they have.
func leave(prob []float64, k int, most float64) {
	if prob[k] <= most || prob[k] >= 1 {
		return
	}
	up := (1 - most) / (1 - prob[k])
	for i := range prob {
		prob[i] *= up
	}
	prob[k] = most
}

// Scores gives the log odds of the classes, but for a constant of all, before Sharp and Doubt.
func (m *Model) Scores(at []float64) []float64 {
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

// Softmax makes probabilities of scores, in place.
func Softmax(p []float64) {
	top, sum := slices.Max(p), 0.0
	for k, s := range p {
		p[k] = math.Exp(s - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// least is the log odds from which on a sign is worth a sentence.
const least = 0.25

// statements gives what speaks for class k and against it: the log odds that each sign adds
// to it beyond what it adds to the classes on average, weighted by their probability.
func (m *Model) statements(k int, at, prob []float64, f *Facts, p *Pair) (pro, con []Statement) {
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

func (f *Facts) placeOf(s *Sign) string {
	if s.Info && f.InfoPos != "" || f.ListPos == "" {
		return f.InfoPos
	}
	return f.ListPos
}
