package appmetrics_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/appmetrics"
)

func ExampleRead() {
	m, err := appmetrics.Read(strings.NewReader(`# TYPE hikaricp_connections_active gauge
hikaricp_connections_active{application="orders",pool="main"} 8 1795242489000
hikaricp_connections_active{application="orders",pool="main"} 10 1795242499000
`), "orders.prom")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range m.Pools {
		fmt.Println(p.Service, p.Values[appmetrics.Used])
	}
	// Output: orders [{1.795242489e+09 8} {1.795242499e+09 10}]
}
