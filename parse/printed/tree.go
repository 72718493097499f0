package printed

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// A frame is an object or array that is being read. What it holds is told when it ends: a
// point of a time series, a series, a client, an INFO, labels, or nothing of ours.
type frame struct {
	array    bool
	key      string // under which it stands in its parent
	line     int64
	name     string   // the key of the value to come
	atValue  bool     // a value comes next
	members  []member // of an object; of an array its scalars
	children []child  // of an object: small objects in it
	labels   []label
	points   []raw    // of an array: points that ended in it
	columns  []column // of an object: arrays in it
	pending  []*found // series that have no name or server yet
	rows     []byte   // of an array: lines of clients
	rowLine  int64
}

type member struct {
	key, text string
	kind      scan.TokenKind
	line      int64
}

type child struct {
	key     string
	members []member
	labels  []label
}

// A raw is a point whose metric is not known yet: it keeps what statistics there are.
type raw struct {
	t     float64
	value [numStats]float64
	has   uint8 // bits of value
	line  int32
	own   *found // where a point names its metric itself
}

// The statistics that a point of an interval may have.
const (
	statValue = iota
	statMax
	statMean
	statSum
	statMin
	statCount
	numStats
)

// statNames are the members of points, in lower case.
var statNames = map[string]int{"value": statValue, "v": statValue, "y": statValue, "int64value": statValue,
	"doublevalue": statValue,
	"asint":       statValue, "asdouble": statValue, "_value": statValue, "maximum": statMax, "max": statMax,
	"average": statMean, "avg": statMean, "mean": statMean,
	"sum": statSum, "total": statSum, "minimum": statMin, "min": statMin, "samplecount": statCount,
	"count": statCount}

// timeNames are the members that hold a point's time, in lower case.
var timeNames = []string{"timestamp", "time", "t", "ts", "x", "date", "@timestamp", "_time", "timeunixnano",
	"endtime", "datetime"}

// A column is an array in an object: points, or plain numbers, or times.
type column struct {
	key    string
	points []raw
	values []float64
	times  bool
	lines  []int32
}

// A found is a series: its points and what its own object and those around say of it.
type found struct {
	name   string // of a metric that is known; empty: not yet
	metric metric.Metric
	labels []label
	points []raw
	asked  string // a name that is not known
	kind   string
}

// A tree reads nested data and puts what it finds into a Result.
type tree struct {
	r      *Result
	stack  []*frame
	hint   string // a metric that is named before the data, by a query's command line
	hinted metric.Metric
	budget int // points that are held
}

// run reads all values of a source.
func (t *tree) run(src scan.Tokens) error {
	for {
		tok, err := src.Next()
		if err != nil {
			t.abandon()
			if errors.Is(err, io.EOF) && len(t.stack) == 0 {
				return nil
			}
			return err
		}
		if err := t.take(tok); err != nil {
			return err
		}
	}
}

// abandon ends what is open where a text was cut short: what came before counts.
func (t *tree) abandon() {
	for open := len(t.stack); len(t.stack) > 0; {
		t.end()
		if open == len(t.stack) {
			return
		}
		open = len(t.stack)
	}
}

var errDeep = errors.New("nested more than 64 deep")

func (t *tree) take(tok scan.Token) error {
	var top *frame
	if n := len(t.stack); n > 0 {
		top = t.stack[n-1]
	}
	switch tok.Kind {
	case scan.OpenObject, scan.OpenArray:
		if len(t.stack) >= maxDepth {
			return errDeep
		}
		f := &frame{array: tok.Kind == scan.OpenArray, line: tok.Line}
		if top != nil {
			f.key = top.name
		}
		t.stack = append(t.stack, f)
	case scan.CloseObject, scan.CloseArray:
		if top == nil {
			return scan.ErrLiteral
		}
		return t.end()
	default:
		if top != nil {
			t.scalar(top, tok)
		}
	}
	return nil
}

func (t *tree) scalar(f *frame, tok scan.Token) {
	if !f.array && !f.atValue {
		f.name, f.atValue = tok.Text, true
		return
	}
	f.atValue = false
	limit := maxMembers
	if f.array {
		limit = maxPoints - t.budget
	}
	if len(f.members) >= limit {
		return
	}
	key := f.name
	if len(tok.Text) > scan.MaxValue {
		tok.Text = tok.Text[:scan.MaxValue]
	}
	f.members = append(f.members, member{key, tok.Text, tok.Kind, tok.Line})
}

// end closes the innermost frame.
func (t *tree) end() error {
	n := len(t.stack) - 1
	f := t.stack[n]
	t.stack = t.stack[:n]
	p := &frame{array: true} // the text itself: a list of values
	if n > 0 {
		p = t.stack[n-1]
		p.atValue = false
	}
	var err error
	if f.array {
		err = t.endArray(f, p)
	} else {
		err = t.endObject(f, p)
	}
	if n == 0 {
		t.settle(p)
	}
	return err
}

func (t *tree) endArray(f, p *frame) error {
	if len(f.rows) > 0 {
		t.r.used("a list of dictionaries of CLIENT LIST", "CLIENT LIST", 1)
		return t.r.add(Reply{Kind: Clients, After: -1, Line: f.rowLine, Text: f.rows})
	}
	p.pending = append(p.pending, f.pending...)
	p.labels = append(p.labels, f.labels...)
	if len(f.points) > 0 {
		if !p.array {
			p.columns = append(p.columns, column{key: f.key, points: f.points})
		} else if len(t.stack) == 0 {
			p.points = append(p.points, f.points...)
		} else {
			t.forget(&found{points: f.points}, "(points without a name)")
		}
		return nil
	}
	if len(f.members) == 2 && t.pair(f, p) {
		return nil
	}
	if !p.array && len(f.members) > 0 {
		t.column(f, p)
	}
	return nil
}

// pair takes [time, value] or [value, time] for a point.
func (t *tree) pair(f, p *frame) bool {
	for i := range 2 {
		at, ok := whenOf(&f.members[i])
		v, isValue := numberOf(&f.members[1-i])
		if !ok || !isValue {
			continue
		}
		x := raw{t: at, line: int32(f.line), has: 1 << statValue}
		x.value[statValue] = v
		if p.array {
			t.point(p, x)
		} else {
			p.columns = append(p.columns, column{key: f.key, points: []raw{x}})
		}
		return true
	}
	return false
}

func (t *tree) point(p *frame, x raw) {
	if t.budget >= maxPoints {
		t.r.used("(more values than are kept)", "", 1)
		return
	}
	t.budget++
	p.points = append(p.points, x)
}

// column keeps an array of numbers or times for its object.
func (t *tree) column(f, p *frame) {
	c := column{key: f.key, times: true}
	for i := range f.members {
		m := &f.members[i]
		at, ok := whenOf(m)
		if v, isValue := numberOf(m); isValue {
			at = v
		}
		c.times = c.times && ok
		c.values = append(c.values, at)
		c.lines = append(c.lines, int32(m.line))
	}
	if c.times {
		for i := range c.values {
			c.values[i], _ = whenOf(&f.members[i])
		}
	}
	p.columns = append(p.columns, c)
}

func whenOf(m *member) (float64, bool) {
	if m.kind == scan.IsWord {
		return 0, false
	}
	return scan.When(m.text, false)
}

func numberOf(m *member) (float64, bool) {
	if m.kind == scan.IsWord || m.kind == scan.IsString && len(m.text) > 40 {
		return 0, false
	}
	return scan.Number(m.text, false)
}

func (f *frame) get(keys ...string) (string, bool) {
	for _, k := range keys {
		for i := range f.members {
			if f.members[i].key == k && f.members[i].kind != scan.IsWord {
				return f.members[i].text, true
			}
		}
	}
	return "", false
}

func (t *tree) endObject(f, p *frame) error {
	if line, ok := clientLine(f.members); ok {
		return t.client(f, p, line)
	}
	if r, ok := f.info(); ok && (p.array || !isSection(f.key) && f.key != "fields") {
		t.r.used("a dictionary of INFO", "INFO", 1)
		return t.r.add(r)
	}
	if t.fields(f, p) || t.series(f, p) {
		return nil
	}
	if x, ok := f.point(); ok && (p.array || x.own != nil) {
		t.point(p, x)
		return nil
	}
	if l, ok := f.label(); ok && p.array {
		p.labels = append(p.labels, l)
		return nil
	}
	p.pending = append(p.pending, f.pending...)
	if labels := f.labelsOf(); !p.array && len(p.children) < maxMembers && len(f.members)+len(labels) > 0 {
		p.children = append(p.children, child{f.key, f.members, labels})
	}
	return nil
}

func (t *tree) client(f, p *frame, line []byte) error {
	if !p.array || len(t.stack) == 0 {
		t.r.used("a dictionary of CLIENT LIST", "CLIENT LIST", 1)
		return t.r.add(Reply{Kind: Clients, After: -1, Line: f.line, Text: line})
	}
	if len(p.rows) == 0 {
		p.rowLine = f.line
	}
	if len(p.rows)+len(line) > maxText {
		return errFull
	}
	p.rows = append(p.rows, line...)
	return nil
}

// time finds an object's own time, or that of an object in it (Google's interval).
func (f *frame) time() (float64, bool) {
	for _, name := range timeNames {
		for i := range f.members {
			if strings.EqualFold(f.members[i].key, name) {
				if at, ok := whenOf(&f.members[i]); ok {
					return at, true
				}
			}
		}
		for _, c := range f.children {
			for i := range c.members {
				if strings.EqualFold(c.members[i].key, name) {
					if at, ok := whenOf(&c.members[i]); ok {
						return at, true
					}
				}
			}
		}
	}
	return 0, false
}

// point takes an object with a time and a value for a point.
func (f *frame) point() (x raw, ok bool) {
	if x.t, ok = f.time(); !ok || len(f.members) > 64 {
		return x, false
	}
	x.line = int32(f.line)
	x.stats(f.members)
	for _, c := range f.children {
		if strings.EqualFold(c.key, "value") {
			x.stats(c.members)
		}
	}
	if x.has == 0 {
		return x, false
	}
	if name, ok := f.get("metricName", "metric_name", "MetricName", "metric", "name", "_field"); ok {
		x.own = &found{asked: name, labels: f.labelsOf()}
	}
	return x, true
}

func (x *raw) stats(members []member) {
	for i := range members {
		s, ok := statNames[strings.ToLower(members[i].key)]
		if v, isValue := numberOf(&members[i]); ok && isValue {
			x.value[s] = v
			x.has |= 1 << s
		}
	}
}

// label takes {"name": …, "value": …} for a label, with both as text or in an object.
func (f *frame) label() (l label, ok bool) {
	name, hasName := f.get("name", "Name", "key", "Key")
	value, hasValue := f.get("value", "Value")
	for _, c := range f.children {
		if len(c.members) == 0 {
			continue
		}
		switch c.key {
		case "name", "key":
			name, hasName = c.members[0].text, true
		case "value":
			value, hasValue = c.members[0].text, true
		}
	}
	return label{Name: name, Value: value}, hasName && hasValue && len(f.members) <= 3
}

// labelsOf gives what an object says of the server: labels, and members and small objects
// with names of labels.
func (f *frame) labelsOf() []label {
	out := slices.Clone(f.labels)
	for _, m := range f.members {
		if m.kind != scan.IsWord && slices.Contains(serverLabels[:], metric.Canonical(m.key)) {
			out = append(out, label{Name: m.key, Value: m.text})
		}
	}
	for _, c := range f.children {
		out = append(out, c.labels...)
	}
	if scope, ok := f.get("scope"); ok { // Datadog: host:a,env:prod
		for part := range strings.SplitSeq(scope, ",") {
			if k, v, ok := strings.Cut(part, ":"); ok {
				out = append(out, label{Name: k, Value: v})
			}
		}
	}
	return out
}
