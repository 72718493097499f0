package record

import "fmt"

const maxWarnings = 100

// Warnings collects doubts for Source.Warnings.
type Warnings struct {
	list []string
	more int
}

// Add notes a doubt at a position.
func (w *Warnings) Add(p Pos, format string, args ...any) {
	if len(w.list) >= maxWarnings {
		w.more++
		return
	}
	s := fmt.Sprintf(format, args...)
	if at := p.String(); at != "" {
		s = at + ": " + s
	}
	w.list = append(w.list, s)
}

// Take moves the doubts of another list into this one.
func (w *Warnings) Take(from *Warnings) {
	for _, s := range from.list {
		if len(w.list) < maxWarnings {
			w.list = append(w.list, s)
		} else {
			w.more++
		}
	}
	w.more += from.more
	*from = Warnings{}
}

func (w *Warnings) All() []string {
	if w.more == 0 {
		return w.list[:len(w.list):len(w.list)]
	}
	return append(w.list[:len(w.list):len(w.list)], fmt.Sprintf("and %d more warnings", w.more))
}
