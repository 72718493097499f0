//go:build !linux

package bundle

import "errors"

// exchange cannot be done in one step here.
func exchange(a, b string) error { return errors.ErrUnsupported }
