package printed

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// isExposition tells an exporter's text: samples of metrics that we know, at least two or one
// with labels or a TYPE line.
func isExposition(lines [][]byte) bool {
	samples, marks := 0, 0
	for _, line := range lines {
		name, ok := sampleName(line)
		switch {
		case bytes.HasPrefix(line, []byte("# TYPE ")), bytes.HasPrefix(line, []byte("# HELP ")):
			marks++
		case ok && ours(name):
			samples++
			if bytes.IndexByte(line, '{') > 0 {
				marks++
			}
		}
	}
	return samples > 1 || samples == 1 && marks > 0
}

// sampleName gives the name of a sample line: name{labels} value, or name value.
func sampleName(line []byte) (string, bool) {
	if len(line) == 0 || line[0] == '#' || len(line) > maxToken {
		return "", false
	}
	i := bytes.IndexAny(line, "{ \t")
	if i <= 0 || i > 200 {
		return "", false
	}
	rest := bytes.TrimSpace(line[i:])
	if len(rest) == 0 || rest[0] != '{' && bytes.IndexByte([]byte("+-.0123456789NI"), rest[0]) < 0 {
		return "", false
	}
	return string(line[:i]), true
}

// ours tells a name of an exporter's that we read. Bare keys of INFO are for other forms.
func ours(name string) bool {
	if name == instanceInfo || name == clientDetails {
		return true
	}
	if !strings.Contains(name, "redis") && !strings.Contains(name, "valkey") {
		return false
	}
	_, ok := exact(Canonical(name))
	return ok
}

// Metrics of redis_exporter that carry their facts in labels.
const (
	instanceInfo  = "redis_instance_info"
	clientDetails = "redis_connected_clients_details"
)

// An exposition reads an exporter's text, scrape by scrape: a sample that was there already,
// or a time line, begins the next one.
type exposition struct {
	r      *Result
	parser expfmt.TextParser
	buf    []byte
	seen   map[string]bool
	seq    int32
	at     float64           // of a time line; 0 if there was none
	lists  map[string][]byte // clients by server
	first  map[string]int64  // their first lines
	order  []string          // servers of lists
}

func readExposition(r *Result, in *guard) error {
	e := exposition{r: r, parser: expfmt.NewTextParser(model.UTF8Validation)}
	e.fresh()
	err := in.eachLine(func(n int64, line []byte) error {
		name, ok := sampleName(line)
		if !ok {
			if at, ok := parseWhen(strings.Trim(string(line[:min(len(line), 60)]), "=-#[] "), false); ok {
				err := e.end()
				e.at = at
				return err
			}
			return nil
		}
		if !ours(name) {
			r.used(name, "", 1)
			return nil
		}
		return e.sample(n, line)
	})
	if err != nil {
		return err
	}
	return e.end()
}

func (e *exposition) fresh() {
	e.seen, e.lists, e.first, e.order = map[string]bool{}, map[string][]byte{}, map[string]int64{}, nil
}

// end ends a scrape.
func (e *exposition) end() error {
	for _, server := range e.order {
		p := Reply{Kind: Clients, After: -1, Server: server, Line: e.first[server], Text: e.lists[server]}
		if e.at > 0 {
			p.At = Unix(e.at)
		}
		if err := e.r.add(p); err != nil {
			return err
		}
	}
	if len(e.seen) > 0 {
		e.seq++
	}
	e.fresh()
	return nil
}

// sample takes one line, which expfmt reads.
func (e *exposition) sample(n int64, line []byte) error {
	name, labels, value, t, ok := e.parse(line)
	if !ok {
		e.r.used("(a sample that cannot be read)", "", 1)
		return nil
	}
	id := string(line[:bytes.LastIndexByte(line, '}')+1])
	if id == "" {
		id = name
	}
	if t == 0 {
		if e.seen[id] {
			if err := e.end(); err != nil {
				return err
			}
			e.at = 0
		}
		if len(e.seen) < 1<<16 {
			e.seen[strings.Clone(id)] = true
		}
		t = e.at
	}
	server := serverName(labels)
	if name == clientDetails { // host and port are the client's
		server = serverName(slices.DeleteFunc(slices.Clone(labels),
			func(l label) bool { return l.name == "host" || l.name == "port" }))
	}
	p := point{t: t, v: value, line: int32(n), seq: e.seq}
	if t > 0 {
		p.seq = 0
	}
	switch name {
	case instanceInfo:
		e.texts(server, labels, p)
	case clientDetails:
		e.client(server, labels, n)
	default:
		m, _ := exact(Canonical(name))
		if e.r.series.add(server, m, p) {
			e.r.used(name, m.Key, 1)
		} else {
			e.r.used(name, "", 1)
		}
	}
	return nil
}

// parse reads a sample. OpenMetrics has its timestamps in seconds, Prometheus in milliseconds.
func (e *exposition) parse(line []byte) (name string, labels []label, value, t float64, ok bool) {
	e.buf = append(append(e.buf[:0], bytes.TrimRight(line, " \t")...), '\n')
	families, err := e.parser.TextToMetricFamilies(bytes.NewReader(e.buf))
	if err != nil {
		cut := bytes.LastIndexAny(line, " \t")
		if at, isTime := parseWhen(string(line[cut+1:]), false); cut > 0 && isTime {
			name, labels, value, _, ok = e.parse(line[:cut])
			return name, labels, value, at, ok
		}
	}
	for name, f := range families {
		if len(f.GetMetric()) != 1 {
			continue
		}
		m := f.GetMetric()[0]
		for _, l := range m.GetLabel() {
			labels = append(labels, label{l.GetName(), l.GetValue()})
		}
		switch {
		case m.Untyped != nil:
			value = m.GetUntyped().GetValue()
		case m.Gauge != nil:
			value = m.GetGauge().GetValue()
		default:
			value = m.GetCounter().GetValue()
		}
		return name, labels, value, float64(m.GetTimestampMs()) / 1000, !math.IsNaN(value)
	}
	return "", nil, 0, 0, false
}

// texts takes the labels of redis_instance_info.
func (e *exposition) texts(server string, labels []label, p point) {
	for _, l := range labels {
		if k := keyOf(l.name); k >= 0 && l.value != "" && l.name != "process_id" {
			p.key, p.text = k, l.value
			e.r.series.put(server, p)
		}
	}
	e.r.used(instanceInfo, "redis_version …", 1)
}

// client takes a sample that stands for a client, its fields in the labels.
func (e *exposition) client(server string, labels []label, n int64) {
	var members []member
	host, port := "", "0"
	for _, l := range labels {
		switch l.name {
		case "host":
			host = l.value
		case "port":
			port = l.value
		case "addr", "instance", "alias", "job":
		default:
			members = append(members, member{key: l.name, text: l.value})
		}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	line, ok := clientLine(append([]member{{key: "addr", text: host + ":" + port}}, members...))
	if !ok || len(e.lists[server])+len(line) > maxText {
		e.r.used(clientDetails, "", 1)
		return
	}
	if e.lists[server] == nil {
		e.order = append(e.order, server)
		e.first[server] = n
	}
	e.lists[server] = append(e.lists[server], line...)
	e.r.used(clientDetails, "CLIENT LIST", 1)
}
