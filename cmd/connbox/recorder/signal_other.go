//go:build !unix

package recorder

import "os"

// markSignal is none: the system has no signal that asks for a mark.
var markSignal os.Signal
