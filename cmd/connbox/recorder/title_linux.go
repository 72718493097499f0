package recorder

import (
	"os"
	"strings"
	"unsafe"
)

// wipeArgs takes a password out of the process list. On Linux the runtime's arguments are the
// memory that /proc/PID/cmdline shows; nothing else of the program may point into it, so that what
// was read of the flags has to be a copy.
func wipeArgs(secret string) {
	if secret == "" {
		return
	}
	for _, arg := range os.Args[1:] {
		for from := 0; ; {
			i := strings.Index(arg[from:], secret)
			if i < 0 {
				break
			}
			from += i
			title := unsafe.Slice(unsafe.StringData(arg), len(arg))
			for k := range secret {
				title[from+k] = '*'
			}
		}
	}
}
