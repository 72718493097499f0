package record

import (
	"fmt"
	"testing"
)

// TestInterner checks that what strangers invent is forgotten, and what is used is kept.
func TestInterner(t *testing.T) {
	var in Interner
	for i := range 3 * maxIntern {
		in.Intern(fmt.Appendf(nil, "name-%d", i))
		if i%1000 == 0 && in.Intern([]byte("kept")) != "kept" {
			t.Fatal("a wrong string")
		}
		if len(in.cur)+len(in.old) > 2*maxIntern {
			t.Fatalf("%d strings are held", len(in.cur)+len(in.old))
		}
	}
	if in.cur["kept"]+in.old["kept"] == "" {
		t.Error("a string in use is forgotten")
	}
}
