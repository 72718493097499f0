package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Shortened gives a text of a stranger in at most 40 characters.
func Shortened(s string) string {
	if r := []rune(Safe(s)); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return Safe(s)
}

// maxWidth bounds the width of text on a wide terminal: long lines are hard to read.
const maxWidth = 110

// Terminal gives the descriptor of w if it is a terminal.
func Terminal(w any) (fd int, ok bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// Width gives the cells of a line of text on standard output.
func (a *App) Width() int {
	if fd, ok := Terminal(a.Out); ok {
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			return min(w, maxWidth)
		}
	}
	return 80
}

// Colored tells whether text on standard output may have colors. See no-color.org.
func (a *App) Colored() bool {
	switch a.Flags.color {
	case "always":
		return true
	case "never":
		return false
	}
	if v, ok := a.Env("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, _ := a.Env("TERM"); v == "dumb" {
		return false
	}
	_, ok := Terminal(a.Out)
	return ok
}

// ASCIIOnly tells whether standard output takes ASCII only: asked for, or by the locale.
func (a *App) ASCIIOnly() bool {
	if a.Flags.ASCII {
		return true
	}
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v, _ := a.Env(name); v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return true
}

// Location is the zone of the times in text.
func (f *GlobalFlags) Location() (*time.Location, error) {
	name := f.tz
	switch strings.ToLower(name) {
	case "local":
		return time.Local, nil
	case "utc", "":
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, Exitf(StatusUsage, "--tz %q is no time zone; a name is as Europe/Berlin", name)
	}
	return loc, nil
}

// Clock prints a time in the zone of --tz, to the second; "unknown" for the zero time.
func (a *App) Clock(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	loc, err := a.Flags.Location()
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format("2006-01-02 15:04:05 MST")
}

// maxSafe bounds what one value may take of a line; a client name may have any length.
const maxSafe = 2000

// Safe makes text of strangers harmless for a terminal: what is not printable, and
// characters that hide or turn other ones, become escapes as in Go source.
func Safe(s string) string {
	if len(s) <= maxSafe && utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() >= maxSafe {
			b.WriteString("...")
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1 || r < 0x80 && hidden(r):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

func hidden(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// Tame is a writer for text of strangers on a terminal: it lets line ends and tabs through
// and puts a question mark for every other control character.
type Tame struct{ W io.Writer }

// Write implements io.Writer.
func (t Tame) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 || hidden(r) && r != '\n' && r != '\t' && r != '\r' {
			out = append(out, '?')
		} else {
			out = append(out, p[i:i+n]...)
		}
		i += n
	}
	if _, err := t.W.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ByteSize scales a size for people.
func ByteSize(n int64) string {
	const units = "kMGT"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, u := float64(n)/1000, 0
	for v >= 999.95 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	return fmt.Sprintf("%.1f %cB", v, units[u])
}

// Plural counts things.
func Plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	for _, of := range [...]string{" of ", " that ", " on "} {
		if what, which, ok := strings.Cut(one, of); ok {
			return Plural(n, what) + of + which
		}
	}
	if rest, ok := strings.CutSuffix(one, "y"); ok {
		return fmt.Sprintf("%d %sies", n, rest)
	}
	if strings.HasSuffix(one, "s") {
		return fmt.Sprintf("%d %ses", n, one)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// Nearest finds the word that was probably meant: one that holds the other, or else the
// one of the fewest changed letters, at most a third of them. Empty if none is near.
func Nearest(word string, among []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, w := range among {
		if len(word) >= 3 && strings.Contains(w, word) {
			return w
		}
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or change (Levenshtein). A word that is
// absurdly long is far from everything.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
