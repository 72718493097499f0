package printed

import (
	"cmp"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
)

// Where an object says what its points are of.
var (
	nameKeys = [...]string{"__name__", "metric", "Label", "label", "MetricName", "metricName", "metric_name",
		"name", "target", "expression", "display_name", "title", "Id"}
	nameInner = [...][2]string{{"metric", "__name__"}, {"metric", "type"}, {"name", "value"}, {"metric", "name"}}
)

// series takes an object with columns for a series, and gives those in it that have no name
// yet what it says.
func (t *tree) series(f, p *frame) bool {
	if len(f.columns) == 0 && len(f.pending) == 0 && len(f.points) == 0 {
		return false
	}
	own := f.columnPoints()
	if len(own) == 0 && len(f.pending) == 0 {
		return false
	}
	if len(own) > 0 {
		f.pending = append(f.pending, &found{points: own})
	}
	m, name, asked, ok := f.metric()
	kind, _ := f.get("metricKind", "type", "metricType")
	labels := f.labelsOf()
	for _, s := range f.pending {
		s.labels = append(s.labels, labels...)
		if s.kind == "" {
			s.kind = kind
		}
		if s.name == "" && ok {
			s.name, s.metric = name, m
		} else if s.name == "" && asked != "" {
			t.forget(s, asked)
			continue
		}
		p.pending = append(p.pending, s)
	}
	return true
}

// metric tells what an object's series are of: the metric where it is known, else the name
// that it has.
func (f *frame) metric() (m metric.Metric, name, asked string, ok bool) {
	try := func(s string) bool {
		if m, ok = metric.ByName(s); ok {
			name = s
		} else if asked == "" {
			asked = s
		}
		return ok
	}
	for _, c := range f.children {
		for _, want := range nameInner {
			for i := range c.members {
				if c.key == want[0] && c.members[i].key == want[1] && try(c.members[i].text) {
					return m, name, "", true
				}
			}
		}
	}
	for _, k := range nameKeys {
		if s, has := f.get(k); has && try(s) {
			return m, name, "", true
		}
	}
	return m, "", asked, false
}

// columnPoints gives the points of an object's arrays: those that are points, or one of times
// beside one of values.
func (f *frame) columnPoints() []raw {
	var out []raw
	var times, values *column
	for i := range f.columns {
		c := &f.columns[i]
		switch {
		case len(c.points) > 0 && out == nil:
			out = c.points
		case len(c.points) > 0:
			out = append(out, c.points...)
		case c.times && times == nil:
			times = c
		case !c.times && values == nil && strings.HasPrefix(strings.ToLower(c.key), "value"):
			values = c
		}
	}
	if times != nil && values != nil && len(times.values) == len(values.values) {
		for i := range times.values {
			x := raw{t: times.values[i], line: values.lines[i], has: 1 << statValue}
			x.value[statValue] = values.values[i]
			out = append(out, x)
		}
	}
	return out
}

// forget counts a series that is of no use here.
func (t *tree) forget(s *found, name string) {
	t.r.used(name, "", len(s.points))
	t.budget -= len(s.points)
	s.points = nil
}

// fields takes Telegraf's {"name": "redis", "fields": {…}, "tags": {…}, "timestamp": …}.
func (t *tree) fields(f, p *frame) bool {
	name, _ := f.get("name", "measurement")
	at, ok := f.time()
	if !ok || !strings.HasPrefix(name, "redis") {
		return false
	}
	for _, c := range f.children {
		if c.key != "fields" {
			continue
		}
		labels := f.labelsOf()
		for i := range c.members {
			v, isValue := numberOf(&c.members[i])
			if !isValue {
				continue
			}
			x := raw{t: at, line: int32(c.members[i].line), has: 1 << statValue,
				own: &found{asked: name + "_" + c.members[i].key, labels: labels}}
			x.value[statValue] = v
			t.point(p, x)
		}
		return true
	}
	return false
}

// settle gives the Result what was found when a value at the top ended.
func (t *tree) settle(root *frame) {
	for _, x := range root.points {
		if x.own == nil {
			x.own = &found{}
		}
		t.loose(x)
	}
	for _, s := range root.pending {
		named := false
		for i := range s.points {
			if x := s.points[i]; s.name == "" && x.own != nil {
				x.own.labels = append(x.own.labels, s.labels...)
				t.loose(x)
				named = true
			}
		}
		if named {
			continue
		}
		if s.name == "" && t.hint != "" {
			s.name, s.metric = t.hint, t.hinted
		}
		if s.name == "" {
			t.forget(s, "(a series without a name)")
			continue
		}
		t.enter(s)
	}
	t.budget = 0
}

// loose enters a point that names its metric itself.
func (t *tree) loose(x raw) {
	m, ok := metric.ByName(x.own.asked)
	if !ok {
		t.r.used(cmp.Or(x.own.asked, "(a value without a name)"), "", 1)
		return
	}
	t.enter(&found{name: x.own.asked, metric: m, labels: x.own.labels, points: []raw{x}})
}

// enter puts the points of a known metric into the Result's series.
func (t *tree) enter(s *found) {
	m := s.metric.As(s.kind)
	server := serverName(s.labels)
	n := 0
	for i := range s.points {
		x := &s.points[i]
		v, ok := x.of(m.Class)
		if ok && t.r.series.add(server, m, point{t: x.t, v: v, line: x.line}) {
			n++
		}
	}
	t.r.used(s.name, m.Key, n)
	if lost := len(s.points) - n; lost > 0 {
		t.r.used(s.name, "", lost)
	}
}

// of chooses the statistic of an interval that a class asks for: of gauges the highest, as it
// is the peak that meets a limit; of increments the sum.
func (x *raw) of(c metric.Class) (float64, bool) {
	has := func(s int) bool { return x.has&(1<<s) != 0 }
	order := []int{statValue, statMax, statMean, statMin}
	switch c {
	case metric.Increment:
		order = []int{statSum, statValue}
		if !has(statSum) && has(statMean) && has(statCount) {
			return x.value[statMean] * x.value[statCount], true
		}
	case metric.Rate:
		order = []int{statValue, statMean, statMax}
	}
	for _, s := range order {
		if has(s) {
			return x.value[s], true
		}
	}
	return 0, false
}
