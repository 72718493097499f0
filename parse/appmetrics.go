package parse

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// AppMetrics are the pool metrics of applications, from Prometheus or OpenMetrics text.
type AppMetrics struct {
	Pools   []*AppPool // by service and instance
	Unknown int        // sample lines of metrics that appMetricNames does not know
}

// An AppPool is one instance's pool over time. The slices hold samples in file order.
type AppPool struct {
	Service, Instance string
	Values            [numAppRoles][]AppValue
}

// An AppValue is one sample; T is unix seconds, 0 where the line has no timestamp.
type AppValue struct{ T, V float64 }

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

// appMetricNames maps metric names to roles: go-redis's exporters (the redis_pool_ and
// redisotel forms), HikariCP's, and the generic pair of the contract.
var appMetricNames = map[string]AppRole{
	"redis_pool_conn_total_current":      AppTotal,
	"redis_pool_conn_idle_current":       AppIdle,
	"redis_pool_conn_max":                AppMax,
	"redis_pool_timeout_total":           AppTimeouts,
	"redis_pool_wait_current":            AppWaiting,
	"redis_client_errors_total":          AppErrors,
	"go_redis_pool_conn_total_current":   AppTotal,
	"go_redis_pool_conn_idle_current":    AppIdle,
	"go_redis_pool_timeout_total":        AppTimeouts,
	"db_client_connections_max":          AppMax,
	"db_client_connections_timeouts":     AppTimeouts,
	"db_client_connections_pending":      AppWaiting,
	"hikaricp_connections":               AppTotal,
	"hikaricp_connections_active":        AppUsed,
	"hikaricp_connections_idle":          AppIdle,
	"hikaricp_connections_max":           AppMax,
	"hikaricp_connections_pending":       AppWaiting,
	"hikaricp_connections_timeout_total": AppTimeouts,
	"client_backend_usage":               AppUsed,
	"client_backend_max":                 AppMax,
	"client_backend_errors_total":        AppErrors,
}

// Bounds on what a stranger's metrics file can make us keep.
const (
	maxAppPools   = 4096
	maxAppSamples = 4 << 20
)

// ReadAppMetrics reads Prometheus or OpenMetrics text. Lines that are no samples are
// passed over; a file without any known pool metric is an *InputError.
func ReadAppMetrics(r io.Reader, name string) (*AppMetrics, error) {
	m := &AppMetrics{}
	index := map[[2]string]*AppPool{}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 1<<20)
	var line int64
	kept := 0
	for sc.Scan() {
		line++
		metric, labels, v, ok := promSample(sc.Text())
		if !ok {
			continue
		}
		role, known := appMetricNames[metric]
		if !known {
			m.Unknown++
			continue
		}
		k := [2]string{firstLabel(labels, "service", "application", "app", "job", "pool"), firstLabel(labels, "instance", "host", "pod")}
		p := index[k]
		if p == nil {
			if len(m.Pools) >= maxAppPools {
				continue
			}
			p = &AppPool{Service: k[0], Instance: k[1]}
			index[k] = p
			m.Pools = append(m.Pools, p)
		}
		if kept++; kept > maxAppSamples {
			return m, errorf(Pos{File: name, Line: line}, "more than %d samples", maxAppSamples)
		}
		p.Values[role] = append(p.Values[role], v)
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return m, errorf(Pos{File: name, Line: line + 1}, "a line of over 1 MiB")
		}
		return m, &InputError{Pos: Pos{File: name, Line: line + 1}, Msg: "cannot read", Err: err}
	}
	slices.SortFunc(m.Pools, func(a, b *AppPool) int {
		if c := strings.Compare(a.Service, b.Service); c != 0 {
			return c
		}
		return strings.Compare(a.Instance, b.Instance)
	})
	if len(m.Pools) == 0 {
		return m, errorf(Pos{File: name, Line: line}, "no pool metric found among %d samples; known are go-redis's redis_pool_*, hikaricp_connections* and client_backend_usage / client_backend_max", m.Unknown)
	}
	return m, nil
}

// promSample splits `name{labels} value [timestamp in ms]`.
func promSample(line string) (name, labels string, v AppValue, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", v, false
	}
	rest := ""
	if i := strings.IndexByte(line, '{'); i >= 0 {
		j := labelsEnd(line, i+1)
		if j < 0 {
			return "", "", v, false
		}
		name, labels, rest = line[:i], line[i+1:j], line[j+1:]
	} else {
		name, rest, _ = strings.Cut(line, " ")
	}
	f := strings.Fields(rest)
	if len(f) == 0 {
		return "", "", v, false
	}
	x, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return "", "", v, false
	}
	v.V = x
	if len(f) > 1 {
		// Prometheus writes milliseconds, OpenMetrics seconds with a fraction.
		if t, err := strconv.ParseFloat(f[1], 64); err == nil {
			if t > 1e11 {
				t /= 1000
			}
			v.T = t
		}
	}
	return name, labels, v, true
}

// labelsEnd finds the closing brace, outside quotes.
func labelsEnd(s string, from int) int {
	quoted := false
	for i := from; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return i
		}
	}
	return -1
}

func firstLabel(labels string, names ...string) string {
	for _, n := range names {
		for rest := labels; rest != ""; {
			k, after, ok := strings.Cut(rest, "=")
			if !ok || !strings.HasPrefix(after, `"`) {
				break
			}
			end := 1
			for end < len(after) && after[end] != '"' {
				if after[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(after) {
				break
			}
			if strings.Trim(k, " ,") == n {
				return after[1:end]
			}
			rest = after[end+1:]
		}
	}
	return ""
}
