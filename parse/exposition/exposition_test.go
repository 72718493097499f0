package exposition

import (
	"fmt"
	"math"
	"testing"
)

func TestSample(t *testing.T) {
	r := NewReader()
	for line, want := range map[string]string{
		`redis_up 1`: "redis_up redis_up [] 1 0",
		`a_total{b="c\"} d",e=""} 1e3 1795242489250`: `a_total a_total{b="c\"} d",e=""} [{b c"} d} {e }] 1000 1.79524248925e+09`,
		`a{b="c"} +Inf 1795242489`:                   `a a{b="c"} [{b c}] +Inf 1.795242489e+09`,
		"a\t5  1795242489.5 ":                        "a a [] 5 1.7952424895e+09",
		`{"a.b",c="d"} 5`:                            `a.b {"a.b",c="d"} [{c d}] 5 0`,
		`a{b="c} 5`:                                  "",
		`a{b="c"} NaN`:                               "",
		`a b`:                                        "",
		`a 5 b`:                                      "",
		`# TYPE a gauge`:                             "",
		``:                                           "",
	} {
		s, ok := r.Sample([]byte(line))
		if got := fmt.Sprint(s.Name, " ", s.ID, " ", s.Labels, " ", s.Value, " ", s.T); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v", line, got, ok)
		}
	}
}

func TestName(t *testing.T) {
	for line, want := range map[string]string{"a 5": "a", `a{b="c"} 5`: "a", "a\t-1": "a", "# a 5": "", "a b": "", "a": "", "": "", "{}": ""} {
		if got, ok := Name([]byte(line)); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", line, got, ok)
		}
	}
}

func FuzzSample(f *testing.F) {
	for _, s := range []string{`a{b="c"} 5 1795242489250`, "a 1 1.5", `{"a"} 1`, "# EOF"} {
		f.Add([]byte(s))
	}
	r := NewReader()
	f.Fuzz(func(t *testing.T, line []byte) {
		Name(line)
		if s, ok := r.Sample(line); ok && (s.Name == "" || s.ID == "" || math.IsNaN(s.Value) || math.IsNaN(s.T)) {
			t.Errorf("%q: %+v", line, s)
		}
	})
}

func BenchmarkSample(b *testing.B) {
	r := NewReader()
	line := []byte(`redis_pool_conn_total_current{service="auth",instance="10.0.0.1:9121"} 4 1781191900026`)
	for b.Loop() {
		r.Sample(line)
	}
}
