package inspect

import (
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// The JSON of inspect: fields may be added, none is renamed or removed.
type (
	Result struct {
		Schema   int            `json:"schema"`
		Input    string         `json:"input"`
		Kind     string         `json:"kind"`
		Format   *int           `json:"format"` // of a bundle
		Live     bool           `json:"live"`
		Bytes    int64          `json:"bytes"`
		SHA256   string         `json:"sha256"`
		Mode     string         `json:"mode"`
		Tool     string         `json:"tool"`
		Target   string         `json:"target"`
		Sealed   string         `json:"sealed"`
		Observer []int64        `json:"observer_ids"`
		From     *time.Time     `json:"from"`
		To       *time.Time     `json:"to"`
		Records  int64          `json:"records"`
		Kinds    []countJSON    `json:"kinds"`
		Cadence  []cadenceJSON  `json:"cadence"`
		Gaps     int            `json:"gaps"` // between samples, as analyze counts them
		Silent   int64          `json:"samples_without_reply"`
		Failures []failureJSON  `json:"failures"`
		Servers  []serverJSON   `json:"servers"`
		Rows     int64          `json:"client_rows"`
		RowText  float64        `json:"bytes_per_row_text"`
		RowSize  float64        `json:"bytes_per_row_bundle"`
		InfoSize float64        `json:"bytes_per_info_bundle,omitempty"`
		Redacted []string       `json:"redacted"`
		Imported []importedJSON `json:"imported"`
		Members  []memberJSON   `json:"members"`
		Unused   unusedJSON     `json:"unused"`
		Warnings []string       `json:"warnings"`
		Error    string         `json:"error"` // empty: all of it was read
	}
	unusedJSON struct {
		Lines int64    `json:"lines"`
		At    []string `json:"at"`
		Text  []string `json:"text"`
	}
	countJSON struct {
		Kind string `json:"kind"`
		N    int64  `json:"n"`
	}
	cadenceJSON struct {
		Command string    `json:"command"`
		Asked   string    `json:"asked"`
		MedianS float64   `json:"median_s"`
		Gaps    []gapJSON `json:"gaps"`
	}
	gapJSON struct {
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
	}
	failureJSON struct {
		Class string `json:"class"`
		N     int64  `json:"n"`
		First string `json:"first"`
	}
	serverJSON struct {
		RunID   string     `json:"run_id"`
		Version string     `json:"version"`
		Role    string     `json:"role"`
		Since   *time.Time `json:"since"`
	}
	importedJSON struct {
		Name   string `json:"name"`
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	}
	memberJSON struct {
		Name   string `json:"name"`
		Table  string `json:"table"`
		Group  int    `json:"group"` // row group of the file, from 0
		Rows   int64  `json:"rows"`
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
		OK     bool   `json:"ok"`
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
		Kinds: []countJSON{}, Cadence: []cadenceJSON{}, Failures: []failureJSON{}, Servers: []serverJSON{},
		Rows: s.Rows, Redacted: cli.OrEmpty(m.Redacted), Imported: []importedJSON{}, Members: []memberJSON{},
		Unused: unusedJSON{v.unused.Lines, cli.OrEmpty(v.unused.At), cli.OrEmpty(v.unused.Text)}, Warnings: cli.OrEmpty(v.warn)}
	for _, k := range s.Kinds {
		j.Kinds = append(j.Kinds, countJSON{k.kind.String(), k.n})
	}
	for _, p := range s.Probes {
		c := cadenceJSON{p.name, m.Cadence[p.name], p.cadence().Seconds(), []gapJSON{}}
		for _, g := range p.gaps() {
			if from, to := known(g.from), known(g.to); from != nil && to != nil {
				c.Gaps = append(c.Gaps, gapJSON{*from, *to})
			}
		}
		j.Cadence = append(j.Cadence, c)
	}
	for _, f := range s.Failures {
		j.Failures = append(j.Failures, failureJSON{string(f.class), f.n, f.words})
	}
	for _, srv := range s.Servers {
		j.Servers = append(j.Servers, serverJSON{srv.runID, srv.version, srv.role, known(srv.since)})
	}
	if s.Rows > 0 {
		j.RowText, j.RowSize = float64(s.RowBytes)/float64(s.Rows), v.rowBytes()
	}
	j.InfoSize = v.infoBytes()
	for _, i := range m.Imported {
		j.Imported = append(j.Imported, importedJSON{i.Name, i.Bytes, i.SHA256})
	}
	if v.bundle != nil {
		j.Format, j.Live = &v.bundle.Format, v.bundle.Live
		for _, seg := range v.bundle.Segments {
			for _, m := range seg.Members {
				j.Members = append(j.Members, memberJSON(m))
			}
		}
	}
	if v.err != nil {
		j.Error = v.err.Error()
	}
	return j
}
