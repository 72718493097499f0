package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// An entity is what gets the blame: the connections of one host under one name. The
// unnamed connections of a host join its named ones when one name has nearly all of
// them, because pools name a connection only when they first use it.
type entity struct {
	host, name, user, lib string
	parts                 []*series
	app                   *app
}

// An app is the entities that belong together: those of one name, or, without names,
// those of one network, user and library.
type app struct {
	label string
	ents  []*entity
	keeps bool     // its sums; see keepSums
	sums  []appSum // of each sample; made when first asked for
}

// An appSum is the state of an app at a sample.
type appSum struct {
	cell
	hosts int32 // entities with at least one connection
}

// manyEntities is from how many entities on an app keeps its sums whatever there is of other
// apps: adding up thousands of hosts for every question asked of every sample would cost
// more than the replay.
const manyEntities = 16

// maxSmallSums bounds the sums that smaller apps keep, samples times apps: 36 MB. A crowd of
// apps is added up anew each time.
const maxSmallSums = 500_000

// keepSums says which of the apps keep theirs.
func keepSums(apps []*app, samples int) {
	small := 0
	for _, a := range apps {
		switch {
		case len(a.ents) >= manyEntities:
			a.keeps = true
		case len(a.ents) > 1 && small+samples <= maxSmallSums:
			a.keeps = true
			small += samples
		}
	}
}

// dominant is the share of a host's named connections above which its unnamed ones are
// taken to belong to that name too.
const dominant = 0.8

// buildEntities groups the timeline's sources. The order is that of names and hosts, so
// that it does not depend on the order of the input.
func buildEntities(tl *Timeline, heavy []string) ([]*entity, []*app) {
	weight := map[[2]string]int{} // host and name -> connection-samples
	total := map[string]int{}
	for _, s := range tl.Sources {
		if s.key.name != "" {
			w := s.mass
			weight[[2]string{s.key.host, s.key.name}] += w
			total[s.key.host] += w
		}
	}
	main := map[string]string{} // host -> its one name
	for k, w := range weight {
		if float64(w) >= dominant*float64(total[k[0]]) {
			main[k[0]] = k[1]
		}
	}
	shared := len(heavy) == 1
	kind := map[[4]string]bool{} // host, name, user and library that were seen together
	for _, s := range tl.Sources {
		kind[[4]string{s.key.host, s.key.name, s.key.user, s.key.lib}] = true
	}
	single := singleUse(tl)
	byKey := map[[2]string]*entity{}
	var ents []*entity
	sources := slices.Clone(tl.Sources)
	slices.SortFunc(sources, func(a, b *series) int {
		return cmp.Or(cmp.Compare(a.key.host, b.key.host), cmp.Compare(a.key.name, b.key.name),
			cmp.Compare(a.key.user, b.key.user), cmp.Compare(a.key.lib, b.key.lib))
	})
	for _, s := range sources {
		name := s.key.name
		// Behind an address that many share, unnamed ones may be another service's: user and
		// library must be the same too.
		own := main[s.key.host]
		if single[s.key.host] && s.most <= 2 {
			name = ""
		} else if name == "" && (!shared || s.key.host != heavy[0] || kind[[4]string{s.key.host, own, s.key.user, s.key.lib}]) {
			name = own
		}
		k := [2]string{s.key.host, name}
		e := byKey[k]
		if e == nil {
			e = &entity{host: s.key.host, name: name}
			byKey[k] = e
			ents = append(ents, e)
		}
		e.parts = append(e.parts, s)
		if s.key.user != "" && (e.user == "" || e.user == "default") {
			e.user = s.key.user
		}
		if s.key.lib != "" {
			e.lib = s.key.lib
		}
	}
	return ents, buildApps(ents)
}

// heaviest gives the addresses that hold nearly all connection-samples, the one with most
// first.
func heaviest(tl *Timeline) []string {
	mass := map[string]int{}
	total := 0
	for _, s := range tl.Sources {
		w := s.mass
		mass[s.key.host] += w
		total += w
	}
	hosts := slices.SortedFunc(maps.Keys(mass), func(a, b string) int {
		return cmp.Or(-cmp.Compare(mass[a], mass[b]), strings.Compare(a, b))
	})
	held := 0
	for n, h := range hosts {
		if float64(held) >= 0.95*float64(total) {
			return hosts[:n]
		}
		held += mass[h]
	}
	return hosts
}

// singleUse finds the hosts that give nearly every connection a name of its own: such
// names tell connections apart, not pools, and what the host does would fall into pieces
// of one connection each. Names that differ in an instance's part only count as one.
func singleUse(tl *Timeline) map[string]bool {
	names, pieces, all := map[string]map[string]bool{}, map[string]int{}, map[string]int{}
	for _, s := range tl.Sources {
		if s.key.name == "" {
			continue
		}
		h := s.key.host
		if names[h] == nil {
			names[h] = map[string]bool{}
		}
		all[h]++
		if s.most <= 2 {
			names[h][template(s.key.name)] = true
			pieces[h]++
		}
	}
	out := map[string]bool{}
	for h, n := range names {
		out[h] = len(n) >= manyNames && 2*len(n) >= all[h] && 5*pieces[h] >= 4*all[h]
	}
	return out
}

// manyNames is how many names of one or two connections a host has at least before they
// are taken for names of connections: no host runs so many pools of one.
const manyNames = 8

func buildApps(ents []*entity) []*app {
	byLabel := map[string]*app{}
	names := map[*app]map[string]bool{}
	var apps []*app
	for _, e := range ents {
		label := e.appLabel()
		a := byLabel[label]
		if a == nil {
			a = &app{label: label}
			byLabel[label], names[a] = a, map[string]bool{}
			apps = append(apps, a)
		}
		a.ents = append(a.ents, e)
		names[a][e.name] = true
		e.app = a
	}
	for _, a := range apps {
		switch first := a.ents[0].name; {
		case first == "" && len(a.ents) == 1 && a.ents[0].host != "":
			// A network of one host is that host; what tells users and libraries apart stays.
			if _, rest, more := strings.Cut(a.label, " "); more {
				a.label = a.ents[0].host + " " + rest
			} else {
				a.label = a.ents[0].host
			}
		case first == "":
		case len(names[a]) == 1:
			a.label = first
		default:
			a.label = a.label[:len(a.label)-1] + "…"
		}
	}
	return apps
}

// ownPart is what an instance adds to the name of its service: the pod's hash or ordinal,
// a process id, an address.
var ownPart = regexp.MustCompile(`[-_.:@/#]([0-9a-f]*[0-9][0-9a-f]*|[a-z0-9]{5}|[0-9.]+(:[0-9]+)?)$`)

// template is a client name without what is the instance's own. Pods have two such parts,
// the replica set's hash and their own. A name that is all of that kind stays whole.
func template(name string) string {
	t := name
	for range 3 {
		at := ownPart.FindStringIndex(t)
		if at == nil || at[0] == 0 {
			break
		}
		// Five letters are a word unless they look like none: "api-store" is a name.
		if tail := t[at[0]+1:]; !strings.ContainsAny(tail, "0123456789") && strings.ContainsAny(tail, "aeiou") {
			break
		}
		t = t[:at[0]]
	}
	return t
}

// appLabel is the name without what is the instance's own, and a mark; or, for unnamed
// connections, their network (/16, /48) with user and library where they tell more.
func (e *entity) appLabel() string {
	if e.name != "" {
		return template(e.name) + "\x00"
	}
	if e.host == "" {
		return "all clients"
	}
	label := e.host
	if ip, err := netip.ParseAddr(e.host); err == nil {
		// Wide enough for the pods of one service, which lie on many nodes with a /24
		// each; user and library tell services of one network apart.
		bits := 16
		if ip.Is6() {
			bits = 48
		}
		if p, err := ip.Prefix(bits); err == nil {
			label = p.String()
		}
	}
	if e.user != "" && e.user != "default" {
		label = fmt.Sprintf("%s user=%s", label, e.user)
	}
	if e.lib != "" {
		label = fmt.Sprintf("%s lib=%s", label, e.lib)
	}
	return label
}

// at sums the states of an entity's sources at a sample.
func (e *entity) at(tl *Timeline, i int) cell {
	if len(e.parts) == 1 {
		return e.parts[0].at(tl, i)
	}
	var c cell
	for _, s := range e.parts {
		c.sum(s.at(tl, i))
	}
	return c
}

// shown gives the window of lists outside of which an entity was not there: of a crowd
// that comes and goes, each is there for a few.
func (m *model) shown(e *entity) window {
	lo, hi := math.MaxInt, 0
	for _, s := range e.parts {
		lo, hi = min(lo, s.start), max(hi, s.start+len(s.cells))
	}
	from, _ := slices.BinarySearch(m.lists, lo)
	to, _ := slices.BinarySearch(m.lists, hi)
	return window{from, to}
}

func (c *cell) sum(d cell) {
	c.n += d.n
	c.active += d.active
	c.resting += d.resting
	c.stale += d.stale
	c.births += d.births
	c.deaths += d.deaths
	c.blocked += d.blocked
	c.pubsub += d.pubsub
	c.internal += d.internal
	c.busy += d.busy
	c.omem += d.omem
}

func (a *app) at(tl *Timeline, i int) cell {
	if a.keeps {
		return a.summed(tl)[i].cell
	}
	var c cell
	for _, e := range a.ents {
		c.sum(e.at(tl, i))
	}
	return c
}

// hosts counts the entities of an app with at least one connection at a sample.
func (a *app) hosts(tl *Timeline, i int) int {
	if a.keeps {
		return int(a.summed(tl)[i].hosts)
	}
	n := 0
	for _, e := range a.ents {
		if e.at(tl, i).n > 0 {
			n++
		}
	}
	return n
}

// summed gives the app's sums, one a sample.
func (a *app) summed(tl *Timeline) []appSum {
	if a.sums != nil {
		return a.sums
	}
	a.sums = make([]appSum, len(tl.Samples))
	counted := make([]int, len(tl.Samples)) // the last entity counted as a host, from 1
	for k, e := range a.ents {
		for _, s := range e.parts {
			for i := s.start; i < s.start+len(s.cells); i++ {
				c := s.at(tl, i)
				a.sums[i].sum(c)
				if c.n > 0 && counted[i] != k+1 {
					counted[i] = k + 1
					a.sums[i].hosts++
				}
			}
		}
	}
	return a.sums
}

// source names the entity in a report.
func (e *entity) source() Source {
	return Source{Host: e.host, Name: e.name, User: e.user, Lib: e.lib}
}
