// Package appmetrics reads what applications say of their connection pools: Metrics, from
// Prometheus or OpenMetrics text. A Map leads from the name of a metric to its Role in a Pool;
// one is built in, and a file can add to it. All that is read belongs to the caller.
package appmetrics

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// Metrics are the pool metrics of applications, from Prometheus or OpenMetrics text.
type Metrics struct {
	Pools   []*Pool // by service, instance and name
	Unknown int     // sample lines of metrics that the mapping does not know
}

// A Pool is one pool of one instance over time. The slices are by time, where the file
// says times; a metric that has several series for a pool (errors by kind) is their sum.
type Pool struct {
	Service, Instance, Name string
	Values                  [numRoles][]Value
}

// A Value is one sample; T is unix seconds, 0 where the line has no timestamp.
type Value struct{ T, V float64 }

// Bounds on what a stranger's metrics file can make us keep.
const (
	maxPools   = 4096
	maxSeries  = 1 << 16
	maxSamples = 4 << 20
	maxLabels  = 4 << 10 // bytes of one sample's labels
)

// An poolSeries is one series of a pool: the samples of one metric with one set of labels.
type poolSeries struct {
	pool   *Pool
	role   Role
	values []Value
}

// Read reads Prometheus or OpenMetrics text by the mapping that is built in, see
// Map.Read.
func Read(r io.Reader, name string) (*Metrics, error) {
	return DefaultMap().Read(r, name)
}

// Read reads Prometheus or OpenMetrics text. Lines that are no samples are passed over; a
// file without any known pool metric is an *InputError.
func (by *Map) Read(r io.Reader, name string) (*Metrics, error) {
	m := &Metrics{}
	pools := map[[3]string]*Pool{}
	index := map[string]*poolSeries{}
	var all []*poolSeries
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 1<<20)
	var line int64
	kept := 0
	for sc.Scan() {
		line++
		metric, labels, v, ok := promSample(sc.Text())
		if !ok || len(labels) > maxLabels || math.IsNaN(v.V) || math.IsInf(v.V, 0) {
			continue
		}
		role, known := by.roleOf(metric, labels)
		if !known {
			m.Unknown++
			continue
		}
		id := metric + "{" + labels
		s := index[id]
		if s == nil {
			p := m.poolOf(pools, by, labels)
			if p == nil || len(all) >= maxSeries {
				continue
			}
			s = &poolSeries{pool: p, role: role}
			index[id] = s
			all = append(all, s)
		}
		if kept++; kept > maxSamples {
			return m, record.Errorf(record.Pos{File: name, Line: line}, "more than %d samples", maxSamples)
		}
		s.values = append(s.values, v)
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return m, record.Errorf(record.Pos{File: name, Line: line + 1}, "a line of over 1 MiB")
		}
		return m, &record.InputError{Pos: record.Pos{File: name, Line: line + 1}, Msg: "cannot read", Err: err}
	}
	addUp(all)
	slices.SortFunc(m.Pools, func(a, b *Pool) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Instance, b.Instance), strings.Compare(a.Name, b.Name))
	})
	if len(m.Pools) == 0 {
		return m, record.Errorf(record.Pos{File: name, Line: line}, "no pool metric found among %d samples; known are go-redis's *_pool_*, OpenTelemetry's db_client_connection*, hikaricp_*, commons_pool2_* and client_backend_usage / client_backend_max; --app-map maps others", m.Unknown)
	}
	return m, nil
}

// poolOf finds or makes the pool that a sample's labels name; nil past the bound.
func (m *Metrics) poolOf(pools map[[3]string]*Pool, by *Map, labels string) *Pool {
	k := [3]string{firstLabel(labels, by.services...), firstLabel(labels, by.instances...), firstLabel(labels, appPoolLabels[:]...)}
	if k[0] == "" { // a pool's name is better than none
		k[0] = k[2]
	}
	p := pools[k]
	if p == nil && len(m.Pools) < maxPools {
		p = &Pool{Service: k[0], Instance: k[1], Name: k[2]}
		pools[k] = p
		m.Pools = append(m.Pools, p)
	}
	return p
}

// addUp gives each pool its values: of one series as they are, of several their sum at every
// time that one of them has, with the value that each of the others had last.
func addUp(all []*poolSeries) {
	parts := map[*Pool]*[numRoles][]*poolSeries{}
	for _, s := range all {
		slices.SortStableFunc(s.values, func(a, b Value) int { return cmp.Compare(a.T, b.T) })
		if parts[s.pool] == nil {
			parts[s.pool] = new([numRoles][]*poolSeries)
		}
		parts[s.pool][s.role] = append(parts[s.pool][s.role], s)
	}
	for pool, roles := range parts {
		for role, series := range roles {
			switch len(series) {
			case 0:
			case 1:
				pool.Values[role] = series[0].values
			default:
				pool.Values[role] = sumOf(series)
			}
		}
	}
}

func sumOf(series []*poolSeries) []Value {
	type step struct{ t, d float64 }
	var steps []step
	for _, s := range series {
		last := 0.0
		for _, v := range s.values {
			steps = append(steps, step{v.T, v.V - last})
			last = v.V
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.t, b.t) })
	if len(steps) > 0 && steps[len(steps)-1].t == 0 {
		return sumByPlace(series)
	}
	var out []Value
	total := 0.0
	for i, s := range steps {
		total += s.d
		if i+1 == len(steps) || steps[i+1].t != s.t {
			out = append(out, Value{s.t, total})
		}
	}
	return out
}

// sumByPlace adds up series without times: the first samples, the second ones and so on.
func sumByPlace(series []*poolSeries) []Value {
	var out []Value
	for _, s := range series {
		for i, v := range s.values {
			if i == len(out) {
				out = append(out, Value{})
			}
			out[i].V += v.V
		}
	}
	return out
}

// promSample splits `name{labels} value [timestamp in ms]`.
func promSample(line string) (name, labels string, v Value, ok bool) {
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
