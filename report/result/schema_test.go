package result

import (
	"flag"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/connbox/connbox/fixtures/schema"
)

var update = flag.Bool("update", false, "write docs/schema anew")

// TestSchemas: docs/schema is what the types say.
func TestSchemas(t *testing.T) {
	for name, of := range map[string]reflect.Type{"report": reflect.TypeFor[Report](), "brief": reflect.TypeFor[Brief](), "diff": reflect.TypeFor[Diff]()} {
		schema.HoldType(t, filepath.Join("..", "..", "docs", "schema"), name, of, *update, "./report/result ./cmd/connbox/outcome ./cmd/connbox/inspect", ".")
	}
}
