package minimize

import (
	"slices"
	"strconv"

	"github.com/connbox/connbox/parse/record"
)

// A reducer makes a recording smaller as long as the analysis says the same.
type reducer struct {
	now   *tape
	same  func(*tape) bool // the oracle
	tries int              // analyses that are left
}

// try takes a smaller recording if the analysis says the same of it.
func (r *reducer) try(t *tape) bool {
	if r.tries <= 0 || len(t.recs) == 0 {
		return false
	}
	r.tries--
	if !r.same(t) {
		return false
	}
	r.now = t
	return true
}

// worthwhile is the part of a recording that must go in a round for another to be tried: the last
// percents take as long as all before.
const worthwhile = 0.05

// run reduces until hardly more goes: what is few and makes the analysis faster first.
func (r *reducer) run() {
	for {
		before := r.size()
		r.kinds()
		r.span()
		r.thin()
		r.items(r.now.hosts(), func(t *tape, keep []string) *tape {
			return t.withRows(func(c *record.Client) string { return c.Host() }, keep)
		})
		r.items(r.now.infoKeys(), (*tape).withInfo)
		r.items(r.now.fields(), (*tape).withFields)
		r.items(r.now.settings(), (*tape).withSettings)
		r.connections()
		r.singleRounds()
		if r.tries <= 0 || float64(r.size()) > (1-worthwhile)*float64(before) {
			return
		}
	}
}

// size counts what is left: records, rows, keys and fields.
func (r *reducer) size() int {
	n := len(r.now.recs)
	for _, rec := range r.now.recs {
		switch x := rec.(type) {
		case *record.Info:
			n += len(x.Text)
		case *record.Clients:
			for i := range x.Rows {
				n += len(x.Layouts[max(x.Rows[i].Layout, 0)])
			}
		case *record.Config:
			n += len(x.Pairs)
		}
	}
	return n
}

// items is delta debugging over a list of things: chunks are left out, from halves down to single
// ones, while the analysis says the same (Zeller and Hildebrandt, Simplifying and Isolating
// Failure-Inducing Input, 2002; complements only).
func (r *reducer) items(all []string, with func(*tape, []string) *tape) {
	base := r.now
	least := (len(all) + mostSingles - 1) / mostSingles
	for chunks := 2; len(all) > 0 && r.tries > 0; chunks = min(2*chunks, len(all)) {
		size := max((len(all)+chunks-1)/chunks, min(least, len(all)))
		for at, vain := 0, 0; at < len(all) && r.tries > 0; {
			keep := slices.Concat(all[:at], all[min(at+size, len(all)):])
			if r.try(with(base, keep)) {
				all, vain = keep, 0
				continue
			}
			if vain++; vain == mostVain {
				return
			}
			at += size
		}
		if size <= least {
			return
		}
	}
}

// kinds leaves out whole kinds of record.
func (r *reducer) kinds() {
	var all []string
	for _, rec := range r.now.recs {
		if k := rec.Kind().String(); !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	r.items(all, func(t *tape, keep []string) *tape {
		return t.filter(func(_ int, rec record.Record) bool { return slices.Contains(keep, rec.Kind().String()) })
	})
}

// span cuts time off both ends: the largest part that can go, then half as much.
func (r *reducer) span() {
	for _, tail := range [...]bool{true, false} {
		_, n := r.now.rounds()
		for cut := n / 2; cut > 0; {
			of, n := r.now.rounds()
			ok := cut < n && r.try(r.now.filter(func(i int, _ record.Record) bool {
				if tail {
					return of[i] < n-cut
				}
				return of[i] >= cut
			}))
			if !ok {
				cut /= 2
			}
		}
	}
}

// thin leaves out every second round, as often as that goes.
func (r *reducer) thin() {
	for _, odd := range [...]int{1, 0} {
		for {
			of, n := r.now.rounds()
			if n < 2 || !r.try(r.now.filter(func(i int, rec record.Record) bool {
				return of[i]%2 != odd || rec.Kind() == record.KindConfig
			})) {
				break
			}
		}
	}
}

// singleRounds leaves out single rounds. What kinds a round has is tried as well: a list may do
// without the INFO beside it.
func (r *reducer) singleRounds() {
	of, n := r.now.rounds()
	var all []string
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	r.items(all, func(t *tape, keep []string) *tape {
		left := setOf(keep)
		return t.filter(func(i int, _ record.Record) bool { return left[strconv.Itoa(of[i])] })
	})
	all = nil
	for i, rec := range r.now.recs {
		if k := rec.Kind(); k == record.KindInfo || k == record.KindClients {
			all = append(all, strconv.Itoa(i))
		}
	}
	r.items(all, func(t *tape, keep []string) *tape {
		left := setOf(keep)
		return t.filter(func(i int, rec record.Record) bool {
			k := rec.Kind()
			return k != record.KindInfo && k != record.KindClients || left[strconv.Itoa(i)]
		})
	})
}

// mostVain is how many tries in a row may fail before the rest of a list is taken for needed: of a
// fan-out each host is.
const mostVain = 100

// mostSingles bounds how many things are tried one by one: of more, the last chunks are larger, so
// that a fleet of a thousand hosts takes no longer than one of some hundred.
const mostSingles = 300

// connections leaves out single connections for their whole lives.
func (r *reducer) connections() {
	id := func(c *record.Client) string { return strconv.FormatInt(c.ID, 10) }
	r.items(r.now.listed(id), func(t *tape, keep []string) *tape { return t.withRows(id, keep) })
}

// settings lists the parameters of CONFIG in the recording.
func (t *tape) settings() (out []string) {
	for _, rec := range t.recs {
		if x, ok := rec.(*record.Config); ok {
			for _, p := range x.Pairs {
				if !slices.Contains(out, p.Key) {
					out = append(out, p.Key)
				}
			}
		}
	}
	return out
}

// withSettings keeps some parameters of CONFIG.
func (t *tape) withSettings(keys []string) *tape {
	return t.each(func(rec record.Record) record.Record {
		x, ok := rec.(*record.Config)
		if !ok {
			return rec
		}
		c := &record.Config{Head: x.Head}
		for _, p := range x.Pairs {
			if slices.Contains(keys, p.Key) {
				c.Pairs = append(c.Pairs, p)
			}
		}
		if c.Pairs == nil {
			return nil
		}
		return c
	})
}
