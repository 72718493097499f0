package analyze

import (
	"cmp"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// Groups tells whose a connection is as the table of holders and the slider of the page have it.
type Groups struct{ label map[finding.Source]string }

// GroupsOf gives the groups of a recording; of several servers, each has its own.
func GroupsOf(tl *timeline.Timeline) *Groups {
	g := &Groups{map[finding.Source]string{}}
	for _, t := range append([]*timeline.Timeline{tl}, tl.Beside...) {
		_, rows := holderRows(measure.New(t))
		for _, a := range rows {
			for _, e := range a.Entities {
				for _, s := range e.Parts {
					k := finding.Source{Host: s.Key.Host, Name: s.Key.Name, User: s.Key.User, Lib: s.Key.Lib}
					if _, known := g.label[k]; !known {
						g.label[k] = a.Label
					}
				}
			}
		}
	}
	return g
}

// Of gives the group of a connection. The recorder's own is in none: it goes by its name or host.
func (g *Groups) Of(c *record.Client) string {
	host := c.Host()
	if label, ok := g.label[finding.Source{Host: host, Name: c.Name, User: c.User, Lib: c.LibName}]; ok {
		return label
	}
	return cmp.Or(c.Name, host)
}
