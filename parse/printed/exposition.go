package printed

import (
	"bytes"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/exposition"
	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// isExposition tells an exporter's text: samples of metrics that we know, at least two or one
// with labels or a TYPE line.
func isExposition(lines [][]byte) bool {
	samples, marks := 0, 0
	for _, line := range lines {
		name, ok := exposition.Name(line)
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

// ours tells a name of an exporter's that we read. Bare keys of INFO are for other forms.
func ours(name string) bool {
	if name == instanceInfo || name == clientDetails {
		return true
	}
	if !strings.Contains(name, "redis") && !strings.Contains(name, "valkey") {
		return false
	}
	_, ok := metric.Exact(metric.Canonical(name))
	return ok
}

// Metrics of redis_exporter that carry their facts in labels.
const (
	instanceInfo  = "redis_instance_info"
	clientDetails = "redis_connected_clients_details"
)

// A scrapes reads an exporter's text, scrape by scrape: a sample that was there already,
// or a time line, begins the next one.
type scrapes struct {
	r       *Result
	samples *exposition.Reader
	seen    map[string]bool
	seq     int32
	at      float64           // of a time line; 0 if there was none
	lists   map[string][]byte // clients by server
	first   map[string]int64  // their first lines
	order   []string          // servers of lists
}

func readExposition(r *Result, in *scan.Text) error {
	e := scrapes{r: r, samples: exposition.NewReader()}
	e.fresh()
	err := in.EachLine(func(n int64, line []byte) error {
		name, ok := exposition.Name(line)
		if !ok {
			if at, ok := scan.When(strings.Trim(string(line[:min(len(line), 60)]), "=-#[] "), false); ok {
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

func (e *scrapes) fresh() {
	e.seen, e.lists, e.first, e.order = map[string]bool{}, map[string][]byte{}, map[string]int64{}, nil
}

// end ends a scrape.
func (e *scrapes) end() error {
	for _, server := range e.order {
		p := Reply{Kind: Clients, After: -1, Server: server, Line: e.first[server], Text: e.lists[server]}
		if e.at > 0 {
			p.At = scan.Unix(e.at)
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
func (e *scrapes) sample(n int64, line []byte) error {
	s, ok := e.samples.Sample(line)
	if !ok {
		e.r.used("(a sample that cannot be read)", "", 1)
		return nil
	}
	if s.T == 0 {
		if e.seen[s.ID] {
			if err := e.end(); err != nil {
				return err
			}
			e.at = 0
		}
		if len(e.seen) < 1<<16 {
			e.seen[s.ID] = true
		}
		s.T = e.at
	}
	server := serverName(s.Labels)
	if s.Name == clientDetails { // host and port are the client's
		server = serverName(slices.DeleteFunc(slices.Clone(s.Labels),
			func(l label) bool { return l.Name == "host" || l.Name == "port" }))
	}
	p := point{t: s.T, v: s.Value, line: int32(n), seq: e.seq}
	if s.T > 0 {
		p.seq = 0
	}
	switch s.Name {
	case instanceInfo:
		e.texts(server, s.Labels, p)
	case clientDetails:
		e.client(server, s.Labels, n)
	default:
		m, _ := metric.Exact(metric.Canonical(s.Name))
		if e.r.series.add(server, m, p) {
			e.r.used(s.Name, m.Key, 1)
		} else {
			e.r.used(s.Name, "", 1)
		}
	}
	return nil
}

// texts takes the labels of redis_instance_info.
func (e *scrapes) texts(server string, labels []label, p point) {
	for _, l := range labels {
		if k := metric.KeyOf(l.Name); k >= 0 && l.Value != "" && l.Name != "process_id" {
			p.key, p.text = k, l.Value
			e.r.series.put(server, p)
		}
	}
	e.r.used(instanceInfo, "redis_version …", 1)
}

// client takes a sample that stands for a client, its fields in the labels.
func (e *scrapes) client(server string, labels []label, n int64) {
	var members []member
	host, port := "", "0"
	for _, l := range labels {
		switch l.Name {
		case "host":
			host = l.Value
		case "port":
			port = l.Value
		case "addr", "instance", "alias", "job":
		default:
			members = append(members, member{key: l.Name, text: l.Value})
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
