package serverlog

import (
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/when"
)

func TestCut(t *testing.T) {
	utc := func(y, mo, d, h, m, s, ms int) time.Time {
		return time.Date(y, time.Month(mo), d, h, m, s, ms*1e6, time.UTC)
	}
	tests := []struct {
		name, line string
		prefix     int
		pid        int64
		role       byte
		level      byte
		at         time.Time
		year, zone bool
		text       string
	}{
		{"2.4", "[21931] 05 Sep 10:39:13 - 29 clients connected (0 slaves), 1222912 bytes in use",
			0, 21931, 0, '-', utc(2000, 9, 5, 10, 39, 13, 0), false, false, "29 clients connected (0 slaves), 1222912 bytes in use"},
		{"2.8", "[7805] 21 Nov 04:51:06.655 # Server started, Redis version 2.8.24\r\n",
			0, 7805, 0, '#', utc(2000, 11, 21, 4, 51, 6, 655), false, false, "Server started, Redis version 2.8.24"},
		{"leap day", "[7805] 29 Feb 04:51:06.655 . x",
			0, 7805, 0, '.', utc(2000, 2, 29, 4, 51, 6, 655), false, false, "x"},
		{"3.2", "4296:M 26 Oct 02:18:27.717 # Connection with slave 10.0.0.1:6379 lost.",
			0, 4296, 'M', '#', utc(2000, 10, 26, 2, 18, 27, 717), false, false, "Connection with slave 10.0.0.1:6379 lost."},
		{"7.0", "1:S 21 Nov 2026 04:57:28.109 * Server initialized",
			0, 1, 'S', '*', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "Server initialized"},
		{"child", "99:C 21 Nov 2026 04:57:28.109 * DB saved on disk", 0, 99, 'C', '*', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "DB saved on disk"},
		{"Sentinel", "7:X 21 Nov 2026 04:57:28.109 # +sdown master mymaster 10.0.0.1 6379",
			0, 7, 'X', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "+sdown master mymaster 10.0.0.1 6379"},
		{"KeyDB", "9:57:S 21 Nov 2026 04:57:28.109 * Ready to accept connections",
			0, 9, 'S', '*', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "Ready to accept connections"},
		{"iso8601", "17:M 2026-11-21T04:51:06.655+01:00 # x", 0, 17, 'M', '#', utc(2026, 11, 21, 3, 51, 6, 655), true, true, "x"},
		{"milliseconds", "17:M 1795236666655 - x", 0, 17, 'M', '-', time.UnixMilli(1795236666655).UTC(), true, true, "x"},
		{"logfmt", `pid=17 role=RDB/AOF timestamp="21 Nov 2026 04:51:06.655" level=notice message="DB saved on disk"`,
			0, 17, 'C', '*', utc(2026, 11, 21, 4, 51, 6, 655), true, false, "DB saved on disk"},
		{"logfmt iso8601", `app-1 | pid=17 role=primary timestamp="2026-11-21T04:51:06.655-05:00" level=warning message="x y"`,
			8, 17, 'M', '#', utc(2026, 11, 21, 9, 51, 6, 655), true, true, "x y"},
		{"signal", "10648:signal-handler (1795236767) Received SIGTERM scheduling shutdown...",
			0, 10648, 0, '#', time.Unix(1795236767, 0).UTC(), true, true, "Received SIGTERM scheduling shutdown..."},
		{"compose", "redis_1  | 1:M 21 Nov 2026 04:57:28.109 # x", 11, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x"},
		{"kubectl", "2026-11-21T04:57:28.110000001Z 1:M 21 Nov 2026 04:57:28.109 # x",
			31, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x"},
		{"journald", "Nov 21 04:57:28 db1 redis-server[812]: 812:M 21 Nov 2026 04:57:28.109 # x",
			39, 812, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x"},
		{"syslog", "Nov  1 04:57:28 db1 redis[812]: Connection with replica 10.0.0.1:6379 lost.",
			32, 812, 0, 0, utc(2000, 11, 1, 4, 57, 28, 0), false, false, "Connection with replica 10.0.0.1:6379 lost."},
		{"syslog 5424", "<28>1 2026-11-21T04:57:28Z db1 valkey[812]: x",
			44, 812, 0, 0, utc(2026, 11, 21, 4, 57, 28, 0), true, true, "x"},
		{"an operator's, which took off the server's time", "2026-11-21T04:57:28.123Z I1121 04:57:28.120 1 *] 18:S Connection with master lost.",
			49, 18, 'S', 0, utc(2026, 11, 21, 4, 57, 28, 123), true, true, "Connection with master lost."},
		{"all but the clock taken off", "04:57:28.123 # Connection with slave 10.0.0.1:6379 lost.",
			0, 0, 0, '#', time.Time{}, false, false, "Connection with slave 10.0.0.1:6379 lost."},
		{"of no known sentence", "04:57:28.123 * Caching the disconnected master state.",
			0, 0, 0, '*', time.Time{}, false, false, "Caching the disconnected master state."},
		{"count", "04:57:28.123 - 29 clients connected (0 slaves), 1222912 bytes in use",
			0, 0, 0, '-', time.Time{}, false, false, "29 clients connected (0 slaves), 1222912 bytes in use"},
		{"time taken off, no other", "18:M Error accepting a client connection: Connection timed out",
			0, 18, 'M', 0, time.Time{}, false, false, "Error accepting a client connection: Connection timed out"},
		{"filebeat, metadata first", `{"@timestamp":"2026-11-21T04:57:29Z","kubernetes":{"pod":"` + strings.Repeat("x", 400) + `"},"message":"1:M 21 Nov 2026 04:57:28.109 # x \"y\""}`,
			0, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, `x "y"`},
		{"ElastiCache", `{"CacheClusterId":"prod-001","CacheNodeId":"0001","Time":"2026-11-21 04:57:28.100 UTC","LogLevel":"NOTICE","Role":"M","Message":"x y"}`,
			0, 0, 'M', '*', utc(2026, 11, 21, 4, 57, 28, 100), true, true, "x y"},
		{"docker json", `{"log":"1:M 21 Nov 2026 04:57:28.109 # x y\n","stream":"stdout","time":"2026-11-21T04:57:28.1Z"}`,
			0, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x y"},
		{"quotation", "> `1:M 21 Nov 2026 04:57:28.109 # x y`", 3, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x y"},
		{"grep", "redis.log:118:1:M 21 Nov 2026 04:57:28.109 # x", 14, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, "x"},
		{"no text", "1:M 21 Nov 2026 04:57:28.109 #", 0, 1, 'M', '#', utc(2026, 11, 21, 4, 57, 28, 109), true, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Line
			if !Cut([]byte(tt.line), &l) {
				t.Fatalf("Cut(%q) found no head", tt.line)
			}
			if l.Prefix != tt.prefix || l.PID != tt.pid || l.Role != tt.role || l.Level != tt.level || string(l.Text) != tt.text {
				t.Errorf("got prefix %d, pid %d, role %q, level %q, text %q", l.Prefix, l.PID, l.Role, l.Level, l.Text)
			}
			if !l.Date.At.Equal(tt.at) || l.Date.Year != tt.year || l.Date.Zone != tt.zone {
				t.Errorf("got date %v, year %v, zone %v, want %v", l.Date.At, l.Date.Year, l.Date.Zone, tt.at)
			}
		})
	}
}

func TestCutRefuses(t *testing.T) {
	for _, line := range []string{
		"",
		":",
		"1:M",
		"1:M ",
		"1:M 21 Nov 2026 04:57:28.109",
		"1:M 21 Nov 2026 04:57:28.109 ?",
		"1:M 21 Nov 2026 04:57:28.109 #x",
		"1:M 31 Nov 2026 04:57:28.109 # no such day",
		"1:M 21 Nov 9026 04:57:28.109 # no such year",
		"1:M 21 Nov 2026 24:57:28.109 # no such hour",
		"1:M 21 Xxx 2026 04:57:28.109 # no such month",
		"1:M 9999999999999 # a time beyond all clocks",
		"x:M 21 Nov 2026 04:57:28.109 # x",
		"[x] 21 Nov 04:57:28.109 # x",
		"connected_clients:5",
		"id=5 addr=10.0.0.1:6379 fd=8 name=1:M age=5 idle=5 flags=N",
		"Nov 21 04:57:28 db1 sshd[812]: Accepted publickey for root from 10.0.0.1 port 22",
		`pid=17 role=primary timestamp="yesterday" level=warning message="x"`,
		"10648:signal-handler (now) Received SIGTERM",
		"04:57:28.123 - Something of another program",
		"04:57:28.123 * an item of a list",
		"04:57:28 # Connection with slave 10.0.0.1:6379 lost.",
		"04:57:28.123 ? Connection with slave 10.0.0.1:6379 lost.",
	} {
		var l Line
		if Cut([]byte(line), &l) {
			t.Errorf("Cut(%q) took it: %+v", line, l)
		}
	}
}

func TestCalendar(t *testing.T) {
	at := func(y, mo, d int) time.Time { return time.Date(y, time.Month(mo), d, 12, 0, 0, 0, time.UTC) }
	none := func(mo, d int) when.Time { return when.Time{At: at(2000, mo, d)} }
	tests := []struct {
		name  string
		dates []when.Time
		want  []time.Time
		known []bool
	}{
		{"years alone", []when.Time{{At: at(2026, 1, 2), Year: true}}, []time.Time{at(2026, 1, 2)}, []bool{true}},
		{"no year", []when.Time{none(10, 26), none(10, 27)}, []time.Time{at(2000, 10, 26), at(2000, 10, 27)}, []bool{false, false}},
		{"over new year", []when.Time{none(12, 31), none(1, 1), none(1, 2)},
			[]time.Time{at(2000, 12, 31), at(2001, 1, 1), at(2001, 1, 2)}, []bool{false, false, false}},
		{"a line out of order", []when.Time{none(5, 2), none(5, 1)}, []time.Time{at(2000, 5, 2), at(2000, 5, 1)}, []bool{false, false}},
		{"upgraded", []when.Time{{At: at(2026, 12, 30), Year: true}, none(12, 31), none(1, 1)},
			[]time.Time{at(2026, 12, 30), at(2026, 12, 31), at(2027, 1, 1)}, []bool{true, true, true}},
		{"29 February", []when.Time{{At: at(2027, 12, 30), Year: true}, none(2, 29)},
			[]time.Time{at(2027, 12, 30), at(2028, 2, 29)}, []bool{true, true}},
		{"no date", []when.Time{{}}, []time.Time{{}}, []bool{false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Calendar
			for i, d := range tt.dates {
				if got, known := c.At(d); !got.Equal(tt.want[i]) || known != tt.known[i] {
					t.Errorf("date %d: got %v, %v, want %v, %v", i, got, known, tt.want[i], tt.known[i])
				}
			}
		})
	}
}

func TestCalendarAnchor(t *testing.T) {
	var c Calendar
	c.Anchor(time.Date(2027, 1, 1, 0, 0, 5, 0, time.UTC))
	got, known := c.At(when.Time{At: time.Date(2000, 12, 31, 23, 59, 59, 0, time.UTC)})
	if want := time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC); !got.Equal(want) || !known {
		t.Errorf("got %v, %v, want %v", got, known, want)
	}
}

// A log that goes on and on between December and January leaves no time that cannot be kept.
func TestCalendarIsBounded(t *testing.T) {
	var c Calendar
	var got time.Time
	for range 1000 {
		c.At(when.Time{At: time.Date(2000, 12, 31, 0, 0, 0, 0, time.UTC)})
		got, _ = c.At(when.Time{At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	if got.Year() > maxYear {
		t.Errorf("year %d", got.Year())
	}
}
