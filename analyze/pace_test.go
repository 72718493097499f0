package analyze

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// Lists without a time are told apart by the ages of those in both.
func TestListsAreTimedByAges(t *testing.T) {
	var text strings.Builder
	for round := range 8 {
		fmt.Fprintf(&text, "# Clients\nconnected_clients:%d\nmaxclients:400\n", 10+round)
		for id := range 10 + round {
			fmt.Fprintf(&text, "id=%d addr=10.0.0.2:%d fd=8 name= age=%d idle=1 flags=N cmd=get\n", id+1, 20000+id, 500-50*id+15*round)
		}
	}
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(text.String()), "x"))
	if err != nil {
		t.Fatal(err)
	}
	if tl.Rounds != 8 || tl.Interval() != 15*time.Second || !tl.Relative {
		t.Errorf("%d rounds, %v apart, relative %v; want 8, 15s", tl.Rounds, tl.Interval(), tl.Relative)
	}
}
