package result

import (
	"encoding/json"
	"math"
	"testing"
)

// TestNumDigits: numbers are written with the digits that are known, whole ones with all.
func TestNumDigits(t *testing.T) {
	for v, want := range map[Number]string{
		28.17292434330682: "28.1729", 1956.4999999999998: "1956.5", 0.014361606776844107: "0.0143616", -3.0000000000000004: "-3",
		0: "0", 123456789: "123456789", 1 << 52: "4503599627370496", 1234567.5: "1234568", 999999.96: "1000000", 1.5e-9: "1.5e-9",
		Number(math.Inf(1)): "null", 0.1 + 0.2: "0.3",
	} {
		if b, err := json.Marshal(v); err != nil || string(b) != want {
			t.Errorf("%v: %s %v, not %s", float64(v), b, err, want)
		}
	}
}
