package logs

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

var docExample = regexp.MustCompile("(?s)```log\n(.*?)```\n\n```tells\n(.*?)```\n")

// The page's examples are read, and tell what stands under them.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/reads.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := docExample.FindAllSubmatch(page, -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples of logs", len(examples))
	}
	for _, x := range examples {
		j := read(t, string(x[1])).Judge()
		what := "nothing"
		switch {
		case len(j.Candidates) > 0 && j.Candidates[0].Settled:
			what = j.Candidates[0].Cause + ", settled"
		case len(j.Candidates) > 0:
			what = j.Candidates[0].Cause + ", candidate"
		case j.Quiet:
			what = "quiet"
		}
		if got := fmt.Sprintf("%s\n%s\n", what, j.Summary); got != string(x[2]) {
			t.Errorf("got\n%swant\n%s", got, x[2])
		}
	}
}
