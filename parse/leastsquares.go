package parse

import "math"

// unknowns is how many causes a leastSquares weighs.
const unknowns = ownCauses + driverCount

// A leastSquares learns, as it goes, how much of a number each of some causes explains:
// linear regression that forgets, solved anew every few observations.
//
// Writer and reader must come to the same bits on every machine. So every product is
// rounded by a conversion: the language lets a compiler fuse x*y + z otherwise.
type leastSquares struct {
	n       int
	squares [unknowns][unknowns]float64 // lower half: sums of products of causes
	product [unknowns]float64           // of causes and number
	weights [unknowns]float64
}

const (
	solveEvery = 8
	solveFrom  = 16        // observations before the first solution
	forgetting = 1 - 1./64 // at each solution
	ridge      = 1e-12     // of each cause's square: keeps causes alike from running wild
)

// tell gives the number that the causes x lead to expect, and whether it is known yet.
func (l *leastSquares) tell(x *[unknowns]float64) (float64, bool) {
	if l.n < solveFrom {
		return 0, false
	}
	y := 0.
	for i, w := range l.weights {
		y += float64(w * x[i])
	}
	return y, true
}

// learn adds an observation.
func (l *leastSquares) learn(x *[unknowns]float64, y, weight float64) {
	for i, xi := range x {
		if xi == 0 {
			continue
		}
		xi = float64(xi * weight)
		for k, xk := range x[:i+1] {
			l.squares[i][k] += float64(xi * xk)
		}
		l.product[i] += float64(xi * y)
	}
	if l.n++; l.n%solveEvery == 0 {
		l.solve()
	}
}

// solve finds the weights by Cholesky's method, on causes scaled to be alike in size.
func (l *leastSquares) solve() {
	var a [unknowns][unknowns]float64
	var scale, y [unknowns]float64
	for i := range scale {
		if d := l.squares[i][i]; d > 0 && d < math.MaxFloat64 {
			scale[i] = 1 / math.Sqrt(d)
		}
	}
	for i := range a {
		for k := range i {
			a[i][k] = float64(float64(l.squares[i][k]*scale[i]) * scale[k])
		}
		a[i][i] = 1 + ridge
		y[i] = float64(l.product[i] * scale[i])
	}
	for i := range a {
		for k := range i + 1 {
			sum := a[i][k]
			for j := range k {
				sum -= float64(a[i][j] * a[k][j])
			}
			if k < i {
				a[i][k] = sum / a[k][k]
			} else {
				a[i][i] = math.Sqrt(max(sum, ridge/2))
			}
		}
		for j := range i {
			y[i] -= float64(a[i][j] * y[j])
		}
		y[i] /= a[i][i]
	}
	for i := unknowns - 1; i >= 0; i-- {
		for j := i + 1; j < unknowns; j++ {
			y[i] -= float64(a[j][i] * y[j])
		}
		y[i] /= a[i][i]
	}
	for i := range y {
		l.weights[i] = float64(y[i] * scale[i])
		l.product[i] = float64(l.product[i] * forgetting)
		for k := range i + 1 {
			l.squares[i][k] = float64(l.squares[i][k] * forgetting)
		}
	}
}
