package appmetrics

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// TestMapBuiltIn: one sample of each exporter's names finds its role and its pool.
func TestMapBuiltIn(t *testing.T) {
	for _, c := range []struct {
		line              string
		role              Role
		service, instance string
	}{
		{`redis_pool_conn_total_current{service="auth",instance="10.0.0.1"} 4 1781191900026`, Total, "auth", "10.0.0.1"},
		{`shop_cart_pool_conn_idle_current{job="cart",instance="10.0.0.1:9121"} 4`, Idle, "cart", "10.0.0.1:9121"},
		{`registry_redis_pool_stats_max_conns{instance="cache"} 10`, Max, "", "cache"},
		{`db_client_connections_usage{state="used",pool_name="p"} 3`, Used, "p", ""},
		{`db_client_connection_count{db_client_connection_state="idle",service_name="s"} 3`, Idle, "s", ""},
		{`db_client_connection_pending_requests{app="a",pod="p-1"} 3`, Waiting, "a", "p-1"},
		{`hikaricp_connections_active{application="orders",pool="HikariPool-1"} 8`, Used, "orders", ""},
		{`hikaricp_pending_threads{pool="HikariPool-1"} 8`, Waiting, "HikariPool-1", ""},
		{`commons_pool2_num_waiters{application="a"} 2`, Waiting, "a", ""},
		{`client_backend_usage{service="x"} 9`, Used, "x", ""},
		{`client_backend_errors_total{service="x"} 9`, Errors, "x", ""},
	} {
		m, err := Read(strings.NewReader("# TYPE x gauge\n"+c.line+"\n"), "a.prom")
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		p := m.Pools[0]
		if len(m.Pools) != 1 || len(p.Values[c.role]) != 1 || p.Service != c.service || p.Instance != c.instance {
			t.Errorf("%s: %+v", c.line, p)
		}
	}
	for _, line := range []string{`db_client_connections_usage{state="broken"} 3`, `db_client_connection_count 3`, `redis_pool_hit_total 3`, `hikaricp_connections NaN`} {
		if m, err := Read(strings.NewReader(line), "a.prom"); err == nil {
			t.Errorf("%s: %+v", line, m.Pools[0])
		}
	}
}

// TestMapTable: every line of the table is complete, no two say the same.
func TestMapTable(t *testing.T) {
	seen := map[string]bool{}
	for x := range MetricTable() {
		k := x.Name + x.Label + x.Value
		if seen[k] || x.From == "" || !metricName(strings.TrimPrefix(x.Name, "*")) || (x.Label == "") != (x.Value == "") {
			t.Errorf("%+v", x)
		}
		seen[k] = true
	}
}

const ownMap = `# our exporter
used     myapp_redis_busy
max      myapp_redis_limit      # of one instance
timeouts *_redis_wait_timeouts_total
errors   myapp_calls_total{result="error"}
service  team
instance node_ip
`

func TestMapFile(t *testing.T) {
	by, err := ReadMap(strings.NewReader(ownMap), "own.map")
	if err != nil {
		t.Fatal(err)
	}
	m, err := by.Read(strings.NewReader(`myapp_redis_busy{team="shop",node_ip="10.0.0.1",service="no"} 7 1000
myapp_redis_limit{team="shop",node_ip="10.0.0.1"} 8 1000
eu_redis_wait_timeouts_total{team="shop",node_ip="10.0.0.1"} 3 1000
myapp_calls_total{team="shop",node_ip="10.0.0.1",result="ok"} 300 1000
myapp_calls_total{team="shop",node_ip="10.0.0.1",result="error"} 5 1000
hikaricp_connections_active{team="shop",node_ip="10.0.0.2"} 1 1000
`), "a.prom")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Pools) != 2 || m.Unknown != 1 {
		t.Fatalf("%d pools, %d unknown", len(m.Pools), m.Unknown)
	}
	p := m.Pools[0]
	got := fmt.Sprint(p.Service, p.Instance, p.Values[Used], p.Values[Max], p.Values[Timeouts], p.Values[Errors])
	if got != "shop10.0.0.1[{1000 7}] [{1000 8}] [{1000 3}] [{1000 5}]" && got != "shop 10.0.0.1 [{1000 7}] [{1000 8}] [{1000 3}] [{1000 5}]" {
		t.Errorf("%s", got)
	}
}

// TestMapBad: one error, with the file and the line.
func TestMapBad(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "own.map:1: no mapping found"},
		{"# nothing\n\n", "own.map:2: no mapping found"},
		{"used a\nuseed b\n", `own.map:2: unknown role "useed"; roles are total, idle, used, max, timeouts, waiting, errors, and service and instance for labels`},
		{"used\n", "own.map:1: 1 words where two are wanted"},
		{"used a b\n", "own.map:1: 3 words where two are wanted"},
		{"used my-metric\n", `own.map:1: "my-metric" is no name of a metric`},
		{"used a*b\n", `own.map:1: "a*b" is no name of a metric`},
		{"used *\n", `own.map:1: "*" is no name of a metric`},
		{"used a{state=used}\n", `own.map:1: "{state=used}" is no condition on one label`},
		{"used a{state=\"used\"\n", `is no condition on one label`},
		{"service 1st\n", `own.map:1: "1st" is no name of a label`},
		{"used " + strings.Repeat("x", 70<<10), "own.map:1: a line of over 64 KiB"},
		{strings.Repeat("used a\n", maxMap+1), fmt.Sprintf("own.map:%d: more than %d mappings", maxMap+1, maxMap)},
	} {
		_, err := ReadMap(strings.NewReader(c.text), "own.map")
		var in *record.InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.30q: %v, want %s", c.text, err, c.want)
		}
	}
}

// TestSeriesAddUp: errors by kind are one count, whatever the order of the file.
func TestSeriesAddUp(t *testing.T) {
	byTime := `client_backend_errors_total{service="x",kind="a"} 5 1000
client_backend_errors_total{service="x",kind="b"} 100 1000
client_backend_errors_total{service="x",kind="a"} 6 2000
client_backend_errors_total{service="x",kind="b"} 110 2000
client_backend_errors_total{service="x",kind="a"} 9 3000
`
	lines := strings.SplitAfter(strings.TrimSuffix(byTime, "\n"), "\n")
	bySeries := lines[0] + lines[2] + lines[4] + "\n" + lines[1] + lines[3]
	for _, text := range []string{byTime, bySeries} {
		m, err := Read(strings.NewReader(text), "a.prom")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(m.Pools[0].Values[Errors]); got != "[{1000 105} {2000 116} {3000 119}]" {
			t.Errorf("%s", got)
		}
	}
	m, _ := Read(strings.NewReader("client_backend_usage{kind=\"a\"} 1\nclient_backend_usage{kind=\"b\"} 2\nclient_backend_usage{kind=\"a\"} 3\n"), "a.prom")
	if got := fmt.Sprint(m.Pools[0].Values[Used]); got != "[{0 3} {0 3}]" {
		t.Errorf("without times: %s", got)
	}
}

// FuzzMap: any mapping and any metrics are read or refused with a place, in bounds.
func FuzzMap(f *testing.F) {
	f.Add(ownMap, `myapp_redis_busy{team="shop"} 7 1000`)
	f.Add("used a{b=\"c\"}", `a{b="c"} 1e300`)
	f.Fuzz(func(t *testing.T, mapping, metrics string) {
		by, err := ReadMap(strings.NewReader(mapping), "m")
		if err != nil {
			var in *record.InputError
			if !errors.As(err, &in) || in.Pos.Line == 0 {
				t.Fatalf("%v has no place", err)
			}
			by = DefaultMap()
		}
		if m, err := by.Read(strings.NewReader(metrics), "a"); err == nil && len(m.Pools) == 0 {
			t.Fatal("no pool and no error")
		}
	})
}

// TestMapDocumented: the manual names every role.
func TestMapDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roleWords {
		if !strings.Contains(string(text), "`"+role+"`") {
			t.Errorf("docs/method.md does not say what role %s is", role)
		}
	}
}
