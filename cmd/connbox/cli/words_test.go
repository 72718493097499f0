package cli

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"
)

func TestPlainWords(t *testing.T) {
	for in, want := range map[string]string{
		"cannot record 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused":       "cannot record 127.0.0.1:1: connection refused",
		"dial tcp: lookup nowhere.invalid on 10.0.0.1:53: no such host":                      "no such host",
		"open x.pem: no such file or directory":                                              "x.pem: no such file or directory",
		`strconv.ParseInt: parsing "x": invalid syntax`:                                      `"x": invalid syntax`,
		"x.connbox: bundle cannot be read: no bundle, or cut off: zip: not a valid zip file": "x.connbox: bundle cannot be read: no bundle, or cut off: not a valid zip file",
		"read tcp 10.0.0.1:1->10.0.0.2:2: read: connection reset by peer":                    "connection reset by peer",
		"a.txt: cannot be opened: permission denied":                                         "a.txt: cannot be opened: permission denied",
		"none.expect.json: cannot be opened: no such file or directory":                      "none.expect.json: cannot be opened: no such file or directory",
		"my zip: cannot be opened":                                                           "my zip: cannot be opened",
		"damaged gzip data: unexpected EOF":                                                  "damaged gzip data: it ends too early",
	} {
		if got := plainWords(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	var b bytes.Buffer
	a := NewApp(t.Context(), World{Err: &b})
	a.Fault(errors.New("open \x1b: no such file"))
	if got := b.String(); got != "connbox: \\x1b: no such file\n" {
		t.Errorf("%q", got)
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		done float64
		n    int64
		took time.Duration
		want string
	}{
		{0.42, 12000, 3 * time.Second, "reading: 42 %, 12000 records, 4000 a second, at noon"},
		{math.NaN(), 1, 2 * time.Second, "reading: 1 record, 0 a second, at noon"},
		{1.7, 5, 0, "reading: 100 %, 5 records, at noon"},
	} {
		if got := progress(c.done, c.n, c.took, "noon"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
