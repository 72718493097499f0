package measure

import (
	"testing"

	"github.com/connbox/connbox/analyze/stat"
)

// TestMomentWords: what began before the recording is there since then, and not from then on.
func TestMomentWords(t *testing.T) {
	for want, o := range map[string]Moment{
		"since before the recording": {Before: true},
		"from 09:46:40 on":           {Change: stat.Change{At: 1_000_000_000 + 8*3600}},
	} {
		if got := o.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
