// Package beamfleet is connbox fleet as an Apache Beam pipeline: the same rows, and the same summary
// of them, on whatever runs Beam. It is a module of its own, so that Beam's hundred modules are no
// part of connbox.
//
//	globs -> match -> paths -> analyze -> rows -> by shard -> FILES rows and Parquet
//	                                          \-> one key  -> reduce -> summary and page
//
// Objects are read through Beam's filesystems (gs://, s3://, local paths). A bad recording is a row:
// a DoFn's error fails the job on some runners, and here only what cannot be written is one.
package beamfleet

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/transforms/filter"

	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/report/fleetview"
)

// Options are what a pipeline is made from.
type Options struct {
	Inputs   []string      // patterns or paths, of any registered filesystem
	Output   string        // what the written files' names begin with, as gs://bucket/night
	Labels   string        // the text of a CSV file of labels; empty: none
	Tool     string        // version of connbox, which rows carry
	Shards   int           // files of rows; 0 is 1
	Time     time.Duration // see fleet.Options
	Bytes    int64
	Unpacked int64
}

// Build adds the steps to a pipeline. It writes
//
//	OUTPUT-00001-of-N.rows, .bundles.parquet, .causes.parquet   rows in order, as connbox fleet merge takes them
//	OUTPUT.json, OUTPUT.html                                    the summary
func Build(s beam.Scope, o Options) error {
	if _, err := labelsOf(o.Labels); err != nil {
		return err
	}
	o.Shards = max(o.Shards, 1)
	s = s.Scope("connbox fleet")
	paths := beam.ParDo(s.Scope("match"), &matchFn{}, beam.CreateList(s, o.Inputs))
	paths = beam.Reshuffle(s, filter.Distinct(s, paths))
	rows := beam.ParDo(s.Scope("analyze"), &analyzeFn{Options: o}, paths)
	beam.ParDo0(s.Scope("write"), &writeFn{Output: o.Output, Shards: o.Shards}, beam.GroupByKey(s, beam.ParDo(s, &shardFn{Shards: o.Shards}, rows)))
	beam.ParDo0(s.Scope("reduce"), &reduceFn{Options: o}, beam.GroupByKey(s, beam.AddFixedKey(s, rows)))
	return nil
}

// Register makes the steps known to workers; before beam.Init.
func Register() {
	register.DoFn3x1[context.Context, string, func(string), error](&matchFn{})
	register.DoFn3x1[context.Context, string, func(string), error](&analyzeFn{})
	register.DoFn2x0[string, func(int, string)](&shardFn{})
	register.DoFn3x1[context.Context, int, func(*string) bool, error](&writeFn{})
	register.DoFn3x1[context.Context, int, func(*string) bool, error](&reduceFn{})
	register.Emitter1[string]()
	register.Emitter2[int, string]()
	register.Iter1[string]()
}

func labelsOf(text string) (*fleet.Labels, error) {
	if text == "" {
		return nil, nil
	}
	return fleet.ReadLabels(strings.NewReader(text), "labels")
}

// A matchFn lists the paths of a pattern. It opens nothing: fileio.MatchFiles opens what it finds for
// its size, never closes it, and waits for ever at a pipe.
type matchFn struct{}

// ProcessElement implements a DoFn.
func (*matchFn) ProcessElement(ctx context.Context, pattern string, emit func(string)) error {
	if !strings.ContainsAny(pattern, "*?[") {
		emit(pattern)
		return nil
	}
	fs, err := filesystem.New(ctx, pattern)
	if err != nil {
		return err
	}
	defer fs.Close()
	paths, err := fs.List(ctx, pattern)
	if err != nil {
		return fmt.Errorf("%s: cannot be listed: %w", pattern, err)
	}
	for _, p := range paths {
		emit(p)
	}
	if len(paths) == 0 {
		emit(pattern) // its row says that there is nothing
	}
	return nil
}

// An analyzeFn makes the rows of a path, each a line of JSON.
type analyzeFn struct {
	Options Options
	labels  *fleet.Labels
}

var (
	recordings = beam.NewCounter("connbox", "recordings")
	incidents  = beam.NewCounter("connbox", "incidents")
	failures   = beam.NewCounter("connbox", "failed")
	partials   = beam.NewCounter("connbox", "partial")
)

// Setup implements a DoFn.
func (f *analyzeFn) Setup() error {
	var err error
	f.labels, err = labelsOf(f.Options.Labels)
	return err
}

// ProcessElement implements a DoFn.
func (f *analyzeFn) ProcessElement(ctx context.Context, name string, emit func(string)) error {
	o := f.Options
	limits := fleet.Options{Time: o.Time, Bytes: o.Bytes, Unpacked: o.Unpacked}
	var rows []fleet.Row
	if strings.Contains(name, "://") {
		rows = ofObject(ctx, name, limits)
	} else {
		rows = fleet.AnalyzeFile(ctx, name, limits)
	}
	for i := range rows {
		fleet.Place(&rows[i], name, o.Tool, f.labels)
		recordings.Inc(ctx, 1)
		switch {
		case rows[i].Status == fleet.Failed:
			failures.Inc(ctx, 1)
		case rows[i].Cause != "":
			incidents.Inc(ctx, 1)
		}
		if rows[i].Partial {
			partials.Inc(ctx, 1)
		}
		var b bytes.Buffer
		if err := fleet.WriteRow(&b, &rows[i]); err != nil {
			return err
		}
		emit(b.String())
	}
	return nil
}

// ofObject makes the rows of an object of a store.
func ofObject(ctx context.Context, name string, o fleet.Options) []fleet.Row {
	fs, err := filesystem.New(ctx, name)
	if err != nil {
		return fleet.Failure(fleet.ReasonUnreadable, err)
	}
	defer fs.Close()
	if size, err := fs.Size(ctx, name); err == nil && o.Bytes > 0 && size > o.Bytes {
		return fleet.Failure(fleet.ReasonTooLarge, fmt.Errorf("%s: %d bytes, allowed are %d", name, size, o.Bytes))
	}
	r, err := fs.OpenRead(ctx, name)
	if err != nil {
		return fleet.Failure(fleet.ReasonUnreadable, fmt.Errorf("%s: cannot be opened: %w", name, err))
	}
	defer r.Close()
	in := parse.FromReader(r, path.Base(name))
	defer in.Close()
	return fleet.Analyze(ctx, in, name, o)
}

// A shardFn gives each row the number of its file.
type shardFn struct{ Shards int }

// ProcessElement implements a DoFn.
func (f *shardFn) ProcessElement(row string, emit func(int, string)) {
	var r struct {
		Input string `json:"input"`
	}
	json.Unmarshal([]byte(row), &r) // our own
	h := fnv.New32a()
	io.WriteString(h, r.Input)
	emit(int(h.Sum32()%uint32(f.Shards))+1, row)
}

// A writeFn writes the rows of a shard in order, and the tables. It holds them.
type writeFn struct {
	Output string
	Shards int
}

// ProcessElement implements a DoFn.
func (f *writeFn) ProcessElement(ctx context.Context, shard int, next func(*string) bool) error {
	var rows []fleet.Row
	var line string
	for next(&line) {
		var row fleet.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b fleet.Row) int { return fleet.Compare(&a, &b) })
	base := fmt.Sprintf("%s-%05d-of-%05d", f.Output, shard, f.Shards)
	err := writeObject(ctx, base+".rows", func(w io.Writer) error {
		for i := range rows {
			if err := fleet.WriteRow(w, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeObject(ctx, base+".bundles.parquet", func(bundles io.Writer) error {
		return writeObject(ctx, base+".causes.parquet", func(causes io.Writer) error {
			t, err := fleet.NewTables(bundles, causes)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := t.Add(&rows[i]); err != nil {
					return err
				}
			}
			return t.Close()
		})
	})
}

// writeObject writes an object by way of fn.
func writeObject(ctx context.Context, name string, fn func(io.Writer) error) (err error) {
	fs, err := filesystem.New(ctx, name)
	if err != nil {
		return err
	}
	defer fs.Close()
	w, err := fs.OpenWrite(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: cannot be written: %w", name, err)
	}
	b := bufio.NewWriterSize(w, 256<<10)
	if err = fn(b); err == nil {
		err = b.Flush()
	}
	return cmp.Or(err, w.Close())
}

// A reduceFn makes the summary of all rows, which it does not hold.
type reduceFn struct{ Options Options }

// ProcessElement implements a DoFn.
func (f *reduceFn) ProcessElement(ctx context.Context, _ int, next func(*string) bool) error {
	labels, err := labelsOf(f.Options.Labels)
	if err != nil {
		return err
	}
	r, roll := reduce.New(), labels.Roll()
	var line string
	for next(&line) {
		var row fleet.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return err
		}
		r.Add(&row)
		roll.Add(&row)
	}
	s := r.Summary(f.Options.Tool)
	s.Missing = append(s.Missing, roll.Missing()...)
	if labels != nil {
		s.Doubts = append(s.Doubts, labels.Doubts...)
	}
	err = writeObject(ctx, f.Options.Output+".json", func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(s)
	})
	if err != nil {
		return err
	}
	return writeObject(ctx, f.Options.Output+".html", func(w io.Writer) error {
		return fleetview.WriteHTML(w, s, fleetview.Options{Version: f.Options.Tool})
	})
}
