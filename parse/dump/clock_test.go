package dump

import (
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// times gives the times of the INFO replies in a text.
func times(t *testing.T, text string) (out []string) {
	t.Helper()
	d := NewReader(strings.NewReader(text), "x")
	for d.Scan() {
		if r, ok := d.Record().(*record.Info); ok {
			out = append(out, r.At.Format(time.RFC3339))
		}
	}
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTimesWithoutADate(t *testing.T) {
	const info = "# Clients\nconnected_clients:1\n"
	const dated = "# Server\nserver_time_usec:1795236649000000\nrun_id:a\n" // 2026-11-21T04:50:49Z
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"times of day", "22:05:01\n" + info + "22:05:11\n" + info, []string{"0001-01-02T22:05:01Z", "0001-01-02T22:05:11Z"}},
		{"past midnight", "23:59:55\n" + info + "00:00:05\n" + info, []string{"0001-01-02T23:59:55Z", "0001-01-03T00:00:05Z"}},
		{"afternoon", "=== 1:05:01 PM ===\n" + info, []string{"0001-01-02T13:05:01Z"}},
		{"the server's clock tells the day", "05:50:48\n" + dated, []string{"2026-11-21T04:50:48Z"}},
		{"after a date", "2026-11-21T23:59:50Z\n" + info + "00:00:10\n" + info, []string{"2026-11-21T23:59:50Z", "2026-11-22T00:00:10Z"}},
		{"in the prefix", "2026-11-26T22:00:01Z redis | # Clients\n2026-11-26T22:00:02Z redis | connected_clients:1\n", []string{"2026-11-26T22:00:01Z"}},
		{"no time in prose", "at 22:05 it began\n" + info, []string{"0001-01-01T00:00:00Z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := times(t, test.text); strings.Join(got, " ") != strings.Join(test.want, " ") {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
