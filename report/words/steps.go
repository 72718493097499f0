package words

import (
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// Steps is how many steps there is room for in one screen.
const Steps = 3

// DoNow picks the steps of the screen: two for tonight, and one that ends it for good.
func DoNow(all []finding.Action) []finding.Action {
	var out []finding.Action
	pick := func(good bool, most int) {
		for _, a := range all {
			if a.Good == good && len(out) < most {
				out = append(out, a)
			}
		}
	}
	tonight := make([]finding.Action, 0, len(all)) // what helps, before what only looks
	for _, safe := range [...]bool{false, true} {
		for _, a := range all {
			if !a.Good && (a.Risk == finding.Safe) == safe {
				tonight = append(tonight, a)
			}
		}
	}
	out = append(out, tonight[:min(Steps-1, len(tonight))]...)
	pick(true, Steps)
	for _, a := range tonight[min(Steps-1, len(tonight)):] {
		if len(out) < Steps {
			out = append(out, a)
		}
	}
	return out
}

// InOrder gives all steps as people take them: those of the screen, and then the others.
func InOrder(all []finding.Action) []finding.Action {
	out := DoNow(all)
	for _, a := range all {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// shellStarts are the beginnings of what is typed into a shell; any other step is an
// instruction to people and is set as prose.
var shellStarts = [...]string{"redis-cli ", "journalctl ", "connbox ", "grep ", "for ", "while "}

// IsShell tells a command to paste from an instruction.
func IsShell(s string) bool {
	for _, p := range shellStarts {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// RiskNote says what an action's risk means in practice.
func RiskNote(a finding.Action) string {
	_, note := RiskLabel(a.Risk)
	switch {
	case a.Risk != finding.Changes || strings.Contains(a.Command, "CONFIG SET"):
		return note
	case IsShell(a.Command):
		return "changes the running server"
	}
	return "a change to an application, its deployment or the server's setup"
}

// CheckLabel leads an action's check: a command that only reads cannot work or fail.
func CheckLabel(risk finding.Risk) string {
	if risk == finding.Safe {
		return "What to look for"
	}
	return "It worked if"
}

// maxCandidates bounds the proposals for action items.
const maxCandidates = 6

// Candidates are the steps that could become action items: those that change something.
func Candidates(r *finding.Report) []string {
	var out []string
	for _, a := range r.Actions {
		if a.Risk != finding.Safe && strings.TrimSpace(a.Command) != "" && len(out) < maxCandidates {
			out = append(out, a.Command)
		}
	}
	return out
}
