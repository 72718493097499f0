package inspect

import (
	"flag"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/connbox/connbox/fixtures/schema"
)

var update = flag.Bool("update", false, "write docs/schema anew")

// TestSchema: docs/schema is what the types say.
func TestSchema(t *testing.T) {
	schema.HoldType(t, filepath.Join("..", "..", "..", "docs", "schema"), "inspect", reflect.TypeFor[Result](), *update, "./cmd/connbox/inspect", ".")
}
