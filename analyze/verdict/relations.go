package verdict

import (
	_ "embed" // for relations.md
	"strings"

	"github.com/connbox/connbox/analyze/cause"
)

// A Kind says what one cause is to another.
type Kind string

// The kinds of relation.
const (
	Explains Kind = "explains" // From brings along the signs of To: where From took part, it rules To out
	LeadsTo  Kind = "leads to" // From may bring To about
	RivalOf  Kind = "rival of" // the two look alike
)

// A Relation is what the domain knows of two causes. Which of them took part is learnt from the
// recording; what can explain, follow from or pass for what is not.
type Relation struct {
	From string
	Kind Kind
	To   string
	Why  string // the reason; completes "FROM led to TO: …"; of rivals, what holds where From is right and To is not
	Back string // of rivals: what holds where To is right and From is not
	by   route  // of LeadsTo: what must have been seen between the two
}

//go:embed relations.md
var relationTables string

// Relations are those of the tables of relations.md. LeadsTo has no cycles.
var Relations = readRelations(relationTables)

// readRelations reads a table under each heading that names a kind.
func readRelations(tables string) (out []Relation) {
	var kind Kind
	for line := range strings.Lines(tables) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			kind = Kind(heading)
		}
		row, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(row, " |"), " | ")
		r := Relation{From: strings.Trim(cells[0], "`"), Kind: kind, To: strings.Trim(cells[1], "`"), Why: cells[2]}
		switch kind {
		case LeadsTo:
			r.by = route(cells[3])
		case RivalOf:
			r.Back = cells[3]
		}
		out = append(out, r)
	}
	return out
}

// A Neighbour is another cause as one sees it: what it is to it, and why.
type Neighbour struct{ ID, Why string }

// related gives the other ends of the relations that begin at a cause.
func related(id string, kind Kind) (out []Neighbour) {
	for i := range Relations {
		if r := &Relations[i]; r.From == id && r.Kind == kind {
			out = append(out, Neighbour{r.To, r.Why})
		}
	}
	return out
}

// BringsAlong gives the causes whose signs this one brings along, each with the reason: where
// it took part, they are ruled out by it.
func BringsAlong(c *cause.Cause) []Neighbour { return related(c.ID, Explains) }

// Rivals gives the causes that look like this one, with what holds where this one is right.
func Rivals(c *cause.Cause) []Neighbour {
	var out []Neighbour
	for i := range Relations {
		switch r := &Relations[i]; {
		case r.Kind != RivalOf:
		case r.From == c.ID:
			out = append(out, Neighbour{r.To, r.Why})
		case r.To == c.ID:
			out = append(out, Neighbour{r.From, r.Back})
		}
	}
	return out
}

// RivalTest gives what holds where a cause is right and another, which looks like it, is not.
func RivalTest(c *cause.Cause, other string) (test string, ok bool) {
	for _, r := range Rivals(c) {
		if r.ID == other {
			return r.Why, true
		}
	}
	return "", false
}
