package printed

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// What other readers know, what is of other tools, and what only speaks of such data is none
// of ours.
func TestTellRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":              "",
		"blank":              "\n\n",
		"numbers in prose":   "We saw connected_clients:5 in INFO and redis_connected_clients 5 on the page, then CurrConnections rose.\nThe pool was 310 of 376.\n",
		"prose with numbers": "On 2024-05-02 we had 412 clients.\nLater 10.0.0.9 was restarted, 12 times.\n",
		"INFO":               "# Clients\r\nconnected_clients:412\r\nblocked_clients:0\r\n",
		"INFO, then JSON":    "connected_clients:412\nblocked_clients:0\n{\"connected_clients\": 1, \"blocked_clients\": 2}\n",
		"INFO with a time":   "2024-05-02T10:00:00Z\n# Server\nredis_version:7.2.4\n# Clients\nconnected_clients:412\n",
		"CLIENT LIST":        "id=3 addr=10.0.0.9:1 fd=8 name= age=1 idle=1 flags=N db=0 cmd=get\nid=4 addr=10.0.0.9:2 fd=9 name= age=1 idle=1 flags=N db=0 cmd=get\n",
		"CONFIG as JSON":     `{"maxclients":"100","timeout":"0","maxmemory":"0","port":"6379","tcp-keepalive":"300"}`,
		"SLOWLOG as JSON":    `[[14,1714644000,12000,["get","connected_clients"],"10.0.0.9:1",""],[13,1714643000,12000,["info"],"10.0.0.9:1",""]]`,
		"SLOWLOG tree":       "1) 1) (integer) 14\n   2) (integer) 1714644000\n   3) (integer) 12000\n   4) 1) \"get\"\n",
		"CONFIG flat":        "maxclients\n10000\ntimeout\n0\ntcp-keepalive\n300\n",
		"npm":                `{"name": "shop", "version": "1.0.0", "dependencies": {"redis": "^4.0.0"}, "description": "connected_clients"}`,
		"terraform":          `{"metric_name": "CPUUtilization", "namespace": "AWS/EC2", "statistic": "Maximum"}`,
		"a pod":              `{"kind": "Pod", "metadata": {"name": "redis-0"}, "status": {"hostIP": "10.0.0.1"}}`,
		"other metrics":      "# TYPE go_goroutines gauge\ngo_goroutines 12\nnode_load1 3\n",
		"pool metrics":       "# TYPE app_pool_conn_idle_current gauge\napp_pool_conn_idle_current 3\n",
		"Heroku's Postgres":  "2024-03-15T12:11:02.000000+00:00 app[heroku-postgres]: source=DATABASE addon=postgresql-curly-12345 sample#active-connections=92 sample#max-connections=200\n",
		"other CSV":          "time,cpu\n2024-05-02T10:00:00Z,12\n2024-05-02T10:01:00Z,13\n",
		"CSV without times":  "host,connected_clients\na,5\nb,6\n",
		"settings":           "maxclients = 500\nmaxmemory = 2147483648\n",
		"prose":              "We saw connected_clients at 9,950 of maxclients 10,000, and rejected_connections was 1,204.\n",
		"words and numbers":  "apples\n12\npears\n14\n",
		"one number":         "# cat x | wc -l\n2897\n",
		"verbose log":        "1:M 02 May 2024 10:00:00.000 . 605 clients connected (0 replicas), 1000 bytes in use\n",
		"binary":             "{\x00\"connected_clients\": 1, \"blocked_clients\": 2}",
		"a log with a table": strings.Repeat("1:M 02 May 2024 10:00:00.000 # Error registering fd event\n",
			12) + "tcp 0 0 10.0.0.1:6379 10.0.0.2:5 ESTABLISHED\ntcp 0 0 10.0.0.1:6379 10.0.0.2:6 ESTABLISHED\n",
	} {
		if f := Tell([]byte(text)); f != FormNone {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// The forms that a text can be cut out of a longer one, and are still told.
func TestTellByBlock(t *testing.T) {
	for file, want := range map[string]Form{"info-php.txt": FormPHP, "info-php-dump.txt": FormPHP, "clients-php.txt": FormPHP, "uniq-list.txt": FormPeers, "pairs.md": FormPairs, "pairs.txt": FormPairs, "table.csv": FormTable,
		"count.txt": FormPeers, "info.json": FormDictionary, "info-python.txt": FormLiteral,
		"uniq.txt": FormPeers, "ss.txt": FormSockets, "stat.txt": FormStat,
		"exposition.txt": FormExposition, "datadog.json": FormDatadog, "long.csv": FormCSV,
		"dashboard.json": FormDashboard} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := Tell(text); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
		if got := Tell([]byte(strings.ReplaceAll(string(text), "\n", "\r\n"))); got != want {
			t.Errorf("%s with CRLF: %s, want %s", file, got, want)
		}
	}
}

// The text of a table of sockets is told and read again as what it was.
func TestSocketsAgain(t *testing.T) {
	peers := []record.Peer{{Name: "10.0.0.9", Count: 12, State: "ESTAB"}, {Name: "api-7d4b9c-x2x9q", Count: 7,
		State: ""}, {Name: "10.0.0.9", Count: 3, State: "CLOSE-WAIT"},
		{Name: "::1", Count: 1, State: ""}}
	text := record.AppendSockets(nil, slices.Clone(peers))
	if f := Tell(text); f != FormPeers {
		t.Fatalf("%s\n%s", f, text)
	}
	r, err := Read(bytes.NewReader(text), FormPeers)
	if err != nil {
		t.Fatal(err)
	}
	for p := range r.Replies() {
		if got := socketsOf(p.Text); !slices.Equal(got, peers) || !bytes.Equal(p.Text, text) {
			t.Errorf("%v\n%s", got, p.Text)
		}
	}
}

func socketsOf(text []byte) []record.Peer {
	peers, _ := (&record.Other{Command: record.SocketsCommand, Text: text}).Sockets()
	return peers
}
