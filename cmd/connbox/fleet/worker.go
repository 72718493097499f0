package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/report"
)

// A worker analyses inputs, several at once, and gives their rows in the inputs' order.
type worker struct {
	a       *cli.App
	inputs  []string
	jobs    int
	options fleet.Options
	cache   *fleet.Cache
	labels  *fleet.Labels
	reports string

	done, hits, failed int
	began              time.Time
	shown              time.Time
}

// An answer is what became of an input.
type answer struct {
	rows []fleet.Row
	hit  bool
}

// run analyses all and gives the rows to sink, one at a time. Rows that wait for one before them
// are held.
func (w *worker) run(sink func(*fleet.Row) error) error {
	w.began = time.Now()
	ctx, stop := context.WithCancel(w.a.Ctx)
	defer stop()
	var mu sync.Mutex
	var failure error
	ready, next := map[int]answer{}, 0
	cli.Each(ctx, len(w.inputs), w.jobs, func(i int) {
		var got answer
		got.rows, got.hit = w.cache.AnalyzeFile(ctx, w.inputs[i], w.options, w.have(w.inputs[i]))
		for k := range got.rows {
			fleet.Place(&got.rows[k], w.inputs[i], cli.Version, w.labels)
		}
		mu.Lock()
		defer mu.Unlock()
		ready[i] = got
		for failure == nil && ctx.Err() == nil {
			a, ok := ready[next]
			if !ok {
				break
			}
			delete(ready, next)
			next++
			if failure = w.give(a, sink); failure != nil {
				stop()
			}
		}
		w.progress(len(ready))
	})
	w.progressEnd()
	if failure != nil {
		return failure
	}
	return w.a.Ctx.Err()
}

// give hands on the rows of an input.
func (w *worker) give(a answer, sink func(*fleet.Row) error) error {
	w.done++
	if a.hit {
		w.hits++
	}
	if a.rows[0].Status == fleet.Failed {
		w.failed++
	}
	for i := range a.rows {
		if err := sink(&a.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// progress shows how far the run is, on a terminal.
func (w *worker) progress(waiting int) {
	now := time.Now()
	if _, tty := cli.Terminal(w.a.Err); !tty || w.a.Flags.Quiet || now.Sub(w.began) < time.Second || now.Sub(w.shown) < 200*time.Millisecond {
		return
	}
	w.shown = now
	fmt.Fprintf(w.a.Err, "\r%s\x1b[K", progressLine(w.done+waiting, len(w.inputs), w.failed, now.Sub(w.began)))
}

func (w *worker) progressEnd() {
	if !w.shown.IsZero() {
		fmt.Fprint(w.a.Err, "\r\x1b[K")
	}
}

// progressLine is "420 of 2000, 81 a second, 20 s left, 3 not analysed".
func progressLine(done, all, failed int, took time.Duration) string {
	rate := float64(done) / max(took.Seconds(), 1e-3)
	line := fmt.Sprintf("%d of %d, %.3g a second", done, all, rate)
	if rate > 0 && done < all {
		line += fmt.Sprintf(", %v left", (time.Duration(float64(all-done)/rate) * time.Second).Round(time.Second))
	}
	return line + said(failed, ", %d not analysed")
}

// reportName is the file of an incident's page: by its recording's name, and a hash of its path, as
// names repeat.
func reportName(input string) string {
	sum := sha256.Sum256([]byte(filepath.ToSlash(input)))
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '.') {
			return r
		}
		return '_'
	}, filepath.Base(cli.Stem(input, "recording")))
	return fmt.Sprintf("%s-%s.html", name[:min(len(name), 80)], hex.EncodeToString(sum[:4]))
}

// report writes the page of an incident.
func (w *worker) report(input string, r *finding.Report) error {
	if r.Verdict.Status != finding.Incident {
		return nil
	}
	loc, err := w.a.Flags.Location()
	if err != nil {
		return err
	}
	f, _ := report.Lookup("html")
	return w.a.WriteTo(filepath.Join(w.reports, reportName(input)), func(to io.Writer) error {
		return f.Write(to, r, report.Options{Version: cli.Version, Location: loc, SourceName: filepath.Base(input)})
	})
}

// have tells of rows in the cache whether the page that belongs to them is there; nil where
// none is wanted.
func (w *worker) have(input string) func([]fleet.Row) bool {
	if w.reports == "" {
		return nil
	}
	return func(rows []fleet.Row) bool {
		if !slices.ContainsFunc(rows, func(r fleet.Row) bool { return r.Status == string(finding.Incident) }) {
			return true
		}
		_, err := os.Stat(filepath.Join(w.reports, reportName(input)))
		return err == nil
	}
}

// link is where a recording's page lies, for a page at a path; empty where there is none.
func (w *worker) link(page, input string) string {
	name := reportName(input)
	if w.reports == "" {
		return ""
	}
	if _, err := os.Stat(filepath.Join(w.reports, name)); err != nil {
		return ""
	}
	dir, err := filepath.Abs(w.reports)
	if err != nil {
		return ""
	}
	from, err := filepath.Abs(filepath.Dir(page))
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(from, dir)
	if err != nil {
		return ""
	}
	// A scheme cannot hide in the first part.
	return "./" + (&url.URL{Path: filepath.ToSlash(filepath.Join(rel, name))}).EscapedPath()
}

// programHash tells builds apart, which may all be of one version; empty where the program cannot
// be read.
func programHash() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
