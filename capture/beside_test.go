package capture

import (
	"runtime"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestFactsOfTheHost: beside the server the recorder tells what the system knows of its process and
// its sockets, without asking the server; of one that is elsewhere, nothing.
func TestFactsOfTheHost(t *testing.T) {
	s := testserver.Start(t)
	r := recording(t, Options{Target: targetOf(s), Budget: 1})
	r.seesMore(record.KindInfo, "", 3)
	if runtime.GOOS == "linux" {
		r.sees(record.KindOther, record.HostCommand)
		r.sees(record.KindOther, record.SocketsCommand)
		for _, k := range r.all() {
			if k.kind == record.KindOther && k.command == record.HostCommand && !strings.Contains(k.text, "\ndescriptors_limit:") {
				t.Errorf("%s", k.text)
			}
		}
	}
	elsewhere := fakeServer(t, answer(map[string]string{"INFO": "$29\r\nprocess_id:1\r\ntcp_port:6379\r\n\r\n"}))
	far := recording(t, Options{Target: elsewhere, Wait: true, Clients: -1, Slowlog: -1, Config: -1})
	far.seesMore(record.KindInfo, "", 3)
	if n := far.count(record.KindOther, record.HostCommand); n > 0 {
		t.Error("facts of a process that is no server")
	}
}
