package printed

import (
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/printed/scan"
)

// infoSigns are keys that tell a dictionary of INFO: two of them do. CONFIG GET has none.
var infoSigns = [...]string{"redis_version", "valkey_version", "connected_clients", "blocked_clients",
	"total_connections_received", "rejected_connections",
	"uptime_in_seconds", "used_memory", "total_commands_processed", "instantaneous_ops_per_sec",
	"connected_slaves", "client_recent_max_input_buffer",
	"client_recent_max_output_buffer", "client_longest_output_list", "client_biggest_input_buf", "run_id",
	"tcp_port", "used_memory_human", "redis_mode",
	"keyspace_hits", "cluster_connections"}

// sections are INFO's, in lower case: some clients nest by them.
var sections = [...]string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu",
	"modules", "commandstats", "errorstats",
	"latencystats", "cluster", "keyspace", "sentinel", "threads"}

func isSection(key string) bool { return slices.Contains(sections[:], strings.ToLower(key)) }

// clientSigns are keys of CLIENT LIST beside addr: three of them tell a client.
var clientSigns = [...]string{"id", "fd", "name", "age", "idle", "flags", "db", "sub", "psub", "multi", "qbuf",
	"obl", "oll", "omem", "events", "cmd"}

// clientLine writes a dictionary of one client as CLIENT LIST does; false where it is none.
// node-redis writes qbuf-free as qbufFree.
func clientLine(members []member) ([]byte, bool) {
	signs, addr := 0, false
	for i := range members {
		addr = addr || members[i].key == "addr" && strings.ContainsAny(members[i].text, ":/")
		if slices.Contains(clientSigns[:], members[i].key) {
			signs++
		}
	}
	if !addr || signs < 3 {
		return nil, false
	}
	var b []byte
	for i := range members {
		key := kebab(members[i].key)
		if !plainKey(key) {
			continue
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, key...), '=')
		for _, c := range []byte(members[i].text) {
			if c <= ' ' || c == 0x7f {
				c = '_' // a blank would begin another key
			}
			b = append(b, c)
		}
	}
	return append(b, '\n'), true
}

func kebab(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b.WriteByte('-')
			b.WriteByte(c + 'a' - 'A')
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// plainKey tells a key that a server could print.
func plainKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(":=,#", s[i]) >= 0 {
			return false
		}
	}
	return true
}

// info writes a dictionary of INFO as INFO does; false where it is none.
func (f *frame) info() (Reply, bool) {
	signs := countSigns(f.members)
	for _, c := range f.children {
		if isSection(c.key) {
			signs += countSigns(c.members)
		}
	}
	if signs < 2 {
		return Reply{}, false
	}
	r := Reply{Kind: Info, After: -1, Line: f.line, Server: f.server()}
	if r.Server == "" && strings.ContainsAny(f.key, ".:") { // a cluster's clients key by node
		r.Server = clean(f.key, 200)
	}
	if at, ok := f.time(); ok {
		r.At = scan.Unix(at)
	}
	r.Text = appendMembers(r.Text, f.members)
	for _, c := range f.children {
		if isSection(c.key) {
			r.Text = appendMembers(append(r.Text, "# "+clean(c.key, 64)+"\r\n"...), c.members)
		} else if plainKey(c.key) {
			r.Text = appendInfo(r.Text, c.key, nested(c.members))
		}
	}
	return r, true
}

// server gives what a dictionary says itself of its server.
func (f *frame) server() string {
	own := frame{members: f.members}
	return serverName(own.labelsOf())
}

func countSigns(members []member) int {
	n := 0
	for i := range members {
		if slices.Contains(infoSigns[:], members[i].key) && members[i].kind != scan.IsWord {
			n++
		}
	}
	return n
}

func appendMembers(b []byte, members []member) []byte {
	for i := range members {
		if m := &members[i]; plainKey(m.key) && m.text != "None" && m.text != "<nil>" && m.text != "null" {
			b = appendInfo(b, m.key, clean(m.text, scan.MaxValue))
		}
	}
	return b
}

// nested writes what a client took apart, as db0 or slave0, as INFO prints it.
func nested(members []member) string {
	var parts []string
	for i := range members {
		if plainKey(members[i].key) {
			parts = append(parts, members[i].key+"="+strings.ReplaceAll(clean(members[i].text, scan.MaxValue), ",", " "))
		}
	}
	return strings.Join(parts, ",")
}
