package stat

import "math"

// A Life is an interval of a life table: what was first seen in it, and what was last seen in
// it and then met with the event, ended otherwise, or was not watched further (censored).
type Life struct {
	Entered, Event, Other, Censored float64
}

// Incidence gives, for each interval of a life table, the chance that what is in it will yet
// meet with the event before it ends otherwise: the cumulative incidence of Aalen and Johansen
// (1978) on life-table intervals,
//
//	n = entered up to it − ended before it − censored / 2     P = event/n + (1 − (event + other)/n) · P of the next
//
// so what is watched from its middle on counts from where it was first seen (delayed entry),
// and what is cut short for half of its last interval (the actuarial method; Cutler and Ederer
// 1958). Without other ends, and with events and censoring in intervals of their own, it is 1
// less Kaplan and Meier's (1958) product. What never ended while it was watched has no chance
// here: the chance is that within as long as was watched. NaN where nothing reached the
// interval.
func Incidence(table []Life) []float64 {
	p, rest := make([]float64, len(table)), make([]float64, len(table))
	risk := 0.0
	for b, l := range table {
		risk += l.Entered
		if n := risk - l.Censored/2; n > 0 {
			p[b], rest[b] = min(l.Event/n, 1), max(1-(l.Event+l.Other)/n, 0)
		} else {
			p[b] = math.NaN()
		}
		risk = max(risk-l.Event-l.Other-l.Censored, 0)
	}
	next := 0.0
	for b := len(table) - 1; b >= 0; b-- {
		if p[b] += float64(rest[b] * next); !math.IsNaN(p[b]) {
			next = p[b]
		}
	}
	return p
}
