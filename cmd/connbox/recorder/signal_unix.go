//go:build unix

package recorder

import (
	"os"
	"syscall"
)

// markSignal asks a running recorder for a mark.
var markSignal os.Signal = syscall.SIGUSR1
