package whatif

import (
	"net"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/verdict"
)

// held begins what to type where the server takes no new client.
const held = "the server is full; in a connection that is open already, or after stopping one instance, type: "

// Dial makes the commands of a report work as they are pasted: with the server's address
// where a recorder asked it, and at the limit without a new connection, which the server
// would refuse.
func Dial(m *measure.Model, r *finding.Report) {
	full := fullAtEnd(m, r)
	flags := dialFlags(m, r.Input.Target)
	for i := range r.Actions {
		r.Actions[i].Command = dialled(r.Actions[i].Command, flags, full)
	}
	for i := range r.Next {
		r.Next[i].Command = dialled(r.Next[i].Command, flags, full)
	}
}

// fullAtEnd tells whether every slot was taken when the recording ended.
func fullAtEnd(m *measure.Model, r *finding.Report) bool {
	if len(m.Occupancy) == 0 || r.Impact.LimitReached.IsZero() || !r.Impact.Recovered.IsZero() {
		return false
	}
	return m.LimitPeak > 0 && m.Occupancy[len(m.Occupancy)-1] >= m.LimitPeak
}

// dialFlags gives redis-cli's flags for a recorded address, with a space behind; empty where
// it is not known.
func dialFlags(m *measure.Model, target string) string {
	if strings.HasPrefix(target, "/") {
		if !plain.MatchString(target[1:]) {
			return ""
		}
		return "-s " + target + " "
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil || !plain.MatchString(host) && net.ParseIP(host) == nil || !plain.MatchString(port) {
		return ""
	}
	flags := "-h " + host + " -p " + port + " "
	// Recordings made before the target said so have the port in CONFIG.
	if tls, ok := m.TL.Config["tls-port"]; m.TL.Origin.Meta.TLS || ok && tls == port {
		flags += "--tls "
	}
	return flags
}

// dialled gives a command as it works in the server's state.
func dialled(command, flags string, full bool) string {
	if !strings.HasPrefix(command, "redis-cli ") {
		return command
	}
	parts := strings.Split(command, "; ")
	for i, p := range parts {
		rest, ok := strings.CutPrefix(p, "redis-cli ")
		switch {
		case !ok || strings.HasPrefix(rest, "-p "):
		case full:
			rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "--no-raw "), " | ")
			parts[i] = rest
		default:
			parts[i] = "redis-cli " + flags + rest
		}
	}
	if full {
		return held + strings.Join(parts, "; ")
	}
	return strings.Join(parts, "; ")
}

// Instead says what to do where the three questions are all answered with no: what ends the
// root cause for good, with the number that a what-if of its own gives, or else that of the
// evidence. Empty where a question is answered with yes or there is nothing to end.
func Instead(r *finding.Report) string {
	for _, a := range r.Answers {
		if a.Yes {
			return ""
		}
	}
	if r.Verdict.Status != finding.Incident || len(r.Causes) == 0 {
		return ""
	}
	for _, a := range r.Actions {
		if !a.Good {
			continue
		}
		said := a.Command
		if n := insteadNumber(r); n != "" {
			said += ": " + n
		}
		return said
	}
	return ""
}

// insteadNumber gives the first sentence of the what-if that opens the root cause's report.
func insteadNumber(r *finding.Report) string {
	var opens []string
	if c := verdict.CauseByID(r.Verdict.Cause); c != nil {
		opens = c.Opens
	}
	for _, w := range r.WhatIf {
		if !w.Missing && slices.Contains(opens, w.ID) {
			said, _, _ := strings.Cut(w.Answer, ". ")
			return strings.TrimRight(said, ".")
		}
	}
	for _, e := range r.Causes[0].Evidence {
		if e.For && e.Unit != "" && !strings.Contains(e.Claim, ": ") { // a quantity, not what a log says
			if slices.Contains(strings.Fields(e.Claim), e.Unit) { // "connections accepted: 10"
				return e.Claim + ": " + finding.Number(e.Value)
			}
			return e.Claim + " " + strings.TrimSpace(finding.Number(e.Value)+" "+e.Unit)
		}
	}
	return ""
}
