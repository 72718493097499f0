package frame

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// This file knows the lines by which a paste says whose the text behind them is: headings,
// prompts, shell lines and the heads of log collectors. A name is believed only where it
// looks like a machine's: a wrong one would tear one server's replies in two.

// Heading gives the server that a line between replies names; empty for other lines.
//
//	redis-1 | CHANGED | rc=0 >>      ansible
//	==> redis-1 <==, ### redis-1, --- 10.0.0.1:6379 ---, [redis-1], **redis-1**, redis-1:
//	Host: redis-1, ## Sentinel 2
//	$ ssh redis-1
func Heading(line []byte) string {
	if len(line) < 3 || len(line) > 120 {
		return ""
	}
	s := strings.TrimSpace(string(line))
	if name, rest, ok := strings.Cut(s, " | "); ok {
		for _, word := range [...]string{"CHANGED", "SUCCESS", "FAILED", "UNREACHABLE"} {
			if strings.HasPrefix(rest, word) && !strings.Contains(name, " ") {
				return name
			}
		}
	}
	if first, rest, _ := strings.Cut(s, " "); first == "$" || first == "#" || first == "%" || strings.Contains(first, "@") {
		return runsOn(strings.Fields(rest))
	}
	bare := strings.TrimRight(strings.TrimLeft(s, marks), marks+":")
	if i := strings.IndexByte(bare, '('); i > 0 { // redis-1 (10.0.0.1)
		bare = strings.TrimRight(bare[:i], " ")
	}
	word, rest, two := strings.Cut(bare, " ")
	key, value, labelled := strings.Cut(bare, ": ")
	switch {
	case labelled && roles[strings.ToLower(key)] && isName(value):
		return value
	case bare == s:
		return "" // no mark, no colon
	case !two && isName(bare):
		return bare
	case two && roles[strings.ToLower(strings.TrimSuffix(word, ":"))] && len(rest) <= 32 && !strings.ContainsAny(rest, " :,;="):
		if isName(rest) {
			return rest
		}
		return word + " " + rest
	}
	return ""
}

// marks are what headings are drawn with.
const marks = "#=-*<>[]~|_ \t`"

// roles are words for a server, which may be a heading with a number behind.
var roles = map[string]bool{"server": true, "host": true, "hostname": true, "node": true, "redis": true, "valkey": true, "sentinel": true,
	"master": true, "primary": true, "replica": true, "slave": true, "instance": true, "shard": true, "pod": true, "container": true}

// alone are those that name a server by themselves.
var alone = map[string]bool{"sentinel": true, "master": true, "primary": true, "replica": true, "slave": true}

// noName are the parts of words that number something else than servers.
var noName = regexp.MustCompile(`(?i)^(v?\d+(\.\d+){0,2}|\d+(\.\d+){4,}|.*\d\d:\d\d.*|\d{4}-\d\d.*)$|` +
	`sample|attempt|round|step|iter|snapshot|part\d|test|output|section|version|issue|before|after|info|slowlog|client|config|update|` +
	`(^|[^a-z])(run|try|day|time|log|t|no|fig|table|log)[-_.]?\d|\.(txt|log|md|conf|c|h|py|go|js|ts|rb|java|json|ya?ml|sh|php|out)$`)

// isName tells what looks like the name or address of a machine.
func isName(s string) bool {
	if len(s) < 2 || len(s) > 64 || !record.Only(s, record.LetterBytes+record.DigitBytes+"._:-@/") {
		return false
	}
	if lower := strings.ToLower(s); alone[lower] {
		return true
	}
	if noName.MatchString(s) || strings.Contains(s, "//") {
		return false
	}
	return strings.ContainsAny(s, "0123456789") && strings.ContainsAny(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz.:")
}

// Prompt gives the server of a prompt of redis-cli: 10.0.0.1:6379, of 10.0.0.1:6379[2]> info.
func Prompt(line []byte) string {
	if !isPrompt(line) {
		return ""
	}
	name, _, _ := bytes.Cut(line, []byte("> "))
	name, _, _ = bytes.Cut(name, []byte("["))
	return string(name)
}

// Shell gives the server that a shell line with redis-cli asks: where it runs it, or else
// whom it names; empty where neither is told.
func Shell(line []byte) string {
	before, after, ok := cliWords(line)
	if name := runsOn(before); !ok || name != "" {
		return name
	}
	switch a := asked(after); {
	case strings.ContainsAny(a.Host+a.Port, "$"):
		return ""
	case a.Port != "":
		return a.Host + ":" + a.Port
	default:
		return a.Host
	}
}

// Asked gives where a prompt or a shell line with redis-cli asks a server.
func Asked(line []byte) (a record.Asked, ok bool) {
	if name := Prompt(line); name != "" {
		colon := strings.LastIndexByte(name, ':')
		return record.Asked{Host: strings.Trim(name[:max(colon, 0)], "[]"), Port: name[colon+1:]}, colon > 0
	}
	before, after, ok := cliWords(line)
	if a = asked(after); runsOn(before) != "" { // as that machine sees it
		a.Host = ""
	}
	return a, ok && !strings.ContainsAny(a.Host+a.Port, "$")
}

// cliWords splits a shell line into the words before and behind redis-cli.
func cliWords(line []byte) (before, after []string, ok bool) {
	s := string(line[:min(len(line), 512)])
	at := strings.Index(s, "-cli")
	if at < 0 {
		return nil, nil, false
	}
	return strings.Fields(s[:at]), strings.Fields(s[at+len("-cli"):]), true
}

// asked reads redis-cli's flags.
func asked(after []string) (a record.Asked) {
	for i := 0; i < len(after); i++ {
		value := ""
		if i+1 < len(after) {
			value = strings.Trim(after[i+1], `"'`)
		}
		switch {
		case after[i] == "-h":
			a.Host = value
		case after[i] == "-p":
			a.Port = value
		case after[i] == "--tls":
			a.TLS = true
		case after[i] == "-u":
			scheme, rest, _ := strings.Cut(value, "://")
			rest, _, _ = strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
			a.Host, a.Port, _ = strings.Cut(rest, ":")
			a.TLS = a.TLS || scheme == "rediss"
		case after[i] == "|" || after[i] == ";" || after[i] == ">":
			return a
		}
	}
	return a
}

// runsOn finds the machine in the words before redis-cli: of ssh, docker exec and kubectl
// exec.
func runsOn(words []string) string {
	for i, w := range words {
		if w == "ssh" || w == "exec" {
			return operand(words[i+1:])
		}
	}
	return ""
}

// ShellHost gives the machine of a shell's prompt, redis-1 of root@redis-1:~#: where people
// sit, which need not be where the server runs.
func ShellHost(line []byte) string {
	word, _, _ := strings.Cut(string(line[:min(len(line), 256)]), " ")
	_, host, ok := strings.Cut(strings.TrimLeft(word, "["), "@")
	if end := strings.IndexAny(host, ":]#$/"); ok && end > 0 {
		return host[:end]
	}
	return host
}

// withValue are flags of ssh, docker and kubectl that have a value behind them.
var withValue = map[string]bool{"-n": true, "--namespace": true, "-c": true, "--container": true, "-p": true, "-i": true, "-l": true, "-u": true, "-e": true, "-w": true}

// operand gives the first word that is no flag and no flag's value.
func operand(words []string) string {
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "--" || w == "redis":
			return ""
		case w == "-i" && i+1 < len(words) && !strings.Contains(words[i+1], "/"): // docker's, not a key file's
		case withValue[w]:
			i++
		case strings.HasPrefix(w, "-"):
		default:
			return w[strings.IndexByte(w, '@')+1:]
		}
	}
	return ""
}

// Owner gives the machine or container in a prefix, as redis_1 of "redis_1  | " and
// redis-1 of "redis-1: ": what pdsh, docker compose, stern and syslog put there.
func Owner(prefix []byte) string {
	s := strings.TrimRight(string(prefix), " \t")
	if s == "" {
		return ""
	}
	switch s[len(s)-1] {
	case '|', ':':
	default:
		return ""
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '|' || r == '\t' })
	if len(words) != 1 {
		return ""
	}
	name := strings.TrimRight(words[0], ":")
	if strings.Contains(name, ":") || !isName(name) {
		return ""
	}
	return name
}
