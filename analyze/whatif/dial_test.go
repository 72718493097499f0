package whatif

import (
	"testing"

	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// TestDialFlags: a command names the recorded server, speaks TLS where the recorder did, and takes
// nothing from an address that a shell would act on.
func TestDialFlags(t *testing.T) {
	for _, c := range []struct {
		target string
		tls    bool
		want   string
	}{
		{"redis-1:6379", false, "-h redis-1 -p 6379 "},
		{"redis-1:6380", true, "-h redis-1 -p 6380 --tls "},
		{"[::1]:6379", false, "-h ::1 -p 6379 "},
		{"/run/redis.sock", false, "-s /run/redis.sock "},
		{"", true, ""},
		{"a b:6379", false, ""},
		{"$(reboot):6379", true, ""},
		{"/tmp/;reboot", false, ""},
	} {
		tl := &timeline.Timeline{}
		tl.Origin.Meta = record.Meta{Target: c.target, TLS: c.tls}
		if got := dialFlags(&measure.Model{TL: tl}, c.target); got != c.want {
			t.Errorf("%q: %q, want %q", c.target, got, c.want)
		}
	}
}

func TestDialled(t *testing.T) {
	const two = "redis-cli INFO persistence; redis-cli LATENCY LATEST"
	for _, c := range []struct {
		command string
		full    bool
		want    string
	}{
		{two, false, "redis-cli -h r -p 1 --tls INFO persistence; redis-cli -h r -p 1 --tls LATENCY LATEST"},
		{"redis-cli CLIENT LIST | grep -F ' name=a'", true, held + "CLIENT LIST"},
		{two, true, held + "INFO persistence; LATENCY LATEST"},
		{"restart the instances", true, "restart the instances"},
	} {
		if got := dialled(c.command, "-h r -p 1 --tls ", c.full); got != c.want {
			t.Errorf("%q", got)
		}
	}
}
