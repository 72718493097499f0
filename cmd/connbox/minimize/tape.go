package minimize

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A tape is a recording in memory, which can be read any number of times.
type tape struct {
	origin record.Origin
	recs   []record.Record
}

// add keeps a copy of a record, without what no bundle that leaves the house holds: secrets of the
// configuration and arguments of slow commands. Text that is no reply is left out.
func (t *tape) add(rec record.Record) {
	switch x := rec.(type) {
	case *record.Info:
		c := &record.Info{Head: x.Head}
		c.Reset(bytes.Clone(x.Text))
		rec = c
	case *record.Clients:
		rec = &record.Clients{Head: x.Head, Rows: slices.Clone(x.Rows), Layouts: cloneLayouts(x.Layouts)}
	case *record.Slowlog:
		c := &record.Slowlog{Head: x.Head, Entries: slices.Clone(x.Entries)}
		for i := range c.Entries {
			c.Entries[i].Args = slices.Clone(c.Entries[i].Args)
			c.Entries[i].HideArgs(true)
		}
		rec = c
	case *record.Config:
		c := &record.Config{Head: x.Head, Pairs: slices.Clone(x.Pairs)}
		c.Redact()
		rec = c
	case *record.Other:
		c := *x
		c.Text = bytes.Clone(x.Text)
		rec = &c
	case *record.Failure:
		c := *x
		rec = &c
	case *record.Log:
		c := *x
		c.Entry.Peers = slices.Clone(x.Entry.Peers)
		rec = &c
	default: // marks and chatter say nothing of connections
		return
	}
	t.recs = append(t.recs, rec)
}

func cloneLayouts(l []record.Layout) []record.Layout {
	out := make([]record.Layout, len(l))
	for i := range l {
		out[i] = slices.Clone(l[i])
	}
	return out
}

// with gives the same recording with other records.
func (t *tape) with(recs []record.Record) *tape { return &tape{t.origin, recs} }

// filter keeps the records that fit.
func (t *tape) filter(keep func(i int, rec record.Record) bool) *tape {
	var recs []record.Record
	for i, rec := range t.recs {
		if keep(i, rec) {
			recs = append(recs, rec)
		}
	}
	return t.with(recs)
}

// rounds gives for each record the sampling round it belongs to: what was taken within half a second
// of the first of it.
func (t *tape) rounds() (of []int, n int) {
	var begun time.Time
	n = -1
	for _, rec := range t.recs {
		if at := rec.Base().At; n < 0 || !at.IsZero() && at.Sub(begun).Abs() >= 500*time.Millisecond {
			n, begun = n+1, at
		}
		of = append(of, n)
	}
	return of, n + 1
}

// A player plays a tape as a Source.
type player struct {
	*tape
	at int
}

// play gives the tape from its beginning.
func (t *tape) play() *player { return &player{t, -1} }

// Scan implements record.Source.
func (p *player) Scan() bool { p.at++; return p.at < len(p.recs) }

// Record implements record.Source.
func (p *player) Record() record.Record { return p.recs[p.at] }

// Err implements record.Source.
func (p *player) Err() error { return nil }

// Origin implements record.Source.
func (p *player) Origin() record.Origin { return p.origin }

// Warnings implements record.Source.
func (p *player) Warnings() []string { return nil }

// Close implements record.Source.
func (p *player) Close() error { return nil }

// infoKeys lists the keys of INFO in the recording, in the order of their first reply.
func (t *tape) infoKeys() (keys []string) {
	seen := map[string]bool{}
	for _, rec := range t.recs {
		if x, ok := rec.(*record.Info); ok {
			x.Each(func(_, key, _ []byte) {
				if !seen[string(key)] {
					seen[string(key)] = true
					keys = append(keys, string(key))
				}
			})
		}
	}
	return keys
}

// withInfo keeps some keys of INFO, with the sections that they stand in.
func (t *tape) withInfo(keys []string) *tape {
	keep := setOf(keys)
	return t.each(func(rec record.Record) record.Record {
		x, ok := rec.(*record.Info)
		if !ok {
			return rec
		}
		var text []byte
		var section string
		x.Each(func(in, key, value []byte) {
			if !keep[string(key)] {
				return
			}
			if string(in) != section {
				section = string(in)
				if len(text) > 0 {
					text = append(text, "\r\n"...)
				}
				text = append(append(append(text, "# "...), in...), "\r\n"...)
			}
			text = append(append(append(append(text, key...), ':'), value...), "\r\n"...)
		})
		if len(text) == 0 {
			return nil
		}
		c := &record.Info{Head: x.Head}
		c.Size = len(text)
		c.Reset(text)
		return c
	})
}

// each passes all records through fn, which gives a new one, the same, or nil to leave it out.
func (t *tape) each(fn func(record.Record) record.Record) *tape {
	recs := make([]record.Record, 0, len(t.recs))
	for _, rec := range t.recs {
		if rec = fn(rec); rec != nil {
			recs = append(recs, rec)
		}
	}
	return t.with(recs)
}

// clients passes all lists through fn.
func (t *tape) clients(fn func(*record.Clients) *record.Clients) *tape {
	return t.each(func(rec record.Record) record.Record {
		if x, ok := rec.(*record.Clients); ok {
			return fn(x)
		}
		return rec
	})
}

// fields lists the keys of CLIENT LIST in the recording, sorted.
func (t *tape) fields() []string {
	seen := map[string]bool{}
	for _, rec := range t.recs {
		if x, ok := rec.(*record.Clients); ok {
			for _, l := range x.Layouts {
				for _, key := range l {
					seen[key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// withFields keeps some fields of CLIENT LIST. Lines that are kept as they are have no fields to
// drop and stay whole, as do those with a key that connbox does not know.
func (t *tape) withFields(keys []string) *tape {
	keep := setOf(keys)
	var gone record.FieldSet
	for _, key := range t.fields() {
		if f, ok := record.FieldByKey(key); ok && !keep[key] {
			gone |= 1 << f
		}
	}
	return t.clients(func(x *record.Clients) *record.Clients {
		c := &record.Clients{Head: x.Head, Rows: slices.Clone(x.Rows), Layouts: make([]record.Layout, len(x.Layouts))}
		for i, l := range x.Layouts {
			for _, key := range l {
				if _, known := record.FieldByKey(key); keep[key] || !known {
					c.Layouts[i] = append(c.Layouts[i], key)
				}
			}
		}
		for i := range c.Rows {
			row := &c.Rows[i]
			if row.Raw != "" {
				continue
			}
			for f := range record.NumFields {
				if spec := record.Field(f).Spec(); gone.Has(record.Field(f)) {
					if spec.Num != nil {
						*spec.Num(row) = 0
					} else {
						*spec.Str(row) = ""
					}
				}
			}
			row.Has &^= gone
		}
		return c
	})
}

// hosts lists where connections came from, in order of appearance.
func (t *tape) hosts() []string {
	return t.listed(func(c *record.Client) string { return c.Host() })
}

// listed lists different values of connections, in order of appearance.
func (t *tape) listed(of func(*record.Client) string) (out []string) {
	seen := map[string]bool{}
	for _, rec := range t.recs {
		if x, ok := rec.(*record.Clients); ok {
			for i := range x.Rows {
				if v := of(&x.Rows[i]); !seen[v] {
					seen[v] = true
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// withRows keeps the connections whose value is among those.
func (t *tape) withRows(of func(*record.Client) string, values []string) *tape {
	keep := setOf(values)
	return t.clients(func(x *record.Clients) *record.Clients {
		c := &record.Clients{Head: x.Head, Layouts: x.Layouts}
		for i := range x.Rows {
			if keep[of(&x.Rows[i])] {
				c.Rows = append(c.Rows, x.Rows[i])
			}
		}
		return c
	})
}

func setOf(words []string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[w] = true
	}
	return out
}
