package record

import (
	"errors"
	"fmt"
)

// A Source gives the records of a recording in time order. It is used like a
// bufio.Scanner, and there are three: the dump, the folder and the bundle.
//
// Errors have three lanes. A reply that cannot be read is a record (*Failure, *Chatter);
// what stops the reading is Err; a doubt about what was read is a Warning. What came
// before an error has been delivered and stays valid.
type Source interface {
	// Scan reads the next record; false at the end or at the first error.
	Scan() bool
	// Record gives the record Scan read. It and all it points to belong to the Source
	// and are overwritten by the next Scan; strings may be kept.
	Record() Record
	// Err gives the error that ended the reading, nil at a proper end.
	Err() error
	// Origin says what the recording is. Its SHA256 is complete only after the last Scan.
	Origin() Origin
	// Warnings gives the doubts so far: at most 100, then a line that counts the rest.
	Warnings() []string
	Close() error
}

// InputKind is what an input was found to be, from its content.
type InputKind string

// The kinds of input; the contract's JSON names only bundle and dump, a folder is a dump.
const (
	InputBundle InputKind = "bundle"
	InputDump   InputKind = "dump"
)

// Origin describes an input.
type Origin struct {
	Kind   InputKind
	Name   string // base name as given; "-" for standard input
	SHA256 string // hex, of the file as it lies on disk (of all files, in order, for a folder)
	Bytes  int64  // size on disk
	Form   string // of a dump: the program whose output it is; empty for a server's replies
	Limit  int64  // connections that the service whose export it is documents as its limit; 0: unknown
	Asked  Asked  // of a dump: where its text asks the first server
	Meta   Meta   // for a bundle: its manifest's; zero for a dump
}

// An InputError is why an input cannot be read, with the place where it was seen.
type InputError struct {
	Pos Pos
	Msg string
	Err error // underlying, may be nil
}

func (e *InputError) Error() string {
	s := e.Pos.String()
	if s != "" {
		s += ": "
	}
	s += e.Msg
	if inner, ok := e.Err.(*InputError); ok && inner.Pos.File == e.Pos.File { // named already
		within := *inner
		within.Pos.File = ""
		return s + ": " + within.Error()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *InputError) Unwrap() error { return e.Err }

// ErrNewerFormat is wrapped by the InputError of a bundle written by a newer connbox.
var ErrNewerFormat = errors.New("written by a newer connbox; please update")

// Errorf makes a positioned InputError.
func Errorf(p Pos, format string, args ...any) *InputError {
	return &InputError{Pos: p, Msg: fmt.Sprintf(format, args...)}
}

// A LimitError is why a recording was not read further though nothing is wrong with it: a limit
// of the Options.
type LimitError struct {
	What string // LimitTime, LimitRecords, LimitBytes or LimitUnpacked
	Most string // the limit, in words
	Err  error  // says it instead of What; may be nil
}

// The limits.
const (
	LimitTime     = "time"
	LimitRecords  = "records"
	LimitBytes    = "bytes of replies"
	LimitUnpacked = "unpacked size"
)

func (e *LimitError) Error() string {
	if e.Err != nil {
		return e.Err.Error() + ", " + e.Most
	}
	return fmt.Sprintf("reading stopped at the limit of %s: %s", e.What, e.Most)
}

func (e *LimitError) Unwrap() error { return e.Err }

const maxWarnings = 100

// Warnings collects doubts for Source.Warnings.
type Warnings struct {
	list []string
	more int
}

// Add notes a doubt at a position.
func (w *Warnings) Add(p Pos, format string, args ...any) {
	if len(w.list) >= maxWarnings {
		w.more++
		return
	}
	s := fmt.Sprintf(format, args...)
	if at := p.String(); at != "" {
		s = at + ": " + s
	}
	w.list = append(w.list, s)
}

// Take moves the doubts of another list into this one.
func (w *Warnings) Take(from *Warnings) {
	for _, s := range from.list {
		if len(w.list) < maxWarnings {
			w.list = append(w.list, s)
		} else {
			w.more++
		}
	}
	w.more += from.more
	*from = Warnings{}
}

func (w *Warnings) All() []string {
	if w.more == 0 {
		return w.list[:len(w.list):len(w.list)]
	}
	return append(w.list[:len(w.list):len(w.list)], fmt.Sprintf("and %d more warnings", w.more))
}
