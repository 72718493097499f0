package printed

import (
	"bytes"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// herokuSample begins what Heroku's add-ons log of themselves, as sample#active-connections=404. Source: Heroku Dev
// Center, "Heroku Data for Redis Metrics Logs"; max-connections is not on that page of 2024, but in logs since.
const herokuSample = "sample#"

// herokuKeys are INFO's keys of the samples that are read. evicted-keys does not say since when it counts.
var herokuKeys = map[string]string{"active-connections": "connected_clients", "max-connections": "maxclients"}

// isHerokuLine tells a line of samples of Redis: those of Postgres have the same names.
func isHerokuLine(line []byte) bool {
	return len(line) < 4000 && bytes.Contains(line, []byte(herokuSample+"active-connections=")) &&
		(bytes.Contains(line, []byte("heroku-redis")) || bytes.Contains(line, []byte("addon=redis-")) || bytes.Contains(line,
			[]byte(herokuSample+"memory-redis=")))
}

// isHeroku tells samples and nothing else but a shell's line: what applications log between them, as refusals,
// is for those who read a text reply by reply.
func isHeroku(lines [][]byte) bool {
	some := false
	for _, l := range lines {
		if rest := bytes.TrimSpace(l); len(rest) > 0 && rest[0] != '$' && !bytes.Contains(l, []byte(herokuSample)) {
			return false
		}
		some = some || isHerokuLine(l)
	}
	return some
}

// readHeroku takes the samples of each line for a server at a moment; the add-on names the server.
func readHeroku(r *Result, in *scan.Text) error {
	seq, others := int32(0), 0
	err := in.EachLine(func(n int64, line []byte) error {
		if !isHerokuLine(line) {
			if len(bytes.TrimSpace(line)) > 0 {
				others++
			}
			return nil
		}
		fields := strings.Fields(string(line))
		p := point{line: int32(n), seq: seq}
		if at, ok := scan.When(fields[0], false); ok {
			p.t, p.seq = at, 0
		}
		seq++
		server := ""
		for _, f := range fields {
			if name, ok := strings.CutPrefix(f, "addon="); ok {
				server = name
			}
		}
		for _, f := range fields {
			sample, ok := strings.CutPrefix(f, herokuSample)
			if !ok {
				continue
			}
			name, value, _ := strings.Cut(sample, "=")
			m := metric.Metric{Key: herokuKeys[name], Factor: 1}
			if p.v, ok = scan.Number(value, false); !ok || m.Key != "" && !r.series.add(server, m, p) {
				m.Key = ""
			}
			r.used(herokuSample+name, m.Key, 1)
		}
		return nil
	})
	r.others(others)
	return err
}
