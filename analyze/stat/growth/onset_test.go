package growth

import (
	"math"
	"testing"
)

// The products of curves with an onset are those of the columns themselves, for every noise.
func TestProductsOfOnsets(t *testing.T) {
	var s Series
	at := 0.0
	for i := range 300 {
		s.T, s.N = append(s.T, at), append(s.N, 40+5*math.Sin(float64(i))+float64(max(i-100, 0)))
		at += []float64{10, 10, 11, 30}[i%4]
	}
	p := newPoints(s)
	p.prepare()
	var want [][]float64
	for _, theta := range p.leaks.theta {
		want = append(want, leakColumns(p, p.at, theta)[0])
	}
	for _, theta := range p.decays.theta {
		want = append(want, saturationColumns(p, p.at, theta)[0])
	}
	for j := range p.white {
		w, got := &p.white[j], p.rises[j]
		for k, col := range want {
			on := w.against(col)
			if math.Abs(got[k].square/on.square-1) > 1e-6 || math.Abs(got[k].with-on.with) > 1e-6*math.Sqrt(on.square*w.rss) {
				t.Errorf("noise %v, curve %d: got %v, want %v", w.noise, k, got[k], on)
			}
		}
	}
}

// What one more jump leaves, and the levels between jumps, are those of a regression on steps.
func TestLevels(t *testing.T) {
	var s Series
	at := 0.0
	for i := range 60 {
		s.T, s.N = append(s.T, at), append(s.N, 40+3*math.Sin(float64(i))+float64(i/20*10))
		at += []float64{10, 12, 40}[i%3]
	}
	p := newPoints(s)
	p.prepare()
	for j := range phis {
		l := p.white[j].levels()
		left := l.scan([]int{20, 40})
		for i, rss := range left {
			if math.IsInf(rss, 1) {
				continue
			}
			r, ok := p.regress(&p.white[j], stepColumns(p, p.at, []float64{p.x[i], p.x[20], p.x[40]}))
			if ok && math.Abs(rss-r.rss) > 1e-6*r.rss {
				t.Errorf("φ %v, jump at %d: leaves %v, want %v", phis[j], i, rss, r.rss)
			}
		}
		level, rss := l.fit([]int{20, 40})
		r, _ := p.regress(&p.white[j], stepColumns(p, p.at, []float64{p.x[20], p.x[40]}))
		if math.Abs(level[1]-level[0]-r.coef[1]) > 1e-6 || math.Abs(rss-r.rss) > 1e-6*r.rss {
			t.Errorf("φ %v: levels %v leave %v, want steps %v and %v", phis[j], level, rss, r.coef, r.rss)
		}
	}
}
