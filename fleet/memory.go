package fleet

import "runtime/debug"

// untouched is memory that TuneCollector holds.
var untouched []byte

// TuneCollector sets the garbage collector for a program that analyses many recordings, unless the
// environment names a GOGC. It lets no less than the memory that is held and never touched be allocated
// between two collections: of small recordings they were a fifth of the processor time, and one worker
// had the second processor's help for them.
func TuneCollector(env func(string) (string, bool)) {
	if _, set := env("GOGC"); set {
		return
	}
	debug.SetGCPercent(100) // the default; connbox's other commands collect four times as often
	untouched = make([]byte, 32<<20)
}
