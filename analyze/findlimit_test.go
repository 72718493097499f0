package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// A limit that is told and contradicted by what was refused or accepted is not believed: the
// cause is found by the height of the refusals, not firmly, and data quality says why.
func TestLimitToldWrong(t *testing.T) {
	for _, c := range []struct {
		story string
		told  int
		want  string
		said  string
	}{
		{"leak, then a storm", 2000, "connection-leak", "maxclients is said to be 2000, but connections were refused at 199"},
		{"leak, then a storm", 60, "connection-leak", "maxclients is said to be 60"},
		{"storm after a scale-out", 4064, "retry-storm", "maxclients is said to be 4064"},
		{"traffic grew into the limit", 10000, "maxclients-too-low", "maxclients is said to be 10000"},
		{"protected mode refuses", 0, "protected-mode-refusals", ""},
		{"functions, one connection each", 0, "serverless-fanout", ""},
		{"maxclients lowered below the number connected", 0, "maxclients-too-low", ""},
		{"the limit is lowered below what is connected, and put right", 0, "healthy", ""},
	} {
		s := stories[slices.IndexFunc(stories, func(s story) bool { return s.name == c.story })]
		r := storyReport(s.limit, s.n, func(w *world.World) {
			w.Told = c.told
			if s.setup != nil {
				s.setup(w)
			}
		}, s.step)
		said := string(r.Verdict.Status)
		if r.Verdict.Status == finding.Incident {
			said = r.Verdict.Cause
		}
		if said != c.want {
			t.Errorf("%s, told %d: %s (%s)", c.story, c.told, said, r.Verdict.Summary)
		}
		if c.told > 0 && r.Verdict.Confidence > 0.9 {
			t.Errorf("%s, told %d: sure at %v", c.story, c.told, r.Verdict.Confidence)
		}
		doubted := slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, "maxclients is said to be") })
		if named := slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, c.said) }); doubted != (c.told > 0) || c.told > 0 && !named {
			t.Errorf("%s, told %d: %+v", c.story, c.told, r.DataQuality)
		}
	}
}

// Refusals far below a limit that rest on a height only reached then may be a limit that was
// not told; those beside a steady fleet are not.
func TestRefusedAtTheirMost(t *testing.T) {
	firm := storyReport(500, 60, nil, storyOf("protected mode refuses"))
	doubtful := storyReport(500, 60, nil, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 10 {
			w.Fleet("10.3.0", "api", 1, 3, 0.5)
		}
		if i > 10 {
			w.Refused += 5
		}
	})
	if firm.Verdict.Cause != "protected-mode-refusals" || doubtful.Verdict.Confidence >= firm.Verdict.Confidence {
		t.Errorf("%+v\nagainst %+v", firm.Verdict, doubtful.Verdict)
	}
}

// Where CONFIG GET and INFO differ throughout, data quality says so; after CONFIG SET they
// differ for a while only.
func TestLimitToldTwice(t *testing.T) {
	for _, c := range []struct {
		config string
		differ bool
	}{{"500", false}, {"4000", true}} {
		r := storyReport(500, 60, func(w *world.World) { w.Config["maxclients"] = c.config }, storyOf("leak of one host"))
		if got := slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool {
			return strings.Contains(d.What, "CONFIG GET says maxclients 4000, INFO 500")
		}); got != c.differ {
			t.Errorf("CONFIG %s: %+v", c.config, r.DataQuality)
		}
	}
}

// TestHostRefutesDescriptors: a limit that is 32 below a power of two is the descriptors' doing only
// where the server's process may have no more of them open, as far as the host tells.
func TestHostRefutesDescriptors(t *testing.T) {
	s := stories[slices.IndexFunc(stories, func(s story) bool { return s.name == "descriptors lowered the limit" })]
	for _, c := range []struct {
		limit string
		named bool
	}{{"256", true}, {"1024", false}, {"unlimited", true}} {
		w := world.New(s.limit)
		w.Run(s.n, s.step)
		at := w.Records[len(w.Records)/2].Base().At
		host := &record.Other{Head: record.Head{At: at}, Command: record.HostCommand, Text: []byte("# Host\ndescriptors_limit:" + c.limit + "\n")}
		w.Records = slices.Insert(w.Records, len(w.Records)/2, record.Record(host))
		r := report(w)
		named := slices.ContainsFunc(r.Causes, func(f finding.Finding) bool { return f.ID == "fd-limit" })
		why := ""
		for _, n := range r.RuledOut {
			if n.ID == "fd-limit" {
				why = n.Why
			}
		}
		if named != c.named || !named && !strings.Contains(why, "may have 1024 descriptors open, 768 more") {
			t.Errorf("descriptors_limit %s: named %v, %q", c.limit, named, why)
		}
	}
}
