// Package metric leads from the names under which programs tell a server's metrics to the keys of
// INFO: exporters, agents, services, dashboards. Its tables are data; it keeps no memory.
package metric

import (
	"slices"
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

const (
	fromExporter   = "redis_exporter"
	fromOTel       = "OpenTelemetry redis receiver"
	fromDatadog    = "Datadog redisdb"
	fromTelegraf   = "Telegraf redis"
	fromCloudWatch = "CloudWatch AWS/ElastiCache, AWS/MemoryDB"
	fromAzure      = "Azure Monitor Microsoft.Cache"
	fromGoogle     = "Google Cloud Monitoring"
	fromStat       = "redis-cli --stat"
	fromTitle      = "dashboards' titles"
)

// metrics are the names that differ from INFO's keys. Sources: redis_exporter's metric maps,
// the receiver's metadata, Datadog's metadata.csv, Telegraf's Tracking table, the services'
// lists of supported metrics.
var metrics = [...]Metric{
	{"redis_config_maxclients", "maxclients", Gauge, 1, fromExporter},
	{"redis_max_clients", "maxclients", Gauge, 1, fromExporter},
	{"redis_connections_received_total", "total_connections_received", Counter, 1, fromExporter},
	{"redis_rejected_connections_total", "rejected_connections", Counter, 1, fromExporter},
	{"redis_commands_processed_total", "total_commands_processed", Counter, 1, fromExporter},
	{"redis_client_recent_max_output_buffer_bytes", "client_recent_max_output_buffer", Gauge, 1, fromExporter},
	{"redis_client_recent_max_input_buffer_bytes", "client_recent_max_input_buffer", Gauge, 1, fromExporter},
	{"redis_memory_used_bytes", "used_memory", Gauge, 1, fromExporter},
	{"redis_memory_used_rss_bytes", "used_memory_rss", Gauge, 1, fromExporter},
	{"redis_memory_used_peak_bytes", "used_memory_peak", Gauge, 1, fromExporter},
	{"redis_memory_max_bytes", "maxmemory", Gauge, 1, fromExporter},
	{"redis_net_input_bytes_total", "total_net_input_bytes", Counter, 1, fromExporter},
	{"redis_net_output_bytes_total", "total_net_output_bytes", Counter, 1, fromExporter},
	{"redis_cpu_sys_seconds_total", "used_cpu_sys", Counter, 1, fromExporter},
	{"redis_cpu_user_seconds_total", "used_cpu_user", Counter, 1, fromExporter},
	{"redis_latest_fork_seconds", "latest_fork_usec", Gauge, 1e6, fromExporter},
	{"redis_loading_dump_file", "loading", Gauge, 1, fromExporter},
	{"redis_rdb_last_bgsave_duration_sec", "rdb_last_bgsave_time_sec", Gauge, 1, fromExporter},
	{"redis_replica_resyncs_full", "sync_full", Counter, 1, fromExporter},
	{"redis_replica_partial_resync_accepted", "sync_partial_ok", Counter, 1, fromExporter},
	{"redis_replica_partial_resync_denied", "sync_partial_err", Counter, 1, fromExporter},

	{"redis_clients_connected", "connected_clients", Gauge, 1, fromOTel},
	{"redis_clients_blocked", "blocked_clients", Gauge, 1, fromOTel},
	{"redis_clients_max_input_buffer", "client_recent_max_input_buffer", Gauge, 1, fromOTel},
	{"redis_clients_max_output_buffer", "client_recent_max_output_buffer", Gauge, 1, fromOTel},
	{"redis_connections_received", "total_connections_received", Counter, 1, fromOTel},
	{"redis_connections_rejected", "rejected_connections", Counter, 1, fromOTel},
	{"redis_connections_rejected_total", "rejected_connections", Counter, 1, fromOTel},
	{"redis_commands", "instantaneous_ops_per_sec", Gauge, 1, fromOTel},
	{"redis_commands_processed", "total_commands_processed", Counter, 1, fromOTel},
	{"redis_keys_evicted", "evicted_keys", Counter, 1, fromOTel},
	{"redis_keys_expired", "expired_keys", Counter, 1, fromOTel},
	{"redis_memory_used", "used_memory", Gauge, 1, fromOTel},
	{"redis_memory_rss", "used_memory_rss", Gauge, 1, fromOTel},
	{"redis_memory_peak", "used_memory_peak", Gauge, 1, fromOTel},
	{"redis_net_input", "total_net_input_bytes", Counter, 1, fromOTel},
	{"redis_net_output", "total_net_output_bytes", Counter, 1, fromOTel},
	{"redis_slaves_connected", "connected_slaves", Gauge, 1, fromOTel},
	{"redis_uptime", "uptime_in_seconds", Gauge, 1, fromOTel + ", " + fromTelegraf},
	{"redis_uptime_seconds_total", "uptime_in_seconds", Gauge, 1, fromOTel},

	{"redis_net_clients", "connected_clients", Gauge, 1, fromDatadog},
	{"redis_net_rejected", "rejected_connections", Counter, 1, fromDatadog},
	{"redis_net_maxclients", "maxclients", Gauge, 1, fromDatadog},
	{"redis_net_slaves", "connected_slaves", Gauge, 1, fromDatadog},
	{"redis_net_commands_instantaneous_ops_per_sec", "instantaneous_ops_per_sec", Gauge, 1, fromDatadog},
	{"redis_clients_biggest_input_buf", "client_biggest_input_buf", Gauge, 1, fromDatadog},
	{"redis_clients_longest_output_list", "client_longest_output_list", Gauge, 1, fromDatadog},
	{"redis_mem_used", "used_memory", Gauge, 1, fromDatadog},
	{"redis_mem_rss", "used_memory_rss", Gauge, 1, fromDatadog},
	{"redis_mem_peak", "used_memory_peak", Gauge, 1, fromDatadog},
	{"redis_mem_maxmemory", "maxmemory", Gauge, 1, fromDatadog},
	{"redis_perf_latest_fork_usec", "latest_fork_usec", Gauge, 1, fromDatadog},
	{"aws_elasticache_curr_connections", "connected_clients", Gauge, 1, fromDatadog},
	{"aws_elasticache_new_connections", "total_connections_received", Increment, 1, fromDatadog},
	{"azure_cache_redis_connectedclients", "connected_clients", Gauge, 1, fromDatadog},
	{"gcp_redis_clients_connected", "connected_clients", Gauge, 1, fromDatadog},
	{"gcp_redis_clients_blocked", "blocked_clients", Gauge, 1, fromDatadog},

	{"redis_clients", "connected_clients", Gauge, 1, fromTelegraf},

	{"currconnections", "connected_clients", Gauge, 1, fromCloudWatch},
	{"newconnections", "total_connections_received", Increment, 1, fromCloudWatch},
	{"bytesusedforcache", "used_memory", Gauge, 1, fromCloudWatch},
	{"evictions", "evicted_keys", Increment, 1, fromCloudWatch},
	{"networkbytesin", "total_net_input_bytes", Increment, 1, fromCloudWatch},
	{"networkbytesout", "total_net_output_bytes", Increment, 1, fromCloudWatch},

	{"connectedclients", "connected_clients", Gauge, 1, fromAzure},
	{"allconnectedclients", "connected_clients", Gauge, 1, fromAzure},
	{"allconnectionscreatedpersecond", "total_connections_received", Rate, 1, fromAzure},
	{"totalcommandsprocessed", "total_commands_processed", Increment, 1, fromAzure},
	{"alltotalcommandsprocessed", "total_commands_processed", Increment, 1, fromAzure},
	{"operationspersecond", "instantaneous_ops_per_sec", Gauge, 1, fromAzure},
	{"alloperationspersecond", "instantaneous_ops_per_sec", Gauge, 1, fromAzure},
	{"usedmemory", "used_memory", Gauge, 1, fromAzure},
	{"allusedmemory", "used_memory", Gauge, 1, fromAzure},
	{"usedmemoryrss", "used_memory_rss", Gauge, 1, fromAzure},
	{"allusedmemoryrss", "used_memory_rss", Gauge, 1, fromAzure},
	{"evictedkeys", "evicted_keys", Increment, 1, fromAzure},
	{"allevictedkeys", "evicted_keys", Increment, 1, fromAzure},

	{"redis_googleapis_com_clients_connected", "connected_clients", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_clients_blocked", "blocked_clients", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_stats_connections_total", "total_connections_received", Increment, 1, fromGoogle},
	{"redis_googleapis_com_stats_reject_connections_count", "rejected_connections", Increment, 1, fromGoogle},
	{"redis_googleapis_com_stats_evicted_keys", "evicted_keys", Increment, 1, fromGoogle},
	{"redis_googleapis_com_stats_memory_usage", "used_memory", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_stats_memory_maxmemory", "maxmemory", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_server_uptime", "uptime_in_seconds", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_cluster_node_clients_connected_clients", "connected_clients", Gauge, 1, fromGoogle},
	{"redis_googleapis_com_cluster_node_clients_blocked_clients", "blocked_clients", Gauge, 1, fromGoogle},
	{"memorystore_googleapis_com_instance_node_clients_connected_clients", "connected_clients", Gauge, 1, fromGoogle},
	{"memorystore_googleapis_com_instance_node_clients_blocked_clients", "blocked_clients", Gauge, 1, fromGoogle},

	{"current_connections", "connected_clients", Gauge, 1, fromTitle},
	{"new_connections", "total_connections_received", Increment, 1, fromTitle},
	{"rejected_clients", "rejected_connections", Counter, 1, fromTitle},
	{"max_clients", "maxclients", Gauge, 1, fromTitle},
	{"redis_clients_max", "maxclients", Gauge, 1, fromTitle},
}

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
