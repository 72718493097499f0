package fleet

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// Labels say what people know of servers: from a CSV file with a heading, one line a server.
//
//	server,cluster,zone,team
//	redis-cart-1:6379,cart,eu-1a,shop
//
// A server is found by its label, its address, its host or, where the recording has neither, its
// file name without the ending. Columns that are not known are passed over. The nil Labels say nothing.
type Labels struct {
	by     map[string]*label
	order  []string // keys as in the file
	Doubts []string // lines that say twice the same, or another thing
}

type label struct{ cluster, zone, team string }

// Bounds of a file of labels.
const (
	maxLabels     = 1_000_000 // servers
	maxLabelBytes = 1 << 26
)

// ReadLabels reads a CSV file of labels; name is for errors.
func ReadLabels(r io.Reader, name string) (*Labels, error) {
	text := bufio.NewReader(io.LimitReader(r, maxLabelBytes))
	if mark, _ := text.Peek(3); string(mark) == "\uFEFF" {
		text.Discard(3)
	}
	c := csv.NewReader(text)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no heading: %w", name, err)
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	at := func(column string) int { return slices.Index(head, column) }
	if at("server") < 0 {
		return nil, fmt.Errorf("%s:1: the heading %.100q has no column server; as: server,cluster,zone,team", name, strings.Join(head, ","))
	}
	l := &Labels{by: map[string]*label{}}
	untold := 0
	for {
		rec, err := c.Read()
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong):
			return nil, fmt.Errorf("%s:%d: %w", name, wrong.Line, wrong.Err)
		case c.InputOffset() == maxLabelBytes:
			return nil, fmt.Errorf("%s: more than %d bytes", name, maxLabelBytes)
		case errors.Is(err, io.EOF):
			if untold > 0 {
				l.Doubts = append(l.Doubts, fmt.Sprintf("%s: %s repeated a server", name, finding.Count(untold, "further line")))
			}
			return l, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := c.FieldPos(0)
		switch {
		case len(rec) != len(head):
			return nil, fmt.Errorf("%s:%d: %d fields, the heading has %d", name, line, len(rec), len(head))
		case len(l.order) == maxLabels:
			return nil, fmt.Errorf("%s:%d: more than %d servers", name, line, maxLabels)
		}
		get := func(column string) string {
			if i := at(column); i >= 0 {
				return clean(strings.TrimSpace(rec[i]))
			}
			return ""
		}
		key, is := get("server"), label{get("cluster"), get("zone"), get("team")}
		if key == "" {
			return nil, fmt.Errorf("%s:%d: no server", name, line)
		}
		if was := l.by[key]; was != nil {
			what := "says the same again"
			if *was != is {
				what = "says another thing; the first line counts"
			}
			if len(l.Doubts) < 20 {
				l.Doubts = append(l.Doubts, fmt.Sprintf("%s:%d: %s %s", name, line, key, what))
			} else {
				untold++
			}
			continue
		}
		l.by[key] = &is
		l.order = append(l.order, key)
	}
}

// find gives what is said of a row's server, and the key it is known by.
func (l *Labels) find(row *Row, stem string) (string, *label) {
	if l == nil {
		return "", nil
	}
	host, _, err := net.SplitHostPort(row.Address)
	if err != nil {
		host = ""
	}
	if row.Label != "" || row.Address != "" {
		stem = "" // the recording says itself whose it is
	}
	for _, key := range [...]string{row.Label, row.Address, host, row.Part, stem} {
		if is := l.by[key]; key != "" && is != nil {
			return key, is
		}
	}
	return "", nil
}

// apply fills in what the recording does not say itself; the key becomes the label of a server
// without an address or a label.
func (l *Labels) apply(row *Row, stem string) {
	key, is := l.find(row, stem)
	if is == nil {
		return
	}
	if row.Label == "" && row.Address == "" && row.Part == "" {
		row.Label = key
	}
	for _, f := range [...]struct {
		have *string
		said string
	}{{&row.Cluster, is.cluster}, {&row.Zone, is.zone}, {&row.Team, is.team}} {
		if f.said != "" {
			*f.have = f.said
		}
	}
}

// A Roll tells which of the labelled servers have no recording, and how many recordings are of
// servers without a label.
type Roll struct {
	l       *Labels
	seen    map[string]bool
	Unknown int // rows of servers that no line names
}

// Roll begins a count. Of nil Labels it counts nothing.
func (l *Labels) Roll() *Roll { return &Roll{l: l, seen: map[string]bool{}} }

// Add counts a row that was placed.
func (r *Roll) Add(row *Row) {
	if r.l == nil {
		return
	}
	if key, is := r.l.find(row, stemOf(row.Input)); is != nil {
		r.seen[key] = true
	} else {
		r.Unknown++
	}
}

// Missing gives the labelled servers without a recording, in the file's order.
func (r *Roll) Missing() []string {
	if r.l == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.l.order), func(key string) bool { return r.seen[key] })
}
