package words

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

// CitedEvidence picks at most most pieces of evidence, in the report's order: what the
// first events lines of the timeline refer to comes before what no line names, so that a
// reference on the screen is explained on the screen.
func CitedEvidence(r *finding.Report, most, events int) (list []finding.Evidence, total int) {
	named := map[string]bool{}
	for _, e := range r.Timeline[:min(events, len(r.Timeline))] {
		for _, ref := range e.Refs {
			named[ref] = true
		}
	}
	var all []finding.Evidence
	for _, c := range r.Causes {
		all = append(all, c.Evidence...)
	}
	room := most
	for _, e := range all {
		if named[e.Ref] {
			room--
		}
	}
	for _, e := range all {
		switch {
		case len(list) == most:
		case named[e.Ref]:
			list = append(list, e)
		case room > 0:
			list = append(list, e)
			room--
		}
	}
	return list, len(all)
}

// Places lists where evidence can be looked up, at most most of them.
func Places(at []string, most int) string {
	s := strings.Join(at[:min(most, len(at))], ", ")
	if len(at) > most {
		s += fmt.Sprintf(" and %s more", units.Count(int64(len(at)-most)))
	}
	return s
}
