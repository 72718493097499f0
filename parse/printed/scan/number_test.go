package scan

import "testing"

func TestWhen(t *testing.T) {
	for text, want := range map[string]float64{
		"1714644000": 1714644000, "1714644000.5": 1714644000.5, "1714644000123": 1714644000.123,
		"1714644000123456":    1714644000.123456,
		"1714644000000000000": 1714644000, "2024-05-02T10:00:00Z": 1714644000,
		"2024-05-02T12:00:00+02:00": 1714644000,
		"2024-05-02 10:00:00":       1714644000, "2024-05-02T10:00": 1714644000, "02.05.2024 10:00:00": 1714644000,
		"5/2/2024 10:00:00":        1714644000,
		"May 2, 2024, 10:00:00 AM": 1714644000, "412": 0, "10:00:00": 0, "": 0, "9999999999999999999": 0,
		"2024": 0, "1700": 0,
	} {
		if got, ok := When(text, false); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got, _ := When("5/2/2024 10:00:00", true); got != 1707127200 { // 5 February
		t.Error(got)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		text  string
		comma bool
		want  float64
		ok    bool
	}{
		{"412", false, 412, true}, {"412", true, 412, true}, {"1,234", false, 1234, true}, {"1,234", true, 1.234,
			true}, {"1.234,5", true, 1234.5, true},
		{"1.5 K", false, 1500, true}, {"20 MiB", false, 20 << 20, true}, {"1e3", false, 1000, true}, {"-5",
			false, -5, true}, {"412 conns", false, 412, true},
		{"x", false, 0, false}, {"", false, 0, false}, {"NaN", false, 0, false}, {"Inf", false, 0, false},
		{"0x10", false, 0, false}, {"412 apples", false, 0, false},
		{"1_000", false, 0, false}, {"1e999", false, 0, false},
	} {
		if v, ok := Number(c.text, c.comma); ok != c.ok || ok && v != c.want {
			t.Errorf("%q, comma %v: %v %v, want %v %v", c.text, c.comma, v, ok, c.want, c.ok)
		}
	}
}
