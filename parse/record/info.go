package record

import (
	"bytes"
	"strconv"
)

// Info is one reply of INFO.
type Info struct {
	Head
	// Text is the reply with the server's own CRLF line ends, whatever a terminal made
	// of them. It belongs to the reader until the next Scan.
	Text []byte

	index map[string]Span // key -> value's place in Text; built at the first look-up
}

// A Span is a place in a text: text[Lo:Hi].
type Span struct{ Lo, Hi int }

func (*Info) Kind() Kind { return KindInfo }

// Reset makes the Info hold text, which it keeps a reference to, and forgets the old index.
func (i *Info) Reset(text []byte) {
	i.Text = text
	clear(i.index)
}

// Value gives the text of a key, and whether the server printed it. Where a key stands
// twice, the first counts.
func (i *Info) Value(key string) ([]byte, bool) {
	if len(i.index) == 0 {
		i.buildIndex()
	}
	s, ok := i.index[key]
	if !ok {
		return nil, false
	}
	return i.Text[s.Lo:s.Hi], true
}

// String gives the value of a key as a string; empty and false when it is not printed.
func (i *Info) String(key string) (string, bool) {
	v, ok := i.Value(key)
	return string(v), ok
}

// Int gives the value of a key as a number; false when it is not printed or no integer.
func (i *Info) Int(key string) (int64, bool) {
	v, ok := i.Value(key)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Float gives the value of a key as a number; false when it is not printed or no number.
func (i *Info) Float(key string) (float64, bool) {
	v, ok := i.Value(key)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil
}

// Each calls fn for each key:value line in the server's order, with the section it stands
// in ("" before the first). The slices belong to i.
func (i *Info) Each(fn func(section, key, value []byte)) {
	EachInfoLine(i.Text, func(section []byte, key, value Span) {
		fn(section, i.Text[key.Lo:key.Hi], i.Text[value.Lo:value.Hi])
	})
}

// SubInt reads one number of a nested value, as calls= in
// cmdstat_get:calls=12,usec=34,usec_per_call=2.83.
func SubInt(value []byte, name string) (int64, bool) {
	for len(value) > 0 {
		var part []byte
		part, value, _ = bytes.Cut(value, []byte{','})
		k, v, ok := bytes.Cut(part, []byte{'='})
		if ok && string(k) == name {
			n, err := strconv.ParseInt(string(v), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func (i *Info) buildIndex() {
	if i.index == nil {
		i.index = make(map[string]Span, 256)
	}
	EachInfoLine(i.Text, func(_ []byte, key, value Span) {
		k := i.Text[key.Lo:key.Hi]
		if _, twice := i.index[string(k)]; !twice {
			i.index[string(k)] = value
		}
	})
}

// EachInfoLine splits INFO text at the first colon of each line, as redis-cli and every
// client does; a value may hold further colons.
func EachInfoLine(text []byte, fn func(section []byte, key, value Span)) {
	var section []byte
	for lo := 0; lo < len(text); {
		hi := bytes.IndexByte(text[lo:], '\n')
		next := len(text)
		if hi < 0 {
			hi = len(text)
		} else {
			hi += lo
			next = hi + 1
		}
		end := hi
		for end > lo && text[end-1] == '\r' {
			end--
		}
		line := text[lo:end]
		switch {
		case len(line) == 0:
		case line[0] == '#' && bytes.IndexByte(line, ':') >= 0: // a remark of Kvrocks
		case line[0] == '#':
			section = bytes.TrimSpace(line[1:])
		default:
			if c := bytes.IndexByte(line, ':'); c > 0 {
				fn(section, Span{lo, lo + c}, Span{lo + c + 1, end})
			}
		}
		lo = next
	}
}

// Keys of ours in the INFO that is made of what other programs print.
const (
	// AfterKey is for programs that print no time, but at a known pace: seconds since their
	// first line.
	AfterKey = "connbox_seconds_after_first"
	// SummedKey is for programs that tell what happened within intervals: its value names the
	// counters, separated by commas, that begin with their text and not with the server.
	SummedKey = "connbox_counted_in_export"
)

// sections are INFO's sections, of all servers; a reader knows others by the line after them.
var sections = map[string]bool{
	"Server": true, "Clients": true, "Memory": true, "Persistence": true, "Stats": true, "Replication": true,
	"CPU": true, "Modules": true, "Commandstats": true, "Errorstats": true, "Latencystats": true, "Sentinel": true,
	"Cluster": true, "Keyspace": true, "Keysizes": true, "Threads": true, "TLS": true, "Scripting Engines": true,
	"Cluster Info": true, "KeyDB": true, "Debug": true,
}

// IsSection tells whether a name is that of a section of INFO.
func IsSection(name []byte) bool { return sections[string(name)] }

// ownKeys are the keys by which a line of INFO is known without its neighbours, and whether
// the value is a number: servers before 2.6 print no sections, and dumps go through grep.
var ownKeys = map[string]bool{
	"redis_version": false, "valkey_version": false, "server_name": false, "redis_mode": false, "run_id": false,
	"server_time_usec": true, "uptime_in_seconds": true, "process_id": true, "tcp_port": true,
	"connected_clients": true, "maxclients": true, "cluster_connections": true, "blocked_clients": true,
	"used_memory": true, "used_memory_human": false, "maxmemory": true, "role": false, "connected_slaves": true,
	"total_connections_received": true, "rejected_connections": true, "total_commands_processed": true,
	"instantaneous_ops_per_sec": true, "evicted_clients": true, "total_net_input_bytes": true,
	"client_recent_max_input_buffer": true, "client_recent_max_output_buffer": true, "tracking_clients": true,
	"client_longest_output_list": true, "client_biggest_input_buf": true, "pubsub_clients": true,
	"client_output_buffer_limit_disconnections": true, "client_query_buffer_limit_disconnections": true,
	"used_memory_rss": true, "used_memory_rss_human": false, "used_memory_peak": true, "used_memory_peak_human": false,
	"psync_buffer_bytes": true, "mem_clients_slaves": true, "mem_replication_backlog": true, "evicted_keys": true, "expired_keys": true,
	"keyspace_hits": true, "keyspace_misses": true, "sync_full": true, "sync_partial_ok": true, "sync_partial_err": true, "uptime_in_days": true,
	"clients_in_timeout_table": true, "total_error_replies": true, "mem_clients_normal": true,
}

// IsKey tells whether a line of INFO is known by its key alone, and whether its value is a
// number then.
func IsKey(key []byte) (number, known bool) {
	number, known = ownKeys[string(key)]
	return number, known
}
