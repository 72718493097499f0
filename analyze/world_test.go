package analyze

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/parse"
)

// A world is a server with clients that a test moves by hand, sample by sample. It keeps
// the server's books as redis does: accepted connections get rising ids, refused ones get
// none and are counted apart.
type world struct {
	rng                                   *rand.Rand
	at                                    float64 // unix s
	dt                                    float64 // sampling interval
	limit                                 int
	told                                  int // maxclients as INFO has it; 0: the limit
	boot                                  float64
	runID                                 string
	nextID                                int64
	clients                               []*client
	accepted, refused, commands           int64
	evicted, obuf, authFail, delayedFsync int64
	forkUsec, outMax, clientMem           int64
	cpu                                   float64 // seconds
	old                                   bool    // a server that does not count the cuts at the output-buffer limit
	late                                  float64 // seconds from asking for INFO to the answer
	config                                map[string]string
	slow                                  []parse.SlowEntry
	noList, noInfo                        bool
	records                               []parse.Record
}

type client struct {
	id                int64
	host, name, flags string
	port              int
	born, used        float64
	omem              int64
	cmd               string
	sub               int64
	lost              bool // leaked: nobody uses it again
}

func newWorld(limit int) *world {
	return &world{rng: rand.New(rand.NewPCG(1, 2)), at: 1.8e9, dt: 15, limit: limit, boot: 1.8e9 - 3600, runID: strings.Repeat("a", 40), config: map[string]string{}}
}

// storyReport gives the report of a world moved n samples, set up first where that is asked for.
func storyReport(limit, n int, setup func(*world), step func(w *world, i int)) *Report {
	w := newWorld(limit)
	if setup != nil {
		setup(w)
	}
	w.run(n, step)
	return w.report()
}

// open dials once; nil when the limit refuses it.
func (w *world) open(host, name string) *client {
	if len(w.clients) >= w.limit {
		w.refused++
		return nil
	}
	w.nextID++
	w.accepted++
	c := &client{id: w.nextID, host: host, name: name, flags: "N", port: 1024 + int(w.nextID%60000), born: w.at, used: w.at, cmd: "get"}
	w.clients = append(w.clients, c)
	return c
}

// leak opens a connection that nobody will use or close.
func (w *world) leak(host, name string) {
	if c := w.open(host, name); c != nil {
		c.lost = true
	}
}

func (w *world) close(c *client) {
	for i, x := range w.clients {
		if x == c {
			w.clients = append(w.clients[:i], w.clients[i+1:]...)
			return
		}
	}
}

// doubts tells whether a report's data quality says something.
func doubts(r *Report, what string) bool {
	return slices.ContainsFunc(r.DataQuality, func(d Doubt) bool { return strings.Contains(d.What, what) })
}

// tear cuts the last part off every nth list.
func (w *world) tear(nth int) {
	n := 0
	for _, r := range w.records {
		if l, ok := r.(*parse.Clients); ok {
			if n++; n%nth == 0 {
				l.Rows = l.Rows[:len(l.Rows)*3/5]
			}
		}
	}
}

// of gives the connections of a host (or of a name, where host is empty).
func (w *world) of(host, name string) []*client {
	var out []*client
	for _, c := range w.clients {
		if (host == "" || c.host == host) && (name == "" || c.name == name) {
			out = append(out, c)
		}
	}
	return out
}

// pool keeps n connections of a host and works them: each is used in a step with
// probability busy, at 20 commands a use.
func (w *world) pool(host, name string, n int, busy float64) {
	for have := len(w.of(host, name)); have < n; have++ {
		if w.open(host, name) == nil {
			break
		}
	}
	for _, c := range w.of(host, name) {
		if !c.lost && w.rng.Float64() < busy {
			c.used = w.at - w.rng.Float64()*w.dt
			c.used = max(c.used, c.born)
			w.commands += 20
		}
	}
}

// fleet works pools of n connections on each of some hosts.
func (w *world) fleet(net, name string, hosts, n int, busy float64) {
	for h := range hosts {
		w.pool(fmt.Sprintf("%s.%d", net, h+1), name, n, busy)
	}
}

// keys enters a KEYS of three seconds into the slow log.
func (w *world) keys(id int) {
	w.slow = append([]parse.SlowEntry{{ID: int64(id), Time: int64(w.at), Micros: 3_000_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.slow...)
}

// restart ends all connections and begins a new process.
func (w *world) restart(limit int) {
	w.clients, w.accepted, w.refused, w.commands, w.nextID = nil, 0, 0, 0, 0
	w.boot, w.limit = w.at, limit
	w.runID = fmt.Sprintf("%040d", int(w.at))
}

// sample takes one INFO and one CLIENT LIST.
func (w *world) sample() {
	at := time.UnixMicro(int64(w.at * 1e6)).UTC()
	line := int64(len(w.records) + 1)
	if !w.noInfo {
		blocked := 0
		for _, c := range w.clients {
			if strings.Contains(c.flags, "b") {
				blocked++
			}
		}
		text := fmt.Sprintf("# Server\r\nredis_version:7.4.1\r\nrun_id:%s\r\nuptime_in_seconds:%d\r\nrole:master\r\nserver_time_usec:%d\r\nconnected_clients:%d\r\nconnected_slaves:0\r\ncluster_connections:0\r\nmaxclients:%d\r\nblocked_clients:%d\r\n"+
			"total_connections_received:%d\r\ntotal_commands_processed:%d\r\nrejected_connections:%d\r\nevicted_clients:%d\r\nclient_output_buffer_limit_disconnections:%d\r\nacl_access_denied_auth:%d\r\naof_delayed_fsync:%d\r\nlatest_fork_usec:%d\r\n",
			w.runID, int(w.at-w.boot), int64((w.at+w.late)*1e6), len(w.clients), cmp.Or(w.told, w.limit), blocked, w.accepted, w.commands, w.refused, w.evicted, w.obuf, w.authFail, w.delayedFsync, w.forkUsec)
		text += fmt.Sprintf("client_recent_max_output_buffer:%d\r\nmem_clients_normal:%d\r\nused_cpu_user:%.6f\r\nused_cpu_sys:0\r\n", w.outMax, w.clientMem, w.cpu)
		if w.old {
			text = strings.Replace(text, "client_output_buffer_limit_disconnections:0\r\n", "", 1)
		}
		i := &parse.Info{Head: parse.Head{At: at, Pos: parse.Pos{File: "world", Line: line}}}
		i.Reset([]byte(text))
		w.records = append(w.records, i)
	}
	if !w.noList {
		l := &parse.Clients{Head: parse.Head{At: at, Pos: parse.Pos{File: "world", Line: line}}}
		for _, c := range w.clients {
			l.Rows = append(l.Rows, parse.Client{ID: c.id, Addr: fmt.Sprintf("%s:%d", c.host, c.port), Name: c.name, Flags: c.flags,
				Age: int64(w.at - c.born), Idle: int64(w.at - c.used), OMem: c.omem, Cmd: c.cmd, Sub: c.sub, User: "default"})
		}
		w.records = append(w.records, l)
	}
	if len(w.slow) > 0 {
		w.records = append(w.records, &parse.Slowlog{Head: parse.Head{At: at, Pos: parse.Pos{File: "world", Line: line}}, Entries: append([]parse.SlowEntry(nil), w.slow...)})
	}
}

// run moves the world n samples, calling step before each.
func (w *world) run(n int, step func(w *world, i int)) {
	if len(w.config) > 0 {
		c := &parse.Config{Head: parse.Head{At: time.Unix(int64(w.at), 0).UTC()}}
		for _, k := range kept {
			if v, ok := w.config[k]; ok {
				c.Pairs = append(c.Pairs, parse.Pair{Key: k, Value: v})
			}
		}
		w.records = append(w.records, c)
	}
	for i := range n {
		w.at += w.dt
		step(w, i)
		w.sample()
	}
}

// source plays the records back.
func (w *world) source() parse.Source { return &tape{records: w.records} }

func (w *world) report() *Report {
	tl, err := Collect(w.source())
	if err != nil {
		panic(err)
	}
	return Run(tl, Options{})
}

// A tape is a Source over records in memory.
type tape struct {
	records []parse.Record
	next    int
	err     error
	meta    parse.Meta
}

func (t *tape) Scan() bool {
	if t.next >= len(t.records) {
		return false
	}
	t.next++
	return true
}
func (t *tape) Record() parse.Record { return t.records[t.next-1] }
func (t *tape) Err() error           { return t.err }
func (t *tape) Warnings() []string   { return nil }
func (t *tape) Close() error         { return nil }
func (t *tape) Origin() parse.Origin {
	return parse.Origin{Kind: parse.InputDump, Name: "world", SHA256: strings.Repeat("0", 64), Meta: t.meta}
}
