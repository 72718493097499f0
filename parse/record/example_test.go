package record_test

import (
	"fmt"

	"github.com/connbox/connbox/parse/record"
)

// What a letter means, and what counts against the limit, depends on the server.
func ExampleIdentify() {
	var info record.Info
	info.Reset([]byte("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n"))
	id := record.Identify(&info)
	props, unknown := id.Flags("Iz")
	fmt.Println(id, props, unknown, id.Slots().LimitKey)
	// Output: valkey 8.1.1 import-source z maxclients
}
