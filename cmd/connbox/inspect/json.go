package inspect

import (
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/redact"
)

// The types of inspect's JSON: fields may be added, none is renamed or removed. The comment
// beside a field is its description in docs/schema.
type (
	// Result is what is in a recording.
	Result struct {
		Schema    int          `json:"schema"`                          // version of this format
		Input     string       `json:"input"`                           // name of the file
		Kind      string       `json:"kind"`                            // bundle or dump
		Format    *int         `json:"format"`                          // of a bundle
		Live      bool         `json:"live"`                            // a folder: still being recorded, or broken off
		Bytes     int64        `json:"bytes"`                           // size of the input
		SHA256    string       `json:"sha256"`                          // of the whole input
		Mode      string       `json:"mode"`                            // capture, import, cut or redact
		Tool      string       `json:"tool"`                            // that made the bundle
		Target    string       `json:"target"`                          // the server's address, where a recorder asked it
		Sealed    string       `json:"sealed"`                          // what ended the recording
		Observer  []int64      `json:"observer_ids"`                    // ids of the recorder's own connections
		From      *time.Time   `json:"from"`                            // first record; null: no time is known
		To        *time.Time   `json:"to"`                              // last record
		Records   int64        `json:"records"`                         // in all
		Kinds     []kindOf     `json:"kinds"`                           // records by kind, in the order of first appearance
		Cadence   []cadenceOf  `json:"cadence"`                         // how often each command was answered
		Gaps      int          `json:"gaps"`                            // between samples, as analyze counts them
		Silent    int64        `json:"samples_without_reply"`           // samples that met failures only
		Failures  []failureOf  `json:"failures"`                        // by class
		Servers   []serverOf   `json:"servers"`                         // one per server process
		Rows      int64        `json:"client_rows"`                     // of CLIENT LIST, over all samples
		RowText   float64      `json:"bytes_per_row_text"`              // as text
		RowSize   float64      `json:"bytes_per_row_bundle"`            // in the bundle
		InfoSize  float64      `json:"bytes_per_info_bundle,omitempty"` // of one INFO in the bundle
		Holds     []heldOf     `json:"holds"`                           // kinds of private text in it
		HoldsMore bool         `json:"holds_more"`                      // there is more of it than was counted
		Redacted  []string     `json:"redacted"`                        // what was left out or replaced
		Imported  []importedOf `json:"imported"`                        // the inputs it was made from
		Members   []memberOf   `json:"members"`                         // row groups of the bundle's tables
		Unused    unusedOf     `json:"unused"`                          // text of no use
		Warnings  []string     `json:"warnings"`                        // doubts
		Error     string       `json:"error"`                           // empty: all of it was read
	}
	// heldOf is a kind of private text. The example is as it stands in the recording.
	heldOf struct {
		Kind    string `json:"kind"`       // what it is
		N       int    `json:"n"`          // different ones
		Example string `json:"example"`    // one of them
		Pseudo  bool   `json:"pseudonyms"` // the recording says of itself that these are no longer the real ones
	}
	// unusedOf is text of no use.
	unusedOf struct {
		Lines int64    `json:"lines"` // how much
		At    []string `json:"at"`    // the first places
		Text  []string `json:"text"`  // what stands there, cut short
	}
	// kindOf is how many records of a kind there are.
	kindOf struct {
		Kind string `json:"kind"` // of record
		N    int64  `json:"n"`    // how many
	}
	// cadenceOf is how often a command was answered.
	cadenceOf struct {
		Command string  `json:"command"`  // as it was sent
		Asked   string  `json:"asked"`    // the distance asked for; empty: not known
		MedianS float64 `json:"median_s"` // the distance achieved, in seconds
		Gaps    []gapOf `json:"gaps"`     // distances of over 2.5 of it
	}
	// gapOf is a stretch without an answer.
	gapOf struct {
		From time.Time `json:"from"` // last answer before
		To   time.Time `json:"to"`   // first answer after
	}
	// failureOf is a class of failures.
	failureOf struct {
		Class string `json:"class"` // what failed
		N     int64  `json:"n"`     // how often
		First string `json:"first"` // the words of the first
	}
	// serverOf is a server process.
	serverOf struct {
		RunID   string     `json:"run_id"`  // as INFO has it
		Version string     `json:"version"` // of the server
		Role    string     `json:"role"`    // master or slave
		Since   *time.Time `json:"since"`   // first seen
	}
	// importedOf is an input of an import.
	importedOf struct {
		Name   string `json:"name"`   // of the file
		Bytes  int64  `json:"bytes"`  // its size
		SHA256 string `json:"sha256"` // of all of it
	}
	// memberOf is a row group of a table.
	memberOf struct {
		Name   string `json:"name"`   // of the file in the bundle
		Table  string `json:"table"`  // of the bundle
		Group  int    `json:"group"`  // row group of the file, from 0
		Rows   int64  `json:"rows"`   // in it
		Bytes  int64  `json:"bytes"`  // in the file
		SHA256 string `json:"sha256"` // as the manifest has it
		OK     bool   `json:"ok"`     // the hash is right
	}
)

// known gives a time for JSON; what is not known, or has no place in RFC 3339, is null.
func known(t time.Time) *time.Time {
	if t = t.UTC(); t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}

func (v *view) json() Result {
	o, m, s := &v.origin, &v.origin.Meta, &v.s
	j := Result{Schema: 1, Input: o.Name, Kind: string(o.Kind), Bytes: o.Bytes, SHA256: o.SHA256, Mode: m.Mode, Tool: m.Tool,
		Target: m.Target, Sealed: m.Sealed, Observer: cli.OrEmpty(m.ObserverID), From: known(s.From), To: known(s.To), Records: s.Records, Gaps: v.gaps, Silent: s.Silent,
		Kinds: []kindOf{}, Cadence: []cadenceOf{}, Failures: []failureOf{}, Servers: []serverOf{},
		Rows: s.Rows, Holds: []heldOf{}, HoldsMore: v.more, Redacted: cli.OrEmpty(m.Redacted), Imported: []importedOf{}, Members: []memberOf{},
		Unused: unusedOf{v.unused.Lines, cli.OrEmpty(v.unused.At), cli.OrEmpty(v.unused.Text)}, Warnings: cli.OrEmpty(v.warn)}
	for _, k := range s.Kinds {
		j.Kinds = append(j.Kinds, kindOf{k.kind.String(), k.n})
	}
	for _, h := range v.holds {
		j.Holds = append(j.Holds, heldOf{h.Kind, h.N, h.Example, redact.Replaced(m, h.Kind)})
	}
	for _, p := range s.Probes {
		c := cadenceOf{p.name, m.Cadence[p.name], p.cadence().Seconds(), []gapOf{}}
		for _, g := range p.gaps() {
			if from, to := known(g.from), known(g.to); from != nil && to != nil {
				c.Gaps = append(c.Gaps, gapOf{*from, *to})
			}
		}
		j.Cadence = append(j.Cadence, c)
	}
	for _, f := range s.Failures {
		j.Failures = append(j.Failures, failureOf{string(f.class), f.n, f.words})
	}
	for _, srv := range s.Servers {
		j.Servers = append(j.Servers, serverOf{srv.runID, srv.version, srv.role, known(srv.since)})
	}
	if s.Rows > 0 {
		j.RowText, j.RowSize = float64(s.RowBytes)/float64(s.Rows), v.rowBytes()
	}
	j.InfoSize = v.infoBytes()
	for _, i := range m.Imported {
		j.Imported = append(j.Imported, importedOf{i.Name, i.Bytes, i.SHA256})
	}
	if v.bundle != nil {
		j.Format, j.Live = &v.bundle.Format, v.bundle.Live
		for _, seg := range v.bundle.Segments {
			for _, m := range seg.Members {
				j.Members = append(j.Members, memberOf(m))
			}
		}
	}
	if v.err != nil {
		j.Error = v.err.Error()
	}
	return j
}
