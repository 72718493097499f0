package whatif

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/parse/record"
)

// held begins what to type where the server takes no new client.
const held = "the server is full; in a connection that is open already, or after stopping one instance, type: "

// Dial makes the commands of a report work as they are pasted: with the server's address
// where a recorder asked it or the text tells it, and at the limit without a new connection, which
// the server would refuse.
func Dial(m *measure.Model, r *finding.Report) {
	full := fullAtEnd(m)
	flags := dialFlags(m, r.Input.Target)
	for i := range r.Actions {
		r.Actions[i].Command = dialled(r.Actions[i].Command, flags, full)
	}
	for i := range r.Next {
		r.Next[i].Command = dialled(r.Next[i].Command, flags, full)
	}
}

// fullAtEnd tells whether the last that is known of the server is that it takes no new client.
func fullAtEnd(m *measure.Model) bool {
	answered := m.Infos > 0 || m.TL.Lists > 0
	if log := &m.TL.Log; log.TurnedAway() && !(answered && m.TL.LastSeen() > float64(log.Last.Unix())) {
		return true
	}
	for i := len(m.Samples) - 1; i >= 0; i-- {
		s := &m.Samples[i]
		limit, n := s.Limit, s.Occupancy()
		if documented := float64(m.TL.Origin.Limit); !(limit > 0) && documented > 0 {
			limit = documented
		}
		switch {
		case s.Full || s.AtLimit() || n >= limit && limit > 0:
			return true
		case n >= crowded*limit || math.IsNaN(limit) && !math.IsNaN(n):
			return s.Refused > 0
		case s.HasInfo || s.HasList:
			return false
		}
	}
	return false
}

// crowded is the share of the limit from which on refusals are for want of slots.
const crowded = 0.8

// dialFlags gives the flags of redis-cli and capture that reach the server, with a space behind; empty
// where nothing tells more than they take by themselves.
func dialFlags(m *measure.Model, target string) string {
	if strings.HasPrefix(target, "/") {
		if !plain.MatchString(target[1:]) {
			return ""
		}
		return "-s " + target + " "
	}
	asked := m.TL.Asked
	if host, port, err := net.SplitHostPort(target); err == nil {
		asked = record.Asked{Host: host, Port: port, TLS: m.TL.Origin.Meta.TLS}
	} else if target != "" { // the text that was imported told no port
		asked.Host, asked.TLS = target, m.TL.Origin.Meta.TLS
	}
	tls := m.TL.Config["tls-port"]
	if asked.Port == "" {
		asked.Port = m.TL.Config["port"]
	}
	if asked.Port == "0" {
		asked.Port = tls
	}
	if target == "" && (asked.Host == "localhost" || asked.Host == "127.0.0.1") { // what redis-cli takes by itself
		asked.Host = ""
	}
	number, err := strconv.Atoi(asked.Port)
	known := err == nil && number > 0
	flags := ""
	switch {
	case asked.Host != "" && !plain.MatchString(asked.Host) && net.ParseIP(asked.Host) == nil:
		return ""
	case asked.Host != "":
		flags = "-h " + asked.Host + " "
	case number == usualPort:
		known = false
	}
	if known {
		flags += "-p " + asked.Port + " "
	}
	if asked.TLS || known && asked.Port == tls {
		flags += "--tls "
	}
	return flags
}

// usualPort is what redis-cli takes by itself.
const usualPort = 6379

// dialled gives a command as it works in the server's state.
func dialled(command, flags string, full bool) string {
	if rest, ok := strings.CutPrefix(command, "connbox capture "); ok {
		if command = "connbox capture " + flags + rest; full {
			return "the server is full; after stopping one instance, run: " + command
		}
		return command
	}
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
// root cause for good, with what that gives by the what-if of it, or else with a number of the
// evidence. Empty where a question is answered with yes or there is nothing to end.
func Instead(r *finding.Report) string {
	if r.Verdict.Status != finding.Incident || len(r.Causes) == 0 || slices.ContainsFunc(r.Answers, func(a finding.Answer) bool { return a.Yes }) {
		return ""
	}
	good := slices.IndexFunc(r.Actions, func(a finding.Action) bool { return a.Good })
	if good < 0 {
		return ""
	}
	a := &r.Actions[good]
	for _, w := range r.WhatIf {
		if w.ID == a.Gain && w.Gain != "" {
			return a.Command + ": " + w.Gain
		}
	}
	for _, e := range r.Causes[0].Evidence {
		if e.For && e.Unit != "" && !strings.Contains(e.Claim, ": ") { // a quantity, not what a log says
			if strings.HasSuffix(a.Command, ")") {
				return fmt.Sprintf("%s; %s: %s", a.Command, e.Claim, quantity(e))
			}
			return fmt.Sprintf("%s (%s: %s)", a.Command, e.Claim, quantity(e))
		}
	}
	return a.Command
}

// quantity prints a value of the evidence beside its claim.
func quantity(e finding.Evidence) string {
	switch {
	case e.Unit == "bytes":
		return byteCount(e.Value)
	case e.Unit == "s" && e.Value >= 120:
		return finding.Duration(e.Value)
	}
	return strings.TrimSpace(finding.Number(e.Value) + " " + unitBeside(e.Claim, e.Unit))
}

// unitBeside gives a unit without the things that a claim counts: they are named in it.
func unitBeside(claim, unit string) string {
	things, per, rate := strings.Cut(unit, "/")
	switch {
	case rate && strings.Contains(claim, things):
		return map[string]string{"s": "a second", "min": "a minute", "h": "an hour"}[per]
	case rate || len(unit) <= 2 || unit == "share" || unit == "times":
		return unit
	}
	return ""
}
