package report

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// shellStarts are the beginnings of what is typed into a shell; any other step is an
// instruction to people and is set as prose.
var shellStarts = [...]string{"redis-cli ", "connbox ", "grep ", "for ", "while "}

// isShell tells a command to paste from an instruction.
func isShell(s string) bool {
	for _, p := range shellStarts {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// riskNote says what an action's risk means in practice.
func riskNote(a finding.Action) string {
	_, note := riskLabel(a.Risk)
	switch {
	case a.Risk != finding.Changes || strings.Contains(a.Command, "CONFIG SET"):
		return note
	case isShell(a.Command):
		return "changes the running server"
	}
	return "a change to an application, its deployment or the server's setup"
}

// checkLabel leads an action's check: a command that only reads cannot work or fail.
func checkLabel(risk finding.Risk) string {
	if risk == finding.Safe {
		return "What to look for"
	}
	return "It worked if"
}

// maxCandidates bounds the proposals for action items.
const maxCandidates = 6

// candidates are the steps that could become action items: those that change something.
func candidates(r *finding.Report) []string {
	var out []string
	for _, a := range r.Actions {
		if a.Risk != finding.Safe && strings.TrimSpace(a.Command) != "" && len(out) < maxCandidates {
			out = append(out, a.Command)
		}
	}
	return out
}
