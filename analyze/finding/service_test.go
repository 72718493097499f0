package finding_test

import (
	"fmt"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
)

// TestService: instances of one service have one key, whichever server they were seen on.
func TestService(t *testing.T) {
	for _, c := range []struct {
		s    finding.Source
		want string
	}{
		{finding.Source{Name: "cart-7f9c8d6b5-x2k4q", Host: "10.0.3.7"}, "cart"},
		{finding.Source{Name: "cart-12"}, "cart"},
		{finding.Source{Name: "api-store"}, "api-store"},
		{finding.Source{Name: "worker@10.1.2.3:4711"}, "worker"},
		{finding.Source{Host: "10.0.3.7"}, "10.0.0.0/16"},
		{finding.Source{Host: "10.0.9.9", User: "default", Lib: "jedis"}, "10.0.0.0/16 lib=jedis"},
		{finding.Source{Host: "fd00:1:2:3::4", User: "shop"}, "fd00:1:2::/48 user=shop"},
		{finding.Source{Host: "db-1"}, "db-1"},
		{finding.Source{User: "shop"}, "user=shop"},
		{finding.Source{}, "all clients"},
	} {
		if got := c.s.Service(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

func ExampleSource_Service() {
	fmt.Println(finding.Source{Name: "cart-7f9c8d6b5-x2k4q", Host: "10.0.3.7"}.Service())
	fmt.Println(finding.Source{Name: "cart-5d5fdd94b8-9sk2z", Host: "10.9.1.1"}.Service())
	// Output:
	// cart
	// cart
}
