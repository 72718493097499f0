package recorder

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestNotifier(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := newNotifier(func(name string) (string, bool) {
		return map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"}[name], true
	})
	now := time.Unix(1000, 0)
	for _, s := range []time.Duration{0, 1, 14, 15, 16, 31} {
		n.alive(now.Add(s * time.Second))
	}
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		buf := make([]byte, 64)
		l.SetReadDeadline(time.Now().Add(5 * time.Second))
		k, err := l.Read(buf)
		if err != nil || string(buf[:k]) != want {
			t.Fatalf("%q, %v, not %q", buf[:k], err, want)
		}
	}
	newNotifier(func(string) (string, bool) { return "", false }).alive(now) // without systemd: nothing
}
