package recorder

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/capture"
)

func TestCaptureByDefaultName(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	for want, target := range map[string]capture.Target{
		"127.0.0.1-6379-20260301T110000Z.connbox": {},
		"redis-1-6380-20260301T110000Z.connbox":   {Host: "redis-1", Port: 6380},
		"fe80--1-6379-20260301T110000Z.connbox":   {Host: "fe80::1"},
		"redis.sock-20260301T110000Z.connbox":     {Socket: "/run/redis/redis.sock"},
		"passwd-6379-20260301T110000Z.connbox":    {Host: "../passwd"},
	} {
		got := defaultBundle(&target, at)
		if want == "fe80--1-6379-20260301T110000Z.connbox" {
			want = strings.Replace(want, "-6379", "--6379", 1) // the bracket
		}
		if got != want || filepath.Base(got) != got {
			t.Errorf("%+v: %s, want %s", target, got, want)
		}
	}
}
