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
		"prose":              "We saw connected_clients:5 in INFO and redis_connected_clients 5 on the page, then CurrConnections rose.\nThe pool was 310 of 376.\n",
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
		"other CSV":          "time,cpu\n2024-05-02T10:00:00Z,12\n2024-05-02T10:01:00Z,13\n",
		"CSV without times":  "host,connected_clients\na,5\nb,6\n",
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
	for file, want := range map[string]Form{"info-php.txt": FormPrintR, "table.csv": FormTable,
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

func TestMetricByName(t *testing.T) {
	for name, want := range map[string]string{
		"redis_connected_clients":                                      "connected_clients gauge",
		"redis.clients.connected":                                      "connected_clients gauge",
		"Connected Clients":                                            "connected_clients gauge",
		"connectedclients7":                                            "connected_clients gauge",
		"max:redis.net.clients{env:prod} by {host}":                    "connected_clients gauge",
		"sum by (pod) (redis_connected_clients{job=\"x\"})":            "connected_clients gauge",
		"rate(redis_rejected_connections_total[5m])":                   "rejected_connections rate",
		"increase(redis_connections_received_total[1h])":               "total_connections_received increment",
		"redis.net.rejected.as_count()":                                "rejected_connections increment",
		"valkey_rejected_connections_total":                            "rejected_connections counter",
		"redis.googleapis.com/clients/connected":                       "connected_clients gauge",
		"redis_connected_clients / redis_config_maxclients":            "",
		"100*(redis_connected_clients)/(redis_config_maxclients)":      "",
		"redis_connected_clients - redis_config_maxclients":            "",
		"histogram_quantile(0.9, redis_commands_latencies_bucket[5m])": "",
		"pool_connected_clients":                                       "",
		"":                                                             "",
	} {
		got := ""
		if m, ok := MetricByName(name); ok {
			got = m.Key + " " + m.Class.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Every name of the table leads to a key that a reply can hold, and is written as Canonical does.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range metrics {
		if keyOf(m.Key) < 0 || Canonical(m.Name) != m.Name || m.Factor == 0 || m.From == "" || seen[m.Name] {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
	}
	if len(seen) < 60 {
		t.Error(len(seen))
	}
}

func TestWhen(t *testing.T) {
	for text, want := range map[string]float64{
		"1714644000": 1714644000, "1714644000.5": 1714644000.5, "1714644000123": 1714644000.123,
		"1714644000123456":    1714644000.123456,
		"1714644000000000000": 1714644000, "2024-05-02T10:00:00Z": 1714644000,
		"2024-05-02T12:00:00+02:00": 1714644000,
		"2024-05-02 10:00:00":       1714644000, "2024-05-02T10:00": 1714644000, "02.05.2024 10:00:00": 1714644000,
		"5/2/2024 10:00:00":        1714644000,
		"May 2, 2024, 10:00:00 AM": 1714644000, "412": 0, "10:00:00": 0, "": 0, "9999999999999999999": 0,
		"2024": 0, "1700": 0,
	} {
		if got, ok := parseWhen(text, false); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got, _ := parseWhen("5/2/2024 10:00:00", true); got != 1707127200 { // 5 February
		t.Error(got)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		text  string
		comma bool
		want  float64
		ok    bool
	}{
		{"412", false, 412, true}, {"412", true, 412, true}, {"1,234", false, 1234, true}, {"1,234", true, 1.234,
			true}, {"1.234,5", true, 1234.5, true},
		{"1.5 K", false, 1500, true}, {"20 MiB", false, 20 << 20, true}, {"1e3", false, 1000, true}, {"-5",
			false, -5, true}, {"412 conns", false, 412, true},
		{"x", false, 0, false}, {"", false, 0, false}, {"NaN", false, 0, false}, {"Inf", false, 0, false},
		{"0x10", false, 0, false}, {"412 apples", false, 0, false},
		{"1_000", false, 0, false}, {"1e999", false, 0, false},
	} {
		if v, ok := parseNumber(c.text, c.comma); ok != c.ok || ok && v != c.want {
			t.Errorf("%q, comma %v: %v %v, want %v %v", c.text, c.comma, v, ok, c.want, c.ok)
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
