package capture

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"connbox/parse"
)

// containers are the commands whose first argument is a subcommand, which is kept with the
// name. Source: the command tables of Redis 8 and Valkey 9.
var containers = []string{
	"ACL", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "FUNCTION", "LATENCY",
	"MEMORY", "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
}

// secretive are the commands whose arguments are never kept: Redis before 6.2 writes
// passwords of AUTH, and before 7.0 of CONFIG SET, into its slow log in clear.
var secretive = []string{"ACL", "AUTH", "CONFIG", "HELLO", "MIGRATE", "SENTINEL"}

// The forms in which the server itself shortens a slow command, slowlog.c: a string over
// 128 bytes, a list over 32 arguments, and arguments that it holds to be secret.
var (
	moreBytes     = regexp.MustCompile(`\.\.\. \(([0-9]{1,18}) more bytes\)$`)
	moreArguments = regexp.MustCompile(`^\.\.\. \([0-9]{1,18} more arguments\)$`)
)

const serverRedacted = "(redacted)"

// decodeSlowlog reads a reply of SLOWLOG GET into s, over what it held, and gives how many
// arguments were hidden. With keep, arguments stay but for those of secretive commands.
func decodeSlowlog(rep *reply, s *parse.Slowlog, keep bool) (hidden int, err error) {
	s.Entries = s.Entries[:0]
	if !rep.isList(0) {
		return 0, errShape
	}
	for i := 1; i < len(rep.nodes); i = rep.next(i) {
		// The entry that had this place before lends its Args.
		s.Entries = slices.Grow(s.Entries, 1)
		e := &s.Entries[:len(s.Entries)+1][len(s.Entries)]
		if err := decodeEntry(rep, i, e); err != nil {
			return hidden, fmt.Errorf("entry %d: %w", len(s.Entries)+1, err)
		}
		if !keep || hasFold(secretive, e.Args) {
			hidden += hideArgs(e.Args)
		}
		s.Entries = s.Entries[:len(s.Entries)+1]
	}
	return hidden, nil
}

func decodeEntry(rep *reply, at int, e *parse.SlowEntry) error {
	if n := rep.nodes[at].n; !rep.isList(at) || n < 4 {
		return errShape
	}
	*e = parse.SlowEntry{Args: e.Args[:0]}
	i := at + 1
	for _, into := range []*int64{&e.ID, &e.Time, &e.Micros} {
		n, ok := rep.int(i)
		if !ok {
			return errShape
		}
		*into = n
		i = rep.next(i)
	}
	args, end := i, rep.next(i)
	if !rep.isList(args) {
		return errShape
	}
	for i = args + 1; i < end; i = rep.next(i) {
		e.Args = append(e.Args, rep.string(i))
	}
	if rep.nodes[at].n >= 6 && rep.isText(end) && rep.isText(rep.next(end)) {
		e.Six = true
		e.Addr, e.Name = rep.string(end), rep.string(rep.next(end))
	}
	return nil
}

// hasFold tells whether the command of args is in a list of upper-case names.
func hasFold(list, args []string) bool {
	return len(args) > 0 && slices.Contains(list, strings.ToUpper(args[0]))
}

// hideArgs replaces in place what may be data by its length, as "(12 bytes)", and gives how
// many arguments that were. The command's name stays, a container's subcommand too, and the
// server's own notes of what it left out.
func hideArgs(args []string) (hidden int) {
	kept := 1
	if hasFold(containers, args) {
		kept = 2
	}
	for i, a := range args {
		switch {
		case i < kept && isWord(a), a == serverRedacted, i == len(args)-1 && moreArguments.MatchString(a):
			continue
		}
		args[i] = "(" + strconv.FormatInt(argLen(a), 10) + " bytes)"
		hidden++
	}
	return hidden
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
func isWord(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, b := range []byte(s) {
		if b|0x20 < 'a' || b|0x20 > 'z' {
			if (b < '0' || b > '9') && b != '.' && b != '-' && b != '_' && b != '|' {
				return false
			}
		}
	}
	return true
}
