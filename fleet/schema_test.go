package fleet_test

import (
	"bytes"
	"flag"
	"os"
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
		got, err := schema.Of("connbox-"+name+".schema.json", of.t, of.dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "docs", "schema", name+".schema.json")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, got) {
			t.Errorf("%s is not what the types say (%v); go test ./fleet -run TestSchema -update", path, err)
		}
	}
}
