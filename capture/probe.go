package capture

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A Probe is one command that is asked again and again.
type Probe struct {
	Name    string        // as it stands in a bundle: Failure.Command and Meta.Cadence
	Command []string      // as it is sent
	Every   time.Duration // how often, unless told otherwise
	Why     string

	// Share is its part of Options.Budget; those of all probes are 1.
	Share float64
	// Optional marks what a server may refuse for good: the refusal is recorded once, and
	// the probe rests until the next connection.
	Optional bool
	// Bulky marks what may take long to send: it has a connection of its own where there are two.
	Bulky bool

	right  string                       // what an ACL user needs for it
	asked  func(*Options) time.Duration // the option that tells otherwise
	stat   string                       // its line in INFO's commandstats, since Redis 7.0
	when   func(*recorder) bool         // whether there is anything to ask; nil = always
	ask    func(*client, []string) (*response, error)
	record func(*recorder, *response, record.Head) (record.Record, error)
}

// The names of the probes.
const (
	probeInfo    = "INFO"
	probeClients = "CLIENT LIST"
	probeSlowlog = "SLOWLOG GET"
	probeConfig  = "CONFIG GET"
	probeRole    = "ROLE"
	probeLatency = "LATENCY LATEST"
	probeMemory  = "MEMORY STATS"
	probeCluster = "CLUSTER INFO"
)

// Probes is the table of what is asked, in the order in which probes due together are sent.
//
// INFO all and not INFO: plain INFO leaves commandstats out, which tell what CLIENT LIST
// costs and which commands grow. Measured on Redis 7.0.15: 0.13 ms against 0.06 ms of the
// main thread and 6.5 kB against 5 kB, so 0.01 % of it at one a second.
func Probes() []Probe {
	return []Probe{
		{
			Name: probeInfo, Command: []string{"INFO", "all"}, Every: time.Second, Share: 0.3,
			Why:   "counters and gauges; a second tells a storm from a leak",
			asked: func(o *Options) time.Duration { return o.Info },
			stat:  "cmdstat_info", right: "+info", ask: askOnce, record: (*recorder).recordInfo,
		},
		{
			Name: probeClients, Command: []string{"CLIENT", "LIST"}, Every: 10 * time.Second, Share: 0.5, Bulky: true,
			Why:   "who holds the connections; costs 0.9 to 1.3 us of the main thread a connection, so it adapts",
			asked: func(o *Options) time.Duration { return o.Clients },
			stat:  "cmdstat_client|list", right: "+client|list", ask: askClients, record: (*recorder).recordClients,
		},
		{
			Name: probeSlowlog, Command: []string{"SLOWLOG", "GET", "128"}, Every: 10 * time.Second, Share: 0.08, Bulky: true,
			Why:   "slow commands; 128 is the server's default slowlog-max-len",
			asked: func(o *Options) time.Duration { return o.Slowlog },
			stat:  "cmdstat_slowlog|get", right: "+slowlog|get", ask: askSlowlog, record: (*recorder).recordSlowlog,
		},
		{
			Name: probeConfig, Command: append([]string{"CONFIG", "GET"}, configKeys[:]...), Every: 5 * time.Minute, Share: 0.04,
			Why:   "limits and time-outs, by name: never CONFIG GET *",
			asked: func(o *Options) time.Duration { return o.Config },
			stat:  "cmdstat_config|get", right: "+config|get", ask: askConfig, record: (*recorder).recordConfig,
		},
		{
			Name: probeRole, Command: []string{"ROLE"}, Every: time.Minute, Share: 0.02, Optional: true,
			Why:   "who replicates from whom, and how far each replica is",
			asked: stateEvery, stat: "cmdstat_role", right: "+role", ask: askOnce, record: recordWhole(probeRole),
		},
		{
			Name: probeLatency, Command: []string{"LATENCY", "LATEST"}, Every: time.Minute, Share: 0.02, Optional: true,
			Why:   "forks, fsyncs and slow loops, where latency-monitor-threshold is set",
			asked: stateEvery, stat: "cmdstat_latency|latest", right: "+latency|latest", ask: askOnce, record: recordWhole(probeLatency),
		},
		{
			Name: probeMemory, Command: []string{"MEMORY", "STATS"}, Every: time.Minute, Share: 0.02, Optional: true,
			Why:   "what the clients' buffers take of the memory",
			asked: stateEvery, stat: "cmdstat_memory|stats", right: "+memory|stats", ask: askOnce, record: recordWhole(probeMemory),
		},
		{
			Name: probeCluster, Command: []string{"CLUSTER", "INFO"}, Every: time.Minute, Share: 0.02, Optional: true,
			Why:   "known nodes and the links they hold; asked with cluster_enabled:1 in INFO",
			asked: stateEvery, stat: "cmdstat_cluster|info", right: "+cluster|info", ask: askOnce, record: recordWhole(probeCluster),
			when: func(r *recorder) bool { return r.cluster },
		},
	}
}

// Rights gives the rules of ACL SETUSER for what the options ask for, and nothing else: the
// handshake's commands first.
func (o *Options) Rights() []string {
	rules := []string{"+subscribe", "&" + channelPrefix + "*", "+client|setname", "+client|id", "+client|no-evict"}
	for _, p := range Probes() {
		if o.every(p) > 0 {
			rules = append(rules, p.right)
		}
	}
	return rules
}

func stateEvery(o *Options) time.Duration { return o.State }

// The commands of the slow log. Valkey 8.1 renamed it; SLOWLOG is an alias there.
var (
	slowlogGet    = []string{"SLOWLOG", "GET", "128"}
	commandlogGet = []string{"COMMANDLOG", "GET", "128", "slow"}
)

// identify learns from the first INFO of a connection what server this is.
func (r *recorder) identify() {
	r.identified = true
	id := record.Identify(&r.info)
	r.ids.scans = scansForIDs(id)
	for i := range r.tasks {
		t := &r.tasks[i]
		if t.Name != probeSlowlog {
			continue
		}
		t.Command, t.stat = slowlogGet, "cmdstat_slowlog|get"
		if id.Family == record.FamilyValkey && id.AtLeast(8, 1) {
			t.Command, t.stat = commandlogGet, "cmdstat_commandlog|get"
		}
	}
}

// askSlowlog asks for the slow log, under its old name where the user may use that alone.
func askSlowlog(c *client, command []string) (*response, error) {
	defer c.cutFields()() // a client's name stands in each of its entries
	if command[0] == commandlogGet[0] && !c.oldLog {
		r, err := c.do(command...)
		if err == nil || !isReplyError(err) || classify(err) != record.FailPerm {
			return r, err
		}
		c.oldLog = true
	}
	return c.do(slowlogGet...)
}

// configKeys are the parameters that bear on connections. None holds a secret, a path or an
// address.
var configKeys = [...]string{
	"appendfsync", "appendonly", "client-output-buffer-limit", "client-query-buffer-limit",
	"cluster-enabled", "databases", "dynamic-hz", "hz", "io-threads", "latency-monitor-threshold",
	"lua-time-limit", "maxclients", "maxclients-reserved", "maxmemory", "maxmemory-clients", "maxmemory-policy",
	"no-appendfsync-on-rewrite", "port", "protected-mode", "qos-reserved-min-clients", "repl-backlog-size", "repl-timeout",
	"save", "slowlog-log-slower-than", "slowlog-max-len", "tcp-backlog", "tcp-keepalive",
	"timeout", "tls-port",
}

// ConfigKeys names the parameters that are asked for, sorted.
func ConfigKeys() []string { return slices.Clone(configKeys[:]) }

// leastRow is what a client's line takes at least, of the fields that Redis 2.8 prints.
const (
	leastRow  = 100
	spareRows = 64
)

var errShape = errors.New("the reply is not of the command's form")

func askOnce(c *client, command []string) (*response, error) { return c.do(command...) }

// askConfig asks for all parameters at once, and one by one where the server takes one at a
// time (before Redis 7.0). The replies are then put together as if they were one.
func askConfig(c *client, command []string) (*response, error) {
	if !c.oneKey {
		r, err := c.do(command...)
		if err == nil || !isReplyError(err) || classify(err) == record.FailPerm && !oldConfigGet(err) {
			return r, err
		}
	}
	all := response{nodes: []node{{kind: '*'}}}
	for _, key := range command[2:] {
		r, err := c.do(command[0], command[1], key)
		if err != nil {
			return nil, err
		}
		all.wire += r.wire
		if !r.isList(0) || r.next(0) != len(r.nodes) {
			return nil, errShape
		}
		for i := 1; i < len(r.nodes); i++ {
			if r.nodes[i].n > 0 {
				return nil, errShape
			}
			lo := len(all.text)
			all.text = append(all.text, r.bytes(i)...)
			all.nodes = append(all.nodes, node{kind: '$', lo: lo, hi: len(all.text)})
			all.nodes[0].n++
		}
	}
	c.oneKey = true
	return &all, nil
}

// oldConfigGet knows how servers before Redis 7.0 refuse a second parameter: "ERR Unknown
// subcommand or wrong number of arguments for 'GET'. Try CONFIG HELP." (5.0 to 6.2).
func oldConfigGet(err error) bool {
	const old = "ERR Unknown subcommand or wrong number of arguments"
	s := err.Error()
	return len(s) >= len(old) && s[:len(old)] == old
}

func (r *recorder) recordInfo(rep *response, head record.Head) (record.Record, error) {
	if !rep.isText(0) {
		return nil, errShape
	}
	r.info.Head = head
	r.info.Reset(rep.bytes(0))
	r.readInfo()
	return &r.info, nil
}

func (r *recorder) recordClients(rep *response, head record.Head) (record.Record, error) {
	if !rep.isText(0) {
		return nil, errShape
	}
	r.clients.Head = head
	if cap(r.clients.Rows) == 0 { // growing would leave as much again behind
		r.clients.Rows = make([]record.Client, 0, max(0, min(int(r.progress.Clients), len(rep.bytes(0))/leastRow))+spareRows)
	}
	r.opts.ParseList(rep.bytes(0), &r.clients)
	r.ids.took(&r.clients, rep.parts == 0, r.asked, r.progress.Clients, time.Now())
	return &r.clients, nil
}

func (r *recorder) recordConfig(rep *response, head record.Head) (record.Record, error) {
	if !rep.isList(0) || rep.nodes[0].n%2 != 0 {
		return nil, errShape
	}
	r.config.Head = head
	r.config.Pairs = r.config.Pairs[:0]
	for i := 1; i < len(rep.nodes); {
		key, value := i, rep.next(i)
		if value >= len(rep.nodes) || rep.nodes[key].n > 0 || rep.nodes[value].n > 0 {
			return nil, errShape
		}
		i = rep.next(value)
		name := rep.string(key)
		if _, asked := slices.BinarySearch(configKeys[:], name); !asked {
			continue // not asked for: a proxy that answers CONFIG GET as it likes
		}
		r.config.Pairs = append(r.config.Pairs, record.Pair{Key: name, Value: rep.string(value)})
	}
	if slots, ok := r.config.Reserved(); ok {
		r.alarm.reserved = float64(slots)
	}
	return &r.config, nil
}

func (r *recorder) recordSlowlog(rep *response, head record.Head) (record.Record, error) {
	r.slow.Head = head
	hidden, err := decodeSlowlog(rep, &r.slow, r.opts.KeepSlowlogArgs, r.mac)
	if err != nil {
		return nil, fmt.Errorf("slow log: %w", err)
	}
	r.stats.HiddenArgs += int64(hidden)
	return &r.slow, nil
}
