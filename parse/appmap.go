package parse

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// AppRole is what a pool metric means.
type AppRole int

// The roles.
const (
	AppTotal    AppRole = iota // connections the pool holds
	AppIdle                    // of them idle
	AppUsed                    // of them in use
	AppMax                     // the pool's size
	AppTimeouts                // counter: waits for a connection that ended in a time-out
	AppWaiting                 // requests waiting for a connection now
	AppErrors                  // counter: failed calls
	numAppRoles
)

// appRoleWords are the roles as a mapping file writes them.
var appRoleWords = [numAppRoles]string{"total", "idle", "used", "max", "timeouts", "waiting", "errors"}

// String gives the role as a mapping file writes it.
func (r AppRole) String() string { return appRoleWords[r] }

// An AppMetric maps a metric to its role. Name may begin with a '*' that stands for any
// prefix, as the namespace that go-redis' collector is given; Label and Value, where set,
// must be among the sample's labels.
type AppMetric struct {
	Name         string
	Label, Value string
	Role         AppRole
	From         string // who exports it
}

// appMetricTable maps the names of the exporters in use. Clients that keep one connection an
// instance (ioredis, node-redis, StackExchange.Redis, Lettuce unpooled) have no pool to tell of.
var appMetricTable = [...]AppMetric{
	{"*_pool_conn_total_current", "", "", AppTotal, "go-redis (redisprometheus), go-zero"},
	{"*_pool_conn_idle_current", "", "", AppIdle, "go-redis (redisprometheus), go-zero"},
	{"*_pool_conn_max", "", "", AppMax, "go-zero, the same with the size"},
	{"*_pool_timeout_total", "", "", AppTimeouts, "go-redis (redisprometheus), go-zero"},
	{"*_pool_wait_current", "", "", AppWaiting, "the same with waiting requests"},
	{"redis_client_errors_total", "", "", AppErrors, "generic"},
	{"*_pool_stats_total_conns", "", "", AppTotal, "go-redis PoolStats (promredis, GitLab)"},
	{"*_pool_stats_idle_conns", "", "", AppIdle, "go-redis PoolStats (promredis, GitLab)"},
	{"*_pool_stats_max_conns", "", "", AppMax, "go-redis PoolStats (GitLab)"},
	{"*_pool_stats_timeouts", "", "", AppTimeouts, "go-redis PoolStats (promredis, GitLab)"},
	{"db_client_connections_usage", "state", "idle", AppIdle, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_usage", "state", "used", AppUsed, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_max", "", "", AppMax, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_timeouts", "", "", AppTimeouts, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_timeouts_total", "", "", AppTimeouts, "OpenTelemetry before 1.26 (redisotel)"},
	{"db_client_connections_pending", "", "", AppWaiting, "OpenTelemetry, early"},
	{"db_client_connections_pending_requests", "", "", AppWaiting, "OpenTelemetry before 1.26"},
	{"db_client_connection_count", "db_client_connection_state", "idle", AppIdle, "OpenTelemetry from 1.26"},
	{"db_client_connection_count", "db_client_connection_state", "used", AppUsed, "OpenTelemetry from 1.26"},
	{"db_client_connection_count", "state", "idle", AppIdle, "OpenTelemetry from 1.26, short label"},
	{"db_client_connection_count", "state", "used", AppUsed, "OpenTelemetry from 1.26, short label"},
	{"db_client_connection_max", "", "", AppMax, "OpenTelemetry from 1.26"},
	{"db_client_connection_pending_requests", "", "", AppWaiting, "OpenTelemetry from 1.26"},
	{"db_client_connection_timeouts_total", "", "", AppTimeouts, "OpenTelemetry from 1.26"},
	{"hikaricp_connections", "", "", AppTotal, "HikariCP (Micrometer, Prometheus)"},
	{"hikaricp_connections_active", "", "", AppUsed, "HikariCP (Micrometer)"},
	{"hikaricp_connections_idle", "", "", AppIdle, "HikariCP (Micrometer)"},
	{"hikaricp_connections_max", "", "", AppMax, "HikariCP (Micrometer)"},
	{"hikaricp_connections_pending", "", "", AppWaiting, "HikariCP (Micrometer)"},
	{"hikaricp_connections_timeout_total", "", "", AppTimeouts, "HikariCP (Micrometer)"},
	{"hikaricp_active_connections", "", "", AppUsed, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_idle_connections", "", "", AppIdle, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_max_connections", "", "", AppMax, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_pending_threads", "", "", AppWaiting, "HikariCP (its Prometheus tracker)"},
	{"hikaricp_connection_timeout_total", "", "", AppTimeouts, "HikariCP (its Prometheus tracker)"},
	{"commons_pool2_num_active", "", "", AppUsed, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"commons_pool2_num_idle", "", "", AppIdle, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"commons_pool2_num_waiters", "", "", AppWaiting, "commons-pool2 (Micrometer): Jedis, Lettuce pooled"},
	{"redis_client_active_connections", "", "", AppUsed, "baseplate.go"},
	{"redis_client_max_size", "", "", AppMax, "baseplate.go"},
	{"client_backend_usage", "", "", AppUsed, "generic"},
	{"client_backend_max", "", "", AppMax, "generic"},
	{"client_backend_errors_total", "", "", AppErrors, "generic"},
}

// AppMetricTable gives the mapping that is built in.
func AppMetricTable() iter.Seq[AppMetric] { return slices.Values(appMetricTable[:]) }

// The labels that say whose pool it is, the best first.
var (
	appServiceLabels  = [...]string{"service", "application", "app", "service_name", "job"}
	appInstanceLabels = [...]string{"instance", "host", "pod", "service_instance_id"}
	appPoolLabels     = [...]string{"pool", "pool_name", "db_client_connection_pool_name"}
)

// An AppMap maps metrics to roles, and says which labels tell services and instances apart.
type AppMap struct {
	metrics             []AppMetric // the first that fits counts
	services, instances []string
	exact               map[string][]int // places in metrics of names without a star
	stars               []int
	seen                map[string][]int // the places that fit a name, so far asked
}

// DefaultAppMap gives the mapping that is built in.
func DefaultAppMap() *AppMap {
	m := &AppMap{metrics: slices.Clone(appMetricTable[:]), services: appServiceLabels[:], instances: appInstanceLabels[:]}
	m.index()
	return m
}

func (m *AppMap) index() {
	m.exact, m.stars, m.seen = map[string][]int{}, nil, map[string][]int{}
	for i, x := range m.metrics {
		if strings.HasPrefix(x.Name, "*") {
			m.stars = append(m.stars, i)
		} else {
			m.exact[x.Name] = append(m.exact[x.Name], i)
		}
	}
}

// fits gives the places in metrics that fit a name, in their order.
func (m *AppMap) fits(name string) []int {
	if at, ok := m.seen[name]; ok {
		return at
	}
	at := slices.Clone(m.exact[name])
	for _, i := range m.stars {
		if strings.HasSuffix(name, m.metrics[i].Name[1:]) {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	if len(m.seen) < 1<<14 { // a stranger's names: no more than these are remembered
		m.seen[strings.Clone(name)] = at
	}
	return at
}

// roleOf gives the role of a sample.
func (m *AppMap) roleOf(name, labels string) (AppRole, bool) {
	for _, i := range m.fits(name) {
		x := &m.metrics[i]
		if x.Label == "" || firstLabel(labels, x.Label) == x.Value {
			return x.Role, true
		}
	}
	return 0, false
}

// maxAppMap bounds a mapping file.
const maxAppMap = 4096

// ReadAppMap reads a mapping file and puts its lines before those built in. A line is one of
//
//	ROLE METRIC                   the metric has the role; '*' at its beginning: any prefix
//	ROLE METRIC{label="value"}    the same for samples with this label
//	service LABEL                 the label names the service
//	instance LABEL                the label names the instance
//
// with ROLE one of total, idle, used, max, timeouts, waiting, errors. What follows a '#' and
// blank lines are passed over. An error is an *InputError with the line.
func ReadAppMap(r io.Reader, name string) (*AppMap, error) {
	m := &AppMap{}
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
		if len(m.metrics)+len(m.services)+len(m.instances) > maxAppMap {
			return nil, record.Errorf(record.Pos{File: name, Line: line}, "more than %d mappings", maxAppMap)
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
	m.metrics = append(m.metrics, appMetricTable[:]...)
	m.services = append(m.services, appServiceLabels[:]...)
	m.instances = append(m.instances, appInstanceLabels[:]...)
	m.index()
	return m, nil
}

// enter takes one line; it says what is wrong with it.
func (m *AppMap) enter(f []string) string {
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
	role := slices.Index(appRoleWords[:], f[0])
	if role < 0 {
		return fmt.Sprintf("unknown role %.80q; roles are %s, and service and instance for labels", f[0], strings.Join(appRoleWords[:], ", "))
	}
	x := AppMetric{Role: AppRole(role), From: "the mapping file"}
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
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}
