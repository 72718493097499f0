package record

import (
	"encoding/hex"
	"hash"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// configAllowed names the parameters whose values say something about connections and
// nothing about secrets, paths or people. It is sorted.
var configAllowed = []string{
	"aof-load-truncated", "appendfsync", "appendonly", "auto-aof-rewrite-min-size",
	"auto-aof-rewrite-percentage", "client-output-buffer-limit", "client-query-buffer-limit",
	"cluster-enabled", "cluster-node-timeout", "commandlog-execution-slower-than",
	"commandlog-slow-execution-max-len", "databases", "dynamic-hz", "hz", "io-threads",
	"io-threads-do-reads", "latency-monitor-threshold", "lua-time-limit", "maxclients", "maxclients-reserved", "maxmemory",
	"maxmemory-clients", "maxmemory-policy", "no-appendfsync-on-rewrite", "port", "protected-mode", "qos-reserved-min-clients",
	"repl-backlog-size", "repl-diskless-sync", "repl-timeout", "save", "slowlog-log-slower-than",
	"slowlog-max-len", "tcp-backlog", "tcp-keepalive", "timeout", "tls-port", "tracking-table-max-keys",
}

// ConfigAllowed tells whether a parameter's value may be kept in a bundle.
func ConfigAllowed(key string) bool {
	_, ok := slices.BinarySearch(configAllowed, key)
	return ok
}

// Removed stands in a recording for a value that redaction took out: that there was one is
// part of the record, what it was is not. docs/format.md lists the marks.
const Removed = "(removed)"

// Beginnings of notes: of a moment that people marked, and of a bundle that lacks a part of what it was
// made from. MarkedBySignal is what stands behind MarkedBy where a signal did.
const (
	MarkedBy         = "mark: "
	MarkedBySignal   = "SIGUSR1"
	MadeWithout      = "made without a part that could not be read: "
	RecoveredWithout = "recovered without a part: "
)

// Redact puts Removed in the place of the values that are not ConfigAllowed, which takes
// out passwords, paths and file names, and gives the names of those parameters, in order.
// Values that are empty stay: there is nothing to hide, and a password not set says much.
func (c *Config) Redact() (removed []string) {
	for i := range c.Pairs {
		p := &c.Pairs[i]
		if !ConfigAllowed(p.Key) && p.Value != "" {
			if p.Value != Removed {
				removed = append(removed, p.Key)
			}
			p.Value = Removed
		}
	}
	return removed
}

// HiddenArgs is what a recording says of itself (Meta.Redacted) whose slow commands went
// through HideArgs.
const HiddenArgs = "SLOWLOG: arguments of commands, replaced by their lengths; names of commands and subcommands kept"

// HashedArgs is what a recording says of itself whose slow commands went through HashArgs.
const HashedArgs = "SLOWLOG: arguments of commands, replaced by their lengths and by hashes with a key that is kept nowhere; names of commands and subcommands kept"

// containers are the commands whose first argument is a subcommand, which is kept with the
// name. Source: the command tables of Redis 8 and Valkey 9.
var containers = [...]string{
	"ACL", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "FUNCTION", "LATENCY",
	"MEMORY", "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
}

// secretive are the commands whose arguments are never kept: Redis before 6.2 writes
// passwords of AUTH, and before 7.0 of CONFIG SET, into its slow log in clear.
var secretive = [...]string{"ACL", "AUTH", "CONFIG", "HELLO", "MIGRATE", "SENTINEL"}

// The forms in which the server itself shortens a slow command, slowlog.c: a string over
// 128 bytes, a list over 32 arguments, and arguments that it holds to be secret.
var (
	moreBytes     = regexp.MustCompile(`\.\.\. \(([0-9]{1,18}) more bytes\)$`)
	sizeOnly      = regexp.MustCompile(`^\([0-9]{1,10} bytes(?:, #[0-9a-f]{8})?\)$`) // as HideArgs and HashArgs write it
	moreArguments = regexp.MustCompile(`^\.\.\. \([0-9]{1,18} more arguments\)$`)
)

const serverRedacted = "(redacted)"

// Secretive tells whether the command's arguments may hold a password.
func (e *SlowEntry) Secretive() bool { return hasFold(secretive[:], e.Args) }

// HideArgs replaces in place what may be data by its length, as "(12 bytes)", and gives how
// many arguments that were. The command's name stays, a container's subcommand too, and the
// server's own notes of what it left out. With again, the entry may have gone through this
// before, and lengths that stand there stay.
func (e *SlowEntry) HideArgs(again bool) (hidden int) { return e.hide(again, nil) }

// HashArgs is HideArgs for a live server's entry, and tells arguments of one length apart by a
// keyed hash, as "(12 bytes, #5e884898)": the same key in two slow commands is seen to be the
// same. Commands that take passwords have their lengths alone.
func (e *SlowEntry) HashArgs(mac hash.Hash) (hidden int) {
	if e.Secretive() {
		mac = nil
	}
	return e.hide(false, mac)
}

func (e *SlowEntry) hide(again bool, mac hash.Hash) (hidden int) {
	named := e.named()
	for i, a := range e.Args {
		if !e.mayHold(i, named, again) {
			continue
		}
		e.Args[i] = "(" + strconv.FormatInt(argLen(a), 10) + " bytes" + hashed(a, mac) + ")"
		hidden++
	}
	return hidden
}

func hashed(arg string, mac hash.Hash) string {
	if mac == nil {
		return ""
	}
	mac.Reset()
	mac.Write([]byte(arg))
	return ", #" + hex.EncodeToString(mac.Sum(nil)[:4])
}

// ShowsArgs tells whether HideArgs(true) has anything to replace.
func (e *SlowEntry) ShowsArgs() bool {
	named := e.named()
	for i := range e.Args {
		if e.mayHold(i, named, true) {
			return true
		}
	}
	return false
}

// named gives how many arguments name the command.
func (e *SlowEntry) named() int {
	if hasFold(containers[:], e.Args) {
		return 2
	}
	return 1
}

// mayHold tells whether argument i may be data.
func (e *SlowEntry) mayHold(i, named int, again bool) bool {
	a := e.Args[i]
	switch {
	case i < named && isWord(a), a == serverRedacted, i == len(e.Args)-1 && moreArguments.MatchString(a):
		return false
	}
	return !again || !sizeOnly.MatchString(a)
}

// hasFold tells whether the command of args is in a list of upper-case names.
func hasFold(list, args []string) bool {
	return len(args) > 0 && slices.Contains(list, strings.ToUpper(args[0]))
}

// argLen is the length the argument had when it was sent.
func argLen(a string) int64 {
	m := moreBytes.FindStringSubmatchIndex(a)
	if m == nil {
		return int64(len(a))
	}
	more, err := strconv.ParseInt(a[m[2]:m[3]], 10, 64)
	if err != nil {
		return int64(len(a))
	}
	return int64(m[0]) + more
}

// isWord tells whether s can be the name of a command, a module's included.
func isWord(s string) bool { return len(s) <= 64 && Only(s, LetterBytes+DigitBytes+".-_|") }
