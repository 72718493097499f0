// Package cells lays out text in the cells of a terminal: widths, wrapping, columns.
package cells

import (
	"regexp"
	"strings"
)

// Dots is the ellipsis.
func Dots(ascii bool) string {
	if ascii {
		return "..."
	}
	return "…"
}

// Width gives the terminal cells of a printable string. Runes that may be drawn wide
// count two; marks that may be drawn on the rune before count one all the same, so the
// result is never too small.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// wideRunes are the ranges of East Asian Wide and Fullwidth characters and of emoji.
var wideRunes = [...][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x23e9, 0x23f3}, {0x25fd, 0x25fe}, {0x2600, 0x27bf},
	{0x2b1b, 0x2b55}, {0x2e80, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
	{0xfe10, 0xfe19}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x1b2ff},
	{0x1f000, 0x1faff}, {0x20000, 0x3fffd},
}

func runeWidth(r rune) int {
	if r < wideRunes[0][0] {
		return 1
	}
	for _, w := range wideRunes {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// prefix gives the longest beginning of s that fits width cells.
func prefix(s string, width int) string {
	for i, r := range s {
		if width -= runeWidth(r); width < 0 {
			return s[:i]
		}
	}
	return s
}

// Cut shortens s to width cells, with an ellipsis where something is lost.
func Cut(s string, width int, ascii bool) string {
	dots := "…"
	if ascii {
		dots = "..."
	}
	switch {
	case Width(s) <= width:
		return s
	case width < Width(dots):
		return prefix(s, width)
	}
	return prefix(s, width-Width(dots)) + dots
}

// Pad fills s with spaces to width cells, on the left for numbers.
func Pad(s string, width int, left bool) string {
	fill := strings.Repeat(" ", max(0, width-Width(s)))
	if left {
		return fill + s
	}
	return s + fill
}

// unbroken are the spaces within a number and between it and its unit, at which no line ends: 13 017,
// 95 %, 256 MB.
var unbroken = regexp.MustCompile(`(\d) (\d{3}\b|%|(?:[KMGT]i?B|kB|B|ms|s|min|h|d)\b)`)

// words splits s at the spaces at which a line may end.
func words(s string) []string {
	const held = "\x00" // no text for a terminal has one
	s = strings.ReplaceAll(s, held, " ")
	for range 2 { // groups of a number overlap
		s = unbroken.ReplaceAllString(s, "$1"+held+"$2")
	}
	out := strings.Fields(s)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], held, " ")
	}
	return out
}

// Wrap breaks s at spaces into lines of at most width cells, but not within a number and its unit; a
// longer word is broken.
func Wrap(s string, width int) []string {
	var lines []string
	line, n := "", 0
	for _, word := range words(s) {
		w := Width(word)
		if n > 0 && n+1+w > width {
			lines, line, n = append(lines, line), "", 0
		}
		for w > width {
			head := prefix(word, max(2, width))
			lines, word = append(lines, head), word[len(head):]
			w = Width(word)
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+w
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// WrapCommand breaks a shell command where a shell allows it: at spaces outside quotes,
// with a backslash before the line's end. What is left too long for a line is cut; whole
// reports whether nothing was.
func WrapCommand(s string, width int, ascii bool) (lines []string, whole bool) {
	if Width(s) <= width {
		return []string{s}, true
	}
	whole = true
	line, room := "", width-2
	for _, word := range shellWords(s) {
		if Width(word) > room {
			word, whole = Cut(word, room, ascii), false
		}
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) > room:
			lines, line = append(lines, line+` \`), word
		default:
			line += " " + word
		}
	}
	return append(lines, line), whole
}

// shellWords splits at spaces outside quotes and keeps the quotes.
func shellWords(s string) []string {
	var words []string
	var quote byte
	start := -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' && quote == 0:
			if start >= 0 {
				words = append(words, s[start:i])
			}
			start = -1
			continue
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == '\\' && quote != '\'':
			if start < 0 {
				start = i
			}
			i++
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		words = append(words, s[start:])
	}
	return words
}

// A Table lays out cells in columns: the first column takes what room is left and is
// cut, the others are as wide as their widest cell and stand on the right.
type Table struct {
	Head []string
	Rows [][]string
}

// Lines gives the table within width cells. Columns that do not fit are left out from the
// right, so that the first two always stand.
func (t Table) Lines(width int, indent string, ascii bool) []string {
	cols := len(t.Head)
	wide := make([]int, cols)
	measure := func(row []string) {
		for i, c := range row {
			wide[i] = max(wide[i], Width(c))
		}
	}
	measure(t.Head)
	for _, r := range t.Rows {
		measure(r)
	}
	const gap, least = 3, 12
	room := width - len(indent)
	used := 0
	for i := 1; i < cols; i++ {
		if used+gap+wide[i]+least > room && i > 1 {
			cols = i
			break
		}
		used += gap + wide[i]
	}
	wide[0] = max(1, min(room-used, max(wide[0], least)))
	var out []string
	for _, r := range append([][]string{t.Head}, t.Rows...) {
		s := indent + Pad(Cut(r[0], wide[0], ascii), wide[0], false)
		for i := 1; i < cols; i++ {
			s += strings.Repeat(" ", gap) + Pad(r[i], wide[i], true)
		}
		out = append(out, strings.TrimRight(s, " "))
	}
	return out
}
