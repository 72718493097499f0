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

// extraFields describes keys of CLIENT LIST that have no Field of their own, because few
// servers print them: their values are in Client.Extra. It is for docs/servers.md. None of these servers was run; the
// keys are from their source, and Azure's and Redis' from documentation.
var extraFields = [...]FieldSpec{
	{Key: "http", Class: ClassIdentity, Since: "Dragonfly"},
	{Key: "tls", Class: ClassIdentity, Since: "Dragonfly"},
	{Key: "send-wait-time", Unit: "seconds", Class: ClassGauge, Since: "Dragonfly"},
	{Key: "tid", Class: ClassState, Since: "Dragonfly"},
	{Key: "irqmatch", Unit: "0 or 1", Class: ClassState, Since: "Dragonfly"},
	{Key: "pipeline", Unit: "count", Class: ClassGauge, Since: "Dragonfly"},
	{Key: "pbuf", Unit: "bytes", Class: ClassGauge, Since: "Dragonfly"},
	{Key: "tot-read-calls", Unit: "count", Class: ClassCounter, Since: "Dragonfly"},
	{Key: "tot-dispatches", Unit: "count", Class: ClassCounter, Since: "Dragonfly"},
	{Key: "phase", Class: ClassState, Since: "Dragonfly"},
	{Key: "repl-phase", Class: ClassState, Since: "Dragonfly"},
	{Key: "namespace", Class: ClassIdentity, Since: "Kvrocks"},
	{Key: "obuf", Unit: "bytes", Class: ClassGauge, Since: "Kvrocks"},
	{Key: "ow", Class: ClassState, Since: "Azure"},
	{Key: "owmem", Unit: "bytes", Class: ClassGauge, Since: "Azure"},
	{Key: "numops", Unit: "count", Class: ClassCounter, Since: "Azure"},
}

func TestExtraFields(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range extraFields {
		if _, ok := FieldByKey(s.Key); ok || seen[s.Key] || s.Key == "" || s.Since == "" || s.Num != nil || s.Str != nil {
			t.Errorf("%+v", s)
		}
		seen[s.Key] = true
	}
}
