package outcome

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
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
		Skipped int         `xml:"skipped,attr"` // none ever is; Surefire's schema wants to hear it
		Cases   []junitCase `xml:"testcase"`
	}
	junitRoot struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCounts
		Suite junitSuite `xml:"testsuite"`
	}
)

// writeJUnit writes what Jenkins and GitLab read, and nothing that the schemas of Jenkins' xUnit plugin
// and of Surefire do not know (no file of a testcase, which the first refuses). The message is repeated
// in the body of the failure, for GitLab shows only that, with the places and the evidence.
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
		c := junitCase{Class: "connbox", Name: cli.Safe(o.Name), Time: took(o.Took)}
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
	if err := e.Encode(junitRoot{junitCounts: counts, Suite: junitSuite{counts, 0, cases}}); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
