// Package metric leads from the names under which programs tell a server's metrics to the keys of
// INFO: exporters, agents, services, dashboards. Its tables are data; it keeps no memory.
package metric

import (
	_ "embed" // for names.txt
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Class says how the values of a metric are to be taken.
type Class uint8

// The classes.
const (
	Gauge     Class = iota // as it is at the moment
	Counter                // since the start of the server
	Increment              // how many within the interval
	Rate                   // how many a second
)

// String gives the class as docs write it.
func (c Class) String() string { return [...]string{"gauge", "counter", "increment", "rate"}[c] }

// A Metric maps the name that a program prints to INFO's key.
type Metric struct {
	Name   string // as Canonical gives it
	Key    string // of INFO
	Class  Class
	Factor float64 // INFO's unit in the program's
	From   string  // who prints it
}

// infoMetrics are the keys of INFO that we look for. Programs print them as they are, with
// "redis_" before and with "_total" behind.
var infoMetrics = [...]struct {
	key   string
	class Class
}{
	{"connected_clients", Gauge}, {"blocked_clients", Gauge}, {"maxclients", Gauge}, {"cluster_connections", Gauge},
	{"connected_slaves", Gauge}, {"tracking_clients", Gauge}, {"pubsub_clients", Gauge}, {"watching_clients", Gauge},
	{"clients_in_timeout_table", Gauge}, {"client_longest_output_list", Gauge}, {"client_biggest_input_buf", Gauge},
	{"client_recent_max_input_buffer", Gauge}, {"client_recent_max_output_buffer", Gauge},
	{"total_connections_received", Counter}, {"rejected_connections", Counter}, {"evicted_clients", Counter},
	{"client_output_buffer_limit_disconnections", Counter}, {"client_query_buffer_limit_disconnections", Counter},
	{"acl_access_denied_auth", Counter}, {"total_commands_processed", Counter}, {"instantaneous_ops_per_sec", Gauge},
	{"total_net_input_bytes", Counter}, {"total_net_output_bytes", Counter}, {"total_error_replies", Counter},
	{"uptime_in_seconds", Gauge}, {"used_memory", Gauge}, {"used_memory_rss", Gauge}, {"used_memory_peak", Gauge},
	{"maxmemory", Gauge}, {"mem_clients_normal", Gauge}, {"mem_clients_slaves", Gauge},
	{"evicted_keys", Counter}, {"expired_keys", Counter}, {"keyspace_hits", Counter}, {"keyspace_misses", Counter},
	{"used_cpu_sys", Counter}, {"used_cpu_user", Counter}, {"latest_fork_usec", Gauge}, {"loading", Gauge},
	{"rdb_bgsave_in_progress", Gauge}, {"rdb_last_bgsave_time_sec", Gauge}, {"aof_delayed_fsync", Counter},
	{"aof_pending_bio_fsync", Gauge}, {"sync_full", Counter}, {"sync_partial_ok", Counter}, {"sync_partial_err",
		Counter},
	{"master_repl_offset", Counter}, {"pubsub_channels", Gauge}, {"pubsub_patterns", Gauge}, {"process_id", Gauge},
	{"eventloop_cycles", Counter}, {"eventloop_duration_sum", Counter}, {"eventloop_duration_cmd_sum", Counter},
}

// The programs of which more is known than names.
const (
	fromCloudWatch = "CloudWatch AWS/ElastiCache, AWS/MemoryDB"
	fromAzure      = "Azure Monitor Microsoft.Cache"
)

//go:embed names.txt
var names string

// metrics are the names of names.txt, which differ from INFO's keys.
var metrics = func() (all []Metric) {
	classes := map[string]Class{}
	for c := Gauge; c <= Rate; c++ {
		classes[c.String()] = c
	}
	from := ""
	for line := range strings.Lines(names) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#":
		case line[0] == '[':
			from = strings.Trim(line, "[]\n")
		default:
			class, known := classes[f[2]]
			if !known {
				panic("names.txt: " + line)
			}
			m := Metric{f[0], f[1], class, 1, from}
			if len(f) > 3 {
				m.Factor, _ = strconv.ParseFloat(f[3], 64)
			}
			all = append(all, m)
		}
	}
	return all
}()

// elastiCacheLimit is the maxclients of ElastiCache, which nobody can change there. Source:
// Amazon ElastiCache, "Valkey and Redis OSS configuration and limits".
const elastiCacheLimit = 65000

// Limit gives the connections that the service which prints a metric documents as its limit; 0: none
// that is the same for all its nodes. Google's is none: 65,000 for Memorystore for Redis, but lower with
// in-transit encryption up to Redis 6.x, and by the node's type in its clusters. Source: Google Cloud,
// "Quotas and limits" of Memorystore for Redis and of Memorystore for Redis Cluster.
func (m Metric) Limit() int64 {
	if m.From == fromCloudWatch {
		return elastiCacheLimit
	}
	return 0
}

// Canonical writes a name in lower case with '_' for all that is no letter or digit, so that
// redis.clients.connected, redis_clients_connected and "Redis clients connected" are one.
func Canonical(name string) string {
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case len(b) > 0 && b[len(b)-1] != '_':
			b = append(b, '_')
		}
	}
	return strings.TrimSuffix(string(b), "_")
}

// ByName finds the metric of a name, which may stand alone or in an expression of a
// query language: rate(redis_rejected_connections_total[5m]), avg:redis.net.clients{*}. A
// function that makes something else of it, as a quantile or a quotient, is not followed.
func ByName(name string) (Metric, bool) {
	if len(name) > maxName {
		return Metric{}, false
	}
	if m, ok := Exact(Canonical(name)); ok {
		return m, true
	}
	// As Azure's portal heads its columns: Connected Clients (Max).
	if base, statistic, ok := strings.Cut(strings.TrimSuffix(name, ")"), " ("); ok {
		if _, known := functions[strings.ToLower(statistic)]; known {
			name = base
			if m, ok := Exact(Canonical(name)); ok {
				return m, true
			}
		}
	}
	return inExpression(name)
}

// Exact finds the metric of a name as Canonical gives it.
func Exact(canonical string) (Metric, bool) {
	if canonical == "" {
		return Metric{}, false
	}
	for i := range metrics {
		if metrics[i].Name == canonical {
			return metrics[i], true
		}
	}
	key := strings.TrimPrefix(canonical, "redis_")
	key = strings.TrimPrefix(key, "valkey_")
	for _, name := range [...]string{key, strings.TrimSuffix(key, "_total")} {
		for i := range infoMetrics {
			if infoMetrics[i].key == name {
				return Metric{canonical, name, infoMetrics[i].class, 1, "INFO"}, true
			}
		}
	}
	// Azure's shards: connectedclients3.
	if s := strings.TrimRight(canonical, "0123456789"); s == "connectedclients" {
		return Metric{canonical, "connected_clients", Gauge, 1, fromAzure}, true
	}
	return Metric{}, false
}

// maxName bounds a name or an expression.
const maxName = 1024

// functions are what may stand around a metric, and the class that it gets by that.
var functions = map[string]Class{
	"rate": Rate, "irate": Rate, "per_second": Rate, "as_rate": Rate, "increase": Increment, "delta": Increment,
	"idelta": Increment, "diff": Increment, "monotonic_diff": Increment, "as_count": Increment,
	"sum": Gauge, "max": Gauge, "min": Gauge, "avg": Gauge, "last": Gauge, "label_replace": Gauge, "sort": Gauge,
	"by": Gauge, "without": Gauge, "max_over_time": Gauge, "avg_over_time": Gauge, "last_over_time": Gauge,
	"average": Gauge,
	"maximum": Gauge, "minimum": Gauge,
}

// inExpression finds the one metric that an expression is about.
func inExpression(name string) (Metric, bool) {
	name = withoutBraces(name)
	if strings.ContainsAny(name, "/*%^") && strings.ContainsAny(name, "()") {
		return Metric{}, false // a quotient of two is another quantity
	}
	var found Metric
	class, n := Gauge, 0
	for _, w := range strings.FieldsFunc(name,
		func(c rune) bool { return strings.ContainsRune("()[]{},:;\" '=+\t", c) }) {
		w = strings.Trim(w, ".")
		for _, suffix := range [...]string{"as_count", "as_rate"} { // Datadog writes them behind
			if s, ok := strings.CutSuffix(w, "."+suffix); ok {
				w, class = s, functions[suffix]
			}
		}
		if c, ok := functions[w]; ok {
			class = max(class, c)
			continue
		}
		if m, ok := Exact(Canonical(w)); ok && (n == 0 || m.Key != found.Key) {
			found = m
			n++
		}
	}
	if n != 1 {
		return Metric{}, false
	}
	if class != Gauge && (found.Class == Counter || found.Class == Increment) {
		found.Class = class
	}
	return found, true
}

// withoutBraces leaves out the labels and ranges of an expression.
func withoutBraces(s string) string {
	var b strings.Builder
	depth := 0
	for _, c := range s {
		switch {
		case c == '{' || c == '[':
			depth++
			b.WriteByte(' ')
		case c == '}' || c == ']':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// InCommand finds the one metric that a command line asks for.
func InCommand(before string) (string, Metric) {
	var found Metric
	var name string
	class := Gauge
	for _, w := range strings.FieldsFunc(before, func(c rune) bool {
		return c != '_' && c != '.' &&
			!unicode.IsLetter(c) && !unicode.IsDigit(c)
	}) {
		class = max(class, functions[w])
		if m, ok := Exact(Canonical(w)); ok {
			if name != "" && m.Key != found.Key {
				return "", Metric{}
			}
			name, found = w, m
		}
	}
	if class != Gauge && found.Class == Counter {
		found.Class = class
	}
	return name, found
}

// textKeys are keys of INFO that are no numbers.
var textKeys = [...]string{"redis_version", "valkey_version", "redis_mode", "os", "run_id", "tcp_port", "role",
	"maxmemory_policy", "used_memory_human"}

// KeyOf gives the number of one of INFO's keys that a program may tell; -1 for others.
func KeyOf(key string) int16 {
	for i := range infoMetrics {
		if infoMetrics[i].key == key {
			return int16(i)
		}
	}
	if i := slices.Index(textKeys[:], key); i >= 0 {
		return int16(len(infoMetrics) + i)
	}
	return -1
}

// KeyName gives the key of a number.
func KeyName(k int16) string {
	if int(k) < len(infoMetrics) {
		return infoMetrics[k].key
	}
	return textKeys[int(k)-len(infoMetrics)]
}

// Fraction tells keys whose values INFO prints with a fraction.
func Fraction(k int16) bool { return strings.HasPrefix(KeyName(k), "used_cpu_") }

// As changes a metric's class to that which an export says itself, as Google's metricKind.
func (m Metric) As(kind string) Metric {
	switch {
	case m.Class == Gauge || m.Class == Rate:
	case strings.EqualFold(kind, "DELTA"):
		m.Class = Increment
	case strings.EqualFold(kind, "CUMULATIVE"), strings.EqualFold(kind, "counter"):
		m.Class = Counter
	}
	return m
}
