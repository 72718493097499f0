package printed

import (
	"bytes"
	"io"
	"regexp"
	"slices"

	"github.com/connbox/connbox/parse/printed/scan"
)

// printRLine is a member as PHP's print_r writes it: [connected_clients] => 412.
var printRLine = regexp.MustCompile(`^\s*\[([^\]\s]{1,64})\] => (.*)$`)

func isPrintR(lines [][]byte) bool {
	signs, clients, addr := 0, 0, false
	for _, l := range lines {
		m := printRLine.FindSubmatch(l[:min(len(l), scan.MaxValue)])
		if m == nil {
			continue
		}
		key := string(m[1])
		if slices.Contains(infoSigns[:], key) {
			signs++
		}
		if slices.Contains(clientSigns[:], key) {
			clients++
		}
		addr = addr || key == "addr"
	}
	return signs > 1 || addr && clients > 2
}

// readPrintR reads print_r's lines: "Array", "(", members and ")".
func readPrintR(r *Result, in *scan.Text) error {
	t := tree{r: r}
	others := 0
	err := in.EachLine(func(n int64, line []byte) error {
		if len(line) > scan.MaxValue {
			line = line[:scan.MaxValue]
		}
		word := string(bytes.TrimSpace(line))
		m := printRLine.FindSubmatch(line)
		switch {
		case word == "(":
			return t.take(scan.Token{Kind: scan.OpenObject, Line: n})
		case word == ")" && len(t.stack) > 0:
			return t.take(scan.Token{Kind: scan.CloseObject, Line: n})
		case m != nil && len(t.stack) > 0:
			if err := t.take(scan.Token{Kind: scan.IsString, Text: string(m[1]), Line: n}); err != nil {
				return err
			}
			if value := string(bytes.TrimSpace(m[2])); value != "Array" {
				return t.take(scan.Token{Kind: scan.IsString, Text: value, Line: n})
			}
		case word != "" && word != "Array":
			others++
		}
		return nil
	})
	t.abandon()
	r.others(others)
	if err == io.EOF {
		return nil
	}
	return err
}
