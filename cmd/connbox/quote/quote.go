// Package quote looks up what the input says at the places of a report's evidence, for a page that
// people read without the input beside them. Nothing is quoted of the arguments of slow commands,
// which hold keys and values.
package quote

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// Bounds of what is quoted: places of a piece of evidence and of a report, and characters.
const (
	perEvidence = 3
	maxPlaces   = 80
	maxText     = 320
)

// A want is a place of some evidence, and whose connections the evidence is of.
type want struct {
	place   string
	sources []finding.Source
	add     func(finding.Quote)
}

// Add puts quotes into the evidence of a report. The input is read once more, a bundle only where
// evidence points to; o has the bounds of that reading. Without any evidence nothing is read. What
// could be quoted before an error stays.
func Add(ctx context.Context, in *parse.Input, o record.Options, r *finding.Report) error {
	wants := wantsOf(r)
	if len(wants) == 0 {
		return nil
	}
	o.Unhashed = true
	if r.Input.Kind != string(record.InputBundle) {
		_, err := read(ctx, in, o, wants)
		return err
	}
	o.Kinds = []record.Kind{record.KindInfo, record.KindSlowlog, record.KindConfig, record.KindFailure}
	seen, err := read(ctx, in, o, wants)
	if err != nil {
		return err
	}
	return lists(ctx, in, o, wants, seen)
}

// wantsOf lists the places, the first of each piece of evidence.
func wantsOf(r *finding.Report) (out []want) {
	for i := range r.Causes {
		c := &r.Causes[i]
		for k := range c.Evidence {
			e := &c.Evidence[k]
			for _, at := range e.At[:min(perEvidence, len(e.At))] {
				if len(out) == maxPlaces {
					return out
				}
				out = append(out, want{at, c.Sources, func(q finding.Quote) { e.Quotes = append(e.Quotes, q) }})
			}
		}
	}
	return out
}

// A moment is where and when a record was.
type moment struct {
	sample int64
	at     time.Time
}

// read quotes the records of an input that are wanted, up to the last of them in a text, and gives
// the moments of all that it saw.
func read(ctx context.Context, in *parse.Input, o record.Options, wants []want) (seen []moment, err error) {
	src, err := in.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	by := map[string][]int{}
	for i, w := range wants {
		by[w.place] = append(by[w.place], i)
	}
	for len(by) > 0 && src.Scan() {
		rec := src.Record()
		head := rec.Base()
		if head.Pos.Sample > 0 {
			seen = append(seen, moment{head.Pos.Sample, head.At})
		}
		place := head.Pos.String()
		for _, i := range by[place] {
			if text, note := Of(rec, wants[i].sources); text != "" {
				wants[i].add(finding.Quote{At: place, Text: cut(text), Note: note})
			}
		}
		delete(by, place)
	}
	return seen, src.Err()
}

// lists quotes the client lists of a bundle that are wanted: each is read by the time of the
// records around it.
func lists(ctx context.Context, in *parse.Input, o record.Options, wants []want, seen []moment) error {
	o.Kinds = []record.Kind{record.KindClients}
	done := map[string]bool{}
	for _, w := range wants {
		var n int64
		if _, err := fmt.Sscanf(w.place[strings.LastIndexByte(w.place, '#')+1:], "%d", &n); err != nil || done[w.place] {
			continue
		}
		done[w.place] = true
		i, found := slices.BinarySearchFunc(seen, n, func(m moment, n int64) int { return int(min(1, max(-1, m.sample-n))) })
		if found || i == 0 && len(seen) == 0 {
			continue // it is no list, or nothing tells when it was
		}
		near := o
		if i > 0 {
			near.From = seen[i-1].at.Add(-time.Second)
		}
		if i < len(seen) {
			near.To = seen[i].at.Add(time.Second)
		}
		same := slices.DeleteFunc(slices.Clone(wants), func(o want) bool { return o.place != w.place })
		if _, err := read(ctx, in, near, same); err != nil {
			return err
		}
	}
	return nil
}

// infoKeys are the lines of INFO that evidence is about.
var infoKeys = [...]string{"connected_clients", "connected_slaves", "cluster_connections", "maxclients", "blocked_clients", "total_connections_received",
	"rejected_connections", "total_commands_processed", "evicted_clients", "client_output_buffer_limit_disconnections", "client_query_buffer_limit_disconnections"}

// Of gives what is worth quoting of a record, with a note of what it is; empty where nothing is.
// Sources are whose connections are looked for.
func Of(rec record.Record, sources []finding.Source) (text, note string) {
	switch r := rec.(type) {
	case *record.Info:
		var lines []string
		for _, key := range infoKeys {
			if v, ok := r.Value(key); ok && strings.TrimSpace(string(v)) != "0" {
				lines = append(lines, key+":"+string(v))
			}
		}
		return strings.Join(lines, " "), "INFO"
	case *record.Clients:
		return ofClients(r, sources)
	case *record.Slowlog:
		return ofSlowlog(r)
	case *record.Config:
		if v, ok := r.Get("maxclients"); ok {
			return "maxclients " + v, "CONFIG GET"
		}
	case *record.Failure:
		return r.Text, "a probe without a reply"
	}
	return "", ""
}

// ofClients picks the line that has rested longest of those whose it is about, else of all.
func ofClients(r *record.Clients, sources []finding.Source) (text, note string) {
	best, n := -1, 0
	for i := range r.Rows {
		if len(sources) > 0 && !slices.ContainsFunc(sources, func(s finding.Source) bool { return is(&r.Rows[i], s) }) {
			continue
		}
		if n++; best < 0 || r.Rows[i].Idle > r.Rows[best].Idle {
			best = i
		}
	}
	if best < 0 {
		return "", ""
	}
	one := record.Clients{Rows: r.Rows[best : best+1], Layouts: r.Layouts}
	text = strings.TrimSpace(string(reply.AppendClients(nil, &one)))
	whose := "of all"
	if len(sources) > 0 {
		whose = "of the sources of the cause"
	}
	return text, fmt.Sprintf("CLIENT LIST, %d lines; %d %s, this one unused for longest", len(r.Rows), n, whose)
}

// is tells whether a connection is of a source.
func is(c *record.Client, s finding.Source) bool {
	return (s.Name == "" || s.Name == c.Name) && (s.Host == "" || s.Host == c.Host()) && (s.Name != "" || s.Host != "")
}

// ofSlowlog names the longest command.
func ofSlowlog(r *record.Slowlog) (text, note string) {
	longest := int64(math.MinInt64)
	for _, e := range r.Entries {
		if e.Micros > longest && len(e.Args) > 0 {
			longest = e.Micros
			text = fmt.Sprintf("%d) %d microseconds: %s", e.ID, e.Micros, e.Args[0])
		}
	}
	return text, "SLOWLOG, its longest; arguments are not quoted"
}

// cut keeps what a page has room for.
func cut(s string) string {
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return s
}
