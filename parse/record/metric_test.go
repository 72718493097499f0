package record

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var metricServer = regexp.MustCompile(`^(redis|valkey|keydb) [0-9]+\.[0-9]+(-[0-9]+\.[0-9]+)?$|^(dragonfly|kvrocks|garnet)$`)

// TestMetricsTable checks the table itself.
func TestMetricsTable(t *testing.T) {
	seen := map[string]bool{}
	n := 0
	for m := range Metrics() {
		n++
		if m.Key == "" || m.Section == "" || seen[m.Key] || len(m.Key) > 64 {
			t.Errorf("%q in %q: empty, twice or too long", m.Key, m.Section)
		}
		seen[m.Key] = true
		if m.Class == ClassIdentity && m.Unit != "" {
			t.Errorf("%s: text with a unit", m.Key)
		}
		for s := range strings.SplitSeq(m.Servers, ", ") {
			if !metricServer.MatchString(s) {
				t.Errorf("%s: servers %q", m.Key, m.Servers)
			}
		}
		if got, ok := MetricByKey(m.Key); !ok || got.Key != m.Key {
			t.Errorf("%s: found %q", m.Key, got.Key)
		}
	}
	if n < 400 {
		t.Errorf("%d metrics", n)
	}
	for p := range MetricParts() {
		if !seen[p.Metric] || p.Part == "" {
			t.Errorf("part %+v is of no metric", p)
		}
	}
}

func TestMetricByKey(t *testing.T) {
	for key, want := range map[string]string{
		"connected_clients": "connected_clients", "slave0": "slave#", "slave12": "slave#", "slave_repl_offset": "slave_repl_offset",
		"cmdstat_client|list": "cmdstat_*", "cmdstat_": "", "slave": "", "slavex": "", "db0": "db#", "db15_distrib_lists_items": "db#_*",
		"thread_3_clients": "thread_#_clients", "thread__clients": "", "cluster_stats_messages_ping_sent": "cluster_stats_messages_*_sent",
		"cluster_stats_messages__sent": "", "errorstat_ERR": "errorstat_*", "no_such_key": "", "": "",
		"total_system_memory(MB)": "total_system_memory(MB)", "store_index_size": "store_*_size",
	} {
		m, ok := MetricByKey(key)
		if m.Key != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", key, m.Key, want)
		}
	}
}

func TestMetricOn(t *testing.T) {
	m, _ := MetricByKey("client_longest_output_list")
	if since, until, ok := m.On(FamilyRedis); since != "2.8" || until != "4.0" || !ok {
		t.Errorf("redis: %s-%s %v", since, until, ok)
	}
	if _, _, ok := m.On(FamilyValkey); ok {
		t.Error("Valkey never printed it")
	}
	m, _ = MetricByKey("connected_clients")
	for f := FamilyRedis; f < FamilyAzure; f++ {
		if _, _, ok := m.On(f); !ok {
			t.Errorf("%v prints connected_clients", f)
		}
	}
}

// TestMetricsOfRecordings finds every key of the recorded INFOs in the table, with the
// section and the version the table says.
func TestMetricsOfRecordings(t *testing.T) {
	pattern := "../../fixtures/servers/*/*.info*.raw.txt"
	if dir := os.Getenv("CONNBOX_CORPUS"); dir != "" { // more recordings, where they are at hand
		pattern = filepath.Join(dir, "*", "*.info*.raw.txt")
	}
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	keys := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var i Info
		i.Reset(text)
		id := Identify(&i)
		i.Each(func(section, key, value []byte) {
			keys++
			m, ok := MetricByKey(string(key))
			if !ok || m.Section != string(section) {
				t.Errorf("%s: %s in %s: found %q in %q", file, key, section, m.Key, m.Section)
				return
			}
			checkMetric(t, file, &m, id, string(value))
		})
	}
	if keys < 1000 {
		t.Errorf("%d keys", keys)
	}
}

func checkMetric(t *testing.T, file string, m *Metric, id Identity, value string) {
	t.Helper()
	since, until, ok := m.On(id.Family)
	if !ok || !id.AtLeast(versionOf(since)) {
		t.Errorf("%s: %s is printed by %v; the table has %q", file, m.Key, id, m.Servers)
	}
	if major, minor := versionOf(until); until != "" && id.AtLeast(major, minor+1) {
		t.Errorf("%s: %s is still printed by %v; the table has %q", file, m.Key, id, m.Servers)
	}
	if m.Class == ClassCounter && strings.HasPrefix(value, "-") {
		t.Errorf("%s: counter %s is %s", file, m.Key, value)
	}
	if numeric := regexp.MustCompile(`^-?[0-9.]+%?$`).MatchString(value); !numeric &&
		(m.Unit == "count" || m.Unit == "bytes" || m.Unit == "seconds" || m.Unit == "0 or 1" || m.Unit == "percent") {
		t.Errorf("%s: %s in %s is %q", file, m.Key, m.Unit, value)
	}
	first, _, nested := strings.Cut(value, "=")
	if !nested || strings.HasPrefix(m.Key, "latency_") || m.Key == "db#_*" || m.Key == "engine_#" || m.Key == "module" {
		return
	}
	for p := range MetricParts() {
		if p.Metric == m.Key && p.Part == first {
			return
		}
	}
	t.Errorf("%s: %s has a part %q that is not in the table", file, m.Key, first)
}

func versionOf(s string) (major, minor int) {
	for i, part := range strings.SplitN(s+".", ".", 3) {
		n := 0
		for _, c := range part {
			n = n*10 + int(c-'0')
		}
		switch i {
		case 0:
			major = n
		case 1:
			minor = n
		}
	}
	return major, minor
}
