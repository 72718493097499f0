package printed

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/exposition"
	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
	"github.com/connbox/connbox/parse/record"
)

// A point is one value of one key of one server.
type point struct {
	t         float64 // unix seconds; 0: not told
	v         float64
	text      string // for what is no number
	line, seq int32  // seq counts the moments of a text without times
	key       int16  // as metric.KeyOf gives it
	class     metric.Class
}

// A moment is what is known of a server at one time: a stretch of its points.
type moment struct {
	t           float64
	seq, server int32
	lo, hi      int32
}

// series gathers points and makes moments of them.
type series struct {
	step   float64 // seconds from one seq to the next, where known
	names  []string
	index  map[string]int
	points [][]point // by server
	kept   int
	at     []moment
}

func (s *series) server(name string) int {
	i, ok := s.index[name]
	if ok {
		return i
	}
	if s.index == nil {
		s.index = map[string]int{}
	}
	if len(s.names) >= maxServers {
		return -1
	}
	s.index[name] = len(s.names)
	s.names = append(s.names, name)
	s.points = append(s.points, nil)
	return len(s.names) - 1
}

// add takes one value; false where it is no number or there are too many.
func (s *series) add(server string, m metric.Metric, p point) bool {
	p.v *= m.Factor
	if math.IsNaN(p.v) || math.IsInf(p.v, 0) || s.kept >= maxPoints {
		return false
	}
	p.key, p.class = metric.KeyOf(m.Key), m.Class
	return s.put(server, p)
}

func (s *series) put(server string, p point) bool {
	i := s.server(server)
	if i < 0 || p.key < 0 {
		return false
	}
	s.kept++
	s.points[i] = append(s.points[i], p)
	return true
}

// settle makes moments of the points: by time, or by seq where there is none.
func (s *series) settle(r *Result) {
	if s.kept >= maxPoints {
		r.note("more than %d values: the rest of them is not used", maxPoints)
	}
	summed := map[string]bool{}
	for i := range s.points {
		var dropped int
		s.points[i], dropped = ordered(s.points[i], summed)
		if dropped > 0 {
			r.Unused += dropped
			r.note("%d values come twice for one moment, or need the interval that they count in: not used", dropped)
		}
		s.cut(i)
	}
	for _, key := range slices.Sorted(maps.Keys(summed)) {
		r.note("%s is told by the interval: its total begins with the text, not with the server", key)
	}
	slices.SortStableFunc(s.at, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.seq,
			b.seq))
	})
}

// nameServers gives the servers of a text short names, the same in its replies and its series.
func (r *Result) nameServers() {
	var all []string
	place := map[string]int{}
	add := func(n string) {
		if _, ok := place[n]; !ok {
			place[n] = len(all)
			all = append(all, n)
		}
	}
	for i := range r.replies {
		add(r.replies[i].Server)
	}
	for _, n := range r.series.names {
		add(n)
	}
	short := distinct(all)
	for i := range r.replies {
		r.replies[i].Server = short[place[r.replies[i].Server]]
	}
	for i, n := range r.series.names {
		r.series.names[i] = short[place[n]]
	}
	for _, n := range short {
		if n != "" && !slices.Contains(r.Servers, n) {
			r.Servers = append(r.Servers, n)
		}
	}
}

// cut makes moments of a server's points.
func (s *series) cut(server int) {
	p := s.points[server]
	for lo := 0; lo < len(p); {
		hi := lo + 1
		for hi < len(p) && p[hi].t == p[lo].t && p[hi].seq == p[lo].seq {
			hi++
		}
		s.at = append(s.at, moment{p[lo].t, p[lo].seq, int32(server), int32(lo), int32(hi)})
		lo = hi
	}
}

// ordered sorts points by moment and key, sums what counts within intervals, and leaves out
// what is told twice. It notes which keys are sums.
func ordered(p []point, summed map[string]bool) (kept []point, dropped int) {
	slices.SortStableFunc(p, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.class,
			b.class))
	})
	for lo := 0; lo < len(p); {
		hi := lo + 1
		for hi < len(p) && p[hi].key == p[lo].key {
			hi++
		}
		run, isSum, lost := oneKey(p[lo:hi])
		if isSum {
			summed[metric.KeyName(p[lo].key)] = true
		}
		kept, dropped = append(kept, run...), dropped+lost
		lo = hi
	}
	slices.SortStableFunc(kept, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.seq, b.seq), cmp.Compare(a.key, b.key))
	})
	return kept, dropped
}

// oneKey puts the points of one key in order of time. Of several classes the first counts:
// what was counted by the server before what was counted by a dashboard.
func oneKey(p []point) (kept []point, isSum bool, dropped int) {
	n := len(p)
	for i := range p {
		if p[i].class != p[0].class {
			p = p[:i]
			break
		}
	}
	slices.SortStableFunc(p, func(a, b point) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.seq, b.seq)) })
	kept = slices.CompactFunc(p, func(a, b point) bool { return a.t == b.t && a.seq == b.seq })
	switch kept[0].class {
	case metric.Increment:
		total(kept, func(int) float64 { return 1 })
		isSum = true
	case metric.Rate:
		gap := typicalGap(kept)
		if gap == 0 {
			return nil, false, n
		}
		total(kept, func(i int) float64 {
			if i == 0 || kept[i].t-kept[i-1].t > 2*gap { // a hole in the series tells nothing of what was in it
				return gap
			}
			return kept[i].t - kept[i-1].t
		})
		isSum = true
	}
	return kept, isSum, n - len(kept)
}

// total makes running totals of increments. A value is that of the interval which begins at
// its time, so that gauges at the same time are of the same interval.
func total(p []point, weight func(i int) float64) {
	sum := 0.
	for i := range p {
		w := weight(i)
		sum += max(0, p[i].v*w)
		p[i].v = sum
	}
	for i := range p {
		p[i].v = math.Round(p[i].v)
	}
}

// typicalGap gives the median distance of points in time; 0 where there is none.
func typicalGap(p []point) float64 {
	var gaps []float64
	for i := 1; i < len(p); i++ {
		if d := p[i].t - p[i-1].t; d > 0 {
			gaps = append(gaps, d)
		}
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

func (s *series) moments() int { return len(s.at) }

// each gives the replies of the moments.
func (s *series) each(yield func(Reply) bool) {
	var summed []string
	for _, m := range s.at {
		p := s.points[m.server][m.lo:m.hi]
		summed = summed[:0]
		r := Reply{Kind: Info, After: -1, Server: s.names[m.server], Line: int64(p[0].line)}
		if m.t > 0 {
			r.At = scan.Unix(m.t)
		} else if s.step > 0 {
			r.After = time.Duration(float64(m.seq) * s.step * float64(time.Second))
		}
		for i := range p {
			r.Line = min(r.Line, int64(p[i].line))
			r.Text = appendInfo(r.Text, metric.KeyName(p[i].key), p[i].String())
			if p[i].class == metric.Increment || p[i].class == metric.Rate {
				summed = append(summed, metric.KeyName(p[i].key))
			}
		}
		if len(summed) > 0 {
			r.Text = appendInfo(r.Text, record.SummedKey, strings.Join(summed, ","))
		}
		if !yield(r) {
			return
		}
	}
}

func appendInfo(b []byte, key, value string) []byte {
	b = append(append(b, key...), ':')
	return append(append(b, value...), "\r\n"...)
}

// String gives the value as INFO prints it.
func (p *point) String() string {
	if p.text != "" {
		return clean(p.text, scan.MaxValue)
	}
	// Of keys without a fraction a dashboard's mean of an interval is rounded: INFO has whole numbers.
	if v := math.Round(p.v); math.Abs(v) < 1<<62 && (math.Abs(v-p.v) < 1e-6 || !metric.Fraction(p.key)) {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(p.v, 'f', 6, 64)
}

// serverLabels tell servers apart, the best first, in canonical form.
var serverLabels = [...]string{"addr", "instance", "redis_addr", "server_address", "server", "host", "hostname",
	"pod", "service_instance_id",
	"cacheclusterid", "cachenodeid", "clustername", "nodename", "replicationgroupid", "alias", "redis_host",
	"redis_port", "server_port", "port",
	"instance_id", "node_id", "shardid", "shard", "resourceid", "namespace", "cluster", "redis_name"}

type label = exposition.Label

// serverName joins what tells servers apart.
func serverName(labels []label) string {
	var parts []string
	for _, want := range serverLabels {
		for _, l := range labels {
			if metric.Canonical(l.Name) == want && l.Value != "" {
				parts = append(parts, want+"="+withoutPassword(clean(l.Value, 200)))
				break
			}
		}
	}
	return strings.Join(parts, "\x00")
}

// withoutPassword leaves out what stands before the host in redis://user:password@host:6379.
func withoutPassword(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if i := strings.LastIndexByte(rest, '@'); ok && i >= 0 {
		return scheme + "://" + rest[i+1:]
	}
	return s
}

// distinct shortens names of servers to what differs between them.
func distinct(names []string) []string {
	split := make([][]string, len(names))
	seen := map[string]int{}
	for i, n := range names {
		if n != "" {
			split[i] = strings.Split(n, "\x00")
		}
		for _, part := range split[i] {
			seen[part]++
		}
	}
	out := make([]string, len(names))
	for i, parts := range split {
		var words []string
		for _, part := range parts {
			if len(names) == 1 && len(words) == 0 || seen[part] < len(names) {
				_, v, ok := strings.Cut(part, "=")
				if !ok || strings.Trim(v, "0123456789") == "" {
					v = part // a number alone says nothing
				}
				if !slices.Contains(words, v) {
					words = append(words, v)
				}
			}
		}
		out[i] = strings.Join(words, " ")
	}
	return out
}
