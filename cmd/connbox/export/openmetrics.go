package export

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
)

// A metric is a row of the table: a value of INFO by the name that redis_exporter gives it, so that
// dashboards and alerts work on what is filled in afterwards.
type metric struct {
	name    string // without _total
	counter bool
	key     string // of INFO
	help    string
}

// metrics is the table, in the order of the output.
var metrics = [...]metric{
	{"redis_connected_clients", false, "connected_clients", "Clients connected, replicas not counted."},
	{"redis_config_maxclients", false, "maxclients", "The connection limit in force."},
	{"redis_blocked_clients", false, "blocked_clients", "Clients in a blocking command."},
	{"redis_connected_slaves", false, "connected_slaves", "Replicas connected."},
	{"redis_cluster_connections", false, "cluster_connections", "Links of the cluster bus."},
	{"redis_connections_received", true, "total_connections_received", "Connections accepted."},
	{"redis_rejected_connections", true, "rejected_connections", "Connections refused."},
	{"redis_commands_processed", true, "total_commands_processed", "Commands processed."},
	{"redis_evicted_clients", true, "evicted_clients", "Clients evicted under maxmemory-clients."},
	{"redis_memory_used_bytes", false, "used_memory", "Memory allocated."},
	{"redis_mem_clients_normal_bytes", false, "mem_clients_normal", "Memory of clients."},
	{"redis_uptime_in_seconds", false, "uptime_in_seconds", "Age of the server process."},
}

// clientSeries is how many series of CLIENT LIST there are at most, one a name and host; the
// connections of all others are one. A time-series database pays for each.
const clientSeries = 500

// A point is a value at a time.
type point struct {
	at time.Time
	v  float64
}

// An openMetrics collects series: the format wants each metric's samples together.
type openMetrics struct {
	instance string
	up       []point
	info     [len(metrics)][]point
	index    map[[2]string]int // name and host, as they are printed
	clients  []clientPoints
	lastList time.Time
}

type clientPoints struct {
	name, host string
	points     []point
	now        float64
}

// others stands for the series beyond clientSeries. No client's name has a space in it.
const others = "all others"

// newOpenMetrics collects the metrics of a recording, whose server or file is the instance.
func newOpenMetrics(o record.Origin) *openMetrics {
	return &openMetrics{instance: cmp.Or(o.Meta.Target, o.Name), index: map[[2]string]int{}}
}

// add takes a record. What has no time, or none after the one before, has no place in a series.
func (m *openMetrics) add(_ io.Writer, rec record.Record) error {
	at := rec.Base().At
	if at.IsZero() || at.Year() == record.DayUnknown.Year() {
		return nil
	}
	switch r := rec.(type) {
	case *record.Info:
		m.up = appended(m.up, point{at, 1})
		for i := range metrics {
			if v, ok := r.Float(metrics[i].key); ok {
				m.info[i] = appended(m.info[i], point{at, v})
			}
		}
	case *record.Failure:
		m.up = appended(m.up, point{at, 0})
	case *record.Clients:
		m.list(at, r)
	}
	return nil
}

func appended(to []point, p point) []point {
	if n := len(to); n > 0 && !p.at.After(to[n-1].at) {
		return to
	}
	return append(to, p)
}

// list counts the connections of each name and host; one that was in the list before and is not in
// this has none.
func (m *openMetrics) list(at time.Time, list *record.Clients) {
	if !at.After(m.lastList) {
		return
	}
	m.lastList = at
	for i := range m.clients {
		m.clients[i].now = 0
	}
	for i := range list.Rows {
		c := &list.Rows[i]
		m.clients[m.seriesOf(c.Name, c.Host())].now++
	}
	for i := range m.clients {
		s := &m.clients[i]
		if n := len(s.points); s.now > 0 || n > 0 && s.points[n-1].v > 0 {
			s.points = append(s.points, point{at, s.now})
		}
	}
}

func (m *openMetrics) seriesOf(name, host string) int {
	key := [2]string{cli.Safe(name), cli.Safe(host)} // as it is printed: two names that are cut alike are one series
	if k, ok := m.index[key]; ok {
		return k
	}
	if len(m.clients) >= clientSeries {
		key = [2]string{others, others}
		if k, ok := m.index[key]; ok {
			return k
		}
	}
	key = [2]string{strings.Clone(key[0]), strings.Clone(key[1])}
	m.index[key] = len(m.clients)
	m.clients = append(m.clients, clientPoints{name: key[0], host: key[1]})
	return len(m.clients) - 1
}

// empty tells that there was nothing with a time.
func (m *openMetrics) empty() bool {
	return len(m.up) == 0 && !slices.ContainsFunc(m.clients, func(c clientPoints) bool { return len(c.points) > 0 })
}

// write writes what was collected, each metric's samples together and in the order of time.
// Source: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/
func (m *openMetrics) write(to io.Writer) error {
	w := bufio.NewWriter(to)
	family := func(name, kind, help string) { fmt.Fprintf(w, "# TYPE %s %s\n# HELP %s %s\n", name, kind, name, help) }
	instance := "{instance=" + label(m.instance) + "} "
	if len(m.up) > 0 {
		family("redis_up", "gauge", "Whether the server answered.")
		samples(w, "redis_up"+instance, m.up)
	}
	for i := range metrics {
		d := &metrics[i]
		switch {
		case len(m.info[i]) == 0:
		case d.counter:
			family(d.name, "counter", d.help)
			samples(w, d.name+"_total"+instance, m.info[i])
		default:
			family(d.name, "gauge", d.help)
			samples(w, d.name+instance, m.info[i])
		}
	}
	if slices.ContainsFunc(m.clients, func(c clientPoints) bool { return len(c.points) > 0 }) {
		family("connbox_client_connections", "gauge", "Connections in CLIENT LIST by client name and host.")
		for i := range m.clients {
			c := &m.clients[i]
			samples(w, "connbox_client_connections{instance="+label(m.instance)+",name="+quoted(c.name)+",host="+quoted(c.host)+"} ", c.points)
		}
	}
	w.WriteString("# EOF\n")
	return w.Flush()
}

func samples(w *bufio.Writer, lead string, points []point) {
	for _, p := range points {
		w.WriteString(lead)
		w.WriteString(strconv.FormatFloat(p.v, 'g', -1, 64))
		ms := p.at.UnixMilli()
		fmt.Fprintf(w, " %d.%03d\n", ms/1000, ms%1000)
	}
}

// label writes a stranger's text as a label's value: made printable, and escaped as the format has it.
func label(s string) string { return quoted(cli.Safe(s)) }

// quoted escapes a label's value that is printable.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
