package record

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const serversPage = "../../docs/servers.md"

// generatedFrom is where the part of the page begins that the tables are the source of.
const generatedFrom = "## What counts against the limit\n"

// TestServersPage holds docs/servers.md against the tables. CONNBOX_UPDATE=1 writes it anew.
func TestServersPage(t *testing.T) {
	text, err := os.ReadFile(serversPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	byHand, _, _ := strings.Cut(page, generatedFrom)
	want := byHand + generatedFrom + serverTables()
	if os.Getenv("CONNBOX_UPDATE") != "" {
		if err := os.WriteFile(serversPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		page = want
	}
	if page != want {
		t.Errorf("%s is not what the tables say; write it anew with CONNBOX_UPDATE=1 go test ./parse/record -run TestServersPage", serversPage)
	}
	folders, err := filepath.Glob("../../fixtures/servers/*")
	if err != nil || len(folders) < 10 {
		t.Fatalf("%d folders, %v", len(folders), err)
	}
	for _, f := range folders {
		if _, version, _ := strings.Cut(filepath.Base(f), "-"); !strings.Contains(byHand, version) {
			t.Errorf("the page does not name the recorded %s", filepath.Base(f))
		}
	}
	for _, s := range familySigns {
		if !strings.Contains(byHand, "`"+s.key+"`") {
			t.Errorf("the page does not say that %s tells %v", s.key, s.family)
		}
	}
}

// cell makes a text fit for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func versionText(v [2]int) string {
	if v == [2]int{} {
		return "all"
	}
	return fmt.Sprintf("%d.%d", v[0], v[1])
}

func classText(c FieldClass) string {
	return [...]string{ClassIdentity: "text", ClassGauge: "gauge", ClassCounter: "counter", ClassState: "state"}[c]
}

func serverTables() string {
	var b strings.Builder
	b.WriteString("\nFrom here on the page is made from the tables in the code (`parse/record`: `server.go`, `flag.go`, `field.go`, and of INFO's keys, of which the program needs no table, `infokeys_table_test.go`).\n\n")
	b.WriteString("Redis, Valkey and KeyDB admit exactly maxclients connections. Where the columns say so, replicas and links of the cluster bus take\nslots beside what connected_clients counts.\n\n")
	b.WriteString("| server | since | limit in INFO | replicas beside connected_clients | cluster links | rejected_connections counts | how known | remark |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range slotRules {
		key := "`" + r.LimitKey + "`"
		if r.LimitKey == "" {
			key = "no"
		}
		fmt.Fprintf(&b, "| %v | %s | %s | %s | %s | %s | %v | %s |\n", r.Family, versionText(r.Since), key, yes(r.Replicas), yes(r.Links), yes(r.Refused), r.Known, r.Note)
	}
	b.WriteString("\n## Flags of CLIENT LIST\n\nThe lines of redis hold for Azure, too; for KeyDB as of 6.2, for Dragonfly and Valkey as of 7.2, with Valkey's own lines first.\n\n| letter | server | since | means | how known | remark |\n|---|---|---|---|---|---|\n")
	for _, f := range flags {
		fmt.Fprintf(&b, "| %c | %v | %s | %s | %v | %s |\n", f.Letter, f.Family, versionText(f.Since), f.Prop, f.Known, f.Note)
	}
	b.WriteString("\n## Keys of CLIENT LIST\n\nThose without a column of their own are kept as text.\n\n| key | kind | unit | since | column |\n|---|---|---|---|---|\n")
	for f := range clientFields {
		s := &clientFields[f]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | yes |\n", s.Key, classText(s.Class), s.Unit, s.Since)
	}
	for _, s := range extraFields {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | no |\n", s.Key, classText(s.Class), s.Unit, s.Since)
	}
	b.WriteString("\n## Keys of INFO\n\n`#` stands for a number, `*` for any text. Versions are the first (and last) recorded ones that print the key: it may be older.\nDragonfly's, Kvrocks' and Garnet's keys are known from their source, whatever the last column says.\n\n| key | section | kind | unit | servers | how known |\n|---|---|---|---|---|---|\n")
	for m := range Metrics() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %v |\n", cell("`"+m.Key+"`"), m.Section, classText(m.Class), m.Unit, m.Servers, m.Known)
	}
	b.WriteString("\n### Values of several parts\n\n| key | part | kind | unit | since |\n|---|---|---|---|---|\n")
	for p := range MetricParts() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.Metric, p.Part, classText(p.Class), p.Unit, p.Since)
	}
	return b.String()
}
