package fleet

import (
	"runtime"
	"runtime/debug"
)

// TuneCollector sets the garbage collector for a program that analyses many recordings, unless the
// environment names a GOGC, until release is called. It lets no less than the memory that is held and
// never touched be allocated between two collections: of small recordings they were a fifth of the
// processor time, and one worker had the second processor's help for them.
func TuneCollector(env func(string) (string, bool)) (release func()) {
	if _, set := env("GOGC"); set {
		return func() {}
	}
	before := debug.SetGCPercent(100) // the default; connbox's other commands collect four times as often
	untouched := make([]byte, 32<<20)
	return func() {
		runtime.KeepAlive(untouched)
		debug.SetGCPercent(before)
	}
}
