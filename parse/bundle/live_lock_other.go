//go:build !unix

package bundle

import "os"

// locks tells whether lockFile does lock.
const locks = false

// lockFile only opens the file: there is no lock here that a crash gives back.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
