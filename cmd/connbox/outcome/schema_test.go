package outcome

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

// TestSchema: docs/schema is what the types say.
func TestSchema(t *testing.T) {
	got, err := schema.Of("connbox-check.schema.json", reflect.TypeFor[Check](), ".")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "..", "docs", "schema", "check.schema.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, got) {
		t.Errorf("%s is not what the types say (%v); go test ./cmd/connbox/outcome -run TestSchema -update", path, err)
	}
}
