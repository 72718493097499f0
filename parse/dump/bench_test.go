package dump

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
)

// BenchmarkDump reads the usual loop with 500 clients: most of it is CLIENT LIST.
func BenchmarkDump(b *testing.B) {
	info := servers.Reply("redis-7.4.1/mixed.info.raw.txt")
	list := servers.Lists(500, 1)[0]
	var text []byte
	for i := range 40 {
		text = fmt.Appendf(text, "2026-11-21T06:%02d:00Z\n%s%s(empty array)\n", i, info, list)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d := NewReader(bytes.NewReader(text), "bench")
		n := 0
		for d.Scan() {
			n++
		}
		if n != 120 || d.Err() != nil {
			b.Fatal(n, d.Err())
		}
	}
}
