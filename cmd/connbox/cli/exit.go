package cli

import (
	"errors"
	"fmt"
	"strings"
)

// A Status is an exit status. The numbers are frozen: scripts rest on them.
type Status int

const (
	StatusDone        Status = 0
	StatusFinding     Status = 1
	StatusUsage       Status = 2
	StatusInput       Status = 3
	StatusTooLittle   Status = 4
	StatusConnect     Status = 5
	StatusInternal    Status = 70
	StatusInterrupted Status = 130
)

// statuses says what each means, in the order in which they win where several apply.
var statuses = [...]struct {
	code Status
	doc  string
}{
	{StatusInterrupted, "interrupted"},
	{StatusInternal, "internal error"},
	{StatusUsage, "wrong flags, configuration or expectation file, or an output that cannot be written"},
	{StatusInput, "input unreadable, corrupt, or of a newer format"},
	{StatusConnect, "capture could not connect or was refused"},
	{StatusFinding, "a finding at or above --fail-on, or an expectation not met"},
	{StatusTooLittle, "not enough data to say (with --fail-on or check)"},
	{StatusDone, "done"},
}

// Worse gives the one of two statuses that wins.
func Worse(a, b Status) Status {
	for _, s := range statuses {
		if s.code == a || s.code == b {
			return s.code
		}
	}
	return StatusInternal
}

// An ExitError is an error with the status it ends the program with. One without an error
// says nothing more: the result on standard output has said it.
type ExitError struct {
	Code Status
	Err  error
}

// Error implements error.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap gives the error itself.
func (e *ExitError) Unwrap() error { return e.Err }

// Exitf makes an exitError.
func Exitf(code Status, format string, args ...any) error {
	return &ExitError{code, fmt.Errorf(format, args...)}
}

// StatusOf finds the status of an error; one without is of cobra's reading of the command line.
func StatusOf(err error) Status {
	var e *ExitError
	if errors.As(err, &e) {
		return e.Code
	}
	return StatusUsage
}

// ExitHelp lists the statuses for the manual, by number.
func ExitHelp() string {
	var b strings.Builder
	for _, code := range [...]Status{StatusDone, StatusFinding, StatusUsage, StatusInput, StatusTooLittle, StatusConnect, StatusInternal, StatusInterrupted} {
		for _, s := range statuses {
			if s.code == code {
				fmt.Fprintf(&b, "  %3d  %s\n", s.code, s.doc)
			}
		}
	}
	return b.String()
}
