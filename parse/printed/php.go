package printed

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/printed/scan"
)

// PHP prints a member as [connected_clients] => 412 (print_r), or as ["connected_clients"]=> with
// string(3) "412" in the line below (var_dump). An array within begins with "Array" and "(", or
// with array(44) {.
var (
	phpMember = regexp.MustCompile(`^\s*\[([^\]"\s]{1,64})\] =>(.*)$`)
	phpKey    = regexp.MustCompile(`^\s*\["?([^\]"\s]{1,64})"?\]=>$`)
	phpString = regexp.MustCompile(`^\s*string\(\d+\) "(.*)"$`)
	phpScalar = regexp.MustCompile(`^\s*(?:int|float|bool|enum)\((.*)\)$`)
	phpArray  = regexp.MustCompile(`^\s*(?:\(|array\(\d+\) (?:refcount\(\d+\) ?)?\{)$`)
)

func isPHP(lines [][]byte) bool {
	signs, clients, addr := 0, 0, false
	for _, l := range lines {
		l = phpLine(l)
		m := phpMember.FindSubmatch(l)
		if m == nil {
			m = phpKey.FindSubmatch(l)
		}
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

// phpLine is what is looked at of a line.
func phpLine(line []byte) []byte {
	return bytes.TrimRight(line[:min(len(line), scan.MaxValue)], " \r\n")
}

// A phpReader makes tokens of lines. An array is a list where its first key is a number.
type phpReader struct {
	tree
	open    []bool // of the arrays that are not closed, whether each is a list
	pending bool   // the innermost has no key yet
	others  int
}

func readPHP(r *Result, in *scan.Text) error {
	p := phpReader{tree: tree{r: r}}
	err := in.EachLine(p.line)
	p.abandon()
	r.others(p.others)
	if err == io.EOF {
		return nil
	}
	return err
}

func (p *phpReader) line(n int64, line []byte) error {
	line = phpLine(line)
	word := string(bytes.TrimSpace(line))
	switch m, k := phpMember.FindSubmatch(line), phpKey.FindSubmatch(line); {
	case phpArray.Match(line):
		if err := p.begin(n, false); err != nil {
			return err
		}
		p.open, p.pending = append(p.open, false), true
	case (word == ")" || word == "}") && len(p.open) > 0:
		return p.close(n)
	case k != nil && len(p.open) > 0:
		return p.key(n, string(k[1]))
	case m != nil && len(p.open) > 0:
		if err := p.key(n, string(m[1])); err != nil {
			return err
		}
		if value := strings.TrimSpace(string(m[2])); value != "Array" {
			return p.scalar(n, value)
		}
	case len(p.open) > 0 && !p.pending && phpString.Match(line):
		return p.scalar(n, string(phpString.FindSubmatch(line)[1]))
	case len(p.open) > 0 && !p.pending && phpScalar.Match(line):
		return p.scalar(n, string(phpScalar.FindSubmatch(line)[1]))
	case word != "" && word != "Array" && word != "NULL":
		p.others++
	}
	return nil
}

// begin says that the innermost array begins, if that is not said yet.
func (p *phpReader) begin(n int64, list bool) error {
	if !p.pending {
		return nil
	}
	p.pending = false
	p.open[len(p.open)-1] = list
	return p.take(scan.Token{Kind: bracket(list, scan.OpenArray, scan.OpenObject), Line: n})
}

func (p *phpReader) close(n int64) error {
	if err := p.begin(n, false); err != nil {
		return err
	}
	list := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	return p.take(scan.Token{Kind: bracket(list, scan.CloseArray, scan.CloseObject), Line: n})
}

func bracket(list bool, array, object scan.TokenKind) scan.TokenKind {
	if list {
		return array
	}
	return object
}

// key takes the key of a member, which a list's are not told by.
func (p *phpReader) key(n int64, key string) error {
	if err := p.begin(n, strings.Trim(key, "0123456789") == ""); err != nil {
		return err
	}
	if p.open[len(p.open)-1] {
		return nil
	}
	return p.scalar(n, key)
}

func (p *phpReader) scalar(n int64, text string) error {
	return p.take(scan.Token{Kind: scan.IsString, Text: text, Line: n})
}
