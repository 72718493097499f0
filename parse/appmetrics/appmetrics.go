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
	"strings"

	"github.com/connbox/connbox/parse/exposition"
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
	maxLabels  = 4 << 10 // bytes of one sample's name and labels
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
	samples := exposition.NewReader()
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 1<<20)
	var line int64
	kept := 0
	for sc.Scan() {
		line++
		metric, ok := exposition.Name(sc.Bytes())
		if !ok {
			continue
		}
		var sample exposition.Sample
		if len(by.fits(metric)) > 0 {
			sample, ok = samples.Sample(sc.Bytes())
		}
		if !ok || len(sample.ID) > maxLabels || math.IsInf(sample.Value, 0) {
			continue
		}
		role, known := by.roleOf(&sample)
		if !known {
			m.Unknown++
			continue
		}
		s := index[sample.ID]
		if s == nil {
			p := m.poolOf(pools, by, &sample)
			if p == nil || len(all) >= maxSeries {
				continue
			}
			s = &poolSeries{pool: p, role: role}
			index[sample.ID] = s
			all = append(all, s)
		}
		if kept++; kept > maxSamples {
			return m, record.Errorf(record.Pos{File: name, Line: line}, "more than %d samples", maxSamples)
		}
		s.values = append(s.values, Value{sample.T, sample.Value})
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
func (m *Metrics) poolOf(pools map[[3]string]*Pool, by *Map, s *exposition.Sample) *Pool {
	k := [3]string{s.Label(by.services...), s.Label(by.instances...), s.Label(appPoolLabels[:]...)}
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
