package analyze

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/cause/stall"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/appmetrics"
)

// appWorld runs three instances of four connections for 60 samples, and writes their metrics
// with line, which is given the instance, the sample and whether the pool is short.
func appWorld(t *testing.T, line func(host string, i int, short bool) string) (*timeline.Timeline, *appmetrics.Metrics) {
	t.Helper()
	var b strings.Builder
	w := world.New(500)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.2.0", "api", 3, 4, 0.9)
		for h := range 3 {
			for _, l := range strings.Split(strings.TrimSpace(line(fmt.Sprintf("10.2.0.%d", h+1), i, i > 20)), "\n") {
				fmt.Fprintf(&b, "%s %d\n", l, int64(w.At*1000))
			}
		}
	})
	app, err := appmetrics.Read(strings.NewReader(b.String()), "app.prom")
	if err != nil {
		t.Fatal(err)
	}
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		t.Fatal(err)
	}
	return tl, app
}

func pick(short bool, yes, no int) int {
	if short {
		return yes
	}
	return no
}

// TestAppPoolByExporter: the same exhausted pool, as each exporter tells it; and pools that
// are healthy though they look tempting.
func TestAppPoolByExporter(t *testing.T) {
	for _, c := range []struct {
		name string
		size float64 // of the pool that would do; 0: it is no exhausted pool
		line func(host string, i int, short bool) string
	}{
		{"generic gauges alone", 5, func(host string, i int, short bool) string {
			return fmt.Sprintf("client_backend_usage{service=\"api\",instance=%q} %d\nclient_backend_max{service=\"api\",instance=%q} 4", host, pick(i > 3, 4, 1), host)
		}},
		{"HikariCP with pending", 8, func(host string, i int, short bool) string {
			return fmt.Sprintf("hikaricp_connections_active{application=\"api\",instance=%q,pool=\"p\"} %d\nhikaricp_connections_pending{application=\"api\",instance=%q,pool=\"p\"} %d\nhikaricp_connections_max{application=\"api\",instance=%q,pool=\"p\"} 4",
				host, pick(short, 4, 1), host, pick(short, 3, 0), host)
		}},
		{"commons-pool2, which tells no size", 14, func(host string, i int, short bool) string {
			return fmt.Sprintf("commons_pool2_num_active{application=\"api\",instance=%q} %d\ncommons_pool2_num_waiters{application=\"api\",instance=%q} %d", host, pick(short, 4, 1), host, pick(short, 9, 0))
		}},
		{"OpenTelemetry by state", 5, func(host string, i int, short bool) string {
			return fmt.Sprintf("db_client_connection_count{service=\"api\",instance=%q,state=\"used\"} %d\ndb_client_connection_count{service=\"api\",instance=%q,state=\"idle\"} %d\ndb_client_connection_max{service=\"api\",instance=%q} 4\ndb_client_connection_timeouts_total{service=\"api\",instance=%q} %d",
				host, pick(short, 4, 1), host, pick(short, 0, 3), host, host, max(i-20, 0)*3)
		}},
		{"full at peaks only", 0, func(host string, i int, short bool) string {
			return fmt.Sprintf("client_backend_usage{service=\"api\",instance=%q} %d\nclient_backend_max{service=\"api\",instance=%q} 4", host, pick(i%4 == 0, 4, 1), host)
		}},
		{"full, and no wait timed out", 0, func(host string, i int, short bool) string {
			return fmt.Sprintf("hikaricp_connections_active{application=\"api\",instance=%q} %d\nhikaricp_connections_max{application=\"api\",instance=%q} 4\nhikaricp_connections_timeout_total{application=\"api\",instance=%q} 7", host, pick(short, 4, 1), host, host)
		}},
		{"errors alone", 0, func(host string, i int, short bool) string {
			return fmt.Sprintf("redis_client_errors_total{service=\"api\",instance=%q} %d", host, i)
		}},
	} {
		tl, app := appWorld(t, c.line)
		r := Run(tl, Options{App: app})
		if got := r.Verdict.Cause == stall.AppPool.ID; got != (c.size > 0) {
			t.Errorf("%s: %+v", c.name, r.Verdict)
			continue
		}
		if c.size == 0 {
			continue
		}
		checkReport(t, r)
		f := r.Causes[0]
		share := 0.0
		for _, s := range f.Sources {
			share += s.Share
		}
		if len(f.Sources) != 3 || f.Sources[0].Name != "api" || math.Abs(share-1) > 1e-9 {
			t.Errorf("%s: %+v", c.name, f.Sources)
		}
		if x := whatIfOf(r, "pool-size"); x == nil || x.Missing || x.At[0] != "--app" || x.Value != c.size {
			t.Errorf("%s: %+v", c.name, x)
		}
	}
}

// TestAppErrors: three instances count 2 errors a sample of 15 s from sample 21 on: 39 steps
// of 2 after the first at 0, and 3 × 2 / 15 a second at most.
func TestAppErrors(t *testing.T) {
	tl, app := appWorld(t, func(host string, i int, short bool) string {
		return fmt.Sprintf("client_backend_errors_total{service=\"api\",instance=%q} %d", host, max(i-20, 0)*2)
	})
	im := Run(tl, Options{App: app}).Impact
	if im.AppErrors != 3*39*2 || math.Abs(im.PeakAppErrors-0.4) > 1e-9 {
		t.Errorf("%v errors, %v a second", im.AppErrors, im.PeakAppErrors)
	}
	if im := Run(tl, Options{}).Impact; im.AppErrors >= 0 || im.PeakAppErrors >= 0 {
		t.Errorf("without the metrics: %v, %v", im.AppErrors, im.PeakAppErrors)
	}
}
