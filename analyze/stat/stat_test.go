package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var nan = math.NaN()

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		q    float64
		want float64
	}{
		{nil, 0.5, nan}, {[]float64{nan}, 0.5, nan}, {[]float64{3}, 0.9, 3}, {[]float64{1, nan, 3}, 1, 3}, {[]float64{3, 1, 2, 4}, 0.5, 2},
	} {
		if got := Quantile(c.x, c.q); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("Quantile(%v, %v) = %v, want %v", c.x, c.q, got, c.want)
		}
	}
}

// ar1 gives a series with autocorrelation phi and unit innovations about a line.
func ar1(rng *rand.Rand, n int, phi, slope float64) (t, v []float64) {
	e := 0.0
	for i := range n {
		e = phi*e + rng.NormFloat64()
		t, v = append(t, float64(i)), append(v, slope*float64(i)+e)
	}
	return t, v
}

// On correlated noise without a trend, the interval leaves out zero about as often as it
// says, where ordinary least squares would in most series.
func TestSlopeFalsePositives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, phi := range []float64{0, 0.5, 0.8, 0.9} {
		wrong, n := 0, 400
		for range n {
			x, y := ar1(rng, 200, phi, 0)
			if e := Slope(x, y, 0.9); e.Lo > 0 || e.Hi < 0 {
				wrong++
			}
		}
		if rate := float64(wrong) / float64(n); rate > 0.2 {
			t.Errorf("φ=%v: %.0f %% of the 90 %% intervals leave out the truth", phi, rate*100)
		}
	}
}

func TestSlopeFindsTrend(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	found := 0
	for range 100 {
		x, y := ar1(rng, 200, 0.8, 0.2)
		if e := Slope(x, y, 0.9); e.Lo > 0 && math.Abs(e.Value-0.2) < 0.1 {
			found++
		}
	}
	if found < 90 {
		t.Errorf("a slope of 0.2 was found in %d of 100 series", found)
	}
}

func TestSlopeTooShort(t *testing.T) {
	if e := Slope([]float64{0, 1}, []float64{0, 1}, 0.9); !math.IsInf(e.Hi, 1) || !math.IsNaN(e.Value) {
		t.Errorf("two samples gave %+v", e)
	}
}

// The Poisson interval covers the true rate about as often as it says.
func TestRateCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	in, n := 0, 2000
	for range n {
		k, x := 0.0, rng.ExpFloat64()
		for x < 20 { // 20 events are expected in time 1
			k++
			x += rng.ExpFloat64()
		}
		if e := Rate(k, 1, 0.9); e.Lo <= 20 && 20 <= e.Hi {
			in++
		}
	}
	if c := float64(in) / float64(n); c < 0.88 || c > 0.96 {
		t.Errorf("coverage %.3f, want about 0.9", c)
	}
	if e := Rate(0, 10, 0.9); e.Lo != 0 || math.Abs(e.Hi-0.2996) > 0.001 {
		t.Errorf("no event in 10: %+v, want an upper bound of 0.2996", e)
	}
}

func TestHinge(t *testing.T) {
	var x, v []float64
	for i := range 60 {
		x = append(x, float64(i)*15)
		v = append(v, 10+max(0, float64(i-25))*2)
	}
	at, slope, level := Hinge(x, v)
	if at != 25 || math.Abs(slope-2.0/15) > 1e-9 || math.Abs(level-10) > 1e-9 {
		t.Errorf("at %d slope %v level %v", at, slope, level)
	}
	if at, _, _ := Hinge(x[:4], v[:4]); at != -1 {
		t.Errorf("four samples gave %d", at)
	}
}

func TestStep(t *testing.T) {
	v := []float64{1, 1, nan, 1, 9, 9, 9}
	at, before, after := Step(v)
	if at != 4 || before != 1 || after != 9 {
		t.Errorf("at %d, %v to %v", at, before, after)
	}
}

func TestRateStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	off := 0.0
	for range 50 {
		var x, w []float64
		for i := range 100 {
			x = append(x, float64(i)*15)
			rate := 0.1
			if i > 40 {
				rate = 1.5
			}
			k := 0.0
			for u := rng.ExpFloat64(); u < rate; u += rng.ExpFloat64() {
				k++
			}
			w = append(w, k)
		}
		off += math.Abs(float64(RateStep(x, w) - 41))
	}
	if off/50 > 2 {
		t.Errorf("off by %.1f samples on average", off/50)
	}
	if got := RateStep([]float64{0, 1, 2}, []float64{0, 0, 0}); got != -1 {
		t.Errorf("no events gave %d", got)
	}
	if got := RateStep([]float64{0, 1, 2, 3}, []float64{0, 2, 2, 2}); got != 1 {
		t.Errorf("an even stream gave %d", got)
	}
}

func TestSpread(t *testing.T) {
	x := make([]float64, 100)
	even, burst, stairs := make([]float64, 100), make([]float64, 100), make([]float64, 100)
	for i := range x {
		x[i] = float64(i)
		if i > 0 {
			even[i] = 1
		}
		if i%16 == 8 {
			stairs[i] = 10
		}
	}
	burst[30], burst[31] = 50, 50
	for _, c := range []struct {
		name   string
		w      []float64
		lo, hi float64
	}{{"even", even, 0, 0.05}, {"six stairs", stairs, 0.03, 0.3}, {"burst", burst, 0.6, 1}, {"nothing", make([]float64, 100), 1, 1}} {
		if d := Spread(x, c.w); d < c.lo || d > c.hi {
			t.Errorf("%s: %v, want %v to %v", c.name, d, c.lo, c.hi)
		}
	}
}

// A constant has no trend: gonum's Kendall would say 1.
func TestTauB(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5}
	for _, c := range []struct {
		y    []float64
		want float64
	}{{[]float64{7, 7, 7, 7, 7}, 0}, {[]float64{1, 2, 3, 4, 5}, 1}, {[]float64{5, 4, 3, 2, 1}, -1}, {[]float64{1, 1, 2, 2, 3}, 0.8944}} {
		if got := TauB(x, c.y); math.Abs(got-c.want) > 1e-3 {
			t.Errorf("TauB(%v) = %v, want %v", c.y, got, c.want)
		}
	}
}

func TestRamp(t *testing.T) {
	for _, c := range [][4]float64{{5, 0, 10, 0.5}, {-1, 0, 10, 0}, {11, 0, 10, 1}, {2, 10, 0, 0.8}, {nan, 0, 1, 0}} {
		if got := Ramp(c[0], c[1], c[2]); math.Abs(got-c[3]) > 1e-12 {
			t.Errorf("Ramp(%v, %v, %v) = %v, want %v", c[0], c[1], c[2], got, c[3])
		}
	}
}

func ExampleRate() {
	e := Rate(30, 10, 0.9) // 30 connections in 10 minutes
	fmt.Printf("%.1f a minute, %.1f to %.1f\n", e.Value, e.Lo, e.Hi)
	// Output: 3.0 a minute, 2.2 to 4.1
}

// The interval of the time to n more events holds it as often as it says.
func TestTimeToCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	events := func(n int) (sum float64) {
		for range n {
			sum += rng.ExpFloat64()
		}
		return sum
	}
	for _, c := range []struct{ n, k int }{{5, 5}, {40, 20}, {20, 200}} {
		held := 0
		const runs = 4000
		for range runs {
			seen, next := events(c.k), events(c.n)
			lo, hi := TimeTo(float64(c.n), float64(c.k), seen, 0.05), TimeTo(float64(c.n), float64(c.k), seen, 0.95)
			if lo <= next && next <= hi {
				held++
			}
		}
		if share := float64(held) / runs; math.Abs(share-0.9) > 0.02 {
			t.Errorf("%d more after %d: %.3f held, want 0.9", c.n, c.k, share)
		}
	}
	if !math.IsNaN(TimeTo(0, 1, 1, 0.5)) || !math.IsNaN(TimeTo(1, 0, 1, 0.5)) {
		t.Error("a time without events must be unknown")
	}
}
