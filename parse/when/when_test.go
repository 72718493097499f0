package when

import (
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	const want = "2026-11-21T06:28:09Z"
	for _, c := range []struct{ text, want, rest, zone string }{
		{"2026-11-21T06:28:09Z", want, "", ""},
		{"2026-11-21T08:28:09.5+02:00", "2026-11-21T06:28:09.5Z", "", ""},
		{"2026-11-21T08:28:09+0200", want, "", ""},
		{"2026-11-21 06:28:09,655", "2026-11-21T06:28:09.655Z", "", ""},
		{"2026-11-21 01:28:09.0 -0500", want, "", ""},
		{"2026-11-21 07:28:09 +0100 CET", want, "", ""},
		{"2026-11-21 07:28:09 +0100 XYZ", want, "", ""},
		{"2026-11-21 06:28", "2026-11-21T06:28:00Z", "", ""},
		{"2026/11/21 06:28:09", want, "", ""},
		{"21.11.2026 06:28:09", want, "", ""},
		{"11/21/2026, 6:28:09 AM", want, "", ""},
		{"21/11/2026 06:28:09", want, "", ""},
		{"Sat Nov 21 06:28:09 UTC 2026", want, "", ""},
		{"Thu Oct  1 06:28:09 UTC 2026", "2026-10-01T06:28:09Z", "", ""},
		{"Sat Nov 21 07:28:09 CET 2026", want, "", ""},
		{"Sat Nov 21 09:28:09 +03 2026", want, "", ""},
		{"Sat Nov 21 06:28:09 IST 2026", want, "", "IST"},
		{"Sat 21 Nov 2026 06:28:09 PM UTC", "2026-11-21T18:28:09Z", "", ""},
		{"Saturday, November 21, 2026, 12:28:09 am", "2026-11-21T00:28:09Z", "", ""},
		{"Sat Nov 21 2026 07:28:09 GMT+0100", want, "", ""},
		{"Sat, 21 Nov 2026 06:28:09 +0000", want, "", ""},
		{"21 Nov 2026 06:28:09.655 # Server started", "2026-11-21T06:28:09.655Z", " # Server started", ""},
		{"21 Nov 06:28:09 - 2026 clients connected", "2000-11-21T06:28:09Z", " - 2026 clients connected", ""},
		{"29 Feb 06:28:09", "2000-02-29T06:28:09Z", "", ""},
		{"Nov 21 06:28:09 10.0.0.1 redis[7]: x", "2000-11-21T06:28:09Z", " 10.0.0.1 redis[7]: x", ""},
		{"06:28:09.25", "0001-01-01T06:28:09.25Z", "", ""},
		{"6:28:09 PM", "0001-01-01T18:28:09Z", "", ""},
		{"1795242489", want, "", ""},
		{"1795242489.25] ", "2026-11-21T06:28:09.25Z", "] ", ""},
		{"1795242489250", "2026-11-21T06:28:09.25Z", "", ""},
		{"1795242489250000", "2026-11-21T06:28:09.25Z", "", ""},
		{"1795242489250000000", "2026-11-21T06:28:09.25Z", "", ""},
	} {
		got, n := Read([]byte(c.text), false)
		if at := got.At.Format(time.RFC3339Nano); n == 0 || at != c.want || c.text[n:] != c.rest || got.ZoneName != c.zone {
			t.Errorf("%q: %s %q, rest %q", c.text, at, got.ZoneName, c.text[n:])
		}
	}
	for _, text := range []string{"", "x", "179524248", "17952424890", "2026-11-21", "2026-13-21T06:28:09Z", "2026-11-31 06:28:09",
		"0795242489", "9999999999", "99:00:00", "10:60:00", "1:2:3", "10:2", "6.2.1", "Nov 06:28:09", "21 06:28:09", "1900-01-01 00:00:00",
		"9999999999999999999", "1795242489:M", "1795242489-1", "May", "2026 06:28:09", "0.0.2026 06:28:09"} {
		if got, n := Read([]byte(text), false); n > 0 {
			t.Errorf("%q: taken for %v", text, got.At)
		}
	}
	if got, _ := Read([]byte("5/2/2024 10:00:00"), true); got.At.Month() != time.February {
		t.Error(got.At)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	line := []byte("21 Nov 2026 06:28:09.655 # Server started")
	if n := testing.AllocsPerRun(100, func() { Read(line, false) }); n > 0 {
		t.Error(n, "allocations")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"2026-11-21T06:28:09+02:00", "Sat Nov 21 06:28:09 IST 2026", "1795242489.25", "1/2/2026, 3:04 PM", "+", "1:"} {
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, dayFirst bool) {
		got, n := Read(b, dayFirst)
		if n < 0 || n > len(b) || n > 0 && got.Year && (got.At.Year() < minYear-1 || got.At.Year() > maxYear) {
			t.Errorf("%q: %v, %d", b, got, n)
		}
		if n > 0 { // what is behind a time does not change it
			if again, m := Read(b[:n], dayFirst); m != n || !again.At.Equal(got.At) {
				t.Errorf("%q: %v and %v of %d and %d bytes", b, got, again, n, m)
			}
		}
		InName(string(b[:min(len(b), 255)]))
	})
}

func TestInName(t *testing.T) {
	for name, want := range map[string]string{
		"2026-11-21T06:28:09Z.txt":           "2026-11-21T06:28:09Z",
		"clients-20261121-062809.txt.gz":     "2026-11-21T06:28:09Z",
		"20261121T062809Z_info":              "2026-11-21T06:28:09Z",
		"20261121062809.log":                 "2026-11-21T06:28:09Z",
		"info_2026-11-21_06.28.09":           "2026-11-21T06:28:09Z",
		"2026-11-21T08:28:09+02:00-info.txt": "2026-11-21T06:28:09Z",
		"1795242489-slowlog":                 "2026-11-21T06:28:09Z",
		"r2.1795242489250.txt":               "2026-11-21T06:28:09.25Z",
		"20261121-062809-0001.txt":           "2026-11-21T06:28:09Z",
		"info-0001.txt":                      "",
		"20261121.txt":                       "",
		"20261399-062809":                    "",
		"redis-7.0.15.txt":                   "",
	} {
		at, ok := InName(name)
		got := ""
		if ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
