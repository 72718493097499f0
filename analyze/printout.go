package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// printedSays says in a sentence what an export or a printed course shows, for a verdict that names
// no cause: the numbers are what people handed it over for. Empty for replies of a server.
func printedSays(m *measure.Model) string {
	if formOf(&m.TL.Origin) == "" {
		return socketsSay(m)
	}
	return join(socketsSay(m), courseSeen(m))
}

// clientSaid tells what a client's library said beside the replies; empty where none did.
func clientSaid(m *measure.Model) string {
	if m.TL.Message.Says == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s).", finding.UpperFirst(m.TL.Message.Says), m.TL.Message.Pos)
}

// settingsSay tells the lines of configuration in the text; empty without.
func settingsSay(m *measure.Model) string {
	var parts []string
	for _, x := range m.TL.Settings {
		if p := x.Key + " " + x.Value; !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Lines of configuration: %s (%s); what is set there need not be in force.", strings.Join(parts, ", "), m.TL.Settings[0].Pos)
}

// settingOf gives the number that the last line of configuration for a key has; 0 without.
func settingOf(m *measure.Model, key string) (n float64) {
	for _, x := range m.TL.Settings {
		if v, err := strconv.ParseFloat(x.Value, 64); x.Key == key && err == nil {
			n = v
		}
	}
	return n
}

// configureLog tells the log what client-output-buffer-limit is: by CONFIG GET, else by a line of configuration.
func configureLog(m *measure.Model) {
	for _, x := range m.TL.Settings {
		if x.Key == "client-output-buffer-limit" {
			m.TL.Log.Configure(x.Value)
		}
	}
	m.TL.Log.Configure(m.TL.Config["client-output-buffer-limit"])
}

// socketsSay says what a table of sockets shows. Empty where lists of clients show more of them than
// it, as of that which a recorder takes once at its beginning.
func socketsSay(m *measure.Model) string {
	most := 0.0
	for _, i := range m.Lists {
		most = max(most, m.Occupancy[i])
	}
	if m.TL.Lists > 1 && most > float64(m.TL.Sockets.Counted()) {
		return ""
	}
	return m.TL.Sockets.Summary()
}

// join puts sentences behind each other.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// monitoring are the commands by which people look at a server.
var monitoring = []string{"INFO", "CLIENT", "CLIENT|LIST", "SLOWLOG", "CONFIG", "MONITOR", "LATENCY", "MEMORY"}

// slowSays tells what a slow log shows by itself; empty without one.
func slowSays(tl *timeline.Timeline) string {
	if len(tl.Slow) == 0 {
		return ""
	}
	count := map[string]int{}
	lo, hi := tl.Slow[0].Micros, tl.Slow[0].Micros
	first, last := tl.Slow[0].T, tl.Slow[0].T
	hosts := map[string]int{}
	for _, c := range tl.Slow {
		count[c.Cmd]++
		host, _, _ := strings.Cut(c.Addr, ":")
		hosts[host]++
		lo, hi = min(lo, c.Micros), max(hi, c.Micros)
		first, last = min(first, c.T), max(last, c.T)
	}
	top := mostFrequent(count)
	s := fmt.Sprintf("The slow log holds %s of %s", finding.Count(len(tl.Slow), "command"), micros(hi))
	if lo < hi {
		s = fmt.Sprintf("The slow log holds %s of %s to %s", finding.Count(len(tl.Slow), "command"), micros(lo), micros(hi))
	}
	if last > first {
		s += " within " + finding.Duration(last-first)
	}
	if count[top] == len(tl.Slow) {
		s += ", all " + top
	} else {
		s += fmt.Sprintf(", %d of them %s", count[top], top)
	}
	if h := mostFrequent(hosts); len(hosts) == 1 && h != "" {
		s += " from " + h
	}
	if slices.Contains(monitoring, top) && 2*count[top] > len(tl.Slow) {
		s += ": the monitoring itself is slow, as INFO and CLIENT LIST are with many clients"
	}
	return s + "."
}

// micros writes a command's time: 18 ms, 2.4 s.
func micros(v int64) string {
	switch {
	case v < 1e4:
		return fmt.Sprintf("%.1f ms", float64(v)/1e3)
	case v < 1e6:
		return fmt.Sprintf("%d ms", v/1000)
	}
	return fmt.Sprintf("%.1f s", float64(v)/1e6)
}

// formOf gives what a program's output was found to be, also where it was imported.
func formOf(o *record.Origin) string {
	form := o.Form
	for _, f := range o.Meta.Imported {
		form = cmp.Or(form, f.Form)
	}
	return form
}

// courseSeen tells how the connections went, and what was accepted and refused meanwhile.
func courseSeen(m *measure.Model) string {
	first, last, peak := -1, -1, -1
	for i := range m.Samples {
		if o := m.Samples[i].Occupancy(); !math.IsNaN(o) {
			if first < 0 {
				first, peak = i, i
			}
			if last = i; o > m.Samples[peak].Occupancy() {
				peak = i
			}
		}
	}
	if first == last {
		return momentSeen(m, first)
	}
	a, b, top := m.Samples[first].Occupancy(), m.Samples[last].Occupancy(), m.Samples[peak].Occupancy()
	s := "Connections " + finding.FromTo(a, b) + " within " + finding.Duration(m.Samples[last].T-m.Samples[first].T)
	if top > max(a, b) {
		s += fmt.Sprintf(", at most %.0f", top)
	}
	if limit := m.Samples[peak].Limit; !math.IsNaN(limit) && limit > 0 {
		s += fmt.Sprintf(", %.0f %% of the limit of %.0f at the peak", 100*top/limit, limit)
	}
	if limit := float64(m.TL.Origin.Limit); limit > 0 && top >= 0.99*limit && top <= limit {
		s += fmt.Sprintf(", which is the limit that the service documents (%.0f)", limit)
	}
	if all := len(m.Samples); m.Holds(measure.AcceptedOf) {
		s += fmt.Sprintf("; %.0f accepted meanwhile", m.Sum(0, all, measure.AcceptedOf))
	}
	if all := len(m.Samples); m.Holds(measure.RefusedOf) {
		s += fmt.Sprintf("; %.0f refused", m.Sum(0, all, measure.RefusedOf))
	}
	return s + "."
}

// momentSeen tells what one sample shows.
func momentSeen(m *measure.Model, i int) string {
	if i < 0 {
		return ""
	}
	s, o := &m.Samples[i], m.Samples[i].Occupancy()
	text := finding.Count(int(o), "connection")
	if s.Limit > 0 {
		text = fmt.Sprintf("%.0f of %.0f connections (%s)", o, s.Limit, ofLimit(o, s.Limit))
	}
	if s.Replicas > 0 {
		text += fmt.Sprintf(", %s and %s", finding.Count(int(s.Connected), "client"), finding.Count(int(s.Replicas), "replica"))
	}
	if s.Blocked > 0 {
		text += fmt.Sprintf(", %.0f of them blocked", s.Blocked)
	}
	var since []string
	if t := m.TL.Totals; !math.IsNaN(t.Refused) {
		since = append(since, fmt.Sprintf("%.0f refused", t.Refused))
	}
	if t := m.TL.Totals; !math.IsNaN(t.Accepted) {
		since = append(since, fmt.Sprintf("%.0f accepted", t.Accepted))
	}
	if len(since) > 0 {
		text += "; " + strings.Join(since, " and ") + " since the server's start"
	}
	return text + "."
}

// ofLimit is what is used of a limit: a server with slots left is not full.
func ofLimit(used, limit float64) string {
	p := 100 * used / limit
	if p > 99 && p < 100 {
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}
