package connboxtest_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/connbox/connbox/connboxtest"
	"github.com/connbox/connbox/fixtures/testserver"
)

// go test ./connboxtest -run '^TestCheckout$' -leak shows what a leak looks like.
var leak = flag.Bool("leak", false, "let TestCheckout forget to give its connections back")

// checkout serves one request over a connection of its own. Where it forgets to close the
// connection, that never returns to the pool, and the next request opens another.
func checkout(ctx context.Context, rdb *redis.Client, forget bool) error {
	conn := rdb.Conn()
	if !forget {
		defer conn.Close()
	}
	return conn.Incr(ctx, "orders").Err()
}

// TestCheckout is a test as a user of go-redis writes it.
func TestCheckout(t *testing.T) {
	server := testserver.Start(t)
	connboxtest.Record(t, connboxtest.Options{
		Addr:    server.Addr(),
		Budgets: []string{"max_connections: 12", "growth_per_min < 30", "connections_left: 0", "refused: 0"},
	})
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), PoolSize: 200})
	t.Cleanup(func() { rdb.Close() })
	for range 40 {
		if err := checkout(t.Context(), rdb, *leak); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// TestLeakIsCaught: the same test with the leak fails, by its budgets, and says where the recording
// is; its fixed twin is TestCheckout itself.
func TestLeakIsCaught(t *testing.T) {
	out, err := exec.Command(os.Args[0], "-test.run=^TestCheckout$", "-test.v", "-leak").CombinedOutput()
	if err == nil {
		t.Fatalf("the leak is not caught:\n%s", out)
	}
	for _, want := range []string{"--- FAIL: TestCheckout", "max_connections ", "want at most 12", "growth_per_min ", "want < 30", "connbox analyze "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "not enough data") || strings.Contains(string(out), "connections_left") {
		t.Errorf("%s", out)
	}
}
