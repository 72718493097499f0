package dump

import (
	"strings"
	"testing"
	"time"
)

func TestParseStamp(t *testing.T) {
	tests := []struct{ line, want, zone string }{
		{"2026-11-21T06:28:09Z", "2026-11-21T06:28:09Z", ""},
		{"2026-11-21T08:28:09.5+02:00", "2026-11-21T06:28:09.5Z", ""},
		{"2026-11-21T08:28:09+0200", "2026-11-21T06:28:09Z", ""},
		{"2026-11-21 06:28:09 UTC", "2026-11-21T06:28:09Z", ""},
		{"2026-11-21 06:28:09", "2026-11-21T06:28:09Z", "none"},
		{"=== 2026-11-21T06:28:09Z ===", "2026-11-21T06:28:09Z", ""},
		{"=== 06:28 ===", "0001-01-02T06:28:00Z", "none"},
		{"--- 06:28:09 ---", "0001-01-02T06:28:09Z", "none"},
		{"# time: 2026-11-21T06:28:09Z", "2026-11-21T06:28:09Z", ""},
		{"Sat Nov 21 06:28:09 UTC 2026", "2026-11-21T06:28:09Z", ""},
		{"Thu Oct  1 06:28:09 UTC 2026", "2026-10-01T06:28:09Z", ""},
		{"Sat Nov 21 07:28:09 CET 2026", "2026-11-21T06:28:09Z", ""},
		{"Sat Nov 21 01:28:09 EST 2026", "2026-11-21T06:28:09Z", ""},
		{"Sat Nov 21 09:28:09 +03 2026", "2026-11-21T06:28:09Z", ""},
		{"Sat Nov 21 06:28:09 IST 2026", "2026-11-21T06:28:09Z", "IST"},
		{"Sat Nov 21 06:28:09 AM UTC 2026", "2026-11-21T06:28:09Z", ""},
		{"Sat 21 Nov 2026 06:28:09 PM UTC", "2026-11-21T18:28:09Z", ""},
		{"Sat 21 Nov 06:28:09 GMT 2026", "2026-11-21T06:28:09Z", ""},
		{"Sat, 21 Nov 2026 06:28:09 +0000", "2026-11-21T06:28:09Z", ""},
		{"1795242489", "2026-11-21T06:28:09Z", ""},
		{"1795242489.25", "2026-11-21T06:28:09.25Z", ""},
		{"1795242489250", "2026-11-21T06:28:09.25Z", ""},
		{"1795242489250000", "2026-11-21T06:28:09.25Z", ""},
		{"1795242489250000000", "2026-11-21T06:28:09.25Z", ""},
	}
	for _, test := range tests {
		st, ok := parseStamp([]byte(test.line))
		if got := st.at.Format(time.RFC3339Nano); !ok || got != test.want || st.zone != test.zone {
			t.Errorf("%q: got %s %q %v, want %s %q", test.line, got, st.zone, ok, test.want, test.zone)
		}
	}
	for _, line := range []string{"", "179524248", "17952424890", "2026-11-21", "06:28", "2026-13-21T06:28:09Z", "hello 1795242489",
		"db0:keys=1795242489,expires=0", "uptime_in_seconds:1795242489", "0795242489", "----------", "=== a ===", "# Server"} {
		if st, ok := parseStamp([]byte(line)); ok {
			t.Errorf("%q: taken for %v", line, st.at)
		}
	}
}

// TestServerClock: a clock before 2001 or after 2286 is no time of a reply.
func TestServerClock(t *testing.T) {
	for text, want := range map[string]bool{"5": false, "0": false, "-1795236648000000": false, "99999999999999999": false,
		"1795236648000000": true} {
		d := NewReader(strings.NewReader("# Server\r\nserver_time_usec:"+text+"\r\nuptime_in_seconds:9\r\n"), "x")
		if !d.Scan() || d.Record().Base().At.IsZero() == want {
			t.Errorf("%s: no record, or its time is %v", text, d.Record().Base().At)
		}
	}
}
