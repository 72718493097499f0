package expect

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestPageHasEveryQuantity: docs/expectations.md lists the table of this package.
func TestPageHasEveryQuantity(t *testing.T) {
	const path = "../../docs/expectations.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, q := range Quantities() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", q.ID, q.Unit, q.Doc))
	}
	want := "| quantity | unit | what it is |\n|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	if !strings.Contains(string(page), want) {
		t.Errorf("%s does not have the table\n%s", path, want)
	}
	for name := range setters {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s does not name %s", path, name)
		}
	}
}
