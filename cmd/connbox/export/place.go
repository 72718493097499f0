package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
)

// A place is a position as evidence names it: a line of a text, or a record of a bundle.
type place struct {
	text string // as it was given
	file string // empty: not said
	mark byte   // ':' a line, '#' a record, 0 not said
	n    int64
}

// parsePlace reads --at: FILE:LINE, FILE#RECORD, #RECORD or a number.
func parsePlace(s string) (*place, error) {
	p := &place{text: s}
	number := s
	if i := strings.LastIndexAny(s, ":#"); i >= 0 {
		p.file, p.mark, number = s[:i], s[i], s[i+1:]
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return nil, cli.Exitf(cli.StatusUsage, "--at %q is no place: evidence names FILE:LINE or FILE#RECORD", s)
	}
	p.n = n
	return p, nil
}

// check tells, before anything is read, that the place cannot be one of the input.
func (p *place) check(path string, o record.Origin) error {
	st, err := os.Stat(path)
	folder := o.Kind == record.InputDump && path != "-" && err == nil && st.IsDir()
	switch {
	case o.Kind == record.InputBundle && p.mark == ':':
		return cli.Exitf(cli.StatusUsage, "--at %s: %s is a bundle, whose places are records: #%d", p.text, path, p.n)
	case o.Kind == record.InputDump && p.mark == '#':
		return cli.Exitf(cli.StatusUsage, "--at %s: %s is text, whose places are lines: %d", p.text, path, p.n)
	case folder && p.file == "":
		return cli.Exitf(cli.StatusUsage, "--at %s: %s is a folder, whose places are FILE:LINE", p.text, path)
	case folder:
		p.file = filepath.Clean(p.file)
	case p.file != "" && filepath.Base(p.file) != record.Pos{File: o.Name}.String():
		return cli.Exitf(cli.StatusUsage, "--at %s is a place in %s, and the input is %s; --at %d asks for it there", p.text, p.file, path, p.n)
	default:
		p.file = ""
	}
	return nil
}

// copyAt writes the record that r.place names. In a text that is the one which begins there
// or last before: a person may name any line of it.
func (r *exportRun) copyAt(w io.Writer, path string, src record.Source) error {
	p := r.place
	if err := p.check(path, src.Origin()); err != nil {
		return err
	}
	var found bytes.Buffer
	var at record.Pos
	var kind record.Kind
	var first, met int64
	ended := true // nothing stands behind the record found
	for exact := false; !exact && src.Scan(); {
		rec := src.Record()
		pos := rec.Base().Pos
		if rec.Kind() != record.KindChatter {
			r.usable++
		}
		if p.file != "" && pos.File != p.file {
			if met > 0 {
				break
			}
			continue
		}
		met++
		n := max(pos.Line, pos.Sample)
		if first == 0 {
			first = n
		}
		if pos.Line > p.n {
			ended = false
			break
		}
		if exact = n == p.n; !exact && pos.Line == 0 {
			continue
		}
		at, kind = pos, rec.Kind()
		found.Reset()
		write, finish, err := r.writer(&found, src.Origin())
		if err == nil {
			err = errors.Join(write(&found, rec), finish())
		}
		if err != nil {
			return err
		}
	}
	switch err := src.Err(); {
	case err != nil && max(at.Line, at.Sample) != p.n:
		return cli.InputError(path, err)
	case at != record.Pos{} && r.format != "text" && kind != record.KindClients:
		return cli.Exitf(cli.StatusUsage, "%s is %s; --format %s has the rows of CLIENT LIST only", at, kind, r.format)
	case at == record.Pos{}:
		return p.missing(path, first, met)
	}
	if beyond := at.Line + int64(bytes.Count(found.Bytes(), []byte{'\n'})) + 2; at.Line > 0 && ended && p.n > beyond {
		return cli.Exitf(cli.StatusInput, "%s: nothing stands at %s: its last record begins at line %d", path, p.text, at.Line)
	}
	if at.Line > 0 && at.Line != p.n {
		r.a.Note("line %d stands in or behind the record that begins at %s", p.n, at)
	}
	_, err := w.Write(found.Bytes())
	return err
}

// missing says why there is nothing at the place.
func (p *place) missing(path string, first, met int64) error {
	why := fmt.Sprintf("its first record begins at line %d", first)
	switch {
	case met == 0 && p.file != "":
		why = "it has no records of " + p.file
	case met == 0 || p.mark == '#' || first == 1:
		why = fmt.Sprintf("it holds %s", cli.Plural(met, "record"))
	}
	return cli.Exitf(cli.StatusInput, "%s: nothing stands at %s: %s", path, p.text, why)
}
