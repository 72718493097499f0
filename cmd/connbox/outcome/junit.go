package outcome

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

type (
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Body    string `xml:",cdata"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr"`
		Time    string        `xml:"time,attr,omitempty"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitCounts struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr,omitempty"`
	}
	junitSuite struct {
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitRoot struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCounts
		Suite junitSuite `xml:"testsuite"`
	}
)

// writeJUnit writes what Jenkins and GitLab read. The message is repeated in the body of the
// failure, for GitLab shows only that, with the evidence below.
func writeJUnit(w io.Writer, r *Report) error {
	took := func(d time.Duration) string {
		if !r.Times {
			return ""
		}
		return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
	}
	counts := junitCounts{Name: r.Command, Tests: len(r.All)}
	var cases []junitCase
	var sum time.Duration
	for i := range r.All {
		o := &r.All[i]
		sum += o.Took
		c := junitCase{Class: "connbox", Name: cli.Safe(o.Name), File: cli.Safe(o.File), Time: took(o.Took)}
		switch o.Code {
		case cli.StatusDone:
		case cli.StatusFinding, cli.StatusTooLittle:
			kind := "expectation"
			if o.Code == cli.StatusTooLittle {
				kind = "undetermined"
			}
			c.Failure = &junitProblem{o.text(), kind, o.body()}
			counts.Failures++
		default:
			c.Error = &junitProblem{o.text(), "input", o.body()}
			counts.Errors++
		}
		cases = append(cases, c)
	}
	counts.Time = took(sum)
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", " ")
	if err := e.Encode(junitRoot{junitCounts: counts, Suite: junitSuite{counts, cases}}); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// body gives what was wrong line by line, with the evidence.
func (o *Outcome) body() string {
	var b strings.Builder
	for _, p := range o.Problems {
		b.WriteString(cli.Safe(p.String(o.File)) + "\n")
	}
	seen := map[string]bool{}
	for i := range o.Diffs {
		b.WriteString(cli.Safe(o.Diffs[i].String()) + "\n")
		for _, e := range fresh(o.Diffs[i].Evidence, seen) {
			b.WriteString("  " + cli.Safe(said(e)) + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
