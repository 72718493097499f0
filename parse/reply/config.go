package reply

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// configNames are the parameters that the recorded servers report (Redis 2.8 to 8.0, Valkey
// 7.2 to 8.1): a list of words and values is taken for CONFIG GET when it begins with one.
var configNames = strings.Fields(`
acl-pubsub-default aclfile acllog-max-len active-defrag-cycle-max active-defrag-cycle-min
active-defrag-cycle-us active-defrag-ignore-bytes active-defrag-max-scan-fields
active-defrag-threshold-lower active-defrag-threshold-upper active-expire-effort activedefrag
activerehashing always-show-logo aof-disable-auto-gc aof-load-truncated aof-rewrite-cpulist
aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble aof_rewrite_cpulist
appenddirname appendfilename appendfsync appendonly auto-aof-rewrite-min-size
auto-aof-rewrite-percentage availability-zone bgsave-cpulist bgsave_cpulist bind
bind-source-addr bio-cpulist bio_cpulist busy-reply-threshold client-output-buffer-limit
client-query-buffer-limit cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down
cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-client-ipv4
cluster-announce-client-ipv6 cluster-announce-hostname cluster-announce-human-nodename
cluster-announce-ip cluster-announce-port cluster-announce-tls-port cluster-blacklist-ttl
cluster-config-file cluster-enabled cluster-link-sendbuf-limit cluster-manual-failover-timeout
cluster-migration-barrier cluster-node-timeout cluster-port cluster-preferred-endpoint-type
cluster-replica-no-failover cluster-replica-validity-factor cluster-require-full-coverage
cluster-slave-no-failover cluster-slave-validity-factor cluster-slot-stats-enabled
commandlog-execution-slower-than commandlog-large-reply-max-len commandlog-large-request-max-len
commandlog-reply-larger-than commandlog-request-larger-than commandlog-slow-execution-max-len
crash-log-enabled crash-memcheck-enabled daemonize databases dbfilename dir disable-thp
dual-channel-replication-enabled dynamic-hz enable-debug-command enable-module-command
enable-protected-configs events-per-io-thread extended-redis-compatibility gopher-enabled
hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries
hash-max-ziplist-value hide-user-data-from-log hll-sparse-max-bytes hz ignore-warnings
import-mode io-threads io-threads-do-reads jemalloc-bg-thread key-load-delay
latency-monitor-threshold latency-tracking latency-tracking-info-percentiles
lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del
lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor list-compress-depth
list-max-listpack-size list-max-ziplist-entries list-max-ziplist-size list-max-ziplist-value
locale-collate log-format log-timestamp-format logfile loglevel lua-replicate-commands
lua-time-limit masterauth masteruser max-new-connections-per-cycle
max-new-tls-connections-per-cycle maxclients maxmemory maxmemory-clients
maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples min-replicas-max-lag
min-replicas-to-write min-slaves-max-lag min-slaves-to-write no-appendfsync-on-rewrite
notify-keyspace-events oom-score-adj oom-score-adj-values pidfile port prefetch-batch-max-size
primaryauth primaryuser proc-title-template propagation-error-behavior protected-mode
proto-max-bulk-len rdb-del-sync-files rdb-key-save-delay rdb-save-incremental-fsync
rdb-version-check rdbchecksum rdbcompression rdma-bind rdma-completion-vector rdma-port
rdma-rx-size repl-backlog-size repl-backlog-ttl repl-disable-tcp-nodelay repl-diskless-load
repl-diskless-sync repl-diskless-sync-delay repl-diskless-sync-max-replicas
repl-ping-replica-period repl-ping-slave-period repl-timeout replica-announce-ip
replica-announce-port replica-announced replica-ignore-disk-write-errors
replica-ignore-maxmemory replica-lazy-flush replica-priority replica-read-only
replica-serve-stale-data replicaof requirepass sanitize-dump-payload save server-cpulist
server_cpulist set-max-intset-entries set-max-listpack-entries set-max-listpack-value
set-proc-title shutdown-on-sigint shutdown-on-sigterm shutdown-timeout slave-announce-ip
slave-announce-port slave-ignore-maxmemory slave-lazy-flush slave-priority slave-read-only
slave-serve-stale-data slaveof slowlog-log-slower-than slowlog-max-len socket-mark-id
stop-writes-on-bgsave-error stream-node-max-bytes stream-node-max-entries supervised
syslog-enabled syslog-facility syslog-ident tcp-backlog tcp-keepalive timeout tls-auth-clients
tls-ca-cert-dir tls-ca-cert-file tls-cert-file tls-ciphers tls-ciphersuites tls-client-cert-file
tls-client-key-file tls-client-key-file-pass tls-cluster tls-dh-params-file tls-key-file
tls-key-file-pass tls-port tls-prefer-server-ciphers tls-protocols tls-replication
tls-session-cache-size tls-session-cache-timeout tls-session-caching tracking-table-max-keys
unixsocket unixsocketgroup unixsocketperm use-exit-on-panic watchdog-period
zset-max-listpack-entries zset-max-listpack-value zset-max-ziplist-entries
zset-max-ziplist-value`)

// AppendConfig writes a reply of CONFIG GET as redis-cli --no-raw does.
func AppendConfig(dst []byte, c *record.Config) []byte {
	if len(c.Pairs) == 0 {
		return append(dst, "(empty array)\n"...)
	}
	width := len(strconv.Itoa(2 * len(c.Pairs)))
	for i, p := range c.Pairs {
		dst = append(AppendQuoted(appendIndex(dst, 2*i+1, width), p.Key), '\n')
		dst = append(AppendQuoted(appendIndex(dst, 2*i+2, width), p.Value), '\n')
	}
	return dst
}

// IsParameter tells whether s is the name of a known parameter.
func IsParameter(s []byte) bool {
	_, ok := slices.BinarySearch(configNames, string(s))
	return ok
}

// MayBeParameter tells whether s may be the name of a parameter, modules' included.
func MayBeParameter(s []byte) bool {
	if len(s) == 0 || len(s) > MaxKeyLen || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, b := range s {
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b-'0' > 9 && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

// A ConfigParser turns the printed forms of CONFIG GET into pairs. It keeps the memory of
// earlier replies.
type ConfigParser struct {
	Interner *record.Interner
	Pairs    []record.Pair
	cur      cursor
	key      []byte
}

func (r *ConfigParser) add(key, value []byte) {
	r.Pairs = append(r.Pairs, record.Pair{Key: r.Interner.Intern(key), Value: r.Interner.Intern(value)})
}

// Tree reads the form of --no-raw, as a list or as a RESP3 map; text has \n line ends. A
// last key without its value is left out and makes the reply not whole; ok is false when
// the text is another command's tree.
func (r *ConfigParser) Tree(text []byte) (whole, ok bool) {
	r.Pairs = r.Pairs[:0]
	held, known := false, false
	for line := range bytes.Lines(text) {
		t, isTree := ParseTreeLine(bytes.TrimSuffix(line, []byte("\n")))
		if !isTree {
			return false, known
		}
		value, rest, isText := Unquote(r.cur.buf[:0], t.Rest)
		r.cur.buf = value
		if !isText {
			return false, known
		}
		switch {
		case t.Pair:
			r.key = append(r.key[:0], value...)
			value, rest, isText = Unquote(r.cur.buf[:0], bytes.TrimPrefix(rest, []byte(" => ")))
			r.cur.buf = value
			if !isText || len(rest) > 0 {
				return false, known
			}
			r.add(r.key, value)
		case held:
			r.add(r.key, value)
			held = false
			continue
		default:
			r.key = append(r.key[:0], value...)
			held = true
		}
		known = known || IsParameter(r.key)
		if !MayBeParameter(r.key) {
			return false, false
		}
	}
	return !held, known
}

// Flat reads the form of a pipe: names and values by turns.
func (r *ConfigParser) Flat(lines [][]byte) (whole bool) {
	r.Pairs = r.Pairs[:0]
	for i := 0; i+1 < len(lines); i += 2 {
		r.add(lines[i], lines[i+1])
	}
	return len(lines)%2 == 0
}

// JSON reads the one line of --json, an object, or of --json -2, an array.
func (r *ConfigParser) JSON(line []byte) bool {
	open := byte('{')
	if bytes.HasPrefix(line, []byte("[")) {
		open = '['
	}
	return r.oneLine(bytes.TrimSpace(line), open, open+2) // ']' is '['+2, '}' is '{'+2
}

// CSV reads the one line of --csv.
func (r *ConfigParser) CSV(line []byte) bool { return r.oneLine(line, 0, 0) }

func (r *ConfigParser) oneLine(line []byte, open, end byte) bool {
	r.Pairs = r.Pairs[:0]
	c := &r.cur
	c.s = line
	if open != 0 && !c.take(open) {
		return false
	}
	known := false
	for first := true; len(c.s) > 0 && c.s[0] != end; first = false {
		if !first && !c.take(',') {
			return false
		}
		key, ok := c.text()
		if !ok || !MayBeParameter(key) || !c.take(',') && !c.take(':') {
			return false
		}
		r.key = append(r.key[:0], key...)
		known = known || IsParameter(key)
		value, ok := c.text()
		if !ok {
			return false
		}
		r.add(r.key, value)
	}
	return known && (open == 0 || c.take(end)) && len(c.s) == 0
}
