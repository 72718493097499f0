package measure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
)

// An Entity is what gets the blame: the connections of one host under one name. The
// unnamed connections of a host join its named ones when one name has nearly all of
// them, because pools name a connection only when they first use it.
type Entity struct {
	Host, Name, user, lib string
	Parts                 []*timeline.Series
	App                   *App
}

// An App is the entities that belong together: those of one name, or, without names,
// those of one network, user and library.
type App struct {
	Label    string
	Key      string // what the entities have in common: of two recordings, the same app has the same
	Entities []*Entity
	keeps    int      // samples, of which it keeps the sums; 0: of none
	apps     []*App   // of which it is made up: those of all clients
	sums     []appSum // of each sample; made when first asked for
}

// An appSum is the state of an app at a sample.
type appSum struct {
	timeline.Cell
	hosts int32 // entities with at least one connection
}

// KeepSums has an app of many entities keep its sums, one for each of the samples.
func (a *App) KeepSums(samples int) *App {
	if len(a.Entities) >= ManyEntities {
		a.keeps = samples
	}
	return a
}

// keepSums says which of the apps keep theirs.
func keepSums(apps []*App, samples int) {
	small := 0
	for _, a := range apps {
		if a.KeepSums(samples); a.keeps == 0 && len(a.Entities) > 1 && small+samples <= maxSmallSums {
			a.keeps = samples
			small += samples
		}
	}
}

// buildEntities groups the timeline's sources. The order is that of names and hosts, so
// that it does not depend on the order of the input.
func buildEntities(tl *timeline.Timeline, heavy []string) ([]*Entity, []*App) {
	weight := map[[2]string]int{} // host and name -> connection-samples
	total := map[string]int{}
	for _, s := range tl.Sources {
		if s.Key.Name != "" {
			w := s.Mass
			weight[[2]string{s.Key.Host, s.Key.Name}] += w
			total[s.Key.Host] += w
		}
	}
	main := map[string]string{} // host -> its one name
	for k, w := range weight {
		if all := total[k[0]]; all > 0 && float64(w) >= dominant*float64(all) { // of nothing there is no share
			main[k[0]] = k[1]
		}
	}
	shared := len(heavy) == 1
	kind := map[[4]string]bool{} // name, user and library that were seen together at the one address
	for _, s := range tl.Sources {
		if shared {
			kind[[4]string{s.Key.Host, s.Key.Name, s.Key.User, s.Key.Lib}] = true
		}
	}
	single := singleUse(tl)
	byKey := map[[2]string]*Entity{}
	var ents []*Entity
	sources := slices.Clone(tl.Sources)
	slices.SortFunc(sources, func(a, b *timeline.Series) int {
		if by := strings.Compare(a.Key.Host, b.Key.Host); by != 0 {
			return by
		}
		return cmp.Or(strings.Compare(a.Key.Name, b.Key.Name), strings.Compare(a.Key.User, b.Key.User), strings.Compare(a.Key.Lib, b.Key.Lib))
	})
	for _, s := range sources {
		name := s.Key.Name
		// Behind an address that many share, unnamed ones may be another service's: user and
		// library must be the same too.
		own := main[s.Key.Host]
		if single[s.Key.Host] && s.Most <= 2 {
			name = ""
		} else if name == "" && (!shared || s.Key.Host != heavy[0] || kind[[4]string{s.Key.Host, own, s.Key.User, s.Key.Lib}]) {
			name = own
		}
		k := [2]string{s.Key.Host, name}
		e := byKey[k]
		if e == nil {
			e = &Entity{Host: s.Key.Host, Name: name}
			byKey[k] = e
			ents = append(ents, e)
		}
		e.Parts = append(e.Parts, s)
		if s.Key.User != "" && (e.user == "" || e.user == "default") {
			e.user = s.Key.User
		}
		if s.Key.Lib != "" {
			e.lib = s.Key.Lib
		}
	}
	return ents, buildApps(ents)
}

// heaviest gives the addresses that hold nearly all connection-samples, the one with most
// first, as far as they are few: of more than fewAddresses one more.
func heaviest(tl *timeline.Timeline) []string {
	type held struct {
		host string
		mass int
	}
	index := map[string]int{}
	var all []held
	total := 0
	for _, s := range tl.Sources {
		k, ok := index[s.Key.Host]
		if !ok {
			k = len(all)
			index[s.Key.Host], all = k, append(all, held{host: s.Key.Host})
		}
		all[k].mass += s.Mass
		total += s.Mass
	}
	var hosts []string
	for sum := 0; len(hosts) <= fewAddresses && float64(sum) < fullestHosts*float64(total); {
		k := 0
		for i, h := range all {
			if h.mass > all[k].mass || h.mass == all[k].mass && h.host < all[k].host {
				k = i
			}
		}
		hosts, sum = append(hosts, all[k].host), sum+all[k].mass
		all = slices.Delete(all, k, k+1)
	}
	return hosts
}

// singleUse finds the hosts that give nearly every connection a name of its own: such
// names tell connections apart, not pools, and what the host does would fall into pieces
// of one connection each. Names that differ in an instance's part only count as one.
func singleUse(tl *timeline.Timeline) map[string]bool {
	pieces, all := map[string]int{}, map[string]int{}
	for _, s := range tl.Sources {
		if s.Key.Name == "" {
			continue
		}
		all[s.Key.Host]++
		if s.Most <= 2 {
			pieces[s.Key.Host]++
		}
	}
	names := map[string]map[string]bool{} // of hosts that have enough pieces
	for _, s := range tl.Sources {
		h := s.Key.Host
		if s.Key.Name == "" || s.Most > 2 || pieces[h] < manyNames || singleOf*pieces[h] < singleLeast*all[h] {
			continue
		}
		if names[h] == nil {
			names[h] = map[string]bool{}
		}
		names[h][finding.ServiceOfName(s.Key.Name)] = true
	}
	out := map[string]bool{}
	for h, n := range names {
		out[h] = len(n) >= manyNames && 2*len(n) >= all[h]
	}
	return out
}

func buildApps(ents []*Entity) []*App {
	byLabel := map[string]*App{}
	names := map[*App]map[string]bool{}
	var apps []*App
	for _, e := range ents {
		label := e.appLabel()
		a := byLabel[label]
		if a == nil {
			a = &App{Label: label, Key: label}
			byLabel[label], names[a] = a, map[string]bool{}
			apps = append(apps, a)
		}
		a.Entities = append(a.Entities, e)
		names[a][e.Name] = true
		e.App = a
	}
	for _, a := range apps {
		switch first := a.Entities[0].Name; {
		case first == "" && len(a.Entities) == 1 && a.Entities[0].Host != "":
			// A network of one host is that host; what tells users and libraries apart stays.
			if _, rest, more := strings.Cut(a.Label, " "); more {
				a.Label = a.Entities[0].Host + " " + rest
			} else {
				a.Label = a.Entities[0].Host
			}
		case first == "":
		case len(names[a]) == 1:
			a.Label = first
		default:
			a.Label = a.Label[:len(a.Label)-1] + "…"
		}
	}
	return apps
}

// appLabel is the service that an entity is an instance of; a mark ends one that comes from names.
func (e *Entity) appLabel() string {
	if e.Name != "" {
		return finding.ServiceOfName(e.Name) + "\x00"
	}
	return finding.Source{Host: e.Host, User: e.user, Lib: e.lib}.Service()
}

// At sums the states of an entity's sources at a sample.
func (e *Entity) At(i int) timeline.Cell {
	if len(e.Parts) == 1 {
		return e.Parts[0].At(i)
	}
	var c timeline.Cell
	for _, s := range e.Parts {
		c.Sum(s.At(i))
	}
	return c
}

// Shown gives the window of lists outside of which an entity was not there: of a crowd
// that comes and goes, each is there for a few.
func (m *Model) Shown(e *Entity) Window {
	lo, hi := math.MaxInt, 0
	for _, s := range e.Parts {
		lo, hi = min(lo, s.Start), max(hi, s.Start+len(s.Cells))
	}
	from, _ := slices.BinarySearch(m.Lists, lo)
	to, _ := slices.BinarySearch(m.Lists, hi)
	return Window{from, to}
}

func (a *App) At(i int) timeline.Cell {
	if a.keeps > 0 {
		return a.summed()[i].Cell
	}
	var c timeline.Cell
	for _, e := range a.Entities {
		c.Sum(e.At(i))
	}
	return c
}

// Hosts counts the entities of an app with at least one connection at a sample.
func (a *App) Hosts(i int) int {
	if a.keeps > 0 {
		return int(a.summed()[i].hosts)
	}
	n := 0
	for _, e := range a.Entities {
		if e.At(i).N > 0 {
			n++
		}
	}
	return n
}

// summed gives the app's sums, one a sample. Of all clients they are those of the apps.
func (a *App) summed() []appSum {
	if a.sums != nil {
		return a.sums
	}
	a.sums = make([]appSum, a.keeps)
	for _, part := range a.apps {
		if part.keeps == 0 {
			part.sum(a.sums)
			continue
		}
		for i, s := range part.summed() {
			a.sums[i].Sum(s.Cell)
			a.sums[i].hosts += s.hosts
		}
	}
	if a.apps == nil {
		a.sum(a.sums)
	}
	return a.sums
}

// sum adds the entities of an app to sums.
func (a *App) sum(sums []appSum) {
	counted := make([]int, len(sums)) // the last entity counted as a host, from 1
	for k, e := range a.Entities {
		for _, s := range e.Parts {
			for i, c := range s.Cells {
				i += s.Start
				sums[i].Sum(c)
				if c.N > 0 && counted[i] != k+1 {
					counted[i] = k + 1
					sums[i].hosts++
				}
			}
		}
	}
}

// Source names the entity in a report.
func (e *Entity) Source() finding.Source {
	return finding.Source{Host: e.Host, Name: e.Name, User: e.user, Lib: e.lib}
}

// Overflows tells whether an app is that gathering, which is of many hosts and no pool.
func (a *App) Overflows() bool {
	return slices.ContainsFunc(a.Entities, func(e *Entity) bool { return e.Host == timeline.Others.Host })
}
