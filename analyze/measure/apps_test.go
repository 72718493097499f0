package measure

import (
	"testing"

	"github.com/connbox/connbox/analyze/timeline"
)

// Names that never held a connection at a sample have no share of their host: whose the
// host's unnamed connections are must not depend on the order of a map.
func TestNoShareOfNothing(t *testing.T) {
	tl := &timeline.Timeline{Samples: make([]timeline.Sample, 1)}
	for _, name := range []string{"", "api", "web", "job"} {
		tl.Sources = append(tl.Sources, named(name))
	}
	tl.Sources[0].Mass = 2
	for range 40 {
		ents, _ := buildEntities(tl, []string{"10.0.0.1"})
		for _, e := range ents {
			if len(e.Parts) > 1 {
				t.Fatalf("the unnamed connections are those of %q", e.Name)
			}
		}
	}
}

func named(name string) *timeline.Series {
	var s timeline.Series
	s.Key.Host, s.Key.Name = "10.0.0.1", name
	return &s
}
