//go:build !linux

package recorder

// dropPages does nothing: there is no telling the system.
func dropPages() {}
