package control

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/connbox/connbox/parse/record"
)

// mostServices bounds the services of which the metrics tell: those with the most connections.
// The rest is allOthers.
const mostServices = 20

// What is no service's name has a space in it, which no client's name can have.
const (
	allOthers = "all others"
	noName    = "no name"
)

// idleBands are the upper ends of the idle times that the metrics tell apart.
var idleBands = []struct {
	name string
	to   time.Duration
}{{"under_1m", time.Minute}, {"1m_to_5m", 5 * time.Minute}, {"5m_to_1h", time.Hour}, {"over_1h", 1 << 62}}

// states tell what a connection is for, by the first flag that fits.
var states = []struct {
	name  string
	flags string
}{{"replication", "SM"}, {"monitor", "O"}, {"pubsub", "P"}, {"blocked", "b"}}

// A series is one combination of labels.
type series struct{ service, state, idle string }

// gauges are the metrics of a recorder.
type gauges struct {
	registry *prometheus.Registry
	status   func() Status
	mu       sync.Mutex
	listed   map[series]int
	describe []metric
	conns    *prometheus.Desc
}

// A metric is one number of Status.
type metric struct {
	desc    *prometheus.Desc
	counter bool
	value   func(*Status) (float64, bool)
}

func newGauges(target string, status func() Status) *gauges {
	g := &gauges{registry: prometheus.NewRegistry(), status: status,
		conns: prometheus.NewDesc("connbox_server_connections",
			"Connections in the last CLIENT LIST, by client name or library, by what they are for and by how long they have been idle.",
			[]string{"service", "state", "idle"}, nil)}
	add := func(name, help string, counter bool, value func(*Status) (float64, bool)) {
		g.describe = append(g.describe, metric{prometheus.NewDesc("connbox_"+name, help, nil, nil), counter, value})
	}
	number := func(v *int64) (float64, bool) {
		if v == nil {
			return 0, false
		}
		return float64(*v), true
	}
	add("up", "1 while the recorder gets replies.", false, func(s *Status) (float64, bool) { return truth(s.Seeing), true })
	add("last_reply_timestamp_seconds", "When the last reply came.", false, func(s *Status) (float64, bool) {
		return float64(s.LastReply.UnixMilli()) / 1000, !s.LastReply.IsZero()
	})
	add("records_total", "Records of the recording.", true, func(s *Status) (float64, bool) { return float64(s.Records), true })
	add("failures_total", "Probes that got no usable reply.", true, func(s *Status) (float64, bool) { return float64(s.Failures), true })
	add("lost_records_total", "Records given up because the disk did not take them.", true, func(s *Status) (float64, bool) { return float64(s.Lost), true })
	add("waiting_records", "Records that wait for the disk.", false, func(s *Status) (float64, bool) { return float64(s.Waiting), true })
	add("server_share_ratio", "Share of the server's main thread that the probes take.", false, func(s *Status) (float64, bool) { return s.Share, true })
	add("server_clients", "connected_clients of the last INFO.", false, func(s *Status) (float64, bool) { return number(s.Clients) })
	add("server_maxclients", "maxclients of the last INFO.", false, func(s *Status) (float64, bool) { return number(s.MaxClients) })
	add("server_refused_total", "rejected_connections of the last INFO.", true, func(s *Status) (float64, bool) { return number(s.Refused) })
	ring := func(value func(*Ring) float64) func(*Status) (float64, bool) {
		return func(s *Status) (float64, bool) {
			if s.Ring == nil {
				return 0, false
			}
			return value(s.Ring), true
		}
	}
	add("ring_bytes", "Bytes of the ring.", false, ring(func(r *Ring) float64 { return float64(r.Bytes) }))
	add("ring_members", "Bundles in the ring.", false, ring(func(r *Ring) float64 { return float64(r.Members) }))
	add("ring_dropped_total", "Bundles removed from the ring.", true, ring(func(r *Ring) float64 { return float64(r.Dropped) }))
	add("ring_pins", "Stretches of time that are kept.", false, ring(func(r *Ring) float64 { return float64(r.Pins) }))
	var labels prometheus.Labels
	if target != "" {
		labels = prometheus.Labels{"target": target}
	}
	prometheus.WrapRegistererWith(labels, g.registry).MustRegister(g)
	return g
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, m := range g.describe {
		to <- m.desc
	}
	to <- g.conns
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	st := g.status()
	for _, m := range g.describe {
		kind := prometheus.GaugeValue
		if m.counter {
			kind = prometheus.CounterValue
		}
		if v, ok := m.value(&st); ok {
			to <- prometheus.MustNewConstMetric(m.desc, kind, v)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for s, n := range g.listed {
		to <- prometheus.MustNewConstMetric(g.conns, prometheus.GaugeValue, float64(n), s.service, s.state, s.idle)
	}
}

// See takes a record on its way to the disk; lists make the metrics of connections.
func (s *Server) See(rec record.Record) {
	c, ok := rec.(*record.Clients)
	if !ok {
		return
	}
	named := map[string]int{}
	for i := range c.Rows {
		named[serviceOf(&c.Rows[i])]++
	}
	names := make([]string, 0, len(named))
	for n := range named {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(named[b]-named[a], strings.Compare(a, b)) })
	kept := map[string]string{}
	for i, n := range names {
		kept[n] = allOthers
		if i < mostServices {
			kept[n] = strings.ToValidUTF8(n, "\uFFFD")
		}
	}
	listed := map[series]int{}
	for i := range c.Rows {
		row := &c.Rows[i]
		listed[series{kept[serviceOf(row)], stateOf(row), bandOf(row)}]++
	}
	s.gauges.mu.Lock()
	s.gauges.listed = listed
	s.gauges.mu.Unlock()
}

// maxLabel bounds a label's value.
const maxLabel = 64

// serviceOf names what a connection belongs to: its name, else its library, else nothing.
func serviceOf(c *record.Client) string {
	name := cmp.Or(c.Name, c.LibName, noName)
	return name[:min(len(name), maxLabel)]
}

func stateOf(c *record.Client) string {
	for _, s := range states {
		if strings.ContainsAny(c.Flags, s.flags) {
			return s.name
		}
	}
	if c.Cmd == "NULL" || c.Cmd == "" {
		return "never_used"
	}
	return "normal"
}

func bandOf(c *record.Client) string {
	idle, ok := c.Int(record.FieldIdle)
	if !ok {
		return "unknown"
	}
	for _, b := range idleBands {
		if idle < int64(b.to/time.Second) {
			return b.name
		}
	}
	return idleBands[len(idleBands)-1].name
}
