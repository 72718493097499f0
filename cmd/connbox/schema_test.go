package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/connbox/connbox/fixtures/schema"
)

// published compiles a schema of docs/schema, so that it refuses what it does not name.
func published(t *testing.T, root, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "..", "..", "docs", "schema", name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	strict, err := schema.Strict(text)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(strict)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOutputsFollowTheirSchemas: what the program writes of every recorded incident, and of inputs
// that are hardly any, is what docs/schema says, with no field beside.
func TestOutputsFollowTheirSchemas(t *testing.T) {
	root := workDir(t)
	inputs, err := filepath.Glob(filepath.Join(root, "..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(inputs) < 20 {
		t.Fatalf("%d recordings, %v", len(inputs), err)
	}
	write(t, "one.txt", dump(1))
	write(t, "few.txt", dump(4)+"a remark\n")
	write(t, "two.txt", dump(3)+strings.ReplaceAll(dump(3), "run_id:0", "run_id:1"))
	inputs = append(inputs, "one.txt", "few.txt", "two.txt")
	forms := map[string]*jsonschema.Schema{}
	for _, name := range []string{"report", "brief", "inspect", "diff", "check", "expect"} {
		forms[name] = published(t, root, name)
	}
	hold := func(form string, codes string, args ...string) {
		t.Helper()
		r := invoke(t, args...)
		if !strings.Contains(codes, string(rune('0'+r.code))) {
			t.Errorf("%v: status %d: %s", args, r.code, r.err)
			return
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(r.out))
		if err != nil {
			t.Errorf("%v: %v", args, err)
		} else if err := forms[form].Validate(v); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	for i, in := range inputs {
		hold("report", "0", "analyze", "-o", "json", in)
		hold("brief", "0", "analyze", "-o", "brief", in)
		hold("inspect", "0", "inspect", "-o", "json", in)
		hold("diff", "0", "diff", "-o", "json", in, inputs[(i+1)%len(inputs)])
	}
	hold("check", "0", "check", "-o", "json", filepath.Join(root, "..", "..", "fixtures", "incidents"))
	kept, err := filepath.Glob(filepath.Join(root, "..", "..", "fixtures", "incidents", "*.expect.json"))
	if err != nil || len(kept) < 20 {
		t.Fatalf("%d expectations, %v", len(kept), err)
	}
	for _, file := range kept {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text))); err != nil || forms["expect"].Validate(v) != nil {
			t.Errorf("%s: %v, %v", file, err, forms["expect"].Validate(v))
		}
	}
	write(t, "x.expect.json", `{"expect": 1, "input": "one.txt", "verdict": "connection-leak"}`)
	hold("check", "14", "check", "-o", "json", "x.expect.json")
}

// TestSchemasRefuse: a strict schema says no to a field that it does not name, and to a null where
// a list must be.
func TestSchemasRefuse(t *testing.T) {
	s := published(t, workDir(t), "check")
	for text, want := range map[string]bool{
		`{"schema": 1, "passed": 0, "failed": 0, "results": []}`:              true,
		`{"schema": 1, "passed": 0, "failed": 0, "results": [], "new": true}`: false,
		`{"schema": 1, "passed": 0, "failed": 0, "results": null}`:            false,
		`{"schema": 1, "passed": 0, "results": []}`:                           false,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
