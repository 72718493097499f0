package expect

import (
	"bytes"
	"encoding/json"
	"flag"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/connbox/connbox/fixtures/schema"
)

var update = flag.Bool("update", false, "write docs/schema and the goldens anew")

// TestSchema: docs/schema is what the types say. An expectation has no other fields than these, and
// an editor is to say so.
func TestSchema(t *testing.T) {
	open, err := schema.Of("connbox-expect.schema.json", reflect.TypeFor[File](), ".")
	if err != nil {
		t.Fatal(err)
	}
	strict, err := schema.Strict(open)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, strict, "", " "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	schema.Hold(t, filepath.Join("..", "..", "docs", "schema"), "expect", got.Bytes(), *update, "./analyze/expect")
}

// TestEveryFieldIsRead: what the schema names, the reader knows, and nothing else.
func TestEveryFieldIsRead(t *testing.T) {
	of := reflect.TypeFor[File]()
	var names []string
	for i := range of.NumField() {
		name, _, _ := bytes.Cut([]byte(of.Field(i).Tag.Get("json")), []byte(","))
		names = append(names, string(name))
	}
	for _, n := range names {
		if setters[n] == nil {
			t.Errorf("%s is not read", n)
		}
	}
	for n := range setters {
		if !slices.Contains(names, n) {
			t.Errorf("%s is in no schema", n)
		}
	}
}
