package reply

import (
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// AppendSlowlog writes a reply of SLOWLOG GET as redis-cli --no-raw does, which is the one
// form that keeps every byte of every argument on a line of its own.
// Source: redis-cli.c cliFormatReplyTTY.
func AppendSlowlog(dst []byte, s *record.Slowlog) []byte {
	if len(s.Entries) == 0 {
		return append(dst, "(empty array)\n"...)
	}
	width := len(strconv.Itoa(len(s.Entries)))
	margin := strings.Repeat(" ", width+2)
	for i := range s.Entries {
		e := &s.Entries[i]
		dst = appendIndex(dst, i+1, width)
		dst = appendTreeInt(append(dst, "1) "...), e.ID)
		dst = appendTreeInt(append(append(dst, margin...), "2) "...), e.Time)
		dst = appendTreeInt(append(append(dst, margin...), "3) "...), e.Micros)
		dst = append(append(dst, margin...), "4) "...)
		if len(e.Args) == 0 {
			dst = append(dst, "(empty array)\n"...)
		}
		argWidth := len(strconv.Itoa(len(e.Args)))
		for j, arg := range e.Args {
			if j > 0 {
				dst = append(append(dst, margin...), "   "...)
			}
			dst = append(AppendQuoted(appendIndex(dst, j+1, argWidth), arg), '\n')
		}
		if e.Six {
			dst = append(AppendQuoted(append(append(dst, margin...), "5) "...), e.Addr), '\n')
			dst = append(AppendQuoted(append(append(dst, margin...), "6) "...), e.Name), '\n')
		}
	}
	return dst
}

func appendIndex(dst []byte, index, width int) []byte {
	n := strconv.Itoa(index)
	for range width - len(n) {
		dst = append(dst, ' ')
	}
	return append(append(dst, n...), ") "...)
}

func appendTreeInt(dst []byte, v int64) []byte {
	return append(strconv.AppendInt(append(dst, "(integer) "...), v, 10), '\n')
}

// Slowlog reads a reply of SLOWLOG GET; ok is false where it is another command's. Of one that
// is not whole, its last entry may be cut short.
func Slowlog(v *Value) (entries []record.SlowEntry, whole, ok bool) {
	if v.item(0).Kind != ListValue {
		entries, ok = flatSlowlog(v.Items)
		return entries, ok, ok
	}
	for i := range v.Items {
		e, fits := slowEntry(&v.Items[i])
		if !fits {
			return append(entries, e), false, i > 0
		}
		entries = append(entries, e)
	}
	return entries, len(v.Items[len(v.Items)-1].Items) != 5, true
}

// slowEntry reads one entry: id, time, microseconds, arguments, and from 4.0 on address and
// name. What servers may add behind is passed over.
func slowEntry(v *Value) (e record.SlowEntry, ok bool) {
	for i, n := range [...]*int64{&e.ID, &e.Time, &e.Micros} {
		if *n, ok = v.item(i).integer(); !ok || v.item(i).Kind != NumberValue {
			return e, false
		}
	}
	if v.item(3).Kind != ListValue {
		return e, false
	}
	for _, arg := range v.Items[3].Items {
		if arg.Kind != TextValue && arg.Kind != NilValue {
			return e, false
		}
		e.Args = append(e.Args, arg.Text)
	}
	addr, name := v.item(4), v.item(5)
	e.Addr, e.Name, e.Six = addr.Text, name.Text, len(v.Items) > 5
	return e, len(v.Items) == 4 || addr.Kind == TextValue && (!e.Six || name.Kind == TextValue)
}

// flatSlowlog reads the entries of a list without borders between them, as a pipe and --csv
// have it. In CSV numbers stand bare and texts quoted, so that an entry begins where a number
// is. In a pipe one begins where an id follows that is one less than the id before (the list is
// newest first and without gaps), then a unix time, then a number. An argument that itself holds
// a line break comes out as two: the form does not tell.
func flatSlowlog(items []Value) (entries []record.SlowEntry, ok bool) {
	for lo := 0; lo < len(items); {
		if !slowBorder(items[lo:]) {
			return nil, false
		}
		var e record.SlowEntry
		e.ID, _ = items[lo].integer()
		e.Time, _ = items[lo+1].integer()
		e.Micros, _ = items[lo+2].integer()
		csv := items[lo].Kind == NumberValue
		for lo += 3; lo < len(items); lo++ {
			if id, _ := items[lo].integer(); len(e.Args) > 0 && (csv && items[lo].Kind == NumberValue || id == e.ID-1 && slowBorder(items[lo:])) {
				break
			}
			if items[lo].Kind != TextValue {
				return nil, false
			}
			e.Args = append(e.Args, items[lo].Text)
		}
		if csv && len(e.Args) == 0 {
			return nil, false
		}
		entries = append(entries, e)
	}
	splitPeers(entries)
	return entries, len(entries) > 0
}

// slowBorder tells whether an entry of a flat list may begin with items.
func slowBorder(items []Value) bool {
	if len(items) < 3 {
		return false
	}
	_, isTime := UnixTime([]byte(items[1].Text))
	return isTime && Digits([]byte(items[0].Text), 18) && Digits([]byte(items[2].Text), 18)
}

// splitPeers takes address and name off the end of the arguments where every entry has
// them: only servers before 4.0 print none. A command that a script called has an empty
// address and an empty name.
func splitPeers(entries []record.SlowEntry) {
	peers := 0
	for i := range entries {
		args := entries[i].Args
		if len(args) < 3 {
			return
		}
		switch addr, name := args[len(args)-2], args[len(args)-1]; {
		case LooksLikePeer(addr):
			peers++
		case addr != "" || name != "":
			return
		}
	}
	if peers == 0 {
		return
	}
	for i := range entries {
		e := &entries[i]
		n := len(e.Args)
		e.Addr, e.Name, e.Args, e.Six = e.Args[n-2], e.Args[n-1], e.Args[:n-2], true
	}
}

// LooksLikePeer tells ip:port, [ip]:port, path:0 and ?:0.
func LooksLikePeer(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i > 0 && Digits([]byte(s[i+1:]), 5) && strings.ContainsAny(s[:i], ".:/?")
}
