package record

import "testing"

// A bundle may come from anybody: what is no entry is none.
func TestOtherThatIsNoLog(t *testing.T) {
	for _, o := range []Other{
		{Command: "ROLE", Text: []byte(`{"Count":1}`)},
		{Command: logCommand},
		{Command: logCommand, Text: []byte("{")},
		{Command: logCommand, Text: []byte(`{"Count":0}`)},
		{Command: logCommand, Text: []byte(`{"Count":-5}`)},
		{Command: logCommand, Text: []byte(`{"Count":1,"At":"tomorrow"}`)},
	} {
		var l Log
		if o.Log(&l) {
			t.Errorf("%q %q gives %+v", o.Command, o.Text, l.Entry)
		}
	}
}
