package hold

import "testing"

// Runs of times close together are blocks from four on.
func TestBlocksOf(t *testing.T) {
	for _, c := range []struct {
		at     []float64
		blocks int
		held   float64
		first  float64
	}{
		{nil, 0, 0, 0},
		{[]float64{1, 2, 3}, 0, 0, 0},
		{[]float64{1, 2, 3, 4, 100, 101, 102, 103, 104, 200}, 2, 9, 1},
		{[]float64{5, 60, 70, 80, 90}, 1, 4, 60},
	} {
		if b, h, f := blocksOf(c.at, 15, 4); b != c.blocks || h != c.held || f != c.first {
			t.Errorf("%v: %d %v %v", c.at, b, h, f)
		}
	}
}
