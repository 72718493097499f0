// Package exposition reads samples of the text in which Prometheus' and OpenMetrics' exporters
// tell their metrics, one line at a time: a text may hold one scrape after the other.
//
// A sample is read by prometheus/common/expfmt, whose quoting, escapes, names in UTF-8 and number
// forms are worth its weight (it brings protobuf along): a second reader of them would drift.
package exposition

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A Sample is one value of a metric. Its strings may be kept.
type Sample struct {
	Name   string
	ID     string // of its series: the name, and the labels as they were written
	Labels []Label
	Value  float64 // no NaN
	T      float64 // unix seconds; 0: not told
}

// A Label is one of a sample's labels.
type Label struct{ Name, Value string }

// Label gives the value of the first of names that the sample has; empty where it has none.
func (s *Sample) Label(names ...string) string {
	for _, n := range names {
		if i := slices.IndexFunc(s.Labels, func(l Label) bool { return l.Name == n }); i >= 0 {
			return s.Labels[i].Value
		}
	}
	return ""
}

const maxName = 200

// Name gives the name of a sample's line, by its look: name{labels} value, or name value.
func Name(line []byte) (string, bool) {
	if len(line) == 0 || line[0] == '#' {
		return "", false
	}
	i := bytes.IndexAny(line[:min(len(line), maxName+1)], "{ \t")
	if i <= 0 {
		return "", false
	}
	rest := bytes.TrimSpace(line[i:])
	return string(line[:i]), len(rest) > 0 && (rest[0] == '{' || bytes.IndexByte([]byte("+-.0123456789NI"), rest[0]) >= 0)
}

// A Reader reads samples in memory of its own. It is not safe for concurrent use.
type Reader struct {
	parser expfmt.TextParser
	line   []byte
}

// NewReader gives a Reader.
func NewReader() *Reader { return &Reader{parser: expfmt.NewTextParser(model.UTF8Validation)} }

// Sample reads a line; false where it is no sample.
func (r *Reader) Sample(line []byte) (Sample, bool) {
	line = bytes.TrimSpace(line)
	s, ok := r.parse(line)
	if cut := bytes.LastIndexAny(line, " \t"); !ok && cut > 0 { // OpenMetrics' times have a fraction
		if at, err := strconv.ParseFloat(string(line[cut+1:]), 64); err == nil && at > 0 && !math.IsInf(at, 0) {
			s, ok = r.parse(bytes.TrimSpace(line[:cut]))
			s.T = at
		}
	}
	if s.T > 1e11 { // Prometheus writes milliseconds, OpenMetrics seconds
		s.T /= 1000
	}
	s.ID = string(line[:bytes.LastIndexByte(line, '}')+1])
	if s.ID == "" {
		s.ID = s.Name
	}
	return s, ok && !math.IsNaN(s.Value)
}

func (r *Reader) parse(line []byte) (s Sample, ok bool) {
	r.line = append(append(r.line[:0], line...), '\n')
	families, err := r.parser.TextToMetricFamilies(bytes.NewReader(r.line))
	for name, f := range families {
		if err != nil || len(f.GetMetric()) != 1 {
			continue
		}
		m := f.GetMetric()[0]
		for _, l := range m.GetLabel() {
			s.Labels = append(s.Labels, Label{l.GetName(), l.GetValue()})
		}
		s.Name, s.Value, s.T = name, m.GetUntyped().GetValue(), float64(m.GetTimestampMs())
		return s, m.Untyped != nil
	}
	return s, false
}
