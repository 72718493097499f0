package result

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/connbox/connbox/fixtures/schema"
)

var update = flag.Bool("update", false, "write docs/schema anew")

// TestSchemas: docs/schema is what the types say.
func TestSchemas(t *testing.T) {
	for name, of := range map[string]reflect.Type{"report": reflect.TypeFor[Report](), "brief": reflect.TypeFor[Brief](), "diff": reflect.TypeFor[Diff]()} {
		got, err := schema.Of("connbox-"+name+".schema.json", of, ".")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "docs", "schema", name+".schema.json")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, got) {
			t.Errorf("%s is not what the types say (%v); go test ./report/result ./cmd/connbox/check ./cmd/connbox/inspect -run TestSchema -update", path, err)
		}
	}
}
