package recorder

import (
	"net"
	"strconv"
	"sync"
	"time"
)

// A notifier tells systemd that the recorder is up, and then that it is alive: sd_notify(3)'s
// protocol, a datagram to the socket that NOTIFY_SOCKET names. Without one it does nothing.
type notifier struct {
	mu    sync.Mutex // several recorders are alive in one process
	conn  net.Conn
	every time.Duration // half of the watchdog's time; 0 = there is none
	last  time.Time
}

func newNotifier(env func(string) (string, bool)) *notifier {
	n := &notifier{}
	path, ok := env("NOTIFY_SOCKET")
	if !ok || path == "" {
		return n
	}
	n.conn, _ = net.Dial("unixgram", path)
	if usec, ok := env("WATCHDOG_USEC"); ok {
		us, _ := strconv.ParseInt(usec, 10, 64)
		n.every = time.Duration(us) * time.Microsecond / 2
	}
	return n
}

// alive is called with each record: also one of a refusal shows that the recorder works.
func (n *notifier) alive(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.conn == nil:
	case n.last.IsZero():
		n.conn.Write([]byte("READY=1"))
		n.last = now
	case n.every > 0 && now.Sub(n.last) >= n.every:
		n.conn.Write([]byte("WATCHDOG=1"))
		n.last = now
	}
}
