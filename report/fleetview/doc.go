// Package fleetview writes the summary of a fleet (fleet/reduce) for people: terminal, Markdown, and
// one page without scripts. It adds no facts. What is said is chosen once, as sections of tables; each
// writer lays them out. Texts in a summary come from strangers and are made safe first.
package fleetview

import (
	"fmt"
	"math"
	"path"
	"strings"
	"time"

	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// Options are what a reader may choose. The zero value is usable.
type Options struct {
	Version  string
	Location *time.Location            // of the times; nil is UTC
	ASCII    bool                      // no character above 0x7f in text
	Width    int                       // cells of a terminal's line; 0 is 80
	Title    string                    // of the page; empty is "Fleet"
	Link     func(input string) string // the page of a recording's own report, relative; "" and nil: none
}

// A cell is a text, with where it leads; in a page its Parts, if there are any, stand for it.
type cell struct {
	Text, Href string
	Parts      []cell
}

// plainCells are texts that lead nowhere.
func plainCells(texts ...string) []cell {
	out := make([]cell, len(texts))
	for i, text := range texts {
		out[i].Text = text
	}
	return out
}

// A section is a table with a heading. Where it has no rows, Empty says so.
type section struct {
	ID, Title, Lead string
	Head            []string
	Rows            [][]cell
	More            int // rows left out
	Empty           string
}

// A tile is a number of the head.
type tile struct{ N, What, Class string }

// A doc is what is said, for any writer.
type doc struct {
	Title, Span string
	Tiles       []tile
	Sections    []section
	Doubts      []string
}

// shownServers is how many servers of a group are named in a line; JSON has all.
const shownServers = 8

type teller struct {
	s     *reduce.Summary
	o     Options
	links map[string]string // by the input as it is printed
}

// tell makes the doc of a summary, with every text safe to print.
func tell(s *reduce.Summary, o Options) (*reduce.Summary, *doc, *teller) {
	t := &teller{o: o, links: map[string]string{}}
	if o.Location == nil {
		t.o.Location = time.UTC
	}
	if o.Link != nil {
		t.collectLinks(s)
	}
	t.s = inert.Clean(s, o.ASCII)
	if s.Since != nil {
		t.s.Since = inert.Clean(s.Since, o.ASCII)
	}
	d := &doc{Title: o.Title, Span: t.span(), Tiles: t.tiles(), Doubts: t.s.Doubts}
	if d.Title == "" {
		d.Title = "Fleet"
	}
	for _, make := range [...]func() section{t.groups, t.services, t.next, t.pools, t.fresh, t.gone, t.repeated, t.failed, t.partial, t.missing} {
		if sec := make(); sec.Title != "" {
			d.Sections = append(d.Sections, sec)
		}
	}
	return t.s, d, t
}

// collectLinks asks for the pages of all inputs before they are made safe.
func (t *teller) collectLinks(s *reduce.Summary) {
	add := func(input string) {
		if href := t.o.Link(input); href != "" {
			safe := *inert.Clean(&input, t.o.ASCII)
			t.links[safe] = href
		}
	}
	for i := range s.Onsets {
		add(s.Onsets[i].Input)
	}
	for i := range s.Groups {
		for _, in := range s.Groups[i].Inputs {
			add(in)
		}
	}
	for i := range s.Services {
		add(s.Services[i].Input)
	}
	for i := range s.Next {
		add(s.Next[i].Input)
	}
	if s.Since != nil {
		for i := range s.Since.New {
			add(s.Since.New[i].Input)
		}
	}
}

// at links a text to a recording's page.
func (t *teller) at(text, input string) cell {
	return cell{Text: inert.Short(text, inert.MaxName), Href: t.links[input]}
}

func (t *teller) clock(at time.Time) string { return at.In(t.o.Location).Format("01-02 15:04") }

func (t *teller) maybe(at *time.Time, none string) string {
	if at == nil {
		return none
	}
	return t.clock(*at)
}

func (t *teller) span() string {
	n := fmt.Sprintf("%s of %s", count(t.s.Counts.Recordings, "recording"), count(t.s.Counts.Servers, "server"))
	if t.s.From == nil || t.s.To == nil {
		return n
	}
	a, b := t.s.From.In(t.o.Location), t.s.To.In(t.o.Location)
	return n + ", " + a.Format("2006-01-02 15:04") + " to " + b.Format("2006-01-02 15:04 MST")
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, plural(int64(n), what)) }

func plural(n int64, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

func (t *teller) tiles() []tile {
	c := t.s.Counts
	bad := func(n int) string {
		if n > 0 {
			return "bad"
		}
		return "ok"
	}
	return []tile{
		{units.Count(int64(c.Incidents)), plural(int64(c.Incidents), "incident"), bad(c.Incidents)},
		{units.Count(int64(len(t.s.Groups) + t.s.MoreGroups)), fmt.Sprintf("seen by several servers (%d of the incidents)", c.Shared), bad(len(t.s.Groups))},
		{units.Count(int64(c.Leaking)), "services that leak", bad(c.Leaking)},
		{units.Count(int64(c.FullSoon)), "servers full within two hours of their recording's end", bad(c.FullSoon)},
		{units.Count(c.Refused), plural(c.Refused, "connection") + " refused", bad(int(min(c.Refused, 1)))},
		{units.Count(int64(c.Healthy)), "healthy", ""},
		{units.Count(int64(c.Undetermined)), "say too little", ""},
		{units.Count(int64(c.Failed)), "not analysed", map[bool]string{true: "mid"}[c.Failed > 0]},
	}
}

func (t *teller) groups() section {
	s := section{ID: "groups", Title: "The same incident on several servers", Head: []string{"Began", "Cause", "Servers", "Within", "In common", "Refused", "By chance"},
		More: t.s.MoreGroups, Empty: "No incident began on three servers and more closer together than chance at the hour's rate."}
	s.Lead = "Onsets of one cause that are closer together than chance at that hour's rate, without those of the group itself."
	if t.s.Simulated > 0 {
		s.Lead += fmt.Sprintf(" In %d simulated runs with as many incidents at the same rates, chance alone gave %.2f groups a run.", t.s.Simulated, t.s.FalseGroups)
	}
	for i := range t.s.Groups {
		g := &t.s.Groups[i]
		who := cell{Text: fmt.Sprintf("%d: ", len(g.Servers))}
		who.Parts = plainCells(who.Text)
		for k, n := range g.Servers[:min(len(g.Servers), shownServers)] {
			if k > 0 {
				who.add(cell{Text: ", "})
			}
			who.add(cell{Text: inert.Short(n, 40), Href: t.links[g.Inputs[k]]})
		}
		if more := len(g.Servers) - shownServers; more > 0 {
			who.add(cell{Text: fmt.Sprintf(" and %d more", more)})
		}
		if g.Possible > 0 {
			who.add(cell{Text: fmt.Sprintf("; perhaps %d more, whose onset is uncertain", g.Possible)})
		}
		within := units.Seconds(g.WithinS)
		if g.ClockS >= 1 {
			within += fmt.Sprintf(" (clocks differ by up to %s)", units.Seconds(g.ClockS))
		}
		row := plainCells(t.clock(g.Began), g.Cause, "", within, common(g), units.Count(g.Refused), chance(g.Chance))
		row[2] = who
		s.Rows = append(s.Rows, row)
	}
	return s
}

// add appends a part.
func (c *cell) add(part cell) { c.Text, c.Parts = c.Text+part.Text, append(c.Parts, part) }

func chance(p float64) string {
	switch {
	case p < 1e-6:
		return "under 1e-6"
	case p < 0.001:
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.3f", p)
}

// common words what the servers of a group share.
func common(g *reduce.Group) string {
	var out []string
	for _, x := range g.Shares {
		n := "all"
		if x.N < len(g.Servers) {
			n = fmt.Sprintf("%d of %d", x.N, len(g.Servers))
		}
		out = append(out, fmt.Sprintf("%s %s (%s, %s× as often as elsewhere)", x.What, inert.Short(x.Value, 40), n, units.Number(x.Lift)))
	}
	if len(out) == 0 {
		return "nothing that others have not"
	}
	return strings.Join(out, "; ")
}

func (t *teller) services() section {
	s := section{ID: "services", Title: "Whom to talk to", Lead: "Services and the causes they took part in; those whose servers refused most come first.",
		Head: []string{"Service", "Cause", "Servers", "Connections", "Refused there", "Since", "Worst on", "Team"}, More: t.s.MoreServices, Empty: "No service is to blame for anything."}
	for i := range t.s.Services {
		x := &t.s.Services[i]
		row := plainCells(inert.Short(x.Service, inert.MaxName), x.Cause, units.Count(int64(x.Servers)), units.Count(x.Connections), units.Count(x.Refused),
			t.maybe(x.Since, "before"), "", x.Team)
		row[6] = t.at(x.Worst, x.Input)
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (t *teller) next() section {
	s := section{ID: "next", Title: "Full next", Lead: "When the limit is reached if nothing is done, from the end of each recording, with a 90 % interval.",
		Head: []string{"Server", "Full at", "Not before", "At the latest", "Connections", "Cause"}, More: t.s.MoreNext, Empty: "No server is on its way to its limit."}
	for i := range t.s.Next {
		x := &t.s.Next[i]
		use := "not known"
		if x.Peak != nil && x.Limit != nil {
			use = fmt.Sprintf("%s of %s", units.Count(*x.Peak), units.Count(*x.Limit))
		}
		s.Rows = append(s.Rows, append([]cell{t.at(x.Server, x.Input)}, plainCells(t.clock(x.At), t.maybe(x.Lo, "not known"), t.maybe(x.Hi, "perhaps never"), use, x.Cause)...))
	}
	return s
}

func (t *teller) pools() section {
	s := section{ID: "pools", Title: "Oversized pools", Lead: "Connections that an instance holds beyond what 99 % of the moments of its recordings had in use. Services whose connections leak or churn are left out: it is no setting that makes theirs many.",
		Head: []string{"Service", "Servers", "Instances", "Held", "Needed", "Slots to give back", "At least"}, Empty: "No pool holds two connections more than it needs."}
	for _, x := range t.s.Pools {
		s.Rows = append(s.Rows, plainCells(inert.Short(x.Service, inert.MaxName), units.Count(int64(x.Servers)), units.Number(math.Round(x.Instances)), units.Number(x.Size),
			units.Number(x.Needed), units.Count(x.Spare), units.Count(x.SpareLo)))
	}
	return s
}

func (t *teller) changes(id, title, empty string, list []reduce.Change) section {
	s := section{ID: id, Title: title, Head: []string{"Server", "Cause", "Service"}, Empty: empty}
	for _, c := range list[:min(len(list), shownChanges)] {
		s.Rows = append(s.Rows, append([]cell{t.at(c.Server, c.Input)}, plainCells(c.Cause, inert.Short(c.Service, inert.MaxName))...))
	}
	s.More = len(list) - len(s.Rows)
	return s
}

// shownChanges bounds the rows of a table of changes; JSON has all.
const shownChanges = 200

func (t *teller) fresh() section {
	if t.s.Since == nil {
		return section{}
	}
	return t.changes("new", "New since the run before", "Nothing is new.", t.s.Since.New)
}

func (t *teller) gone() section {
	if t.s.Since == nil {
		return section{}
	}
	s := t.changes("gone", "Gone since the run before", "Nothing is gone.", t.s.Since.Gone)
	if n := len(t.s.Since.Unknown); n > 0 {
		s.Lead = fmt.Sprintf("%s of the run before are of servers that were not recorded now.", count(n, "incident"))
	}
	return s
}

func (t *teller) repeated() section {
	if t.s.Since == nil {
		return section{}
	}
	return t.changes("repeated", "Again, as in the run before", "Nothing repeats.", t.s.Since.Repeated)
}

func (t *teller) failed() section {
	s := t.failures("failed", "Not analysed", t.s.Failed, t.s.MoreFailed)
	s.Empty = "Every input was analysed."
	if len(t.s.Reasons) > 0 {
		var n []string
		for _, r := range t.s.Reasons {
			n = append(n, fmt.Sprintf("%d %s", r.N, r.Reason))
		}
		s.Lead = strings.Join(n, ", ") + ", with those analysed in part."
	}
	return s
}

func (t *teller) failures(id, title string, list []reduce.Failure, more int) section {
	s := section{ID: id, Title: title, Head: []string{"Input", "Reason", "What was met"}, More: more}
	for _, f := range list {
		met := strings.TrimPrefix(strings.TrimPrefix(f.Error, f.Input+": "), path.Base(f.Input)+": ") // which stands beside
		s.Rows = append(s.Rows, plainCells(inert.Short(f.Input, 200), f.Reason, met))
	}
	return s
}

func (t *teller) partial() section {
	if len(t.s.Partial) == 0 {
		return section{}
	}
	return t.failures("partial", "Analysed in part", t.s.Partial, t.s.Counts.Partial-len(t.s.Partial))
}

func (t *teller) missing() section {
	if len(t.s.Missing) == 0 {
		return section{}
	}
	s := section{ID: "missing", Title: "Servers without a recording", Head: []string{"Server"}}
	for _, m := range t.s.Missing[:min(len(t.s.Missing), shownChanges)] {
		s.Rows = append(s.Rows, plainCells(m))
	}
	s.More = len(t.s.Missing) - len(s.Rows)
	return s
}
