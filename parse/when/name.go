package when

import (
	"bytes"
	"regexp"
	"time"
)

// inName finds the groups of digits of a time in a file's name.
var inName = regexp.MustCompile(`(?:^|\D)(?:(\d{10}|\d{13})|(\d{4})` + two + two + two + two + two +
	`(Z|\+\d\d:?\d\d|-\d\d:\d\d)?)(?:\D|$)`) // -0500 might be a number in a row

const two = `[-_:.T +]?(\d\d)`

// InName finds a time in a file's name: 2026-11-21T06:28:09Z, 2026-11-21T06-28-09,
// 20261121-062809, 20261121T062809Z, 2026-11-21_06.28.09, or unix seconds. Without a zone it
// is taken as UTC.
func InName(name string) (time.Time, bool) {
	for _, m := range inName.FindAllSubmatch([]byte(name), -1) {
		text := m[1]
		if len(text) == 0 {
			text = append(bytes.Join(m[2:5], []byte("-")), 'T')
			text = append(append(text, bytes.Join(m[5:8], []byte(":"))...), m[8]...)
		}
		if t, n := Read(text, false); n > 0 {
			return t.At, true
		}
	}
	return time.Time{}, false
}
