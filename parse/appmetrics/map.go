package appmetrics

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/exposition"
	"github.com/connbox/connbox/parse/record"
)

// Role is what a pool metric means.
type Role int

// The roles.
const (
	Total    Role = iota // connections the pool holds
	Idle                 // of them idle
	Used                 // of them in use
	Max                  // the pool's size
	Timeouts             // counter: waits for a connection that ended in a time-out
	Waiting              // requests waiting for a connection now
	Errors               // counter: failed calls
	numRoles
)

// roleWords are the roles as a mapping file writes them.
var roleWords = [numRoles]string{"total", "idle", "used", "max", "timeouts", "waiting", "errors"}

// String gives the role as a mapping file writes it.
func (r Role) String() string { return roleWords[r] }

// A Metric maps a metric to its role. Name may begin with a '*' that stands for any
// prefix, as the namespace that go-redis' collector is given; Label and Value, where set,
// must be among the sample's labels.
type Metric struct {
	Name         string
	Label, Value string
	Role         Role
	From         string // who exports it
}

// metricTable maps the names of the exporters in use. Clients that keep one connection an
// instance (ioredis, node-redis, StackExchange.Redis, Lettuce unpooled) have no pool to tell of.
var metricTable = [...]Metric{
	{"*_pool_conn_total_current", "", "", Total, "go-redis (redisprometheus), go-zero"},
	{"*_pool_conn_idle_current", "", "", Idle, "go-redis (redisprometheus), go-zero"},
	{"*_pool_conn_max", "", "", Max, "go-zero, the same with the size"},
	{"*_pool_timeout_total", "", "", Timeouts, "go-redis (redisprometheus), go-zero"},
	{"*_pool_wait_current", "", "", Waiting, "the same with waiting requests"},
	{"redis_client_errors_total", "", "", Errors, "generic"},
	{"*_pool_stats_total_conns", "", "", Total, "go-redis PoolStats (promredis, GitLab)"},
	{"*_pool_stats_idle_conns", "", "", Idle, "go-redis PoolStats (promredis, GitLab)"},
	{"*_pool_stats_max_conns", "", "", Max, "go-redis PoolStats (GitLab)"},
	{"*_pool_stats_timeouts", "", "", Timeouts, "go-redis PoolStats (promredis, GitLab)"},
	{"db_client_connections_usage", "state", "idle", Idle, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_usage", "state", "used", Used, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_max", "", "", Max, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_timeouts", "", "", Timeouts, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_timeouts_total", "", "", Timeouts, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_pending", "", "", Waiting, "OpenTelemetry, early"},
	{"db_client_connections_pending_requests", "", "", Waiting, "OpenTelemetry before 1.26"},
	{"db_client_connection_count", "db_client_connection_state", "idle", Idle, "OpenTelemetry from 1.26"},
	{"db_client_connection_count", "db_client_connection_state", "used", Used, "OpenTelemetry from 1.26"},
	{"db_client_connection_count", "state", "idle", Idle, "OpenTelemetry from 1.26, short label"},
	{"db_client_connection_count", "state", "used", Used, "OpenTelemetry from 1.26, short label"},
	{"db_client_connection_max", "", "", Max, "OpenTelemetry from 1.26"},
	{"db_client_connection_pending_requests", "", "", Waiting, "OpenTelemetry from 1.26"},
	{"db_client_connection_timeouts_total", "", "", Timeouts, "OpenTelemetry from 1.26"},
	{"hikaricp_connections", "", "", Total, "HikariCP (Micrometer, Prometheus)"},
	{"hikaricp_connections_active", "", "", Used, "HikariCP (Micrometer)"},
	{"hikaricp_connections_idle", "", "", Idle, "HikariCP (Micrometer)"},
	{"hikaricp_connections_max", "", "", Max, "HikariCP (Micrometer)"},
	{"hikaricp_connections_pending", "", "", Waiting, "HikariCP (Micrometer)"},
	{"hikaricp_connections_timeout_total", "", "", Timeouts, "HikariCP (Micrometer)"},
	{"hikaricp_active_connections", "", "", Used, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_idle_connections", "", "", Idle, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_max_connections", "", "", Max, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_pending_threads", "", "", Waiting, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_connection_timeout_total", "", "", Timeouts, "HikariCP (its Prometheus tracker)"},
	{"commons_pool2_num_active", "", "", Used, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"commons_pool2_num_idle", "", "", Idle, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"commons_pool2_num_waiters", "", "", Waiting, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"redis_client_active_connections", "", "", Used, "baseplate.go"},
	{"redis_client_max_size", "", "", Max, "baseplate.go"},
	{"client_backend_usage", "", "", Used, "generic"},
	{"client_backend_max", "", "", Max, "generic"},
	{"client_backend_errors_total", "", "", Errors, "generic"},
}

// MetricTable gives the mapping that is built in.
func MetricTable() iter.Seq[Metric] { return slices.Values(metricTable[:]) }

// The labels that say whose pool it is, the best first.
var (
	appServiceLabels  = [...]string{"service", "application", "app", "service_name", "job"}
	appInstanceLabels = [...]string{"instance", "host", "pod", "service_instance_id"}
	appPoolLabels     = [...]string{"pool", "pool_name", "db_client_connection_pool_name"}
)

// A Map maps metrics to roles, and says which labels tell services and instances apart.
type Map struct {
	metrics             []Metric // the first that fits counts
	services, instances []string
	seen                map[string][]int // places in metrics that fit a name, so far asked
}

// DefaultMap gives the mapping that is built in.
func DefaultMap() *Map {
	return &Map{metricTable[:], appServiceLabels[:], appInstanceLabels[:], map[string][]int{}}
}

// fits gives the places in metrics that fit a name, in their order.
func (m *Map) fits(name string) []int {
	at, ok := m.seen[name]
	if ok {
		return at
	}
	for i, x := range m.metrics {
		if suffix, star := strings.CutPrefix(x.Name, "*"); x.Name == name || star && strings.HasSuffix(name, suffix) {
			at = append(at, i)
		}
	}
	if len(m.seen) < 1<<14 { // a stranger's names: no more than these are remembered
		m.seen[strings.Clone(name)] = at
	}
	return at
}

// roleOf gives the role of a sample.
func (m *Map) roleOf(s *exposition.Sample) (Role, bool) {
	for _, i := range m.fits(s.Name) {
		x := &m.metrics[i]
		if x.Label == "" || s.Label(x.Label) == x.Value {
			return x.Role, true
		}
	}
	return 0, false
}

// maxMap bounds a mapping file.
const maxMap = 4096

// ReadMap reads a mapping file and puts its lines before those built in. A line is one of
//
//	ROLE METRIC                   the metric has the role; '*' at its beginning: any prefix
//	ROLE METRIC{label="value"}    the same for samples with this label
//	service LABEL                 the label names the service
//	instance LABEL                the label names the instance
//
// with ROLE one of total, idle, used, max, timeouts, waiting, errors. What follows a '#' and
// blank lines are passed over. An error is an *InputError with the line.
func ReadMap(r io.Reader, name string) (*Map, error) {
	m := &Map{seen: map[string][]int{}}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<10)
	line := int64(0)
	for sc.Scan() {
		line++
		text, _, _ := strings.Cut(sc.Text(), "#")
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		if err := m.enter(f); err != "" {
			return nil, record.Errorf(record.Pos{File: name, Line: line}, "%s", err)
		}
		if len(m.metrics)+len(m.services)+len(m.instances) > maxMap {
			return nil, record.Errorf(record.Pos{File: name, Line: line}, "more than %d mappings", maxMap)
		}
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, record.Errorf(record.Pos{File: name, Line: line + 1}, "a line of over 64 KiB")
	case err != nil:
		return nil, &record.InputError{Pos: record.Pos{File: name, Line: line + 1}, Msg: "cannot read", Err: err}
	case len(m.metrics)+len(m.services)+len(m.instances) == 0:
		return nil, record.Errorf(record.Pos{File: name, Line: max(line, 1)}, "no mapping found; a line is ROLE METRIC, as: used myapp_redis_busy")
	}
	m.metrics = append(m.metrics, metricTable[:]...)
	m.services = append(m.services, appServiceLabels[:]...)
	m.instances = append(m.instances, appInstanceLabels[:]...)
	return m, nil
}

// enter takes one line; it says what is wrong with it.
func (m *Map) enter(f []string) string {
	if len(f) != 2 {
		return fmt.Sprintf("%d words where two are wanted: ROLE METRIC, or service LABEL, or instance LABEL", len(f))
	}
	switch f[0] {
	case "service", "instance":
		if !metricName(f[1]) {
			return fmt.Sprintf("%.80q is no name of a label", f[1])
		}
		if f[0] == "service" {
			m.services = append(m.services, f[1])
		} else {
			m.instances = append(m.instances, f[1])
		}
		return ""
	}
	role := slices.Index(roleWords[:], f[0])
	if role < 0 {
		return fmt.Sprintf("unknown role %.80q; roles are %s, and service and instance for labels", f[0], strings.Join(roleWords[:], ", "))
	}
	x := Metric{Role: Role(role), From: "the mapping file"}
	var cond string
	var braces bool
	x.Name, cond, braces = strings.Cut(f[1], "{")
	if !metricName(strings.TrimPrefix(x.Name, "*")) {
		return fmt.Sprintf("%.80q is no name of a metric", x.Name)
	}
	if braces {
		var ok bool
		if x.Label, x.Value, ok = labelCondition(cond); !ok {
			return fmt.Sprintf("%.80q is no condition on one label; it looks like {state=\"used\"}", "{"+cond)
		}
	}
	m.metrics = append(m.metrics, x)
	return ""
}

// labelCondition splits `label="value"}`. A value with quotes or backslashes in it is no use
// to tell roles apart and is not taken.
func labelCondition(s string) (label, value string, ok bool) {
	label, rest, ok := strings.Cut(s, `="`)
	value, closed := strings.CutSuffix(rest, `"}`)
	return label, value, ok && closed && metricName(label) && !strings.ContainsAny(value, "\"\\")
}

// metricName tells whether s could be the name of a metric or label.
func metricName(s string) bool {
	return record.Only(s, record.LetterBytes+record.DigitBytes+"_:") && s[0] > '9'
}
