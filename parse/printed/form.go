package printed

import (
	"bytes"
	"strings"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// A Form is what a text was found to be.
type Form uint8

// The forms. More may be added.
const (
	FormNone       Form = iota
	FormStat            // redis-cli --stat
	FormExposition      // an exporter's text
	FormPrometheus      // JSON of Prometheus' query and query_range
	FormCloudWatch
	FormDatadog
	FormAzure
	FormGoogle
	FormOTLP
	FormTelegraf
	FormRows       // JSON with metrics' names of which we know one
	FormDashboard  // a dashboard's definition: no data
	FormDictionary // INFO or CLIENT LIST in JSON
	FormLiteral    // the same as a language prints it
	FormPHP        // the same as PHP's print_r and var_dump do
	FormCSV
	FormTable   // CSV of times and numbers, none of them under a name of ours
	FormSockets // ss, netstat: a line a socket
	FormPeers   // counts of sockets by peer
	FormPairs   // names and values, one a line
	FormHeroku  // what Heroku's Redis logs of itself
	numForms
)

const instead = "nothing in it is of a server's connections; export connected_clients, maxclients, " +
	"total_connections_received and rejected_connections (redis_connected_clients …, CurrConnections and NewConnections, redis.net.clients, connectedclients)"

// String gives the form's name, as people call it.
func (f Form) String() string { return forms[f].name }

type formRow struct {
	name    string
	read    func(*Result, *scan.Text) error
	instead string // what to do where the text holds nothing for us
}

// forms says how each form is called and read.
var forms = [numForms]formRow{
	FormNone:       {name: "no known form"},
	FormStat:       {"redis-cli --stat", readStat, ""},
	FormExposition: {"an exporter's metrics (Prometheus text)", readExposition, instead},
	FormPrometheus: {"Prometheus query JSON", readJSON,
		instead + "; a series without a name comes of sum() and the like: query the metric itself"},
	FormCloudWatch: {"CloudWatch JSON", readJSON, instead},
	FormDatadog:    {"Datadog JSON", readJSON, instead},
	FormAzure:      {"Azure Monitor JSON", readJSON, instead},
	FormGoogle:     {"Google Cloud Monitoring JSON", readJSON, instead},
	FormOTLP:       {"OpenTelemetry metrics JSON", readJSON, instead},
	FormTelegraf:   {"Telegraf JSON", readJSON, instead},
	FormRows:       {"metrics in JSON", readJSON, instead},
	FormDashboard: {"a dashboard's definition", readJSON,
		"it says what is drawn, not the values: download the panel's data as CSV (Inspect, Data) or query its source"},
	FormDictionary: {"INFO or CLIENT LIST as JSON", readJSON, ""},
	FormLiteral:    {"INFO or CLIENT LIST as a language prints it", readLiteral, ""},
	FormPHP:        {"INFO or CLIENT LIST as PHP prints it", readPHP, ""},
	FormCSV:        {"CSV of metrics", readCSV, instead},
	FormTable: {"CSV of times and numbers", readTable,
		"no column has a name that is known; name it connected_clients, " +
			"maxclients, total_connections_received or rejected_connections"},
	FormSockets: {"a table of sockets (ss, netstat)", readSockets,
		"no socket in it has a port that stands out as the server's"},
	FormPeers:  {"counts of sockets by peer", readPeers, ""},
	FormPairs:  {"names and values of metrics", readPairs, ""},
	FormHeroku: {"Heroku's metrics logs", readHeroku, ""},
}

// Tell finds out what a text is from its beginning, of which a caller should give some
// 64 KiB. FormNone: none of these; so it is for text that speaks of such data, and for
// replies of a server, which other readers know. A prefix that all lines share, as an indent
// or the mark of a quote, does no harm.
func Tell(head []byte) Form {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = scan.Unprefixed(head)
	if bytes.IndexByte(head, 0) >= 0 {
		return FormNone
	}
	if at, ok := dataStart(head); ok {
		if f := tellData(head[at:]); f != FormNone {
			return f
		}
	}
	for _, is := range [...]struct {
		form Form
		ok   func([][]byte) bool
	}{{FormStat, isStat}, {FormHeroku, isHeroku}, {FormPHP, isPHP}, {FormExposition, isExposition}, {FormCSV, isCSV}, {FormSockets,
		isSockets}, {FormPeers, isPeers}, {FormPairs, isPairs}, {FormTable, isTable}} {
		if is.ok(scan.Lines(head)) {
			return is.form
		}
	}
	return FormNone
}

// maxPreamble is how many lines may stand before nested data: a prompt with the command.
const maxPreamble = 12

// dataStart finds where nested data begin: at the first line that does, after at most some
// lines that are no reply of a server.
func dataStart(head []byte) (int, bool) {
	at := 0
	for n := 0; n < maxPreamble && at < len(head); n++ {
		line, _, more := bytes.Cut(head[at:], []byte("\n"))
		if i, ok := opensData(line); ok {
			return at + i, true
		}
		if key, _, ok := bytes.Cut(line, []byte(":")); ok && metric.KeyOf(string(key)) >= 0 || bytes.HasPrefix(line,
			[]byte("# ")) && !bytes.Contains(line, []byte("$")) {
			return 0, false
		}
		if !more {
			break
		}
		at += len(line) + 1
	}
	return 0, false
}

// opensData finds the bracket in a line that begins nested data, after a prompt of IPython,
// Ruby or Node, and what Perl and Elixir put before a map.
func opensData(line []byte) (int, bool) {
	s := strings.TrimLeft(string(line[:min(len(line), 200)]), " \t")
	at := len(line[:min(len(line), 200)]) - len(s)
	for _, prompt := range [...]string{"Out[", "=> ", "> ", "$VAR1 = ", "%"} {
		if !strings.HasPrefix(s, prompt) {
			continue
		}
		rest := strings.TrimPrefix(s, prompt)
		if prompt == "Out[" {
			_, after, ok := strings.Cut(rest, "]: ")
			if !ok {
				return 0, false
			}
			rest = after
		}
		at += len(s) - len(rest)
		s = rest
		break
	}
	trimmed := strings.TrimRight(s, " \t\r")
	switch {
	case strings.HasPrefix(s, "{"), trimmed == "[", strings.HasPrefix(s, "[{"), strings.HasPrefix(s, "[ {"),
		strings.HasPrefix(s, "map["):
		return at, true
	}
	return 0, false
}

// jsonSigns tell a program's JSON: all words, in quotes, and where named is set one of our
// names, too.
var jsonSigns = [...]struct {
	form  Form
	named bool
	words []string
}{
	{FormPrometheus, false, []string{"resultType", "result"}},
	{FormCloudWatch, false, []string{"Datapoints"}},
	{FormCloudWatch, false, []string{"MetricDataResults"}},
	{FormDatadog, false, []string{"series", "pointlist"}},
	{FormOTLP, false, []string{"resourceMetrics"}},
	{FormGoogle, true, []string{"points", "metric", "interval"}},
	{FormAzure, true, []string{"timeseries", "data"}},
	{FormDatadog, true, []string{"series", "points"}},
	{FormTelegraf, false, []string{"fields", "tags", "timestamp"}},
	{FormDashboard, false, []string{"panels", "targets"}},
}

// tellData tells nested data: a program's JSON, or dictionaries of INFO or CLIENT LIST.
func tellData(data []byte) Form {
	isJSON := len(data) > 1 && (data[0] == '{' || data[0] == '[') && bytes.IndexByte(bytes.TrimLeft(data[1:],
		" \t\r\n[{"), '"') == 0 &&
		!bytes.Contains(data[:min(len(data), 400)], []byte("=>"))
	words := quoted(data)
	if isJSON {
		known := namesMetric(words)
		for _, s := range jsonSigns {
			all := !s.named || known
			for _, w := range s.words {
				all = all && words[w]
			}
			if all {
				return s.form
			}
		}
	}
	has := func(signs []string) (n int) {
		for _, w := range signs {
			if words[w] {
				n++
			}
		}
		return n
	}
	switch dictionary := has(infoSigns[:]) >= 2 || words["addr"] && has(clientSigns[:]) >= 3; {
	case dictionary && isJSON:
		return FormDictionary
	case dictionary:
		return FormLiteral
	case isJSON && (words["metricName"] || words["metric_name"] || words["MetricName"]) && namesMetric(words):
		return FormRows
	}
	return FormNone
}

// namesMetric tells whether one of the words is the name of a metric that we know.
func namesMetric(words map[string]bool) bool {
	for w := range words {
		if _, ok := metric.Exact(metric.Canonical(w)); ok {
			return true
		}
	}
	return false
}

// quoted gives the short words of nested data: what stands in quotes, and bare words.
func quoted(data []byte) map[string]bool {
	words := map[string]bool{}
	for i := 0; i < len(data) && len(words) < 20_000; {
		switch c := data[i]; {
		case c == '"' || c == '\'':
			end := bytes.IndexByte(data[i+1:], c)
			if end < 0 {
				return words
			}
			if end <= 120 {
				words[string(data[i+1:i+1+end])] = true
			}
			i += end + 2
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			lo := i
			for i < len(data) && (data[i] == '_' || data[i] >= 'a' && data[i] <= 'z' || data[i] >= 'A' &&
				data[i] <= 'Z' || data[i] >= '0' && data[i] <= '9') {
				i++
			}
			if i < len(data) && (data[i] == ':' || data[i] == '=') {
				words[string(data[lo:i])] = true
			}
		default:
			i++
		}
	}
	return words
}

// readJSON reads nested data of JSON; what stands before them may name the metric.
func readJSON(r *Result, in *scan.Text) error {
	t := tree{r: r}
	t.hint, t.hinted = metric.InCommand(r.skipTo(in))
	return r.told(in, t.run(scan.JSON(in)))
}

func readLiteral(r *Result, in *scan.Text) error {
	t := tree{r: r}
	r.skipTo(in)
	return r.told(in, t.run(scan.Literal(in)))
}

// skipTo passes over the lines before nested data, and counts them.
func (r *Result) skipTo(in *scan.Text) string {
	at, _ := dataStart(in.Peek(16 << 10))
	before := in.Skip(at)
	r.others(strings.Count(before, "\n"))
	return before
}

// Around is the name under which a Result counts lines around nested data.
const Around = "(lines around it)"

func (r *Result) others(lines int) {
	if lines > 0 {
		r.used(Around, "", lines)
	}
}

// told makes a note of what ended nested data. Other text behind them is no error.
func (r *Result) told(in *scan.Text, err error) error {
	if err == nil || err == errFull || in.Failed(err) {
		return err
	}
	at := in.Done()
	if scan.IsEnd(err) {
		r.note("cut short at line %d: what came before is read", at)
		return nil
	}
	in.Drain()
	r.others(int(in.Lines() - at + 1))
	if r.Len() == 0 && r.series.kept == 0 {
		r.note("cannot be read from line %d on: %s", at, clean(err.Error(), 120))
	}
	return nil
}
