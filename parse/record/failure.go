package record

import "strings"

// MaxFailureText bounds what is kept of a server's words.
const MaxFailureText = 512

// Silent tells a failure to reach a server at all from what a server answered.
func (f *Failure) Silent() bool {
	switch f.Class {
	case FailRefused, FailReset, FailTimeout, FailTLS:
		return true
	}
	return f.Class == FailOther && strings.Contains(f.Text, couldNot) // no such name, no route
}

// failureWords are looked through from the top. The server's wording was recorded from
// Redis 2.8 to 8.0, Valkey 7.2 to 9.1 and KeyDB 6.3; DENIED and LOADING are from source
// (networking.c, server.c). The product's own name stands in some of them and is left out.
var failureWords = [...]struct {
	class    FailureClass
	prefixes []string // the text begins with one, once wrapping is taken off
}{
	{FailMaxClients, []string{"ERR max number of clients", "max number of clients reached"}}, // also "... + cluster connections reached"
	{FailProtected, []string{"DENIED "}},
	// "operation not permitted" is NOAUTH's wording before 2.8.
	{FailAuth, []string{"NOAUTH", "WRONGPASS", "ERR invalid password", "ERR operation not permitted", "ERR Client sent AUTH", "ERR AUTH"}},
	{FailPerm, []string{"NOPERM", "ERR unknown command", "ERR unknown subcommand", "ERR Unknown subcommand", "ERR command is not allowed"}},
	{FailLoading, []string{"LOADING ", "MASTERDOWN "}},
	{FailBusy, []string{"BUSY "}},
	{FailTLS, []string{"Could not negotiate a TLS connection", "SSL"}},
	{FailRefused, []string{"Connection refused"}},
	{FailReset, []string{"Server closed the connection", "Connection reset by peer", "Broken pipe", "EOF", "I/O error"}},
	// "Resource temporarily unavailable" is the receive time-out of hiredis.
	{FailTimeout, []string{"Connection timed out", "Operation timed out", "Resource temporarily unavailable", "i/o timeout"}},
	{FailOther, []string{"ERR ", "OOM command not allowed", "MISCONF ", "READONLY ", "CLUSTERDOWN ", "NOREPLICAS ", "WRONGTYPE ", "UNKILLABLE ",
		"TRYAGAIN ", "NOPROTO "}},
}

// couldNot begins a failure to connect, whose class is told by words further on.
const couldNot = "Could not connect to "

var couldNotWords = [...]struct {
	word  string
	class FailureClass
}{
	{"refused", FailRefused}, {"No such file", FailRefused}, {"timed out", FailTimeout}, {"temporarily unavailable", FailTimeout},
	{"reset by peer", FailReset}, {"SSL", FailTLS}, {"certificate", FailTLS}, {"", FailOther}, // a name that does not resolve, no route
}

// failureWraps is what redis-cli puts before an error, and the class that stands when the
// words after it say no more. Shapes are from redis-cli.c: --no-raw, pipe, --csv, --json.
var failureWraps = [...]struct {
	prefix string
	class  FailureClass
}{
	{"(error) ", FailOther}, {"Error: ", FailOther}, {`ERROR,"`, FailOther}, {`error:"`, FailOther},
	{"Warning: AUTH failed", FailAuth}, {"AUTH failed: ", FailAuth},
	{"-", ""}, // as on the wire
}

// ClassifyFailure tells which class of failure a server's or redis-cli's line is; false
// when it is none. It is given one line.
func ClassifyFailure(text string) (FailureClass, bool) {
	text = strings.TrimSpace(text)
	var fallback FailureClass
	for _, w := range failureWraps {
		if rest, ok := strings.CutPrefix(text, w.prefix); ok {
			text, fallback = rest, w.class
			break
		}
	}
	// redis-cli's I/O errors always come as "Error: ..."; the bare word is too common in
	// other text to stand for a failure.
	for _, w := range failureWords {
		for _, prefix := range w.prefixes {
			if strings.HasPrefix(text, prefix) && (fallback != "" || selfEvident(prefix)) {
				return w.class, true
			}
		}
	}
	if strings.HasPrefix(text, couldNot) {
		for _, w := range couldNotWords {
			if strings.Contains(text, w.word) {
				return w.class, true
			}
		}
	}
	return fallback, fallback != ""
}

// selfEvident tells whether words are enough of a failure with no "Error: " before them.
func selfEvident(prefix string) bool {
	switch prefix {
	case "EOF", "SSL", "Broken pipe", "Connection refused", "Connection timed out", "Operation timed out":
		return false
	}
	return true
}

// MayBeFailure is a cheap look at the first byte of a line: ClassifyFailure is false for a
// line for which this is false.
func MayBeFailure(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch line[0] {
	case '(', '-', 'A', 'B', 'C', 'D', 'E', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'T', 'U', 'W', 'e', 'i', 'm', ' ', '\t':
		return true
	}
	return false
}
