package record

import (
	"encoding/json"

	"github.com/connbox/connbox/parse/serverlog"
)

// A Log is what the server's own log tells at one moment: one sentence, or lines of one sort
// taken together. Head.At is the entry's time where the log tells its year, else unknown.
type Log struct {
	Head
	Entry serverlog.Entry
}

// Kind implements Record.
func (*Log) Kind() Kind { return KindLog }

// logCommand marks the other reply as which a bundle keeps a Log.
const logCommand = "SERVER LOG"

// Other gives the record as which a bundle keeps l: an entry as JSON under a command of its
// own, as no server has it.
func (l *Log) Other() *Other {
	text, err := json.Marshal(&l.Entry)
	if err != nil {
		return &Other{Head: l.Head, Command: logCommand} // times out of range, which no log gives
	}
	return &Other{Head: l.Head, Command: logCommand, Text: text}
}

// Log gives back what Log.Other made; false for any other reply.
func (o *Other) Log(into *Log) bool {
	if o.Command != logCommand {
		return false
	}
	*into = Log{Head: o.Head}
	if err := json.Unmarshal(o.Text, &into.Entry); err != nil || into.Entry.Count < 1 {
		return false
	}
	return true
}
