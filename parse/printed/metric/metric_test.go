package metric

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "write the page's table anew")

const readsPage = "../../../docs/reads.md"

var nameTable = regexp.MustCompile(`(?s)\| name \| .*?\n\n|NAMES\n`)

// TestReadsPage holds the page's table of names against this one.
func TestReadsPage(t *testing.T) {
	page, err := os.ReadFile(readsPage)
	if err != nil {
		t.Fatal(err)
	}
	fresh := nameTable.ReplaceAll(page, nameRows())
	if *update {
		if err := os.WriteFile(readsPage, fresh, 0o666); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(fresh, page) || !nameTable.Match(page) {
		t.Errorf("%s has not these names; go test ./parse/printed/metric -update writes them", readsPage)
	}
}

// nameRows writes the table of names.
func nameRows() []byte {
	b := []byte("| name | INFO's key | class | factor | of |\n|---|---|---|---|---|\n")
	for _, m := range metrics {
		b = fmt.Appendf(b, "| `%s` | `%s` | %s | %g | %s |\n", m.Name, m.Key, m.Class, m.Factor, m.From)
	}
	return append(b, '\n')
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
		if m, ok := ByName(name); ok {
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
		if KeyOf(m.Key) < 0 || Canonical(m.Name) != m.Name || m.Factor == 0 || m.From == "" || seen[m.Name] {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
	}
	if len(seen) < 60 {
		t.Error(len(seen))
	}
}

func TestAs(t *testing.T) {
	for _, c := range []struct {
		class Class
		kind  string
		want  Class
	}{{Counter, "DELTA", Increment}, {Increment, "cumulative", Counter}, {Gauge, "DELTA", Gauge}, {Counter, "", Counter}} {
		if got := (Metric{Class: c.class}).As(c.kind).Class; got != c.want {
			t.Errorf("%s as %q: %s, want %s", c.class, c.kind, got, c.want)
		}
	}
}

func ExampleByName() {
	m, _ := ByName("rate(redis_connections_received_total[5m])")
	fmt.Println(m.Key, m.Class)
	// Output: total_connections_received rate
}
