package appmetrics

import (
	"bufio"
	_ "embed" // for default.map
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

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
	From         string // who exports it, as the comment behind it says
}

//go:embed default.map
var defaultMap string

// builtIn is the mapping of default.map.
var builtIn = sync.OnceValue(func() *Map {
	m, err := readMap(strings.NewReader(defaultMap), "default.map")
	if err != nil {
		panic(err)
	}
	return m
})

// MetricTable gives the mapping that is built in.
func MetricTable() iter.Seq[Metric] { return slices.Values(builtIn().metrics) }

// appPoolLabels name the pool, the best first.
var appPoolLabels = [...]string{"pool", "pool_name", "db_client_connection_pool_name"}

// A Map maps metrics to roles, and says which labels tell services and instances apart.
type Map struct {
	metrics             []Metric // the first that fits counts
	services, instances []string
	seen                map[string][]int // places in metrics that fit a name, so far asked
}

// DefaultMap gives the mapping that is built in.
func DefaultMap() *Map {
	m := builtIn()
	return &Map{m.metrics, m.services, m.instances, map[string][]int{}}
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
	m, err := readMap(r, name)
	if err != nil {
		return nil, err
	}
	m.metrics = append(m.metrics, builtIn().metrics...)
	m.services = append(m.services, builtIn().services...)
	m.instances = append(m.instances, builtIn().instances...)
	return m, nil
}

func readMap(r io.Reader, name string) (*Map, error) {
	m := &Map{seen: map[string][]int{}}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<10)
	line := int64(0)
	for sc.Scan() {
		line++
		text, comment, _ := strings.Cut(sc.Text(), "#")
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		if err := m.enter(f, strings.TrimSpace(comment)); err != "" {
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
	return m, nil
}

// enter takes the words of a line, and its comment; it says what is wrong with it.
func (m *Map) enter(f []string, from string) string {
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
	x := Metric{Role: Role(role), From: from}
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
