package segment

import "fmt"

// MaxReply bounds a record, in its journal form or as text.
const MaxReply = 32 << 20

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
