package logs

import (
	"fmt"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// A link is what the log says of one replica or, under no name, of the link to the primary.
type link struct {
	name        string
	lost, back  int64
	first, last time.Time
	pos         record.Pos
}

// addLink counts how often a replica, or the link to the primary, was lost and came back: seen one
// by one each is a blip. A primary names its replica; servers before 2.8 name none.
func (r *Reading) addLink(e *serverlog.Entry, ev *serverlog.Event, pos record.Pos) {
	name, lost := string(ev.Peer), false
	switch e.Event {
	case serverlog.ReplicaLost:
		lost = true
	case serverlog.ReplicaAsks:
		if name == "" {
			return
		}
	case serverlog.LinkLost:
		lost, name = true, ""
	case serverlog.LinkUp:
	case serverlog.PartialResync:
		if name != "" {
			return // of a primary, where the replica asked before
		}
	default:
		return
	}
	i := slices.IndexFunc(r.links, func(l link) bool { return l.name == name })
	if i < 0 {
		if len(r.links) == maxLinks {
			return
		}
		i = len(r.links)
		r.links = append(r.links, link{name: name, first: e.At, pos: pos})
	}
	l := &r.links[i]
	l.last = e.Until
	if lost {
		l.lost += e.Count
	} else {
		l.back += e.Count
	}
}

// maxLinks bounds the replicas that are told apart.
const maxLinks = 64

// rounds says whose link is lost and made again and again; empty where none is.
func (r *Reading) rounds() string {
	worst := link{}
	for _, l := range r.links {
		if min(l.lost, l.back+1) > min(worst.lost, worst.back+1) || worst.back+worst.lost == 0 {
			worst = l
		}
	}
	n := max(min(worst.lost, worst.back+1), worst.back)
	if float64(n) < val("rounds") || worst.back == 0 {
		return ""
	}
	who, did := "Replica "+clipped(worst.name), "asked for synchronization"
	if worst.name == "" {
		who, did = "The link to the primary", "was synchronized"
	}
	s := who
	if worst.lost > 0 {
		s += fmt.Sprintf(" was lost %s and", finding.Times(int(worst.lost)))
	}
	s += fmt.Sprintf(" %s %s", did, finding.Times(int(worst.back)))
	over := worst.last.Sub(worst.first)
	if over > 0 {
		s += " within " + span(over)
	}
	if over > 0 && over.Seconds() <= float64(n)*val("round") {
		s += ": a loop, it does not stay connected"
	}
	return s + fmt.Sprintf(" (first at %s).", worst.pos)
}
