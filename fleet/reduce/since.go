package reduce

import (
	"cmp"
	"slices"

	"github.com/connbox/connbox/fleet"
)

// earlier is the incidents of an earlier run, and which servers were recorded since.
type earlier struct {
	had  map[Change]string // without Input -> Input
	now  map[string]bool   // keys of servers recorded now, of those in had
	keys map[string]string // server -> key
}

// changeOf is what tells an incident from another between two runs.
func changeOf(server, cause, service string) Change {
	return Change{Server: server, Cause: cause, Service: service}
}

// Before takes a row of an earlier run, to be compared with; all of them before the first Add.
func (r *Reducer) Before(row *fleet.Row) {
	r.Compared()
	if row.Status != "incident" || len(r.before.had) >= maxIncidents {
		return
	}
	server := r.key(row)
	r.before.had[changeOf(server, r.text(row.Cause), r.text(attributesOf(row)[attrService]))] = row.Input
	r.before.keys[server] = r.text(row.Server)
	r.before.now[server] = false
}

// Compared begins a comparison with an earlier run that may have had no row.
func (r *Reducer) Compared() {
	if r.before == nil {
		r.before = &earlier{map[Change]string{}, map[string]bool{}, map[string]string{}}
	}
}

// row notes that a server was recorded.
func (e *earlier) row(server string) {
	if e == nil {
		return
	}
	if _, ok := e.now[server]; ok {
		e.now[server] = true
	}
}

// since compares; nil where there is nothing to compare with.
func (e *earlier) since(all []incident) *Since {
	if e == nil {
		return nil
	}
	s := &Since{New: []Change{}, Repeated: []Change{}, Gone: []Change{}, Unknown: []Change{}}
	seen := map[Change]bool{}
	for i := range all {
		x := &all[i]
		key := changeOf(x.key, x.cause, x.attributes[attrService])
		if seen[key] {
			continue
		}
		seen[key] = true
		c := Change{x.server, key.Cause, key.Service, x.input}
		if _, was := e.had[key]; was {
			s.Repeated = append(s.Repeated, c)
		} else {
			s.New = append(s.New, c)
		}
	}
	for key, input := range e.had {
		c := Change{e.keys[key.Server], key.Cause, key.Service, input}
		switch {
		case seen[key]:
		case e.now[key.Server]:
			s.Gone = append(s.Gone, c)
		default:
			s.Unknown = append(s.Unknown, c)
		}
	}
	for _, list := range []*[]Change{&s.New, &s.Repeated, &s.Gone, &s.Unknown} {
		slices.SortFunc(*list, func(a, b Change) int {
			return cmp.Or(cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Service, b.Service))
		})
	}
	return s
}

// Listed cuts the lists of changes to what a page shows, once they have been judged.
func (s *Since) Listed() {
	for _, list := range []*[]Change{&s.New, &s.Repeated, &s.Gone, &s.Unknown} {
		if n := len(*list) - listed; n > 0 {
			s.More += n
			*list = (*list)[:listed]
		}
	}
}
