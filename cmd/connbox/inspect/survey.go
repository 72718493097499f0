package inspect

import (
	"slices"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
)

// maxTimes bounds the times kept of a probe: a day of INFO at one a second. It is arbitrary.
const maxTimes = 100_000

// A survey is what inspect finds in a recording by reading it to its end.
type survey struct {
	Records  int64
	Kinds    []kindCount // in the order of first appearance
	From, To time.Time
	Probes   []*probe
	Failures []failureCount // by class, in the order of first appearance
	Servers  []serverSeen
	Rows     int64 // of CLIENT LIST, over all samples
	RowBytes int64 // of their text
	NoTime   int64 // replies without a time
	Silent   int64 // samples that met failures only

	sample  time.Time // of the sample at hand
	replied bool      // something has answered in it
	asked   bool      // there is one
}

// surveyed is a Source whose records are surveyed on the way.
type surveyed struct {
	record.Source
	s    *survey
	held *redact.Census
}

// Scan implements record.Source.
func (in *surveyed) Scan() bool {
	ok := in.Source.Scan()
	if ok {
		in.s.add(in.Source.Record())
		in.held.Add(in.Source.Record())
	}
	return ok
}

// sameSample is how near to each other the replies of one sample are, as in analyze.
const sameSample = 500 * time.Millisecond

// ask notes a reply, or a failure, in the sample it belongs to.
func (s *survey) ask(at time.Time, replied bool) {
	if !s.asked || at.Sub(s.sample).Abs() >= sameSample {
		s.close()
		s.asked, s.sample = true, at
	}
	s.replied = s.replied || replied
}

// close ends the sample at hand.
func (s *survey) close() {
	if s.asked && !s.replied {
		s.Silent++
	}
	s.asked, s.replied = false, false
}

type kindCount struct {
	kind record.Kind
	n    int64
}

type failureCount struct {
	class record.FailureClass
	n     int64
	words string // of the first
}

type serverSeen struct {
	runID, version, role string
	since                time.Time
}

// A probe is a command's replies over time, those that failed included.
type probe struct {
	name  string
	times []time.Time
}

// A gap is a stretch without a sample, of over two and a half intervals.
type gap struct{ from, to time.Time }

func (s *survey) add(rec record.Record) {
	h := rec.Base()
	s.Records++
	s.count(rec.Kind())
	if !h.At.IsZero() {
		if s.From.IsZero() || h.At.Before(s.From) {
			s.From = h.At
		}
		if h.At.After(s.To) {
			s.To = h.At
		}
	}
	switch rec.(type) {
	case *record.Mark, *record.Chatter:
	default:
		s.ask(h.At, rec.Kind() != record.KindFailure)
	}
	switch r := rec.(type) {
	case *record.Info:
		s.seen("INFO", h.At)
		s.server(r)
	case *record.Clients:
		s.seen("CLIENT LIST", h.At)
		s.Rows += int64(len(r.Rows))
		s.RowBytes += int64(h.Size)
	case *record.Slowlog:
		s.seen("SLOWLOG GET", h.At)
	case *record.Config:
		s.seen("CONFIG GET", h.At)
	case *record.Failure:
		s.failed(r)
	default:
	}
}

// usable counts the records that say something of a server.
func (s *survey) usable() int64 {
	n := s.Records
	for _, k := range s.Kinds {
		if k.kind == record.KindChatter {
			n -= k.n
		}
	}
	return n
}

func (s *survey) count(k record.Kind) {
	for i := range s.Kinds {
		if s.Kinds[i].kind == k {
			s.Kinds[i].n++
			return
		}
	}
	s.Kinds = append(s.Kinds, kindCount{k, 1})
}

func (s *survey) seen(name string, at time.Time) {
	if at.IsZero() {
		s.NoTime++
		return
	}
	i := slices.IndexFunc(s.Probes, func(p *probe) bool { return p.name == name })
	if i < 0 {
		i = len(s.Probes)
		s.Probes = append(s.Probes, &probe{name: name})
	}
	if p := s.Probes[i]; len(p.times) < maxTimes {
		p.times = append(p.times, at)
	}
}

func (s *survey) failed(f *record.Failure) {
	for i := range s.Failures {
		if s.Failures[i].class == f.Class {
			s.Failures[i].n++
			return
		}
	}
	s.Failures = append(s.Failures, failureCount{f.Class, 1, f.Text})
}

// server notes a new process: another run id, or another version or role.
func (s *survey) server(i *record.Info) {
	id, _ := i.String("run_id")
	role, _ := i.String("role")
	version := "unknown"
	for _, key := range [...]string{"valkey_version", "redis_version"} {
		if v, ok := i.String(key); ok {
			version = v
			break
		}
	}
	if n := len(s.Servers); n > 0 {
		if last := s.Servers[n-1]; last.runID == id && last.version == version && last.role == role {
			return
		}
	}
	if len(s.Servers) < 1000 {
		s.Servers = append(s.Servers, serverSeen{id, version, role, i.At})
	}
}

// cadence gives the median distance of replies; 0 for fewer than two.
func (p *probe) cadence() time.Duration {
	if len(p.times) < 2 {
		return 0
	}
	d := make([]time.Duration, 0, len(p.times)-1)
	for i := 1; i < len(p.times); i++ {
		d = append(d, p.times[i].Sub(p.times[i-1]))
	}
	slices.Sort(d)
	return d[len(d)/2]
}

// gaps lists the distances of over two and a half intervals.
func (p *probe) gaps() []gap {
	least := p.cadence() * 5 / 2
	var out []gap
	for i := 1; i < len(p.times) && least > 0; i++ {
		if p.times[i].Sub(p.times[i-1]) > least {
			out = append(out, gap{p.times[i-1], p.times[i]})
		}
	}
	return out
}
