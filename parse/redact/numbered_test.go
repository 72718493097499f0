package redact

import (
	"fmt"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// TestNumbered: numbers go by order of appearance, networks stay networks, and different words stay
// different.
func TestNumbered(t *testing.T) {
	r := Numbered(All)
	for _, c := range []struct{ host, name, wantHost, wantName string }{
		{"192.168.7.1", "cart-7f9c-12", "10.0.0.0", "n0-n1-00"},
		{"192.168.7.2", "cart-8a1b-13", "10.0.0.1", "n0-n2-01"},
		{"192.168.8.2", "cart-7f9c-12", "10.0.1.0", "n0-n1-00"},
		{"172.16.0.1", "default", "11.0.0.0", "default"},
		{"127.0.0.1", "", "127.0.0.1", ""},
		{"127.5.0.1", "x", "12.0.0.0", "n3"},
		{"redis-1.prod", "x", "n4-0.n5", "n3"},
		{"fe80::1", "x", "d00::", "n3"},
		{"unix", "x", "unix", "n3"},
	} {
		if host, name := r.Of(c.host, c.name); host != c.wantHost || name != c.wantName {
			t.Errorf("%s %s: %s %s, want %s %s", c.host, c.name, host, name, c.wantHost, c.wantName)
		}
	}
	seen := map[string]string{}
	for i := range 2000 {
		in := fmt.Sprintf("10.%d.%d.%d", i%7, i%200, i%251)
		out, _ := r.Of(in, "")
		if was, ok := seen[out]; ok && was != in {
			t.Fatalf("%s and %s are both %s", was, in, out)
		}
		seen[out] = in
	}
	info := &record.Info{}
	info.Reset([]byte("run_id:0123456789012345678901234567890123456789\r\nslave0:ip=192.168.7.2,port=1\r\n"))
	want := "run_id:0000000000000000000000000000000000000001\r\nslave0:ip=10.0.0.1,port=1\r\n"
	if got := r.Record(info).(*record.Info); string(got.Text) != want {
		t.Errorf("%q", got.Text)
	}
}
