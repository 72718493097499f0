package dump

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// This file knows, in a dump, the replies that are kept whole as *Other: what they begin
// with and what goes on with them in each of redis-cli's forms. A prompt or shell line with
// the command helps, and is not needed where the reply is unmistakable.

// otherForms is looked through in order. A doctor's prose has no lines of its own.
var otherForms = [...]form{
	keptForm("CLUSTER INFO", "\r\n", startsClusterInfo, isClusterInfo),
	keptForm("MEMORY STATS", "\n", startsMemoryStats, (*Reader).memoryStatsGoOn),
	keptForm("ROLE", "\n", startsRole, (*Reader).roleGoesOn),
	keptForm(record.DenialsCommand, "\n", startsACLLog, (*Reader).aclLogGoesOn),
	keptForm("LATENCY LATEST", "\n", startsLatencyLatest, (*Reader).latencyLatestGoesOn),
	keptForm("LATENCY HISTORY", "\n", startsLatencyHistory, func(_ *Reader, line []byte) bool { return reply.Digits(line, 18) }),
	keptForm("MEMORY DOCTOR", "\n", saysOneOf("Hi Sam, ", "Sam, I "), nil),
	keptForm("LATENCY DOCTOR", "\n", saysOneOf("Dave, ", "I'm sorry, Dave", "No latency spike was observed", "Latency spikes are observed in"), nil),
}

func keptForm(command, end string, starts, goesOn func(*Reader, []byte) bool) form {
	return form{class: lineOther, end: end, blank: blankKept, starts: starts, goesOn: goesOn,
		finish: func(d *Reader) { d.sayOther(command, d.text) }, command: command}
}

// otherAhead tells whether a line begins one of these replies, and sets d.ahead.
func (d *Reader) otherAhead(line []byte) bool {
	for i := range otherForms {
		if otherForms[i].starts(d, line) {
			d.ahead = &otherForms[i]
			return true
		}
	}
	return false
}

func saysOneOf(beginnings ...string) func(*Reader, []byte) bool {
	return func(d *Reader, line []byte) bool {
		for _, b := range beginnings {
			if bytes.HasPrefix(line, []byte(b)) {
				return d.form == nil || d.form.class != lineOther // a second sentence of the doctor's
			}
		}
		return false
	}
}

// startsClusterInfo knows CLUSTER INFO by its first key. Valkey 9.1 has the same keys in a
// section of INFO.
func startsClusterInfo(d *Reader, line []byte) bool {
	if !bytes.HasPrefix(line, []byte("cluster_state:")) {
		return false
	}
	n := len(d.sections)
	return d.form != infoForm || n == 0 || d.sections[n-1] != "# Cluster Info"
}

func isClusterInfo(_ *Reader, line []byte) bool {
	return infoShape(line) && (bytes.HasPrefix(line, []byte("cluster_")) || bytes.HasPrefix(line, []byte("total_cluster_"))) &&
		!bytes.HasPrefix(line, []byte("cluster_state:"))
}

func startsMemoryStats(d *Reader, line []byte) bool {
	next, ok := d.lines.peek(1)
	return string(line) == "peak.allocated" && ok && reply.Digits(next, 18)
}

// memoryStatsGoOn takes names and numbers by turns. A db.N has no number but names and
// numbers of its own.
func (d *Reader) memoryStatsGoOn(line []byte) bool {
	last := bytes.TrimSuffix(d.text[d.lastLine:], []byte("\n"))
	number := memoryNumber(line)
	if memoryNumber(last) || bytes.HasPrefix(last, []byte("db.")) && reply.Digits(last[3:], 9) {
		return !number && memoryName(line)
	}
	return number
}

func memoryNumber(s []byte) bool {
	_, err := strconv.ParseFloat(string(s[:min(len(s), 40)]), 64)
	return err == nil && len(s) <= 40
}

func memoryName(s []byte) bool {
	return record.Only(s, record.LowerBytes+record.DigitBytes+".-_") && len(s) <= reply.MaxKeyLen && s[0] >= 'a' && (bytes.IndexByte(s, '.') > 0 || string(s) == "fragmentation")
}

// startsACLLog knows ACL LOG by the first keys of its first entry.
func startsACLLog(d *Reader, line []byte) bool {
	third, ok := d.lines.peek(2)
	return ok && string(line) == "count" && string(third) == "reason"
}

// aclLogGoesOn takes names, and what follows each.
func (d *Reader) aclLogGoesOn(line []byte) bool {
	last := bytes.TrimSuffix(d.text[d.lastLine:], []byte("\n"))
	return record.ACLKeys[string(last)] || record.ACLKeys[string(line)]
}

// replicationStates are the fourth word of ROLE on a replica. Source: replication.c
// roleCommand; Kvrocks has a subset.
var replicationStates = [...]string{"none", "connect", "connecting", "handshake", "sync", "connected", "unknown"}

func startsRole(d *Reader, line []byte) bool {
	next := func(i int) string {
		s, _ := d.lines.peek(i)
		return string(s)
	}
	switch string(line) {
	case "master":
		return reply.Digits([]byte(next(1)), 19)
	case "slave":
		return reply.Digits([]byte(next(2)), 5) // the line after the next is the port
	case "sentinel":
		return d.command == "ROLE"
	}
	return false
}

func (d *Reader) roleGoesOn(line []byte) bool {
	switch first, _, _ := bytes.Cut(d.text, []byte("\n")); string(first) {
	case "master": // the offset, then address, port and offset of each replica
		if d.items == 1 || d.items%3 != 2 {
			return reply.Digits(line, 19)
		}
		next, ok := d.lines.peek(1)
		return ok && reply.Digits(next, 5) && bytes.IndexByte(line, ' ') < 0
	case "slave":
		switch d.items {
		case 1:
			return true
		case 2:
			return reply.Digits(line, 5)
		case 3:
			return slices.Contains(replicationStates[:], string(line))
		}
		return d.items == 4 && reply.Digits(bytes.TrimPrefix(line, []byte("-")), 19)
	}
	return reply.MayBeParameter(line) // a Sentinel's names of primaries
}

func startsLatencyLatest(d *Reader, line []byte) bool {
	if bytes.IndexByte(line, ':') >= 0 || !reply.IsLatencyEvent(line) { // most lines have a colon
		return false
	}
	at, _ := d.lines.peek(1)
	took, ok := d.lines.peek(2)
	_, isTime := reply.UnixTime(at)
	return isTime && ok && reply.Digits(took, 9) && !reply.IsParameter(line)
}

// latencyLatestGoesOn takes names and their numbers: time, latest and highest, and on newer
// servers sum and count.
func (d *Reader) latencyLatestGoesOn(line []byte) bool {
	if !reply.Digits(line, 18) {
		return startsLatencyLatest(d, line)
	}
	if _, isTime := reply.UnixTime(line); isTime {
		last := bytes.TrimSuffix(d.text[d.lastLine:], []byte("\n"))
		return reply.IsLatencyEvent(last) // else a time line
	}
	return true
}

// startsLatencyHistory needs the command: times and numbers by turns may be anything.
func startsLatencyHistory(d *Reader, line []byte) bool {
	_, isTime := reply.UnixTime(line)
	return isTime && d.form == nil && strings.HasPrefix(d.command, "LATENCY HISTORY")
}

// sayOther delivers a reply kept whole. The command as it was typed is better than the one
// that was recognised: it has arguments.
func (d *Reader) sayOther(command string, text []byte) {
	if strings.HasPrefix(d.command, command) {
		command = d.command
	}
	d.found = d.found || command != ""
	d.other.Command, d.other.Text = command, text
	d.deliver(&d.other, len(text))
}

// keptWhole tells whether a typed command's reply has no type of its own.
func keptWhole(command string) bool {
	for _, c := range [...]string{"LATENCY", "MEMORY", "ROLE", "CLUSTER", record.DenialsCommand} {
		if strings.HasPrefix(command, c) {
			return true
		}
	}
	return strings.HasPrefix(command, "COMMANDLOG") && strings.Contains(command, " LARGE-")
}
