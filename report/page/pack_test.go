package page

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// unpack is what the script does.
func unpack(t *testing.T, c column) (out []float64) {
	t.Helper()
	if c.S == "" {
		return nil
	}
	scale, sum := math.Pow10(c.D), 0.0
	for _, tok := range strings.Split(c.S, ",") {
		switch {
		case tok == "n":
			out = append(out, math.NaN())
		case strings.HasPrefix(tok, "*"):
			n, err := strconv.Atoi(tok[1:])
			if err != nil || len(out) == 0 {
				t.Fatalf("run %q", tok)
			}
			for range n {
				out = append(out, out[len(out)-1])
			}
		default:
			if tok != "" {
				d, err := strconv.ParseFloat(tok, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += d
			}
			out = append(out, sum/scale)
		}
	}
	return out
}

func TestPack(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		v    []float64
		want string
	}{
		{nil, ""}, {[]float64{0}, "0"}, {[]float64{0, 0}, ","}, {[]float64{5, 5, 5, 5, 5, 6}, "5,*4,1"}, {[]float64{5, 5, 4}, "5,,-1"},
		{[]float64{nan, 3, nan, 3, 3}, "n,3,n,,"}, {[]float64{0, 0, 0, 0, 7}, ",*3,7"}, {[]float64{math.Inf(1), 1e300, 2}, "n,n,2"},
	} {
		if got := pack(c.v); got.S != c.want || got.D != 0 {
			t.Errorf("%v: %q (%d), want %q", c.v, got.S, got.D, c.want)
		}
	}
	if got := pack([]float64{0.5, 1.25, 1.25}); got.D != 4 || got.S != "5000,7500," {
		t.Errorf("fractions: %+v", got)
	}
}

// FuzzPack: what was packed comes back, to a ten-thousandth of the largest.
func FuzzPack(f *testing.F) {
	f.Add([]byte{1, 2, 3, 3, 3, 3, 3, 0, 255, 254}, 0.25)
	f.Add([]byte{255}, 1e12)
	f.Fuzz(func(t *testing.T, b []byte, unit float64) {
		v, most := make([]float64, len(b)), 0.0
		for i, x := range b {
			if v[i] = float64(x) * unit; x == 255 {
				v[i] = math.NaN()
			}
			if packs(v[i]) {
				most = max(most, math.Abs(v[i]))
			}
		}
		got := unpack(t, pack(v))
		if len(got) != len(v) {
			t.Fatalf("%d numbers of %d", len(got), len(v))
		}
		for i := range v {
			if packs(v[i]) != !math.IsNaN(got[i]) || packs(v[i]) && math.Abs(got[i]-v[i]) > max(most*1e-4, 1e-9) {
				t.Fatalf("%g became %g in %v", v[i], got[i], v)
			}
		}
	})
}
