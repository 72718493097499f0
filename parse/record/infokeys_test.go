package record

import (
	"iter"
	"slices"
	"strings"
)

// A Metric describes one key of INFO, or a family of keys.
type Metric struct {
	// Key is as printed. A '#' stands for a number and a '*' for any text, neither of
	// them empty: slave#, cmdstat_*.
	Key     string
	Section string // where servers print it; Redis before 2.6 has no sections
	Unit    string // as in FieldSpec; empty for text and for values of several parts
	Class   FieldClass
	// Servers says who prints it: families with the first version seen ("valkey 8.0"),
	// and the last where it is gone again ("redis 2.8-4.0"). Versions are those that were
	// recorded: the key may be older than the first one.
	Servers string
	Known   Evidence // of Redis, Valkey and KeyDB; for the others FromSource
}

// Metrics gives the table of INFO's keys, by section.
func Metrics() iter.Seq[Metric] { return slices.Values(metrics[:]) }

// MetricByKey finds what is known of a key of INFO as printed. A key that is not known is
// kept and given back like any other; there is only nothing to say of it.
func MetricByKey(key string) (Metric, bool) {
	for i := range metrics {
		if metrics[i].Key == key {
			return metrics[i], true
		}
	}
	for i := range metrics {
		if pattern := metrics[i].Key; strings.ContainsAny(pattern, "#*") && matchKey(pattern, key) {
			return metrics[i], true
		}
	}
	return Metric{}, false
}

// On tells whether a family prints the metric, and the first and last version seen to; both
// are empty for a family of which no version is known, and last for a key that is still
// printed.
func (m *Metric) On(f Family) (since, until string, ok bool) {
	for s := range strings.SplitSeq(m.Servers, ", ") {
		name, versions, _ := strings.Cut(s, " ")
		if name == f.String() {
			since, until, _ = strings.Cut(versions, "-")
			return since, until, true
		}
	}
	return "", "", false
}

// matchKey matches a key against a pattern of Metric.Key. A pattern has at most two stars,
// so that trying each place for them is cheap.
func matchKey(pattern, key string) bool {
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '#':
			n := 0
			for i+n < len(key) && key[i+n]-'0' <= 9 {
				n++
			}
			return n > 0 && matchKey(pattern[i+1:], key[i+n:])
		case c == '*':
			rest := pattern[i+1:]
			if rest == "" {
				return len(key) > i
			}
			for end := i + 1; end <= len(key); end++ {
				if matchKey(rest, key[end:]) {
					return true
				}
			}
			return false
		case i >= len(key) || key[i] != c:
			return false
		}
	}
	return len(pattern) == len(key)
}

// A MetricPart is one number or word of a value of several parts, as calls= in
// cmdstat_get:calls=12,usec=34.
type MetricPart struct {
	Metric string // Key of the metric
	Part   string
	Unit   string
	Class  FieldClass
	Since  string // first server that prints it; empty = as old as the metric
}

// metricParts is the table of the parts. latency_percentiles_usec_* has one a percentile,
// p50 and so on, in microseconds, which the server's configuration chooses.
var metricParts = [...]MetricPart{
	{"cmdstat_*", "calls", "count", ClassCounter, ""},
	{"cmdstat_*", "usec", "microseconds", ClassCounter, ""},
	{"cmdstat_*", "usec_per_call", "microseconds", ClassGauge, ""},
	{"cmdstat_*", "rejected_calls", "count", ClassCounter, "Redis 6.2"},
	{"cmdstat_*", "failed_calls", "count", ClassCounter, "Redis 6.2"},
	{"errorstat_*", "count", "count", ClassCounter, ""},
	{"db#", "keys", "count", ClassGauge, ""},
	{"db#", "expires", "count", ClassGauge, ""},
	{"db#", "avg_ttl", "milliseconds", ClassGauge, ""},
	{"db#", "subexpiry", "count", ClassGauge, "Redis 7.4"},
	{"db#", "keys_with_volatile_items", "count", ClassGauge, "Valkey 9.0"},
	{"db#", "cached_keys", "count", ClassGauge, "KeyDB 6.3"},
	{"db#", "expired", "count", ClassGauge, "Kvrocks"},
	{"slave#", "ip", "", ClassIdentity, ""},
	{"slave#", "port", "", ClassIdentity, ""},
	{"slave#", "state", "", ClassState, ""},
	{"slave#", "offset", "bytes", ClassCounter, ""},
	{"slave#", "lag", "seconds", ClassGauge, ""},
	{"slave#", "io-thread", "", ClassState, "Redis 8.2"},
	{"slave#", "type", "", ClassState, "Valkey 8.0"},
	{"io_thread_#", "clients", "count", ClassGauge, ""},
	{"io_thread_#", "reads", "count", ClassCounter, ""},
	{"io_thread_#", "writes", "count", ClassCounter, ""},
	{"listener#", "name", "", ClassIdentity, ""},
	{"listener#", "bind", "", ClassIdentity, ""},
	{"listener#", "port", "", ClassIdentity, ""},
}

// MetricParts gives the table of the parts of values.
func MetricParts() iter.Seq[MetricPart] { return slices.Values(metricParts[:]) }
