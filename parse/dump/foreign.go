package dump

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/connbox/connbox/parse/library"
	"github.com/connbox/connbox/parse/record"
)

// strangers are texts that people take for what we need, by a line that only they have, with
// what to do instead.
var strangers = [...]struct {
	line *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`^\d{10}\.\d{6} \[\d+ [^\]]+\] "`), "the output of MONITOR, which shows commands and not connections: take redis-cli INFO and redis-cli CLIENT LIST"},
	{regexp.MustCompile(`^(?:maxclients|maxmemory|tcp-keepalive|client-output-buffer-limit) [\w .%-]*`), "a server's configuration file (“$0”), which says what is set and not what is: take redis-cli CONFIG GET '*' and redis-cli INFO"},
	{regexp.MustCompile(`^(?:requirepass|appendonly) \S`), "a server's configuration file, which says what is set and not what is: take redis-cli CONFIG GET '*' and redis-cli INFO"},
	{regexp.MustCompile(`^[0-9a-f]{40} \S+:\d+(@\d+)?\S* \S*(master|slave|myself)`), "the output of CLUSTER NODES: take redis-cli INFO and redis-cli CLIENT LIST of each node"},
	{regexp.MustCompile(`(?i)^\S*> sentinel (masters?|replicas|slaves|sentinels) *\S*$`), "the reply of a Sentinel, which is whom it watches and holds for down (s_down, o_down) and not who is connected: take redis-cli INFO and redis-cli CLIENT LIST of each server, and the Sentinels' logs"},
	{regexp.MustCompile(`^\W*min: \d+, max: \d+, avg: [\d.]+ \(\d+ samples\)`), "the output of redis-cli --latency, which is round trips and not connections: take redis-cli INFO and redis-cli CLIENT LIST"},
	{regexp.MustCompile(`^\W*Max open files +\d+ +\d+ +files|\b(lsof|ls|find)\b.*(-p|/proc/)\S*.*\| *wc -l`), "what a process may open and has open, which is files as well as connections: take redis-cli INFO clients, which counts these, and redis-cli CONFIG GET maxclients, which the limit of open files caps"},
	{regexp.MustCompile(`^\W*(?:ll|ls|lsof) .*/proc/\S+/fd\b`), "what a process has open, which is files and pipes as well as connections: take redis-cli INFO clients, which counts these, and redis-cli CONFIG GET maxclients"},
	{regexp.MustCompile(`(?i)\b(?:connected[ _]clients?|maxclients)(?:\W{1,6}|(?: [a-z]{1,12}){1,6} )\d{2,7}\b[\w /:*#.,()-]*`), "what somebody or a dashboard says of a server (“$0”), and nothing else is told: take redis-cli INFO and redis-cli CLIENT LIST"},
	{regexp.MustCompile(`^TCP: +\d+ \(estab \d+[\w ,]*\)`), "the summary of ss -s, which is of all sockets of the machine (“$0”): take ss -tn '( sport = :6379 or dport = :6379 )', redis-cli INFO and redis-cli CLIENT LIST"},
	{regexp.MustCompile(`\bHits:\d+ Misses:\d+ Timeouts:\d+`), "the statistics of go-redis's pool, which is one client's: take redis-cli INFO and redis-cli CLIENT LIST of the server, and see --app for the pool's metrics"},
}

// meet notes what the text is, where a line tells.
func (d *Reader) meet(line []byte) {
	line = line[:min(len(line), maxStrange)]
	for _, s := range strangers {
		if d.stranger != "" && d.library == 0 {
			return
		}
		if m := s.line.Find(line); m != nil {
			said := strings.TrimRight(string(m[:min(len(m), maxSaid)]), " *_")
			d.stranger, d.library = strings.Replace(s.is, "$0", said, 1), 0
			return
		}
	}
	if text, rank := library.Says(line); rank > 0 && (d.stranger == "" || rank < d.library) {
		d.stranger, d.library = text, rank
	}
}

// maxMet is up to which line one within what may be a reply of one line or a block of JSON is looked at, too: a client's log in JSON.
const maxMet = 50

// maxSaid is how much of it is quoted.
const maxSaid = 80

// maxStrange is how much of a line is looked at.
const maxStrange = 4096

// foreign ends the reading of an input that is no dump: at once when it is binary, and after a good many lines when nothing in it is known.
func (d *Reader) foreign() bool {
	if d.found || d.form != nil && (d.form.class != lineValue && d.form.class != lineBlock || d.lines.number > maxMet) {
		return false
	}
	line := d.lines.line()
	if d.meet(line); d.form != nil {
		return false
	}
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		d.err = Binary(d.here())
	case d.lines.number > maxForeignLines || d.lines.total > maxForeignBytes:
		d.err = d.nothing()
	default:
		return false
	}
	d.done = true
	return true
}

// Binary is the error of an input that is no text.
func Binary(at record.Pos) error {
	return record.Errorf(at, "binary data, not a dump of redis-cli's output")
}

func (d *Reader) nothing() error {
	if d.lines.number == 0 {
		return record.Errorf(record.Pos{File: d.name}, "the input is empty")
	}
	in := "the first line"
	if d.lines.number > 1 {
		in = fmt.Sprintf("the first %d lines", d.lines.number)
	}
	if d.stranger != "" {
		in += "; it is " + d.stranger
	}
	return record.Errorf(d.here(), "no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in %s", in)
}
