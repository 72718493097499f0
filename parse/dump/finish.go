package dump

import (
	"bytes"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// finish ends the reply being read and makes a record of it.
func (d *Reader) finish() {
	if form := d.form; form != nil {
		d.form = nil
		form.finish(d)
		d.command = ""
	}
}

func (d *Reader) finishInfo() {
	if d.partial && !d.endsWell() {
		d.text = d.text[:d.lastLine]
		d.warn.Add(d.here(), "INFO is cut short inside this line, which is left out")
	}
	if len(d.text) == 0 {
		return
	}
	d.info.Reset(d.text)
	if us, ok := d.info.Int("server_time_usec"); ok && us >= firstClock && us <= lastClock { // from Redis 6.2 on
		d.compareMoment(us)
		d.tellTime(time.UnixMicro(us).UTC())
	} else {
		d.compareMoment(0)
	}
	d.connected = -1
	if n, ok := d.info.Int("connected_clients"); ok {
		d.connected = n
	}
	d.found = true
	d.deliver(&d.info, len(d.text))
}

// A moment is what an INFO tells of one microsecond of a server or, where it has no clock, of one
// second, by the time line before it.
type moment struct {
	us     int64
	at     time.Time
	run    string
	values [len(momentKeys)]int64 // -1: not told
}

// momentKeys are keys that have one value at one moment, however often it is asked for.
var momentKeys = [...]string{"connected_clients", "maxclients", "total_connections_received", "rejected_connections", "uptime_in_seconds"}

// compareMoment doubts an INFO that tells otherwise than the one before it of the same moment.
func (d *Reader) compareMoment(us int64) {
	before := d.moment
	d.moment = moment{us: us, at: d.at, run: d.runID()}
	for i, key := range momentKeys {
		n, ok := d.info.Int(key)
		if !ok {
			n = -1
		}
		d.moment.values[i] = n
	}
	now := &d.moment
	if now.run != before.run || us != before.us {
		return
	}
	by, bad := "server_time_usec", differs
	if us == 0 {
		if by, bad = "the time line", cannotBoth; now.at.IsZero() || !now.at.Equal(before.at) || now.values[4] < 0 || now.values[4] != before.values[4] {
			return
		}
	}
	for i, key := range momentKeys {
		if was, n := before.values[i], now.values[i]; n >= 0 && was >= 0 && bad(i, was, n) {
			d.warn.Add(d.pos, "two INFO of the same moment, by %s, contradict each other: %s is %d and %d", by, key, was, n)
			return
		}
	}
}

func differs(_ int, was, n int64) bool { return was != n }

// cannotBoth tells values of the same second that are none of one server: connections double within it
// in no server that is worth a look, a limit stays, and a counter does not fall.
func cannotBoth(key int, was, n int64) bool {
	switch key {
	case 0:
		return max(was, n) >= 2*min(was, n)+20
	case 1:
		return was != n
	}
	return n < was
}

// endsWell tells whether INFO's last line does no harm although it has no line end: many
// editors and $(...) take the last one off. A number in it could be cut, but in a section
// line there is none, and Keyspace has none that is judged.
func (d *Reader) endsWell() bool {
	if d.lines.err != nil && !atEOF(d.lines.err) {
		return false
	}
	return d.text[d.lastLine] == '#' || len(d.sections) > 0 && d.sections[len(d.sections)-1] == "# Keyspace"
}

// tellTime takes INFO's own clock. Where there are no time lines it is the time of this
// and the next replies. Where there are, it tells a second sample under the same time line
// (its line is missing) and the offset of a zone that is not known by its name.
func (d *Reader) tellTime(server time.Time) {
	switch {
	case !d.told:
		d.at, d.began, d.logTimed = server, server, false
	case d.base.IsZero():
		d.base, d.baseRun = server, d.runID()
		d.findZone(server)
	case d.baseRun == d.runID(): // and not another server's clock
		if later := server.Sub(d.base); later >= time.Second && later < 24*time.Hour {
			d.warnOnce(d.pos, "a time line is missing: server_time_usec tells how much later this reply is")
			d.at = d.lineAt.Add(later)
			d.began = d.at
		}
	}
}

// runID gives what tells one server process from another; empty when INFO does not.
func (d *Reader) runID() string {
	id, _ := d.info.Value("run_id")
	return string(id[:min(len(id), 64)])
}

// findZone gets the offset of a time line's zone from the server's clock: offsets are
// quarters of an hour.
func (d *Reader) findZone(server time.Time) {
	if d.zone == "" {
		return
	}
	if d.at.Year() == record.DayUnknown.Year() { // too far for a Duration
		d.at = server.Truncate(24 * time.Hour).Add(d.at.Sub(d.at.Truncate(24 * time.Hour)))
		switch off := server.Sub(d.at); {
		case off > 12*time.Hour:
			d.at = d.at.Add(24 * time.Hour)
		case off < -12*time.Hour:
			d.at = d.at.Add(-24 * time.Hour)
		}
	}
	off := server.Sub(d.at)
	quarters := off.Round(15 * time.Minute)
	if rest := off - quarters; rest > 2*time.Minute || rest < -2*time.Minute || quarters > 15*time.Hour || quarters < -15*time.Hour {
		d.warnOnce(d.pos, "the time lines' zone is not known (taken as UTC), and server_time_usec does not tell it")
		return
	}
	if quarters != 0 {
		d.warnOnce(d.pos, "the time lines' zone is not known; its offset is taken from server_time_usec")
	}
	d.shift += quarters
	d.at = d.at.Add(quarters)
	d.lineAt, d.began = d.at, d.at
}

func (d *Reader) finishClients() {
	d.parser.Parse(d.text, &d.clients)
	if !d.partial && d.cutLast() {
		d.warn.Add(d.lastPos, "the last line of CLIENT LIST is cut short: of it what is whole is used")
		d.parser.Parse(d.text, &d.clients)
	}
	if d.partial && !d.lastClientWhole() {
		d.clients.Rows = d.clients.Rows[:len(d.clients.Rows)-1]
		d.text = d.text[:d.lastLine]
		d.warn.Add(d.here(), "CLIENT LIST is cut short inside this line, which is left out")
	} else if n := int64(len(d.clients.Rows)); d.ending && d.connected > 0 && n < d.connected*4/5-5 {
		d.warn.Add(d.here(), "the input ends after %d of about %d clients: CLIENT LIST is probably cut short", n, d.connected)
	}
	if len(d.clients.Rows) == 0 {
		return
	}
	picked := picks(d.command)
	if picked && !d.listed {
		d.warn.Add(d.pos, "not the whole CLIENT LIST, but what %q picks of it", d.command)
	}
	asker := strings.HasPrefix(d.command, clientInfo) || len(d.clients.Rows) == 1 && d.clients.Rows[0].Cmd == "client|info"
	if !asker {
		d.found = true
	} else if d.stranger == "" {
		d.stranger = "the reply of CLIENT INFO, which is the one connection that asked: take redis-cli CLIENT LIST, which shows them all, and redis-cli INFO"
	}
	if asker || picked && d.listed { // some clients, but no list of all
		d.other.Command, d.other.Text = d.command, d.text
		if asker {
			d.other.Command = clientInfo
		}
		d.deliver(&d.other, len(d.text))
		return
	}
	d.listed = d.listed || !picked
	size := len(d.text)
	if size > largeText { // its rows take enough, and have copies
		d.text = nil
	}
	d.deliver(&d.clients, size)
}

// clientInfo is the command whose reply is the line of the connection that asks. Where it stands alone without
// a prompt its own last command tells it, from Redis 7.0: in a CLIENT LIST who asks has client|list.
const clientInfo = "CLIENT INFO"

// pickers are what may follow CLIENT LIST to make it a part of the list: its own filters, and programs
// of a shell.
var pickers = map[string]bool{"ID": true, "TYPE": true, "USER": true, "ADDR": true, "LADDR": true, "NAME": true, "LIB-NAME": true, "LIB-VER": true,
	"FLAGS": true, "DB": true, "IP": true, "CAPA": true, "SKIPME": true, "MAXAGE": true, "IDLE": true, "GREP": true, "EGREP": true, "HEAD": true, "TAIL": true}

// picks tells a command that gives a part of CLIENT LIST.
func picks(command string) bool {
	words := strings.Fields(strings.ReplaceAll(command, "|", " "))
	return len(words) > 2 && words[0] == "CLIENT" && words[1] == "LIST" && (pickers[words[2]] || strings.HasPrefix(words[2], "NOT-"))
}

// cutLast tells a last line that a paste cut short although it ends as lines do: it has the first
// keys of the line before it and not the one that servers end with. What may be cut within its
// value is taken off.
func (d *Reader) cutLast() bool {
	n := len(d.clients.Rows)
	if n < 2 || d.full || d.clients.Rows[n-2].Layout < 0 {
		return false
	}
	keys := d.clients.Layouts[d.clients.Rows[n-2].Layout]
	line := bytes.TrimRight(d.text[d.lastLine:], "\n")
	words := bytes.Split(line, []byte(" "))
	last := len(words) - 1
	if last < 1 || last >= len(keys) {
		return false
	}
	for i, w := range words[:last] {
		if key, _, ok := bytes.Cut(w, []byte("=")); !ok || string(key) != string(keys[i]) {
			return false
		}
	}
	key, _, whole := bytes.Cut(words[last], []byte("="))
	if !strings.HasPrefix(string(keys[last]), string(key)) || whole && (endKeys[string(key)] || last == len(keys)-1) {
		return false
	}
	d.text = append(d.text[:d.lastLine+len(line)-len(words[last])-1], '\n')
	return true
}

// endKeys are those that servers' lines end with.
var endKeys = map[string]bool{"cmd": true, "user": true, "redir": true, "resp": true, "lib-ver": true, "io-thread": true, "tot-cmds": true,
	"numops": true, "phase": true}

// lastClientWhole tells whether a last line without a line end is a whole client: it ends
// with a key that servers end with and has the keys of the line before it, if there is
// one. Its last value may still be cut, which is said.
func (d *Reader) lastClientWhole() bool {
	rows := d.clients.Rows
	last := &rows[len(rows)-1]
	if d.lines.err != nil && !atEOF(d.lines.err) || last.Layout < 0 {
		return false
	}
	lay := d.clients.Layouts[last.Layout]
	if end := lay[len(lay)-1]; !endKeys[string(end)] || end != "lib-ver" && d.text[len(d.text)-2] == '=' {
		return false
	}
	if len(rows) > 1 && rows[len(rows)-2].Layout != last.Layout {
		return false
	}
	d.warn.Add(d.here(), "no line end after the last client: its last value may be cut")
	return true
}

// finishTree reads a numbered list, which tells by its content which command's reply it is.
func (d *Reader) finishTree() {
	v, whole := d.values.Tree(d.text)
	d.sayValue(&v, whole, d.text)
}

// sayValue delivers a value as what it is a reply of; text is how it was printed.
func (d *Reader) sayValue(v *reply.Value, whole bool, text []byte) {
	if command := v.Command(); command != "" {
		d.sayOther(command, text)
		return
	}
	if !keptWhole(d.command) { // COMMANDLOG of sizes looks like the slow one
		if entries, all, ok := reply.Slowlog(v); ok {
			d.saySlowlog(entries, whole && all)
			return
		}
		if pairs, all, ok := reply.Config(v); ok {
			d.sayConfig(pairs, whole && all)
			return
		}
	}
	d.sayOther(d.command, text)
}

func (d *Reader) finishFlatConf() {
	v := d.values.Lines(d.splitText())
	d.sayValue(&v, true, d.text)
}

func (d *Reader) finishFlatSlow() {
	lines := d.splitText()
	if n := len(lines); d.blanks > 0 && n > 0 && reply.LooksLikePeer(string(lines[n-1])) {
		d.append(nil, "\n") // the last client's name is empty
		lines = append(lines, nil)
		d.split = lines
	}
	v := d.values.Lines(lines)
	d.sayValue(&v, true, d.text)
}

// saySlowlog delivers entries, without a last one that is not whole.
func (d *Reader) saySlowlog(entries []record.SlowEntry, whole bool) {
	if !whole && len(entries) > 0 {
		entries = entries[:len(entries)-1]
		d.warn.Add(d.here(), "SLOWLOG is cut short: its last entry is left out")
		if len(entries) == 0 {
			return
		}
	}
	d.slowlog.Entries = entries
	d.scratch = reply.AppendSlowlog(d.scratch[:0], &d.slowlog)
	d.found = true
	d.deliver(&d.slowlog, len(d.scratch))
}

func (d *Reader) sayConfig(pairs []record.Pair, whole bool) {
	if !whole {
		d.warn.Add(d.here(), "CONFIG GET is cut short: a name without its value is left out")
	}
	d.config.Pairs = pairs
	d.scratch = reply.AppendConfig(d.scratch[:0], &d.config)
	d.found = true
	d.deliver(&d.config, len(d.scratch))
}

// emptyList delivers "(empty array)": an empty SLOWLOG unless a prompt said otherwise.
func (d *Reader) emptyList(line []byte) {
	switch {
	case strings.HasPrefix(d.command, "CONFIG"):
		d.sayConfig(nil, true)
	case d.command == "" || strings.HasPrefix(d.command, "SLOWLOG") || strings.HasPrefix(d.command, "COMMANDLOG GET"):
		d.saySlowlog(nil, true)
	default:
		d.other.Command, d.other.Text = d.command, line
		d.deliver(&d.other, len(line))
	}
	d.command = ""
}

// isOneLine tells a reply of --json or --csv, which is one line, and reads it into d.value.
func (d *Reader) isOneLine(line []byte) bool {
	if !mayBeJSON(line) && !mayBeCSV(line) {
		return false
	}
	d.value, d.whole = d.values.Line(line)
	if d.value.Command() != "" || keptWhole(d.command) {
		return true
	}
	_, _, isSlowlog := reply.Slowlog(&d.value)
	_, _, isConfig := reply.Config(&d.value)
	return isSlowlog || isConfig
}

// fail delivers a redis-cli error. A failed AUTH is said twice, by redis-cli and by the
// server's answer to the command that follows: that is one failure.
func (d *Reader) fail(line []byte) {
	text := string(bytes.TrimSpace(line[:min(len(line), record.MaxFailureText)]))
	class, _ := record.ClassifyFailure(text)
	if class == record.FailOther && d.bareLogLine(line) { // an answer that tells of a limit
		return
	}
	if class == record.FailAuth && d.authSaid != 0 && d.authSaid == d.lines.number-1 {
		d.authSaid = 0
		return
	}
	if strings.Contains(text, "AUTH failed") {
		d.authSaid = d.lines.number
	}
	// Redis repeats what it was given in this one error, data and passwords included.
	if i := strings.Index(text, ", with args beginning with"); i >= 0 {
		text = text[:i]
	}
	d.failure = record.Failure{Command: d.command, Class: class, Text: text}
	d.found = d.found || class != record.FailOther
	d.command = ""
	d.deliver(&d.failure, len(line))
	if d.failure.Silent() {
		d.whose.unanswered()
	}
}

// addChatter keeps a line that is of no use.
func (d *Reader) addChatter(line []byte) {
	if d.chat.Lines == 0 {
		d.chat.Pos, d.chat.At, d.chat.Took = d.here(), d.at, -1
	}
	d.chat.Lines++
	d.chat.Size += len(line) + 1
	if room := maxChatterText - len(d.chat.Text); room > 0 {
		text := hidePassword(string(line[:min(len(line), maxChatterLine)]))
		if d.chat.Text != "" {
			text = "\n" + text
		}
		d.chat.Text += text[:min(len(text), room)]
	}
}

func (d *Reader) sayChatter() {
	d.said, d.chat = d.chat, record.Chatter{}
	d.out = &d.said
}

// splitText splits the reply at its line ends; the slices are good as long as d.text.
func (d *Reader) splitText() [][]byte {
	d.split = d.split[:0]
	for line := range bytes.Lines(d.text) {
		d.split = append(d.split, bytes.TrimSuffix(line, []byte("\n")))
	}
	return d.split
}
