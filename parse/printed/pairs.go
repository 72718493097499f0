package printed

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// A pair is a metric's name and its value, as tables and agents write one a line: a row of a
// Markdown table, two cells parted by a tab, name = value, or a title and a colon.
type pair struct {
	name  string
	m     metric.Metric
	value float64
}

// pairsOf reads the pairs of a line, which may be several behind commas.
func pairsOf(line []byte) []pair {
	if len(line) > 400 {
		return nil
	}
	s := string(line)
	if strings.Count(s, "=") > 1 {
		var out []pair
		for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
			if p, ok := pairOf(part); ok {
				out = append(out, p)
			}
		}
		return out
	}
	if p, ok := pairOf(s); ok {
		return []pair{p}
	}
	return nil
}

func pairOf(s string) (p pair, ok bool) {
	s = strings.Trim(s, "|>*-` \t,;\r")
	for _, sep := range [...]string{"|", "\t", "=", ":"} {
		name, value, found := strings.Cut(s, sep)
		if !found {
			continue
		}
		p.name = strings.Trim(name, " \t`*\"'")
		canonical := metric.Canonical(p.name)
		if sep == ":" && canonical == p.name {
			return p, false // as INFO writes it
		}
		if p.m, ok = metric.Exact(canonical); !ok || p.m.Class == metric.Increment || p.m.Class == metric.Rate {
			return p, false // what an interval had is no state
		}
		p.value, ok = scan.Number(strings.Trim(value, " \t`*\"'"), false)
		return p, ok
	}
	return p, false
}

// pairKeys are those of which a list of pairs has one: without, it is somebody's settings.
var pairKeys = map[string]bool{"connected_clients": true, "blocked_clients": true, "rejected_connections": true, "total_connections_received": true}

// isPairs tells two pairs and more, one of a server's connections, and little else.
func isPairs(lines [][]byte) bool {
	keys, others, ours := map[string]bool{}, 0, false
	for _, l := range lines {
		pairs := pairsOf(l)
		for _, p := range pairs {
			keys[p.m.Key] = true
			ours = ours || pairKeys[p.m.Key]
		}
		if len(pairs) == 0 && bytes.ContainsAny(l, "0123456789") {
			others++
		}
	}
	return ours && len(keys) > 1 && others <= 2*len(keys)
}

// readPairs makes an INFO of the pairs between two times, or until a name comes again.
func readPairs(r *Result, in *scan.Text) error {
	now, others := Reply{Kind: Info, After: -1}, 0
	seen := map[string]bool{}
	end := func() error {
		if len(seen) == 0 {
			return nil
		}
		done := now
		clear(seen)
		now.Text, now.Line = nil, 0
		return r.add(done)
	}
	err := in.EachLine(func(n int64, line []byte) error {
		if t, ok := scan.When(strings.Trim(string(line[:min(len(line), 60)]), "=-#[] "), false); ok {
			err := end()
			now.At = scan.Unix(t)
			return err
		}
		pairs := pairsOf(line)
		if len(pairs) == 0 && len(bytes.TrimSpace(line)) > 0 {
			others++
		}
		for _, p := range pairs {
			if seen[p.m.Key] {
				if err := end(); err != nil {
					return err
				}
			}
			seen[p.m.Key] = true
			if now.Line == 0 {
				now.Line = n
			}
			now.Text = append(append(now.Text, p.m.Key...), ':')
			now.Text = append(strconv.AppendFloat(now.Text, p.value*p.m.Factor, 'f', -1, 64), "\r\n"...)
			r.used(p.name, p.m.Key, 1)
		}
		return nil
	})
	r.others(others)
	if err != nil {
		return err
	}
	return end()
}
