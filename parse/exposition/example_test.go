package exposition_test

import (
	"fmt"

	"github.com/connbox/connbox/parse/exposition"
)

func ExampleReader() {
	r := exposition.NewReader()
	for _, line := range []string{"# TYPE redis_connected_clients gauge", `redis_connected_clients{addr="redis-1:6379"} 412 1795242489250`} {
		if s, ok := r.Sample([]byte(line)); ok {
			fmt.Println(s.Name, s.Label("instance", "addr"), s.Value, s.T)
		}
	}
	// Output: redis_connected_clients redis-1:6379 412 1.79524248925e+09
}
