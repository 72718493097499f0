package main

import (
	"errors"
	"fmt"
	"strings"
)

// A status is an exit status. The numbers are frozen: scripts rest on them.
type status int

const (
	statusDone        status = 0
	statusFinding     status = 1
	statusUsage       status = 2
	statusInput       status = 3
	statusTooLittle   status = 4
	statusConnect     status = 5
	statusInternal    status = 70
	statusInterrupted status = 130
)

// statuses says what each means, in the order in which they win where several apply.
var statuses = [...]struct {
	code status
	doc  string
}{
	{statusInterrupted, "interrupted"},
	{statusInternal, "internal error"},
	{statusUsage, "wrong flags, configuration or expectation file, or an output that cannot be written"},
	{statusInput, "input unreadable, corrupt, or of a newer format"},
	{statusConnect, "capture could not connect or was refused"},
	{statusFinding, "a finding at or above --fail-on, or an expectation not met"},
	{statusTooLittle, "not enough data to say (with --fail-on or check)"},
	{statusDone, "done"},
}

// worse gives the one of two statuses that wins.
func worse(a, b status) status {
	for _, s := range statuses {
		if s.code == a || s.code == b {
			return s.code
		}
	}
	return statusInternal
}

// An exitError is an error with the status it ends the program with. One without an error
// says nothing more: the result on standard output has said it.
type exitError struct {
	code status
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitf makes an exitError.
func exitf(code status, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

// statusOf finds the status of an error; one without is of cobra's reading of the command line.
func statusOf(err error) status {
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return statusUsage
}

// exitHelp lists the statuses for the manual, by number.
func exitHelp() string {
	var b strings.Builder
	for _, code := range [...]status{statusDone, statusFinding, statusUsage, statusInput, statusTooLittle, statusConnect, statusInternal, statusInterrupted} {
		for _, s := range statuses {
			if s.code == code {
				fmt.Fprintf(&b, "  %3d  %s\n", s.code, s.doc)
			}
		}
	}
	return b.String()
}
