package fleet_test

import (
	"flag"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/connbox/connbox/fixtures/schema"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/fleet/reduce"
)

var update = flag.Bool("update", false, "write docs/schema anew")

// TestSchema: docs/schema is what the types say.
func TestSchema(t *testing.T) {
	for name, of := range map[string]struct {
		t   reflect.Type
		dir string
	}{"fleet-row": {reflect.TypeFor[fleet.Row](), "."}, "fleet": {reflect.TypeFor[reduce.Summary](), "reduce"}} {
		schema.HoldType(t, filepath.Join("..", "docs", "schema"), name, of.t, *update, "./fleet", of.dir)
	}
}
