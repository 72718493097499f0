package record

import "testing"

// TestClientFields checks the table itself: every constant has an entry, and each entry
// leads to a member of its own.
func TestClientFields(t *testing.T) {
	seen := map[string]bool{}
	var c Client
	members := map[any]Field{}
	for f := Field(0); f < NoField; f++ {
		s := f.Spec()
		if s.Key == "" || s.Since == "" || seen[s.Key] {
			t.Errorf("field %d: key %q, since %q, seen before: %v", f, s.Key, s.Since, seen[s.Key])
		}
		seen[s.Key] = true
		if (s.Num == nil) == (s.Str == nil) {
			t.Errorf("%s: want exactly one of num and str", s.Key)
			continue
		}
		var member any
		if f.Numeric() {
			member = s.Num(&c)
			c.SetInt(f, int64(f)+1)
		} else {
			member = s.Str(&c)
			c.SetText(f, s.Key)
			if s.Unit != "" {
				t.Errorf("%s: text has no unit", s.Key)
			}
		}
		if other, twice := members[member]; twice {
			t.Errorf("%s and %s share a member", f, other)
		}
		members[member] = f
		if got, ok := FieldByKey(s.Key); !ok || got != f {
			t.Errorf("FieldByKey(%q) = %v, %v", s.Key, got, ok)
		}
	}
	for f := Field(0); f < NoField; f++ {
		n, isInt := c.Int(f)
		s, isText := c.Text(f)
		if isInt != f.Numeric() || isText == f.Numeric() || isInt && n != int64(f)+1 || isText && s != f.String() {
			t.Errorf("%s: got %d %v, %q %v", f, n, isInt, s, isText)
		}
	}
	if _, ok := FieldByKey("no-such"); ok {
		t.Error("FieldByKey finds a key that is not there")
	}
	if _, ok := (&Client{}).Int(FieldID); ok {
		t.Error("a field that was not printed is reported")
	}
}

func TestExtraFields(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range extraFields {
		if _, ok := FieldByKey(s.Key); ok || seen[s.Key] || s.Key == "" || s.Since == "" || s.Num != nil || s.Str != nil {
			t.Errorf("%+v", s)
		}
		seen[s.Key] = true
	}
	if s, ok := FieldSpecByKey("omem"); !ok || s.Unit != "bytes" {
		t.Errorf("%+v", s)
	}
	if _, ok := FieldSpecByKey("no-such"); ok {
		t.Error("found a key that is not there")
	}
}
