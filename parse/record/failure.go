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
	return f.Class == FailOther && strings.Contains(f.Text, "Could not connect to ") // no such name, no route
}

// A failureWord tells a class of failure from what a server or redis-cli prints.
type failureWord struct {
	prefix string // the text begins so, once wrapping is taken off
	holds  string // and holds this somewhere, where not empty
	class  FailureClass
}

// failureWords is looked through from the top. The server's wording was recorded from
// Redis 2.8 to 8.0, Valkey 7.2 to 9.1 and KeyDB 6.3; DENIED and LOADING are from source
// (networking.c, server.c). The product's own name stands in some of them and is left out.
var failureWords = [...]failureWord{
	{"ERR max number of clients", "", FailMaxClients}, // also "... + cluster connections reached"
	{"max number of clients reached", "", FailMaxClients},
	{"DENIED ", "", FailProtected},
	{"NOAUTH", "", FailAuth},
	{"WRONGPASS", "", FailAuth},
	{"ERR invalid password", "", FailAuth},
	{"ERR operation not permitted", "", FailAuth}, // NOAUTH's wording before 2.8
	{"ERR Client sent AUTH", "", FailAuth},
	{"ERR AUTH", "", FailAuth},
	{"NOPERM", "", FailPerm},
	{"ERR unknown command", "", FailPerm},
	{"ERR unknown subcommand", "", FailPerm},
	{"ERR Unknown subcommand", "", FailPerm},
	{"ERR command is not allowed", "", FailPerm},
	{"LOADING ", "", FailLoading},
	{"MASTERDOWN ", "", FailLoading},
	{"BUSY ", "", FailBusy},
	{"Could not connect to ", "refused", FailRefused},
	{"Could not connect to ", "No such file", FailRefused},
	{"Could not connect to ", "timed out", FailTimeout},
	{"Could not connect to ", "temporarily unavailable", FailTimeout},
	{"Could not connect to ", "reset by peer", FailReset},
	{"Could not connect to ", "SSL", FailTLS},
	{"Could not connect to ", "certificate", FailTLS},
	{"Could not connect to ", "", FailOther}, // a name that does not resolve, no route
	{"Could not negotiate a TLS connection", "", FailTLS},
	{"SSL", "", FailTLS},
	{"Connection refused", "", FailRefused},
	{"Server closed the connection", "", FailReset},
	{"Connection reset by peer", "", FailReset},
	{"Broken pipe", "", FailReset},
	{"EOF", "", FailReset},
	{"I/O error", "", FailReset},
	{"Connection timed out", "", FailTimeout},
	{"Operation timed out", "", FailTimeout},
	{"Resource temporarily unavailable", "", FailTimeout}, // the receive time-out of hiredis
	{"i/o timeout", "", FailTimeout},
	{"ERR ", "", FailOther},
	{"OOM command not allowed", "", FailOther},
	{"MISCONF ", "", FailOther},
	{"READONLY ", "", FailOther},
	{"CLUSTERDOWN ", "", FailOther},
	{"NOREPLICAS ", "", FailOther},
	{"WRONGTYPE ", "", FailOther},
	{"UNKILLABLE ", "", FailOther},
	{"TRYAGAIN ", "", FailOther},
	{"NOPROTO ", "", FailOther},
}

// failureWraps is what redis-cli puts before an error, and the class that stands when the
// words after it say no more. Shapes are from redis-cli.c: --no-raw, pipe, --csv, --json.
var failureWraps = [...]failureWord{
	{prefix: "(error) ", class: FailOther},
	{prefix: "Error: ", class: FailOther},
	{prefix: `ERROR,"`, class: FailOther},
	{prefix: `error:"`, class: FailOther},
	{prefix: "Warning: AUTH failed", class: FailAuth},
	{prefix: "AUTH failed: ", class: FailAuth},
	{prefix: "-", class: ""}, // as on the wire
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
		if strings.HasPrefix(text, w.prefix) && strings.Contains(text, w.holds) {
			if fallback == "" && !selfEvident(w) {
				continue
			}
			return w.class, true
		}
	}
	return fallback, fallback != ""
}

// selfEvident tells whether words are enough of a failure with no "Error: " before them.
func selfEvident(w failureWord) bool {
	switch w.prefix {
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
