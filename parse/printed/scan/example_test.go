package scan_test

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/parse/printed/scan"
)

func ExampleLiteral() {
	tokens := scan.Literal(scan.New(strings.NewReader("{'connected_clients': 412,\n 'role': 'master'}")))
	for t, err := tokens.Next(); err == nil; t, err = tokens.Next() {
		fmt.Printf("%d %q\n", t.Line, t.Text)
	}
	// Output:
	// 1 ""
	// 1 "connected_clients"
	// 1 "412"
	// 2 "role"
	// 2 "master"
	// 2 ""
}
