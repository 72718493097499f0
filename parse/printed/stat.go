package printed

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// statRow is a line of redis-cli --stat: keys, memory, clients, blocked, requests and how many
// since the line before, connections since the start. Source: redis-cli.c statMode.
var statRow = regexp.MustCompile(`^(.*?)\s*\b(\d+)\s+([\d.]+[BKMGT])\s+(\d+)\s+(\d+)\s+(\d+)\s+\(\+-?\d+\)\s+(\d+)\b`)

var statInterval = regexp.MustCompile(`redis-cli\b.*\s-i\s*([0-9.]+)`)

func isStat(lines [][]byte) bool {
	header, rows := false, 0
	for _, l := range lines {
		if len(l) > 200 {
			continue
		}
		header = header || statHeader(l)
		if statRow.Match(l) {
			rows++
		}
	}
	return rows > 1 || header && rows > 0
}

func statHeader(line []byte) bool {
	return strings.Contains(strings.Join(strings.Fields(string(line)), " "),
		"keys mem clients blocked requests connections")
}

func readStat(r *Result, in *scan.Text) error {
	r.series.step = 1
	seq := int32(0)
	timed := false
	err := in.EachLine(func(n int64, line []byte) error {
		if len(line) > 400 {
			return nil
		}
		if m := statInterval.FindSubmatch(line); m != nil {
			if s, err := strconv.ParseFloat(string(m[1]), 64); err == nil && s > 0 && s < 1e6 {
				r.series.step = s
			}
		}
		m := statRow.FindSubmatch(line)
		if m == nil {
			return nil
		}
		p := point{line: int32(n), seq: seq}
		if at, ok := scan.When(string(bytes.Trim(m[1], "[] ")), false); ok {
			p.t, p.seq, timed = at, 0, true
		}
		seq++
		for i, key := range [...]string{"connected_clients", "blocked_clients", "total_commands_processed",
			"total_connections_received"} {
			v, err := strconv.ParseFloat(string(m[4+i]), 64)
			m, _ := metric.Exact(key)
			p.v = v
			if err == nil && r.series.add("", m, p) {
				r.used([...]string{"clients", "blocked", "requests", "connections"}[i], key, 1)
			}
		}
		p.key, p.text = metric.KeyOf("used_memory_human"), string(m[3])
		r.series.put("", p)
		r.used("mem", "used_memory_human", 1)
		r.used("keys", "", 1)
		return nil
	})
	if !timed && seq > 1 {
		r.note("no times: a line every %g s, as redis-cli --stat prints them unless told otherwise by -i",
			r.series.step)
	}
	return err
}
