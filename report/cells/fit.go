package cells

// A Part is a section of a screen. Where there is no room it gives up its last lines, down to
// Least; one with a Least of 0 may go, and what is left of one is more than its title.
type Part struct {
	Lines []string
	Least int
}

// Fit gives the lines of all parts, at most so many where the parts allow it: the last part gives
// up lines first. It changes the parts.
func Fit(parts []Part, lines int) []string {
	room := lines
	for _, p := range parts {
		room -= len(p.Lines)
	}
	for i := len(parts) - 1; i >= 0 && room < 0; i-- {
		room += parts[i].trim(-room)
	}
	var out []string
	for _, p := range parts {
		out = append(out, p.Lines...)
	}
	return out
}

// trim gives up at most so many lines and says how many.
func (p *Part) trim(want int) int {
	have := len(p.Lines)
	keep := max(have-want, min(p.Least, have))
	if keep <= 2 && p.Least == 0 {
		keep = 0
	}
	p.Lines = p.Lines[:keep]
	return have - keep
}
